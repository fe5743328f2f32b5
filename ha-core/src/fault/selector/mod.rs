//! Whom a fault strikes: selectors as values, and as the text they are written in.

mod read;
pub(super) use read::is_name;
#[cfg(test)]
mod tests;

use std::fmt;

/// Whom a fault strikes: `share:0.3 of pool:web in zone:a`.
#[derive(Clone, Debug, PartialEq)]
pub struct Selector {
    /// How many of them.
    pub amount: Amount,
    /// What.
    pub what: Subject,
    /// Only those in this zone.
    pub zone: Option<String>,
    /// Only those in this pool (metrics).
    pub pool: Option<String>,
}

/// How many of those selected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// All of them.
    All,
    /// The nearest whole number to this share, at least one; of things still to come, the probability of each.
    Share(f64),
    /// This many.
    Count(u32),
}

/// What is selected; a name `*` means every one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Every instance and database member.
    All,
    /// The users, and the resolvers they ask.
    Users,
    /// Our own loop.
    Controller,
    /// A thing by its kind and name: `pool:web`.
    Named(String, String),
    /// Packets between two ends.
    Link {
        /// One end.
        from: LinkEnd,
        /// The other.
        to: LinkEnd,
        /// Both ways, or only from `from` to `to`.
        both_ways: bool,
    },
    /// All calls of a port, or its answers.
    Service(String),
    /// A metric.
    Metric(String),
    /// Calls of a verb: port, verb, resource.
    Call(String, String, Option<String>),
}

/// One end of a link. A zone written by its name alone is read as `Named("zone", name)`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkEnd {
    /// `users`, `controller`, `keepers`, `others`, `all`.
    Word(String),
    /// A zone or a thing by its kind and name.
    Named(String, String),
}

impl Subject {
    /// The kind as the vocabulary names it: `zone`, `link`, `call`, `all`.
    pub fn kind(&self) -> &str {
        match self {
            Self::All => "all",
            Self::Users => "users",
            Self::Controller => "controller",
            Self::Named(kind, _) => kind,
            Self::Link { .. } => "link",
            Self::Service(_) => "service",
            Self::Metric(_) => "metric",
            Self::Call(..) => "call",
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.amount {
            Amount::All => {}
            Amount::Share(share) => write!(f, "share:{share} of ")?,
            Amount::Count(count) => write!(f, "instances:{count} of ")?,
        }
        write!(f, "{}", self.what)?;
        match (&self.zone, &self.pool) {
            (Some(zone), _) => write!(f, " in zone:{zone}"),
            (None, Some(pool)) => write!(f, " in pool:{pool}"),
            (None, None) => Ok(()),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All | Self::Users | Self::Controller => f.write_str(self.kind()),
            Self::Named(kind, name) => write!(f, "{kind}:{name}"),
            Self::Link { from, to, both_ways } => write!(f, "link:{}", link_text(from, to, *both_ways)),
            Self::Service(port) => write!(f, "service:{port}"),
            Self::Metric(metric) => write!(f, "metric:{metric}"),
            Self::Call(port, verb, None) => write!(f, "call:{port}.{verb}"),
            Self::Call(port, verb, Some(resource)) => write!(f, "call:{port}.{verb}({resource})"),
        }
    }
}

/// Zones by their name alone where that can be read in one way only, else with their kind.
fn link_text(from: &LinkEnd, to: &LinkEnd, both_ways: bool) -> String {
    let sign = if both_ways { '-' } else { '>' };
    let short = format!("{}{sign}{}", from.short(), to.short());
    if read::link(&short).is_ok() { short } else { format!("{from}{sign}{to}") }
}

impl LinkEnd {
    fn short(&self) -> String {
        match self {
            Self::Named(kind, name) if kind == "zone" && !read::is_link_word(name) && name != "*" => name.clone(),
            Self::Named(..) | Self::Word(_) => self.to_string(),
        }
    }
}

impl fmt::Display for LinkEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.write_str(word),
            Self::Named(kind, name) => write!(f, "{kind}:{name}"),
        }
    }
}
