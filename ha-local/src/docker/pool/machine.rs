//! The machine of an instance: a holder that owns its network place, and what runs in it.

use super::{MemberRow, PoolRow};
use crate::docker::{
    Docker, called,
    engine::{Attached, Labels, Part, Trouble, Wanted},
    network::close_border,
    settings::Program,
};
use ha_core::{
    backend::{Kind, Scope},
    name::InstanceId,
};

/// Makes and starts the machine; what is there of it already is taken.
pub(super) async fn make(docker: &Docker, pool: &PoolRow, member: &MemberRow) -> Result<(), Trouble> {
    let tables = docker.directory.read().await?;
    let zone = tables.zone(&pool.owner.name, &member.zone);
    if zone.dark {
        return Err(Kind::NoCapacity.into());
    }
    let network = tables.networks.get(&pool.owner.name).and_then(|row| row.id.clone());
    let network = network.ok_or(Kind::NotReady("the network is not made yet".into()))?;
    let program = docker.settings.program(&member.release);
    let program = program.ok_or(Kind::Rejected(format!("nobody says what release {} runs from", member.release)))?;
    let holder = docker.engine.create(&holder(docker, pool, member, network)).await?;
    docker.engine.start(&holder).await?;
    if zone.cut {
        close_border(docker, &holder, member.address).await?;
    }
    for volume in program.mounts.keys().filter(|from| is_volume(from)) {
        let labels = Labels {
            part: Part::Volume,
            name: volume.clone(),
            plan: String::new(),
            ..labels(pool, member, Part::Volume)
        };
        docker.engine.ensure_volume(&called(&pool.owner, volume), &labels).await?;
    }
    let part = docker.engine.create(&part(program, pool, member, &holder)).await?;
    docker.engine.start(&part).await
}

/// What is mounted from there: a volume of the site's own, or a place of the host.
fn is_volume(from: &str) -> bool {
    !from.contains('/')
}

/// Ends and removes the machine: what runs on it is asked first.
pub(super) async fn unmake(docker: &Docker, pool: &PoolRow, member: &MemberRow) -> Result<(), Trouble> {
    let [holder, part] = containers(&pool.owner, &member.id);
    docker.engine.stop(&part, docker.settings.timers.grace).await?;
    docker.engine.remove(&part).await?;
    docker.engine.remove(&holder).await
}

fn labels(pool: &PoolRow, member: &MemberRow, part: Part) -> Labels {
    Labels { scope: pool.owner.clone(), part, name: member.id.to_string(), plan: member.release.to_string() }
}

fn holder(docker: &Docker, pool: &PoolRow, member: &MemberRow, network: String) -> Wanted {
    let [name, _] = containers(&pool.owner, &member.id);
    let attached = Attached::To { network, address: member.address };
    let labels = labels(pool, member, Part::Holder);
    let command = Some(["sleep", "infinity"].map(str::to_owned).to_vec());
    Wanted { command, net_admin: true, ..Wanted::new(name, &docker.settings.images.net, labels, attached) }
}

fn part(program: Program, pool: &PoolRow, member: &MemberRow, holder: &str) -> Wanted {
    let [_, name] = containers(&pool.owner, &member.id);
    let spec = &pool.spec;
    let told = [
        ("SITE_POOL", spec.name.to_string()),
        ("SITE_INSTANCE", member.id.to_string()),
        ("SITE_ZONE", member.zone.to_string()),
        ("SITE_RELEASE", member.release.to_string()),
        ("SITE_PORT", spec.boot.port.to_string()),
        ("SITE_READY", spec.boot.ready.clone()),
    ];
    let hopeless = member.hopeless.then(|| ("SITE_FAULT".to_owned(), "not-ready".to_owned()));
    let environment = told.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(hopeless);
    let labels = labels(pool, member, Part::Instance);
    let mount = |(from, to): (String, String)| match is_volume(&from) {
        true => (called(&pool.owner, from), to),
        false => (from, to),
    };
    Wanted {
        command: program.command,
        environment: environment.chain(program.environment).collect(),
        mounts: program.mounts.into_iter().map(mount).collect(),
        ..Wanted::new(name, program.image, labels, Attached::With(holder.to_owned()))
    }
}

/// What an instance's containers are called on the engine: its holder, and what runs on it.
pub(super) fn containers(scope: &Scope, id: &InstanceId) -> [String; 2] {
    [called(scope, id), called(scope, format!("{id}.app"))]
}
