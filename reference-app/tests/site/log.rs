//! POSTs are executed once each, and the log of it outlives who executed them.

use crate::server::{Server, place};
use std::{collections::BTreeSet, fs, thread};

#[test]
fn each_number_is_one_line_whoever_wrote_it_and_however_it_ended() {
    let log = place("log");
    let name = log.to_str().unwrap().to_owned();
    let start = |instance: &str| Server::start(&[("SITE_LOG", &name), ("SITE_INSTANCE", instance)]);
    let mut servers = [start("a"), start("b")];
    thread::scope(|scope| {
        for client in 0..8 {
            let server = &servers[client % 2];
            scope.spawn(move || {
                let mut connection = server.connect();
                for count in 0..50 {
                    let number = format!("{client}-{count}");
                    let reply = connection.post(&number);
                    assert_eq!((reply.status, reply.body), (200, format!("{number}\n")));
                }
            });
        }
    });
    servers[0].process.kill().unwrap();
    drop(servers);
    let written = fs::read_to_string(&log).unwrap();
    fs::remove_file(&log).unwrap();
    let lines: Vec<&str> = written.lines().collect();
    let wanted: BTreeSet<String> = (0..8_usize)
        .flat_map(|client| (0..50).map(move |count| format!("{client}-{count} {} r1", ["a", "b"][client % 2])))
        .collect();
    assert_eq!(lines.len(), 400);
    assert_eq!(lines.iter().map(|line| (*line).to_owned()).collect::<BTreeSet<_>>(), wanted);
}

#[test]
fn what_cannot_be_written_is_not_acknowledged() {
    let without = Server::start(&[]);
    assert_eq!(without.connect().post("1").status, 503);
    let full = Server::start(&[("SITE_LOG", "/dev/full")]);
    assert_eq!(full.connect().post("1").status, 500);
    let log = place("log");
    let server = Server::start(&[("SITE_LOG", log.to_str().unwrap())]);
    let long = "9".repeat(65);
    for number in ["", "1 2", "1\n2", long.as_str(), "é"] {
        assert_eq!(server.connect().post(number).status, 400, "{number:?}");
    }
    assert_eq!(fs::read_to_string(&log).unwrap(), "");
    fs::remove_file(&log).unwrap();
}
