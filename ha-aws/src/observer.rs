//! Whoever is told of each request that goes over the wire: to count them, or to die at one of them.

use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    },
    orchestrator::HttpRequest,
    runtime_components::RuntimeComponents,
};
use std::{fmt, sync::Arc};

/// A request of a service. Each attempt is one of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// The service it is signed for: `ec2`, `s3`, ...
    pub service: String,
    /// `CreateVpc`, or method and path where a service names no action: `PUT /shop/lease`.
    pub name: String,
}

/// Is told of each request, in the order in which they are sent.
pub trait Observer: Send + Sync + fmt::Debug {
    /// It is about to be sent.
    fn before(&self, call: &Call);
    /// It was answered, or failed. Whoever stopped waiting hears no answer.
    fn after(&self, call: &Call);
}

/// The same client, of whose requests this one is told: for [`Aws::http_client`](crate::Aws::http_client).
pub fn observed(client: SharedHttpClient, observer: Arc<dyn Observer>) -> SharedHttpClient {
    SharedHttpClient::new(Observed { client, observer })
}

impl Call {
    fn of(request: &HttpRequest) -> Self {
        let body = request.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
        let signature = request.headers().get("authorization").unwrap_or_default();
        Self::named((request.method(), request.uri()), &body, signature)
    }

    fn named((method, uri): (&str, &str), body: &str, signature: &str) -> Self {
        let action = body.split('&').find_map(|pair| pair.strip_prefix("Action="));
        let path = uri.splitn(4, '/').nth(3).unwrap_or_default();
        // CloudWatch: service/NAME/operation/ACTION
        let action = action.or_else(|| path.split_once("/operation/").map(|(_, action)| action));
        let name = action.map_or_else(|| format!("{method} /{path}"), str::to_owned);
        // Credential=KEY/DATE/REGION/SERVICE/aws4_request
        Self { service: signature.split('/').nth(3).unwrap_or_default().to_owned(), name }
    }

    /// Whether it may change something.
    pub fn changes(&self) -> bool {
        !["Describe", "List", "Get", "GET ", "HEAD "].iter().any(|word| self.name.starts_with(word))
    }
}

#[derive(Debug)]
struct Observed {
    client: SharedHttpClient,
    observer: Arc<dyn Observer>,
}

impl HttpClient for Observed {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let connector = self.client.http_connector(settings, components);
        SharedHttpConnector::new(Telling { connector, observer: self.observer.clone() })
    }
}

#[derive(Debug)]
struct Telling {
    connector: SharedHttpConnector,
    observer: Arc<dyn Observer>,
}

impl HttpConnector for Telling {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (call, observer) = (Call::of(&request), self.observer.clone());
        observer.before(&call);
        let answer = self.connector.call(request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await;
            observer.after(&call);
            answer
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_known_by_its_service_and_its_action_or_path() {
        let call = |method, uri, body| {
            let signature = "AWS4-HMAC-SHA256 Credential=K/20260101/eu-central-1/ec2/aws4_request, Signature=a/b";
            Call::named((method, uri), body, signature)
        };
        let vpc = call("POST", "http://127.0.0.1:5000/", "Action=CreateVpc&CidrBlock=10.0.0.0");
        assert_eq!((vpc.service.as_str(), vpc.name.as_str(), vpc.changes()), ("ec2", "CreateVpc", true));
        let put = call("PUT", "http://127.0.0.1:5000/store/lease", "Hello");
        assert_eq!((put.name.as_str(), put.changes()), ("PUT /store/lease", true));
        assert!(!call("GET", "http://127.0.0.1:5000/store/lease", "").changes());
        assert!(!call("POST", "http://127.0.0.1:5000/", "Action=DescribeVpcs").changes());
        let metrics = call("POST", "http://127.0.0.1:5000/service/Granite/operation/GetMetricData", "\u{1}");
        assert_eq!((metrics.name.as_str(), metrics.changes()), ("GetMetricData", false));
    }
}
