//! The records of attempts: a slab, and the list in which equal time-outs lie first in, first out.

/// No attempt, no server, no balancer.
pub(super) const NONE: u32 = u32::MAX;

/// Where an attempt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The record is not in use.
    Free,
    /// A question for the address gets no answer.
    Asking,
    /// A connection gets no answer; then the next address is tried.
    Connecting,
    /// The balancer's connection to a target gets no answer; then it goes on.
    AtBalancer,
    /// In a server's queue.
    Queued,
    /// In work; `due` is when it ends.
    Working,
    /// In work at a frozen server; `due` is how much is left.
    Frozen,
    /// Done; the answer cannot travel just now.
    Held,
    /// No answer will come.
    Lost,
    /// The user waits before the next attempt.
    Backoff,
}

/// An attempt: one try at one intent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Attempt {
    /// The number of the intent in its stream times 256, plus the number of the attempt.
    pub id: u64,
    /// When the intent began.
    pub begun: u64,
    /// When this attempt began.
    pub sent: u64,
    /// See [`Phase`].
    pub due: u64,
    /// Latency that is not in the instants of the events.
    pub extra: u64,
    /// Its neighbours in the list of time-outs.
    older: u32,
    newer: u32,
    /// The next in the server's queue, or the next free record.
    pub next: u32,
    /// Where it was sent.
    pub server: u32,
    /// Whose it is.
    pub user: u32,
    /// Tells events of this record from those of earlier uses.
    pub generation: u32,
    /// Its stream.
    pub stream: u16,
    /// The balancer it goes through, if any.
    pub balancer: u16,
    /// The zone of the endpoint.
    pub zone: u8,
    /// Addresses tried, then targets tried.
    pub tried: u8,
    /// Targets tried.
    pub targets: u8,
    /// Where it is.
    pub phase: Phase,
    /// How the work ended, while the answer is held; how the attempt failed, while the user waits; and how the one
    /// before failed, until this one has arrived.
    pub outcome: Option<super::ledger::Cause>,
    /// Some tier has seen it.
    pub arrived: bool,
    /// The user is gone.
    pub abandoned: bool,
    /// The number of the followed intent plus one; 0: not followed.
    pub followed: u16,
}

/// No balancer.
pub(super) const DIRECT: u16 = u16::MAX;

impl Attempt {
    pub(super) fn begin(id: u64, stream: u16, user: u32, now: u64) -> Self {
        Self {
            id,
            begun: now,
            sent: now,
            due: 0,
            extra: 0,
            older: NONE,
            newer: NONE,
            next: NONE,
            server: NONE,
            user,
            generation: 0,
            stream,
            balancer: DIRECT,
            zone: 0,
            tried: 0,
            targets: 0,
            phase: Phase::Asking,
            outcome: None,
            arrived: false,
            abandoned: false,
            followed: 0,
        }
    }
}

/// All attempts of now.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Attempts {
    slots: Vec<Attempt>,
    free: u32,
    oldest: u32,
    newest: u32,
}

impl Attempts {
    pub(super) fn new() -> Self {
        Self { slots: Vec::new(), free: NONE, oldest: NONE, newest: NONE }
    }
    pub(super) fn at(&self, slot: u32) -> &Attempt {
        &self.slots[slot as usize]
    }
    pub(super) fn at_mut(&mut self, slot: u32) -> &mut Attempt {
        &mut self.slots[slot as usize]
    }
    /// The attempt of which an event speaks, unless the event is void.
    pub(super) fn meant(&self, slot: u32, generation: u32) -> Option<Attempt> {
        let attempt = *self.slots.get(slot as usize)?;
        (attempt.generation == generation && attempt.phase != Phase::Free).then_some(attempt)
    }
    /// Takes a record for this attempt; the generation goes on.
    pub(super) fn take(&mut self, attempt: Attempt) -> u32 {
        let slot = self.free;
        if slot == NONE {
            // Four thousand million attempts at once do not fit into memory, so the number fits.
            let slot = self.slots.len() as u32;
            self.slots.push(Attempt { older: NONE, newer: NONE, generation: 0, ..attempt });
            return slot;
        }
        let place = &mut self.slots[slot as usize];
        self.free = place.next;
        *place = Attempt { older: NONE, newer: NONE, next: NONE, generation: place.generation, ..attempt };
        slot
    }
    /// Gives a record back; its pending events are void.
    pub(super) fn give_back(&mut self, slot: u32) {
        let place = &mut self.slots[slot as usize];
        place.phase = Phase::Free;
        place.generation = place.generation.wrapping_add(1);
        place.next = self.free;
        self.free = slot;
    }
    /// The attempt's time-out runs from now.
    pub(super) fn watch(&mut self, slot: u32) {
        let before = self.newest;
        let place = &mut self.slots[slot as usize];
        (place.older, place.newer) = (before, NONE);
        self.newest = slot;
        if before == NONE {
            self.oldest = slot;
        } else {
            self.slots[before as usize].newer = slot;
        }
    }
    /// The attempt's time-out runs no more.
    pub(super) fn unwatch(&mut self, slot: u32) {
        let place = &mut self.slots[slot as usize];
        let (older, newer) = (place.older, place.newer);
        (place.older, place.newer) = (NONE, NONE);
        if older == NONE {
            self.oldest = newer;
        } else {
            self.slots[older as usize].newer = newer;
        }
        if newer == NONE {
            self.newest = older;
        } else {
            self.slots[newer as usize].older = older;
        }
    }
    /// The attempt whose time-out has run longest.
    pub(super) fn oldest(&self) -> Option<u32> {
        (self.oldest != NONE).then_some(self.oldest)
    }
    /// Every record that holds, in the order of streams and intents: where a record lies depends on other streams.
    pub(super) fn select(&self, holds: impl Fn(&Attempt) -> bool) -> Vec<u32> {
        let holding = (0..).zip(&self.slots).filter(|(_, attempt)| holds(attempt));
        let mut found: Vec<_> = holding.map(|(slot, attempt)| (attempt.stream, attempt.id, slot)).collect();
        found.sort_unstable();
        found.into_iter().map(|(_, _, slot)| slot).collect()
    }
}
