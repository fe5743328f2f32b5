//! Users, resolvers, balancers and servers: where requests live. It knows nothing of specs, scopes or controllers.
//!
//! The cloud says who is there and in what condition; the plane says what became of every request.

mod types;

pub use types::{
    Address, BalancerView, Condition, Ctx, EndpointView, LinkState, Measured, Notice, Place, Probe, RecordView,
    ServerId, ServerSpec, TargetView,
};

/// What happens next to users, balancers or servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlaneEvent {
    /// The next user of this stream comes.
    Arrival(u32),
    /// A server has finished a request: server, slot, and the slot's generation.
    Complete(u32, u32, u32),
    /// A user tries again: slot and its generation.
    Retry(u32, u32),
    /// The oldest of the pending time-outs may be due.
    Patience,
}

impl PlaneEvent {
    /// The event as a number, the same in every run.
    pub fn identity(self) -> u64 {
        match self {
            Self::Arrival(stream) => (1 << 56) ^ u64::from(stream),
            Self::Complete(server, slot, generation) => {
                (2 << 56) ^ (u64::from(server) << 40) ^ (u64::from(generation) << 20) ^ u64::from(slot)
            }
            Self::Retry(slot, generation) => (3 << 56) ^ (u64::from(generation) << 24) ^ u64::from(slot),
            Self::Patience => 4 << 56,
        }
    }
}
