//! Attributes that somebody else changed. They take a call for each object to read and no list shows them, so they are
//! read every few minutes by a loop that goes on, and never by a first look.

use super::{
    Balancers,
    seen::{Alb, Seen},
    state::ATTRIBUTES,
    wanted::{balancer_attributes, group_attributes, object},
};
use crate::{
    concurrent::{self, Call},
    error::{Told, Wish},
    mark,
};
use ha_core::{
    backend::{Result, Scope, spec::BalancerSpec},
    time::Timestamp,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// So much longer than what is accepted stays unseen, but no shorter than this: five minutes where that is one.
const EVERY: (u32, Duration) = (5, Duration::from_secs(30));

/// Whose attributes were found to be others than were written, until they are written again.
#[derive(Debug, Default)]
pub(super) struct Drift(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    looked: BTreeMap<Scope, Timestamp>,
    drifted: BTreeSet<String>,
}

/// What is written of an object's attributes, and what is there.
type Pairs = Vec<(&'static str, String)>;

fn differs(wanted: &Pairs, there: &BTreeMap<String, String>) -> bool {
    // What the service does not tell, it does not have.
    wanted.iter().any(|(key, value)| there.get(*key).is_some_and(|own| own != value))
}

impl Drift {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is time to look; a first look only begins to count.
    fn is_due(&self, scope: &Scope, now: Timestamp, every: Duration) -> bool {
        let mut known = self.lock();
        let looked = known.looked.get(scope).copied();
        let due = looked.is_some_and(|at| now.since(at) >= every);
        if due || looked.is_none_or(|at| at > now) {
            known.looked.insert(scope.clone(), now);
        }
        due
    }

    /// What was found to be otherwise counts as not written.
    pub fn shown(&self, mut seen: Seen) -> Seen {
        let known = self.lock();
        for alb in seen.albs.iter_mut().filter(|alb| known.drifted.contains(&alb.id)) {
            alb.tags.remove(ATTRIBUTES);
        }
        seen
    }

    /// It was written again.
    pub fn mended(&self, alb: &str) {
        self.lock().drifted.remove(alb);
    }
}

impl Balancers {
    /// Looks at the attributes, if it is time to. What cannot be read is as it was.
    pub(super) async fn look_for_drift(&self, scope: &Scope, seen: &Seen, now: Timestamp, wish: &Wish) {
        let every = (self.service.settle * EVERY.0).max(EVERY.1);
        if !self.drift.is_due(scope, now, every) {
            return;
        }
        let mut calls: Vec<Call<'_, Option<String>>> = Vec::new();
        for alb in &seen.albs {
            let Ok(spec) = mark::spec::<BalancerSpec>(&alb.tags) else { continue };
            let object = object(&spec.name);
            for group in seen.groups_of(&object).filter(|group| seen.is_used(&group.name)) {
                let (group, wanted) = (group.id.clone(), group_attributes(&spec));
                calls.push(Box::pin(async move { self.drifted_group(alb, group, wanted, wish).await }));
            }
            calls.push(Box::pin(async move { self.drifted_balancer(alb, &balancer_attributes(&spec), wish).await }));
        }
        let found = concurrent::all(calls).await;
        self.drift.lock().drifted.extend(found.into_iter().filter_map(|found| found.ok().flatten()));
    }

    async fn drifted_group(&self, alb: &Alb, group: String, wanted: Pairs, wish: &Wish) -> Result<Option<String>> {
        let call = self.clients.elb.describe_target_group_attributes().target_group_arn(group);
        let answer = call.send().await.told(wish)?;
        let pairs = answer.attributes().iter().filter_map(|it| Some((it.key()?.to_owned(), it.value()?.to_owned())));
        Ok(differs(&wanted, &pairs.collect()).then(|| alb.id.clone()))
    }

    async fn drifted_balancer(&self, alb: &Alb, wanted: &Pairs, wish: &Wish) -> Result<Option<String>> {
        let call = self.clients.elb.describe_load_balancer_attributes().load_balancer_arn(&alb.id);
        let answer = call.send().await.told(wish)?;
        let pairs = answer.attributes().iter().filter_map(|it| Some((it.key()?.to_owned(), it.value()?.to_owned())));
        Ok(differs(wanted, &pairs.collect()).then(|| alb.id.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_looked_at_now_and_then_and_never_first() {
        let (drift, one, at) = (Drift::default(), Scope { name: "shop".into(), id: "1".into() }, Timestamp::from_secs);
        let due = |scope: &Scope, seconds| drift.is_due(scope, at(seconds), Duration::from_secs(300));
        assert_eq!([0, 299, 300, 301, 600].map(|seconds| due(&one, seconds)), [false, false, true, false, true]);
        assert!(!due(&Scope { id: "2".into(), ..one.clone() }, 600), "another site");
        assert!(!due(&one, 5) && due(&one, 305), "the clock was set back");
    }

    #[test]
    fn only_what_is_told_otherwise_differs() {
        let wanted: Pairs = vec![("a", "1".into()), ("b", "2".into())];
        let there =
            |pairs: &[(&str, &str)]| pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        assert!(!differs(&wanted, &there(&[("a", "1"), ("c", "3")])));
        assert!(differs(&wanted, &there(&[("a", "1"), ("b", "3")])));
    }
}
