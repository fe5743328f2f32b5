//! One request, sent and shown: to try the network from inside a container that has no other tool.

use std::{
    io::{Read, Write},
    net::{TcpStream, ToSocketAddrs},
    time::Duration,
};

/// Sends the request and prints the answer; an answer other than 2xx is an error.
pub fn run(url: &str, options: &[&str]) -> Result<(), String> {
    let (mut body, mut patience) = (None, Duration::from_secs(2));
    let mut rest = options.iter();
    while let Some(option) = rest.next() {
        let value = *rest.next().ok_or_else(|| format!("{option} needs a value"))?;
        match *option {
            "--post" => body = Some(value),
            "--timeout-ms" => {
                patience = Duration::from_millis(value.parse().map_err(|error| format!("{option} {value}: {error}"))?);
            }
            other => return Err(format!("no such option: {other}")),
        }
    }
    let answer = send(url, body, patience.max(Duration::from_millis(1))).map_err(|why| format!("{url}: {why}"))?;
    println!("{answer}");
    if answer.starts_with("HTTP/1.1 2") { Ok(()) } else { Err(format!("{url}: not 2xx")) }
}

fn send(url: &str, body: Option<&str>, patience: Duration) -> Result<String, String> {
    let says = |error: std::io::Error| error.to_string();
    let rest = url.strip_prefix("http://").ok_or("a URL begins with http://")?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let place = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
    let address = place.to_socket_addrs().map_err(says)?.next().ok_or("no address")?;
    let mut stream = TcpStream::connect_timeout(&address, patience).map_err(says)?;
    stream.set_read_timeout(Some(patience)).map_err(says)?;
    let (method, length) = body.map_or(("GET", 0), |body| ("POST", body.len()));
    let head =
        format!("{method} /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all((head + body.unwrap_or("")).as_bytes()).map_err(says)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).map_err(says)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
