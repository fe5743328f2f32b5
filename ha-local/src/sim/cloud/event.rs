//! What happens next in the provider's services, as small as the queue wants it.

/// What happens next in the provider's services. Numbers are the cloud's own; an epoch tells whether it is still so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CloudEvent {
    /// A machine has booted: its process starts.
    Booted(u32, u32),
    /// A process is able to serve.
    Serves(u32, u32),
    /// A process ends by a fault of its release.
    Dies(u32, u32),
    /// The provider finds out that a machine does not run.
    Missed(u32, u32),
    /// An instance whose network came late is reached.
    Reached(u32),
    /// The drain time of an instance is over.
    Drained(u32, u32),
    /// A target is checked: checker, instance.
    Check(u32, u32),
    /// A pending object may have become active, or is gone: kind and number.
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
            Self::Dies(a, b) => (7, a, b),
            Self::Missed(a, b) => (8, a, b),
            Self::Reached(a) => (9, a, 0),
        };
        (kind << 52) ^ (u64::from(a) << 26) ^ u64::from(b)
    }
}
