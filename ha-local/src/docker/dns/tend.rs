//! One pass over all records: a server for each scope that has any, and what each name is answered.

use super::{
    alive::{alive, publish},
    knot,
    rows::{Published, RecordRow, ServerRow},
    update,
};
use crate::docker::{
    Acting, Docker, NAMES, called,
    engine::{Attached, Labels, Part, Port, Seen, Standing, Transport, Trouble, Wanted},
    now,
    state::Tables,
};
use ha_core::{
    backend::{Kind, Scope, state::Phase},
    topology::Endpoint,
};
use std::collections::BTreeSet;

/// The port inside.
const DNS: u16 = 53;

/// One pass over all records. What fails for one scope keeps nobody from tending the others.
pub async fn tend(acting: &Acting) -> Result<(), Trouble> {
    let tables = acting.docker.directory.read().await?;
    let owners: BTreeSet<Scope> =
        tables.scopes().into_iter().chain(tables.name_servers.values().map(|row| row.owner.clone())).collect();
    for scope in owners {
        let found = acting.docker.engine.list(&scope, Some(Part::Dns)).await?;
        let pass = Pass { acting, tables: &tables, scope: &scope, found: found.first() };
        acting.hear(&format!("names of {scope}"), pass.run().await);
    }
    Ok(())
}

/// The names of one scope in one pass.
struct Pass<'a> {
    acting: &'a Acting,
    tables: &'a Tables,
    scope: &'a Scope,
    found: Option<&'a Seen>,
}

