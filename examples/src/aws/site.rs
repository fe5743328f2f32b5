//! A site and how AWS is reached for it, as files and arguments say.

use super::arguments::{Asked, Command};
use crate::{place, stop::Stop};
use ha_aws::{Aws, Provider};
use ha_core::{
    ValidTopology,
    backend::Backend,
    topology::{NoReading, Topology},
};
use std::{fs, time::Duration};

/// The mark of a site on an emulator whose topology has none: nothing there outlives the emulator.
const ON_AN_EMULATOR: &str = "emulator";
/// How long changes may stay unseen on an emulator, and how long a call of a port takes there at most.
const LOCAL: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(20));

/// A site, and what makes it.
pub struct Site {
    /// As its file wants it.
    pub wanted: ValidTopology,
    /// The ports.
    pub backend: Backend,
    /// Whether an emulator on this machine answers.
    pub here: bool,
    /// Whether gates go on without a reading though the topology lets them wait, and nobody said so.
    pub unmeasured: bool,
}

impl Site {
    /// Reads the files. Nobody is asked anything yet.
    pub async fn open(asked: &Asked) -> Result<Self, Stop> {
        let file = place::topology(asked.topology.as_deref());
        let mut wanted = ValidTopology::load(&file).map_err(|problems| Stop::Wrong(problems.to_string()))?;
        let here = asked.is_here();
        let mut topology = wanted.topology().clone();
        if here && topology.id.is_none() {
            topology = topology.id(ON_AN_EMULATOR);
        }
        let no_reading = asked.no_reading.or(here.then_some(NoReading::GoOn));
        let unmeasured =
            no_reading.is_some_and(|way| without_a_reading(&mut topology, way)) && asked.no_reading.is_none();
        if topology != *wanted.topology() {
            wanted = topology.validate().map_err(|problems| Stop::Wrong(problems.to_string()))?;
        }
        let provider = place::provider(asked.provider.as_deref(), &file, "aws");
        let name = provider.display().to_string();
        let text = fs::read_to_string(&provider).map_err(|error| {
            Stop::Wrong(format!(
                "{name}: {error}; --provider names the file that says what is AWS's own, as web.aws.toml"
            ))
        })?;
        let provider = Provider::parse(&text, &name).map_err(|problems| Stop::Wrong(problems.to_string()))?;
        let mut aws = Aws::new(provider);
        if let Some(url) = &asked.endpoint {
            aws = aws.endpoint(url);
        }
        if here {
            aws = aws.credentials("test", "test").settle(LOCAL.0).call_timeout(LOCAL.1);
        }
        Ok(Self { wanted, backend: aws.connect().await, here, unmeasured })
    }

    /// Refuses what would cost money and was not said to.
    pub fn may_cost(&self, asked: &Asked) -> Result<(), Stop> {
        let changes = matches!(asked.command, Command::Apply | Command::Remove);
        if self.here || asked.costs || !changes {
            return Ok(());
        }
        let where_to = asked.endpoint.as_deref().unwrap_or("AWS itself");
        Err(Stop::Wrong(format!(
            "this would make or remove things at {where_to}, which are paid for: look at the plan, then say \
             --yes-this-costs (or --endpoint http://127.0.0.1:PORT of an emulator)"
        )))
    }
}

/// Lets the gates before which a balancer stands do this without a reading; whether that changed one of them.
fn without_a_reading(topology: &mut Topology, way: NoReading) -> bool {
    let served: Vec<_> =
        topology.balancers.iter().flat_map(|balancer| &balancer.routes).map(|route| &route.pool).collect();
    let mut changed = false;
    for pool in topology.pools.iter_mut().filter(|pool| served.contains(&&pool.name)) {
        changed |= pool.rollout.gate.no_reading != way;
        pool.rollout.gate.no_reading = way;
    }
    changed
}
