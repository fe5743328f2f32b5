//! A site and how AWS is reached for it, as files and arguments say.

use super::arguments::{Asked, Command};
use crate::{place, stop::Stop};
use ha_aws::{Aws, Provider};
use ha_core::{ValidTopology, backend::Backend};
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
}

impl Site {
    /// Reads the files. Nobody is asked anything yet.
    pub async fn open(asked: &Asked) -> Result<Self, Stop> {
        let file = place::topology(asked.topology.as_deref());
        let mut wanted = ValidTopology::load(&file).map_err(|problems| Stop::Wrong(problems.to_string()))?;
        let here = asked.is_here();
        if here && wanted.topology().id.is_none() {
            let named = wanted.topology().clone().id(ON_AN_EMULATOR);
            wanted = named.validate().map_err(|problems| Stop::Wrong(problems.to_string()))?;
        }
        let provider = place::provider(asked.provider.as_deref(), &file, "aws");
        let name = provider.display().to_string();
        let text = fs::read_to_string(&provider).map_err(|error| Stop::Wrong(format!("{name}: {error}")))?;
        let provider = Provider::parse(&text, &name).map_err(|problems| Stop::Wrong(problems.to_string()))?;
        let mut aws = Aws::new(provider);
        if let Some(url) = &asked.endpoint {
            aws = aws.endpoint(url);
        }
        if here {
            aws = aws.credentials("test", "test").settle(LOCAL.0).call_timeout(LOCAL.1);
        }
        Ok(Self { wanted, backend: aws.connect().await, here })
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
