//! The scripts: what is asked of a small site, and when.

use crate::sim::{Profile, Traffic};
use ha_core::{
    fault::Fault,
    topology::{Balancer, Dns, Endpoint, Gate, Guards, HealthCheck, Pool, Rollout, Share, Topology, ValidTopology},
};
use std::time::Duration;

/// What is asked of the site, and when.
#[derive(Clone, Debug)]
pub struct Script {
    /// Its name.
    pub name: &'static str,
    /// What it is about.
    pub about: &'static str,
    /// The site.
    pub site: ValidTopology,
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
        site: site(),
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
            vec![at(FIRST, "operator.hold", "instances:1 of pool:web"), at(SECOND, "operator.put_back", "all")],
        ),
        Script {
            changes: vec![(When::At(FIRST), Change::Remove)],
            ..plain("remove", "the site is taken down", Vec::new())
        },
        Script { site: wide(), from_nothing: true, ..plain("wide-create", "a site of two pools is made", Vec::new()) },
        Script {
            site: wide(),
            users: true,
            ..plain("wide-release", "both pools are renewed", vec![at(FIRST, "operator.release", "pool:*")])
        },
        Script {
            site: wide(),
            ..plain("wide-evacuate", "a zone of two pools is emptied", vec![at(FIRST, "operator.evacuate", "zone:b")])
        },
        Script {
            site: wide(),
            changes: vec![(When::At(FIRST), Change::Remove)],
            ..plain("wide-remove", "a site of two pools is taken down", Vec::new())
        },
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

/// The site of most scripts.
pub fn site() -> ValidTopology {
    let dns = Dns::apex("shop.example").to("front").ttl(Duration::from_secs(10));
    let site = Topology::new("shop").id("drill").zones(["a", "b", "c"]);
    let site = site.with(pool("web", 3, 1, Share(1000))).with(balancer("front").to("web")).with(dns);
    site.validate().expect("the site stands in this file and `every_script_converges` makes it")
}

/// A site with more of everything, whose plans have more steps.
pub fn wide() -> ValidTopology {
    let both = [(Endpoint::Balancer("front".into()), 80), (Endpoint::Balancer("back".into()), 20)];
    let site = Topology::new("shop").id("drill").zones(["a", "b"]);
    let site = site.with(pool("web", 4, 2, Share(750))).with(pool("admin", 4, 2, Share(500)));
    let site = site.with(balancer("front").to("web").weighted("admin", 50)).with(balancer("back").to("admin"));
    let site = site.with(Dns::weighted("shop.example", both).ttl(Duration::from_secs(10)));
    let site = site.with(Dns::apex("admin.example").to("back").ttl(Duration::from_secs(10)));
    site.validate().expect("the site stands in this file and `every_script_converges` makes it")
}

fn pool(name: &str, capacity: u32, batch: u32, min_healthy: Share) -> Pool {
    let gate = Gate { min_requests: 1, ..Gate::default() };
    let rollout = Rollout { surge: 1, batch, bake: Duration::from_secs(5), gate };
    let pool = Pool::new(name).release("v1").size(2..=6).capacity(capacity).ready("/healthz", Duration::from_secs(60));
    pool.rollout(rollout).guards(Guards { brake: Some(Share(340)), min_healthy })
}

fn balancer(name: &str) -> Balancer {
    let (interval, timeout) = (Duration::from_secs(2), Duration::from_secs(1));
    let health = HealthCheck { interval, timeout, healthy: 2, unhealthy: 2 };
    Balancer::http(name).health(health).drain(Duration::from_secs(3))
}

/// How the provider of all scripts behaves.
pub fn profile() -> Profile {
    Profile::read(include_str!("drill.toml"), "drill.toml")
        .expect("the table stands beside this file and `every_script_converges` reads it")
}
