//! A proxy on loopback: it passes each call on, after a delay as long as a far region's, and records it.

use crate::{http::Head, request::Request};
use std::{
    io::{self, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// A call and when it was under way, from when the proxy began.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// What was asked.
    pub request: Request,
    /// The status of the answer.
    pub status: u16,
    /// When it was asked.
    pub start: Duration,
    /// When it was answered.
    pub end: Duration,
}

/// A proxy that runs until its process ends.
#[derive(Clone, Debug)]
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    upstream: u16,
    delay: Duration,
    began: Instant,
    exchanges: Mutex<Vec<Exchange>>,
}

impl Proxy {
    /// Passes calls on to this port of loopback; each takes `delay` longer.
    #[expect(clippy::disallowed_methods, reason = "it measures what really happens")]
    pub fn start(upstream: u16, delay: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared { upstream, delay, began: Instant::now(), exchanges: Mutex::default() });
        let own = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = own.clone();
                // A client that went away is no concern of anybody's.
                thread::spawn(move || shared.serve(&stream).ok());
            }
        });
        Ok(Self { port, shared })
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What went over it since this was asked last, in the order of the answers.
    pub fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut *self.shared.lock())
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Vec<Exchange>> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All calls of one connection.
    fn serve(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let (mut from, mut to) = (BufReader::new(stream), stream);
        while let Some(head) = Head::read(&mut from)? {
            if head.get("expect").is_some() {
                to.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            }
            let body = head.body(&mut from)?;
            let start = self.began.elapsed();
            self.wait();
            let (answer, content) = self.pass_on(&head, &body)?;
            let status = answer.first.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
            let exchange = Exchange { request: head.request(&body), status, start, end: self.began.elapsed() };
            self.lock().push(exchange);
            // An answer to HEAD tells the length of what it leaves out.
            let told = answer.get("content-length").filter(|_| head.first.starts_with("HEAD ")).map(str::to_owned);
            let length = told.unwrap_or_else(|| content.len().to_string());
            answer.write(&mut to, &content, &format!("content-length: {length}\r\n"))?;
        }
        Ok(())
    }

    #[expect(clippy::disallowed_methods, reason = "the delay is what it is there for")]
    fn wait(&self) {
        thread::sleep(self.delay);
    }

    fn pass_on(&self, head: &Head, body: &[u8]) -> io::Result<(Head, Vec<u8>)> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.upstream))?;
        stream.set_nodelay(true)?;
        let mut message = Vec::new();
        head.write(&mut message, body, &format!("content-length: {}\r\nconnection: close\r\n", body.len()))?;
        (&stream).write_all(&message)?;
        let mut from = BufReader::new(&stream);
        let answer = Head::read(&mut from)?.ok_or_else(|| io::Error::other("no answer"))?;
        let content = match (head.first.starts_with("HEAD "), answer.is_chunked(), answer.get("content-length")) {
            (true, _, _) => Vec::new(),
            (false, false, None) => {
                let mut rest = Vec::new();
                from.read_to_end(&mut rest)?;
                rest
            }
            (false, _, _) => answer.body(&mut from)?,
        };
        Ok((answer, content))
    }
}

/// The longest chain of calls each of which began after the one before was answered: what each had to wait for at most.
pub fn depth(exchanges: &[Exchange]) -> usize {
    let mut sorted: Vec<&Exchange> = exchanges.iter().collect();
    sorted.sort_by_key(|it| it.end);
    let (mut depth, mut last) = (0, Duration::ZERO);
    for it in sorted {
        if it.start >= last {
            depth += 1;
            last = it.end;
        }
    }
    depth
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(start: u64, end: u64) -> Exchange {
        let ms = Duration::from_millis;
        Exchange { request: Request::default(), status: 200, start: ms(start), end: ms(end) }
    }

    #[test]
    fn the_depth_is_the_longest_chain_of_calls_that_do_not_overlap() {
        assert_eq!(depth(&[]), 0);
        // Three at once, then one, then two of which one is slow.
        let calls = [(0, 10), (0, 12), (1, 11), (13, 20), (21, 30), (21, 90), (31, 40)];
        assert_eq!(depth(&calls.map(|(start, end)| exchange(start, end))), 4);
    }

    #[test]
    fn a_call_is_passed_on_recorded_and_delayed() {
        let upstream = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = upstream.local_addr().unwrap().port();
        thread::spawn(move || {
            for stream in upstream.incoming().flatten() {
                let head = Head::read(&mut BufReader::new(&stream)).unwrap().unwrap();
                assert_eq!(head.get("connection"), Some("close"));
                (&stream).write_all(b"HTTP/1.1 201 Created\r\n\r\nwell").unwrap();
            }
        });
        let proxy = Proxy::start(port, Duration::from_millis(20)).unwrap();
        let mut client = TcpStream::connect(proxy.url().trim_start_matches("http://")).unwrap();
        for _ in 0..2 {
            client.write_all(b"POST /a HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\n\r\nhi").unwrap();
            let mut from = BufReader::new(&client);
            let answer = Head::read(&mut from).unwrap().unwrap();
            assert_eq!(
                (answer.first.as_str(), answer.body(&mut from).unwrap()),
                ("HTTP/1.1 201 Created", b"well".into())
            );
        }
        let exchanges = proxy.take();
        assert_eq!((exchanges.len(), depth(&exchanges)), (2, 2));
        assert!(exchanges.iter().all(|it| it.status == 201 && it.request.body == "hi"));
        assert!(exchanges.iter().all(|it| it.end - it.start >= Duration::from_millis(20)));
        assert!(proxy.take().is_empty());
    }
}
