//! `ha-supervisor`: keeps all sites of a provider of containers, until it is asked to end.

use ha_local::docker::{Docker, Settings, Supervisor};
use std::{path::Path, process::ExitCode};
use tokio::signal::unix::{SignalKind, signal};

const HELP: &str = "\
ha-supervisor FILE    keeps all sites that the provider described in FILE remembers, until SIGTERM or SIGINT

Any number may run: one of them acts. Sites go on serving while none does; nothing is repaired then.
";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file] = arguments.as_slice() else {
        eprint!("{HELP}");
        return ExitCode::from(2);
    };
    match keep(Path::new(file)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("ha-supervisor: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn keep(file: &Path) -> Result<(), String> {
    let settings = Settings::open(file).map_err(|unfit| unfit.to_string())?;
    let listen = |kind| signal(kind).map_err(|error| format!("signals: {error}"));
    let (mut asked, mut interrupted) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    let docker = Docker::connect(settings).await.map_err(|trouble| trouble.to_string())?;
    let supervisor = Supervisor::new(docker, |sentence| eprintln!("{sentence}"));
    tokio::select! {
        _ = asked.recv() => {}
        _ = interrupted.recv() => {}
    }
    supervisor.stop().await.map_err(|trouble| trouble.to_string())
}
