//! Which answers of a name are given: its endpoints are looked at now and then, and those alive are answered.

use super::{
    Cloud, CloudEvent, Env,
    objects::{Leaf, RecordObject},
};
use crate::sim::{
    engine::{draw::who, queue::Event, trace::OneOfMany},
    plane::{Address, Place, Probe, RecordView},
};
use ha_core::{
    backend::{
        spec::RecordSet,
        state::{InstancePhase, Phase, TargetHealth},
    },
    keeper::{
        dns,
        health::{Checks, judge, settled},
    },
    topology::{Endpoint, HealthCheck, RecordKind},
};
use std::{collections::BTreeMap, time::Duration};

impl Cloud {
    /// The addresses behind each endpoint of a record.
    fn leaves(&self, record: &RecordObject, kind: &RecordKind) -> Vec<Vec<Leaf>> {
        let site = record.owner.as_ref().map_or("", |owner| owner.name.as_str());
        let endpoints = kind.endpoints();
        endpoints.iter().map(|endpoint| self.leaves_behind(site, endpoint)).collect()
    }

    fn leaves_behind(&self, site: &str, endpoint: &Endpoint) -> Vec<Leaf> {
        match endpoint {
            Endpoint::Balancer(name) => {
                let Some(number) = self.balancer_of(site, name) else { return Vec::new() };
                let zones = self.balancers[&number].spec.zones.iter().filter_map(|zone| self.zone_index(zone));
                zones.map(|zone| Leaf::Endpoint(number, zone)).collect()
            }
            Endpoint::Pool(name) => {
                let Some(number) = self.pool_of(site, name) else { return Vec::new() };
                let members = self.pools[&number].members.iter().copied();
                members.filter(|member| self.may_be_answered(*member)).map(Leaf::Instance).collect()
            }
        }
    }

    fn may_be_answered(&self, number: u32) -> bool {
        self.instances.get(&number).is_some_and(|instance| match instance.phase {
            InstancePhase::Booting | InstancePhase::Ready | InstancePhase::Unready | InstancePhase::Returning => true,
            InstancePhase::Draining | InstancePhase::Held(_) | InstancePhase::Lost => false,
        })
    }

    fn is_alive(&self, env: &mut Env<'_>, leaf: Leaf) -> bool {
        match leaf {
            Leaf::Endpoint(number, zone) => {
                let Some(balancer) = self.balancers.get(&number) else { return false };
                let works = matches!(balancer.progress.phase, Phase::Active | Phase::Removing);
                // An endpoint that is cut off from everybody healthy serves nobody, whatever the others say.
                let reached = |home| {
                    let (there, back) = (Place::Zone(zone), Place::Zone(home));
                    !self.link(there, back).cut && !self.link(back, there).cut
                };
                let serves = self.targets_of(number, balancer).any(|(_, instance, target)| {
                    target.checks.health == TargetHealth::Healthy
                        && self.instances.get(&instance).is_some_and(|it| reached(it.zone_index))
                });
                works && serves && self.living_endpoints(env, balancer).contains(&zone)
            }
            Leaf::Instance(number) => {
                let Some(instance) = self.instances.get(&number) else { return false };
                let timeout = env.profile.record_check().timeout;
                env.plane.probe(instance.server, Place::Users, timeout) == Probe::Passed
            }
        }
    }

    fn check_of_record(env: &Env<'_>, record: &RecordObject) -> HealthCheck {
        let direct = record.leaves.keys().any(|leaf| matches!(leaf, Leaf::Instance(_)));
        if direct { env.profile.record_check() } else { env.profile.endpoint_check() }
    }

    /// Something changed that the answers of names may follow from.
    pub(super) fn arm_records(&mut self, env: &mut Env<'_>) {
        for number in self.records.keys().copied().collect::<Vec<_>>() {
            self.arm_record(env, number);
        }
    }

