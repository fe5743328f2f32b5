//! The one queue of events, ordered by time and then by a draw.

use super::{
    draw::{Seed, mix},
    heap::Heap,
};
use crate::sim::{cloud::CloudEvent, plane::PlaneEvent};
use ha_core::time::Timestamp;

/// What happens next in some part of the world. Small, because millions are queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// To users, balancers and servers.
    Plane(PlaneEvent),
    /// To the provider's services.
    Cloud(CloudEvent),
    /// A call of a port takes effect in part, or is answered.
    Call(u64, CallStage),
    /// A task's sleep is over.
    Timer(u64),
    /// A fault begins, grows or ends.
    Fault(u32, FaultStage),
    /// A task starts.
    Start(u32),
}

/// A stage of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallStage {
    /// This part of the wish takes effect.
    Effect(u16),
    /// It is answered.
    Answer,
}

/// A stage of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultStage {
    /// It strikes, or strikes one more.
    Strike(u16),
    /// It has grown by a step.
    Grow(u16),
    /// Its cause is gone, for one more.
    End(u16),
}

/// How simultaneous events are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Ties {
    /// By a draw that depends on the events themselves.
    #[default]
    Drawn,
    /// First in, first out.
    Fifo,
}

/// The queue of events.
#[derive(Clone, Debug, PartialEq)]
pub struct Queue {
    heap: Heap<Event>,
    seed: Seed,
    ties: Ties,
    pushed: u64,
}

impl Queue {
    /// An empty queue.
    pub fn new(seed: Seed, ties: Ties) -> Self {
        Self { heap: Heap::new(), seed: Seed(mix(seed.0)), ties, pushed: 0 }
    }
    /// Adds an event; one in the past happens now, after what is happening.
    pub fn push(&mut self, at: Timestamp, event: Event) {
        self.push_as(at, event, identity(event));
    }
    /// Adds an event that is known by this number in every run in which it is, wherever its record lies in memory.
    pub fn push_as(&mut self, at: Timestamp, event: Event, identity: u64) {
        self.pushed += 1;
        let tie = match self.ties {
            Ties::Fifo => self.pushed,
            // Different events at one instant get different numbers, since `mix` is a bijection.
            Ties::Drawn => mix((self.seed.0 ^ identity).wrapping_add(at.0.wrapping_mul(0x9e37_79b9_7f4a_7c15))),
        };
        self.heap.push((u128::from(at.0) << 64) | u128::from(tie), event);
    }
    /// Takes the next event that is not after `end`.
    pub fn pop(&mut self, end: Timestamp) -> Option<(Timestamp, Event)> {
        if self.next()? > end {
            return None;
        }
        let (key, event) = self.heap.pop()?;
        Some((time_of(key), event))
    }
    /// When the next event happens.
    pub fn next(&self) -> Option<Timestamp> {
        self.heap.first().map(time_of)
    }
    /// How many events wait.
    pub fn len(&self) -> usize {
        self.heap.len()
    }
    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }
    /// How many events were ever added.
    pub fn pushed(&self) -> u64 {
        self.pushed
    }
}

fn time_of(key: u128) -> Timestamp {
    // The upper half is the time by construction.
    Timestamp((key >> 64) as u64)
}

/// An event as a number that is the same in every run in which the event is.
fn identity(event: Event) -> u64 {
    match event {
        Event::Plane(event) => event.identity(),
        Event::Cloud(event) => (2 << 60) ^ event.identity(),
        Event::Call(call, CallStage::Effect(part)) => (3 << 60) ^ (call << 16) ^ u64::from(part),
        Event::Call(call, CallStage::Answer) => (4 << 60) ^ call,
        Event::Timer(timer) => (5 << 60) ^ timer,
        Event::Fault(fault, FaultStage::Strike(nth)) => (6 << 60) ^ (u64::from(fault) << 16) ^ u64::from(nth),
        Event::Fault(fault, FaultStage::Grow(nth)) => (7 << 60) ^ (u64::from(fault) << 16) ^ u64::from(nth),
        Event::Fault(fault, FaultStage::End(nth)) => (8 << 60) ^ (u64::from(fault) << 16) ^ u64::from(nth),
        Event::Start(task) => (9 << 60) ^ u64::from(task),
    }
}
