//! An event loop written by hand for one purpose: a balancer in turn over servers that work first in, first out.
//!
//! It does only arrivals and departures, so it is the floor for a simulator that does more.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
};

/// What was run.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// How many servers.
    pub servers: usize,
    /// How many requests.
    pub requests: u64,
    /// The mean time between arrivals, in ns.
    pub gap: f64,
    /// The mean service time, in ns.
    pub service: f64,
}

struct Chance(u64);

impl Chance {
    /// Exponential with this mean (`SplitMix64`).
    fn exponential(&mut self, mean: f64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let unit = (((z ^ (z >> 31)) >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0;
        (-unit.ln() * mean) as u64
    }
}

const ARRIVAL: u64 = u64::MAX >> 1;

/// Runs it; the mean response time in ns.
pub fn run(load: Load) -> f64 {
    let mut chance = Chance(42);
    let mut heap: BinaryHeap<Reverse<u128>> = BinaryHeap::new();
    let mut queues: Vec<VecDeque<u64>> = vec![VecDeque::new(); load.servers];
    let (mut arrived, mut total, mut turn) = (0, 0u128, 0);
    let key = |at: u64, what: u64| Reverse((u128::from(at) << 64) | u128::from(what));
    heap.push(key(chance.exponential(load.gap), ARRIVAL));
    while let Some(Reverse(next)) = heap.pop() {
        let (now, what) = ((next >> 64) as u64, next as u64);
        if what == ARRIVAL {
            arrived += 1;
            queues[turn].push_back(now);
            if queues[turn].len() == 1 {
                heap.push(key(now + chance.exponential(load.service), turn as u64));
            }
            turn = (turn + 1) % load.servers;
            if arrived < load.requests {
                heap.push(key(now + chance.exponential(load.gap), ARRIVAL));
            }
        } else if let Some(begun) = queues[what as usize].pop_front() {
            total += u128::from(now - begun);
            if !queues[what as usize].is_empty() {
                heap.push(key(now + chance.exponential(load.service), what));
            }
        }
    }
    total as f64 / load.requests as f64
}
