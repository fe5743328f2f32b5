//! Reads a selector from its text, exactly as the vocabulary's grammar has it.

use super::{Amount, LinkEnd, Selector, Subject};
use crate::fault::{hint::did_you_mean, vocabulary::VOCABULARY};
use std::str::FromStr;

/// Reads `share:0.3 of pool:web in zone:a`; the error says what is wrong.
impl FromStr for Selector {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (amount, rest) = amount(text)?;
        let (what, place) = place(rest);
        let what = subject(what)?;
        let (mut zone, mut pool) = (None, None);
        match place {
            Some(("zone", name)) if VOCABULARY.in_a_zone(what.kind()) => zone = Some(name.to_owned()),
            Some(("zone", _)) => return Err(format!("{:?} cannot be narrowed by a zone", what.kind())),
            Some((_, name)) if what.kind() == "metric" => pool = Some(name.to_owned()),
            Some(_) => return Err("only a metric can be narrowed by a pool".into()),
            None => {}
        }
        Ok(Self { amount, what, zone, pool })
    }
}

/// Whether the text is a name: letters and digits, and `_.-` after the first.
pub(in crate::fault) fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.chars().all(|each| each.is_ascii_alphanumeric() || "_.-".contains(each))
}

fn is_name_or_all(text: &str) -> bool {
    text == "*" || is_name(text)
}

fn amount(text: &str) -> Result<(Amount, &str), String> {
    let Some((head, rest)) = text.split_once(" of ") else { return Ok((Amount::All, text)) };
    match head.split_once(':') {
        Some(("share", number)) => {
            let written = number.strip_prefix(['0', '1']).is_some_and(|rest| match rest.strip_prefix('.') {
                Some(digits) => !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()),
                None => rest.is_empty(),
            });
            match number.parse() {
                Ok(share) if written && share > 0.0 && share <= 1.0 => Ok((Amount::Share(share), rest)),
                _ => Err(format!("share {number:?} is not above 0 and at most 1")),
            }
        }
        Some(("instances", number)) => match number.parse() {
            Ok(count) if count > 0 && !number.starts_with('+') => Ok((Amount::Count(count), rest)),
            _ => Err(format!("instances {number:?} is not a count from 1")),
        },
        _ => Ok((Amount::All, text)),
    }
}

fn place(text: &str) -> (&str, Option<(&str, &str)>) {
    let narrowed = text.rsplit_once(" in ").and_then(|(what, place)| Some((what, place.split_once(':')?)));
    match narrowed {
        Some((what, (kind @ ("zone" | "pool"), name))) if is_name_or_all(name) => (what, Some((kind, name))),
        _ => (text, None),
    }
}

fn subject(text: &str) -> Result<Subject, String> {
    let (kind, name) = text.split_once(':').map_or((text, None), |(kind, name)| (kind, Some(name)));
    let malformed = || format!("malformed selector {text:?}");
    match (kind, name) {
        ("all", None) => Ok(Subject::All),
        ("users", None) => Ok(Subject::Users),
        ("controller", None) => Ok(Subject::Controller),
        ("link", Some(name)) => link(name).map_err(|wrong| format!("{} {text:?}{}", wrong.0, wrong.1)),
        ("call", Some(name)) => call(name).ok_or_else(malformed),
        ("service", Some(name)) if VOCABULARY.is_port(name) => Ok(Subject::Service(name.into())),
        ("metric", Some(name)) if VOCABULARY.is_metric(name) => Ok(Subject::Metric(name.into())),
        ("all" | "users" | "controller" | "link" | "call" | "service" | "metric", _) => Err(malformed()),
        (kind, _) if !VOCABULARY.is_kind(kind) => {
            let meant = did_you_mean(kind, VOCABULARY.kinds().iter().map(String::as_str));
            Err(format!("unknown selector {text:?} (known: {}){meant}", VOCABULARY.kinds().join(" ")))
        }
        (kind, Some(name)) if is_name_or_all(name) => Ok(Subject::Named(kind.into(), name.into())),
        _ => Err(malformed()),
    }
}

/// `port.verb` or `port.verb(resource)`.
fn call(text: &str) -> Option<Subject> {
    let (port, rest) = text.split_once('.')?;
    let (verb, resource) = match rest.split_once('(') {
        Some((verb, rest)) => (verb, Some(rest.strip_suffix(')').filter(|name| is_name(name))?)),
        None => (rest, None),
    };
    let is_verb = verb == "*" || !verb.is_empty() && verb.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let known = VOCABULARY.is_port(port) && is_verb;
    known.then(|| Subject::Call(port.into(), verb.into(), resource.map(String::from)))
}

/// Two ends and the sign between them; the error is what to say before and after the text.
pub(super) fn link(text: &str) -> Result<Subject, (&'static str, &'static str)> {
    let signs = text.char_indices().filter(|(_, sign)| matches!(sign, '-' | '>'));
    let mut readings = signs.filter_map(|(at, sign)| {
        let (from, to) = (end(&text[..at])?, end(&text[at + 1..])?);
        Some(Subject::Link { from, to, both_ways: sign == '-' })
    });
    match (readings.next(), readings.next()) {
        (Some(link), None) => Ok(link),
        (Some(_), Some(_)) => {
            Err(("ambiguous selector", ": write each zone with its kind, and a word like `others` first"))
        }
        (None, _) => Err(("malformed selector", "")),
    }
}

pub(super) fn is_link_word(text: &str) -> bool {
    VOCABULARY.is_link_word(text)
}

fn end(text: &str) -> Option<LinkEnd> {
    match text.split_once(':') {
        Some((kind, name)) => {
            (VOCABULARY.is_link_end(kind) && is_name_or_all(name)).then(|| LinkEnd::Named(kind.into(), name.into()))
        }
        None if is_link_word(text) => Some(LinkEnd::Word(text.into())),
        None => is_name(text).then(|| LinkEnd::Named("zone".into(), text.into())),
    }
}
