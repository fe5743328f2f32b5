//! The provider's services: networks, pools, balancers, names and the store, and the machines under them.

/// What happens next in the provider's services. Numbers are the cloud's own indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CloudEvent {
    /// A machine has booted: its process starts.
    Booted(u32, u32),
    /// A process is able to serve.
    Serves(u32, u32),
    /// A balancer checks one target: balancer, instance.
    Check(u32, u32),
    /// The drain time of an instance is over.
    Drained(u32, u32),
    /// A pending object may have become active: kind and index.
    Settle(u8, u32),
    /// The answers of a record are looked at.
    CheckRecord(u32),
}

impl CloudEvent {
    /// The event as a number, the same in every run.
    pub fn identity(self) -> u64 {
        let (kind, a, b) = match self {
            Self::Booted(a, b) => (1, a, b),
            Self::Serves(a, b) => (2, a, b),
            Self::Check(a, b) => (3, a, b),
            Self::Drained(a, b) => (4, a, b),
            Self::Settle(a, b) => (5, u32::from(a), b),
            Self::CheckRecord(a) => (6, a, 0),
        };
        (kind << 52) ^ (u64::from(a) << 26) ^ u64::from(b)
    }
}
