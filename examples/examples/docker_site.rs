//! A web site of containers on this machine: brought up, looked at, broken, healed, renewed and removed.

use std::{env, process::ExitCode};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    ha_examples::docker::run(env::args_os().skip(1)).await.into()
}
