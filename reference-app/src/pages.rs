//! What is answered to which request.

use crate::{
    fault::Fault,
    message::{Answer, Request},
    site::{Site, say},
};
use std::time::Duration;

const LONGEST_WORK: Duration = Duration::from_secs(60);
const LONGEST_NUMBER: usize = 64;

/// Answers a request, in the time that it takes.
pub fn answer(site: &Site, request: &Request) -> Answer {
    let fault = site.fault.when_awake();
    if request.path == site.settings.ready {
        return readiness(site, fault);
    }
    if site.boots() {
        return named(site, 503, "starting\n");
    }
    match fault {
        Fault::Errors => return named(site, 500, "a fault is switched on\n"),
        Fault::Slow(time) => std::thread::sleep(time),
        Fault::None | Fault::Hang | Fault::NotReady => {}
    }
    let mut answer = match (request.method.as_str(), request.path.as_str()) {
        ("GET" | "HEAD", "/") => named(site, 200, &introduction(site)),
        ("GET" | "HEAD", "/work") => work(site, request),
        ("POST", "/count") => count(site, request),
        (_, "/" | "/work") => not_allowed(site, "GET, HEAD"),
        (_, "/count") => not_allowed(site, "POST"),
        _ => named(site, 404, "there is no such page\n"),
    };
    if let Some(who) = &request.forwarded_for {
        answer.headers.push(("X-Forwarded-For", who.clone()));
    }
    answer
}

/// An answer that says who gave it, as every one does.
pub fn named(site: &Site, status: u16, body: &str) -> Answer {
    let settings = &site.settings;
    let headers = vec![
        ("X-Release", settings.release.clone()),
        ("X-Pool", settings.pool.clone()),
        ("X-Instance", settings.instance.clone()),
        ("X-Zone", settings.zone.clone()),
        ("Content-Type", "text/plain".to_owned()),
    ];
    Answer { status, headers, body: body.to_owned() }
}

fn readiness(site: &Site, fault: Fault) -> Answer {
    match (site.stops(), site.boots(), fault) {
        (true, ..) => named(site, 503, "stopping\n"),
        (_, true, _) => named(site, 503, "starting\n"),
        (.., Fault::NotReady) => named(site, 503, "not ready: a fault is switched on\n"),
        _ => named(site, 200, "ready\n"),
    }
}

fn introduction(site: &Site) -> String {
    let who = &site.settings;
    format!("release {}, instance {} of pool {} in zone {}\n", who.release, who.instance, who.pool, who.zone)
}

fn work(site: &Site, request: &Request) -> Answer {
    let asked = request.query.split('&').find_map(|pair| pair.strip_prefix("ms="));
    let Some(time) = asked.and_then(|ms| ms.parse().ok()).map(Duration::from_millis) else {
        return named(site, 400, "say how long: /work?ms=200\n");
    };
    std::thread::sleep(time.min(LONGEST_WORK));
    named(site, 200, &introduction(site))
}

fn count(site: &Site, request: &Request) -> Answer {
    let plain = |sign: &u8| sign.is_ascii_alphanumeric() || b"-_.".contains(sign);
    let number = request.body.trim_ascii();
    if number.is_empty() || number.len() > LONGEST_NUMBER || !number.iter().all(plain) {
        return named(site, 400, "the body is the client's number: 1 to 64 letters, digits, - _ or .\n");
    }
    let Some(journal) = &site.journal else {
        return named(site, 503, "this server has no log (SITE_LOG), so it executes nothing\n");
    };
    let number = String::from_utf8_lossy(number);
    match journal.append(&format!("{number} {} {}", site.settings.instance, site.settings.release)) {
        Ok(()) => named(site, 200, &format!("{number}\n")),
        Err(why) => {
            say(&format!("POST {number}: {why}"));
            named(site, 500, &format!("{why}\n"))
        }
    }
}

fn not_allowed(site: &Site, allowed: &str) -> Answer {
    let mut answer = named(site, 405, "this page is asked for in another way\n");
    answer.headers.push(("Allow", allowed.to_owned()));
    answer
}
