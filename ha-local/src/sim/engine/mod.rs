//! What every part of the simulator stands on: the queue of events, draws, calls, tasks and the trace.

pub mod call;
pub mod draw;
mod exponential;
mod heap;
pub mod queue;
pub mod trace;
