//! A visitor of our own: a gate that reads answers waits for ever on a site that nobody visits.

use super::{site::Site, status};
use crate::show::Line;
use std::{
    convert::Infallible,
    io,
    process::{Command, Stdio},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{MissedTickBehavior, interval, timeout},
};

/// How often a page is asked for: enough for a gate of 20 requests a minute when a new release has a twentieth of them.
const EVERY: Duration = Duration::from_millis(100);
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// Asks for the front page at every entry of the site, for ever; whoever drops it ends it.
pub async fn visit(site: &Site, line: &Line) -> Infallible {
    let mut turns = interval(EVERY);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = false;
    loop {
        turns.tick().await;
        let urls = status::entries(site).await.unwrap_or_default();
        for url in urls {
            // What an answer says is the gate's to judge.
            if let Some(place) = url.strip_prefix("http://") {
                timeout(PATIENCE, ask(place)).await.ok();
            } else if url.starts_with("https://") && !asked_by_curl(url).await && !told {
                line.say(
                    "  there is no curl to visit it by https: a gate that waits for readings needs other visitors",
                );
                told = true;
            }
        }
    }
}

/// By TLS, which only others speak; answers whether there is somebody.
async fn asked_by_curl(url: String) -> bool {
    let patience = PATIENCE.as_secs().to_string();
    let asked = tokio::task::spawn_blocking(move || {
        let mut curl = Command::new("curl");
        // Whom the certificate is for is no matter of a visitor on loopback.
        curl.args(["--silent", "--insecure", "--output", "/dev/null", "--max-time", &patience, &url]);
        curl.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    });
    asked.await.unwrap_or(true)
}

async fn ask(place: &str) -> io::Result<()> {
    let mut stream = TcpStream::connect(place).await?;
    stream.write_all(format!("GET / HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n\r\n").as_bytes()).await?;
    stream.read_to_end(&mut Vec::new()).await.map(drop)
}
