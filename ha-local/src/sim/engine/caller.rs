//! How a task of the simulation calls ports and tells the time.

use super::{
    call::{Answer, Request},
    executor::Shared,
    wait::{CallAnswer, Timer},
};
use async_trait::async_trait;
use ha_core::{
    backend::{Clock, Error, Rest, Result},
    time::Timestamp,
};
use std::{sync::Arc, time::Duration};

/// One task's way to the simulated world.
#[derive(Clone)]
pub struct Caller {
    shared: Arc<Shared>,
    task: u32,
}

impl Caller {
    /// The way of this task.
    pub fn new(shared: Arc<Shared>, task: u32) -> Self {
        Self { shared, task }
    }
    /// The task.
    pub fn task(&self) -> u32 {
        self.task
    }
    /// The simulation.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
    /// Calls a port. Dropping the future leaves the call on its way.
    pub async fn call(&self, request: Request) -> Result<Answer> {
        let (operation, resource) = (request.operation(), request.resource());
        let call = self.shared.lock().world.send(self.task, request);
        let answer = CallAnswer { shared: self.shared.clone(), call };
        answer.await.map_err(|kind| Error::new(kind, operation, resource))
    }
    /// A keeper waits until its pool changes, until `look_again`, or a while after a failure.
    pub async fn rest_keeper(&self, look_again: Option<Timestamp>, failed: bool) {
        let timer = self.shared.lock().world.rest_keeper(self.task, look_again, failed);
        self.ring(timer).await;
        self.shared.lock().world.begin_turn(self.task);
    }
    async fn ring(&self, timer: u64) {
        Timer { shared: self.shared.clone(), timer }.await;
    }
}

#[async_trait]
impl Clock for Caller {
    fn now(&self) -> Timestamp {
        self.shared.lock().world.shown(self.task)
    }
    fn elapsed(&self) -> Duration {
        self.shared.lock().world.elapsed(self.task)
    }
    async fn sleep(&self, duration: Duration) {
        let timer = self.shared.lock().world.sleep(self.task, duration);
        self.ring(timer).await;
    }
    async fn rest(&self, rest: Rest) {
        let timer = self.shared.lock().world.rest(self.task, rest);
        self.ring(timer).await;
        self.shared.lock().world.begin_turn(self.task);
    }
}