impl Pass<'_> {
    fn docker(&self) -> &Docker {
        &self.acting.docker
    }

    fn records(&self) -> impl Iterator<Item = &RecordRow> {
        self.tables.records.values().filter(|row| row.owner == *self.scope)
    }

    async fn run(&self) -> Result<(), Trouble> {
        let server = self.tables.name_servers.get(&self.scope.to_string());
        match server {
            None if self.records().next().is_none() => match self.found {
                Some(seen) => self.docker().engine.remove(&seen.id).await,
                None => Ok(()),
            },
            None => self.open().await,
            Some(_) if self.records().next().is_none() => self.close().await,
            Some(server) => self.serve(server).await,
        }
    }

    /// A port and a key for a new server.
    async fn open(&self) -> Result<(), Trouble> {
        let (scope, settings, key) = (self.scope.clone(), self.docker().settings.clone(), update::fresh_key()?);
        let open = move |tables: &mut Tables| {
            let servers = tables.name_servers.values().map(|row| row.port);
            let taken = tables.balancers.values().flat_map(|row| row.ports()).chain(servers).collect();
            let port = settings.free_port(&taken)?;
            let row = ServerRow { owner: scope.clone(), port, key, written: String::new() };
            tables.name_servers.entry(scope.to_string()).or_insert(row);
            Ok(())
        };
        self.acting.change(open).await
    }

    /// Nobody's name is left: the server goes, and its key with it.
    async fn close(&self) -> Result<(), Trouble> {
        if let Some(seen) = self.found {
            self.docker().engine.remove(&seen.id).await?;
        }
        let scope = self.scope.clone();
        let close = move |tables: &mut Tables| {
            if !tables.records.values().any(|row| row.owner == scope) {
                tables.name_servers.remove(&scope.to_string());
            }
            Ok(())
        };
        self.acting.change(close).await
    }

    async fn serve(&self, server: &ServerRow) -> Result<(), Trouble> {
        let wishes: Vec<(&RecordRow, Published)> = {
            let stays = self.records().filter(|row| !row.removing());
            stays.map(|row| (row, publish(self.tables, row))).collect()
        };
        let names: Vec<_> = wishes.iter().map(|(row, published)| (&row.set.name, Some(published))).collect();
        let (files, digest) = knot::files(&server.key, &names);
        let wanted = self.wanted(server, files);
        let Some(container) = self.raise(&wanted, &digest).await? else { return Ok(()) };
        if server.written != digest {
            self.docker().engine.upload(&container, &wanted.files).await?;
            let ended =
                self.docker().engine.exec(&container, &["knotc", "-c", &knot::configuration(), "reload"]).await?;
            if ended.code != 0 {
                let said = format!("the DNS server does not take its new configuration: {}", ended.said.trim());
                return Err(Trouble::said(Kind::Unavailable, said));
            }
            self.written(digest).await?;
        }
        for (row, published) in &wishes {
            self.record(server, row, published).await?;
        }
        let gone: Vec<String> =
            self.records().filter(|row| row.removing()).map(|row| row.set.name.to_string()).collect();
        if gone.is_empty() {
            return Ok(());
        }
        // The configuration that runs by now has none of them.
        let forget = move |tables: &mut Tables| {
            tables.records.retain(|name, row| !(gone.contains(name) && row.removing()));
            Ok(())
        };
        self.acting.change(forget).await
    }

    fn wanted(&self, server: &ServerRow, files: Vec<crate::docker::engine::File>) -> Wanted {
        let image = self.docker().settings.images.knot.clone();
        let plan = format!("{image} {}", server.port);
        let labels = Labels { scope: self.scope.clone(), part: Part::Dns, name: NAMES.to_owned(), plan };
        // Outside of the site's network: that may go while names stay.
        let mut wanted = Wanted::new(called(self.scope, NAMES), image, labels, Attached::Outside);
        wanted.command = Some(["knotd", "-c", &knot::configuration()].map(str::to_owned).to_vec());
        let port = |transport| Port { inside: DNS, outside: server.port, transport };
        wanted.ports = vec![port(Transport::Udp), port(Transport::Tcp)];
        wanted.memory = vec![knot::RUN.to_owned()];
        wanted.files = files;
        wanted.revives = true;
        wanted
    }

    /// The container, if it ran before this pass; else it is made or started.
    async fn raise(&self, wanted: &Wanted, digest: &str) -> Result<Option<String>, Trouble> {
        let engine = &self.docker().engine;
        let same = self.found.filter(|seen| seen.labels.as_ref() == Some(&wanted.labels));
        match (same, self.found) {
            (Some(seen), _) if seen.standing == Standing::Running => return Ok(Some(seen.id.clone())),
            (Some(seen), _) if seen.standing == Standing::Paused => return Ok(None),
            (Some(seen), _) => {
                engine.upload(&seen.id, &wanted.files).await?;
                engine.start(&seen.id).await?;
                self.anew(digest).await?;
            }
            (None, other) => {
                if let Some(seen) = other {
                    engine.remove(&seen.id).await?;
                }
                let id = engine.create(wanted).await?;
                match engine.start(&id).await {
                    Ok(()) => self.anew(digest).await?,
                    Err(trouble) if matches!(trouble.kind(), Kind::Conflict(_)) => {
                        engine.remove(&id).await?;
                        let scope = self.scope.to_string();
                        // With another port: this one is somebody else's.
                        let other = move |tables: &mut Tables| {
                            tables.name_servers.remove(&scope);
                            Ok(())
                        };
                        self.acting.change(other).await?;
                    }
                    Err(trouble) => return Err(trouble),
                }
            }
        }
        Ok(None)
    }

    /// What was told to a server that began anew has to be told again.
    async fn anew(&self, digest: &str) -> Result<(), Trouble> {
        let (scope, digest) = (self.scope.clone(), digest.to_owned());
        let anew = move |tables: &mut Tables| {
            for row in tables.records.values_mut().filter(|row| row.owner == scope) {
                row.published = None;
            }
            if let Some(server) = tables.name_servers.get_mut(&scope.to_string()) {
                server.written = digest;
            }
            Ok(())
        };
        self.acting.change(anew).await
    }

    async fn written(&self, digest: String) -> Result<(), Trouble> {
        let scope = self.scope.to_string();
        let write = move |tables: &mut Tables| {
            if let Some(server) = tables.name_servers.get_mut(&scope) {
                server.written = digest;
            }
            Ok(())
        };
        self.acting.change(write).await
    }

    /// Tells the server what a name is answered, if that is other than before, and remembers it.
    async fn record(&self, server: &ServerRow, row: &RecordRow, published: &Published) -> Result<(), Trouble> {
        let answers: Vec<(Endpoint, bool)> = alive(self.tables, row);
        if row.published.as_ref() == Some(published) && row.answers == answers && row.phase == Phase::Active {
            return Ok(());
        }
        if row.published.as_ref() != Some(published) {
            update::tell(server.port, &server.key, &row.set.name, published).await?;
        }
        let (name, set, published) = (row.set.name.to_string(), row.set.clone(), published.clone());
        let remember = move |tables: &mut Tables| {
            // Whoever wished something else meanwhile is heard in the next pass.
            if let Some(row) = tables.records.get_mut(&name).filter(|row| row.set == set && !row.removing()) {
                (row.answers, row.published) = (answers, Some(published));
                if row.phase != Phase::Active {
                    (row.phase, row.since) = (Phase::Active, now());
                }
            }
            Ok(())
        };
        self.acting.change(remember).await
    }
}
