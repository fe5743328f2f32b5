//! The port for networks: a VPC with a public and a private subnet for each zone, the ways out, and who may talk to whom.
//!
//! What is to be done follows from what is there: `steps` is pure, and a wish carries steps out until none is left. So a
//! wish that was broken off anywhere is finished by asking again.

mod act;
mod draft;
#[cfg(feature = "pool")]
mod footing;
mod removal;
mod seen;
mod steps;
#[cfg(test)]
mod tests;

#[cfg(feature = "pool")]
pub(crate) use footing::Footing;
pub(crate) use seen::Seen;
#[cfg(feature = "balancer")]
pub(crate) use steps::Side;

use crate::{
    ahead::look_ahead,
    concurrent::{self, Call},
    connect::Service,
    ec2::{filter, is_ours, ours},
    error::{Told, Wish},
    lately::Since,
    mark,
};
use act::{Act, Made};
use async_trait::async_trait;
use aws_sdk_ec2::{Client, types::NetworkInterface};
use futures_util::future::join;
use ha_core::{
    backend::{
        Kind, Network, Resource, Result, Scope,
        spec::NetworkSpec,
        state::{NetworkState, Phase, Reading},
    },
    validate::Problem,
};
use std::{sync::Arc, time::Duration};
use steps::Step;

/// Between two looks at something that comes or goes by itself.
const POLL: Duration = Duration::from_secs(1);
/// The network has sixteen parts, and a zone takes two.
const ZONES: usize = 8;

/// Networks on EC2.
pub(crate) struct Ec2Network {
    client: Client,
    service: Arc<Service>,
    since: Since<Phase>,
}

impl Ec2Network {
    pub fn new(service: Arc<Service>) -> Self {
        Self { client: Client::new(&service.config), service, since: Since::default() }
    }

    /// What is there, own accepted changes included.
    async fn look(&self, scope: &Scope, wish: &Wish) -> Result<Seen> {
        let shelf = &self.service.shelves.network;
        loop {
            let begun = shelf.begin(self.service.clock.now());
            let seen = Seen::read(&self.client, scope, wish).await?.without_gone(&self.service);
            let now = self.service.clock.now();
            if !self.service.lately.misses(scope, &seen.ids(), now, self.service.settle) {
                shelf.keep(scope, begun, seen.clone(), true);
                return Ok(seen);
            }
            self.service.clock.sleep(POLL).await;
        }
    }

    /// The same for a wish: what was listed a moment ago does.
    async fn known(&self, scope: &Scope, wish: &Wish) -> Result<Seen> {
        match self.service.shelves.network.recent(scope, self.service.clock.now()) {
            Some(seen) => Ok(seen.without_gone(&self.service)),
            None => self.look(scope, wish).await,
        }
    }

    /// Carries steps out, all that can be at once, until `next` names no other. What may wait and is refused is left to a
    /// later wish.
    async fn carry_out(&self, act: &Act<'_>, seen: &mut Seen, next: impl Fn(&Seen) -> Vec<Step>) -> Result<()> {
        let mut tried: Vec<Step> = Vec::new();
        loop {
            let steps: Vec<Step> = next(seen).into_iter().filter(|step| !tried.contains(step)).collect();
            if steps.is_empty() {
                return Ok(());
            }
            let before = &*seen;
            let call = |step: Step| -> Call<'_, (Step, Option<Made>)> {
                Box::pin(async move {
                    match act.carry_out(&step, before).await {
                        Ok(made) => Ok((step, Some(made))),
                        Err(error) if step.may_wait() && for_now(error.kind()) => Ok((step, None)),
                        Err(error) => Err(error),
                    }
                })
            };
            let done = concurrent::all(steps.into_iter().map(call).collect()).await;
            for outcome in done {
                let (step, made) = outcome?;
                if let Some(made) = made {
                    act::after(seen, &step, made, steps::vpc_tags(act.scope, act.spec));
                }
                tried.push(step);
            }
        }
    }

    /// The same, and waits for what comes or goes by itself for as long as half of a call may take.
    async fn work(&self, act: &Act<'_>, seen: &mut Seen, next: impl Fn(&Seen) -> Vec<Step>) -> Result<()> {
        let end = self.service.clock.now() + self.service.call_timeout / 2;
        loop {
            self.carry_out(act, seen, &next).await?;
            if !steps::moving(seen) || self.service.clock.now() >= end {
                return Ok(());
            }
            seen.nats = seen::nats(&self.client, act.scope, act.wish).await?;
            if steps::moving(seen) {
                self.service.clock.sleep(POLL).await;
            }
        }
    }

    /// Refuses while a pool or a balancer stands in the network.
    async fn is_empty(&self, scope: &Scope, seen: &Seen, wish: &Wish) -> Result<()> {
        let templates = self.client.describe_launch_templates().set_filters(Some(ours(scope)));
        let templates = templates.send().await.told(wish)?;
        if let Some(template) = templates.launch_templates().iter().find(|it| is_ours(it.tags(), scope)) {
            let name = template.launch_template_name().unwrap_or_default();
            return Err(wish.not_ready(format!("a pool stands in it: launch template {name}")));
        }
        let groups: Vec<&str> = seen.groups.iter().map(|it| it.id.as_str()).collect();
        if groups.is_empty() {
            return Ok(());
        }
        let call = self.client.describe_network_interfaces().filters(filter("group-id", &groups));
        let interfaces = call.send().await.told(wish)?;
        let stands = |it: &&NetworkInterface| {
            it.groups().iter().any(|group| group.group_id().is_some_and(|id| groups.contains(&id)))
        };
        match interfaces.network_interfaces().iter().find(stands) {
            Some(it) => {
                let (id, what) = (it.network_interface_id().unwrap_or_default(), it.description().unwrap_or_default());
                Err(wish.not_ready(format!("network interface {id} stands in it ({what})")))
            }
            None => Ok(()),
        }
    }
}

