//! What a scenario supposes of a topology: tiers, and how many zones or replicas.

use super::{LinkEnd, Selector, Subject, vocabulary::VOCABULARY, vocabulary::listed};
use std::{fmt, str::FromStr};

/// What a topology must have for a scenario to make sense.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// At least one tier of this kind: `pool`, `balancer`, `database`.
    Tier(String),
    /// At least this many zones.
    Zones(u32),
    /// At least this many replicas of some database.
    Replicas(u32),
    /// This external tier.
    Dependency(String),
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tier(tier) => f.write_str(tier),
            Self::Zones(count) => write!(f, "zones:{count}"),
            Self::Replicas(count) => write!(f, "replicas:{count}"),
            Self::Dependency(name) => write!(f, "dependency:{name}"),
        }
    }
}

/// Reads `zones:2`, `pool` or `dependency:auth`; the error says what is wrong.
impl FromStr for Need {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let count = |digits: &str| {
            let digits = Some(digits).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()))?;
            digits.parse().ok()
        };
        let need = match text.split_once(':') {
            None => listed(&VOCABULARY.needs.tiers, text).then(|| Self::Tier(text.into())),
            Some(("zones", rest)) => count(rest).map(Self::Zones),
            Some(("replicas", rest)) => count(rest).map(Self::Replicas),
            Some(("dependency", name)) if super::selector::is_name(name) => Some(Self::Dependency(name.into())),
            Some(_) => None,
        };
        need.ok_or_else(|| {
            format!("unknown need {text:?} (known: {} zones:N replicas:N dependency:NAME)", VOCABULARY.needs.tiers)
        })
    }
}

impl Need {
    /// Whether who states this need states the other one, too.
    pub(super) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Zones(stated), Self::Zones(supposed)) => stated >= supposed,
            (Self::Replicas(stated), Self::Replicas(supposed)) => stated >= supposed,
            (Self::Tier(_) | Self::Zones(_) | Self::Replicas(_) | Self::Dependency(_), _) => self == other,
        }
    }
}

/// What an event of this effect at this target supposes of a site that is not known; ordered, each once.
pub(super) fn supposed(effect: &str, target: &Selector) -> Vec<Need> {
    let mut needs = supposed_besides_zones(effect, target);
    needs.extend(zones(target).into_iter().filter_map(place_of).map(|place| Need::Zones(place + 1)));
    needs.sort();
    needs.dedup();
    needs
}

/// The same without the zones that it names: a site that is known has them, under these names or in these places, or not.
pub(super) fn supposed_besides_zones(effect: &str, target: &Selector) -> Vec<Need> {
    let family = effect.split('.').next().unwrap_or_default();
    let table = &VOCABULARY.needs;
    let by_effect = [table.of_effect.get(family), table.of_effect.get(effect)];
    let by_selector = [table.of_selector.get(target.what.kind())];
    let mut needs: Vec<Need> =
        by_effect.into_iter().chain(by_selector).flatten().filter_map(|need| need.parse().ok()).collect();
    match &target.what {
        Subject::Named(kind, name) if kind == "dependency" && name != "*" => needs.push(Need::Dependency(name.clone())),
        Subject::Service(port) => needs.extend(port.parse::<Need>().ok()),
        Subject::All
        | Subject::Users
        | Subject::Controller
        | Subject::Named(..)
        | Subject::Link { .. }
        | Subject::Metric(_)
        | Subject::Call(..) => {}
    }
    needs.sort();
    needs.dedup();
    needs
}

/// The names of zones in the selector.
pub(super) fn zones(target: &Selector) -> Vec<&str> {
    let mut zones: Vec<&str> = target.zone.as_deref().into_iter().collect();
    match &target.what {
        Subject::Named(kind, name) if kind == "zone" => zones.push(name),
        Subject::Link { from, to, .. } => zones.extend([from, to].into_iter().filter_map(|end| match end {
            LinkEnd::Named(kind, name) if kind == "zone" => Some(name.as_str()),
            LinkEnd::Named(..) | LinkEnd::Word(_) => None,
        })),
        Subject::All
        | Subject::Users
        | Subject::Controller
        | Subject::Named(..)
        | Subject::Service(_)
        | Subject::Metric(_)
        | Subject::Call(..) => {}
    }
    zones.retain(|name| *name != "*");
    zones
}

/// The place that a zone of one letter means: `a` the first, 0.
pub(super) fn place_of(zone: &str) -> Option<u32> {
    match zone.as_bytes() {
        [letter @ b'a'..=b'z'] => Some(u32::from(letter - b'a')),
        _ => None,
    }
}
