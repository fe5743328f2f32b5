//! Requests one after the other, at once, wrong, and on hundreds of connections.

use crate::server::Server;
use std::thread;

#[test]
fn a_connection_is_kept_and_every_answer_says_who_gave_it() {
    let server = Server::start(&[("SITE_INSTANCE", "web-1"), ("SITE_ZONE", "a"), ("SITE_POOL", "web")]);
    let mut client = server.connect();
    for (path, status) in
        [("/", 200), ("/healthz", 200), ("/nowhere", 404), ("/count", 405), ("/work", 400), ("/", 200)]
    {
        let reply = client.get(path);
        assert_eq!(reply.status, status, "{path}");
        let who = ["X-Release", "X-Instance", "X-Zone", "X-Pool", "Connection"].map(|name| reply.header(name).unwrap());
        assert_eq!(who, ["r1", "web-1", "a", "web", "keep-alive"], "{path}");
    }
}

#[test]
fn requests_that_are_sent_at_once_are_answered_in_their_order() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    client.send(
        "GET /work?ms=50 HTTP/1.1\r\n\r\nGET /nowhere HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nConnection: close\r\n\r\n",
    );
    let statuses: Vec<u16> = std::iter::from_fn(|| client.reply()).map(|reply| reply.status).collect();
    assert_eq!(statuses, [200, 404, 200]);
}

#[test]
fn a_request_that_comes_in_pieces_is_one_request() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    for piece in ["GET / HT", "TP/1.1\r\nX-Forwarded-For: 1.2.3.4", "\r\nX-Forwarded-For: 5.6.7.8\r\n", "\r\n"] {
        client.send(piece);
        thread::sleep(std::time::Duration::from_millis(30));
    }
    let reply = client.reply().unwrap();
    assert_eq!((reply.status, reply.header("X-Forwarded-For")), (200, Some("1.2.3.4, 5.6.7.8")));
}

#[test]
fn a_bad_request_is_refused_and_ends_its_own_connection_only() {
    let server = Server::start(&[]);
    let mut good = server.connect();
    assert_eq!(good.get("/").status, 200);
    let long = format!("GET / HTTP/1.1\r\nA: {}", "b".repeat(20_000));
    let chunked = "POST /count HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n42\r\n0\r\n\r\n";
    for (text, status) in [("\0\0\0\0\r\n\r\n", 400), (long.as_str(), 431), (chunked, 411)] {
        let mut client = server.connect();
        client.send(text);
        let reply = client.reply().unwrap();
        assert_eq!(
            (reply.status, reply.header("Connection"), reply.header("X-Release")),
            (status, Some("close"), Some("r1"))
        );
        assert!(client.reply().is_none(), "the connection goes on after {status}");
    }
    server.connect().send("POST /count HTTP/1.1\r\nContent-Length: 5\r\n\r\n1");
    assert_eq!(good.get("/").status, 200);
}

#[test]
fn a_client_that_sends_too_much_still_hears_why_it_is_refused() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    client.send("POST /count HTTP/1.1\r\nContent-Length: 2000000\r\n\r\n");
    for _ in 0..30 {
        client.send(&"9".repeat(10_000));
        thread::sleep(std::time::Duration::from_millis(1));
    }
    assert_eq!(client.reply().unwrap().status, 413);
    assert!(client.reply().is_none());
}

#[test]
fn an_answer_to_head_has_no_body() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    client.send("HEAD / HTTP/1.1\r\n\r\nGET /nowhere HTTP/1.1\r\nConnection: close\r\n\r\n");
    let all = client.rest();
    let (first, second) = all.split_once("\r\n\r\n").unwrap();
    assert!(first.starts_with("HTTP/1.1 200") && !first.contains("Content-Length: 0"), "{all}");
    assert!(second.starts_with("HTTP/1.1 404"), "{all}");
}

#[test]
fn hundreds_of_connections_are_kept_at_once() {
    let server = Server::start(&[]);
    let mut clients: Vec<_> = (0..400).map(|_| server.connect()).collect();
    for _ in 0..2 {
        for client in &mut clients {
            assert_eq!(client.get("/").status, 200);
        }
    }
}
