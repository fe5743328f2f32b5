//! The faults that can be switched on, and the switch.

use std::{
    fmt,
    str::FromStr,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How a server misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It does not.
    None,
    /// Pages answer 500, though the server says that it is ready.
    Errors,
    /// Nothing is answered until the fault ends, readiness included.
    Hang,
    /// Pages take so much longer.
    Slow(Duration),
    /// It says that it is not ready, and answers pages as ever.
    NotReady,
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let slow = || text.strip_prefix("slow:")?.parse().ok().map(|ms| Self::Slow(Duration::from_millis(ms)));
        match text {
            "none" => Ok(Self::None),
            "500s" => Ok(Self::Errors),
            "hang" => Ok(Self::Hang),
            "not-ready" => Ok(Self::NotReady),
            other => slow().ok_or_else(|| format!("no such fault: {other:?} (none, 500s, hang, slow:MS, not-ready)")),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Errors => f.write_str("500s"),
            Self::Hang => f.write_str("hang"),
            Self::Slow(time) => write!(f, "slow:{}", time.as_millis()),
            Self::NotReady => f.write_str("not-ready"),
        }
    }
}

/// The fault that is on.
pub struct Switch {
    fault: Mutex<Fault>,
    changed: Condvar,
}

impl Switch {
    /// A switch in this position.
    pub fn new(fault: Fault) -> Self {
        Self { fault: Mutex::new(fault), changed: Condvar::new() }
    }
    /// Switches to another fault, or to none.
    pub fn set(&self, fault: Fault) {
        *self.lock() = fault;
        self.changed.notify_all();
    }
    /// The fault that is on, once it is another one than to hang.
    pub fn when_awake(&self) -> Fault {
        let hangs = |fault: &mut Fault| *fault == Fault::Hang;
        *self.changed.wait_while(self.lock(), hangs).unwrap_or_else(PoisonError::into_inner)
    }
    fn lock(&self) -> MutexGuard<'_, Fault> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_reads_as_it_is_written() {
        let all = [Fault::None, Fault::Errors, Fault::Hang, Fault::Slow(Duration::from_millis(300)), Fault::NotReady];
        for fault in all {
            assert_eq!(fault.to_string().parse(), Ok(fault));
        }
        assert!("slow".parse::<Fault>().is_err());
        assert!("slow:-1".parse::<Fault>().is_err());
    }
}
