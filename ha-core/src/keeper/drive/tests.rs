//! Drives hands that fail on purpose: what is done, in which order, and when it rests.

use super::*;
use crate::{
    backend::{Error, Kind, Operation, Resource, Result, spec, state::InstancePhase},
    keeper::pool::{Member, Order, View},
    name::ZoneName,
    topology::{Boot, Capacity, Guards, Size},
};
use std::{
    collections::VecDeque,
    future::Future,
    pin::pin,
    sync::Mutex,
    task::{Context, Poll, Waker},
    time::Duration,
};

/// Answers these views in turn, then that the pool is gone; fails the orders whose line begins with `fails`.
struct Script {
    views: Mutex<VecDeque<Result<Option<View>>>>,
    fails: &'static str,
    done: Mutex<Vec<String>>,
}

#[async_trait]
impl Hands for Script {
    async fn view(&self) -> Result<Option<View>> {
        self.views.lock().unwrap().pop_front().unwrap_or(Ok(None))
    }
    async fn carry_out(&self, order: &Order) -> Result<()> {
        let line = match order {
            Order::Launch { id, .. } => format!("launch {id}"),
            Order::Drain { id, .. } => format!("drain {id}"),
            Order::Stop { id, .. } => format!("stop {id}"),
        };
        let fails = !self.fails.is_empty() && line.starts_with(self.fails);
        self.done.lock().unwrap().push(line);
        if fails { Err(unavailable()) } else { Ok(()) }
    }
    async fn rest(&self, look_again: Option<Timestamp>, failed: bool) {
        let until = look_again.map_or("an event".into(), |at| at.to_string());
        self.done.lock().unwrap().push(format!("rest until {until}{}", if failed { ", failed" } else { "" }));
    }
}

fn unavailable() -> Error {
    Error::new(Kind::Unavailable, Operation("hands.call"), Resource::Tier)
}

/// A pool of two in zone a with these members, seen at second 100.
fn view(members: &[(&str, InstancePhase)]) -> Result<Option<View>> {
    let at = Timestamp::from_secs(100);
    let member = |(id, phase): &(&str, InstancePhase)| Member {
        id: (*id).into(),
        zone: "a".into(),
        release: "new".into(),
        phase: *phase,
        since: at,
        launched: at,
        retiring: None,
        drained: false,
    };
    let spec = spec::PoolSpec {
        name: "web".into(),
        release: "new".into(),
        bounds: Size { min: 2, max: 2 },
        capacity: Capacity::Fixed(2),
        zones: vec!["a".into()],
        max_skew: 1,
        boot: Boot { ready: "/".into(), budget: Duration::from_secs(30), port: 80 },
        guards: Guards::default(),
        drain: Duration::ZERO,
        marks: spec::Marks { stable: "new".into(), candidate: None, rejected: Vec::new() },
    };
    let members = members.iter().map(member).collect();
    let launched = vec![(ZoneName::from("a"), 2)];
    Ok(Some(View { at, spec, desired: 2, removing: false, members, launched, refused: Vec::new() }))
}

/// What is done with these views until the pool is gone.
fn driven(fails: &'static str, views: Vec<Result<Option<View>>>) -> Vec<String> {
    let script = Script { views: Mutex::new(views.into()), fails, done: Mutex::default() };
    let policy = Policy {
        replaces_unhealthy: true,
        keeps_brake: true,
        patience: Duration::ZERO,
        back_off: Duration::ZERO,
        rebalances: true,
    };
    let ended = pin!(drive(&script, &policy)).poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(ended, Poll::Ready(()), "ends when the pool is gone");
    script.done.into_inner().unwrap()
}

const READY: InstancePhase = InstancePhase::Ready;
const LOST: InstancePhase = InstancePhase::Lost;

#[test]
fn one_order_is_carried_out_and_the_next_is_decided_from_a_fresh_view() {
    let views = vec![
        view(&[("1", READY), ("2", LOST)]),
        view(&[("1", READY)]),
        view(&[("1", READY), ("web-a-3", InstancePhase::Booting)]),
        view(&[("1", READY), ("web-a-3", READY)]),
    ];
    let done = ["stop 2", "launch web-a-3", "rest until 2m10s", "rest until an event"];
    assert_eq!(driven("", views), done);
}

#[test]
fn a_failed_order_keeps_no_other_from_being_carried_out_and_is_tried_again_after_a_rest() {
    let stuck = || view(&[("1", READY), ("2", LOST)]);
    let booting = || view(&[("1", READY), ("2", LOST), ("web-a-3", InstancePhase::Booting)]);
    let done = ["stop 2", "launch web-a-3", "rest until 2m10s, failed", "stop 2", "rest until 2m10s, failed", "stop 2"];
    assert_eq!(driven("stop", vec![stuck(), stuck(), booting(), booting(), booting(), booting()]), done);
}

#[test]
fn a_view_that_fails_is_waited_for_and_nothing_is_done() {
    let views = vec![Err(unavailable()), view(&[("1", READY)])];
    assert_eq!(driven("", views), ["rest until an event, failed", "launch web-a-3"]);
}

#[test]
fn the_driver_of_a_pool_that_is_gone_ends() {
    assert_eq!(driven("", vec![]), [""; 0]);
}

#[test]
fn an_order_that_is_accepted_and_takes_no_effect_is_not_repeated_before_a_rest() {
    let blind = || view(&[("1", READY)]);
    let done = ["launch web-a-3", "rest until an event, failed", "launch web-a-3", "rest until an event, failed"];
    assert_eq!(driven("", vec![blind(), blind(), blind(), blind()]), done);
}
