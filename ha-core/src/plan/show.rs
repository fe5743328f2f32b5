//! How a plan is printed: what is done, why, what it risks, what is waited for; at most 80 columns.

use super::{
    Action, BalancerStep, Change, DnsStep, NetworkStep, Plan, PoolStep, Reason, Risk, Step, TierName, Waiting, Why,
};
use crate::{backend::Refill, topology::HoldMode};
use std::fmt;

const WIDTH: usize = 80;

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, generation {}", self.topology, self.generation)?;
        for (index, wave) in self.waves.iter().enumerate() {
            writeln!(f, "\nwave {}", index + 1)?;
            for step in wave {
                let what = format!("{step}  ({})", risk(step.risk));
                lines(f, &format!("  {:<3} ", sign(step.change)), &what)?;
                lines(f, "        ", &step.effect)?;
            }
        }
        section(f, "waiting", &self.waiting)?;
        section(f, "problems: nothing is applied until they are solved", &self.problems)?;
        let count = |change| self.steps().filter(|step| step.change == change).count();
        writeln!(
            f,
            "\n{} to create, {} to change, {} to replace, {} to remove; {} waiting",
            count(Change::Create),
            count(Change::Change),
            count(Change::Replace),
            count(Change::Remove),
            self.waiting.len()
        )
    }
}

fn section<T: fmt::Display>(f: &mut fmt::Formatter<'_>, title: &str, items: &[T]) -> fmt::Result {
    if !items.is_empty() {
        writeln!(f, "\n{title}")?;
    }
    items.iter().try_for_each(|item| lines(f, "  ", &item.to_string()))
}

/// Writes a text after `first`, broken between words so that no line is longer than the width.
fn lines(f: &mut fmt::Formatter<'_>, first: &str, text: &str) -> fmt::Result {
    let indent = " ".repeat(first.chars().count());
    let mut line = first.to_owned();
    let mut empty = true;
    for word in text.split(' ') {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            writeln!(f, "{}", line.trim_end())?;
            (line, empty) = (indent.clone() + "  ", true);
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    writeln!(f, "{}", line.trim_end())
}

fn sign(change: Change) -> &'static str {
    match change {
        Change::Create => "+",
        Change::Change => "~",
        Change::Replace => "-/+",
        Change::Remove => "-",
    }
}

fn risk(risk: Risk) -> &'static str {
    match risk {
        Risk::InPlace => "in place",
        Risk::Replace => "replaces",
        Risk::Failover => "users may notice",
        Risk::DataLoss => "loses data",
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.action, self.reason)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(step) => match step {
                NetworkStep::Ensure(_) => f.write_str("network"),
                NetworkStep::Remove => f.write_str("network goes"),
            },
            Self::Pool(step) => step.fmt(f),
            Self::Balancer(step) => match step {
                BalancerStep::Ensure(spec) => write!(f, "balancer {}", spec.name),
                BalancerStep::Route { balancer, .. } => write!(f, "balancer {balancer} weighs its pools"),
                BalancerStep::Remove { balancer } => write!(f, "balancer {balancer} goes"),
            },
            Self::Dns(step) => match step {
                DnsStep::Ensure(set) => write!(f, "record {}", set.name),
                DnsStep::Remove { name } => write!(f, "record {name} goes"),
            },
        }
    }
}

impl fmt::Display for PoolStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ensure(spec) => write!(f, "pool {}", spec.name),
            Self::Bound { pool, bounds } => write!(f, "pool {pool} {}..={}", bounds.min, bounds.max),
            Self::Hold { pool, instance, mode } => match mode {
                HoldMode::Replace => write!(f, "pool {pool} holds {instance}, replaced"),
                HoldMode::Shrink => write!(f, "pool {pool} holds {instance}, not replaced"),
            },
            Self::PutBack { pool, instance } => write!(f, "pool {pool} puts {instance} back"),
            Self::Retire { pool, instance, refill } => match refill {
                Refill::Yes => write!(f, "pool {pool} exchanges {instance}"),
                Refill::No => write!(f, "pool {pool} retires {instance}"),
            },
            Self::Remove { pool } => write!(f, "pool {pool} goes"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("missing"),
            Self::Drift(fields) => write!(f, "differs in {}", fields.join(", ")),
            Self::Release(release) => write!(f, "release {release}"),
            Self::Rollback(release) => write!(f, "{release} failed its gate"),
            Self::Promote(release) => write!(f, "{release} passed its gate everywhere"),
            Self::Zones(zones) => {
                f.write_str("zones closed or opened:")?;
                zones.iter().try_for_each(|zone| write!(f, " {zone}"))
            }
            Self::Headroom => f.write_str("head-room"),
            Self::GiveBack => f.write_str("head-room no longer needed"),
            Self::Outdated(release) => write!(f, "it runs {release}"),
            Self::Evacuate(zone) => write!(f, "zone {zone} is closed"),
            Self::Hold => f.write_str("the owner wants it out"),
            Self::PutBack => f.write_str("the owner wants it back"),
            Self::Unwanted => f.write_str("the topology has it no more"),
        }
    }
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.tier, self.why)?;
        self.since.map_or(Ok(()), |since| write!(f, " (since {since})"))
    }
}

impl fmt::Display for TierName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network => f.write_str("network"),
            Self::Pool(None) => f.write_str("pools"),
            Self::Pool(Some(name)) => write!(f, "pool {name}"),
            Self::Balancer(None) => f.write_str("balancers"),
            Self::Balancer(Some(name)) => write!(f, "balancer {name}"),
            Self::Dns(None) => f.write_str("records"),
            Self::Dns(Some(name)) => write!(f, "record {name}"),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(story) => write!(f, "not known: {story}"),
            Self::Pending => f.write_str("accepted, does not work yet"),
            Self::Removing => f.write_str("on its way out"),
            Self::Capacity { ready, wanted } => write!(f, "{ready} of {wanted} instances are ready"),
            Self::Settling => f.write_str("instances are still being moved"),
            Self::Bake(until) => write!(f, "the new release must stay ready until {until}"),
            Self::Reading { release, lack } => write!(f, "no reading of {release} to go by yet: {lack}"),
            Self::Footing(what) => write!(f, "waits for {what}"),
            Self::Unseen => f.write_str("asked for more than once, and not there: asked again later"),
            Self::Broken(what) => write!(f, "{what} does not work"),
            Self::Rejected(release) => write!(f, "{release} was rejected: name another, or raise retry"),
            Self::NoSuchInstance(id) => write!(f, "there is no {id} to hold: take it from the list"),
            Self::Budget => f.write_str("nobody can be spared without going below the minimum"),
        }
    }
}
