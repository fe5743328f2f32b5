//! The drill on Docker: the laboratory strikes, our loop and a supervisor decide.

use super::{
    Decision, Decisions, LEASE, PERIOD, policy,
    script::{Act, REMEMBERED, Script},
};
use ha_core::{
    Controller, ValidTopology,
    apply::Stop,
    backend::{Backend, Scope, state::InstancePhase},
    conformance::{Lab, Port},
    event::{Event, What},
    keeper::pool::Order,
    name::PoolName,
    reconcile::Wanted,
    time::Timestamp,
    validate::Problems,
};
use ha_local::docker::{
    Settings,
    lab::{DockerLab, run_place},
    settings::{Program, Timers},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// A busy machine is waited for so long, and then something is wrong.
const PATIENCE: Duration = Duration::from_secs(600);

/// What is decided, and since when nothing is.
struct Record {
    event: usize,
    decisions: Decisions,
    last: Instant,
    converged: bool,
    /// When each pool lost an instance last.
    losses: BTreeMap<PoolName, Instant>,
}

type Shared = Arc<Mutex<Record>>;

/// What the owner wants now.
struct WantedNow(Arc<Mutex<ValidTopology>>);

impl Wanted for WantedNow {
    fn wanted(&self) -> ValidTopology {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Runs it, and answers what was decided.
pub async fn run(script: &Script) -> Result<Decisions, String> {
    let record =
        Record { event: 0, decisions: Vec::new(), last: Instant::now(), converged: false, losses: BTreeMap::new() };
    let record: Shared = Arc::new(Mutex::new(record));
    let by_keepers = record.clone();
    let lab = DockerLab::new(settings(script), Port::Pool)
        .await
        .map_err(|trouble| ha_examples::docker::program::said(&trouble))?;
    let lab = lab.orders(Arc::new(move |at: Timestamp, pool: &PoolName, order: &Order| {
        note(&by_keepers, Decision::of_keeper(at, pool, order));
    }));
    let backend = lab.empty().await;
    let [scope, _] = lab.scopes();
    let ran = drill(script, (&lab, &backend, &scope), &record).await;
    // What the removal of the site leads to is no part of the drill.
    let decisions = std::mem::take(&mut lock(&record).decisions);
    // An older generation would be told that a newer one has taken over.
    let asked =
        script.acts.iter().rev().find_map(|timed| if let Act::Ask(site) = &timed.act { Some(site) } else { None });
    let site = named(asked.unwrap_or(&script.site), &scope).map_err(|problems| problems.to_string())?;
    let gone = Controller::new(backend.clone(), "drill".into()).period(PERIOD).until_converged(&site.removed()).await;
    let cleared = lab.clear().await;
    ran?;
    gone.map_err(|stalled| format!("the site is not removed: {stalled}"))?;
    cleared.map_err(|trouble| ha_examples::docker::program::said(&trouble))?;
    Ok(decisions)
}

async fn drill(
    script: &Script,
    (lab, backend, scope): (&DockerLab, &Backend, &Scope),
    record: &Shared,
) -> Result<(), String> {
    let said = |problems: Problems| problems.to_string();
    let wanted = Arc::new(Mutex::new(named(&script.site, scope).map_err(said)?));
    let (stop, by_loop) = (Stop::default(), record.clone());
    let mut controller = Controller::new(backend.clone(), "drill".into())
        .period(PERIOD)
        .lease_length(LEASE)
        .stop(stop.clone())
        .observer(Arc::new(move |event: &Event| hear(&by_loop, event)));
    let wants = WantedNow(wanted.clone());
    let strike = async {
        calm((script, backend, scope), record, "the making of the site").await?;
        let begun = Instant::now();
        for (index, timed) in script.acts.iter().enumerate() {
            let number = index + 1;
            forget(script, index, record).await;
            eprintln!("{:>4} s  {}", begun.elapsed().as_secs(), script.event(number));
            {
                let mut record = lock(record);
                (record.event, record.last, record.converged) = (number, Instant::now(), false);
            }
            match &timed.act {
                Act::Strike(fault) => lab.strike(fault).await?,
                Act::Heal(fault) => lab.heal(fault).await?,
                Act::Ask(site) => {
                    *wanted.lock().unwrap_or_else(PoisonError::into_inner) = named(site, scope).map_err(said)?;
                }
            }
            calm((script, backend, scope), record, &script.event(number)).await?;
        }
        Ok(())
    };
    let strike = async {
        let struck = strike.await;
        stop.stop();
        struck
    };
    let (_, struck) = tokio::join!(controller.forever(&wants), strike);
    struck
}

/// Waits until the pool that gets a release that fails has forgotten its other failures.
async fn forget(script: &Script, index: usize, record: &Shared) {
    let last = script.fails(index).and_then(|pool| lock(record).losses.get(&pool).copied());
    let Some(rest) = last.and_then(|last| REMEMBERED.checked_sub(last.elapsed())) else { return };
    let until = "until it is forgotten that the pool lost instances of another release";
    eprintln!("        {} s {until}: what fails soon after is not held against a release", rest.as_secs());
    tokio::time::sleep(rest).await;
}

fn hear(record: &Shared, event: &Event) {
    if let What::Planned(plan) = &event.what {
        lock(record).converged = plan.converged();
    }
    if let Some(decision) = Decision::of_loop(event) {
        note(record, decision);
    }
}

fn note(record: &Shared, decision: Decision) {
    let mut record = lock(record);
    let event = record.event;
    record.last = Instant::now();
    if let Some(pool) = &decision.loss {
        record.losses.insert(pool.clone(), Instant::now());
    }
    record.decisions.push(Decision { event, ..decision });
}

/// Waits until what an event led to is over: nothing was decided for as long as detection takes, all instances serve or
/// are held, and the site is as it is wanted; or nothing was decided for as long as the site may wait for something.
async fn calm(
    (script, backend, scope): (&Script, &Backend, &Scope),
    record: &Shared,
    what: &str,
) -> Result<(), String> {
    let begun = Instant::now();
    loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let (quiet, converged) = {
            let record = lock(record);
            (record.last.elapsed(), record.converged)
        };
        let serving = match &backend.pool {
            Some(pools) => pools.observe(scope).await.map_err(|error| error.to_string())?.state,
            None => Vec::new(),
        };
        let at_rest = |phase| matches!(phase, InstancePhase::Ready | InstancePhase::Held(_));
        let rests = serving.iter().flat_map(|pool| &pool.instances).all(|instance| at_rest(instance.phase));
        if quiet >= script.apart() && (converged && rests || quiet >= script.apart() + script.longest_wait()) {
            return Ok(());
        }
        if begun.elapsed() > PATIENCE {
            return Err(format!("{what}: not over within {} s: {serving:#?}", PATIENCE.as_secs()));
        }
    }
}

/// The site under the name that the laboratory knows it by.
fn named(site: &ValidTopology, scope: &Scope) -> Result<ValidTopology, Problems> {
    let mut site = site.topology().clone().id(&scope.id);
    site.name.clone_from(&scope.name);
    site.validate()
}

fn settings(script: &Script) -> Settings {
    let mut settings = Settings::new(run_place("drill"));
    let program = |environment: BTreeMap<String, String>| Program {
        image: "ha-site/app:local".into(),
        command: None,
        environment,
        mounts: BTreeMap::new(),
    };
    settings.releases.insert("*".into(), program(BTreeMap::new()));
    for release in &script.bad {
        let fault = BTreeMap::from([("SITE_FAULT".to_owned(), "not-ready".to_owned())]);
        settings.releases.insert(release.to_string(), program(fault));
    }
    settings.timers = Timers { grace: Duration::from_secs(1), ..Timers::default() };
    settings.policy = policy();
    settings
}

fn lock(record: &Shared) -> MutexGuard<'_, Record> {
    record.lock().unwrap_or_else(PoisonError::into_inner)
}
