//! Reads `[[pool]]`.

use super::kept;
use crate::{
    document::{Section, Value},
    name::InstanceId,
    topology::{Capacity, Gate, Guards, Hold, HoldMode, NoReading, Placement, Pool, Rollout, Share, Size},
};

const MODES: [(&str, HoldMode); 2] = [("replace", HoldMode::Replace), ("shrink", HoldMode::Shrink)];
const NO_READING: [(&str, NoReading); 2] = [("wait", NoReading::Wait), ("go_on", NoReading::GoOn)];

/// Keys that the tiers to come will bring.
const NOT_YET: [&str; 5] = ["sessions", "uploads", "files", "scale", "schedule"];

pub(super) fn read(section: Section<'_>) -> Pool {
    let mut pool = Pool::new(section.text("name").unwrap_or_default());
    pool.role = section.text("role").map(String::from);
    pool.release = section.text("release").unwrap_or_default().into();
    pool.retry = section.whole("retry").unwrap_or_default();
    pool.size = section.value("size").and_then(|value| size(&value)).unwrap_or(pool.size);
    pool.capacity = section.value("capacity").and_then(|value| capacity(&value)).unwrap_or(pool.capacity);
    if let Some(ready) = section.section("ready") {
        pool.boot.ready = ready.text("path").unwrap_or_default().into();
        pool.boot.budget = ready.duration("budget").unwrap_or_default();
        pool.boot.port = ready.whole("port").unwrap_or(pool.boot.port);
        ready.close();
    }
    pool.placement = section.section("placement").map(placement).unwrap_or_default();
    pool.guards = section.section("guards").map(guards).unwrap_or_default();
    pool.rollout = section.section("rollout").map(rollout).unwrap_or_default();
    pool.hold = section.list("hold").iter().map(hold).collect();
    for key in NOT_YET {
        section.refuse(key, format!("nobody keeps {key:?} yet"), "leave it out until there is a tier for it");
    }
    section.close();
    pool
}

fn size(value: &Value<'_>) -> Option<Size> {
    if value.is_table() {
        let section = value.section()?;
        let min = section.required("min", "min = 6").and_then(|min| min.whole());
        let max = section.required("max", "max = 24").and_then(|max| max.whole());
        section.close();
        return Some(Size { min: min?, max: max? });
    }
    let range = if value.is_text() { value.text()?.split_once("..=") } else { None };
    let size = range.and_then(|(min, max)| Some(Size { min: min.trim().parse().ok()?, max: max.trim().parse().ok()? }));
    if size.is_none() {
        value.refuse("a size", "\"6..=24\"");
    }
    size
}

fn capacity(value: &Value<'_>) -> Option<Capacity> {
    if value.is_text() {
        return kept(value, &[("scaled", Capacity::Scaled)], &[]);
    }
    value.whole().map(Capacity::Fixed)
}

fn placement(section: Section<'_>) -> Placement {
    let default = Placement::default();
    let placement = Placement {
        zones: section.texts("zones").into_iter().map(Into::into).collect(),
        max_skew: section.whole("max_skew").unwrap_or(default.max_skew),
    };
    section.close();
    placement
}

fn guards(section: Section<'_>) -> Guards {
    let default = Guards::default();
    let brake = match section.value("brake") {
        None => default.brake,
        Some(value) if value.is_text() => value.choice(&[("off", None::<Share>)]).flatten(),
        Some(value) => value.share(),
    };
    let min_healthy = section.share("min_healthy").unwrap_or(default.min_healthy);
    section.close();
    Guards { brake, min_healthy }
}

fn rollout(section: Section<'_>) -> Rollout {
    let default = Rollout::default();
    let rollout = Rollout {
        surge: section.whole("surge").unwrap_or(default.surge),
        batch: section.whole("batch").unwrap_or(default.batch),
        bake: section.duration("bake").unwrap_or(default.bake),
        gate: section.section("gate").map(gate).unwrap_or_default(),
    };
    section.close();
    rollout
}

fn gate(section: Section<'_>) -> Gate {
    let default = Gate::default();
    let gate = Gate {
        max_errors: section.share("max_errors").unwrap_or(default.max_errors),
        max_latency: section.duration("max_latency"),
        min_requests: section.whole("min_requests").unwrap_or(default.min_requests),
        no_reading: section.choice("no_reading", &NO_READING).unwrap_or(default.no_reading),
    };
    section.close();
    gate
}

/// `"web-3"` or `{ instance = "web-3", mode = "shrink" }`. What cannot be read keeps its place in the list.
fn hold(value: &Value<'_>) -> Hold {
    let (instance, mode) = instance(value).unwrap_or_default();
    Hold { instance: InstanceId::from(instance), mode }
}

fn instance<'d>(value: &Value<'d>) -> Option<(&'d str, HoldMode)> {
    if value.is_text() {
        return Some((value.text()?, HoldMode::default()));
    }
    if !value.is_table() {
        value.refuse("an instance", "{ instance = \"web-3\", mode = \"replace\" }");
        return None;
    }
    let section = value.section()?;
    let instance = section.required("instance", "instance = \"web-3\"").and_then(|value| value.text());
    let mode = section.choice("mode", &MODES).unwrap_or_default();
    section.close();
    Some((instance?, mode))
}
