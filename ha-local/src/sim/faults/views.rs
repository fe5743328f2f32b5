//! What deceives those who look: old answers, gaps in them, readings that are late or wrong.

use super::{
    Faults,
    adding::millionths,
    injected::Injected,
    strike::{Balancer, Metrics, Strike, View},
};
use crate::sim::engine::draw::{Purpose, join, who};
use ha_core::{name::PoolName, time::Timestamp};
use std::time::Duration;

impl Faults {
    /// How far back anything in this run looks: what is older need not be remembered. `None`: nothing looks back.
    pub fn history(&self) -> Option<Duration> {
        let back = |fault: &Injected| {
            let late = match &fault.strike {
                Strike::View(_, View::Stale(age)) => Some(*age),
                Strike::Metrics(_, Metrics::Delay(delay)) => Some(*delay),
                // It goes on from an instant before it struck until it ends.
                Strike::Balancer(_, Balancer::Stale(age)) => {
                    Some(age.saturating_add(fault.ends.unwrap_or(Timestamp::NEVER).since(fault.at)))
                }
                Strike::View(_, View::Missing(_) | View::PageShift(_)) => None,
                Strike::Metrics(_, Metrics::Gap | Metrics::Fixed(_) | Metrics::Scaled(_)) => None,
                Strike::Balancer(
                    _,
                    Balancer::Down
                    | Balancer::Error(_)
                    | Balancer::Flap { .. }
                    | Balancer::CorruptOnChange(_)
                    | Balancer::NoServers(_),
                ) => None,
                Strike::Instances(..) | Strike::Zone(..) | Strike::Link(..) | Strike::Boot(..) => None,
                Strike::Capacity(..) | Strike::Api(..) | Strike::Dns(..) | Strike::Store(_) => None,
                Strike::Release(..) | Strike::Clock(_) | Strike::Controller(_) => None,
                Strike::Operator(_) | Strike::Call(..) => None,
            };
            late.filter(|_| !fault.is_over())
        };
        self.all.iter().filter_map(back).max()
    }
    /// How old the answers of this service's `observe` are.
    pub fn stale(&self, service: &str) -> Option<Duration> {
        let ages = self.views(service).filter_map(|(fault, view)| {
            let View::Stale(age) = view else { return None };
            fault.count(1);
            Some(age)
        });
        ages.max()
    }
    /// Whether this is left out of the answers of this service's `observe`, though it lives.
    pub fn unseen(&self, service: &str, name: &str) -> bool {
        self.views(service).any(|(fault, view)| {
            let View::Missing(share) = view else { return false };
            let unseen = self.seed.happens(Purpose::Strike, join(fault.key, who(name)), 1, millionths(share));
            if unseen {
                fault.count(1);
            }
            unseen
        })
    }
    /// Whether the pages of a list of so many shift while this turn's `observe` reads them: the index of what is read
    /// twice, and of what is not read, its neighbour.
    pub fn page_shift(&self, service: &str, turn: Timestamp, length: usize) -> Option<(usize, usize)> {
        let last = u64::try_from(length).ok()?.checked_sub(1).filter(|last| *last > 0)?;
        self.views(service).find_map(|(fault, view)| {
            let View::PageShift(rate) = view else { return None };
            let shifts =
                self.seed.happens(Purpose::Failure, join(fault.draws(), who(service)), turn.0, millionths(rate));
            let at = self.seed.below(Purpose::Choice, join(fault.draws(), who(service)), turn.0, last);
            shifts.then(|| {
                fault.count(1);
                // Below the length of a list.
                (at as usize, at as usize + 1)
            })
        })
    }
    fn views<'a>(&'a self, service: &'a str) -> impl Iterator<Item = (&'a Injected, View)> {
        self.working().filter_map(move |fault| {
            let Strike::View(named, view) = &fault.strike else { return None };
            named.is(service).then_some((fault, *view))
        })
    }
    /// What a metric of a pool (`healthy`, `errors`, `latency`, `requests`) reads as, given what is true.
    pub fn metric(&self, metric: &str, pool: &PoolName, truth: f64) -> Option<f64> {
        let mut reading = Some(truth);
        for fault in self.working() {
            let Strike::Metrics(of, metrics) = &fault.strike else { continue };
            if !of.metric.is(metric) || !of.pool.is(pool.as_str()) {
                continue;
            }
            let before = reading;
            match *metrics {
                Metrics::Gap => reading = None,
                Metrics::Fixed(value) => reading = reading.map(|_| value),
                Metrics::Scaled(factor) => reading = reading.map(|truth| truth * factor),
                Metrics::Delay(_) => {}
            }
            if reading != before {
                fault.count(1);
            }
        }
        reading
    }
    /// How late readings of a pool come.
    pub fn metric_delay(&self, pool: &PoolName) -> Duration {
        let delays = self.working().filter_map(|fault| {
            let Strike::Metrics(of, Metrics::Delay(delay)) = &fault.strike else { return None };
            of.pool.is(pool.as_str()).then(|| {
                fault.count(1);
                *delay
            })
        });
        delays.fold(Duration::ZERO, Duration::saturating_add)
    }
}
