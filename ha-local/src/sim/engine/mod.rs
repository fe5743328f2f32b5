//! What every part of the simulator stands on: the queue of events, draws, calls, tasks and the trace.

pub mod call;
pub mod caller;
pub mod draw;
pub mod executor;
mod exponential;
mod heap;
pub mod limits;
pub mod queue;
pub mod resting;
pub mod sending;
mod stamps;
pub mod task;
pub mod trace;
pub mod wait;