    fn arm_record(&mut self, env: &mut Env<'_>, number: u32) {
        let Some(record) = self.records.get_mut(&number) else { return };
        if record.live.is_none() || record.next.is_some() {
            return;
        }
        let at = env.grid(Self::check_of_record(env, record).interval, who(record.set.name.as_str()));
        record.next = Some(at);
        env.queue.push(at, Event::Cloud(CloudEvent::CheckRecord(number)));
    }

    pub(super) fn check_record(&mut self, env: &mut Env<'_>, number: u32) {
        let Some(record) = self.records.get_mut(&number) else { return };
        if record.next != Some(env.now) {
            return;
        }
        record.next = None;
        let Some(record) = self.records.get(&number) else { return };
        let check = Self::check_of_record(env, record);
        let (mut leaves, name) = (record.leaves.clone(), record.set.name.clone());
        let mut quiet = true;
        for (leaf, checks) in &mut leaves {
            let passed = self.is_alive(env, *leaf);
            let after = judge(*checks, passed, &check);
            if after.health != checks.health && after.health != TargetHealth::Initial {
                let one = OneOfMany {
                    name: self.shown(*leaf),
                    of: format!("answers of {name}"),
                    place: String::new(),
                    fate: if passed { "alive again by checks" } else { "dead by checks" }.into(),
                };
                let what = format!("{name}: {} is {}", one.name, one.fate);
                env.tell_one(one, what, self.story_of(*leaf));
                self.version += 1;
                self.dirty.records = true;
            }
            *checks = after;
            quiet &= settled(after, passed);
        }
        if let Some(record) = self.records.get_mut(&number) {
            record.leaves = leaves;
        }
        if env.run_everything || !quiet {
            self.arm_record(env, number);
        }
    }

    /// The record of what last befell an address.
    fn story_of(&self, leaf: Leaf) -> Option<usize> {
        match leaf {
            Leaf::Endpoint(number, _) => self.balancers.get(&number)?.story,
            Leaf::Instance(number) => self.instances.get(&number)?.story,
        }
    }

    fn shown(&self, leaf: Leaf) -> String {
        match leaf {
            Leaf::Endpoint(number, zone) => {
                let name = self.balancers.get(&number).map_or("", |it| it.name().as_str());
                let zone = self.zones.get(usize::from(zone)).map_or("", |zone| zone.as_str());
                format!("balancer {name} in zone {zone}")
            }
            Leaf::Instance(number) => {
                let id = self.instances.get(&number).map_or("", |it| it.id.as_str());
                format!("instance {id}")
            }
        }
    }

    /// Tells the plane what has changed of what names answer, if anything has.
    pub(super) fn push_records(&mut self, env: &mut Env<'_>) {
        for number in self.records.keys().copied().collect::<Vec<_>>() {
            let Some(record) = self.records.get(&number) else { continue };
            let Some(live) = record.live.clone() else { continue };
            let (groups, first_time) = (self.leaves(record, &live.kind), record.view.is_none());
            let mut leaves: BTreeMap<Leaf, Checks> = BTreeMap::new();
            for leaf in groups.iter().flatten() {
                let known = record.leaves.get(leaf).copied();
                let new = || if first_time { first_sight(self.is_alive(env, *leaf)) } else { Checks::new() };
                leaves.insert(*leaf, known.unwrap_or_else(new));
            }
            let unjudged = leaves.values().any(|checks| checks.health == TargetHealth::Initial || first_time);
            let view = self.record_view(env, &live, &groups, &leaves);
            let Some(record) = self.records.get_mut(&number) else { continue };
            record.leaves = leaves;
            record.emptied = env.faults.name(live.name.as_str()).empty;
            if record.view.as_ref() != Some(&view) {
                record.view = Some(view.clone());
                let silent = self.broken.breaks("dns.a_name_answers_what_it_stands_for");
                let (plane, mut ctx) = env.plane();
                plane.set_record(&mut ctx, &live.name, Some(view).filter(|_| !silent));
            }
            if unjudged {
                self.arm_record(env, number);
            }
        }
    }

