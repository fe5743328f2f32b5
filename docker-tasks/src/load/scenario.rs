//! What befalls the site under load, and what its users may notice of it.

use super::{
    judge::{May, Moment},
    stage::{Stage, stuck},
};
use ha_core::{
    backend::state::{InstanceState, TargetHealth},
    name::{InstanceId, ZoneName},
    topology::{Capacity, HoldMode},
};
use ha_local::docker::{called, engine::Trouble, lab::load::Load};
use std::time::Duration;
use tokio::time::sleep;

/// What befalls the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// Another release is rolled out.
    Release,
    /// The pool grows to its maximum and shrinks again.
    Resize,
    /// An instance is held, and put back.
    Hold,
    /// The process of an instance is killed: what ending one without draining it costs.
    Kill,
    /// An instance stands still.
    Freeze,
    /// A release is rolled out that never becomes ready.
    Stuck,
    /// A zone is cut off, and comes back.
    ZoneCut,
    /// A zone loses its power, and comes back.
    ZonePower,
}

impl Scenario {
    /// Every one, by the word for it. What fails in a zone that lost an instance lately is not held against a release for
    /// some minutes: the one that gets stuck comes before anything dies.
    pub const ALL: [(&str, Self); 8] = [
        ("release", Self::Release),
        ("resize", Self::Resize),
        ("hold", Self::Hold),
        ("stuck", Self::Stuck),
        ("kill", Self::Kill),
        ("freeze", Self::Freeze),
        ("zone-cut", Self::ZoneCut),
        ("zone-power", Self::ZonePower),
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, it)| *it == self).map_or("", |(word, _)| word)
    }

    /// Whether all of it is our own doing: then never fewer serve than the pool's minimum.
    pub fn is_ours(self) -> bool {
        match self {
            Self::Release | Self::Resize | Self::Hold | Self::Stuck => true,
            Self::Kill | Self::Freeze | Self::ZoneCut | Self::ZonePower => false,
        }
    }

    /// Lets it befall the site once, and answers what users may notice.
    pub async fn once(self, stage: &mut Stage, load: &Load) -> Result<Vec<Moment>, String> {
        match self {
            Self::Release => release(stage, load).await,
            Self::Resize => resize(stage).await,
            Self::Hold => hold(stage, load).await,
            Self::Kill => kill(stage, load).await,
            Self::Freeze => freeze(stage, load).await,
            Self::Stuck => roll_back(stage, load).await,
            Self::ZoneCut => zone(stage, load, true).await,
            Self::ZonePower => zone(stage, load, false).await,
        }
    }
}

async fn release(stage: &mut Stage, load: &Load) -> Result<Vec<Moment>, String> {
    stage.release += 1;
    let release = format!("r{}", stage.release);
    stage.pool().release = release.as_str().into();
    stage.converge().await?;
    let from = load.now();
    stage.calm("everybody runs the new release").await?;
    sleep(Duration::from_secs(1)).await;
    Ok(vec![Moment::Only { release, from, to: load.now() }])
}

async fn resize(stage: &mut Stage) -> Result<Vec<Moment>, String> {
    let before = stage.pool().capacity;
    // What a roll-out may launch besides has to fit as well.
    let most = stage.pool().size.max - stage.pool().rollout.surge;
    for capacity in [Capacity::Fixed(most), before] {
        stage.pool().capacity = capacity;
        stage.converge().await?;
        stage.calm("it has its new size").await?;
    }
    Ok(Vec::new())
}

async fn hold(stage: &mut Stage, load: &Load) -> Result<Vec<Moment>, String> {
    let id = chosen(stage, load).await?.id;
    stage.wanted.pools[0] = stage.wanted.pools[0].clone().hold(id.as_str(), HoldMode::Replace);
    stage.converge().await?;
    let out = |health: TargetHealth| health != TargetHealth::Healthy;
    stage.until("it is held", |_, front| front.targets.iter().all(|it| it.instance != id || out(it.health))).await?;
    let from = load.now();
    sleep(Duration::from_secs(2)).await;
    let to = load.now();
    stage.pool().hold.clear();
    stage.converge().await?;
    stage.calm("it is back").await?;
    let from_then = load.now();
    sleep(Duration::from_secs(1)).await;
    let instance = id.to_string();
    let back = Moment::Serves { instances: vec![instance.clone()], from: from_then, to: load.now() };
    Ok(vec![Moment::Never { instance, from, to }, back])
}

