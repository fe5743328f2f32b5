//! The lease: who holds it acts. One object in the store, written with compare-and-set, timed by each controller by what
//! has elapsed on its own clock: a clock that is set makes no lease longer or shorter.
//!
//! A holder renews at the start of each turn, by one write over what it wrote last: only if that is not there any more it
//! reads what is. A taker has seen the lease unchanged for its full length, and then for as long as the holder's last
//! changes may stay unseen. A lease given back is taken as soon as its giver's changes are seen. A controller with a newer
//! topology announces itself in the record; the holder finds that when it renews, gives the lease back and ends. Nobody
//! takes a lease whose record names a newer topology than his own.

use crate::{
    backend::{Clock, Error, Expect, Kind, Operation, Resource, Result, Scope, Store, Version},
    name::{Holder, StoreKey},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The key of the lease in the store.
pub const KEY: &str = "lease";
/// How often a turn tries again when somebody else wrote in between.
const TRIES: u32 = 3;

/// What is written in the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Who holds it.
    pub holder: Holder,
    /// The generation of the holder's topology.
    pub generation: u64,
    /// Raised with every renewal.
    pub serial: u64,
    /// How long it lasts after a renewal, in milliseconds.
    pub length_ms: u64,
    /// Given back: how long the giver's last changes may still be unseen, in milliseconds.
    pub released_ms: Option<u64>,
    /// The newest topology that announced itself.
    pub successor: Option<u64>,
}

impl Record {
    fn newest(&self) -> u64 {
        self.generation.max(self.successor.unwrap_or(0))
    }
}

/// Where the lease is kept, and for whom.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The store.
    pub store: &'a dyn Store,
    /// The controller's own clock.
    pub clock: &'a dyn Clock,
    /// Whose lease.
    pub scope: &'a Scope,
    /// How long changes by others may stay unseen.
    pub settle: Duration,
    /// The generation of the controller's topology.
    pub generation: u64,
}

/// How a controller stands after asking for the lease.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// It acts until then.
    Holds {
        /// When the lease runs out, by what has [elapsed](Clock::elapsed) on its own clock.
        until: Duration,
        /// Whether it did not hold it before.
        taken: bool,
    },
    /// Another acts.
    StandsBy {
        /// Who.
        holder: Holder,
        /// When the lease may be taken if the holder is dead.
        look_again: Timestamp,
    },
    /// A controller with a newer topology exists.
    Superseded(u64),
    /// The store did not answer as it should: nobody acts.
    Unknown(Error),
}

/// One controller's side of the lease. Losing it costs a wait.
#[derive(Clone, Debug)]
pub struct Lease {
    holder: Holder,
    length: Duration,
    /// What we wrote last, while it is ours.
    held: Option<(Record, Version)>,
    seen: Option<Sighting>,
}

/// A lease of somebody else, and since when it was not renewed as far as we saw.
#[derive(Clone, Debug)]
struct Sighting {
    holder: Holder,
    serial: u64,
    /// By what has elapsed on our own clock.
    since: Duration,
}

impl Lease {
    /// The side of a controller with this name, which no other controller has or had.
    pub fn new(holder: Holder, length: Duration) -> Self {
        Self { holder, length, held: None, seen: None }
    }
    /// Whose side it is.
    pub fn holder(&self) -> &Holder {
        &self.holder
    }
    /// Whether we held it when we last asked or wrote.
    pub fn is_held(&self) -> bool {
        self.held.is_some()
    }
    /// Another length, from the next renewal on.
    pub fn with_length(mut self, length: Duration) -> Self {
        self.length = length;
        self
    }

    /// Renews the lease, takes it, or finds out why not. Dropping the future leaves a record that may or may not name
    /// this controller; the next call finds out.
    pub async fn renew(&mut self, place: &Place<'_>) -> Standing {
        for tries in 0..=TRIES {
            let outcome = if tries == 0 { self.go_on(place).await } else { self.attempt(place).await };
            match outcome {
                Ok(Some(standing)) => return standing,
                Ok(None) => {}
                Err(error) => return Standing::Unknown(error),
            }
        }
        Standing::Unknown(wrong("store.put", Kind::Conflict("others keep writing the lease".into())))
    }

    /// A holder's renewal: one write. `None` if nothing is held, or what was written last is not there any more.
    async fn go_on(&mut self, place: &Place<'_>) -> Result<Option<Standing>> {
        let Some((record, version)) = self.held.as_ref().filter(|(record, _)| record.newest() <= place.generation)
        else {
            return Ok(None);
        };
        let (next, expect) = (self.record(place, record.serial + 1), Expect::Version(version.clone()));
        self.write(place, next, &expect).await
    }

