//! Wishes to DNS: records, which take effect some time after they are accepted.

use super::{
    Cloud, CloudEvent, Env,
    objects::{RecordObject, owned},
    owner::fresh,
};
use crate::sim::engine::draw::who;
use ha_core::{
    backend::{
        Kind, Scope,
        spec::RecordSet,
        state::{Phase, RecordState},
    },
    name::DnsName,
    topology::Endpoint,
};

pub(super) const RECORD: u8 = 4;

impl Cloud {
    pub(super) fn ensure_record(&mut self, env: &mut Env<'_>, scope: &Scope, wish: &RecordSet) -> Result<(), Kind> {
        let found = self.record_of(&wish.name);
        if let Some(number) = found {
            let record = &self.records[&number];
            if !self.broken.breaks("dns.foreign_objects_are_a_conflict") {
                owned(record.owner.as_ref(), scope, &format!("record {}", wish.name))?;
            }
            if record.progress.phase == Phase::Removing {
                return Err(Kind::NotReady(format!("record {} is being removed", wish.name)));
            }
            if record.set == *wish && !self.broken.breaks("dns.asking_twice_is_asking_once") {
                return Ok(());
            }
        }
        if !self.broken.breaks("dns.a_name_without_its_endpoint_is_refused") {
            let endpoints = wish.kind.endpoints();
            if let Some(missing) = endpoints.iter().find(|endpoint| !self.is_there(scope, endpoint)) {
                return Err(Kind::NotReady(format!("there is no {}", shown(missing))));
            }
        }
        let number = found.unwrap_or_else(|| fresh(&self.records, wish.name.as_str()));
        let made = RecordObject::new(Some(scope.clone()), wish.clone(), env.now);
        self.records.entry(number).or_insert(made).set = wish.clone();
        env.note(format!("record {} is accepted", wish.name), None);
        self.takes_effect_later(env, number, Phase::Pending);
        Ok(())
    }

    pub(super) fn remove_record(&mut self, env: &mut Env<'_>, scope: &Scope, name: &DnsName) -> Result<(), Kind> {
        let Some(number) = self.record_of(name) else { return Ok(()) };
        let record = &self.records[&number];
        owned(record.owner.as_ref(), scope, &format!("record {name}"))?;
        let leaves_it = self.broken.breaks("dns.remove_leaves_only_what_it_lists");
        if record.progress.phase == Phase::Removing || leaves_it {
            return Ok(());
        }
        env.tell(format!("record {name} is being removed"), None);
        self.takes_effect_later(env, number, Phase::Removing);
        Ok(())
    }

    fn takes_effect_later(&mut self, env: &mut Env<'_>, number: u32, phase: Phase) {
        let Some(record) = self.records.get_mut(&number) else { return };
        let due = env.draw(env.profile.phases.record, who(record.set.name.as_str()), record.changes);
        record.changes += 1;
        record.progress = super::objects::Progress { phase, since: env.now, due: Some(env.now + due) };
        self.version += 1;
        env.push(due, CloudEvent::Settle(RECORD, number));
    }

    pub(super) fn record_settles(&mut self, env: &mut Env<'_>, number: u32) {
        let stuck = self.broken.breaks("dns.a_change_is_seen_after_the_ttl");
        let Some(record) = self.records.get_mut(&number) else { return };
        if record.progress.due != Some(env.now) {
            return;
        }
        self.version += 1;
        let name = record.set.name.clone();
        if record.progress.phase == Phase::Removing {
            self.records.remove(&number);
            let (plane, mut ctx) = env.plane();
            plane.set_record(&mut ctx, &name, None);
            env.tell(format!("record {name} is gone"), None);
            return;
        }
        record.progress.turn(Phase::Active, env.now);
        if !(stuck && record.live.is_some()) {
            record.live = Some(record.set.clone());
        }
        self.dirty.records = true;
        env.tell(format!("record {name} is in effect"), None);
    }

    /// What must happen later has happened: kind and number say to what.
    pub(super) fn settle(&mut self, env: &mut Env<'_>, kind: u8, number: u32) {
        match kind {
            super::network::NETWORK => self.network_settles(env, number),
            super::pool::POOL => self.pool_settles(env, number),
            super::balancer::BALANCER => self.balancer_settles(env, number),
            _ => self.record_settles(env, number),
        }
    }

    /// Whether a record can stand for this.
    pub(super) fn is_there(&self, scope: &Scope, endpoint: &Endpoint) -> bool {
        let owner = match endpoint {
            Endpoint::Balancer(name) => self.balancer_of(&scope.name, name).map(|it| &self.balancers[&it].owner),
            Endpoint::Pool(name) => self.pool_of(&scope.name, name).map(|it| &self.pools[&it].owner),
        };
        owner.is_some_and(|owner| owner.as_ref() == Some(scope))
    }

    /// The records of a site that stand for this.
    pub(super) fn records_naming<'a>(
        &'a self,
        site: &'a str,
        endpoint: &Endpoint,
    ) -> impl Iterator<Item = String> + use<'a> {
        let endpoint = endpoint.clone();
        let of_site = move |record: &&RecordObject| record.owner.as_ref().is_some_and(|owner| owner.name == site);
        let naming = move |record: &&RecordObject| {
            let sets = [Some(&record.set), record.live.as_ref()];
            sets.into_iter().flatten().any(|set| set.kind.endpoints().contains(&endpoint))
        };
        self.records.values().filter(of_site).filter(naming).map(|record| format!("record {}", record.set.name))
    }

    pub(super) fn record_states(&self, scope: &Scope) -> Vec<RecordState> {
        let mine = self.records.values().filter(|record| record.owner.as_ref() == Some(scope));
        let state = |record: &RecordObject| RecordState {
            set: record.set.clone(),
            phase: record.progress.phase,
            since: record.progress.since,
            answers: self.answers_of(record),
        };
        let mut states: Vec<RecordState> = mine.map(state).collect();
        states.sort_by(|a, b| a.set.name.cmp(&b.set.name));
        states
    }
}

fn shown(endpoint: &Endpoint) -> String {
    match endpoint {
        Endpoint::Balancer(name) => format!("balancer {name}"),
        Endpoint::Pool(name) => format!("pool {name}"),
    }
}