async fn kill(stage: &mut Stage, load: &Load) -> Result<Vec<Moment>, String> {
    let id = chosen(stage, load).await?.id;
    let from = load.now();
    stage.docker.engine.kill(&program(stage, &id)).await.map_err(told)?;
    let to = load.now();
    missed(stage, &id).await?;
    stage.calm("it is replaced").await?;
    Ok(vec![Moment::MayFail { from, to, may: May::InFlight }])
}

async fn freeze(stage: &mut Stage, load: &Load) -> Result<Vec<Moment>, String> {
    let id = chosen(stage, load).await?.id;
    let from = load.now();
    stage.docker.engine.pause(&program(stage, &id)).await.map_err(told)?;
    let to = load.now() + stage.detection();
    missed(stage, &id).await?;
    stage.calm("it is replaced").await?;
    Ok(vec![Moment::MayFail { from, to, may: May::UntilDetected }])
}

async fn roll_back(stage: &mut Stage, load: &Load) -> Result<Vec<Moment>, String> {
    let before = stage.pool().release.clone();
    stage.release += 1;
    let wanted = stuck(stage.release);
    stage.pool().release = wanted.as_str().into();
    let from = load.now();
    stage.converge().await?;
    let (pool, _) = stage.seen().await?;
    stage.pool().release = before.clone();
    let marks = &pool.spec.marks;
    if marks.stable != before || marks.rejected.iter().all(|it| it.release.as_str() != wanted) {
        return Err(format!("release {wanted} was not rolled back: {marks:?}"));
    }
    stage.calm("it is rolled back").await?;
    Ok(vec![Moment::Only { release: before.to_string(), from, to: load.now() }])
}

/// The zone comes back as soon as the others have all instances.
async fn zone(stage: &mut Stage, load: &Load, cut: bool) -> Result<Vec<Moment>, String> {
    let zone = chosen(stage, load).await?.zone;
    let from = load.now();
    befall(stage, &zone, cut, false).await.map_err(told)?;
    let to = load.now() + stage.detection() + Duration::from_secs(1);
    let count = stage.capacity() as usize;
    let moved = stage.until("the other zones have them all", |pool, front| {
        let others: Vec<_> = pool.instances.iter().filter(|it| it.zone != zone).map(|it| &it.id).collect();
        let healthy =
            |id: &InstanceId| front.targets.iter().any(|it| it.instance == *id && it.health == TargetHealth::Healthy);
        others.into_iter().filter(|id| healthy(id)).count() >= count
    });
    moved.await?;
    befall(stage, &zone, cut, true).await.map_err(told)?;
    stage.calm("the zone is used again").await?;
    let (back, here) = (load.now(), stage.serving().await?.into_iter().filter(|it| it.zone == zone));
    let instances = here.map(|it| it.id.to_string()).collect();
    sleep(Duration::from_secs(1)).await;
    let again = Moment::Serves { instances, from: back, to: load.now() };
    Ok(vec![Moment::MayFail { from, to, may: May::UntilDetected }, again])
}

async fn befall(stage: &Stage, zone: &ZoneName, cut: bool, well: bool) -> Result<(), Trouble> {
    match cut {
        true => stage.docker.border(&stage.scope, zone, well).await,
        false => stage.docker.power(&stage.scope, zone, well).await,
    }
}

/// One of those that serve, another each time.
async fn chosen(stage: &Stage, load: &Load) -> Result<InstanceState, String> {
    let mut serving = stage.serving().await?;
    if serving.is_empty() {
        return Err("nobody serves".to_owned());
    }
    Ok(serving.swap_remove(load.count() % serving.len()))
}

/// Waits until the pool has given an instance up: until then all seem well.
async fn missed(stage: &Stage, id: &InstanceId) -> Result<(), String> {
    stage.until(&format!("{id} is missed"), |pool, _| pool.instances.iter().all(|it| it.id != *id)).await
}

/// The container of an instance's program.
fn program(stage: &Stage, id: &InstanceId) -> String {
    called(&stage.scope, format!("{id}.app"))
}

fn told(trouble: Trouble) -> String {
    trouble.to_string()
}
