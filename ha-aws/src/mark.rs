//! What every object bears: whose it is, which it is, and for the chief object of a tier what was asked for last.
//!
//! A service's tags hold 256 characters of a narrow alphabet each, so a spec is written as base64 over several tags.

use aws_smithy_types::base64;
use ha_core::backend::Scope;
use serde::{Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;

/// The site's name.
pub(crate) const SITE: &str = "ha:site";
/// The site's `id`.
pub(crate) const ID: &str = "ha:id";
/// Which of the site's objects it is.
pub(crate) const OBJECT: &str = "ha:object";
/// How many tags the spec takes.
const SPEC: &str = "ha:spec";
const CHUNK: usize = 250;
/// Objects bear at most 50 tags; these are left for the spec.
const CHUNKS: usize = 40;

/// The tags of an object, by key.
pub(crate) type Tags = BTreeMap<String, String>;

/// The tags of the site's object of this name.
pub(crate) fn tags(scope: &Scope, object: &str) -> Tags {
    let name = if object.is_empty() { scope.name.clone() } else { format!("{}/{object}", scope.name) };
    let pairs = [("Name", name.as_str()), (SITE, &scope.name), (ID, &scope.id), (OBJECT, object)];
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// Whose an object with these tags is, if it is not this scope's.
pub(crate) fn stranger(tags: &Tags, scope: &Scope) -> Option<String> {
    match (tags.get(SITE), tags.get(ID)) {
        (Some(site), Some(id)) if *site == scope.name && *id == scope.id => None,
        (Some(site), Some(id)) => Some(format!("it belongs to {site}#{id}")),
        (_, _) => Some("it bears no site's mark: somebody else made it".into()),
    }
}

/// The tags that hold a spec.
pub(crate) fn spec_tags(spec: &impl Serialize) -> Tags {
    let text = encoded(spec);
    let chunks: Vec<&str> = pieces(&text).collect();
    let mut tags: Tags = (0..).zip(&chunks).map(|(index, chunk)| (key(index), (*chunk).to_owned())).collect();
    tags.insert(SPEC.into(), chunks.len().to_string());
    tags
}

/// Whether the tags of one object can hold this spec.
pub(crate) fn fits(spec: &impl Serialize) -> bool {
    pieces(&encoded(spec)).count() <= CHUNKS
}

/// The spec that these tags hold; the error is for people.
pub(crate) fn spec<T: DeserializeOwned>(tags: &Tags) -> Result<T, String> {
    let count: usize = tags.get(SPEC).and_then(|count| count.parse().ok()).ok_or("it bears no spec")?;
    let chunk = |index| tags.get(&key(index)).map(String::as_str).ok_or("a part of its spec is missing");
    let text: String = (0..count).map(chunk).collect::<Result<_, _>>()?;
    let json = base64::decode(text).map_err(|error| format!("its spec is not base64: {error}"))?;
    serde_json::from_slice(&json).map_err(|error| format!("its spec cannot be read: {error}"))
}

fn encoded(spec: &impl Serialize) -> String {
    // Every spec is plain data with text keys, which JSON can always hold.
    base64::encode(serde_json::to_vec(spec).expect("a spec is plain data"))
}

fn pieces(text: &str) -> impl Iterator<Item = &str> {
    (0..text.len()).step_by(CHUNK).map(|at| &text[at..text.len().min(at + CHUNK)])
}

fn key(index: usize) -> String {
    format!("{SPEC}.{index:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(name: &str, id: &str) -> Scope {
        Scope { name: name.into(), id: id.into() }
    }

    #[test]
    fn a_spec_is_read_as_it_was_written_and_an_older_longer_one_does_not_show_through() {
        let long: Vec<u32> = (0..400).collect();
        let mut tags = spec_tags(&long);
        assert!(tags.len() > 5 && tags.values().all(|value| value.len() <= 256), "{tags:?}");
        assert_eq!(spec::<Vec<u32>>(&tags).unwrap(), long);
        tags.extend(spec_tags(&vec![1u32]));
        assert_eq!(spec::<Vec<u32>>(&tags).unwrap(), [1]);
        tags.remove("ha:spec.00");
        assert_eq!(spec::<Vec<u32>>(&tags).unwrap_err(), "a part of its spec is missing");
    }

    #[test]
    fn what_no_object_can_hold_is_known_beforehand() {
        assert!(fits(&"x".repeat(7000)) && !fits(&"x".repeat(8000)));
    }

    #[test]
    fn only_the_very_same_scope_is_no_stranger() {
        let mine = scope("shop", "1");
        assert_eq!(stranger(&tags(&mine, "vpc"), &mine), None);
        assert_eq!(stranger(&tags(&scope("shop", "2"), "vpc"), &mine).unwrap(), "it belongs to shop#2");
        assert!(stranger(&Tags::new(), &mine).unwrap().contains("no site's mark"));
    }
}
