//! One pass over all pools: machines follow the rows, and what is found out is written down.

use super::{
    Machine, MemberRow, PoolRow,
    agent::{Agent, Known},
    judge::{Findings, judge, naming},
    machine::{self, containers},
    orders::refuse,
    wishes::forget_if_empty,
};
use crate::docker::{
    Acting,
    engine::{Part, Seen, Standing, Trouble},
    now,
    state::Tables,
};
use ha_core::{
    backend::{Kind, Scope, state::InstancePhase},
    name::{InstanceId, PoolName},
};
use std::{collections::BTreeSet, sync::Arc};
use tokio::task::JoinSet;

/// What tends all pools remembers between two passes.
#[derive(Debug)]
pub struct Tending {
    acting: Arc<Acting>,
    agent: Agent,
    /// Machines that are being made or ended.
    busy: BTreeSet<Known>,
    working: JoinSet<Known>,
}

impl Tending {
    /// Nothing is known yet.
    pub fn new(acting: Arc<Acting>) -> Self {
        Self { acting, agent: Agent::default(), busy: BTreeSet::new(), working: JoinSet::new() }
    }

    /// One pass.
    pub async fn pass(&mut self) -> Result<(), Trouble> {
        let acting = self.acting.clone();
        let check = &acting.docker.settings.check;
        self.agent.listen(check);
        while let Some(done) = self.working.try_join_next() {
            if let Ok(known) = done {
                self.busy.remove(&known);
            }
        }
        // Rows are read before containers: what a row says was made must be seen.
        let tables = acting.docker.directory.read().await?;
        let mut findings = Findings::default();
        for scope in &tables.scopes() {
            let seen = acting.docker.engine.list(scope, None).await?;
            self.sweep(scope, &seen).await?;
            self.follow(scope, &tables, &seen, &mut findings);
        }
        self.ask(&tables);
        findings.checks = self.agent.judged();
        let at = now();
        let mut judged = tables.clone();
        judge(&mut judged, &findings, at);
        if judged == tables {
            return Ok(());
        }
        let write = acting.change(move |tables| {
            judge(tables, &findings, at);
            Ok(())
        });
        write.await
    }

    /// Removes containers of instances that no row knows. A row is written before its containers are made, so that rows
    /// are read after them here.
    async fn sweep(&mut self, scope: &Scope, seen: &[Seen]) -> Result<(), Trouble> {
        let tables = self.acting.docker.directory.read().await?;
        let mine = tables.pools.values().filter(|row| row.owner == *scope).flat_map(|row| &row.members);
        let known: BTreeSet<&str> = mine.map(|member| member.id.as_str()).collect();
        for container in seen {
            let Some(labels) = &container.labels else { continue };
            if matches!(labels.part, Part::Holder | Part::Instance) && !known.contains(labels.name.as_str()) {
                self.acting.docker.engine.remove(&container.id).await?;
            }
        }
        Ok(())
    }

    fn follow(&mut self, scope: &Scope, tables: &Tables, seen: &[Seen], findings: &mut Findings) {
        let runs = |seen: &&Seen| matches!(seen.standing, Standing::Running | Standing::Paused);
        let running: BTreeSet<&str> = seen.iter().filter(runs).map(|seen| seen.name.as_str()).collect();
        for row in tables.pools.values().filter(|row| row.owner == *scope) {
            for member in &row.members {
                let known = (scope.name.clone(), member.id.clone());
                let up = containers(scope, &member.id).iter().all(|name| running.contains(name.as_str()));
                match member.machine {
                    Machine::Made if up => {}
                    Machine::Made => {
                        findings.stopped.insert(known);
                    }
                    Machine::Wanted | Machine::Unwanted if self.busy.contains(&known) => {}
                    Machine::Wanted => self.work(known, make(self.acting.clone(), row.clone(), member.clone())),
                    Machine::Unwanted => self.work(known, unmake(self.acting.clone(), row.clone(), member.clone())),
                }
            }
        }
    }

    fn work(&mut self, known: Known, work: impl Future<Output = ()> + Send + 'static) {
        self.busy.insert(known.clone());
        self.working.spawn(async move {
            work.await;
            known
        });
    }

    /// Asks those instances that no balancer checks.
    fn ask(&mut self, tables: &Tables) {
        let (at, check) = (now(), &self.acting.docker.settings.check);
        let mut asked = BTreeSet::new();
        for row in tables.pools.values().filter(|row| naming(tables, row).next().is_none()) {
            for member in row.members.iter().filter(|member| is_checked(member)) {
                let known = (row.owner.name.clone(), member.id.clone());
                self.agent.ask(&known, member, (&row.spec.boot, check), at);
                asked.insert(known);
            }
        }
        self.agent.retain(|known| asked.contains(known));
    }
}

fn is_checked(member: &MemberRow) -> bool {
    member.machine == Machine::Made
        && match member.phase {
            InstancePhase::Booting | InstancePhase::Ready | InstancePhase::Unready | InstancePhase::Returning => true,
            InstancePhase::Draining | InstancePhase::Held(_) | InstancePhase::Lost => false,
        }
}

async fn make(acting: Arc<Acting>, row: PoolRow, member: MemberRow) {
    let made = machine::make(&acting.docker, &row, &member).await;
    let again = made.as_ref().is_err_and(|trouble| matches!(trouble.kind(), Kind::Unavailable | Kind::NotReady(_)));
    let refused = made.is_err();
    acting.hear(&format!("launch of {}", member.id), made);
    if again {
        return;
    }
    let (scope, pool, id, zone) = (row.owner.clone(), row.spec.name.clone(), member.id.clone(), member.zone.clone());
    let written = acting.change(move |tables| {
        let version = tables.version;
        let Some(row) = tables.pool_mut(&scope, &pool) else { return Ok(()) };
        let Some(member) = row.member_mut(&id).filter(|member| member.machine == Machine::Wanted) else {
            return Ok(());
        };
        match refused {
            false => member.machine = Machine::Made,
            true => {
                row.members.retain(|member| member.id != id);
                refuse(&mut row.refused, &zone, now());
            }
        }
        row.changed = version;
        forget_if_empty(tables, &scope, &pool);
        Ok(())
    });
    acting.hear(&format!("instance {}", member.id), written.await);
}

async fn unmake(acting: Arc<Acting>, row: PoolRow, member: MemberRow) {
    let unmade = machine::unmake(&acting.docker, &row, &member).await;
    if acting.hear(&format!("end of {}", member.id), unmade).is_none() {
        return;
    }
    let (scope, pool, id) = (row.owner.clone(), row.spec.name.clone(), member.id.clone());
    let written = acting.change(move |tables| {
        forget(tables, &scope, &pool, &id);
        Ok(())
    });
    acting.hear(&format!("instance {}", member.id), written.await);
}

fn forget(tables: &mut Tables, scope: &Scope, pool: &PoolName, id: &InstanceId) {
    let version = tables.version;
    if let Some(row) = tables.pool_mut(scope, pool) {
        row.members.retain(|member| member.id != *id);
        row.changed = version;
    }
    forget_if_empty(tables, scope, pool);
}
