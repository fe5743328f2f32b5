//! What a name may be, and how tiers are named in the path of a problem.

use super::Check;
use std::collections::BTreeSet;

/// Names become names of objects at providers, some of which take no more.
const LONGEST: usize = 32;

impl Check<'_> {
    /// A name of a site, a zone or a tier: usable as a DNS label and as a provider's object name.
    pub(super) fn name(&mut self, path: String, name: &str) {
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() {
            self.say(path, "it has no name", "give it one of lower-case letters, digits and hyphens");
        } else if name.chars().count() > LONGEST {
            self.say(path, format!("{name:?} is longer than {LONGEST} characters"), "shorten it");
        } else if !name.chars().all(letters) || name.starts_with('-') || name.ends_with('-') {
            let fix = match likely(name) {
                Some(better) => format!("write {better:?}: lower-case letters, digits, and hyphens within"),
                None => "use lower-case letters, digits, and hyphens within".into(),
            };
            self.say(path, format!("{name:?} is not a name"), fix);
        }
    }
    /// A DNS name: labels of letters, digits and hyphens, in all at most 253 characters.
    pub(super) fn dns_name(&mut self, path: String, name: &str) {
        let label = |label: &str| {
            let letters = label.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
            (1..=63).contains(&label.len()) && letters && !label.starts_with('-') && !label.ends_with('-')
        };
        let fix = "write it like shop.example: lower-case letters, digits and hyphens between dots";
        if name.is_empty() {
            self.say(path, "it has no name", fix);
        } else if name.len() > 253 {
            self.say(path, format!("it is {} characters long", name.len()), "a DNS name has 253 at most");
        } else if let Some(without) = name.strip_suffix('.') {
            self.say(path, format!("{name:?} ends with a dot"), format!("write {without:?}"));
        } else if !name.contains('.') {
            self.say(path, format!("{name:?} is a name without a domain"), fix);
        } else if let Some(wrong) = name.split('.').find(|part| !label(part)) {
            self.say(path, format!("{wrong:?} in {name:?} is not a label of a DNS name"), fix);
        }
    }
    /// What cannot be printed in a line or used as a provider's tag is no release and no instance.
    pub(super) fn word(&mut self, path: String, word: &str, example: &str) {
        if word.is_empty() {
            self.say(path, "it is missing or empty", format!("give one, as \"{example}\""));
        } else if word.chars().count() > 128 {
            self.say(path, "it is longer than 128 characters", "shorten it");
        } else if word.chars().any(|c| c.is_whitespace() || c.is_control()) {
            self.say(path, format!("{word:?} has a blank in it"), "leave blanks out");
        }
    }
}

/// The nearest well-formed name.
fn likely(name: &str) -> Option<String> {
    let spelled = |c: char| match c {
        'a'..='z' | '0'..='9' => c,
        'A'..='Z' => c.to_ascii_lowercase(),
        _ => '-',
    };
    let better = name.chars().map(spelled).collect::<String>().trim_matches('-').to_string();
    (!better.is_empty()).then_some(better)
}

/// The path of each tier of a kind: by its name, or by its number where the name is missing, strange or taken.
pub(crate) fn paths<'n>(kind: &str, names: impl IntoIterator<Item = &'n str>) -> Vec<String> {
    let plain = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
    let mut taken = BTreeSet::new();
    let path = |(number, name): (usize, &'n str)| match plain(name) && taken.insert(name) {
        true => format!("{kind}.{name}"),
        false => format!("{kind}[{number}]"),
    };
    names.into_iter().enumerate().map(path).collect()
}
