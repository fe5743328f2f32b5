//! Reads one event of a fault file: every problem of it, each with its field.

use super::{
    Amount, Effect, Fault, Lasts, Need, Parameters, Selector, effect, effects, hint::did_you_mean, needs, value,
    vocabulary::VOCABULARY,
};
use crate::validate::Problem;
use serde_json::{Map, Value};

const OWN_FIELDS: [&str; 4] = ["at", "lasts", "where", "fault"];

/// The fault that is written there, `None` after a problem; and what its effect and target suppose, if these are known.
pub(super) fn read(event: &Value, problems: &mut Vec<Problem>, supposed: &mut Vec<Need>) -> Option<Fault> {
    let before = problems.len();
    let mut problem = |field: &str, what: String| problems.push(Problem::new(field, what, ""));
    let Value::Object(fields) = event else {
        problem("event", "not a table".into());
        return None;
    };
    let effect = known_effect(fields.get("fault")).map_err(|wrong| problem("fault", wrong)).ok()?;
    let at = value::duration(fields.get("at")).map_err(|wrong| problem("at", wrong)).ok();
    let lasts = lasts(effect, fields.get("lasts")).map_err(|wrong| problem("lasts", wrong)).ok();
    let target = target(fields.get("where")).map_err(|wrong| problem("where", wrong)).ok();
    if let Some(target) = &target {
        supposed.extend(needs::supposed(&effect.name, target));
        unfit(effect, target).into_iter().for_each(|wrong| problem("where", wrong));
    }
    let given: Map<String, Value> = fields
        .iter()
        .filter(|(name, _)| !OWN_FIELDS.contains(&name.as_str()))
        .map(|(n, v)| (n.clone(), v.clone()))
        .collect();
    for (field, wrong) in wrong_parameters(effect, &given) {
        problem(&field, wrong);
    }
    if problems.len() > before {
        return None;
    }
    let parameters = match serde_json::from_value::<Parameters>(Value::Object(given)) {
        Ok(parameters) => parameters,
        Err(wrong) => {
            problems.push(Problem::new("event", wrong.to_string(), ""));
            return None;
        }
    };
    Some(Fault { at: at?, lasts: lasts?, target: target?, effect: &effect.name, parameters })
}

/// The effect of the vocabulary that is named there, or what is wrong with the name.
pub(super) fn known_effect(name: Option<&Value>) -> Result<&'static Effect, String> {
    let name = match name {
        None => return Err("missing (a `family.effect` of the vocabulary)".into()),
        Some(Value::String(name)) => name,
        Some(other) => return Err(format!("not the name of an effect: {other}")),
    };
    if let Some(effect) = effect(name) {
        return Ok(effect);
    }
    let meant = did_you_mean(name, effects().iter().map(|effect| effect.name.as_str()));
    let family = name.split('.').next().unwrap_or_default();
    let inside: Vec<&str> =
        effects().iter().filter(|effect| effect.family() == family).map(|effect| effect.name.as_str()).collect();
    if !inside.is_empty() {
        return Err(format!("unknown effect {name:?} (known: {}){meant}", inside.join(" ")));
    }
    let mut families: Vec<&str> = effects().iter().map(Effect::family).collect();
    families.dedup();
    Err(format!("unknown family in {name:?} (known: {}){meant}", families.join(" ")))
}

fn lasts(effect: &Effect, lasts: Option<&Value>) -> Result<Lasts, String> {
    match (effect.lasts, lasts) {
        (false, None) => Ok(Lasts::Once),
        (false, Some(_)) => Err("happens once and takes no `lasts`".into()),
        (true, None) => Err("missing (a duration or \"forever\")".into()),
        (true, Some(Value::String(word))) if word == "forever" => Ok(Lasts::Forever),
        (true, some) => match value::duration(some)? {
            nothing if nothing.is_zero() => Err("is nothing".into()),
            lasts => Ok(Lasts::For(lasts)),
        },
    }
}

fn target(text: Option<&Value>) -> Result<Selector, String> {
    let text = match text {
        None => return Err("missing (a selector)".into()),
        Some(Value::String(text)) => text,
        Some(other) => return Err(format!("not a selector: {other}")),
    };
    text.parse()
}

/// Every reason why the effect cannot strike this target.
pub(super) fn unfit(effect: &Effect, target: &Selector) -> Vec<String> {
    let (name, kind) = (&effect.name, target.what.kind());
    let mut wrong = Vec::new();
    if !effect.kinds.iter().any(|accepted| accepted == kind) {
        wrong.push(format!("{name} does not accept {kind:?} (accepts: {})", effect.kinds.join(" ")));
    }
    if target.amount != Amount::All && !effect.amount {
        wrong.push(format!("{name} does not accept an amount"));
    }
    wrong
}

/// Parameters that are missing, unknown to the effect, or out of range, by name.
pub(super) fn wrong_parameters(effect: &Effect, given: &Map<String, Value>) -> Vec<(String, String)> {
    let missing = effect.required.iter().filter(|name| !given.contains_key(*name));
    let mut wrong: Vec<_> = missing.map(|name| (name.clone(), format!("{} needs it", effect.name))).collect();
    for (name, value) in given {
        let found = match VOCABULARY.parameters.get(name) {
            Some(parameter) if effect.takes(name) => value::wrong(parameter, value),
            _ => Some(no_such_parameter(effect, name)),
        };
        wrong.extend(found.map(|what| (name.clone(), what)));
    }
    wrong
}

fn no_such_parameter(effect: &Effect, name: &str) -> String {
    let known: Vec<&str> = effect.required.iter().chain(&effect.optional).map(String::as_str).collect();
    let meant = did_you_mean(name, known.iter().chain(&OWN_FIELDS).copied());
    let known = if known.is_empty() { "none".into() } else { known.join(" ") };
    format!("{} has no such parameter (has: {known}){meant}", effect.name)
}