/// What a VPC cannot keep of a network, and what would do instead.
fn check(spec: &NetworkSpec) -> Vec<Problem> {
    let mut problems = Vec::new();
    if spec.zones.len() > ZONES {
        let what = format!("a network has room for {ZONES} zones, not for {}", spec.zones.len());
        problems.push(Problem::new("zones", what, "name fewer zones"));
    }
    if !mark::fits(spec) {
        let what = "so many rules do not fit into the tags of a VPC, where they are remembered";
        problems.push(Problem::new("network.allow", what, "allow fewer pairs to talk"));
    }
    problems
}

/// Whether another time may do.
fn for_now(kind: &Kind) -> bool {
    matches!(kind, Kind::NotReady(_) | Kind::NotFound)
}

#[async_trait]
impl Network for Ec2Network {
    fn check(&self, spec: &NetworkSpec) -> Vec<Problem> {
        check(spec)
    }

    async fn observe(&self, scope: &Scope) -> Result<Reading<Option<NetworkState>>> {
        let wish = Wish::new("network.observe", Resource::Tier);
        self.service
            .timed(&wish, async {
                let at = self.service.clock.now();
                let (seen, ()) = join(self.look(scope, &wish), look_ahead(&self.service, scope, &wish)).await;
                let seen = seen?;
                let Some(vpc) = seen.vpcs.first() else { return Ok(Reading { state: None, at }) };
                let spec: NetworkSpec = mark::spec(&vpc.tags)
                    .map_err(|why| wish.refuse(Kind::Rejected(format!("VPC {}: {why}", vpc.id))))?;
                let phase = steps::phase(&spec, &seen, &self.service.provider);
                let since = self.since.of(&vpc.id, phase, None, at);
                Ok(Reading { state: Some(NetworkState { spec, phase, since }), at })
            })
            .await
    }

    async fn ensure(&self, scope: &Scope, spec: &NetworkSpec) -> Result<()> {
        let wish = Wish::new("network.ensure", Resource::Network);
        self.service
            .timed(&wish, async {
                let mut seen = self.known(scope, &wish).await?;
                if let (true, Some(stranger)) = (seen.vpcs.is_empty(), &seen.stranger) {
                    return Err(wish.refuse(Kind::Conflict(stranger.clone())));
                }
                let act = Act { clients: &self.client, service: &self.service, scope, spec, wish: &wish };
                let shelf = &self.service.shelves.network;
                // Whatever becomes of it: only when all of it is done it is known how things are.
                shelf.forget();
                self.work(&act, &mut seen, |seen| draft::steps(spec, seen, &self.service.provider)).await?;
                shelf.keep(scope, shelf.begin(self.service.clock.now()), seen, true);
                Ok(())
            })
            .await
    }

    async fn remove(&self, scope: &Scope) -> Result<()> {
        let wish = Wish::new("network.remove", Resource::Network);
        self.service
            .timed(&wish, async {
                let mut seen = self.look(scope, &wish).await?;
                if removal::removal(&seen).is_empty() && !steps::moving(&seen) {
                    return Ok(());
                }
                self.is_empty(scope, &seen, &wish).await?;
                self.service.shelves.network.forget();
                let spec = NetworkSpec {
                    zones: Vec::new(),
                    instances: Default::default(),
                    nat: ha_core::topology::Nat::None,
                    allow: Vec::new(),
                };
                let act = Act { clients: &self.client, service: &self.service, scope, spec: &spec, wish: &wish };
                self.work(&act, &mut seen, removal::removal).await
            })
            .await
    }
}
