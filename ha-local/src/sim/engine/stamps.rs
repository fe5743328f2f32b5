//! What a port answers is stamped by its reader's clock: every instant in it moves by how far that clock is ahead.
//!
//! The provider's instants and the reader's now are compared by whoever plans; a port that knows both clocks (every
//! answer tells the provider's) brings them together.

use super::call::Answer;
use ha_core::{
    backend::state::{BalancerState, NetworkState, PoolState, Reading, RecordState},
    time::Timestamp,
};

impl Answer {
    /// The same, on a clock that is so many ns ahead of the provider's.
    pub fn on_a_clock(mut self, ahead: i64) -> Self {
        if ahead == 0 {
            return self;
        }
        let move_it = |at: &mut Timestamp| *at = Timestamp(at.0.saturating_add_signed(ahead));
        match &mut self {
            Self::Network(reading) => {
                each(reading, move_it, |state, by| state.iter_mut().for_each(|it| network(it, by)))
            }
            Self::Pools(reading) => each(reading, move_it, |state, by| state.iter_mut().for_each(|it| pool(it, by))),
            Self::Balancers(reading) => {
                each(reading, move_it, |state, by| state.iter_mut().for_each(|it| balancer(it, by)));
            }
            Self::Records(reading) => {
                each(reading, move_it, |state, by| state.iter_mut().for_each(|it| record(it, by)))
            }
            Self::Done | Self::Object(_) | Self::Version(_) | Self::Keys(_) | Self::View(_) => {}
        }
        self
    }
}

fn each<T>(
    reading: &mut Reading<T>,
    move_it: impl Fn(&mut Timestamp),
    state: impl Fn(&mut T, &dyn Fn(&mut Timestamp)),
) {
    move_it(&mut reading.at);
    state(&mut reading.state, &move_it);
}

fn network(state: &mut NetworkState, move_it: &dyn Fn(&mut Timestamp)) {
    move_it(&mut state.since);
}

fn pool(state: &mut PoolState, move_it: &dyn Fn(&mut Timestamp)) {
    for instance in &mut state.instances {
        move_it(&mut instance.since);
        move_it(&mut instance.launched);
    }
    state.losses.iter_mut().for_each(|loss| move_it(&mut loss.at));
    state.refused.iter_mut().for_each(|(_, at)| move_it(at));
}

fn balancer(state: &mut BalancerState, move_it: &dyn Fn(&mut Timestamp)) {
    move_it(&mut state.since);
    state.targets.iter_mut().for_each(|target| move_it(&mut target.since));
    state.readings.iter_mut().for_each(|reading| move_it(&mut reading.at));
}

fn record(state: &mut RecordState, move_it: &dyn Fn(&mut Timestamp)) {
    move_it(&mut state.since);
}
