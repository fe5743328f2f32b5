//! A web site on AWS or on an emulator of it: planned, made, looked at and removed.

use std::{env, process::ExitCode};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    ha_examples::aws::run(env::args_os().skip(1)).await.into()
}
