//! Runs tasks and events on one thread: one lock, held by the event loop except while a task is polled; wakers are real.

use super::wait::WaitKey;
use crate::sim::world::World;
use ha_core::time::Timestamp;
use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Wake, Waker},
};

/// A task's code.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What tasks and the event loop share.
pub struct Shared {
    state: Mutex<State>,
}

/// The world, and who waits for what in it.
pub struct State {
    /// The world.
    pub world: World,
    /// Who waits for what.
    pub wakers: BTreeMap<WaitKey, Waker>,
}

impl Shared {
    /// A world that nobody waits in.
    pub fn new(world: World) -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(State { world, wakers: BTreeMap::new() }) })
    }
    /// The world and who waits. A task that panicked while it held the lock leaves the world as it was.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The tasks that can go on.
#[derive(Default)]
struct Ready(Mutex<Vec<u32>>);

impl Ready {
    fn push(&self, task: u32) {
        let mut ready = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !ready.contains(&task) {
            ready.push(task);
        }
    }
    fn take(&self) -> Vec<u32> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct TaskWaker {
    task: u32,
    ready: Arc<Ready>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.ready.push(self.task);
    }
}

/// Makes the code of a task that starts: its number is told.
pub type Starter = Box<dyn Fn(&Arc<Shared>, u32) -> Task + Send>;

/// Runs a world and its tasks.
pub struct Executor {
    shared: Arc<Shared>,
    tasks: BTreeMap<u32, (Task, Waker)>,
    ready: Arc<Ready>,
    held_back: Vec<u32>,
    starter: Starter,
}

impl Executor {
    /// Runs this world; `starter` makes the code of each task that the world starts.
    pub fn new(world: World, starter: Starter) -> Self {
        let shared = Shared::new(world);
        Self { shared, tasks: BTreeMap::new(), ready: Arc::default(), held_back: Vec::new(), starter }
    }
    /// What tasks and the event loop share.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
    /// Adds the code of a task that the world knows already.
    pub fn spawn(&mut self, task: u32, code: Task) {
        let waker = Waker::from(Arc::new(TaskWaker { task, ready: self.ready.clone() }));
        self.tasks.insert(task, (code, waker));
        self.ready.push(task);
    }
    /// Runs everything that happens until `end`, inclusive; stops early when the world says so.
    pub fn run_until(&mut self, end: Timestamp) {
        loop {
            self.poll_ready();
            let mut state = self.shared.lock();
            loop {
                if state.world.attention.wanted() {
                    break;
                }
                let Some((at, event)) = state.world.queue.pop(end) else {
                    state.world.now = state.world.now.max(end);
                    return;
                };
                state.world.now = at;
                state.world.handle(event);
            }
            if state.world.attention.stop {
                return;
            }
            drop(state);
            self.attend();
        }
    }
    /// The tasks that wait for nothing in the simulation: they would hang for ever.
    pub fn stuck(&mut self) -> Vec<u32> {
        self.poll_ready();
        let state = self.shared.lock();
        let waits = |waker: &Waker| state.wakers.values().any(|waiting| waiting.will_wake(waker));
        self.tasks.iter().filter(|(_, (_, waker))| !waits(waker)).map(|(task, _)| *task).collect()
    }
    /// Does for the world what it cannot do itself: wakes, starts and ends tasks.
    fn attend(&mut self) {
        let mut state = self.shared.lock();
        let attention = std::mem::take(&mut state.world.attention);
        for key in attention.woken {
            if let Some(waker) = state.wakers.remove(&key) {
                waker.wake();
            }
        }
        drop(state);
        // Dropping a task's code takes the lock, so it happens outside of it.
        for task in attention.ended {
            self.tasks.remove(&task);
        }
        for task in attention.started {
            let code = (self.starter)(&self.shared, task);
            self.spawn(task, code);
        }
        if attention.resumed {
            for task in std::mem::take(&mut self.held_back) {
                self.ready.push(task);
            }
        }
    }
    fn poll_ready(&mut self) {
        loop {
            let ready = self.ready.take();
            if ready.is_empty() {
                return;
            }
            for task in ready {
                self.poll(task);
                if self.shared.lock().world.attention.wanted() {
                    self.attend();
                }
            }
        }
    }
    fn poll(&mut self, task: u32) {
        if self.shared.lock().world.tasks.get(task).is_some_and(|record| record.paused) {
            self.held_back.push(task);
            return;
        }
        let Some((code, waker)) = self.tasks.get_mut(&task) else { return };
        if code.as_mut().poll(&mut Context::from_waker(waker)).is_ready() {
            self.tasks.remove(&task);
            self.shared.lock().world.task_ended(task);
        }
    }
}
