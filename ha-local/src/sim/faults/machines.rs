//! What ails an instance, how it boots, whether it is launched, how long it lives: all faults taken together.

use super::{
    Ailment, BootFate, Faults, Subject,
    adding::{either, grown_delay, grown_factor, millionths, product},
    injected::Injected,
    strike::{Bad, Boot, Capacity, Instances, LEAK_STEPS, Link, Strike, Zone},
    whom::subject as machine_subject,
};
use crate::sim::{
    cloud::Machine,
    engine::draw::{Purpose, join, who},
};
use ha_core::{backend::Kind, time::nanos};
use std::time::Duration;

impl Faults {
    /// What ails an instance now.
    pub fn ailment(&self, subject: Subject<'_>) -> Ailment {
        let mut ailment = Ailment::NONE;
        for fault in self.mattering().filter(|fault| fault.strikes(&subject)) {
            let before = ailment;
            self.worsen(&mut ailment, fault, &subject);
            if ailment != before {
                fault.count(1);
            }
        }
        ailment
    }
    fn worsen(&self, ailment: &mut Ailment, fault: &Injected, subject: &Subject<'_>) {
        let strength = fault.strength();
        match &fault.strike {
            Strike::Instances(_, instances) => match *instances {
                Instances::Kill => {}
                Instances::Stop => ailment.off = true,
                Instances::Hang => ailment.hung = true,
                Instances::Slow(times) => ailment.slower(grown_factor(times, strength), 0),
                Instances::Errors(rate) => ailment.fails(millionths(rate * strength), 0),
                Instances::Isolate => ailment.isolated = true,
            },
            Strike::Zone(whom, zone) => match *zone {
                Zone::Power => ailment.off = true,
                // The whole zone's border is closed by the links; of a part of it, each machine's.
                Zone::Network => ailment.isolated |= whom.is_some_of(),
                Zone::Slow { times, rate } => {
                    ailment.slower(grown_factor(times, strength), 0);
                    ailment.fails(millionths(rate * strength), 0);
                }
            },
            Strike::Link(_, link) => match *link {
                Link::Cut => ailment.isolated = true,
                Link::Loss(rate) => ailment.loss = either(ailment.loss, millionths(rate * strength)),
                Link::Delay(delay) => ailment.delay_ns = ailment.delay_ns.saturating_add(grown_delay(delay, strength)),
                Link::Congested(_) => ailment.loss = either(ailment.loss, fault.memory.crossing.loss),
            },
            Strike::Release(_, bad) => self.runs_badly(ailment, *bad, subject),
            Strike::Boot(..) | Strike::Capacity(..) | Strike::Api(..) | Strike::Balancer(..) | Strike::Dns(..) => {}
            Strike::Store(_) | Strike::Clock(_) | Strike::Controller(_) | Strike::Operator(_) => {}
            Strike::Call(..) | Strike::View(..) | Strike::Metrics(..) => {}
        }
    }
    fn runs_badly(&self, ailment: &mut Ailment, bad: Bad, subject: &Subject<'_>) {
        match bad {
            Bad::NeverReady => ailment.never_ready = true,
            Bad::Errors { rate, above_load } => ailment.fails(millionths(rate), above_load),
            Bad::Slow { times, above_load } => ailment.slower(grown_factor(times, 1.0), above_load),
            Bad::Latent(rate) => ailment.fails(millionths(rate), 0),
            Bad::OneWay => ailment.fails(1_000_000, 0),
            // Nothing is seen of it before the process dies.
            Bad::Crashes(_) => {}
            Bad::Leaks(after) => {
                let age = subject.served.map_or(Duration::ZERO, |served| self.now.since(served));
                let tenths = nanos(age) / (nanos(after) / u64::from(LEAK_STEPS)).max(1);
                // Below the step count by the bound, so it fits and the quotient exists.
                let step = tenths.min(u64::from(LEAK_STEPS) - 1) as u32;
                ailment.slower(1000 * LEAK_STEPS / (LEAK_STEPS - step), 0);
            }
        }
    }
    /// How the boot of an instance that is launched now goes.
    pub fn boot(&self, subject: Subject<'_>) -> BootFate {
        let mut fate = BootFate { times: 1000, never_serves: false, no_network_ns: 0 };
        for fault in self.working() {
            let Strike::Boot(whom, boot) = &fault.strike else { continue };
            if !whom.takes_one(self.seed, &subject) {
                continue;
            }
            match *boot {
                Boot::Slow(times) => fate.times = product(fate.times, grown_factor(times, 1.0)),
                Boot::NeverServes { above_size } => {
                    let size = fault.memory.sizes.get(subject.pool).copied().unwrap_or(0);
                    let outgrown = above_size.is_none_or(|times| f64::from(subject.alive) > times * f64::from(size));
                    if !outgrown {
                        continue;
                    }
                    fate.never_serves = true;
                }
                Boot::NoNames(rate) => {
                    let who = join(fault.draws(), who(subject.name));
                    if !self.seed.happens(Purpose::Failure, who, 0, millionths(rate * fault.strength())) {
                        continue;
                    }
                    fate.never_serves = true;
                }
                Boot::NoNetwork(delay) => fate.no_network_ns = fate.no_network_ns.saturating_add(nanos(delay)),
            }
            fault.count(1);
        }
        fate
    }
    /// Whether a launch of this pool in this zone is refused now: `nth` tells repeated tries apart, `living` are all
    /// the machines that there are.
    pub fn launch(&self, subject: Subject<'_>, nth: u64, living: &[Machine<'_>]) -> Option<Kind> {
        for fault in self.working() {
            let Strike::Capacity(whom, capacity) = &fault.strike else { continue };
            if !whom.filter.takes(&subject) {
                continue;
            }
            let refused = match *capacity {
                Capacity::None => Some(Kind::NoCapacity),
                Capacity::Scarce(rate) => {
                    let who = join(fault.draws(), who(subject.pool.as_str()));
                    let draw =
                        self.seed.happens(Purpose::Failure, join(who, u64::from(subject.zone)), nth, millionths(rate));
                    draw.then_some(Kind::NoCapacity)
                }
                Capacity::Quota(most) => {
                    let counted = living.iter().filter(|machine| whom.filter.takes(&machine_subject(machine))).count();
                    (counted >= most as usize).then_some(Kind::Quota)
                }
            };
            if refused.is_some() {
                fault.count(1);
                return refused;
            }
        }
        None
    }
    /// Whether a zone has no power: endpoints there are down and nothing is launched there.
    pub fn zone_is_off(&self, zone: u8) -> bool {
        self.working().any(|fault| {
            matches!(&fault.strike, Strike::Zone(whom, Zone::Power) if !whom.is_some_of() && whom.filter.holds_zone(zone))
        })
    }
    /// How long after it became able to serve the process of an instance ends by a fault of its release.
    pub fn life(&self, subject: Subject<'_>) -> Option<Duration> {
        let lives = self.working().filter(|fault| fault.strikes(&subject)).filter_map(|fault| {
            let Strike::Release(_, Bad::Crashes(after) | Bad::Leaks(after)) = fault.strike else { return None };
            fault.count(1);
            Some(after)
        });
        lives.min()
    }
}

impl Ailment {
    /// More requests fail; above which load is the lowest of those that say so.
    fn fails(&mut self, rate: u32, above_load: u32) {
        self.only_above(above_load);
        self.errors = either(self.errors, rate);
    }
    fn slower(&mut self, times: u32, above_load: u32) {
        self.only_above(above_load);
        self.slow = product(self.slow, times);
    }
    fn only_above(&mut self, load: u32) {
        let well = self.errors == 0 && self.slow == 1000;
        self.above_load = if well { load } else { self.above_load.min(load) };
    }
}
