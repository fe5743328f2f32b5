//! Starts an emulator: a Python process that ends when its standard input does, so that no killed test leaves one.

use super::wire::Request;
use std::{
    fmt, fs,
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

const REQUIREMENTS: &str = include_str!("requirements.txt");
const CHECK: &str = include_str!("check_requests.py");

/// Which emulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The better one for EC2 and Auto Scaling.
    Moto,
    /// The better one for conditional writes and for changes that are pending first.
    Ministack,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Moto => "moto",
            Self::Ministack => "ministack",
        })
    }
}

/// Ends the process when its standard input ends: with the test that started it, however that ends.
const WATCH: &str = "import os, sys, threading\n\
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()\n";

impl Kind {
    fn program(self, port: u16) -> String {
        let serve = match self {
            Self::Moto => format!("from moto.server import main\nmain(['-H', '127.0.0.1', '-p', '{port}'])\n"),
            Self::Ministack => "from ministack.app import main\nmain()\n".to_owned(),
        };
        format!("{WATCH}{serve}")
    }
}

/// A running emulator; it ends when this is dropped.
pub struct Emulator {
    pub kind: Kind,
    port: u16,
    process: Child,
}

impl Emulator {
    /// Starts one on a free port of loopback, and waits until it answers.
    pub fn start(kind: Kind) -> Result<Self, String> {
        let python = environment()?.join("bin/python");
        let port = free_port().map_err(|error| format!("no free port: {error}"))?;
        let mut command = Command::new(python);
        command.args(["-c", &kind.program(port)]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        for key in
            ["MOTO_ENABLE_AMI_VALIDATION", "MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION", "MOTO_ENABLE_KEYPAIR_VALIDATION"]
        {
            command.env(key, "true");
        }
        command.env("BIND_HOST", "127.0.0.1").env("GATEWAY_PORT", port.to_string());
        let process = command.spawn().map_err(|error| format!("its Python does not start: {error}"))?;
        let mut emulator = Self { kind, port, process };
        emulator.until_it_answers()?;
        Ok(emulator)
    }
    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
    /// Forgets everything.
    pub fn reset(&self) {
        let path = match self.kind {
            Kind::Moto => "/moto-api/reset",
            Kind::Ministack => "/_ministack/reset",
        };
        let answer = self.post(path).unwrap_or_else(|error| panic!("{} cannot be reset: {error}", self.kind));
        assert!(answer.starts_with("HTTP/1.1 200"), "{} cannot be reset: {answer}", self.kind);
    }
    /// Checks requests against the services' public models; the error lists what they do not allow.
    pub fn check(&self, requests: &[Request]) -> Result<(), String> {
        let mut command = Command::new(environment()?.join("bin/python"));
        command.args(["-c", CHECK]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut process = command.spawn().map_err(|error| format!("its Python does not start: {error}"))?;
        let lines = requests.iter().map(|it| serde_json::json!({ "service": it.service, "body": it.body }).to_string());
        let lines = lines.collect::<Vec<_>>().join("\n");
        let mut input = process.stdin.take().ok_or("its Python takes no input")?;
        input.write_all(lines.as_bytes()).map_err(|error| format!("its Python takes no input: {error}"))?;
        drop(input);
        let output = process.wait_with_output().map_err(|error| error.to_string())?;
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stdout).into_owned()) }
    }
    fn post(&self, path: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        write!(stream, "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }
    fn until_it_answers(&mut self) -> Result<(), String> {
        for _ in 0..600 {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok() {
                return Ok(());
            }
            if let Ok(Some(status)) = self.process.try_wait() {
                return Err(format!("it ended with {status}"));
            }
            pause();
        }
        Err("it does not answer within a minute".into())
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nobody to stop.
        let _ended = self.process.kill();
        let _reaped = self.process.wait();
    }
}

#[expect(clippy::disallowed_methods, reason = "waits for another process, not for a backend's time")]
fn pause() {
    std::thread::sleep(Duration::from_millis(100));
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// The folder with the pinned packages, made once for each list of them.
fn environment() -> Result<PathBuf, String> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let sum = REQUIREMENTS.bytes().fold(0u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let made = target.join(format!("emulators-{sum:016x}"));
    if made.join("complete").exists() {
        return Ok(made);
    }
    // Another test may be making it at the same time: the first to be done gives it its name.
    let own = target.join(format!("emulators-{}", std::process::id()));
    let outcome = make(&own).and_then(|()| match fs::rename(&own, &made) {
        Err(error) if !made.join("complete").exists() => Err(format!("{}: {error}", made.display())),
        Ok(()) | Err(_) => Ok(()),
    });
    let _not_needed = fs::remove_dir_all(&own);
    outcome.map(|()| made)
}

fn make(folder: &Path) -> Result<(), String> {
    let _left_by_a_killed_one = fs::remove_dir_all(folder);
    run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
    let requirements = folder.join("requirements.txt");
    fs::write(&requirements, REQUIREMENTS).map_err(|error| format!("{}: {error}", requirements.display()))?;
    run(Command::new(folder.join("bin/python"))
        .args(["-m", "pip", "install", "--quiet", "--requirement"])
        .arg(&requirements))?;
    fs::write(folder.join("complete"), "").map_err(|error| format!("{}: {error}", folder.display()))
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let told = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(format!("{command:?} ended with {}: {told}", output.status)) }
}
