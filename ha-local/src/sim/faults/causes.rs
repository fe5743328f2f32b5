//! Which fault led to what: the record of the trace that later ones name as their cause.

use super::{
    Faults, Subject,
    strike::{Balancer, Strike},
};

impl Faults {
    /// The last record of a fault, by its number in the scenario.
    pub fn record_of(&self, fault: u32) -> Option<usize> {
        self.all.get(fault as usize)?.told
    }
    /// The last record of a fault that befell this instance, its zone or its release.
    pub fn cause_of_instance(&self, subject: Subject<'_>) -> Option<usize> {
        self.all.iter().filter(|fault| fault.befell(&subject)).filter_map(|fault| fault.told).max()
    }
    /// The last record of any fault.
    pub fn cause_of_all(&self) -> Option<usize> {
        self.all.iter().filter_map(|fault| fault.told).max()
    }
    /// The last record of any fault that users, and checks, can feel by itself.
    pub fn cause_of_felt(&self) -> Option<usize> {
        self.all.iter().filter(|fault| fault.strike.is_felt()).filter_map(|fault| fault.told).max()
    }
    /// The last record of a fault that leaves a balancer without servers of its own.
    pub fn cause_of_no_servers(&self, balancer: &str) -> Option<usize> {
        let refuses =
            |strike: &Strike| matches!(strike, Strike::Balancer(named, Balancer::NoServers(_)) if named.is(balancer));
        self.working().filter(|fault| refuses(&fault.strike)).filter_map(|fault| fault.told).max()
    }
    /// What led to a step of our loop: what somebody asked for, if the step is made for that, else the last fault.
    pub fn cause_of_step(&self, asked_for: bool, wish: Option<usize>) -> Option<usize> {
        if asked_for { wish } else { self.cause_of_all() }
    }
    /// The last record of what somebody asked of the library: what our loop does, it does for that.
    pub fn cause_of_wishes(&self) -> Option<usize> {
        let wishes = self.all.iter().filter(|fault| matches!(fault.strike, Strike::Operator(_) | Strike::Release(..)));
        wishes.filter_map(|fault| fault.told).max()
    }
}
