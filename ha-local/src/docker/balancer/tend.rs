//! One pass over all balancers: each container as its row says, and in the row what HAProxy says.

use super::{
    BalancerRow,
    api::Api,
    config::{Frame, checked, open},
    decide::{Decision, Member, decide, entries, maps},
    machine::{self, Certificates, Files, Machine},
    meter::{Counted, Counters},
    rows::Refused,
    seen::Seen,
    wishes,
};
use crate::docker::{
    Acting, Docker,
    engine::{self, Part, Trouble},
    network::NetworkRow,
    now,
    pool::MemberRow,
    state::{Tables, key},
};
use ha_core::{
    backend::{
        Kind, Scope,
        state::{InstancePhase, Phase},
    },
    name::{InstanceId, PoolName},
};
use std::{net::Ipv4Addr, time::Duration};

/// A configuration that HAProxy refused is tried again after this.
const AGAIN: Duration = Duration::from_secs(10);

/// One pass over all balancers. What fails for one keeps nobody from tending the others.
pub async fn tend(acting: &Acting) -> Result<(), Trouble> {
    let tables = acting.docker.directory.read().await?;
    for scope in tables.scopes() {
        let found = acting.docker.engine.list(&scope, Some(Part::Balancer)).await?;
        for (name, row) in tables.balancers.iter().filter(|(_, row)| row.owner == scope) {
            let of =
                |seen: &&engine::Seen| seen.labels.as_ref().is_some_and(|labels| labels.name == row.spec.name.as_str());
            let pass = Pass { acting, tables: &tables, name, row, found: found.iter().find(of) };
            acting.hear(&format!("balancer {name}"), pass.run().await);
        }
        for seen in &found {
            let named = |labels: &engine::Labels| tables.balancers.contains_key(&key(&scope.name, &labels.name));
            if !seen.labels.as_ref().is_some_and(named) {
                acting.docker.engine.remove(&seen.id).await?;
            }
        }
    }
    Ok(())
}

/// One balancer in one pass.
struct Pass<'a> {
    acting: &'a Acting,
    tables: &'a Tables,
    name: &'a str,
    row: &'a BalancerRow,
    found: Option<&'a engine::Seen>,
}

