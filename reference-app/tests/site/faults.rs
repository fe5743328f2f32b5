//! Every fault, switched on and off again.

use crate::server::Server;
use std::time::{Duration, Instant};

fn statuses(server: &Server) -> (u16, u16) {
    (server.get("/").status, server.get("/healthz").status)
}

#[test]
fn faults_are_switched_on_and_off() {
    let server = Server::start(&[]);
    for (fault, wanted) in [("500s", (500, 200)), ("not-ready", (200, 503)), ("none", (200, 200))] {
        assert!(server.fault(fault));
        assert_eq!(statuses(&server), wanted, "{fault}");
    }
    assert!(!server.fault("sleepy"), "a fault that there is not was switched on");
    assert_eq!(statuses(&server), (200, 200));
}

#[test]
fn a_slow_server_takes_its_time_and_says_that_it_is_ready() {
    let server = Server::start(&[("SITE_FAULT", "slow:400")]);
    let begun = Instant::now();
    assert_eq!(server.get("/healthz").status, 200);
    let ready = begun.elapsed();
    assert_eq!(server.get("/").status, 200);
    assert!(begun.elapsed() - ready >= Duration::from_millis(400));
}

#[test]
fn a_server_that_hangs_answers_nothing_until_it_wakes() {
    let server = Server::start(&[]);
    assert!(server.fault("hang"));
    let (mut page, mut ready) = (server.connect(), server.connect());
    page.send("GET / HTTP/1.1\r\n\r\n");
    ready.send("GET /healthz HTTP/1.1\r\n\r\n");
    assert!(!page.hears(Duration::from_millis(300)) && !ready.hears(Duration::from_millis(300)));
    assert!(server.fault("none"));
    assert_eq!((page.reply().unwrap().status, ready.reply().unwrap().status), (200, 200));
}

#[test]
fn a_server_that_boots_answers_503_and_then_is_ready() {
    let begun = Instant::now();
    let server = Server::start(&[("SITE_BOOT_MS", "1500"), ("SITE_READY", "/up")]);
    let reply = server.get("/up");
    if begun.elapsed() < Duration::from_millis(1500) {
        assert_eq!((reply.status, reply.header("X-Release")), (503, Some("r1")));
        assert_eq!(server.get("/work?ms=0").status, 503);
    }
    std::thread::sleep(Duration::from_millis(1600));
    assert_eq!((server.get("/up").status, server.get("/").status), (200, 200));
}

#[test]
fn work_takes_as_long_as_it_is_asked_to() {
    let server = Server::start(&[]);
    let begun = Instant::now();
    assert_eq!(server.get("/work?ms=300").status, 200);
    assert!(begun.elapsed() >= Duration::from_millis(300));
}
