//! A server of its own for each test, and a client that shows what came over the wire.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_site");

/// A running server, which is killed when this is dropped.
pub struct Server {
    pub process: Child,
    pub port: u16,
    pub control: PathBuf,
}

impl Server {
    pub fn start(settings: &[(&str, &str)]) -> Self {
        let control = place("sock");
        let mut command = Command::new(PROGRAM);
        command.arg("serve").env("SITE_PORT", "0").env("SITE_RELEASE", "r1").env("SITE_CONTROL", &control);
        let mut process = command.envs(settings.iter().copied()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().rsplit(' ').next().and_then(|port| port.parse().ok());
        let port = port.unwrap_or_else(|| panic!("the server said {line:?}"));
        Self { process, port, control }
    }
    pub fn fault(&self, kind: &str) -> bool {
        let mut command = Command::new(PROGRAM);
        command
            .args(["fault", kind])
            .env("SITE_CONTROL", &self.control)
            .stderr(Stdio::null())
            .status()
            .unwrap()
            .success()
    }
    pub fn connect(&self) -> Client {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Client { stream, buffer: Vec::new() }
    }
    pub fn get(&self, path: &str) -> Reply {
        self.connect().get(path)
    }
    pub fn term(&self) {
        let process = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &process]).status().unwrap().success());
    }
    pub fn end(&mut self, patience: Duration) -> Option<ExitStatus> {
        let begun = Instant::now();
        while begun.elapsed() < patience {
            if let Some(status) = self.process.try_wait().unwrap() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
        std::fs::remove_file(&self.control).ok();
    }
}

/// A place for a file that no other test uses.
pub fn place(ending: &str) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::SeqCst);
    std::env::temp_dir().join(format!("site-{}-{count}.{ending}", std::process::id()))
}

/// A connection.
pub struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

impl Client {
    pub fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).unwrap();
    }
    pub fn get(&mut self, path: &str) -> Reply {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: site\r\n\r\n"));
        self.reply().unwrap()
    }
    pub fn post(&mut self, number: &str) -> Reply {
        self.send(&format!("POST /count HTTP/1.1\r\nContent-Length: {}\r\n\r\n{number}", number.len()));
        self.reply().unwrap()
    }
    /// The next answer with a body; `None`: the connection has ended.
    pub fn reply(&mut self) -> Option<Reply> {
        let head = loop {
            match self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                Some(end) => break end + 4,
                None if self.read() == 0 => return None,
                None => {}
            }
        };
        let text = String::from_utf8(self.buffer[..head].to_vec()).unwrap();
        let mut reply = Reply { status: text[9..12].parse().unwrap(), head: text, body: String::new() };
        let length: usize = reply.header("Content-Length").map_or(0, |length| length.parse().unwrap());
        while self.buffer.len() < head + length {
            assert!(self.read() > 0, "the connection ended within a body");
        }
        reply.body = String::from_utf8(self.buffer[head..head + length].to_vec()).unwrap();
        self.buffer.drain(..head + length);
        Some(reply)
    }
    /// All that comes until the connection ends.
    pub fn rest(&mut self) -> String {
        while self.read() > 0 {}
        String::from_utf8(std::mem::take(&mut self.buffer)).unwrap()
    }
    /// Whether something comes within this time.
    pub fn hears(&mut self, patience: Duration) -> bool {
        self.stream.set_read_timeout(Some(patience)).unwrap();
        let heard = self.stream.peek(&mut [0]).is_ok_and(|count| count > 0);
        self.stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        heard
    }
    fn read(&mut self) -> usize {
        let mut chunk = [0; 4096];
        let count = self.stream.read(&mut chunk).unwrap();
        self.buffer.extend_from_slice(&chunk[..count]);
        count
    }
}
