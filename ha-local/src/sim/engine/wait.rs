//! What tasks wait for, and the futures that wait.

use super::{call::Answer, executor::Shared};
use ha_core::backend::Kind;
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

/// Something that a task can wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WaitKey {
    /// The answer of a call.
    Call(u64),
    /// The end of a sleep or a rest.
    Timer(u64),
}

/// Waits for the answer of a call. Dropping it leaves the call on its way.
pub struct CallAnswer {
    /// The simulation.
    pub shared: Arc<Shared>,
    /// The call's number.
    pub call: u64,
}

impl Future for CallAnswer {
    type Output = Result<Answer, Kind>;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.shared.lock();
        match state.world.calls.take_answer(self.call) {
            Some(answer) => Poll::Ready(answer),
            None => {
                state.wakers.insert(WaitKey::Call(self.call), context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for CallAnswer {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.wakers.remove(&WaitKey::Call(self.call));
        state.world.calls.drop_answer(self.call);
    }
}

/// Waits for a timer. Dropping it leaves nothing.
pub struct Timer {
    /// The simulation.
    pub shared: Arc<Shared>,
    /// The timer's number.
    pub timer: u64,
}

impl Future for Timer {
    type Output = ();
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.shared.lock();
        if state.world.timers.get(&self.timer) != Some(&false) {
            return Poll::Ready(());
        }
        state.wakers.insert(WaitKey::Timer(self.timer), context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.wakers.remove(&WaitKey::Timer(self.timer));
        state.world.timers.remove(&self.timer);
    }
}
