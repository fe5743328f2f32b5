//! Commands that are run inside a container.

use super::{Engine, Trouble};
use bollard::exec::{StartExecOptions, StartExecResults};
use bollard::models::ExecConfig;
use futures_util::TryStreamExt;

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code.
    pub code: i64,
    /// What it wrote, to either stream.
    pub said: String,
}

impl Engine {
    /// Runs a command in a running container and waits for its end.
    pub async fn exec(&self, container: &str, command: &[&str]) -> Result<Ended, Trouble> {
        let config = ExecConfig {
            cmd: Some(command.iter().map(|&word| word.to_owned()).collect()),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            ..ExecConfig::default()
        };
        self.change("running a command", ("exec", container), async {
            let exec = self.client().create_exec(container, config).await?;
            let mut said = String::new();
            let started = self.client().start_exec(&exec.id, None::<StartExecOptions>).await?;
            if let StartExecResults::Attached { mut output, .. } = started {
                while let Some(piece) = output.try_next().await? {
                    said += &piece.to_string();
                }
            }
            let code = self.client().inspect_exec(&exec.id).await?.exit_code.unwrap_or(-1);
            Ok(Ended { code, said })
        })
        .await
    }
}
