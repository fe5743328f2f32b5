//! The pool's own agent: it asks instances that no balancer checks whether they can serve.

use super::MemberRow;
use ha_core::{
    backend::state::InstancePhase,
    keeper::health::{Checks, judge},
    name::InstanceId,
    time::Timestamp,
    topology::{Boot, HealthCheck},
};
use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddrV4},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

/// An instance, by the scope's name and its own.
pub(super) type Known = (String, InstanceId);

/// What it remembers of each instance that it checks.
#[derive(Debug, Default)]
pub(super) struct Agent {
    watched: BTreeMap<Known, Watched>,
    asking: JoinSet<(Known, Timestamp, bool)>,
}

#[derive(Clone, Copy, Debug)]
struct Watched {
    checks: Checks,
    /// Since when its phase has been what it is: one that comes back begins anew.
    since: Timestamp,
    next: Timestamp,
    asked: bool,
}

impl Agent {
    /// Takes up what was answered.
    pub(super) fn listen(&mut self, check: &HealthCheck) {
        while let Some(answer) = self.asking.try_join_next() {
            let Ok((known, since, passed)) = answer else { continue };
            if let Some(watched) = self.watched.get_mut(&known).filter(|watched| watched.since == since) {
                (watched.checks, watched.asked) = (judge(watched.checks, passed, check), false);
            }
        }
    }

    /// Asks an instance if it is time to.
    pub(super) fn ask(
        &mut self,
        known: &Known,
        member: &MemberRow,
        (boot, check): (&Boot, &HealthCheck),
        now: Timestamp,
    ) {
        let known_since = self.watched.get(known).map_or(member.launched, |watched| watched.since);
        let since = if member.phase == InstancePhase::Returning { member.since } else { known_since };
        let fresh = Watched { checks: Checks::new(), since, next: now, asked: false };
        let watched = self.watched.entry(known.clone()).or_insert(fresh);
        if watched.since != since {
            *watched = fresh;
        }
        if watched.asked || watched.next > now {
            return;
        }
        (watched.asked, watched.next) = (true, now + check.interval);
        let (known, address, boot, timeout) = (known.clone(), member.address, boot.clone(), check.timeout);
        self.asking.spawn(async move { (known, since, answers(address, &boot, timeout).await) });
    }

    /// How an instance is judged; `None`: it was never asked.
    pub(super) fn judged(&self) -> BTreeMap<Known, Checks> {
        self.watched.iter().map(|(known, watched)| (known.clone(), watched.checks)).collect()
    }

    /// Forgets who is not among these.
    pub(super) fn retain(&mut self, stays: impl Fn(&Known) -> bool) {
        self.watched.retain(|known, _| stays(known));
    }
}

/// Whether an instance answers 2xx where it promised to.
async fn answers(address: Ipv4Addr, boot: &Boot, timeout: Duration) -> bool {
    let asked = async {
        let mut stream = TcpStream::connect(SocketAddrV4::new(address, boot.port)).await.ok()?;
        let request = format!("GET {} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n", boot.ready);
        stream.write_all(request.as_bytes()).await.ok()?;
        // `HTTP/1.1 200`: the code is all that counts.
        let mut begin = [0; 12];
        stream.read_exact(&mut begin).await.ok()?;
        Some(begin.starts_with(b"HTTP/1.") && begin[9] == b'2')
    };
    matches!(tokio::time::timeout(timeout, asked).await, Ok(Some(true)))
}
