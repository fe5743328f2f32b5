//! What an observation was, as a number: instants and readings do not count, everything else does.

use crate::{
    backend::state::{BalancerState, InstanceState, NetworkState, PoolState, RecordState},
    observe::{Known, Observed},
};
use serde::Serialize;
use std::io;

/// The fingerprint of an observation; equal worlds have equal ones, on every platform.
pub(crate) fn fingerprint(observed: &Observed) -> u64 {
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
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
    hash.0
}

/// FNV-1a, 64 bits: short, and the same for ever.
struct Fnv(u64);

impl Fnv {
    fn add(&mut self, part: &impl Serialize) {
        // Writing into a hash cannot fail, and every part is plain data that JSON can hold.
        let _ = serde_json::to_writer(&mut *self, part);
        self.byte(b'\n');
    }
    fn tier<T>(&mut self, known: &Known<T>, add: impl Fn(&T, &mut Self)) {
        match known {
            Known::Known(reading) => {
                self.byte(1);
                add(&reading.state, self);
            }
            Known::Unknown(_) => self.byte(2),
            Known::NotManaged => self.byte(3),
        }
    }
    fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
}

impl io::Write for Fnv {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        bytes.iter().for_each(|byte| self.byte(*byte));
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
