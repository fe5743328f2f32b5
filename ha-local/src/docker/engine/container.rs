//! Containers: finding them by label, making, starting, stopping and removing them. What is so already is accepted.

use super::{Engine, File, Labels, Part, Trouble, Wanted};
use bollard::{
    body_full,
    models::{ContainerSummary, ContainerSummaryStateEnum},
    query_parameters::{
        CreateContainerOptionsBuilder, KillContainerOptionsBuilder, ListContainersOptionsBuilder,
        RemoveContainerOptionsBuilder, StartContainerOptions, StopContainerOptionsBuilder,
        UploadToContainerOptionsBuilder,
    },
};
use ha_core::backend::{Kind, Scope};
use std::{collections::HashMap, time::Duration};

/// A container that was seen.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The engine's id.
    pub id: String,
    /// Its name on the engine.
    pub name: String,
    /// Whose it is and what for; `None`: it bears no mark of ours.
    pub labels: Option<Labels>,
    /// What it does.
    pub standing: Standing,
}

/// What a container does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Made, never started.
    Created,
    /// It runs.
    Running,
    /// It runs, and is frozen.
    Paused,
    /// It runs no more, or is about to go.
    Ended,
}

impl Engine {
    /// The containers of a scope, all or those for one part, in order of their names.
    pub async fn list(&self, scope: &Scope, part: Option<Part>) -> Result<Vec<Seen>, Trouble> {
        self.list_by(Labels::filter(Some(scope), part)).await
    }

    /// All containers whose names begin so, whoever made them.
    pub async fn list_named(&self, beginning: &str) -> Result<Vec<Seen>, Trouble> {
        let found = self.list_by(HashMap::from([("name".to_owned(), vec![beginning.to_owned()])])).await?;
        // The engine finds what contains the name.
        Ok(found.into_iter().filter(|seen| seen.name.starts_with(beginning)).collect())
    }

    async fn list_by(&self, filters: HashMap<String, Vec<String>>) -> Result<Vec<Seen>, Trouble> {
        let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
        let found = self.call("listing containers", self.client().list_containers(Some(options))).await?;
        let mut seen: Vec<Seen> = found.into_iter().map(seen).collect();
        seen.iter().for_each(|seen| self.observers.meet(&seen.id, &seen.name));
        seen.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(seen)
    }

    /// Makes the container and puts its files into it; answers its id. One of this name that bears the same labels is
    /// taken as it is; another is a conflict.
    pub async fn create(&self, wanted: &Wanted) -> Result<String, Trouble> {
        let options = CreateContainerOptionsBuilder::default().name(&wanted.name).build();
        let create = self.client().create_container(Some(options), wanted.body());
        let made = self.change("making a container", ("create", &wanted.name), create).await;
        let id = match made {
            Ok(made) => made.id,
            Err(trouble) if matches!(trouble.kind(), Kind::Conflict(_)) => {
                let found = self.list_named(&wanted.name).await?.into_iter().find(|seen| seen.name == wanted.name);
                match found {
                    Some(seen) if seen.labels.as_ref() == Some(&wanted.labels) => seen.id,
                    Some(_) | None => return Err(trouble),
                }
            }
            Err(trouble) => return Err(trouble),
        };
        self.observers.meet(&id, &wanted.name);
        if !wanted.files.is_empty() {
            self.upload(&id, &wanted.files).await?;
        }
        Ok(id)
    }

    /// Starts it.
    pub async fn start(&self, container: &str) -> Result<(), Trouble> {
        let start = self.client().start_container(container, None::<StartContainerOptions>);
        unless(self.change("starting a container", ("start", container), start).await, &[304])
    }

    /// Ends it at once.
    pub async fn kill(&self, container: &str) -> Result<(), Trouble> {
        let options = KillContainerOptionsBuilder::default().signal("SIGKILL").build();
        let kill = self.client().kill_container(container, Some(options));
        unless(self.change("killing a container", ("kill", container), kill).await, &[404, 409])
    }

    /// Asks it to end, and ends it when `grace` is over.
    pub async fn stop(&self, container: &str, grace: Duration) -> Result<(), Trouble> {
        let seconds = i32::try_from(grace.as_secs()).unwrap_or(i32::MAX);
        let options = StopContainerOptionsBuilder::default().t(seconds).build();
        let stop = self.client().stop_container(container, Some(options));
        let limit = self.limit.saturating_add(grace);
        unless(self.change_within("stopping a container", limit, ("stop", container), stop).await, &[304, 404])
    }

    /// Freezes it.
    pub async fn pause(&self, container: &str) -> Result<(), Trouble> {
        self.change("freezing a container", ("pause", container), self.client().pause_container(container)).await
    }

    /// Thaws it.
    pub async fn unpause(&self, container: &str) -> Result<(), Trouble> {
        self.change("thawing a container", ("unpause", container), self.client().unpause_container(container)).await
    }

    /// Removes it with what only it uses, however it stands.
    pub async fn remove(&self, container: &str) -> Result<(), Trouble> {
        let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
        let remove = self.client().remove_container(container, Some(options));
        // 409: its removal is under way already.
        unless(self.change("removing a container", ("remove", container), remove).await, &[404, 409])?;
        self.observers.forget(container);
        Ok(())
    }

    /// Puts files into it.
    pub async fn upload(&self, container: &str, files: &[File]) -> Result<(), Trouble> {
        let options = UploadToContainerOptionsBuilder::default().path("/").build();
        let packed = packed(files)?;
        let upload = self.client().upload_to_container(container, Some(options), body_full(packed.into()));
        self.change("putting files into a container", ("upload", container), upload).await
    }
}

/// Accepts answers of these codes: what was wished is so already.
pub(super) fn unless(answer: Result<(), Trouble>, accepted: &[u16]) -> Result<(), Trouble> {
    match answer {
        Err(trouble) if trouble.status().is_some_and(|status| accepted.contains(&status)) => Ok(()),
        other => other,
    }
}

fn packed(files: &[File]) -> Result<Vec<u8>, Trouble> {
    let mut archive = tar::Builder::new(Vec::new());
    for file in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(file.content.len() as u64);
        header.set_mode(file.mode);
        header.set_uid(file.owner.0);
        header.set_gid(file.owner.1);
        archive.append_data(&mut header, file.place.trim_start_matches('/'), file.content.as_slice())?;
    }
    Ok(archive.into_inner()?)
}

fn seen(found: ContainerSummary) -> Seen {
    let name = found.names.into_iter().flatten().next().unwrap_or_default();
    Seen {
        id: found.id.unwrap_or_default(),
        name: name.trim_start_matches('/').to_owned(),
        labels: found.labels.as_ref().and_then(Labels::read),
        standing: match found.state {
            Some(ContainerSummaryStateEnum::RUNNING) => Standing::Running,
            Some(ContainerSummaryStateEnum::PAUSED) => Standing::Paused,
            Some(ContainerSummaryStateEnum::CREATED) => Standing::Created,
            _ => Standing::Ended,
        },
    }
}
