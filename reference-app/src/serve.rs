//! The server: a thread for each connection, and a stop that loses nothing.

use crate::{
    control,
    message::{Connection, End},
    pages,
    settings::Settings,
    site::{Site, say},
};
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};
use std::{
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::Arc,
    thread::Builder,
    time::Duration,
};

const MOST_CONNECTIONS: usize = 4000;
const STACK: usize = 128 * 1024;

/// Serves until it is told to stop.
pub fn run(settings: &Settings) -> Result<(), String> {
    let mut signals = Signals::new([SIGTERM, SIGINT]).map_err(|error| format!("signals: {error}"))?;
    let port = settings.port;
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).map_err(|error| format!("port {port}: {error}"))?;
    let port = listener.local_addr().map_err(|error| format!("port {port}: {error}"))?.port();
    let site = Arc::new(Site::start(settings.clone())?);
    control::listen(&site)?;
    say(&format!("release {} as {} on port {port}", settings.release, settings.instance));
    let accepting = site.clone();
    start("accept", move || accept(&listener, &accepting)).map_err(|error| format!("thread: {error}"))?;
    signals.forever().next();
    say("stopping");
    // Who asks twice does not want to wait.
    let impatient = move || {
        if signals.forever().next().is_some() {
            std::process::exit(1);
        }
    };
    start("impatience", impatient).ok();
    match site.drain() {
        0 => say("stopped"),
        open => say(&format!("stopped with {open} connections open")),
    }
    Ok(())
}

fn start(name: &str, work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    Builder::new().name(name.to_owned()).stack_size(STACK).spawn(work).map(drop)
}

fn accept(listener: &TcpListener, site: &Arc<Site>) {
    loop {
        match listener.accept() {
            Ok((stream, _)) => take(stream, site),
            Err(error) => {
                // Out of descriptors, most likely: some come back.
                say(&format!("accept: {error}"));
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
}

fn take(stream: TcpStream, site: &Arc<Site>) {
    let counted = Counted::new(site);
    if counted.among > MOST_CONNECTIONS {
        let answer = pages::named(site, 503, "too many connections\n");
        Connection::new(stream).write(&answer, false, true).ok();
        return;
    }
    let begun = start("connection", move || talk(Connection::new(stream), &counted.site));
    if let Err(error) = begun {
        say(&format!("thread: {error}"));
    }
}

/// A connection counts as open for as long as this lives.
struct Counted {
    site: Arc<Site>,
    among: usize,
}

impl Counted {
    fn new(site: &Arc<Site>) -> Self {
        Self { among: site.open(), site: site.clone() }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.site.close();
    }
}

fn talk(mut connection: Connection, site: &Site) {
    loop {
        let keep = match connection.next() {
            Ok(request) => {
                let answer = pages::answer(site, &request);
                let keep = request.keep && !site.stops();
                if connection.write(&answer, keep, request.method != "HEAD").is_err() {
                    return;
                }
                keep
            }
            Err(End::Gone) => return,
            Err(End::Bad(status, why)) => {
                connection.write(&pages::named(site, status, &format!("{why}\n")), false, true).ok();
                false
            }
        };
        if !keep {
            connection.close();
            return;
        }
    }
}
