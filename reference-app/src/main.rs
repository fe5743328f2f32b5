//! `site`: the reference application, a small web server whose every answer says who gave it.
#![allow(
    clippy::disallowed_methods,
    reason = "a server that runs in real time: no decision of ours rests on its clock"
)]

mod client;
mod control;
mod fault;
mod journal;
mod message;
mod pages;
mod serve;
mod settings;
mod site;

use settings::Settings;
use std::process::ExitCode;

const HELP: &str = "\
site serve                     serves until SIGTERM; by environment:
  SITE_PORT=8080               where it answers
  SITE_RELEASE=none SITE_POOL=none SITE_INSTANCE=none SITE_ZONE=none
                               what every answer says in X-Release, X-Pool, X-Instance and X-Zone
  SITE_READY=/healthz          the path that says whether it is ready
  SITE_BOOT_MS=0               so long after its start everything is answered with 503
  SITE_LINGER_MS=0             after SIGTERM it serves on, not ready, for so long at least
  SITE_DRAIN_MS=5000           and for so long at most: what is still in flight then is cut
  SITE_LOG=                    the file to which POST /count appends a line; without one it answers 503
  SITE_CONTROL=/tmp/site.sock  the socket through which faults are switched
  SITE_FAULT=none              the fault that it starts with
site fault KIND                switches the fault of the server in this container: none | 500s | hang | slow:MS | not-ready
site get URL [--post BODY] [--timeout-ms 2000]
                               one request, to try the network from inside; exit code 0 if it was answered 2xx

GET /            who answers
GET /work?ms=200 the same, after so long (a minute at most)
POST /count      its body, a number of the client's own, becomes one line of the log: NUMBER INSTANCE RELEASE
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let setting = |name: &str| std::env::var(name).ok();
    let done = match words.as_slice() {
        ["serve"] => Settings::read(&setting).and_then(|settings| serve::run(&settings)),
        ["fault", kind] => Settings::read(&setting).and_then(|settings| control::ask(&settings.control, kind)),
        ["get", url, rest @ ..] => client::run(url, rest),
        ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(())
        }
        other => Err(format!("no such command: {:?}\n\n{HELP}", other.join(" "))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("site: {why}");
            ExitCode::FAILURE
        }
    }
}