    async fn attempt(&mut self, place: &Place<'_>) -> Result<Option<Standing>> {
        let Some((record, version)) = place.read().await? else {
            self.held = None;
            let record = self.record(place, 1);
            return self.write(place, record, &Expect::Absent).await;
        };
        let mine = record.holder == self.holder && record.released_ms.is_none();
        // Whoever finds another's has lost his own, though he may take it again at once.
        self.held = self.held.take().filter(|_| mine);
        if record.newest() > place.generation {
            if mine {
                let _ = place.release(record.clone(), version, place.settle).await;
            }
            self.held = None;
            return Ok(Some(Standing::Superseded(record.newest())));
        }
        let left = self.left(place, &record);
        if mine || left.is_zero() {
            let next = self.record(place, record.serial + 1);
            return self.write(place, next, &Expect::Version(version)).await;
        }
        if record.newest() < place.generation {
            let announced = Record { successor: Some(place.generation), ..record.clone() };
            // If it is refused, somebody wrote meanwhile and the next turn announces again.
            let _ = place.put(&announced, &Expect::Version(version)).await;
        }
        Ok(Some(Standing::StandsBy { holder: record.holder, look_again: place.clock.now() + left }))
    }

    /// How long it is until somebody else's lease may be taken. What counts as unchanged is its holder and serial: an
    /// announcement by others is no sign of life.
    fn left(&mut self, place: &Place<'_>, record: &Record) -> Duration {
        let now = place.clock.elapsed();
        let same = |seen: &&Sighting| seen.holder == record.holder && seen.serial == record.serial;
        let since = self.seen.as_ref().filter(same).map_or(now, |seen| seen.since);
        self.seen = Some(Sighting { holder: record.holder.clone(), serial: record.serial, since });
        let unchanged = match record.released_ms {
            Some(unseen) => Duration::from_millis(unseen).min(place.settle),
            None => Duration::from_millis(record.length_ms).saturating_add(place.settle),
        };
        unchanged.saturating_sub(now.saturating_sub(since))
    }

    /// Writes a record that names us. No answer is resolved by reading again; `None` means that somebody was faster.
    async fn write(&mut self, place: &Place<'_>, record: Record, expect: &Expect) -> Result<Option<Standing>> {
        // The lease runs from before the write was sent, so that it ends here before it ends for anybody else.
        let until = place.clock.elapsed().saturating_add(self.length);
        let version = match place.put(&record, expect).await {
            Ok(version) => version,
            Err(error) => match error.kind() {
                Kind::Conflict(_) => return Ok(None),
                Kind::Unavailable => match place.read().await? {
                    Some((found, version)) if found == record => version,
                    Some(_) | None => return Err(error),
                },
                Kind::NotReady(_) | Kind::NotFound | Kind::Throttled(_) | Kind::Quota => return Err(error),
                Kind::NoCapacity | Kind::Denied | Kind::Rejected(_) => return Err(error),
            },
        };
        let taken = self.held.replace((record, version)).is_none();
        self.seen = None;
        Ok(Some(Standing::Holds { until, taken }))
    }

    /// Gives the lease back, if it is held, saying how long our last changes may stay unseen. It is only a courtesy: if
    /// it fails, the next controller waits for the lease to run out.
    pub async fn give_back(&mut self, place: &Place<'_>, unseen: Duration) {
        let Some((record, version)) = self.held.take() else { return };
        let Err(error) = place.release(record, version, unseen).await else { return };
        // Somebody who announced a newer topology changed it, and is the one to whom the courtesy matters.
        if matches!(error.kind(), Kind::Conflict(_))
            && let Ok(Some((record, version))) = place.read().await
            && record.holder == self.holder
        {
            let _ = place.release(record, version, unseen).await;
        }
    }

    /// Removes the lease with the site that it guarded, if it is held.
    pub async fn remove(&mut self, place: &Place<'_>) {
        if let Some((_, version)) = self.held.take() {
            // If it fails, one small object stays; a site of the same scope uses it again.
            let _ = place.store.delete(place.scope, &KEY.into(), &version).await;
        }
    }

    fn record(&self, place: &Place<'_>, serial: u64) -> Record {
        Record {
            holder: self.holder.clone(),
            generation: place.generation,
            serial,
            length_ms: millis(self.length),
            released_ms: None,
            successor: None,
        }
    }
}

impl Place<'_> {
    async fn read(&self) -> Result<Option<(Record, Version)>> {
        let Some(found) = self.store.get(self.scope, &KEY.into()).await? else { return Ok(None) };
        match serde_json::from_slice(&found.value) {
            Ok(record) => Ok(Some((record, found.version))),
            Err(error) => Err(wrong("store.get", Kind::Rejected("it is not a lease".into())).because(error)),
        }
    }
    async fn put(&self, record: &Record, expect: &Expect) -> Result<Version> {
        // Plain data with text keys: JSON can hold all of it.
        let text = serde_json::to_vec(record).unwrap_or_default();
        self.store.put(self.scope, &KEY.into(), &text, expect).await
    }
    /// Gives a lease back whose holder's last changes may stay unseen for so long.
    async fn release(&self, record: Record, version: Version, unseen: Duration) -> Result<Version> {
        let record = Record { released_ms: Some(millis(unseen)), ..record };
        self.put(&record, &Expect::Version(version)).await
    }
}

fn wrong(operation: &'static str, kind: Kind) -> Error {
    Error::new(kind, Operation(operation), Resource::Object(StoreKey::from(KEY)))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
