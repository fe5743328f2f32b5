//! The mark of a record. Records bear no tags, so beside each name stands a TXT record that says whose it is, what was
//! asked for last, and when. It is written and removed in one batch with the records, which the service takes as a
//! whole or not at all.

use aws_smithy_types::base64;
use ha_core::{
    backend::{Scope, spec::RecordSet},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// What the marker's own name begins with.
const LABEL: &str = "_ha.";
/// A string of a TXT record has 255 characters at most, and all of them 4,000.
const CHUNK: usize = 250;
const LONGEST: usize = 4000;

/// What the marker of a name says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Marker {
    pub site: String,
    pub id: String,
    /// What was asked for last.
    pub set: RecordSet,
    /// When it was.
    pub at: Timestamp,
}

/// The name of the marker beside a name.
pub(super) fn name(of: &str) -> String {
    format!("{LABEL}{of}")
}

/// The name beside which a marker of this name stands.
pub(super) fn named(marker: &str) -> Option<&str> {
    marker.strip_prefix(LABEL)
}

impl Marker {
    pub fn new(scope: &Scope, set: &RecordSet, at: Timestamp) -> Self {
        Self { site: scope.name.clone(), id: scope.id.clone(), set: set.clone(), at }
    }

    /// Whose it is, if it is not this scope's.
    pub fn stranger(&self, scope: &Scope) -> Option<String> {
        let own = self.site == scope.name && self.id == scope.id;
        (!own).then(|| format!("it belongs to {}#{}", self.site, self.id))
    }

    /// The value of the TXT record: for people whose it is, then all of it.
    pub fn written(&self) -> String {
        // A marker is plain data with text keys, which JSON can always hold.
        let text = base64::encode(serde_json::to_vec(self).expect("a marker is plain data"));
        let pieces = (0..text.len()).step_by(CHUNK).map(|at| &text[at..text.len().min(at + CHUNK)]);
        let plain = |c: char| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '?' };
        let [site, id] = [&self.site, &self.id].map(|text| text.chars().take(100).map(plain).collect::<String>());
        pieces.fold(format!("\"ha {site}#{id}\""), |value, piece| format!("{value} \"{piece}\""))
    }

    /// Whether the value of one TXT record can hold it.
    pub fn fits(&self) -> bool {
        self.written().len() <= LONGEST
    }

    /// The marker of this value, if it is one.
    pub fn read(value: &str) -> Option<Self> {
        let mut strings = value.split('"').skip(1).step_by(2);
        strings.next().filter(|first| first.starts_with("ha "))?;
        let json = base64::decode(strings.collect::<String>()).ok()?;
        serde_json::from_slice(&json).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ha_core::topology::{Endpoint, RecordKind};
    use std::time::Duration;

    #[test]
    fn a_marker_is_read_as_it_was_written() {
        let scope = Scope { name: "a \"shop\"".into(), id: "1".into() };
        let kind = RecordKind::Alias { to: Endpoint::Balancer("front".repeat(60).into()) };
        let set = RecordSet { name: "shop.example".into(), kind, ttl: Duration::from_secs(60) };
        let marker = Marker::new(&scope, &set, Timestamp::from_secs(12));
        let value = marker.written();
        assert!(value.split('"').all(|part| part.len() <= 255) && value.starts_with("\"ha a??shop?#1\" \""), "{value}");
        assert_eq!(Marker::read(&value).unwrap(), marker);
        assert_eq!(marker.stranger(&scope), None);
        assert_eq!(marker.stranger(&Scope { id: "2".into(), ..scope }).unwrap(), "it belongs to a \"shop\"#1");
        assert_eq!(Marker::read("\"v=spf1 -all\""), None);
        assert_eq!(named(&name("shop.example")), Some("shop.example"));
    }
}