impl Pass<'_> {
    fn docker(&self) -> &Docker {
        &self.acting.docker
    }

    async fn run(&self) -> Result<(), Trouble> {
        if self.row.removing() {
            return self.unmake().await;
        }
        if self.row.faults.down {
            if let Some(seen) = self.found.filter(|seen| seen.standing == engine::Standing::Running) {
                self.docker().engine.kill(&seen.id).await?;
            }
            return self.silent().await;
        }
        let not_yet = || Trouble::from(Kind::NotReady("the network has no addresses yet".into()));
        let network = self.tables.networks.get(&self.row.owner.name).ok_or_else(not_yet)?;
        let host = network.address(None, 1).ok_or_else(not_yet)?;
        match Certificates::read(self.docker(), self.row) {
            Ok(certificates) => self.follow(&self.frame(host, &certificates), network, &certificates).await,
            Err(trouble) => {
                self.goes_on(host).await?;
                Err(trouble)
            }
        }
    }

    /// What it should be cannot be known: it goes on with what it has, and is told who is behind it.
    async fn goes_on(&self, host: Ipv4Addr) -> Result<(), Trouble> {
        let (api, frame) = (Api { port: self.row.control }, self.frame(host, &Certificates::default()));
        let Ok(seen) = api.look(&maps()).await else { return self.silent().await };
        let decision = decide(&frame, &self.members(), &seen);
        api.say(&decision.commands).await?;
        self.report(decision, None, &seen).await
    }

    fn frame(&self, host: Ipv4Addr, certificates: &Certificates) -> Frame<'_> {
        let (spec, slots, flapping) = (&self.row.spec, &self.row.slots, self.row.faults.flapping);
        Frame { spec, slots, host, flapping, certificates: certificates.digest() }
    }

    async fn follow(
        &self,
        frame: &Frame<'_>,
        network: &NetworkRow,
        certificates: &Certificates,
    ) -> Result<(), Trouble> {
        let api = Api { port: self.row.control };
        // Nobody is behind it when it starts: who is, is told it then, and checked first.
        let empty = machine::files(frame, &[], &entries(frame.spec, &[]), certificates);
        let wanted = machine::wanted(self.docker(), self.row, network, &empty)?;
        let container = match machine::raise(self.docker(), &wanted, self.found).await? {
            Machine::Runs(container) => container,
            Machine::Begun => return self.write(move |row| row.written = empty.digest).await,
            Machine::Revived | Machine::Frozen => return self.silent().await,
            Machine::NoPorts => return self.other_ports().await,
        };
        let seen = match api.look(&maps()).await {
            Ok(seen) => seen,
            // It was started a moment ago.
            Err(_) if self.row.phase == Phase::Pending => return Ok(()),
            Err(trouble) => {
                self.silent().await?;
                return Err(trouble);
            }
        };
        let members = self.members();
        let decision = decide(frame, &members, &seen);
        let files = machine::files(frame, &decision.servers, &decision.maps, certificates);
        if seen.digest == frame.digest() {
            if files.digest != self.row.written {
                self.docker().engine.upload(&container, &files.all).await?;
            }
            api.say(&decision.commands).await?;
            return self.report(decision, Some(files.digest), &seen).await;
        }
        let refused = self.row.refused.as_ref().filter(|refused| refused.digest == frame.digest());
        let trouble = match refused.filter(|refused| now().since(refused.at) < AGAIN) {
            Some(refused) => Trouble::said(Kind::Rejected("its configuration".into()), refused.said.clone()),
            None => match self.reload(api, &container, &files).await {
                Err(trouble) if matches!(trouble.kind(), Kind::Rejected(_)) => trouble,
                done => return done,
            },
        };
        // The old configuration goes on, and is told who is behind it.
        api.say(&decision.commands).await?;
        self.report(decision, None, &seen).await?;
        if refused.is_none_or(|refused| now().since(refused.at) >= AGAIN) {
            let refused = Refused { digest: frame.digest(), at: now(), said: trouble.said_only() };
            self.write(move |row| row.refused = Some(refused)).await?;
        }
        Err(trouble)
    }

    /// It does not answer: names that stand for it are told so.
    async fn silent(&self) -> Result<(), Trouble> {
        if self.row.answers { self.write(|row| row.answers = false).await } else { Ok(()) }
    }

    /// The new configuration is taken up by a new worker; the next pass finds it at work.
    async fn reload(&self, api: Api, container: &str, files: &Files) -> Result<(), Trouble> {
        machine::put(self.docker(), container, files).await?;
        let digest = files.digest.clone();
        self.write(move |row| row.written = digest).await?;
        api.say(&["reload".to_owned()]).await?;
        Ok(())
    }

    /// Whoever is behind it.
    fn members(&self) -> Vec<Member> {
        self.of_pools(|pool, port, member| Member {
            pool: pool.clone(),
            instance: member.id.clone(),
            phase: member.phase,
            address: member.address,
            port,
        })
    }

    fn of_pools<T>(&self, each: impl Fn(&PoolName, u16, &MemberRow) -> T) -> Vec<T> {
        let pools = self.row.spec.routes.iter().filter_map(|route| {
            let row = self.tables.pools.get(&key(&self.row.owner.name, &route.pool))?;
            (row.owner == self.row.owner).then_some(row)
        });
        let members = pools.flat_map(|row| row.members.iter().map(move |member| (row, member)));
        members.map(|(row, member)| each(&row.spec.name, row.spec.boot.port, member)).collect()
    }

    /// What is behind it by now; and, if files were put into it, which.
    async fn report(&self, decision: Decision, files: Option<String>, seen: &Seen) -> Result<(), Trouble> {
        let (at, version) = (now(), self.tables.version);
        let counted = self.row.meter.due(at).then(|| self.counted(seen));
        let targets = decision.targets;
        let before: Vec<_> = self.row.targets.iter().map(|it| (&it.pool, &it.instance, it.health, it.idle)).collect();
        let same = before == targets.iter().map(|it| (&it.0, &it.1, it.2, it.3)).collect::<Vec<_>>();
        let unseen = self.of_pools(|_, _, member| member.changed > self.row.as_of).contains(&true);
        let put = files.as_ref().is_some_and(|files| *files != self.row.written);
        let quiet = self.row.answers && same && !unseen && counted.is_none() && !put;
        if quiet && self.row.phase == Phase::Active {
            return Ok(());
        }
        let write = move |row: &mut BalancerRow| {
            row.remember(targets, at);
            (row.as_of, row.answers) = (version, true);
            if let Some(files) = files {
                (row.written, row.refused) = (files, None);
            }
            row.turn(Phase::Active, at);
            if let Some(counted) = counted {
                row.meter.count(at, counted);
            }
        };
        self.write(write).await
    }

    fn counted(&self, seen: &Seen) -> Vec<Counted> {
        let counters = |backend: String, instance: &InstanceId| {
            seen.servers.get(&(backend, instance.to_string())).map_or(Counters::default(), |server| server.counters)
        };
        let present = self.of_pools(|pool, _, member| {
            let sum = counters(checked(pool), &member.id).and(counters(open(pool), &member.id));
            let (instance, release) = (member.id.clone(), member.release.clone());
            (member.phase != InstancePhase::Lost).then(|| Counted {
                pool: pool.clone(),
                instance,
                release,
                counters: sum,
            })
        });
        present.into_iter().flatten().collect()
    }

    /// Takes nothing new, finishes what it has, and goes.
    async fn unmake(&self) -> Result<(), Trouble> {
        if let Some(seen) = self.found {
            let api = Api { port: self.row.control };
            let late = now().since(self.row.since) >= self.row.spec.drain;
            let closing = ["@1 disable frontend front", "@1 disable frontend redirect"].map(str::to_owned);
            let runs = seen.standing == engine::Standing::Running && !late;
            let busy = runs && api.say(&closing).await.is_ok() && api.look(&[]).await.is_ok_and(|seen| seen.busy());
            if busy {
                return Ok(());
            }
            self.docker().engine.remove(&seen.id).await?;
        }
        let (name, scope) = (self.name.to_owned(), self.row.owner.clone());
        let forget = move |tables: &mut Tables| {
            let gone = tables.balancers.get(&name).is_some_and(|row| row.owner == scope && row.removing());
            if gone {
                tables.balancers.remove(&name);
            }
            Ok(())
        };
        self.acting.change(forget).await
    }

    async fn other_ports(&self) -> Result<(), Trouble> {
        let (name, settings) = (self.name.to_owned(), self.docker().settings.clone());
        let change = move |tables: &mut Tables| {
            let Some(mut row) = tables.balancers.get(&name).cloned() else { return Ok(()) };
            wishes::allot(tables, &settings, &mut row)?;
            tables.balancers.insert(name, row);
            Ok(())
        };
        self.acting.change(change).await
    }

    async fn write(&self, act: impl FnOnce(&mut BalancerRow) + Send + 'static) -> Result<(), Trouble> {
        let (name, scope) = (self.name.to_owned(), self.row.owner.clone());
        let change = move |tables: &mut Tables| {
            if let Some(row) = mine(tables, &name, &scope) {
                act(row);
            }
            Ok(())
        };
        self.acting.change(change).await
    }
}

fn mine<'a>(tables: &'a mut Tables, name: &str, scope: &Scope) -> Option<&'a mut BalancerRow> {
    tables.balancers.get_mut(name).filter(|row| row.owner == *scope && !row.removing())
}
