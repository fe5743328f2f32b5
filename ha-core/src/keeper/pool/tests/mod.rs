//! Pools written as one line of text, decisions read as lines: what the tables of the rules are made of.

mod leaving;
mod placing;
mod world;

use super::*;
use crate::{
    backend::spec::Marks,
    topology::{Boot, Capacity, Guards, HoldMode, Share, Size},
};
use std::time::Duration;

/// Now, in every view that is made here.
const NOW: u64 = 1000;
const BUDGET: u64 = 100;
const PATIENCE: u64 = 60;
const BACK_OFF: u64 = 300;

fn policy() -> Policy {
    Policy {
        replaces_unhealthy: true,
        keeps_brake: true,
        patience: Duration::from_secs(PATIENCE),
        back_off: Duration::from_secs(BACK_OFF),
        rebalances: true,
    }
}

/// A pool `web` in zones a, b, c, with these members: `zone phase`, where a phase may have `@since` (a booting one was
/// launched then), `/release` and `!` (to retire), as in `a ready, b unready@940, c ready/old`. The first is `1`.
fn view(desired: u32, members: &str) -> View {
    let spec = PoolSpec {
        name: "web".into(),
        release: "new".into(),
        bounds: Size { min: 0, max: 100 },
        capacity: Capacity::Fixed(desired),
        zones: ["a", "b", "c"].map(ZoneName::from).to_vec(),
        max_skew: 1,
        boot: Boot { ready: "/".into(), budget: Duration::from_secs(BUDGET), port: 80 },
        guards: Guards { brake: Some(Share(340)), min_healthy: Share(1000) },
        drain: Duration::ZERO,
        marks: Marks { stable: "new".into(), candidate: None, rejected: Vec::new() },
    };
    let members = members.split(',').filter(|text| !text.trim().is_empty());
    View {
        at: Timestamp::from_secs(NOW),
        spec,
        desired,
        removing: false,
        members: members.enumerate().map(|(index, text)| member(index + 1, text.trim())).collect(),
        launched: Vec::new(),
        refused: Vec::new(),
    }
}

fn member(number: usize, text: &str) -> Member {
    let (zone, rest) = text.split_once(' ').unwrap();
    let (rest, retiring) = (rest.trim_end_matches('!'), rest.ends_with('!'));
    let (rest, release) = rest.split_once('/').unwrap_or((rest, "new"));
    let (phase, since) = rest.split_once('@').unwrap_or((rest, "990"));
    let since = Timestamp::from_secs(since.parse().unwrap());
    Member {
        id: number.to_string().into(),
        zone: zone.into(),
        release: release.into(),
        phase: match phase {
            "booting" => InstancePhase::Booting,
            "ready" => InstancePhase::Ready,
            "unready" => InstancePhase::Unready,
            "draining" | "drained" => InstancePhase::Draining,
            "replaced" => InstancePhase::Held(HoldMode::Replace),
            "shrunk" => InstancePhase::Held(HoldMode::Shrink),
            "returning" => InstancePhase::Returning,
            "lost" => InstancePhase::Lost,
            other => panic!("no phase: {other}"),
        },
        since,
        // What boots was launched when it began to; all else is older than any budget.
        launched: if phase == "booting" { since } else { Timestamp::from_secs(1) },
        retiring: retiring.then_some(Refill::Yes),
        drained: phase == "drained",
    }
}

/// An order as a line: `launch web-a-1`, `drain 2 unhealthy`, `stop 3`.
fn line(order: &Order) -> String {
    let noted = |loss: &Option<LossReason>| match loss {
        Some(LossReason::NeverReady) => " never ready",
        Some(LossReason::Unhealthy) => " unhealthy",
        Some(LossReason::Gone) => " gone",
        None => "",
    };
    match order {
        Order::Launch { id, zone, release } => {
            assert!(id.as_str().starts_with(&format!("web-{zone}-")), "{id} in {zone}");
            assert_eq!(release.as_str(), "new");
            format!("launch {id}")
        }
        Order::Drain { id, loss } => format!("drain {id}{}", noted(loss)),
        Order::Stop { id, loss } => format!("stop {id}{}", noted(loss)),
    }
}

/// What is decided, as text, and the second at which to look again.
fn decided(view: &View, policy: &Policy) -> (String, Option<u64>) {
    let decision = decide(view, policy);
    let lines: Vec<String> = decision.orders.iter().map(line).collect();
    (lines.join(", "), decision.look_again.map(|at| at.0 / 1_000_000_000))
}

/// Each row: how many are desired, the members, what is decided, when to look again.
fn table(rows: &[(u32, &str, &str, Option<u64>)], policy: &Policy) {
    for (desired, members, orders, look_again) in rows {
        let seen = decided(&view(*desired, members), policy);
        assert_eq!(seen, (orders.to_string(), *look_again), "{desired} desired: {members}");
    }
}
