//! Commands that are run inside a container, and what a container says and writes.

use super::{Engine, Trouble};
use bollard::{
    exec::{StartExecOptions, StartExecResults},
    models::ExecConfig,
    query_parameters::{DownloadFromContainerOptionsBuilder, LogsOptionsBuilder},
};
use futures_util::TryStreamExt;
use std::io::Read;

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

    /// The last lines that a container said.
    pub async fn last_lines(&self, container: &str, most: usize) -> Result<Vec<String>, Trouble> {
        let options = LogsOptionsBuilder::default().stdout(true).stderr(true).tail(&most.to_string()).build();
        let said = self
            .client()
            .logs(container, Some(options))
            .try_fold(String::new(), |all, piece| async move { Ok(all + &piece.to_string()) });
        Ok(self.call("reading what a container said", said).await?.lines().map(str::to_owned).collect())
    }

    /// The content of a file in a container, whether it runs or not.
    pub async fn download(&self, container: &str, place: &str) -> Result<Vec<u8>, Trouble> {
        let options = DownloadFromContainerOptionsBuilder::default().path(place).build();
        let download = self.client().download_from_container(container, Some(options));
        let packed = download.try_fold(Vec::new(), |all, piece| async move { Ok([all, piece.to_vec()].concat()) });
        let packed = self.call("reading a file in a container", packed).await?;
        let mut content = Vec::new();
        for entry in tar::Archive::new(packed.as_slice()).entries()? {
            entry?.read_to_end(&mut content)?;
        }
        Ok(content)
    }
}
