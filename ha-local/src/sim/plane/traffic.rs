//! When users come: segments of time with a rate or a count, walked by a cursor that is plain data.

use ha_core::time::Timestamp;
use std::{sync::Arc, time::Duration};

/// How many come during a segment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arrivals {
    /// Independently, this many a second on average.
    Rate(f64),
    /// Independently, at a rate that changes linearly from the first to the second.
    Linear(f64, f64),
    /// This many a second, at equal distances.
    Even(f64),
    /// Exactly this many, anywhere in it.
    Count(u64),
    /// Nobody; and it is not known how many there would have been.
    Unknown,
}

/// A piece of time and who comes in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// When it begins; not before the end of the one before.
    pub start: Timestamp,
    /// How long it is.
    pub length: Duration,
    /// Who comes.
    pub arrivals: Arrivals,
}

/// A stream of users to one name.
#[derive(Clone, Debug, PartialEq)]
pub struct Traffic {
    /// Names it in draws.
    pub key: u64,
    /// In the order of time.
    pub segments: Arc<[Segment]>,
}