    fn record_view(
        &self,
        env: &Env<'_>,
        live: &RecordSet,
        groups: &[Vec<Leaf>],
        leaves: &BTreeMap<Leaf, Checks>,
    ) -> RecordView {
        let blind = self.broken.breaks("dns.answers_only_living_endpoints_after_ttl_and_detection");
        let lives = |leaf: &Leaf| blind || leaves.get(leaf).is_some_and(|it| it.health == TargetHealth::Healthy);
        let alive: Vec<bool> = groups.iter().map(|group| group.iter().any(lives)).collect();
        let mut chosen = dns::answers(&live.kind, &alive);
        if self.broken.breaks("dns.fails_over_to_the_secondary_and_back") {
            chosen.truncate(1);
            chosen.iter_mut().for_each(|index| *index = 0);
        }
        if self.broken.breaks("dns.never_the_last_answer") && !alive.contains(&true) {
            chosen.clear();
        }
        let even = self.broken.breaks("dns.weights_share_the_answers");
        let (mut answers, mut weights) = (Vec::new(), Vec::new());
        for index in chosen {
            let living: Vec<Leaf> = groups[index].iter().copied().filter(|leaf| lives(leaf)).collect();
            let given = if living.is_empty() { groups[index].clone() } else { living };
            let weight = match &live.kind {
                RecordKind::Weighted { answers } => Some(if even { 1 } else { answers[index].weight }),
                RecordKind::Alias { .. } | RecordKind::Failover { .. } | RecordKind::RoundRobin { .. } => None,
            };
            weights.extend(weight.into_iter().flat_map(|weight| shared(weight, given.len())));
            answers.extend(given.into_iter().filter_map(|leaf| self.address(leaf)));
        }
        let fate = env.faults.name(live.name.as_str());
        if fate.empty {
            (answers, weights) = (Vec::new(), Vec::new());
        }
        // That there is nothing is kept as long as the zone says, not as long as what there was.
        let nothing = env.plane.config().network.negative_ttl;
        let ttl = if answers.is_empty() { nothing } else { ttl(env, live) };
        RecordView { answers, weights, ttl, timeouts: fate.timeouts, stale: fate.stale }
    }

    fn address(&self, leaf: Leaf) -> Option<Address> {
        match leaf {
            Leaf::Endpoint(number, zone) => {
                self.balancers.get(&number).map(|it| Address::Balancer(it.called.clone(), zone))
            }
            Leaf::Instance(number) => self.instances.get(&number).map(|it| Address::Server(it.server)),
        }
    }

    /// What a record may stand for, and whether that is alive as far as was looked.
    pub(super) fn answers_of(&self, record: &RecordObject) -> Vec<(Endpoint, bool)> {
        let lives = |leaf: &Leaf| record.leaves.get(leaf).is_some_and(|it| it.health == TargetHealth::Healthy);
        let groups = self.leaves(record, &record.set.kind);
        let endpoints = record.set.kind.endpoints().into_iter();
        endpoints.zip(groups).map(|(endpoint, group)| (endpoint, group.iter().any(lives))).collect()
    }
}

/// What a name thinks of an address that was there before the name was.
fn first_sight(alive: bool) -> Checks {
    Checks { health: if alive { TargetHealth::Healthy } else { TargetHealth::Unhealthy }, against: 0 }
}

/// The weight of an endpoint, shared evenly by its addresses; 5040 divides by every number up to ten.
fn shared(weight: u32, addresses: usize) -> Vec<u32> {
    let each = u64::from(weight) * 5040 / (addresses.max(1) as u64);
    vec![u32::try_from(each).unwrap_or(u32::MAX); addresses]
}

fn ttl(env: &Env<'_>, live: &RecordSet) -> Duration {
    match (&live.kind, env.profile.dns.alias_ttl) {
        (RecordKind::Alias { to: Endpoint::Balancer(_) }, Some(fixed)) => fixed,
        (
            RecordKind::Alias { .. }
            | RecordKind::Weighted { .. }
            | RecordKind::Failover { .. }
            | RecordKind::RoundRobin { .. },
            _,
        ) => live.ttl,
    }
}
