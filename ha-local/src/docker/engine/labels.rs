//! Labels: whose an object of the engine is, and what it is for. What bears none of them is never touched.

use ha_core::backend::Scope;
use std::collections::{BTreeMap, HashMap};

const SITE: &str = "ha.scope.name";
const ID: &str = "ha.scope.id";
const PART: &str = "ha.part";
const NAME: &str = "ha.name";
const PLAN: &str = "ha.plan";

/// What an object is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The network of a site.
    Network,
    /// What owns the network place of an instance.
    Holder,
    /// What runs on an instance.
    Instance,
    /// A balancer.
    Balancer,
    /// The DNS server.
    Dns,
    /// What keeps the site.
    Supervisor,
    /// What outlives instances that write to it.
    Volume,
}

const PARTS: [(Part, &str); 7] = [
    (Part::Network, "network"),
    (Part::Holder, "holder"),
    (Part::Instance, "instance"),
    (Part::Balancer, "balancer"),
    (Part::Dns, "dns"),
    (Part::Supervisor, "supervisor"),
    (Part::Volume, "volume"),
];

impl Part {
    fn word(self) -> &'static str {
        PARTS.iter().find(|(part, _)| *part == self).map_or("", |(_, word)| word)
    }
}

/// Whose an object is, what it is for, what that is called, and the plan it was made by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    /// Whose it is.
    pub scope: Scope,
    /// What it is for.
    pub part: Part,
    /// What it is the network, the instance, the balancer of: its name.
    pub name: String,
    /// What it was made from, as a hash or in short: who wants it otherwise makes it anew.
    pub plan: String,
}

impl Labels {
    /// The labels as the engine keeps them.
    pub fn written(&self) -> HashMap<String, String> {
        let rows = [
            (SITE, self.scope.name.as_str()),
            (ID, &self.scope.id),
            (PART, self.part.word()),
            (NAME, &self.name),
            (PLAN, &self.plan),
        ];
        rows.into_iter().map(|(label, value)| (label.to_owned(), value.to_owned())).collect()
    }

    /// What an object's labels say; `None`: it is not ours.
    pub fn read<'a>(labels: impl IntoIterator<Item = (&'a String, &'a String)>) -> Option<Self> {
        let labels: BTreeMap<&str, &String> =
            labels.into_iter().map(|(label, value)| (label.as_str(), value)).collect();
        let said = |label: &str| labels.get(label).map(|value| (*value).clone());
        let (part, _) = PARTS.iter().find(|(_, word)| said(PART).is_some_and(|said| said == *word))?;
        let scope = Scope { name: said(SITE)?, id: said(ID)? };
        Some(Self { scope, part: *part, name: said(NAME)?, plan: said(PLAN).unwrap_or_default() })
    }

    /// The filter that finds the objects of a scope, all or those for one part.
    pub(super) fn filter(scope: Option<&Scope>, part: Option<Part>) -> HashMap<String, Vec<String>> {
        let of_scope = scope.map(|scope| [format!("{SITE}={}", scope.name), format!("{ID}={}", scope.id)]);
        let of_part = part.map(|part| format!("{PART}={}", part.word()));
        let mut wanted: Vec<String> = of_scope.into_iter().flatten().chain(of_part).collect();
        if wanted.is_empty() {
            wanted.push(SITE.to_owned());
        }
        HashMap::from([("label".to_owned(), wanted)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_as_they_are_written_and_others_are_not_ours() {
        let scope = Scope { name: "shop".into(), id: "1f".into() };
        for (part, _) in PARTS {
            let labels = Labels { scope: scope.clone(), part, name: "web-a-1".into(), plan: "r1".into() };
            let mut written = labels.written();
            assert_eq!(Labels::read(&written), Some(labels));
            written.remove(ID);
            assert_eq!(Labels::read(&written), None);
        }
    }
}
