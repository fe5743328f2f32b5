//! Checks the values of a fault file: durations, numbers, counts and words, each with its range.

use super::vocabulary::{Is, Parameter, listed};
use crate::time;
use serde_json::Value;
use std::time::Duration;

/// The duration that is written there, or what is wrong with it.
pub(super) fn duration(value: Option<&Value>) -> Result<Duration, String> {
    match value {
        None => Err("missing (a duration like \"2h30m\")".into()),
        Some(Value::String(text)) if text.starts_with('-') => Err(format!("negative time {text:?}")),
        Some(Value::String(text)) => time::parse(text).map_err(|_| not_a_duration(&Value::String(text.clone()))),
        Some(other) => Err(not_a_duration(other)),
    }
}

fn not_a_duration(value: &Value) -> String {
    format!("not a duration: {value} (write it like \"2h30m\")")
}

/// What is wrong with the value of this parameter, if anything.
pub(super) fn wrong(parameter: &Parameter, value: &Value) -> Option<String> {
    let number = match parameter.is {
        Is::Word => {
            let known = value.as_str().is_some_and(|word| listed(&parameter.one_of, word));
            return (!known).then(|| format!("{value} is none of: {}", parameter.one_of));
        }
        Is::Duration => match duration(Some(value)) {
            Ok(duration) => duration.as_secs_f64(),
            Err(wrong) => return Some(wrong),
        },
        Is::Count if value.is_i64() || value.is_u64() => value.as_f64()?,
        Is::Number if value.is_number() => value.as_f64()?,
        Is::Count => return Some(format!("not a count: {value}")),
        Is::Number => return Some(format!("not a number: {value}")),
    };
    let low_enough = parameter.to.is_none_or(|to| number <= to);
    let high_enough =
        parameter.above.is_none_or(|above| number > above) && parameter.from.is_none_or(|from| number >= from);
    (!low_enough || !high_enough).then(|| format!("{value} is outside {}", range(parameter)))
}

fn range(parameter: &Parameter) -> String {
    let written = |bound: f64| match parameter.is {
        Is::Duration => format!("\"{}\"", time::show(Duration::from_secs_f64(bound))),
        Is::Number | Is::Count | Is::Word => bound.to_string(),
    };
    let low = match (parameter.above, parameter.from) {
        (Some(above), _) => format!("above {}", written(above)),
        (None, Some(from)) => written(from),
        (None, None) => String::new(),
    };
    format!("{low} to {}", parameter.to.map_or(String::new(), written))
}
