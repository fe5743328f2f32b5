//! Whether a site ended as it should: specs, instances by zone and release, and how often each object was changed.

use super::exercise::Exercise;
use crate::sim::cloud::Asked;
use ha_core::{
    backend::Scope,
    name::{PoolName, Release, ZoneName},
};
use std::collections::BTreeMap;

/// How a site ended.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct End {
    /// Everything but instances, by name.
    pub specs: BTreeMap<String, Asked>,
    /// How many instances there are, by pool, zone and release; held ones apart.
    pub instances: BTreeMap<(PoolName, ZoneName, Release, bool), u32>,
}

impl End {
    /// What is there of a site.
    pub fn of(cloud: &crate::sim::cloud::Cloud, scope: &Scope) -> Self {
        let mut end = Self::default();
        for (name, asked) in cloud.asked(scope) {
            match asked {
                Asked::Instance { pool, zone, release, held, leaving: _ } => {
                    *end.instances.entry((pool, zone, release, held)).or_default() += 1;
                }
                Asked::Pool(mut spec) => {
                    // For people, and it quotes a measurement: the same verdict, other figures.
                    spec.marks.rejected.iter_mut().for_each(|rejected| rejected.why.clear());
                    end.specs.insert(name, Asked::Pool(spec));
                }
                Asked::Network(_) | Asked::Balancer(_) | Asked::Record(_) => {
                    end.specs.insert(name, asked);
                }
            }
        }
        end
    }
}

/// A difference that has to be.
#[derive(Clone, Copy, Debug)]
pub struct Exception {
    /// In this script.
    pub script: &'static str,
    /// After this outcome; empty: after any.
    pub outcome: &'static str,
    /// Of a call of this verb; empty: of any.
    pub verb: &'static str,
    /// In the counts of this object.
    pub object: &'static str,
    /// Why it has to be.
    pub why: &'static str,
}

/// All differences that have to be.
pub const EXCEPTIONS: &[Exception] = &[];

/// What is not as in the faultless run, one line each; nothing: it is as good.
pub fn differences(faultless: &Exercise, disturbed: &Exercise, excused: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    found.extend(disturbed.open.iter().map(|what| format!("does not converge: {what}")));
    found.extend(disturbed.violations.iter().map(|(at, what)| format!("invariant broken at {at}: {what}")));
    found.extend(disturbed.lost.iter().map(|what| format!("not ours and gone: {what}")));
    let (want, have) = (&faultless.end, &disturbed.end);
    if want.instances != have.instances {
        found.push(format!("instances: {:?} instead of {:?}", have.instances, want.instances));
    }
    for name in want.specs.keys().chain(have.specs.keys().filter(|name| !want.specs.contains_key(*name))) {
        let (want, have) = (want.specs.get(name), have.specs.get(name));
        if want != have {
            found.push(format!("{name} is {have:?} instead of {want:?}"));
        }
    }
    let (want, have) = (&faultless.counts, &disturbed.counts);
    for name in want.keys().chain(have.keys().filter(|name| !want.contains_key(*name))) {
        let count = |counts: &BTreeMap<String, _>| counts.get(name).copied().unwrap_or_default();
        let (want, have) = (count(want), count(have));
        if want != have && !excused(name) {
            found.push(format!("{name}: {have} instead of {want}"));
        }
    }
    found
}
