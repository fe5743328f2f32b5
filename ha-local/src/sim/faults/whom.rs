//! Which machines a fault strikes: a filter, an amount, and a draw that says which.

use super::Subject;
use crate::sim::{
    cloud::Machine,
    engine::draw::{Purpose, Seed, join, who},
};
use ha_core::fault::Amount;

/// Machines by what they are; what is `None` is not asked.
#[derive(Clone, Debug, PartialEq, Default)]
pub(super) struct Filter {
    pub zones: Option<Vec<u8>>,
    pub pool: Option<String>,
    pub instance: Option<String>,
    pub release: Option<String>,
}

impl Filter {
    /// Whether it says nothing against this zone.
    pub fn holds_zone(&self, zone: u8) -> bool {
        self.zones.as_ref().is_none_or(|zones| zones.contains(&zone))
    }
    /// Whether this machine is meant.
    pub fn takes(&self, subject: &Subject<'_>) -> bool {
        let is = |wanted: &Option<String>, name: &str| wanted.as_deref().is_none_or(|wanted| wanted == name);
        self.holds_zone(subject.zone)
            && is(&self.pool, subject.pool.as_str())
            && is(&self.instance, subject.name)
            && is(&self.release, subject.release)
    }
}

/// A thing by name, or every one; perhaps only its part in some zones.
#[derive(Clone, Debug, PartialEq, Default)]
pub(super) struct Named {
    pub name: Option<String>,
    pub zones: Option<Vec<u8>>,
}

impl Named {
    /// This one, or with `*` every one.
    pub fn new(name: &str) -> Self {
        Self { name: (name != "*").then(|| name.to_owned()), zones: None }
    }
    /// Whether it is this one.
    pub fn is(&self, name: &str) -> bool {
        self.name.as_deref().is_none_or(|own| own == name)
    }
    /// Whether it is this one, and this zone's part.
    pub fn is_in(&self, name: &str, zone: u8) -> bool {
        self.is(name) && self.zones.as_ref().is_none_or(|zones| zones.contains(&zone))
    }
}

/// Machines that a fault strikes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Whom {
    pub filter: Filter,
    pub amount: Amount,
    /// A function of the record's id and the text of `where`: equal texts strike the same ones.
    pub key: u64,
}

impl Whom {
    /// Whether an amount is given.
    pub fn is_some_of(&self) -> bool {
        match self.amount {
            Amount::All => false,
            Amount::Share(_) | Amount::Count(_) => true,
        }
    }
    /// The machines that are struck, in the order in which they are.
    pub fn pick(&self, seed: Seed, machines: &[Machine<'_>]) -> Vec<u32> {
        let draw = |name: &str| seed.bits(Purpose::Strike, join(self.key, who(name)), 0);
        let mut meant: Vec<(u64, u32)> = machines
            .iter()
            .filter(|machine| self.filter.takes(&subject(machine)))
            .map(|machine| (draw(machine.name.as_str()), machine.number))
            .collect();
        meant.sort_unstable();
        meant.truncate(self.of(meant.len()));
        meant.into_iter().map(|(_, number)| number).collect()
    }
    /// Whether it strikes a thing still to come: of a share, each is struck with that probability.
    pub fn takes_one(&self, seed: Seed, subject: &Subject<'_>) -> bool {
        self.filter.takes(subject)
            && match self.amount {
                Amount::All | Amount::Count(_) => true,
                Amount::Share(share) => seed.unit(Purpose::Strike, join(self.key, who(subject.name)), 1) < share,
            }
    }
    fn of(&self, all: usize) -> usize {
        match self.amount {
            Amount::All => all,
            Amount::Share(share) => nearest(share, all),
            Amount::Count(count) => usize::try_from(count).unwrap_or(usize::MAX).min(all),
        }
    }
}

/// A machine as it is asked about, as far as a selector looks.
pub(super) fn subject<'a>(machine: &Machine<'a>) -> Subject<'a> {
    Subject {
        instance: machine.number,
        name: machine.name.as_str(),
        zone: machine.zone,
        pool: machine.pool,
        release: machine.release.as_str(),
        served: machine.served,
        alive: 0,
        desired: 0,
    }
}

/// The whole number nearest to a share of so many, at least one if there are any.
fn nearest(share: f64, all: usize) -> usize {
    // Shares are at most 1, so the product fits.
    ((all as f64 * share).round() as usize).clamp(all.min(1), all)
}
