//! A request as it went over the wire, and what it asks for.

/// A request as it was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST`, ...
    pub method: String,
    /// Path and query.
    pub uri: String,
    /// Its headers, with names in small letters.
    pub headers: Vec<(String, String)>,
    /// What was sent, as text.
    pub body: String,
}

impl Request {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The service it was signed for: `ec2`, `s3`, ...
    pub fn service(&self) -> &str {
        // Credential=KEY/DATE/REGION/SERVICE/aws4_request
        self.header("authorization").and_then(|value| value.split('/').nth(3)).unwrap_or_default()
    }

    /// `DescribeVpcs`, or method and path where a service has no actions.
    pub fn call(&self) -> String {
        // CloudWatch: /service/NAME/operation/ACTION
        let action = self.body.split('&').find_map(|pair| pair.strip_prefix("Action="));
        match action.or_else(|| self.uri.split_once("/operation/").map(|(_, action)| action)) {
            Some(action) => action.to_owned(),
            None => format!("{} {}", self.method, self.uri),
        }
    }

    /// Whether it may change something.
    pub fn changes(&self) -> bool {
        let call = self.call();
        !["Describe", "List", "Get", "GET ", "HEAD "].iter().any(|word| call.starts_with(word))
    }

    /// All of it as one text, as somebody sees it who reads along.
    pub fn text(&self) -> String {
        let headers: String = self.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        format!("{} {}\n{headers}\n{}", self.method, self.uri, self.body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_known_by_its_service_and_its_action_or_path() {
        let signature = "AWS4-HMAC-SHA256 Credential=K/20260101/us-east-1/ec2/aws4_request, Signature=a/b";
        let request = |method: &str, uri: &str, body: &str| Request {
            method: method.into(),
            uri: uri.into(),
            headers: vec![("authorization".into(), signature.into())],
            body: body.into(),
        };
        let vpc = request("POST", "/", "Action=CreateVpc&CidrBlock=10.0.0.0");
        assert_eq!((vpc.service(), vpc.call().as_str(), vpc.changes()), ("ec2", "CreateVpc", true));
        assert!(!request("POST", "/", "Version=1&Action=DescribeVpcs").changes());
        let put = request("PUT", "/store/lease", "Hello");
        assert_eq!((put.call().as_str(), put.changes()), ("PUT /store/lease", true));
        assert!(!request("GET", "/store/lease", "").changes());
        let metrics = request("POST", "/service/Granite/operation/GetMetricData", "\u{1}");
        assert_eq!((metrics.call().as_str(), metrics.changes()), ("GetMetricData", false));
    }
}
