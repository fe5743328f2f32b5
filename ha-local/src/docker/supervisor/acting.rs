//! Whose turn it is: a supervisor that was frozen and thaws finds that it may write nothing any more.

use crate::docker::{
    Docker,
    engine::{Call, Observer, Trouble},
    now,
    state::{Tables, Turn},
};
use ha_core::{backend::Kind, time::Timestamp};
use std::{
    collections::BTreeMap,
    fmt, process,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// One supervisor, and whether it is its turn.
pub struct Acting {
    /// The provider.
    pub docker: Arc<Docker>,
    holder: String,
    /// Until when it is its turn, as far as it knows.
    until: Arc<Until>,
    told: Box<dyn Fn(&str) + Send + Sync>,
    /// What was told last of each matter: it is told once.
    last: Mutex<BTreeMap<String, String>>,
}

/// Until when it is a supervisor's turn: what it sends to the engine later was decided before somebody else's turn.
struct Until(AtomicU64);

impl Until {
    fn get(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Acquire))
    }
    fn set(&self, until: Timestamp) {
        self.0.store(until.0, Ordering::Release);
    }
}

impl Observer for Until {
    fn before(&self, _: Call<'_>) -> Result<(), Trouble> {
        if self.get() > now() { Ok(()) } else { Err(Kind::NotReady("it is not this supervisor's turn".into()).into()) }
    }
    fn after(&self, _: Call<'_>) {}
}

/// Two supervisors of one process are two.
static COUNT: AtomicU64 = AtomicU64::new(0);

impl Acting {
    pub(super) fn new(docker: Arc<Docker>, told: impl Fn(&str) + Send + Sync + 'static) -> Self {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let holder = format!("{}-{count}-{}", process::id(), now().0);
        let until = Arc::new(Until(AtomicU64::new(0)));
        let docker = docker.observed(until.clone());
        Self { docker, holder, until, told: Box::new(told), last: Mutex::default() }
    }

    /// Whether it is this one's turn, as far as it knows.
    pub(super) fn may(&self) -> bool {
        self.until.get() > now()
    }

    /// Changes the tables; refused with `Conflict` once the turn is another's.
    pub async fn change<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Tables) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Trouble> {
        let (holder, until) = (self.holder.clone(), self.until.get());
        let change = self.docker.wish(move |tables| match &tables.supervisor {
            // Nothing was there to remember a turn beside.
            None if until > now() => act(tables),
            Some(turn) if turn.holder == holder && turn.until > now() => act(tables),
            Some(_) | None => Err(Kind::Conflict("it is not this supervisor's turn".into()).into()),
        });
        change.await
    }

    /// Tells what went wrong in a matter, unless that was told last.
    pub fn hear<T>(&self, matter: &str, outcome: Result<T, Trouble>) -> Option<T> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Ok(value) => {
                last.remove(matter);
                Some(value)
            }
            Err(trouble) => {
                let sentence = format!("{matter}: {trouble}");
                if last.insert(matter.to_owned(), sentence.clone()).as_ref() != Some(&sentence) {
                    (self.told)(&sentence);
                }
                None
            }
        }
    }

    /// Takes the turn when it is free, and keeps it.
    pub(super) async fn beat(&self) {
        let turn = self.docker.settings.timers.turn;
        loop {
            let holder = self.holder.clone();
            let take = self.docker.directory.change(move |tables| {
                let free = tables.supervisor.as_ref().is_none_or(|turn| turn.holder == holder || turn.until <= now());
                let until = now() + turn;
                if free {
                    tables.supervisor = Some(Turn { holder, until });
                }
                Ok(if free { until } else { Timestamp::ZERO })
            });
            if let Some(until) = self.hear("turn", take.await) {
                self.until.set(until);
            }
            tokio::time::sleep(turn / 4).await;
        }
    }

    pub(super) async fn give_up(&self) -> Result<(), Trouble> {
        let holder = self.holder.clone();
        self.until.set(Timestamp::ZERO);
        let give = self.docker.directory.change(move |tables| {
            tables.supervisor.take_if(|turn| turn.holder == holder);
            Ok(())
        });
        give.await
    }
}

impl fmt::Debug for Acting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acting").field("holder", &self.holder).finish_non_exhaustive()
    }
}
