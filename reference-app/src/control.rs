//! The socket through which faults are switched: a file of the container's own, out of every network's reach.

use crate::site::{Site, say};
use std::{
    fs,
    io::{Read, Write},
    net::Shutdown,
    os::unix::net::{UnixListener, UnixStream},
    path::Path,
    sync::Arc,
    time::Duration,
};

const LONGEST: u64 = 100;
const PATIENCE: Duration = Duration::from_secs(2);

/// Listens for switches of the fault.
pub fn listen(site: &Arc<Site>) -> Result<(), String> {
    let path = site.settings.control.clone();
    let says = |error: std::io::Error| format!("SITE_CONTROL={}: {error}", path.display());
    // What an instance that was killed left behind.
    fs::remove_file(&path).ok();
    let listener = UnixListener::bind(&path).map_err(says)?;
    let site = site.clone();
    std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| switch(stream, &site)));
    Ok(())
}

fn switch(mut stream: UnixStream, site: &Site) {
    stream.set_read_timeout(Some(PATIENCE)).ok();
    let mut text = String::new();
    let answer = match (&stream).take(LONGEST).read_to_string(&mut text).map(|_| text.trim().parse()) {
        Ok(Ok(fault)) => {
            site.fault.set(fault);
            say(&format!("fault: {fault}"));
            format!("ok {fault}")
        }
        Ok(Err(why)) => why,
        Err(error) => error.to_string(),
    };
    stream.write_all(answer.as_bytes()).ok();
}

/// Asks the server behind a socket for a fault.
pub fn ask(path: &Path, fault: &str) -> Result<(), String> {
    let says = |error: std::io::Error| format!("no server behind {}: {error}", path.display());
    let mut stream = UnixStream::connect(path).map_err(says)?;
    stream.set_read_timeout(Some(PATIENCE)).ok();
    stream.write_all(fault.as_bytes()).map_err(says)?;
    stream.shutdown(Shutdown::Write).map_err(says)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(says)?;
    if answer.starts_with("ok ") { Ok(()) } else { Err(answer) }
}
