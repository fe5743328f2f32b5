//! What an observation was, as a number: instants and readings do not count, everything else does.

use crate::{
    backend::state::{BalancerState, InstanceState, NetworkState, PoolState, RecordState},
    observe::{Known, Observed},
};
use serde::Serialize;

/// The fingerprint of an observation; equal worlds have equal ones, on every platform.
pub(crate) fn fingerprint(observed: &Observed) -> u64 {
    let mut hash = Hash { state: 0xcbf2_9ce4_8422_2325, text: Vec::new() };
    hash.tier(&observed.network, |network: &Option<NetworkState>, hash| {
        hash.add(&network.as_ref().map(|network| (&network.spec, network.phase)));
    });
    hash.tier(&observed.pools, |pools: &Vec<PoolState>, hash| {
        for pool in pools {
            let zones: Vec<_> = pool.refused.iter().map(|(zone, _)| zone).collect();
            hash.add(&(&pool.spec, pool.phase, pool.desired, zones));
            for InstanceState { id, zone, release, phase, since: _, launched: _ } in &pool.instances {
                hash.add(&(id, zone, release, phase));
            }
            for loss in &pool.losses {
                hash.add(&(&loss.instance, loss.why));
            }
        }
    });
    hash.tier(&observed.balancers, |balancers: &Vec<BalancerState>, hash| {
        for balancer in balancers {
            hash.add(&(&balancer.spec, balancer.phase));
            for target in &balancer.targets {
                hash.add(&(&target.pool, &target.instance, target.health));
            }
        }
    });
    hash.tier(&observed.records, |records: &Vec<RecordState>, hash| {
        for record in records {
            hash.add(&(&record.set, record.phase, &record.answers));
        }
    });
    hash.state
}

/// FNV-1a's rule on words of the parts' JSON: short, and the same for ever.
struct Hash {
    state: u64,
    /// The part being added; kept, so that its room is.
    text: Vec<u8>,
}

impl Hash {
    fn add(&mut self, part: &impl Serialize) {
        self.text.clear();
        // Writing into memory cannot fail, and every part is plain data that JSON can hold.
        let _ = serde_json::to_writer(&mut self.text, part);
        // Filled up to a whole number of words; the true length follows.
        let length = self.text.len();
        self.text.resize(length.next_multiple_of(8), b'\n');
        for word in self.text.as_chunks().0 {
            self.state = step(self.state, u64::from_le_bytes(*word));
        }
        self.state = step(self.state, length as u64);
    }
    fn tier<T>(&mut self, known: &Known<T>, add: impl Fn(&T, &mut Self)) {
        match known {
            Known::Known(reading) => {
                self.state = step(self.state, 1);
                add(&reading.state, self);
            }
            Known::Unknown(_) => self.state = step(self.state, 2),
            Known::NotManaged => self.state = step(self.state, 3),
        }
    }
}

fn step(state: u64, word: u64) -> u64 {
    // Turned, so that what only the highest bits say does not stay there.
    (state ^ word).wrapping_mul(0x0100_0000_01b3).rotate_left(29)
}
