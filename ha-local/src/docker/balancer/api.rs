//! Speaks to HAProxy's runtime API: the master's, by which its worker is reached as well.

use super::seen::{self, Seen};
use crate::docker::engine::Trouble;
use ha_core::backend::Kind;
use std::{net::Ipv4Addr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A HAProxy that is well answers in milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);
/// HAProxy takes a line up to its buffer's size, 16 kB.
const LINE: usize = 8_000;

/// The runtime API behind a port of the host.
#[derive(Clone, Copy, Debug)]
pub(super) struct Api {
    pub(super) port: u16,
}

impl Api {
    /// Says all of this, in this order, in as few connections as it takes; answers what was answered.
    pub(super) async fn say(self, commands: &[String]) -> Result<String, Trouble> {
        let mut answers = String::new();
        let mut line = String::new();
        for command in commands {
            if !line.is_empty() && line.len() + command.len() > LINE {
                answers += &self.send(&line).await?;
                line.clear();
            }
            if !line.is_empty() {
                line.push(';');
            }
            line.push_str(command);
        }
        if !line.is_empty() {
            answers += &self.send(&line).await?;
        }
        Ok(answers)
    }

    /// What HAProxy says of itself, and of these maps.
    pub(super) async fn look(self, maps: &[String]) -> Result<Seen, Trouble> {
        let text = self.say(&seen::questions()).await?;
        let mut seen = seen::read(&text).map_err(|said| Trouble::said(Kind::Unavailable, said))?;
        for map in maps {
            let text = self.send(&format!("@1 show map {map}")).await?;
            seen.maps.insert(map.clone(), seen::map(&text));
        }
        Ok(seen)
    }

    async fn send(self, line: &str) -> Result<String, Trouble> {
        let talk = async {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await?;
            stream.write_all(format!("{line}\n").as_bytes()).await?;
            // The master keeps the connection for further commands unless it is told that there are none.
            stream.shutdown().await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            Ok::<String, std::io::Error>(answer)
        };
        match tokio::time::timeout(PATIENCE, talk).await {
            Ok(answer) => Ok(answer?),
            Err(_) => {
                let said = format!("HAProxy's runtime API on 127.0.0.1:{} does not answer", self.port);
                Err(Trouble::said(Kind::Unavailable, said))
            }
        }
    }
}
