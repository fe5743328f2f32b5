//! What all connections share: who the server is, its fault, its journal, and whether it stops.

use crate::{fault::Switch, journal::Journal, settings::Settings};
use std::{
    io::Write,
    sync::{
        Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// The server.
pub struct Site {
    pub settings: Settings,
    pub fault: Switch,
    pub journal: Option<Journal>,
    started: Instant,
    stopping: AtomicBool,
    open: Mutex<usize>,
    closed: Condvar,
}

impl Site {
    /// A server that just started.
    pub fn start(settings: Settings) -> Result<Self, String> {
        let journal = settings.log.as_deref().map(Journal::open).transpose()?;
        Ok(Self {
            fault: Switch::new(settings.fault),
            settings,
            journal,
            started: Instant::now(),
            stopping: AtomicBool::new(false),
            open: Mutex::new(0),
            closed: Condvar::new(),
        })
    }
    /// Whether it still boots.
    pub fn boots(&self) -> bool {
        self.started.elapsed() < self.settings.boot
    }
    /// Whether it was told to stop.
    pub fn stops(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }
    /// Counts a connection in, and answers how many there are.
    pub fn open(&self) -> usize {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        *open += 1;
        *open
    }
    /// Counts a connection out.
    pub fn close(&self) {
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.closed.notify_all();
    }
    /// Stops: serves on for as long as it lingers, then until no connection is open, and no longer than it may drain.
    /// Connections are never closed while idle, for a request may be on its way; each ends with its next answer.
    pub fn drain(&self) -> usize {
        self.stopping.store(true, Ordering::SeqCst);
        std::thread::sleep(self.settings.linger.min(self.settings.drain));
        let left: Duration = self.settings.drain.saturating_sub(self.settings.linger);
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.closed.wait_timeout_while(open, left, |open| *open > 0);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// Tells whoever reads the server's output, and goes on serving if nobody does.
pub fn say(what: &str) {
    writeln!(std::io::stdout(), "site: {what}").ok();
}
