//! From the services' error codes to the kinds that callers branch on: the one place that knows codes, by `errors.toml`.

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
#[cfg(feature = "network")]
use ha_core::backend::Result;
use ha_core::backend::{Error, Kind, Operation, Resource};
use serde::Deserialize;
use std::sync::LazyLock;

/// What was asked of a port, for the errors that tell of it.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    operation: Operation,
    resource: Resource,
}

impl Wish {
    /// The verb as `port.verb`, and what it is called on.
    pub fn new(operation: &'static str, resource: Resource) -> Self {
        Self { operation: Operation(operation), resource }
    }
    /// The error that ends this wish with this kind.
    pub fn refuse(&self, kind: Kind) -> Error {
        Error::new(kind, self.operation, self.resource.clone())
    }
    /// What rests on something that is not there.
    #[cfg(feature = "network")]
    pub fn not_ready(&self, what: impl Into<String>) -> Error {
        self.refuse(Kind::NotReady(what.into()))
    }
    /// What a call's failure means for this wish; the service's own words are the source.
    pub fn failed<E>(&self, error: SdkError<E, HttpResponse>) -> Error
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        self.refuse(kind(&error)).because(Story(story(&error)))
    }
    /// An answer that lacks what the service promises.
    pub fn strange(&self, what: impl Into<String>) -> Error {
        self.refuse(Kind::Unavailable).because(Story(what.into()))
    }
}

/// Carries a call's failure into the wish's error.
#[cfg(feature = "network")]
pub(crate) trait Told<T> {
    /// The answer, or the wish's error.
    fn told(self, wish: &Wish) -> Result<T>;
}

#[cfg(feature = "network")]
impl<T, E> Told<T> for std::result::Result<T, SdkError<E, HttpResponse>>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    fn told(self, wish: &Wish) -> Result<T> {
        self.map_err(|error| wish.failed(error))
    }
}

/// What was to go and is not there is gone.
#[cfg(feature = "network")]
pub(crate) fn accept_gone(done: Result<()>) -> Result<()> {
    match done {
        Err(error) if *error.kind() == Kind::NotFound => Ok(()),
        other => other,
    }
}

/// What a service said, for people.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Story(String);

/// What a service said, or why nobody said anything. Never the answer itself, nor what was asked: they may hold what is
/// nobody's business.
fn story<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    if let SdkError::ServiceError(answer) = error {
        let (service, status) = (answer.err(), answer.raw().status().as_u16());
        let said = [service.code(), service.message()].into_iter().flatten().collect::<Vec<_>>().join(": ");
        return if said.is_empty() { format!("HTTP status {status}, without a reason") } else { said };
    }
    let first: &dyn std::error::Error = error;
    let mut said: Vec<String> = Vec::new();
    for cause in std::iter::successors(Some(first), |cause| cause.source()) {
        let text = cause.to_string();
        if !said.iter().any(|before| before.contains(&text)) {
            said.push(text);
        }
    }
    said.join(": ")
}

/// The code that a service gave, if it gave one.
#[cfg(any(feature = "pool", feature = "store"))]
pub(crate) fn code<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}

/// Whether nothing was sent because there are no credentials to sign it with.
fn is_nobody<E: std::error::Error + 'static>(error: &SdkError<E, HttpResponse>) -> bool {
    let first: &(dyn std::error::Error + 'static) = error;
    let mut causes = std::iter::successors(Some(first), |cause| cause.source());
    causes.any(|cause| cause.is::<CredentialsError>())
}

fn kind<E>(error: &SdkError<E, HttpResponse>) -> Kind
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let SdkError::ServiceError(answer) = error else {
        // Nothing came back, or nothing that can be read: it may have taken effect.
        return match (is_nobody(error), matches!(error, SdkError::ConstructionFailure(_))) {
            (true, _) => Kind::Denied,
            (false, true) => Kind::Rejected("the request could not be built".into()),
            (false, false) => Kind::Unavailable,
        };
    };
    let (status, service) = (answer.raw().status().as_u16(), answer.err());
    let message = service.message().unwrap_or("the service gives no reason").to_owned();
    match service.code() {
        Some(code) => of_code(code, message, status),
        None => of_status(status, message),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Meaning {
    Throttled,
    Quota,
    NoCapacity,
    Denied,
    NotReady,
    Conflict,
    NotFound,
    Unavailable,
    Rejected,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    kind: Meaning,
    codes: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    row: Vec<Row>,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(include_str!("errors.toml")).expect("the table is checked by a test"));

fn of_code(code: &str, message: String, status: u16) -> Kind {
    let is = |listed: &String| match listed.strip_prefix('*') {
        Some(ending) => code.ends_with(ending),
        None => code == listed,
    };
    let told = format!("{message} ({code})");
    match TABLE.row.iter().find(|row| row.codes.iter().any(is)).map(|row| row.kind) {
        Some(Meaning::Throttled) => Kind::Throttled(None),
        Some(Meaning::Quota) => Kind::Quota,
        Some(Meaning::NoCapacity) => Kind::NoCapacity,
        Some(Meaning::Denied) => Kind::Denied,
        Some(Meaning::NotReady) => Kind::NotReady(told),
        Some(Meaning::Conflict) => Kind::Conflict(told),
        Some(Meaning::NotFound) => Kind::NotFound,
        Some(Meaning::Unavailable) => Kind::Unavailable,
        Some(Meaning::Rejected) => Kind::Rejected(told),
        None => of_status(status, told),
    }
}

fn of_status(status: u16, message: String) -> Kind {
    match status {
        400..=499 => match status {
            403 => Kind::Denied,
            404 => Kind::NotFound,
            409 | 412 => Kind::Conflict(message),
            429 => Kind::Throttled(None),
            _ => Kind::Rejected(message),
        },
        _ => Kind::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_mean_what_a_caller_can_do() {
        let of = |code| of_code(code, "why".into(), 400);
        let told = |code: &str| format!("why ({code})");
        for (code, kind) in [
            ("RequestLimitExceeded", Kind::Throttled(None)),
            ("VpcLimitExceeded", Kind::Quota),
            ("InsufficientInstanceCapacity", Kind::NoCapacity),
            ("UnauthorizedOperation", Kind::Denied),
            ("DependencyViolation", Kind::NotReady(told("DependencyViolation"))),
            ("InvalidGroup.Duplicate", Kind::Conflict(told("InvalidGroup.Duplicate"))),
            ("InvalidVpcID.NotFound", Kind::NotFound),
            ("CertificateNotFound", Kind::Rejected(told("CertificateNotFound"))),
            ("ResourceContention", Kind::Unavailable),
            ("ValidationError", Kind::Rejected(told("ValidationError"))),
        ] {
            assert_eq!(of(code), kind, "{code}");
        }
    }

    #[test]
    fn without_a_code_the_status_decides() {
        for (status, kind) in [
            (500, Kind::Unavailable),
            (503, Kind::Unavailable),
            (400, Kind::Rejected("why".into())),
            (403, Kind::Denied),
            (404, Kind::NotFound),
            (412, Kind::Conflict("why".into())),
        ] {
            assert_eq!(of_status(status, "why".into()), kind, "{status}");
        }
    }
}
