//! A fault as people tell it: the sentence of its effect in the vocabulary, with whom it strikes and how strongly.

use super::{Amount, Fault, LinkEnd, Selector, Subject, effect};
use crate::time::show;

impl Fault {
    /// The sentence that tells of its beginning: `30 % of the calls to the pool service are throttled`. In it `{who}`
    /// stands for those that it picks.
    pub fn in_words(&self) -> String {
        let Some(effect) = effect(self.effect) else { return format!("{} at {}", self.effect, self.target) };
        let mut text = match &effect.says {
            Some(says) => says.replace("{bad}", &bad(&self.target)),
            None => format!("{{where}}: {}", effect.does),
        };
        text = text.replace("{where}", &self.target.in_words());
        for (name, value) in self.strengths() {
            text = text.replace(&format!("{{{name}}}"), &value);
        }
        let only = self.parameters.above_load.map(|load| format!(" above {} % load", (load * 1e4).round() / 1e2));
        text + &only.unwrap_or_default()
    }
    /// The sentence that tells that its cause is gone.
    pub fn is_over_in_words(&self) -> String {
        if let Some(over) = effect(self.effect).and_then(|effect| effect.over.as_ref()) {
            return over.replace("{where}", &self.target.in_words());
        }
        let words = self.in_words().replace("{who}", &self.target.in_words());
        // What a bad release was asked for with stays asked for: only what was bad about it is over.
        words.split_once(" is asked for: ").map_or_else(|| format!("over: {words}"), |(_, bad)| format!("over: {bad}"))
    }
    /// How strong it is, by the names that sentences use, as people write it. What may be left out is at its default.
    fn strengths(&self) -> Vec<(&'static str, String)> {
        let given = &self.parameters;
        let percent = |share: Option<f64>| format!("{} %", (share.unwrap_or(1.0) * 1e4).round() / 1e2);
        let number = |number: Option<f64>| number.unwrap_or(1.0).to_string();
        let time = |time: Option<std::time::Duration>| time.map_or_else(|| "a while".into(), show);
        vec![
            ("rate", percent(given.rate)),
            ("reads", percent(given.reads)),
            ("writes", percent(given.writes)),
            ("carries", percent(given.carries)),
            ("times", number(given.times)),
            ("factor", number(given.factor)),
            ("value", number(given.value)),
            ("seconds", number(given.seconds)),
            ("ppm", number(given.ppm)),
            ("delay", time(given.delay)),
            ("age", time(given.age)),
            ("after", time(given.after)),
            ("period", time(given.period)),
            ("most", given.most.unwrap_or(0).to_string()),
        ]
    }
}

/// A release that is asked for with the fault, or one by name that turns bad.
fn bad(target: &Selector) -> String {
    if let Subject::Named(kind, release) = &target.what
        && kind == "release"
    {
        return format!("release {release} turns bad");
    }
    format!("a bad release of {} is asked for", target.in_words())
}

impl Selector {
    /// Whom it means, as people say it: `30 % of pool web in zone a`.
    pub fn in_words(&self) -> String {
        let amount = match self.amount {
            Amount::All => String::new(),
            Amount::Share(share) => format!("{} % of ", (share * 1e4).round() / 1e2),
            Amount::Count(count) => format!("{count} of "),
        };
        let place = match (&self.zone, &self.pool) {
            (Some(zone), _) => format!(" in {}", thing("zone", zone)),
            (None, Some(pool)) => format!(" in {}", thing("pool", pool)),
            (None, None) => String::new(),
        };
        format!("{amount}{}{place}", self.what.in_words())
    }
}

impl Subject {
    fn in_words(&self) -> String {
        match self {
            Self::All => "everything".into(),
            Self::Users => "the users".into(),
            Self::Controller => "our loop".into(),
            Self::Named(kind, name) => thing(kind, name),
            Self::Link { from, to, both_ways: true } => format!("between {} and {}", end(from), end(to)),
            Self::Link { from, to, both_ways: false } => format!("from {} to {}", end(from), end(to)),
            Self::Service(port) if port == "*" => "every service".into(),
            Self::Service(port) => format!("the {port} service"),
            Self::Metric(name) => thing("metric", name),
            Self::Call(..) => self.to_string().replacen("call:", "call ", 1),
        }
    }
}

fn thing(kind: &str, name: &str) -> String {
    if name == "*" { format!("every {kind}") } else { format!("{kind} {name}") }
}

fn end(end: &LinkEnd) -> String {
    match end {
        LinkEnd::Word(word) if word == "all" => "everything".into(),
        LinkEnd::Word(word) if word == "others" => "the other zones".into(),
        LinkEnd::Word(word) => format!("the {word}"),
        LinkEnd::Named(kind, name) => thing(kind, name),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Fault, effects};

    #[test]
    fn every_effect_is_told_in_a_sentence_without_gaps() {
        for effect in effects() {
            let fault: Fault = format!("{{ at = \"1h\", fault = \"{}\", {} }}", effect.name, effect.example)
                .parse()
                .unwrap_or_else(|problem| panic!("{}: {problem}", effect.name));
            let words = fault.in_words().replace("{who}", "web-1") + &fault.is_over_in_words();
            assert!(!words.contains(['{', '}', '`']) || effect.says.is_none(), "{}: {words}", effect.name);
        }
    }

    #[test]
    fn a_fault_is_told_with_whom_it_strikes_and_how_strongly() {
        for (written, told) in [
            (
                r#"where = "pool:web", lasts = "forever", fault = "release.errors", rate = 0.4"#,
                "a bad release of pool web is asked for: 40 % of its answers are 5xx",
            ),
            (
                r#"where = "service:*", lasts = "2h", fault = "api.throttle", rate = 0.125"#,
                "12.5 % of the calls to every service are throttled",
            ),
            (
                r#"where = "link:a-others", lasts = "1m", fault = "link.cut""#,
                "no packet passes between zone a and the other zones",
            ),
            (
                r#"where = "link:a>b", lasts = "1h", fault = "link.delay", delay = "80ms""#,
                "packets from zone a to zone b take 80ms longer",
            ),
        ] {
            let fault: Fault = format!("{{ at = \"1h\", {written} }}").parse().unwrap();
            assert_eq!(fault.in_words(), told);
        }
    }
}
