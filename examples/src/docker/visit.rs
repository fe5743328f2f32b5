//! A visitor of our own: a gate that reads answers waits for ever on a site that nobody visits.

use super::{site::Site, status};
use std::{convert::Infallible, io, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{MissedTickBehavior, interval, timeout},
};

/// How often a page is asked for: enough for a gate of 20 requests a minute when a new release has a twentieth of them.
const EVERY: Duration = Duration::from_millis(100);
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// Asks for the front page at every plain HTTP entry of the site, for ever; whoever drops it ends it.
pub async fn visit(site: &Site) -> Infallible {
    let mut turns = interval(EVERY);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        let urls = status::entries(site).await.unwrap_or_default();
        for place in urls.iter().filter_map(|url| url.strip_prefix("http://")) {
            // What an answer says is the gate's to judge.
            timeout(PATIENCE, ask(place)).await.ok();
        }
    }
}

async fn ask(place: &str) -> io::Result<()> {
    let mut stream = TcpStream::connect(place).await?;
    stream.write_all(format!("GET / HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n\r\n").as_bytes()).await?;
    stream.read_to_end(&mut Vec::new()).await.map(drop)
}
