//! Requests read from a connection, one after the other, and the answers written to it.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, TcpStream},
    time::Duration,
};

const HEAD_LIMIT: usize = 16 * 1024;
const BODY_LIMIT: usize = 1024 * 1024;
const HEADERS: usize = 100;
/// How long a connection may be idle: longer than balancers keep theirs, so that the balancer is the one who closes.
const IDLE: Duration = Duration::from_secs(120);
/// How long the rest of a request may keep us waiting.
const REST: Duration = Duration::from_secs(10);
/// How much is read, and for how long, before a connection that we end is dropped: with unread bytes on it the kernel
/// resets it, and the client may lose the answer.
const FAREWELL: (usize, Duration) = (64, Duration::from_millis(500));

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub query: String,
    pub forwarded_for: Option<String>,
    pub body: Vec<u8>,
    /// Whether the client wants the connection kept.
    pub keep: bool,
}

/// Why there is no next request.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// The client is gone, or silent for too long.
    Gone,
    /// What it sent cannot be answered but with this.
    Bad(u16, &'static str),
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

/// One client's connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

struct Head {
    request: Request,
    length: usize,
    body: usize,
    waits: bool,
}

impl Connection {
    /// Takes over an accepted connection.
    pub fn new(stream: TcpStream) -> Self {
        stream.set_nodelay(true).ok();
        Self { stream, buffer: Vec::new() }
    }
    /// The next request.
    pub fn next(&mut self) -> Result<Request, End> {
        let head = loop {
            if let Some(head) = parse(&self.buffer)? {
                break head;
            }
            if self.buffer.len() > HEAD_LIMIT {
                return Err(End::Bad(431, "the head of the request is too long"));
            }
            self.read(if self.buffer.is_empty() { IDLE } else { REST })?;
        };
        if head.waits && self.buffer.len() == head.length {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").map_err(|_| End::Gone)?;
        }
        let end = head.length + head.body;
        while self.buffer.len() < end {
            self.read(REST)?;
        }
        let mut request = head.request;
        request.body = self.buffer[head.length..end].to_vec();
        self.buffer.drain(..end);
        Ok(request)
    }
    fn read(&mut self, patience: Duration) -> Result<(), End> {
        let mut chunk = [0; 8192];
        self.stream.set_read_timeout(Some(patience)).ok();
        loop {
            match self.stream.read(&mut chunk) {
                Ok(0) => return Err(End::Gone),
                Ok(count) => {
                    self.buffer.extend_from_slice(&chunk[..count]);
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Err(End::Gone),
            }
        }
    }
    /// Writes an answer, by one write. An answer to HEAD goes without its body.
    pub fn write(&mut self, answer: &Answer, keep: bool, with_body: bool) -> Result<(), End> {
        let mut text = format!("HTTP/1.1 {} {}\r\n", answer.status, reason(answer.status));
        for (name, value) in &answer.headers {
            text += &format!("{name}: {value}\r\n");
        }
        text += &format!("Content-Length: {}\r\n", answer.body.len());
        text += if keep { "Connection: keep-alive\r\n\r\n" } else { "Connection: close\r\n\r\n" };
        if with_body {
            text += &answer.body;
        }
        self.stream.write_all(text.as_bytes()).map_err(|_| End::Gone)
    }
    /// Ends the connection so that the client gets all that was written.
    pub fn close(mut self) {
        if self.stream.shutdown(Shutdown::Write).is_err() {
            return;
        }
        for _ in 0..FAREWELL.0 {
            self.buffer.clear();
            if self.read(FAREWELL.1).is_err() {
                return;
            }
        }
    }
}

fn parse(buffer: &[u8]) -> Result<Option<Head>, End> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = match parsed.parse(buffer) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(End::Bad(431, "too many headers")),
        Err(_) => return Err(End::Bad(400, "this is not a request of HTTP/1")),
    };
    let all = |wanted: &str| -> Vec<String> {
        let same = parsed.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(wanted));
        same.map(|header| String::from_utf8_lossy(header.value).trim().to_owned()).collect()
    };
    let asks = |name: &str, word: &str| {
        all(name).iter().any(|value| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(word)))
    };
    if !all("transfer-encoding").is_empty() {
        return Err(End::Bad(411, "a body needs a Content-Length"));
    }
    let body = body_length(&all("content-length"))?;
    let target = parsed.path.unwrap_or("/");
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let newer = parsed.version == Some(1);
    let forwarded = all("x-forwarded-for").join(", ");
    let request = Request {
        method: parsed.method.unwrap_or("").to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        forwarded_for: Some(forwarded)
            .filter(|who| !who.is_empty() && who.chars().all(|sign| (' '..='~').contains(&sign))),
        body: Vec::new(),
        keep: if newer { !asks("connection", "close") } else { asks("connection", "keep-alive") },
    };
    Ok(Some(Head { request, length, body, waits: newer && asks("expect", "100-continue") }))
}

fn body_length(given: &[String]) -> Result<usize, End> {
    let Some(first) = given.first() else { return Ok(0) };
    let digits = !first.is_empty() && first.bytes().all(|sign| sign.is_ascii_digit());
    if !digits || given.iter().any(|other| other != first) {
        return Err(End::Bad(400, "Content-Length is not one number"));
    }
    match first.parse() {
        Ok(length) if length <= BODY_LIMIT => Ok(length),
        _ => Err(End::Bad(413, "the body is too long")),
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        411 => "Length Required",
        413 => "Content Too Large",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_to_its_end_and_no_further() {
        let head =
            parse(b"POST /count?x=1 HTTP/1.1\r\nX-Forwarded-For: 1.2.3.4\r\ncontent-length: 2\r\n\r\n42GET /").unwrap();
        let head = head.unwrap();
        assert_eq!((head.request.path.as_str(), head.request.query.as_str(), head.body), ("/count", "x=1", 2));
        assert_eq!((head.request.forwarded_for.as_deref(), head.request.keep), (Some("1.2.3.4"), true));
        assert!(parse(b"GET / HTTP/1.1\r\nHost: a\r\n").unwrap().is_none());
    }

    #[test]
    fn a_connection_is_kept_as_the_client_wants() {
        let keep = |text: &str| parse(text.as_bytes()).unwrap().unwrap().request.keep;
        assert!(!keep("GET / HTTP/1.1\r\nConnection: Close\r\n\r\n"));
        assert!(!keep("GET / HTTP/1.0\r\n\r\n"));
        assert!(keep("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    }

    #[test]
    fn what_cannot_be_answered_is_refused() {
        let refused = |text: &str| match parse(text.as_bytes()) {
            Err(End::Bad(status, _)) => status,
            Err(End::Gone) | Ok(_) => 0,
        };
        assert_eq!(refused("HELLO\r\n\r\n"), 400);
        assert_eq!(refused("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"), 411);
        assert_eq!(refused("POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n"), 400);
        assert_eq!(refused("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"), 400);
        assert_eq!(refused("POST / HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n"), 413);
        assert_eq!(refused("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n"), 413);
        assert_eq!(refused(&format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(101))), 431);
    }
}
