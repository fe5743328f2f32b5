//! How long a user's questions travel, once the site is there.

use super::seen::{Shared, lock};
use ha_core::{backend::Scope, name::DnsName};
use ha_examples::docker::program;
use ha_local::docker::{Docker, balancer, dns};
use std::{
    future::Future,
    io,
    net::{SocketAddr, SocketAddrV4},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// So many questions of a kind.
const TIMES: usize = 50;
/// The port at which instances listen.
const PORT: u16 = 8080;
/// Who gets no answer within this is answered never.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks for the name, for a page through the balancer, and for the same page at each instance.
pub async fn take(docker: &Docker, scope: &Scope, name: &DnsName, seen: &Shared) -> Result<(), String> {
    let tables = docker.directory.read().await.map_err(|trouble| program::said(&trouble))?;
    let pools = tables.pools.values().filter(|row| row.owner == *scope);
    let addresses = pools.flat_map(|row| &row.members).map(|member| SocketAddrV4::new(member.address, PORT).into());
    let instances: Vec<SocketAddr> = addresses.collect();
    let front = balancer::entry(docker, scope, &"front".into()).await.ok_or("the balancer is entered nowhere")?;
    let said = |what: &str, error: io::Error| format!("{what}: {error}");
    for instance in instances.into_iter().cycle().take(TIMES) {
        timed("connect", seen, TcpStream::connect(instance)).await.map_err(|error| said("an instance", error))?;
        timed("page of an instance", seen, page(instance)).await.map_err(|error| said("an instance", error))?;
        timed("page through the balancer", seen, page(front)).await.map_err(|error| said("the balancer", error))?;
        let found = async { dns::resolve(docker, name).await.map_err(|trouble| io::Error::other(trouble.to_string())) };
        let (found, _) = timed("network.lookup", seen, found).await.map_err(|error| said("the DNS server", error))?;
        if found.is_empty() {
            return Err(format!("nothing is answered to {name}"));
        }
    }
    Ok(())
}

async fn timed<T>(name: &'static str, seen: &Shared, act: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let begun = Instant::now();
    let answer = tokio::time::timeout(PATIENCE, act).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    lock(seen).samples.entry(name).or_default().push(begun.elapsed());
    Ok(answer)
}

async fn page(at: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect(at).await?;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: site\r\nconnection: close\r\n\r\n").await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let good = answer.get(9).is_some_and(|digit| *digit == b'2');
    if good { Ok(()) } else { Err(io::Error::other("no good answer")) }
}
