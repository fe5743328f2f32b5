//! What went wrong at the engine, as a decision of the caller: the one place where codes become kinds.

use bollard::errors::Error as Refused;
use ha_core::backend::{Error, Kind, Operation, Resource};
use std::{fmt, io, sync::Arc, time::Duration};

/// Something that did not work, with what the caller can do about it and what was said.
#[derive(Clone, Debug)]
pub struct Trouble {
    kind: Kind,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Trouble {
    /// A call that did not end in time.
    pub(super) fn late(what: &str, limit: Duration) -> Self {
        let said = format!("{what}: no answer from the engine within {}", ha_core::time::show(limit));
        Self { kind: Kind::Unavailable, source: Some(Arc::new(io::Error::new(io::ErrorKind::TimedOut, said))) }
    }
    /// The same kind of trouble, with what was said about it.
    pub fn said(kind: Kind, said: impl Into<String>) -> Self {
        Self { kind, source: Some(Arc::new(io::Error::other(said.into()))) }
    }
    /// What the caller can do about it.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }
    /// What was said about it, and its sources, without what the caller can do.
    pub fn said_only(&self) -> String {
        let first = self.source.as_ref().map(|source| &**source as &(dyn std::error::Error + 'static));
        let sources = std::iter::successors(first, |error| error.source());
        sources.map(ToString::to_string).fold(String::new(), |said, next| match said.as_str() {
            "" => next,
            // Some say what their source says.
            before if before.ends_with(&next) => said,
            before => format!("{before}: {next}"),
        })
    }
    /// The code of the engine's answer, if it gave one.
    pub(super) fn status(&self) -> Option<u16> {
        let refused = self.source.as_ref()?.downcast_ref::<Refused>()?;
        if let Refused::DockerResponseServerError { status_code, .. } = refused { Some(*status_code) } else { None }
    }
    /// The error of a port's verb on a resource.
    pub fn of(self, operation: &'static str, resource: Resource) -> Error {
        let error = Error::new(self.kind, Operation(operation), resource);
        match self.source {
            Some(source) => error.because(Said(source)),
            None => error,
        }
    }
}

/// A source that is shared.
#[derive(Debug)]
struct Said(Arc<dyn std::error::Error + Send + Sync>);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Said {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Some(source) => write!(f, "{}: {source}", self.kind),
            None => self.kind.fmt(f),
        }
    }
}

impl std::error::Error for Trouble {}

impl From<Kind> for Trouble {
    fn from(kind: Kind) -> Self {
        Self { kind, source: None }
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        let denied = error.kind() == io::ErrorKind::PermissionDenied;
        let kind = if denied { Kind::Denied } else { Kind::Unavailable };
        Self { kind, source: Some(Arc::new(error)) }
    }
}

impl From<Refused> for Trouble {
    fn from(refused: Refused) -> Self {
        let kind = if let Refused::DockerResponseServerError { status_code, message } = &refused {
            of_status(*status_code, message)
        } else if matches!(&refused, Refused::IOError { err } if err.kind() == io::ErrorKind::PermissionDenied) {
            Kind::Denied
        } else {
            // Nothing else says that nothing was changed.
            Kind::Unavailable
        };
        Self { kind, source: Some(Arc::new(refused)) }
    }
}

/// What an answer means. The engine says some things by 403, 404 and 500 that only its words tell apart.
fn of_status(status: u16, message: &str) -> Kind {
    let says = |words: &str| message.to_ascii_lowercase().contains(words);
    match status {
        404 if says("no such image") => Kind::Rejected(message.into()),
        404 => Kind::NotFound,
        400 => Kind::Rejected(message.into()),
        401 => Kind::Denied,
        403 | 409 => Kind::Conflict(message.into()),
        500 if says("address already in use") || says("port is already allocated") => Kind::Conflict(message.into()),
        500 if says("no available") && says("address") => Kind::NoCapacity,
        500 if says("no space left") => Kind::NoCapacity,
        _ => Kind::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_the_engine_is_a_decision_of_the_caller() {
        let conflict = |message: &str| Kind::Conflict(message.into());
        let rejected = |message: &str| Kind::Rejected(message.into());
        let rows = [
            (404, "No such container: web", Kind::NotFound),
            (404, "No such image: ha:1", rejected("No such image: ha:1")),
            (409, "name in use", conflict("name in use")),
            (403, "Pool overlaps with other one", conflict("Pool overlaps with other one")),
            (400, "invalid", rejected("invalid")),
            (500, "listen tcp: address already in use", conflict("listen tcp: address already in use")),
            (500, "Port is already allocated", conflict("Port is already allocated")),
            (500, "write: no space left on device", Kind::NoCapacity),
            (500, "something", Kind::Unavailable),
            (503, "", Kind::Unavailable),
        ];
        for (status, message, kind) in rows {
            assert_eq!(of_status(status, message), kind, "{status} {message}");
        }
    }

    #[test]
    fn an_error_tells_what_was_said() {
        let refused = Refused::IOError { err: io::Error::new(io::ErrorKind::ConnectionRefused, "nobody listens") };
        assert!(Trouble::from(refused).said_only().ends_with("nobody listens"));
        let trouble = Trouble::said(Kind::Denied, "not yours");
        assert_eq!(trouble.to_string(), "denied: not yours");
        let error = trouble.of("network.ensure", Resource::Network);
        assert_eq!(error.to_string(), "network.ensure network: denied");
        assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "not yours");
    }
}
