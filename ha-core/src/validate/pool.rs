//! Checks a pool.

use super::Check;
use crate::topology::{Balancer, Capacity, Gate, NoReading, Pool, Size};
use std::collections::BTreeSet;

impl Check<'_> {
    pub(super) fn pool(&mut self, path: &str, pool: &Pool) {
        self.word(format!("{path}.release"), pool.release.as_str(), "2026.11.1");
        if pool.role.as_ref().is_some_and(|role| role.chars().any(char::is_control)) {
            self.say(format!("{path}.role"), "it is not a line of text", "say it in one line");
        }
        self.number_of_instances(path, pool);
        self.boot(path, pool);
        self.place_of_instances(path, pool);
        self.guards(path, pool);
        self.rollout(path, pool);
        self.hold(path, pool);
    }

    fn number_of_instances(&mut self, path: &str, pool: &Pool) {
        let Size { min, max } = pool.size;
        let at = format!("{path}.size");
        if max == 0 {
            self.say(at, "the pool has no size", "give its bounds, as \"6..=24\"");
        } else if min > max {
            let what = format!("the fewest, {min}, are more than the most, {max}");
            self.say(at, what, format!("write \"{max}..={min}\""));
        } else if min == 0 {
            self.say(at, "a pool that may be empty may be down", format!("write \"1..={max}\""));
        }
        let at = format!("{path}.capacity");
        match pool.capacity {
            Capacity::Scaled => {
                let what = "no number is given, and no backend keeps a scaling policy yet";
                self.say(at, what, format!("give a fixed one, as {}", min.max(1)));
            }
            Capacity::Fixed(0) => self.say(at, "no instance at all", "give at least 1"),
            Capacity::Fixed(wanted) if min <= max && max > 0 && !(min..=max).contains(&wanted) => {
                let what = format!("{wanted} is outside the size {min}..={max}");
                self.say(at, what, format!("give a number from {min} to {max}, or other bounds"));
            }
            Capacity::Fixed(_) => {}
        }
    }

    fn boot(&mut self, path: &str, pool: &Pool) {
        let at = format!("{path}.ready.path");
        let ready = &pool.boot.ready;
        if ready.is_empty() {
            self.say(
                at,
                "nothing tells when an instance can serve",
                "give the path that answers 2xx then, as \"/healthz\"",
            );
        } else if !ready.starts_with('/') {
            self.say(at, format!("{ready:?} does not begin with /"), format!("write {:?}", format!("/{ready}")));
        } else if ready.chars().any(|c| c.is_whitespace() || c.is_control()) {
            self.say(at, format!("{ready:?} has a blank in it"), "leave blanks out");
        }
        if pool.boot.port == 0 {
            self.say(format!("{path}.ready.port"), "0 is not a port", "give one from 1 to 65535");
        }
        self.some_duration(format!("{path}.ready.budget"), pool.boot.budget, "90s");
    }

    fn place_of_instances(&mut self, path: &str, pool: &Pool) {
        let site = self.site;
        let placement = &pool.placement;
        self.some_of_the_zones(&format!("{path}.placement.zones"), &placement.zones);
        if placement.max_skew == 0 {
            let what = "a skew of 0 cannot be kept while one instance comes or goes";
            self.say(format!("{path}.placement.max_skew"), what, "give at least 1");
        }
        let mut allowed = site.zones.iter().filter(|zone| pool.may_be_in(zone)).peekable();
        let somewhere = site.open_zones().next().is_some();
        if somewhere && allowed.peek().is_some() && allowed.all(|zone| site.closed.contains(zone)) {
            let what = "every zone that the pool may be in is closed";
            self.say(format!("{path}.placement.zones"), what, "open one, or allow another");
        }
    }

    fn guards(&mut self, path: &str, pool: &Pool) {
        let guards = &pool.guards;
        self.share(format!("{path}.guards.min_healthy"), guards.min_healthy);
        if let Some(brake) = guards.brake {
            self.share(format!("{path}.guards.brake"), brake);
            if brake.0 == 0 {
                let what = "with a brake of 0 nothing that is ill is ever replaced";
                self.say(format!("{path}.guards.brake"), what, "give a share such as 0.34, or \"off\"");
            }
        }
    }

    fn rollout(&mut self, path: &str, pool: &Pool) {
        let rollout = &pool.rollout;
        if rollout.batch == 0 {
            self.say(format!("{path}.rollout.batch"), "in batches of 0 nothing is renewed", "give at least 1");
        }
        self.duration(format!("{path}.rollout.bake"), rollout.bake);
        self.share(format!("{path}.rollout.gate.max_errors"), rollout.gate.max_errors);
        if let Some(latency) = rollout.gate.max_latency {
            self.some_duration(format!("{path}.rollout.gate.max_latency"), latency, "500ms");
        }
        self.gate(path, pool);
        let Capacity::Fixed(capacity) = pool.capacity else { return };
        let at = format!("{path}.rollout.surge");
        // One must always stay.
        let needed = pool.guards.min_healthy.of_at_least(capacity).max(1);
        if rollout.surge == 0 && needed >= capacity {
            let what =
                format!("with a surge of 0 and {needed} of {capacity} to stay ready, nothing can ever be renewed");
            self.say(at, what, "give a surge of at least 1, or a lower guards.min_healthy");
        } else if let Size { min, max } = pool.size
            && (min.max(1)..=max).contains(&capacity)
            && u64::from(capacity) + u64::from(rollout.surge) > u64::from(max)
        {
            let most = u64::from(capacity) + u64::from(rollout.surge);
            let what = format!("capacity {capacity} and surge {} are {most}, and size ends at {max}", rollout.surge);
            self.say(at, what, format!("let size end at {most}, or give a smaller surge"));
        }
    }

    /// What a gate asks for must be measured by somebody.
    fn gate(&mut self, path: &str, pool: &Pool) {
        let gate = &pool.rollout.gate;
        // A balancer without a route is a problem of its own, and may be meant for this pool.
        let gives = |balancer: &Balancer| {
            balancer.routes.is_empty() || balancer.routes.iter().any(|route| route.pool == pool.name)
        };
        let asks = *gate != Gate::default() && gate.no_reading == NoReading::Wait;
        if asks && !self.site.balancers.iter().any(gives) {
            let what = "it waits for what a balancer measures, and no balancer gives requests to this pool";
            let fix = "put a balancer before it, or say no_reading = \"go_on\": then instances must only stay ready";
            self.say(format!("{path}.rollout.gate"), what, fix);
        }
    }

    fn hold(&mut self, path: &str, pool: &Pool) {
        let mut seen = BTreeSet::new();
        for (index, hold) in pool.hold.iter().enumerate() {
            let at = format!("{path}.hold[{index}]");
            self.word(at.clone(), hold.instance.as_str(), "web-3");
            if !seen.insert(&hold.instance) && !hold.instance.as_str().is_empty() {
                self.say(at, format!("instance {} is held twice", hold.instance), "leave one out");
            }
        }
    }
}
