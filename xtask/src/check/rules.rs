//! The rules for files and words, read from `rules.toml`, and what breaks them.

use super::{files::Source, tree::Limit};
use crate::part::Finding;
use serde::Deserialize;

/// All rules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    limits: Limits,
    names: Names,
    rule: Vec<Rule>,
    /// What packages may depend on.
    #[serde(rename = "tree")]
    pub trees: Vec<Limit>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    rust_lines: usize,
    golden_lines: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    banned: Vec<String>,
    banned_end: String,
    allowed: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    why: String,
    #[serde(rename = "in")]
    within: Vec<String>,
    #[serde(default)]
    except: Vec<String>,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    code: Vec<String>,
}

impl Rules {
    /// The rules of this project.
    pub fn read() -> Result<Self, String> {
        toml::from_str(include_str!("rules.toml")).map_err(|error| format!("rules.toml: {error}"))
    }
    /// What breaks them.
    pub fn check(&self, sources: &[Source]) -> Vec<Finding> {
        let mut findings: Vec<Finding> = sources.iter().flat_map(|source| self.check_one(source)).collect();
        findings.sort();
        findings
    }
    fn check_one(&self, source: &Source) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut wrong = |line: usize, what: String| findings.push(Finding { path: source.path.clone(), line, what });
        let lines = source.text.lines().count();
        if source.is_golden() && lines > self.limits.golden_lines {
            wrong(self.limits.golden_lines, format!("{lines} lines: a golden fits a screen"));
        }
        if !source.is_rust() {
            return findings;
        }
        if lines > self.limits.rust_lines {
            wrong(self.limits.rust_lines, format!("{lines} lines: a file is one idea"));
        }
        if !source.text.starts_with("//! ") {
            wrong(1, "the file does not open with `//!` and its job".into());
        }
        if self.names.refuse(source.stem()) {
            wrong(1, format!("a file is named for what is in it, not {:?}", source.stem()));
        }
        for rule in self.rule.iter().filter(|rule| rule.covers(&source.path)) {
            for (index, line) in source.text.lines().enumerate() {
                if let Some(found) = rule.find(line) {
                    wrong(index + 1, format!("`{found}`: {}", rule.why));
                }
            }
        }
        findings
    }
}

impl Names {
    fn refuse(&self, stem: &str) -> bool {
        let banned = self.banned.iter().any(|name| name == stem) || stem.ends_with(&self.banned_end);
        banned && !self.allowed.iter().any(|name| name == stem)
    }
}

impl Rule {
    fn covers(&self, path: &str) -> bool {
        let any = |beginnings: &[String]| beginnings.iter().any(|beginning| path.starts_with(beginning));
        any(&self.within) && !any(&self.except)
    }
    /// The first thing in this line that the rule forbids.
    fn find(&self, line: &str) -> Option<&str> {
        let lower = line.to_ascii_lowercase();
        let mut words = lower.split(|letter: char| !letter.is_ascii_alphanumeric());
        let is_comment = line.trim_start().starts_with("//");
        let word = words.find_map(|word| self.words.iter().find(|banned| *banned == word));
        word.or_else(|| self.code.iter().find(|code| !is_comment && line.contains(*code))).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let source = Source { path: path.into(), text: text.into() };
        Rules::read().unwrap().check(&[source]).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn a_clean_file_breaks_no_rule() {
        assert_eq!(found("ha-core/src/plan/pool.rs", "//! The job.\nfn plan() {}\n"), [""; 0]);
    }

    #[test]
    fn every_rule_finds_what_is_planted_and_names_the_line() {
        for rule in &Rules::read().unwrap().rule {
            assert!(!rule.words.is_empty() || !rule.code.is_empty(), "{}", rule.why);
            for (banned, within) in
                rule.words.iter().chain(&rule.code).flat_map(|b| rule.within.iter().map(move |w| (b, w)))
            {
                let path = format!("{within}planted.rs");
                let lines = found(&path, &format!("//! The job.\nlet x = {banned};\n"));
                let wanted = format!("{path}:2: `{banned}`: {}", rule.why);
                assert!(lines.contains(&wanted), "{wanted}\n{lines:?}");
            }
        }
    }

    #[test]
    fn what_a_rule_excepts_is_left_alone() {
        let text = "//! The job.\nasync fn drive() {}\n";
        assert_eq!(found("ha-core/src/keeper/drive.rs", text), [""; 0]);
        assert_eq!(found("ha-core/src/keeper/pool.rs", text).len(), 1);
    }

    #[test]
    fn words_are_found_in_comments_and_inside_names_but_not_inside_words() {
        assert_eq!(found("ha-core/src/a.rs", "//! The job.\n// An ASG.\nlet asg_name = 1;\nlet barn = 2;\n").len(), 2);
        assert_eq!(found("ha-core/src/a.rs", "//! The job.\n// tokio::time is not used.\n"), [""; 0]);
    }

    #[test]
    fn a_long_file_is_found() {
        let text = "//! The job.\n".to_owned() + &"\n".repeat(400);
        assert_eq!(found("ha-core/src/a.rs", &text), ["ha-core/src/a.rs:400: 401 lines: a file is one idea"]);
        assert_eq!(found("ha-core/src/golden/a.txt", &"x\n".repeat(61)).len(), 1);
        assert_eq!(found("ha-core/src/golden/a.txt", &"x\n".repeat(60)), [""; 0]);
    }

    #[test]
    fn a_file_without_its_job_is_found() {
        assert_eq!(found("ha-core/src/a.rs", "use std::fmt;\n").len(), 1);
    }

    #[test]
    fn a_file_named_for_nothing_is_found() {
        for name in ["util", "common", "plan2"] {
            assert_eq!(found(&format!("ha-core/src/{name}.rs"), "//! The job.\n").len(), 1, "{name}");
        }
        assert_eq!(found("ha-aws/src/ec2.rs", "//! The job.\n"), [""; 0]);
    }
}
