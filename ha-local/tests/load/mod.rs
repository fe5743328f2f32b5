//! Users who keep their connections: half of what they send is POSTs, each with a number of its own.

use std::{
    collections::BTreeMap,
    fmt,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

/// What became of one request.
#[derive(Clone, Debug)]
struct Sent {
    at: Duration,
    took: Duration,
    method: &'static str,
    number: u64,
    outcome: Result<String, String>,
}

/// Load that is under way, on a thread of its own.
pub struct Load {
    begun: Instant,
    stop: Arc<AtomicBool>,
    sent: Arc<Mutex<Vec<Sent>>>,
    thread: JoinHandle<()>,
}

/// What became of all requests.
pub struct Told(Vec<Sent>);

impl Load {
    /// So many users, each with one connection, who together send so many requests a second.
    pub fn begin(entry: SocketAddr, users: u64, rate: f64) -> Self {
        let (begun, stop, sent) = (Instant::now(), Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let (ends, told) = (stop.clone(), sent.clone());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut all = JoinSet::new();
                for user in 0..users {
                    let user = User { entry, number: user, of: users, rate, begun };
                    all.spawn(user.use_it(ends.clone(), told.clone()));
                }
                while all.join_next().await.is_some() {}
            });
        });
        Self { begun, stop, sent, thread }
    }

    /// For how long it has been under way.
    pub fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Ends it, and tells what became of all that was sent.
    pub async fn end(self) -> Told {
        self.stop.store(true, Ordering::Release);
        tokio::task::spawn_blocking(|| self.thread.join().unwrap()).await.unwrap();
        let mut sent = self.sent.lock().unwrap().clone();
        sent.sort_by_key(|sent| sent.at);
        Told(sent)
    }
}

struct User {
    entry: SocketAddr,
    number: u64,
    of: u64,
    rate: f64,
    begun: Instant,
}

impl User {
    async fn use_it(self, ends: Arc<AtomicBool>, told: Arc<Mutex<Vec<Sent>>>) {
        let mut connection = None;
        for turn in 0.. {
            let number = turn * self.of + self.number;
            sleep_until(self.begun + Duration::from_secs_f64(number as f64 / self.rate)).await;
            if ends.load(Ordering::Acquire) {
                return;
            }
            let method = if turn % 2 == 0 { "POST" } else { "GET" };
            let at = self.begun.elapsed();
            let answered =
                timeout(Duration::from_secs(90), exchange(self.entry, &mut connection, method, number)).await;
            let outcome = answered.unwrap_or_else(|_| Err("no answer".into()));
            if outcome.is_err() {
                connection = None;
            }
            let took = self.begun.elapsed() - at;
            told.lock().unwrap().push(Sent { at, took, method, number, outcome });
        }
    }
}

type Connection = Option<BufReader<TcpStream>>;

/// The release that answered.
async fn exchange(entry: SocketAddr, kept: &mut Connection, method: &str, number: u64) -> Result<String, String> {
    let said = |error: std::io::Error| error.to_string();
    let mut stream = match kept.take() {
        Some(stream) => stream,
        None => BufReader::new(TcpStream::connect(entry).await.map_err(said)?),
    };
    let (path, body) = if method == "POST" { ("/count", number.to_string()) } else { ("/", String::new()) };
    let request = format!("{method} {path} HTTP/1.1\r\nhost: load\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.map_err(said)?;
    let (mut status, mut length, mut release, mut closes) = (String::new(), 0, None, false);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.map_err(said)? == 0 {
            return Err("the connection was closed instead of an answer".into());
        }
        let line = line.trim_end().to_ascii_lowercase();
        match line.split_once(": ") {
            _ if line.is_empty() => break,
            Some(("content-length", value)) => length = value.parse().map_err(|_| line.clone())?,
            Some(("x-release", value)) => release = Some(value.to_owned()),
            Some(("connection", value)) => closes = value == "close",
            _ if status.is_empty() => status = line,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.map_err(said)?;
    if !closes {
        *kept = Some(stream);
    }
    match release {
        Some(release) if status.split(' ').nth(1) == Some("200") => Ok(release),
        _ => Err(status),
    }
}

impl Told {
    /// What failed, and when.
    pub fn failed(&self) -> Vec<String> {
        let failed = self.0.iter().filter_map(|sent| Some((sent, sent.outcome.as_ref().err()?)));
        let told =
            |(sent, why): (&Sent, &String)| format!("{} {:?} after {:?}: {why}", sent.method, sent.at, sent.took);
        failed.map(told).collect()
    }

    /// How many failed that were sent after this.
    pub fn failed_since(&self, at: Duration) -> usize {
        self.0.iter().filter(|sent| sent.at >= at && sent.outcome.is_err()).count()
    }

    /// The releases that answered what was sent after this.
    pub fn answered_since(&self, at: Duration) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |sent| sent.at >= at).filter_map(|sent| sent.outcome.as_deref().ok())
    }

    /// Each POST that was acknowledged stands once in the instances' log, and none stands there twice.
    pub fn each_post_ran_once(&self, log: &str) {
        let mut ran: BTreeMap<u64, usize> = BTreeMap::new();
        for number in log.lines().filter_map(|line| line.split(' ').next()?.parse().ok()) {
            *ran.entry(number).or_default() += 1;
        }
        let twice: Vec<_> = ran.iter().filter(|(_, times)| **times > 1).collect();
        assert!(twice.is_empty(), "ran twice: {twice:?}");
        let posts = self.0.iter().filter(|sent| sent.method == "POST" && sent.outcome.is_ok());
        let never: Vec<u64> = posts.map(|sent| sent.number).filter(|number| !ran.contains_key(number)).collect();
        assert!(never.is_empty() && !ran.is_empty(), "acknowledged and never ran: {never:?}");
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut by: BTreeMap<&str, usize> = BTreeMap::new();
        for release in self.answered_since(Duration::ZERO) {
            *by.entry(release).or_default() += 1;
        }
        let worst = self.0.iter().map(|sent| sent.took).max().unwrap_or_default();
        let failed = self.failed();
        write!(f, "{} sent, {} failed, answered by {by:?}, the slowest took {worst:?}", self.0.len(), failed.len())?;
        failed.iter().take(20).try_for_each(|failed| write!(f, "\n{failed}"))
    }
}
