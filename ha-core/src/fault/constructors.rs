//! Faults written by hand, as in users' tests: `Fault::zone_power("a").lasts(Duration::from_secs(3600))`.

use super::{Fault, Lasts, Parameters, Selector, event};
use crate::validate::Problem;
use std::time::Duration;

impl Fault {
    /// A fault at the start of the run; what lasts, lasts forever, until [`Fault::lasts`] says otherwise. Parameters that
    /// the effect needs are still to be given.
    pub fn new(effect: &str, target: &str) -> Result<Self, Problem> {
        let effect = event::known_effect(Some(&effect.into())).map_err(|wrong| Problem::new("fault", wrong, ""))?;
        let target: Selector = target.parse().map_err(|wrong: String| Problem::new("where", wrong, ""))?;
        if let Some(wrong) = event::unfit(effect, &target).into_iter().next() {
            return Err(Problem::new("where", wrong, ""));
        }
        let lasts = if effect.lasts { Lasts::Forever } else { Lasts::Once };
        Ok(Self { at: Duration::ZERO, lasts, target, effect: &effect.name, parameters: Parameters::default() })
    }

    /// [`Fault::new`] for text that stands in the program itself, not in an input.
    #[track_caller]
    fn literal(effect: &str, target: &str) -> Self {
        Self::new(effect, target).unwrap_or_else(|problem| panic!("{problem}"))
    }

    /// All in this zone is off.
    ///
    /// # Panics
    /// If this is no name. So do the others of this kind, which are for text in a test: a typing error there is a bug.
    #[track_caller]
    pub fn zone_power(zone: &str) -> Self {
        Self::literal("zone.power", &format!("zone:{zone}"))
    }
    /// Nothing crosses the border of this zone.
    #[track_caller]
    pub fn zone_network(zone: &str) -> Self {
        Self::literal("zone.network", &format!("zone:{zone}"))
    }
    /// These instances are gone: `Fault::instances_kill("instances:2 of pool:web")`.
    #[track_caller]
    pub fn instances_kill(target: &str) -> Self {
        Self::literal("instances.kill", target)
    }
    /// These instances freeze.
    #[track_caller]
    pub fn instances_hang(target: &str) -> Self {
        Self::literal("instances.hang", target)
    }
    /// These instances answer this share of requests with 5xx.
    #[track_caller]
    pub fn instances_errors(target: &str, rate: f64) -> Self {
        Self::literal("instances.errors", target).rate(rate)
    }
    /// These instances are so many times slower.
    #[track_caller]
    pub fn instances_slow(target: &str, times: f64) -> Self {
        Self::literal("instances.slow", target).times(times)
    }
    /// Every launch there is refused: `Fault::capacity_none("zone:b")`.
    #[track_caller]
    pub fn capacity_none(target: &str) -> Self {
        Self::literal("capacity.none", target)
    }
    /// Every call of this port fails without effect: `Fault::api_down("pool")`.
    #[track_caller]
    pub fn api_down(port: &str) -> Self {
        Self::literal("api.down", &format!("service:{port}"))
    }
    /// A new release of this pool is asked for, a good one.
    #[track_caller]
    pub fn operator_release(pool: &str) -> Self {
        Self::literal("operator.release", &format!("pool:{pool}"))
    }
    /// A new release of this pool is asked for that answers this share of requests with 5xx.
    #[track_caller]
    pub fn release_errors(pool: &str, rate: f64) -> Self {
        Self::literal("release.errors", &format!("pool:{pool}")).rate(rate)
    }
    /// This zone is to be emptied.
    #[track_caller]
    pub fn operator_evacuate(zone: &str) -> Self {
        Self::literal("operator.evacuate", &format!("zone:{zone}"))
    }
    /// This zone may be used again.
    #[track_caller]
    pub fn operator_reopen(zone: &str) -> Self {
        Self::literal("operator.reopen", &format!("zone:{zone}"))
    }
    /// Our loop is dead; then a fresh process starts.
    pub fn controller_down() -> Self {
        Self::literal("controller.down", "controller")
    }
    /// An outcome of the next matching call: `Fault::call("crash_applied", "pool.ensure")`.
    #[track_caller]
    pub fn call(outcome: &str, call: &str) -> Self {
        Self::literal(&format!("call.{outcome}"), &format!("call:{call}"))
    }

    /// When it strikes, from the start of the run; to the millisecond.
    pub fn at(mut self, at: Duration) -> Self {
        self.at = whole(at);
        self
    }
    /// How long its cause lasts; to the millisecond.
    pub fn lasts(mut self, lasts: Duration) -> Self {
        self.lasts = Lasts::For(whole(lasts));
        self
    }
    /// The probability for each request, packet, launch, answer, change or attempt.
    pub fn rate(mut self, rate: f64) -> Self {
        self.parameters.rate = Some(rate);
        self
    }
    /// The factor on a duration or a load.
    pub fn times(mut self, times: f64) -> Self {
        self.parameters.times = Some(times);
        self
    }
    /// The delay; what for depends on the effect.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.parameters.delay = Some(whole(delay));
        self
    }
    /// The time over which those hit come back after the end.
    pub fn tail(mut self, tail: Duration) -> Self {
        self.parameters.tail = Some(whole(tail));
        self
    }
    /// Which matching call is hit first, from 1.
    pub fn nth(mut self, nth: u32) -> Self {
        self.parameters.nth = Some(nth);
        self
    }
    /// How many matching calls are hit in a row.
    pub fn count(mut self, count: u32) -> Self {
        self.parameters.count = Some(count);
        self
    }
    /// Further parameters: `.with(|given| given.most = Some(12))`.
    pub fn with(mut self, set: impl FnOnce(&mut Parameters)) -> Self {
        set(&mut self.parameters);
        self
    }
}

/// The whole milliseconds of it, rounded up: what a fault file can say.
fn whole(duration: Duration) -> Duration {
    let rest = duration.subsec_nanos() % 1_000_000;
    if rest == 0 { duration } else { duration.saturating_add(Duration::from_nanos(u64::from(1_000_000 - rest))) }
}
