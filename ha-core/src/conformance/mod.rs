//! One suite that every backend passes, ours and third parties': a table of named cases for each port.
//!
//! A case has the name of the clause in the port's rustdoc that it shows. A backend is brought to it by a [`Lab`]: it
//! makes an empty backend, strikes and heals in the words of the fault vocabulary, asks as a user does, and lists
//! everything that exists. Cases wait for conditions, as long as the lab's patience lasts, on the backend's own clock.
//!
//! To add a clause: a line in the port's rustdoc, a function and its row here.

mod balancer;
mod dns;
mod lab;
mod network;
mod pool;
mod site;
mod store;
mod trial;

pub use lab::{Answer, Entry, Lab, Material, Object, Patience, Request};
pub use trial::{Failure, Trial};

use std::{fmt, future::Future, pin::Pin};

/// A port of [`crate::backend::Backend`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Port {
    /// Private networks.
    Network,
    /// Pools of instances.
    Pool,
    /// Load balancers.
    Balancer,
    /// DNS records.
    Dns,
    /// Small objects.
    Store,
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Network => "network",
            Self::Pool => "pool",
            Self::Balancer => "balancer",
            Self::Dns => "dns",
            Self::Store => "store",
        })
    }
}

/// What a running case is: a future that may move between threads. Dropping it leaves the lab's world as it is then.
pub type Running<'a> = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send + 'a>>;

/// A clause of a port's contract, as something that can be run.
#[derive(Clone, Copy)]
pub struct Case {
    /// The port whose contract it is.
    pub port: Port,
    /// The clause's name.
    pub name: &'static str,
    run: for<'a> fn(&'a Trial<'a>) -> Running<'a>,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.port, self.name)
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Case({self})")
    }
}

/// How a case ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The clause was kept.
    Passed,
    /// It was not; this is what was seen.
    Failed(String),
    /// This lab cannot show it, for this reason; it was run, and failed as it must.
    NotShown(String),
    /// The backend does not claim it: a port that the case needs is absent, or its `check` refuses the wish.
    NotApplicable(String),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("passed"),
            Self::Failed(why) => write!(f, "FAILED: {why}"),
            Self::NotShown(why) => write!(f, "not shown: {why}"),
            Self::NotApplicable(why) => write!(f, "not applicable: {why}"),
        }
    }
}

/// All cases, port by port, in the order of the ports' rustdoc.
pub fn cases() -> impl Iterator<Item = &'static Case> {
    [network::CASES, pool::CASES, balancer::CASES, dns::CASES, store::CASES].into_iter().flatten()
}

/// Runs one case in an empty backend of `lab`. What is listed in [`Lab::not_shown`] is run all the same and must fail:
/// the day it passes it leaves the list.
pub async fn run_case(case: &Case, lab: &dyn Lab) -> Verdict {
    let trial = Trial::new(lab, lab.empty().await);
    let outcome = if trial.has(case.port) { (case.run)(&trial).await } else { Err(Failure::Lacks(case.port)) };
    let listed = lab.not_shown().iter().find(|(name, _)| *name == case.to_string());
    match (outcome, listed) {
        (Ok(()), None) => Verdict::Passed,
        (Ok(()), Some(_)) => Verdict::Failed("it passes, yet it is listed as not shown: take it off the list".into()),
        (Err(Failure::Broken(_)), Some((_, why))) => Verdict::NotShown((*why).into()),
        (Err(Failure::Broken(what)), None) => Verdict::Failed(what),
        (Err(Failure::Lacks(port)), _) => Verdict::NotApplicable(format!("the backend has no port for {port}")),
        (Err(Failure::Refused(why)), _) => Verdict::NotApplicable(format!("refused by `check`: {why}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The clauses that the rustdoc of a trait names, in order.
    fn clauses(source: &'static str, port: &str) -> Vec<&'static str> {
        let before = source.split(&format!("\npub trait {port}: ")).next().unwrap();
        let contract = before.rsplit("conformance case of the same name:").next().unwrap();
        contract.lines().filter_map(|line| line.strip_prefix("/// - `")?.split('`').next()).collect()
    }

    #[test]
    fn a_running_case_may_move_between_threads() {
        fn sent<F: Future + Send>(_: impl Fn(&'static Case, &'static dyn Lab) -> F) {}
        sent(run_case);
    }

    #[test]
    fn the_tables_list_the_clauses_of_the_rustdoc() {
        let (port, store) = (include_str!("../backend/port.rs"), include_str!("../backend/store.rs"));
        for (source, name, table) in [
            (port, "Network", network::CASES),
            (port, "ComputePool", pool::CASES),
            (port, "LoadBalancer", balancer::CASES),
            (port, "Dns", dns::CASES),
            (store, "Store", store::CASES),
        ] {
            let listed: Vec<&str> = table.iter().map(|case| case.name).collect();
            assert!(listed.len() >= 5, "{name}: {listed:?}");
            assert_eq!(clauses(source, name), listed, "{name}");
            assert!(table.iter().all(|case| case.port == table[0].port), "{name}");
        }
    }
}
