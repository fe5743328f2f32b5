//! The list of effects, read once from `vocabulary.toml`: whom each may strike, how strongly, and how it ends.

use serde::Deserialize;
use std::{collections::BTreeMap, sync::LazyLock};

pub(super) static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| {
    let tables = toml::from_str(include_str!("vocabulary.toml"));
    Vocabulary::new(tables.expect("the table is part of the program, and every test of this module reads it"))
});

/// An effect of the vocabulary.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// `family.effect`.
    pub name: String,
    /// The kinds of selectors that it fits.
    pub kinds: Vec<String>,
    /// Whether an amount (`share:0.3 of`) may stand before the selector.
    pub amount: bool,
    /// Parameters that it needs.
    pub required: Vec<String>,
    /// Parameters that it may have.
    pub optional: Vec<String>,
    /// Whether it lasts; else it strikes once.
    pub lasts: bool,
    /// What changes, and what is left.
    pub does: String,
    /// The sentence that tells of it in a story, with places for whom and how strongly.
    pub says: Option<String>,
    /// The sentence that tells that it has ended.
    pub over: Option<String>,
    /// The rest of an event with this effect, as it is written in a fault file.
    pub example: String,
}

/// Every effect, in the vocabulary's order of families by name.
pub fn effects() -> &'static [Effect] {
    &VOCABULARY.effects
}

/// The effect of this name.
pub fn effect(name: &str) -> Option<&'static Effect> {
    effects().iter().find(|effect| effect.name == name)
}

impl Effect {
    /// `instances` of `instances.kill`.
    pub fn family(&self) -> &str {
        self.name.split('.').next().unwrap_or_default()
    }
    /// Whether it may have this parameter.
    pub fn takes(&self, parameter: &str) -> bool {
        self.required.iter().chain(&self.optional).any(|name| name == parameter)
    }
}

/// What a parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Is {
    Number,
    Count,
    Duration,
    Word,
}

/// A parameter's type and range; of a duration, in seconds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameter {
    pub is: Is,
    pub from: Option<f64>,
    pub above: Option<f64>,
    pub to: Option<f64>,
    #[serde(default)]
    pub one_of: String,
}

pub(super) struct Vocabulary {
    effects: Vec<Effect>,
    kinds: Vec<String>,
    selectors: Selectors,
    pub needs: Needs,
    pub parameters: BTreeMap<String, Parameter>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    groups: BTreeMap<String, String>,
    selectors: Selectors,
    needs: Needs,
    parameters: BTreeMap<String, Parameter>,
    effects: BTreeMap<String, BTreeMap<String, Row>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Selectors {
    ports: String,
    metrics: String,
    in_a_zone: String,
    link_ends: String,
    link_words: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Needs {
    pub tiers: String,
    pub of_effect: BTreeMap<String, String>,
    pub of_selector: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    #[serde(rename = "where")]
    selectors: String,
    #[serde(default)]
    takes: String,
    ends: Ends,
    example: String,
    does: String,
    says: Option<String>,
    over: Option<String>,
}

#[derive(PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Ends {
    Once,
    Lasts,
}

impl Row {
    fn effect(self, name: String, groups: &BTreeMap<String, String>) -> Effect {
        let kinds = self.selectors.split_whitespace().filter(|word| *word != "+");
        let kinds = kinds.flat_map(|word| groups.get(word).map_or(word, String::as_str).split_whitespace());
        let (optional, required): (Vec<&str>, Vec<&str>) =
            self.takes.split_whitespace().partition(|name| name.ends_with('?'));
        Effect {
            name,
            kinds: kinds.map(String::from).collect(),
            amount: self.selectors.split_whitespace().any(|word| word == "+"),
            required: required.into_iter().map(String::from).collect(),
            optional: optional.into_iter().map(|name| name.trim_end_matches('?').into()).collect(),
            lasts: self.ends == Ends::Lasts,
            does: self.does,
            says: self.says,
            over: self.over,
            example: self.example,
        }
    }
}

impl Vocabulary {
    fn new(tables: Tables) -> Self {
        let mut effects = Vec::new();
        for (family, rows) in tables.effects {
            let named = rows.into_iter().map(|(effect, row)| row.effect(format!("{family}.{effect}"), &tables.groups));
            effects.extend(named);
        }
        let mut kinds: Vec<String> = effects.iter().flat_map(|effect| effect.kinds.clone()).collect();
        kinds.sort();
        kinds.dedup();
        Self { effects, kinds, selectors: tables.selectors, needs: tables.needs, parameters: tables.parameters }
    }
    pub fn kinds(&self) -> &[String] {
        &self.kinds
    }
    pub fn is_kind(&self, kind: &str) -> bool {
        self.kinds.iter().any(|known| known == kind)
    }
    pub fn is_port(&self, name: &str) -> bool {
        name == "*" || listed(&self.selectors.ports, name)
    }
    pub fn is_metric(&self, name: &str) -> bool {
        name == "*" || listed(&self.selectors.metrics, name)
    }
    pub fn in_a_zone(&self, kind: &str) -> bool {
        listed(&self.selectors.in_a_zone, kind)
    }
    pub fn is_link_end(&self, kind: &str) -> bool {
        listed(&self.selectors.link_ends, kind)
    }
    pub fn is_link_word(&self, word: &str) -> bool {
        listed(&self.selectors.link_words, word)
    }
}

pub(super) fn listed(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|known| known == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_is_of_some_effect_and_has_a_range() {
        for (name, parameter) in &VOCABULARY.parameters {
            assert!(effects().iter().any(|effect| effect.takes(name)), "{name}: no effect takes it");
            let ranged = parameter.to.is_some() && (parameter.from.is_some() != parameter.above.is_some());
            assert!(ranged || parameter.is == Is::Word && !parameter.one_of.is_empty(), "{name}");
        }
        for effect in effects() {
            for name in effect.required.iter().chain(&effect.optional) {
                assert!(VOCABULARY.parameters.contains_key(name), "{}: {name}", effect.name);
            }
        }
    }

    #[test]
    fn every_parameter_has_a_field_that_holds_it() {
        let fields = serde_json::json!(crate::fault::Parameters::default());
        let fields: Vec<&String> = fields.as_object().unwrap().keys().collect();
        assert_eq!(fields, VOCABULARY.parameters.keys().collect::<Vec<_>>());
    }

    #[test]
    fn there_are_thirteen_outcomes_of_a_call() {
        assert_eq!(effects().iter().filter(|effect| effect.family() == "call").count(), 13);
    }
}
