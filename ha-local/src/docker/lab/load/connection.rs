//! One connection of a user: a request, and its answer.

use std::{io, net::SocketAddr};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

/// A connection that is kept from one request to the next.
pub(super) struct Connection(BufReader<TcpStream>);

/// What an answer says of itself.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) release: Option<String>,
    pub(super) instance: Option<String>,
    /// Whether the other side ends the connection with it.
    pub(super) closes: bool,
}

impl Connection {
    pub(super) async fn open(entry: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(entry).await?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// A POST of a number, or a GET.
    pub(super) async fn ask(&mut self, post: bool, number: u64) -> io::Result<Answer> {
        let (line, body) = if post { ("POST /count", number.to_string()) } else { ("GET /", String::new()) };
        let request = format!("{line} HTTP/1.1\r\nhost: load\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        self.0.write_all(request.as_bytes()).await?;
        let (mut answer, mut length) = (Answer::default(), 0);
        let mut line = String::new();
        loop {
            line.clear();
            if self.0.read_line(&mut line).await? == 0 {
                return Err(io::Error::other("closed instead of an answer"));
            }
            let text = line.trim_end().to_ascii_lowercase();
            if text.is_empty() {
                break;
            }
            let wrong = |_| io::Error::other(format!("not understood: {text:?}"));
            match text.split_once(": ") {
                Some(("content-length", value)) => length = value.parse().map_err(wrong)?,
                Some(("x-release", value)) => answer.release = Some(value.to_owned()),
                Some(("x-instance", value)) => answer.instance = Some(value.to_owned()),
                Some(("connection", value)) => answer.closes = value == "close",
                _ if answer.status == 0 => {
                    answer.status = text.split(' ').nth(1).unwrap_or_default().parse().map_err(wrong)?;
                }
                _ => {}
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await?;
        Ok(answer)
    }
}
