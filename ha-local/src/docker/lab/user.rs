//! A user: one connection a request, the cookies that he was given, and the answers that his cache still keeps.

use crate::docker::{Docker, dns, now};
use ha_core::{conformance::Answer, name::DnsName, time::Timestamp, topology::Endpoint};
use std::{collections::BTreeMap, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// How long he waits beyond what the work takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A user, with his cookies and his cache of names.
#[derive(Debug, Default)]
pub(super) struct User {
    cookies: BTreeMap<String, String>,
    names: BTreeMap<DnsName, (Vec<Endpoint>, Timestamp)>,
}

impl User {
    /// What he finds under a name: what his cache keeps, or a fresh answer. Nothing is kept of a question without one.
    pub(super) async fn find(&mut self, docker: &Docker, name: &DnsName) -> Vec<Endpoint> {
        if let Some((found, until)) = self.names.get(name)
            && *until > now()
        {
            return found.clone();
        }
        let Ok((found, ttl)) = dns::resolve(docker, name).await else { return Vec::new() };
        self.names.insert(name.clone(), (found.clone(), now() + ttl));
        found
    }

    /// Sends one request that works for so long, and waits for what becomes of it.
    pub(super) async fn ask(&mut self, entry: SocketAddr, takes: Duration) -> Answer {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = if cookies.is_empty() { String::new() } else { format!("cookie: {}\r\n", cookies.join("; ")) };
        let path = format!("/work?ms={}", takes.as_millis());
        let request = format!("GET {path} HTTP/1.1\r\nhost: conformance\r\n{cookies}connection: close\r\n\r\n");
        let sent = tokio::time::timeout(PATIENCE + takes, exchange(entry, &request));
        let answer = match sent.await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Answer::Failed(error.to_string()),
            Err(_) => return Answer::Failed("no answer".into()),
        };
        let (head, _) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let (status, headers) = head.split_once("\r\n").unwrap_or((head, ""));
        let said = |name: &str| -> Vec<String> {
            let pairs = headers.lines().filter_map(|line| line.split_once(':'));
            let of_name = pairs.filter(|(other, _)| other.eq_ignore_ascii_case(name));
            of_name.map(|(_, value)| value.trim().to_owned()).collect()
        };
        for cookie in said("set-cookie") {
            if let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) {
                self.cookies.insert(name.trim().to_owned(), value.to_owned());
            }
        }
        let by = |name: &str| said(name).pop();
        match (status.split(' ').nth(1), by("x-pool"), by("x-instance"), by("x-release")) {
            (Some("200"), Some(pool), Some(instance), Some(release)) => {
                Answer::Served { pool: pool.into(), instance: instance.into(), release: release.into() }
            }
            _ => Answer::Failed(format!("answered {status:?}")),
        }
    }
}

async fn exchange(entry: SocketAddr, request: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(entry).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
