//! Faults of machines and zones, of boots and of capacity.

use super::Written;
use crate::sim::faults::{
    strike::{Balancer, Boot, Capacity, Instances, Strike, Zone},
    whom::{Filter, Whom},
};
use ha_core::fault::{Amount, Subject};

impl Written<'_> {
    /// The machines that the target means.
    pub(super) fn whom(&self) -> Result<Whom, String> {
        let target = &self.fault.target;
        let mut filter = Filter { zones: self.narrowed(), ..Filter::default() };
        match &target.what {
            Subject::All => {}
            Subject::Named(kind, name) => {
                let named = (name != "*").then(|| name.clone());
                match kind.as_str() {
                    "zone" => filter.zones = Some(self.zones(name)),
                    "pool" => filter.pool = named,
                    "instance" => filter.instance = named,
                    "release" => filter.release = named,
                    kind => return self.nothing_at(kind),
                }
            }
            Subject::Users | Subject::Controller | Subject::Link { .. } => return self.nothing_at(target.what.kind()),
            Subject::Service(_) | Subject::Metric(_) | Subject::Call(..) => {
                return self.nothing_at(target.what.kind());
            }
        }
        Ok(Whom { filter, amount: target.amount, key: self.key })
    }
    /// What is still to come has no number to be counted by.
    pub(super) fn to_come(&self) -> Result<Whom, String> {
        let whom = self.whom()?;
        match whom.amount {
            Amount::Count(_) => Err(format!("{}: of boots still to come, give a share", self.fault.effect)),
            Amount::All | Amount::Share(_) => Ok(whom),
        }
    }
    pub(super) fn instances(&self, effect: &str) -> Result<Strike, String> {
        let Some(instances) = Instances::read(effect, &self.fault.parameters) else { return self.no_tier() };
        Ok(Strike::Instances(self.whom()?, instances))
    }
    pub(super) fn zone(&self, effect: &str) -> Result<Strike, String> {
        let Some(zone) = Zone::read(effect, &self.fault.parameters) else { return self.no_tier() };
        Ok(Strike::Zone(self.whom()?, zone))
    }
    pub(super) fn boot(&self, effect: &str) -> Result<Strike, String> {
        let Some(boot) = Boot::read(effect, &self.fault.parameters) else { return self.no_tier() };
        Ok(Strike::Boot(self.to_come()?, boot))
    }
    pub(super) fn capacity(&self, effect: &str) -> Result<Strike, String> {
        let Some(capacity) = Capacity::read(effect, &self.fault.parameters) else { return self.no_tier() };
        if self.fault.target.what.kind() != "balancer" {
            return Ok(Strike::Capacity(self.to_come()?, capacity));
        }
        match capacity {
            Capacity::None => Ok(Strike::Balancer(self.named(), Balancer::NoServers(1.0))),
            Capacity::Scarce(rate) => Ok(Strike::Balancer(self.named(), Balancer::NoServers(rate))),
            Capacity::Quota(_) => self.nothing_at("balancer"),
        }
    }
}
