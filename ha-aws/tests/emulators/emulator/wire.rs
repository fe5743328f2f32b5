//! An HTTP client that notes which calls go over the wire.

use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use ha_aws_tasks::Request;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The requests that went over the wire, in order; and when whoever sends them dies.
#[derive(Clone, Debug, Default)]
pub struct Wire {
    requests: Arc<Mutex<Vec<Request>>>,
    death: Option<Death>,
    unfiltered: bool,
    refusals: Arc<Mutex<Vec<Refusal>>>,
}

/// An error that the next calls of this name get, so many times, without reaching anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub call: &'static str,
    pub status: u16,
    pub code: &'static str,
    pub times: usize,
}

/// After how many changing calls the caller dies, and whether the last of them still takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Death {
    pub after: usize,
    pub takes_effect: bool,
}

impl Wire {
    /// The wire of a caller who dies.
    pub fn until(death: Death) -> Self {
        Self { death: Some(death), ..Self::default() }
    }
    /// The wire to a service that ignores filters, as some emulators do.
    pub fn unfiltered() -> Self {
        Self { unfiltered: true, ..Self::default() }
    }
    /// Lets calls be refused.
    pub fn refuse(&self, refusal: Refusal) {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner).push(refusal);
    }
    /// Nothing is refused any more.
    pub fn accept(&self) {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
    /// The answer to a call that is to be refused.
    fn refused(&self, request: &Request) -> Option<HttpResponse> {
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        let refusal = refusals.iter_mut().find(|it| it.call == request.call() && it.times > 0)?;
        refusal.times -= 1;
        let (code, status) = (refusal.code, refusal.status);
        let error = format!("<Error><Code>{code}</Code><Message>refused by the test</Message></Error>");
        let body = match request.service() {
            "ec2" => format!("<Response><Errors>{error}</Errors><RequestID>1</RequestID></Response>"),
            _ => format!("<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>"),
        };
        Some(HttpResponse::new(status.try_into().expect("it is a status"), SdkBody::from(body)))
    }
    /// A client that notes its calls here.
    pub fn client(&self) -> SharedHttpClient {
        let inner = aws_smithy_http_client::Builder::new().build_http();
        SharedHttpClient::new(Noting { inner, wire: self.clone() })
    }
    fn lock(&self) -> MutexGuard<'_, Vec<Request>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// The requests since this was asked last.
    pub fn take(&self) -> Vec<Request> {
        std::mem::take(&mut *self.lock())
    }
}

#[derive(Debug)]
struct Noting {
    inner: SharedHttpClient,
    wire: Wire,
}

impl HttpClient for Noting {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(NotingConnector { inner, wire: self.wire.clone() })
    }
}

#[derive(Debug)]
struct NotingConnector {
    inner: SharedHttpConnector,
    wire: Wire,
}

impl HttpConnector for NotingConnector {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        if self.wire.unfiltered {
            take_filters(&mut request);
        }
        let mut requests = self.wire.lock();
        let before = requests.iter().filter(|request| request.changes()).count();
        let own = noted(&request);
        let last = own.changes() && self.wire.death.is_some_and(|death| death.after == before + 1);
        let dead = self.wire.death.is_some_and(|death| before >= death.after);
        requests.push(own.clone());
        if let Some(answer) = self.wire.refused(&own) {
            return HttpConnectorFuture::ready(Ok(answer));
        }
        match self.wire.death {
            Some(death) if dead || (last && !death.takes_effect) => HttpConnectorFuture::ready(Err(gone())),
            Some(_) if last => {
                let answer = self.inner.call(request);
                HttpConnectorFuture::new(async move {
                    let _nobody_hears_it = answer.await;
                    Err(gone())
                })
            }
            Some(_) | None => self.inner.call(request),
        }
    }
}

fn take_filters(request: &mut HttpRequest) {
    let Some(body) = request.body().bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned()) else { return };
    let filter = |pair: &&str| pair.starts_with("Filter.") || pair.starts_with("Filters.");
    let left: Vec<&str> = body.split('&').filter(|pair| !filter(pair)).collect();
    let left = left.join("&");
    request.headers_mut().insert("content-length", left.len().to_string());
    *request.body_mut() = SdkBody::from(left);
}

/// What a dead caller gets: nothing that anybody tries again.
fn gone() -> ConnectorError {
    ConnectorError::user("the caller is dead".into())
}

fn noted(request: &HttpRequest) -> Request {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = request.headers().iter().map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    // http://HOST/PATH
    let path = request.uri().splitn(4, '/').nth(3).unwrap_or_default();
    Request {
        method: request.method().to_owned(),
        uri: format!("/{path}"),
        headers: headers.collect(),
        body: request.body().bytes().map(text).unwrap_or_default(),
    }
}
