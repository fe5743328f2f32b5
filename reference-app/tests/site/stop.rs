//! A stop loses nothing: what is in flight is finished, what is on its way is answered, and it ends in time.

use crate::server::Server;
use std::{
    thread,
    time::{Duration, Instant},
};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[test]
fn what_is_in_flight_is_finished_and_then_it_ends() {
    let mut server = Server::start(&[("SITE_DRAIN_MS", "15000")]);
    let (mut working, mut idle) = (server.connect(), server.connect());
    assert_eq!(idle.get("/").header("Connection"), Some("keep-alive"));
    working.send("GET /work?ms=1500 HTTP/1.1\r\n\r\n");
    thread::sleep(ms(300));
    let begun = Instant::now();
    server.term();
    thread::sleep(ms(300));
    let reply = idle.get("/healthz");
    assert_eq!((reply.status, reply.header("Connection")), (503, Some("close")));
    assert!(idle.reply().is_none());
    let mut late = server.connect();
    assert_eq!(late.post("1").status, 503, "no log, but an answer");
    let reply = working.reply().unwrap();
    assert_eq!((reply.status, reply.header("Connection")), (200, Some("close")));
    drop((working, idle, late));
    assert!(server.end(ms(10_000)).unwrap().success());
    assert!(begun.elapsed() < ms(14_000), "it waited for nothing");
}

#[test]
fn an_idle_connection_is_not_closed_under_a_request() {
    let mut server = Server::start(&[("SITE_DRAIN_MS", "15000")]);
    let mut idle = server.connect();
    assert_eq!(idle.get("/").status, 200);
    server.term();
    assert!(server.end(ms(1000)).is_none(), "it ended though a request may be on its way");
    assert_eq!(idle.get("/").status, 200);
    drop(idle);
    assert!(server.end(ms(10_000)).unwrap().success());
}

#[test]
fn it_lingers_so_that_others_notice() {
    let mut server = Server::start(&[("SITE_LINGER_MS", "1500")]);
    let begun = Instant::now();
    server.term();
    while begun.elapsed() < ms(900) {
        assert_eq!(server.get("/").status, 200);
        thread::sleep(ms(50));
    }
    assert_eq!(server.get("/healthz").status, 503);
    assert!(server.end(ms(10_000)).unwrap().success());
    assert!(begun.elapsed() >= ms(1500));
}

#[test]
fn it_ends_in_time_whatever_hangs() {
    let mut server = Server::start(&[("SITE_DRAIN_MS", "700"), ("SITE_LINGER_MS", "60000")]);
    assert!(server.fault("hang"));
    let mut hanging = server.connect();
    hanging.send("GET / HTTP/1.1\r\n\r\n");
    let begun = Instant::now();
    server.term();
    assert!(server.end(ms(10_000)).unwrap().success());
    assert!(begun.elapsed() >= ms(600));
}
