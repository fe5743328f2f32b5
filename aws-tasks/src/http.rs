//! Reads and writes HTTP/1.1 messages as far as the services' clients and the emulators use it.

use crate::request::Request;
use std::io::{self, BufRead, Write};

/// The first line of a message and its headers.
#[derive(Debug, Default)]
pub(crate) struct Head {
    pub first: String,
    pub headers: Vec<(String, String)>,
}

impl Head {
    /// The next head; nothing where the other side has ended.
    pub fn read(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut head = Self::default();
        loop {
            let mut line = String::new();
            if from.read_line(&mut line)? == 0 {
                return Ok(None);
            }
            let line = line.trim_end();
            match (head.first.is_empty(), line.is_empty()) {
                (true, true) => {}
                (true, false) => head.first = line.to_owned(),
                (false, true) => return Ok(Some(head)),
                (false, false) => {
                    let (name, value) = line.split_once(':').unwrap_or((line, ""));
                    head.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
                }
            }
        }
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub fn is_chunked(&self) -> bool {
        self.get("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"))
    }

    /// Its body, whose end is said by a length or by chunks; nothing where neither is.
    pub fn body(&self, from: &mut impl BufRead) -> io::Result<Vec<u8>> {
        if self.is_chunked() {
            return chunks(from);
        }
        let length = self.get("content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        from.read_exact(&mut body)?;
        Ok(body)
    }

    /// Writes the message with this body, whose end is said by its length, and with nothing said of the connection.
    pub fn write(&self, to: &mut impl Write, body: &[u8], last: &str) -> io::Result<()> {
        write!(to, "{}\r\n", self.first)?;
        for (name, value) in &self.headers {
            if !["connection", "transfer-encoding", "content-length", "expect"].contains(&name.as_str()) {
                write!(to, "{name}: {value}\r\n")?;
            }
        }
        write!(to, "{last}\r\n")?;
        to.write_all(body)?;
        to.flush()
    }

    /// The request that this head and body are.
    pub fn request(&self, body: &[u8]) -> Request {
        let mut words = self.first.split(' ').map(str::to_owned);
        let (method, uri) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        Request { method, uri, headers: self.headers.clone(), body: String::from_utf8_lossy(body).into_owned() }
    }
}

/// A body in chunks, without their sizes.
fn chunks(from: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        from.read_line(&mut line)?;
        let size = line.trim().split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(size, 16).map_err(|_| io::Error::other(format!("no chunk: {line:?}")))?;
        if size == 0 {
            break;
        }
        let start = body.len();
        body.resize(start + size, 0);
        from.read_exact(&mut body[start..])?;
        from.read_line(&mut String::new())?;
    }
    // What follows the last chunk, up to an empty line.
    loop {
        let mut line = String::new();
        if from.read_line(&mut line)? == 0 || line.trim().is_empty() {
            return Ok(body);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(message: &str) -> (Head, Vec<u8>) {
        let mut from = message.as_bytes();
        let head = Head::read(&mut from).unwrap().unwrap();
        let body = head.body(&mut from).unwrap();
        (head, body)
    }

    #[test]
    fn a_body_ends_where_its_length_or_its_last_chunk_says() {
        let (head, body) = told("POST /x?a=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcdef");
        let request = head.request(&body);
        assert_eq!((request.method.as_str(), request.uri.as_str(), request.body.as_str()), ("POST", "/x?a=1", "abc"));
        assert_eq!(request.header("host"), Some("h"));
        let (head, body) =
            told("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=1\r\nde\r\n0\r\n\r\n");
        assert!(head.is_chunked());
        assert_eq!(body, b"abcde");
        assert!(Head::read(&mut "".as_bytes()).unwrap().is_none());
    }

    #[test]
    fn what_is_written_says_its_length_once() {
        let (head, body) = told("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n1\r\na\r\n0\r\n\r\n");
        let mut written = Vec::new();
        head.write(&mut written, &body, "content-length: 1\r\n").unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), "HTTP/1.1 200 OK\r\nx: y\r\ncontent-length: 1\r\n\r\na");
    }
}
