//! Load of users who keep their connections: half of what they send is POSTs, each with a number of its own. A request is
//! sent when it is due, whatever became of those before it.

mod connection;
mod told;

pub use told::{Answered, Failed, Sent, Told};

use connection::Connection;
use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

/// A user waits so long for an answer: longer than a balancer waits for an instance.
const PATIENCE: Duration = Duration::from_secs(90);

/// What is sent.
#[derive(Clone, Copy, Debug)]
pub struct Mix {
    /// So many requests a second, at even distances.
    pub rate: f64,
    /// So many connections are kept at least, and used in turn. Another is opened when all are busy.
    pub connections: usize,
    /// The number of the first request; those that follow count on.
    pub first: u64,
}

/// Load that is under way, on a thread of its own.
#[derive(Debug)]
pub struct Load {
    begun: Instant,
    stop: Arc<AtomicBool>,
    told: Arc<Mutex<Vec<Sent>>>,
    thread: JoinHandle<io::Result<()>>,
}

impl Load {
    /// Begins to send.
    pub fn begin(entry: SocketAddr, mix: Mix) -> Self {
        let (begun, stop, told) = (Instant::now(), Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let users = Arc::new(Users { entry, mix, begun, told: told.clone(), idle: Mutex::default() });
        let ends = stop.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(users.send(&ends));
            Ok(())
        });
        Self { begun, stop, told, thread }
    }

    /// For how long it has been under way.
    pub fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    /// What became of so many requests is known.
    pub fn count(&self) -> usize {
        lock(&self.told).len()
    }

    /// What became of what is known so far.
    pub fn so_far(&self) -> Told {
        Told::new(lock(&self.told).clone())
    }

    /// Ends it, waits for the answers that are still out, and tells what became of all that was sent. Dropping the future
    /// leaves the thread to end by itself.
    pub async fn end(self) -> io::Result<Told> {
        self.stop.store(true, Ordering::Release);
        let ended = tokio::task::spawn_blocking(|| self.thread.join()).await?;
        ended.unwrap_or_else(|_| Err(io::Error::other("the thread that sends requests broke down")))?;
        Ok(Told::new(std::mem::take(&mut lock(&self.told))))
    }
}

struct Users {
    entry: SocketAddr,
    mix: Mix,
    begun: Instant,
    told: Arc<Mutex<Vec<Sent>>>,
    /// Connections that nobody uses at the moment, the one that waits longest first.
    idle: Mutex<VecDeque<Connection>>,
}

impl Users {
    async fn send(self: Arc<Self>, ends: &AtomicBool) {
        for _ in 0..self.mix.connections {
            // Who cannot be reached now is met again by the first request.
            if let Ok(opened) = Connection::open(self.entry).await {
                lock(&self.idle).push_back(opened);
            }
        }
        let (begun, mut out) = (self.begun.elapsed(), JoinSet::new());
        for place in 0_u64.. {
            let due = begun + Duration::from_secs_f64(place as f64 / self.mix.rate);
            sleep_until(self.begun + due).await;
            if ends.load(Ordering::Acquire) {
                break;
            }
            while out.try_join_next().is_some() {}
            out.spawn(self.clone().one(self.mix.first + place, due));
        }
        while out.join_next().await.is_some() {}
    }

    async fn one(self: Arc<Self>, number: u64, due: Duration) {
        let kept = lock(&self.idle).pop_front();
        let (at, was_kept) = (self.begun.elapsed(), kept.is_some());
        let post = number.is_multiple_of(2);
        let answered = timeout(PATIENCE, self.exchange(kept, post, number)).await;
        let told = |kind: String| Err(Failed { kind, instance: None, kept: was_kept });
        let outcome = match answered {
            Ok(Ok((answer, connection))) => {
                lock(&self.idle).extend(connection);
                let (instance, release) = (answer.instance, answer.release);
                match (answer.status, release, instance) {
                    (200, Some(release), Some(instance)) => Ok(Answered { release, instance }),
                    (status, _, instance) => Err(Failed { kind: status.to_string(), instance, kept: was_kept }),
                }
            }
            Ok(Err(error)) => told(error.to_string()),
            Err(_) => told(format!("no answer within {} s", PATIENCE.as_secs())),
        };
        let took = self.begun.elapsed() - at;
        lock(&self.told).push(Sent { number, post, due, at, took, outcome });
    }

    async fn exchange(
        &self,
        kept: Option<Connection>,
        post: bool,
        number: u64,
    ) -> io::Result<(connection::Answer, Option<Connection>)> {
        let mut connection = match kept {
            Some(connection) => connection,
            None => Connection::open(self.entry).await?,
        };
        let answer = connection.ask(post, number).await?;
        let stays = (!answer.closes).then_some(connection);
        Ok((answer, stays))
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
