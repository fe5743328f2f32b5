//! Everything of a life at the engine and in the provider's directory, and things that are none of its business.

use ha_core::backend::Scope;
use ha_kill_points::Child;
use ha_local::docker::{
    Docker, called,
    engine::{Attached, Labels, Part, Seen, Trouble, Wanted},
    now,
};
use std::{fs, io, path::PathBuf, sync::Arc, time::Duration};

/// What is left after this is not removed.
const PATIENCE: Duration = Duration::from_secs(60);

/// The site of a life.
pub fn scope(child: &Child) -> Scope {
    // The parent's number is in the life's place.
    let place = child.place.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Scope { name: format!("calls-{place}"), id: "1".into() }
}

/// What a process of a life sees.
pub struct World {
    docker: Arc<Docker>,
    scope: Scope,
    aliens: PathBuf,
}

impl World {
    pub fn new(docker: Arc<Docker>, child: &Child) -> Self {
        Self { docker, scope: scope(child), aliens: super::aliens(&child.place) }
    }

    /// Makes what must not be touched: things of another scope of this name, and one that stands like an instance of ours
    /// and is nobody's.
    pub async fn begin(&self) -> Result<(), String> {
        let other = Scope { id: "2".into(), ..self.scope.clone() };
        let mut ids = Vec::new();
        for part in [Part::Holder, Part::Balancer, Part::Dns] {
            let name = format!("alien-{}", ids.len());
            let labels = Labels { scope: other.clone(), part, name: name.clone(), plan: "r1".into() };
            let image = &self.docker.settings.images.net;
            let mut wanted = Wanted::new(called(&other, name), image, labels, Attached::Outside);
            wanted.command = Some(["sleep", "infinity"].map(str::to_owned).to_vec());
            ids.push(self.docker.engine.create(&wanted).await.map_err(|trouble| trouble.to_string())?);
        }
        fs::write(&self.aliens, ids.join("\n")).map_err(|error| format!("{}: {error}", self.aliens.display()))
    }

    /// Everything, without what differs from life to life.
    pub async fn look(&self) -> Result<Vec<String>, String> {
        let aliens = fs::read_to_string(&self.aliens).unwrap_or_default();
        let mut lines = Vec::new();
        for seen in self.containers().await? {
            lines.push(match aliens.lines().any(|id| id == seen.id) {
                true => format!("nobody's {} {:?}", self.short(&seen.name), seen.standing),
                false => self.line(&seen),
            });
        }
        for seen in self.docker.engine.networks().await.map_err(|trouble| trouble.to_string())? {
            if seen.name.starts_with(&format!("{}.", self.scope.name)) {
                lines.push(format!("network {}", self.short(&seen.name)));
            }
        }
        self.directory(&mut lines)?;
        Ok(lines)
    }

    /// Containers that bear the scope's label, and those that are called as if they did.
    async fn containers(&self) -> Result<Vec<Seen>, String> {
        let engine = &self.docker.engine;
        let mut all = engine.list(&self.scope, None).await.map_err(|trouble| trouble.to_string())?;
        let named = engine.list_named(&format!("{}.", self.scope.name)).await.map_err(|trouble| trouble.to_string())?;
        for seen in named {
            if !all.iter().any(|other| other.id == seen.id) {
                all.push(seen);
            }
        }
        Ok(all)
    }

    fn line(&self, seen: &Seen) -> String {
        let name = self.short(&seen.name);
        match &seen.labels {
            // An instance has a number of its own: its zone counts, and what it runs.
            Some(labels) if matches!(labels.part, Part::Instance | Part::Holder) => {
                let zone = labels.name.rsplit_once('-').map_or(labels.name.as_str(), |(zone, _)| zone);
                format!("{:?} of {zone} for {} {:?}", labels.part, labels.plan, seen.standing)
            }
            Some(labels) => format!("{:?} {name} {:?}", labels.part, seen.standing),
            None => format!("unmarked {name} {:?}", seen.standing),
        }
    }

    fn short<'a>(&self, name: &'a str) -> &'a str {
        name.strip_prefix(&format!("{}.", self.scope.name)).unwrap_or(name)
    }

    /// Files of the provider: whether there are any, and objects of the store by their names.
    fn directory(&self, lines: &mut Vec<String>) -> Result<(), String> {
        let mut waiting = vec![self.docker.directory.place().to_owned()];
        while let Some(place) = waiting.pop() {
            let entries = match fs::read_dir(&place) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(format!("{}: {error}", place.display())),
            };
            for entry in entries.filter_map(Result::ok) {
                match entry.path() {
                    path if path.is_dir() => waiting.push(path),
                    path => lines.push(format!("file {}", path.file_name().unwrap_or_default().display())),
                }
            }
        }
        Ok(())
    }

    /// Removes everything of this life; what a process that was killed had asked for may still come.
    pub async fn clear(&self) -> Result<(), String> {
        let begun = now();
        loop {
            let left = self.remove_all().await;
            match left {
                Ok(0) => return Ok(()),
                Err(why) if now().since(begun) > PATIENCE => return Err(why),
                Ok(_) | Err(_) => tokio::time::sleep(Duration::from_millis(300)).await,
            }
        }
    }

    /// Answers how many things there were.
    async fn remove_all(&self) -> Result<usize, String> {
        let said = |trouble: Trouble| trouble.to_string();
        let containers = self.containers().await?;
        for seen in &containers {
            self.docker.engine.remove(&seen.id).await.map_err(said)?;
        }
        let mut networks = self.docker.engine.networks().await.map_err(said)?;
        networks.retain(|seen| seen.name.starts_with(&format!("{}.", self.scope.name)));
        for seen in &networks {
            self.docker.engine.remove_network(&seen.id).await.map_err(said)?;
        }
        Ok(containers.len() + networks.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ha_kill_points::Task;

    #[test]
    fn a_life_has_a_site_of_its_own() {
        let child = |place: &str| Child { task: Task::Look, place: place.into(), number: 2 };
        assert_eq!(scope(&child("/x/life-1-2")).name, "calls-life-1-2");
        assert_ne!(scope(&child("/x/life-1-2")), scope(&child("/x/life-1-3")));
    }
}
