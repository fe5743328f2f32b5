//! A simulation under way: it can be run on, looked at, and given tasks of one's own.

use super::{
    engine::{
        caller::Caller,
        executor::{Executor, Shared, State},
        task::{ClockError, TaskKind},
    },
    ports,
    starter::{LoopSetup, starter},
    world::World,
};
use ha_core::{backend::Backend, time::Timestamp};
use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// A simulation under way.
pub struct Simulation {
    executor: Executor,
}

/// A task that waits for something outside of the simulation, or longer than the simulation lasts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("task {task} waits for something that the simulation does not bring: {hint}")]
pub struct Stuck {
    /// The task.
    pub task: String,
    /// What that may be.
    pub hint: &'static str,
}

impl Simulation {
    /// Runs this world; the loop is set up so.
    pub fn new(world: World, setup: LoopSetup) -> Self {
        Self { executor: Executor::new(world, starter(setup)) }
    }
    /// What tasks and the event loop share.
    pub fn shared(&self) -> &Arc<Shared> {
        self.executor.shared()
    }
    /// The world, while it stands still.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.executor.shared().lock()
    }
    /// Now.
    pub fn now(&self) -> Timestamp {
        self.state().world.now
    }
    /// Runs everything that happens until `end`, inclusive.
    pub fn run_until(&mut self, end: Timestamp) {
        self.executor.run_until(end);
    }
    /// Runs on for a while.
    pub fn run_for(&mut self, time: Duration) {
        self.run_until(self.now() + time);
    }
    /// Starts a controller of the wanted topology.
    pub fn start_controller(&mut self) {
        let mut state = self.state();
        let now = state.world.now;
        state.world.start(TaskKind::Controller(None), now, ClockError::default());
    }
    /// Ends all controllers: from here on nobody runs our loop.
    pub fn stop_controllers(&mut self) {
        let mut state = self.state();
        for task in state.world.tasks.controllers() {
            state.world.stop(task);
        }
    }
    /// A backend value for code of one's own: another controller's eye on the world.
    pub fn backend(&mut self, name: &str) -> Backend {
        ports::backend(self.caller(name))
    }
    /// A way to the world for code of one's own.
    pub fn caller(&mut self, name: &str) -> Caller {
        let mut state = self.state();
        let now = state.world.now;
        let task = state.world.tasks.add(TaskKind::Own(name.into()), now, ClockError::default());
        drop(state);
        Caller::new(self.executor.shared().clone(), task)
    }
    /// Runs code of one's own beside everything else, with the simulated clock and ports.
    pub fn spawn<F>(&mut self, name: &str, code: impl FnOnce(Caller) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let caller = self.caller(name);
        let task = caller.task();
        self.executor.spawn(task, Box::pin(code(caller)));
    }
    /// Runs the world until this code of one's own has ended, at most for `limit`.
    pub fn block_on<F>(
        &mut self,
        name: &str,
        limit: Duration,
        code: impl FnOnce(Caller) -> F,
    ) -> Result<F::Output, Stuck>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let result = Arc::new(Mutex::new(None));
        let (slot, shared) = (result.clone(), self.executor.shared().clone());
        let caller = self.caller(name);
        let (task, code) = (caller.task(), code(caller));
        let running = async move {
            let output = code.await;
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(output);
            shared.lock().world.attention.stop = true;
        };
        self.executor.spawn(task, Box::pin(running));
        let end = self.now() + limit;
        self.executor.run_until(end);
        self.state().world.attention.stop = false;
        let output = result.lock().unwrap_or_else(PoisonError::into_inner).take();
        output.ok_or_else(|| self.stuck(name, task))
    }
    fn stuck(&mut self, name: &str, task: u32) -> Stuck {
        let outside = self.executor.stuck().contains(&task);
        let hint = if outside { "something outside of it" } else { "it goes on, but not within the time it was given" };
        Stuck { task: name.into(), hint }
    }
    /// The world as it is, if it is at rest: no call is on its way and every task waits for its next turn. It can be run
    /// on in another simulation, as often as one likes.
    pub fn snapshot(&self) -> Option<World> {
        let state = self.state();
        let resting = state.world.tasks.living().all(|(_, task)| task.resting.is_some());
        (resting && state.world.calls.is_empty()).then(|| state.world.clone())
    }
    /// Goes on from a world at rest: its tasks start anew and remember nothing.
    pub fn resume(mut world: World, setup: LoopSetup) -> Self {
        world.restart_tasks(None);
        Self::new(world, setup)
    }
    /// Goes on from a world at rest with code of one's own as its controller: under the same name, with the same rights.
    /// When the code has ended, nobody runs our loop until a controller is started.
    pub fn resume_as<F>(mut world: World, setup: LoopSetup, code: impl FnOnce(Caller) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let now = world.now;
        let task = world.tasks.controllers().first().copied();
        let task = task.unwrap_or_else(|| world.tasks.add(TaskKind::Controller(None), now, ClockError::default()));
        world.restart_tasks(Some(task));
        world.begin_turn(task);
        let mut simulation = Self::new(world, setup);
        let caller = Caller::new(simulation.executor.shared().clone(), task);
        simulation.executor.spawn(task, Box::pin(code(caller)));
        simulation
    }
}
