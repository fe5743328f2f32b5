//! Reads a workload from TOML, with every problem at once.

use super::{Service, Users, Workload};
use crate::sim::distribution;
use ha_core::{
    document::{Document, Section, load},
    name::PoolName,
    validate::Problems,
};
use std::{path::Path, time::Duration};

impl Workload {
    /// Reads the text of a workload file; what is left out has its default.
    pub fn read(text: &str, file: &str) -> Result<Self, Problems> {
        let document = Document::parse(text, file)?;
        let root = document.root();
        let mut workload = Self::default();
        if let Some(pools) = root.section("pool") {
            for name in pools.keys() {
                let Some(section) = pools.section(name) else { continue };
                let section = section.named(format!("pool.{name}"));
                workload.pools.insert(PoolName::from(name), service(&section));
                section.close();
            }
            pools.close();
        }
        if let Some(section) = root.section("users") {
            users(&section, &mut workload.users);
            section.close();
        }
        root.close();
        document.finish(workload)
    }

    /// Reads a workload file.
    pub fn load(path: &Path) -> Result<Self, Problems> {
        Self::read(&load(path)?, &path.display().to_string())
    }
}

fn service(section: &Section<'_>) -> Service {
    let mut service = Service::default();
    if let Some(value) = section.value("service") {
        match distribution::read(&value) {
            Some(time) if time.mean().is_zero() => value.report("it takes no time", "give a mean above 0"),
            Some(time) => service.time = time,
            None => {}
        }
    }
    from_one(section, "concurrency", &mut service.concurrency);
    if let Some(queue) = section.whole("queue") {
        service.queue = queue;
    }
    service
}

fn users(section: &Section<'_>, users: &mut Users) {
    from_one(section, "population", &mut users.population);
    from_one(section, "resolvers", &mut users.resolvers);
    for (key, figure) in [("deadline", &mut users.deadline), ("patience", &mut users.patience)] {
        if let Some(value) = section.value(key) {
            match value.duration() {
                Some(Duration::ZERO) => value.report("nobody could be served", "give a time above 0s"),
                Some(time) => *figure = time,
                None => {}
            }
        }
    }
    for (key, figure) in [("backoff", &mut users.backoff), ("keep_alive", &mut users.keep_alive)] {
        if let Some(time) = section.duration(key) {
            *figure = time;
        }
    }
    if let Some(retries) = section.whole("retries") {
        users.retries = retries;
    }
    if let Some(value) = section.value("retry_budget") {
        users.retry_budget = if value.is_text() {
            value.choice(&[("none", ())]).and(None)
        } else {
            value.share().or(users.retry_budget)
        };
    }
}

/// A whole number from 1.
fn from_one(section: &Section<'_>, key: &str, figure: &mut u32) {
    let Some(value) = section.value(key) else { return };
    match value.whole::<u32>() {
        Some(0) => value.report("0 is out of range", "give a number from 1"),
        Some(number) => *figure = number,
        None => {}
    }
}
