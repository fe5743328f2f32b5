//! The scripts: what is asked of a small site, and when.

use crate::sim::{Profile, Traffic};
use ha_core::{
    fault::Fault,
    topology::{
        Balancer, Capacity, Dns, Gate, Guards, HealthCheck, Pool, Rollout, Share, Topology, ValidTopology,
    },
};
use std::time::Duration;

/// What is asked of the site, and when.
#[derive(Clone, Debug)]
pub struct Script {
    /// Its name.
    pub name: &'static str,
    /// What it is about.
    pub about: &'static str,
    /// Whether it starts from nothing, and the site is what is asked for.
    pub from_nothing: bool,
    /// Whether users come: a gate needs readings.
    pub users: bool,
    /// What is asked for in the words of the fault vocabulary.
    pub events: Vec<Fault>,
    /// What is asked for and has no word there, in order.
    pub changes: Vec<(When, Change)>,
}

/// When a change is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// So long after the start.
    At(Duration),
    /// As soon as an instance of another release than this one exists, seen once a second.
    Runs(&'static str),
}

/// A change of the topology.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// This release is to run.
    Release(&'static str),
    /// The site is to be gone.
    Remove,
}

impl Change {
    /// The site as it is wanted from now on.
    pub fn of(self, site: &ValidTopology) -> ValidTopology {
        let mut topology = site.topology().clone();
        topology.generation += 1;
        match self {
            Self::Release(release) => topology.pools.iter_mut().for_each(|pool| pool.release = release.into()),
            Self::Remove => return site.removed(),
        }
        topology.validate().expect("only the release is another, and it is a word")
    }
}

/// When the first change is asked for.
const FIRST: Duration = Duration::from_secs(5);
/// When the second is, if there is one: whatever was disturbed is over by then.
const SECOND: Duration = Duration::from_secs(180);

/// All scripts.
pub fn scripts() -> Vec<Script> {
    let most = |instances| move |given: &mut ha_core::fault::Parameters| given.most = Some(instances);
    let plain = |name, about, events| Script {
        name,
        about,
        from_nothing: false,
        users: false,
        events,
        changes: Vec::new(),
    };
    let new_release = || at(FIRST, "operator.release", "pool:web");
    vec![
        Script { from_nothing: true, ..plain("create", "the site is made", Vec::new()) },
        plain("grow", "two instances more", vec![at(FIRST, "operator.resize", "pool:web").with(most(5))]),
        plain("shrink", "one instance less", vec![at(FIRST, "operator.resize", "pool:web").with(most(2))]),
        Script { users: true, ..plain("release", "a good release", vec![new_release()]) },
        Script {
            users: true,
            ..plain(
                "bad-release",
                "a release that fails its gate",
                vec![at(FIRST, "release.errors", "pool:web").rate(1.0)],
            )
        },
        plain(
            "evacuate",
            "a zone is emptied and used again",
            vec![at(FIRST, "operator.evacuate", "zone:a"), at(SECOND, "operator.reopen", "zone:a")],
        ),
        Script {
            users: true,
            changes: vec![(When::Runs("v1"), Change::Release("v1"))],
            ..plain("roll-back", "a release is asked back on its way", vec![new_release()])
        },
        plain(
            "hold",
            "an instance is pulled out and put back",
            vec![
                at(FIRST, "operator.hold", "instances:1 of pool:web"),
                at(SECOND, "operator.put_back", "all"),
            ],
        ),
        Script { changes: vec![(When::At(FIRST), Change::Remove)], ..plain("remove", "the site is taken down", Vec::new()) },
    ]
}

/// The script of this name.
pub fn script(name: &str) -> Option<Script> {
    scripts().into_iter().find(|script| script.name == name)
}

fn at(at: Duration, effect: &str, target: &str) -> Fault {
    let fault = Fault::new(effect, target).expect("the text stands in this file and `every_script_converges` reads it");
    fault.at(at)
}

impl Script {
    /// From when on calls are counted.
    pub fn starts(&self) -> Duration {
        // A second later than the run, so that no turn begins at that very instant.
        if self.from_nothing { Duration::ZERO } else { Duration::from_secs(1) }
    }
    /// When the last change is asked for that has its time.
    pub fn last(&self) -> Duration {
        let changes = self.changes.iter().filter_map(|(when, _)| match when {
            When::At(at) => Some(*at),
            When::Runs(_) => None,
        });
        self.events.iter().map(|event| event.at).chain(changes).max().unwrap_or_default()
    }
    /// The users who come.
    pub fn traffic(&self) -> Option<Traffic> {
        self.users.then(|| Traffic::constant(5.0))
    }
}

/// The site of all scripts.
pub fn site() -> ValidTopology {
    let rollout = Rollout {
        surge: 1,
        batch: 1,
        bake: Duration::from_secs(5),
        gate: Gate { min_requests: 3, ..Gate::default() },
    };
    let health =
        HealthCheck { interval: Duration::from_secs(2), timeout: Duration::from_secs(1), healthy: 2, unhealthy: 2 };
    let pool = Pool::new("web").release("v1").size(2..=6).ready("/healthz", Duration::from_secs(60)).rollout(rollout);
    let pool = Pool { capacity: Capacity::Fixed(3), ..pool };
    Topology::new("shop")
        .id("drill")
        .zones(["a", "b", "c"])
        .with(pool.guards(Guards { brake: Some(Share(340)), min_healthy: Share(1000) }))
        .with(Balancer::http("front").to("web").health(health).drain(Duration::from_secs(3)))
        .with(Dns::apex("shop.example").to("front").ttl(Duration::from_secs(10)))
        .validate()
        .expect("the site stands in this file and `every_script_converges` makes it")
}

/// How the provider of all scripts behaves.
pub fn profile() -> Profile {
    Profile::read(include_str!("drill.toml"), "drill.toml")
        .expect("the table stands beside this file and `every_script_converges` reads it")
}
