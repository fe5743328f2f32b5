//! Starts an emulator: a Python process that ends when its standard input does, so that no killed test leaves one.

use crate::{proxy::Proxy, request::Request};
use std::{
    collections::BTreeSet,
    env, fmt, fs,
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Mutex, PoisonError},
    time::Duration,
};

const REQUIREMENTS: &str = include_str!("requirements.txt");
const CHECK: &str = include_str!("check_requests.py");
const BY_HAND: &str = include_str!("by_hand.py");
const ACCOUNT: &str = include_str!("account.py");

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

/// Ends the process when its standard input ends: with the test that started it, however that ends. It says one line.
const WATCH: &str = "import os, sys, threading\n\
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()\n\
    def say(port): print(port, flush=True); os.dup2(os.open(os.devnull, os.O_WRONLY), 1)\n";

/// On a port that it chooses and then says: what is chosen before may be somebody else's by then.
const MOTO: &str = "from moto.server import DomainDispatcherApplication, create_backend_app\n\
    from werkzeug.serving import make_server\n\
    server = make_server('127.0.0.1', 0, DomainDispatcherApplication(create_backend_app), threaded=True)\n\
    say(server.port)\n\
    server.serve_forever()\n";
/// It takes no port but a number.
const MINISTACK: &str = "say(os.environ['GATEWAY_PORT'])\n\
    from ministack.app import main\n\
    main()\n";

impl Kind {
    fn program(self) -> String {
        let serve = match self {
            Self::Moto => MOTO,
            Self::Ministack => MINISTACK,
        };
        format!("{WATCH}{serve}")
    }
}

/// A running emulator; it ends when this is dropped.
pub struct Emulator {
    /// Which.
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
        command.args(["-c", &kind.program()]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        for key in
            ["MOTO_ENABLE_AMI_VALIDATION", "MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION", "MOTO_ENABLE_KEYPAIR_VALIDATION"]
        {
            command.env(key, "true");
        }
        command.env("BIND_HOST", "127.0.0.1").env("GATEWAY_PORT", port.to_string());
        let mut process = command.spawn().map_err(|error| format!("its Python does not start: {error}"))?;
        let mut said = String::new();
        let out = process.stdout.take().ok_or("its Python says nothing")?;
        let read = BufReader::new(out).read_line(&mut said);
        let mut emulator = Self { kind, port, process };
        let told = |error: &dyn fmt::Display| format!("{kind} does not say where it answers: {error}");
        read.map_err(|error| told(&error))?;
        emulator.port = said.trim().parse().map_err(|error| told(&error))?;
        emulator.until_it_answers()?;
        Ok(emulator)
    }
    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
    /// A proxy before it, that makes each call take so much longer.
    pub fn proxy(&self, delay: Duration) -> Result<Proxy, String> {
        Proxy::start(self.port, delay).map_err(|error| format!("no proxy: {error}"))
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
        let line = |it: &Request| {
            let (service, headers) = (it.service(), &it.headers);
            let line = serde_json::json!({
                "service": service, "method": it.method, "uri": it.uri, "headers": headers, "body": it.body,
            });
            line.to_string()
        };
        let lines = requests.iter().map(line).collect::<Vec<_>>().join("\n");
        let mut input = process.stdin.take().ok_or("its Python takes no input")?;
        input.write_all(lines.as_bytes()).map_err(|error| format!("its Python takes no input: {error}"))?;
        drop(input);
        let output = process.wait_with_output().map_err(|error| error.to_string())?;
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stdout).into_owned()) }
    }
    /// Everything in the account, a line a thing, as another client sees it.
    pub fn account(&self, region: &str) -> Result<Vec<String>, String> {
        self.look(region, "list")
    }
    /// Makes things that belong to nobody, and answers everything.
    pub fn plant(&self, region: &str) -> Result<Vec<String>, String> {
        self.look(region, "plant")
    }
    /// Makes what a plan makes with boto3 over this proxy, object by object; answers how many calls and seconds it took.
    pub fn by_hand(&self, plan: &str, proxy: &Proxy, place: [&str; 2]) -> Result<(usize, f64), String> {
        let mut command = Command::new(environment()?.join("bin/python"));
        command.args(["-c", BY_HAND, &proxy.url()]).args(place).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().map_err(|error| format!("its Python does not start: {error}"))?;
        let mut input = process.stdin.take().ok_or("its Python takes no input")?;
        input.write_all(plan.as_bytes()).map_err(|error| format!("its Python takes no input: {error}"))?;
        drop(input);
        let output = process.wait_with_output().map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let numbers =
            said.trim().split_once(' ').and_then(|(calls, time)| Some((calls.parse().ok()?, time.parse().ok()?)));
        numbers.filter(|_| output.status.success()).ok_or_else(|| format!("boto3 made nothing: {said}"))
    }
    /// Makes a certificate, and answers its ARN.
    pub fn certificate(&self, region: &str) -> Result<String, String> {
        self.look(region, "certificate").map(|lines| lines.concat())
    }
    fn look(&self, region: &str, what: &str) -> Result<Vec<String>, String> {
        let mut command = Command::new(environment()?.join("bin/python"));
        let said = run(command.args(["-c", ACCOUNT, &self.url(), region, what]))?;
        Ok(said.lines().map(str::to_owned).collect())
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

/// The ports that this process gave away. A port is free until its emulator listens, and must not be given twice.
static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());

fn free_port() -> std::io::Result<u16> {
    loop {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        if GIVEN.lock().unwrap_or_else(PoisonError::into_inner).insert(port) {
            return Ok(port);
        }
    }
}

/// Held by the test that makes the folder.
static MAKING: Mutex<()> = Mutex::new(());

/// The folder with the pinned packages, made once for each list of them.
///
/// It holds boto3, too.
pub fn environment() -> Result<PathBuf, String> {
    let target = &folder();
    fs::create_dir_all(target).map_err(|error| format!("{}: {error}", target.display()))?;
    let sum = REQUIREMENTS.bytes().fold(0u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let made = target.join(format!("{sum:016x}"));
    if made.join("complete").exists() {
        return Ok(made);
    }
    // Of the tests of a process one makes it, and the others wait for it.
    let _turn = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    if made.join("complete").exists() {
        return Ok(made);
    }
    // Another process may be making it at the same time: the first to be done gives it its name.
    let own = target.join(format!("new-{}", std::process::id()));
    let outcome = make(&own).and_then(|()| match fs::rename(&own, &made) {
        Err(error) if !made.join("complete").exists() => Err(format!("{}: {error}", made.display())),
        Ok(()) | Err(_) => Ok(()),
    });
    let _not_needed = fs::remove_dir_all(&own);
    outcome.map(|()| made)
}

/// Below `target/`, wherever that is.
fn folder() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |target| root.join(target));
    target.join("emulators")
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

/// What it printed.
fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let told = String::from_utf8_lossy(&output.stderr);
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(format!("{command:?} ended with {}: {told}", output.status)),
    }
}
