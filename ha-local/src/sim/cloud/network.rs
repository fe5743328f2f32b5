//! Networks: subnets zone by zone, then who may talk to whom.

use super::{
    Cloud, CloudEvent, Env,
    objects::{NetworkObject, Progress, owned},
    owner::fresh,
};
use ha_core::{
    backend::{
        Kind, Scope,
        spec::NetworkSpec,
        state::{NetworkState, Phase},
    },
    name::ZoneName,
    topology::Nat,
};

pub(super) const NETWORK: u8 = 1;

impl Cloud {
    pub(super) fn ensure_network(
        &mut self,
        env: &mut Env<'_>,
        scope: &Scope,
        wish: &NetworkSpec,
        part: u16,
    ) -> Result<(), Kind> {
        let number = match self.network_of(&scope.name) {
            Some(number) => number,
            None if part == 0 => self.make_network(env, scope, wish),
            None => return Err(Kind::NotFound),
        };
        let foreign_too = self.broken.breaks("network.foreign_objects_are_a_conflict");
        let again = self.broken.breaks("network.asking_twice_is_asking_once");
        let network = self.networks.get_mut(&number).ok_or(Kind::NotFound)?;
        if !foreign_too {
            owned(network.owner.as_ref(), scope, &format!("network {}", scope.name))?;
        }
        if network.progress.phase == Phase::Removing {
            return Err(Kind::NotReady(format!("network {} is being removed", scope.name)));
        }
        let next = partly(&network.spec, wish, part);
        if again && network.spec == *wish {
            network.progress = Progress::begun(env.now);
            self.version += 1;
        }
        let network = self.networks.get_mut(&number).ok_or(Kind::NotFound)?;
        if next != network.spec {
            network.spec = next;
            self.version += 1;
        }
        Ok(())
    }

    fn make_network(&mut self, env: &mut Env<'_>, scope: &Scope, wish: &NetworkSpec) -> u32 {
        let number = fresh(&self.networks, &scope.name);
        let due = env.draw(env.profile.phases.network, u64::from(number), 0);
        let progress = Progress { due: Some(env.now + due), ..Progress::begun(env.now) };
        let spec = NetworkSpec { zones: Vec::new(), nat: Nat::None, allow: Vec::new(), ..wish.clone() };
        let object = NetworkObject { site: scope.name.clone(), owner: Some(scope.clone()), spec, progress };
        self.networks.insert(number, object);
        self.version += 1;
        env.push(due, CloudEvent::Settle(NETWORK, number));
        env.tell(format!("network {} is being made", scope.name), None);
        number
    }

    pub(super) fn remove_network(&mut self, env: &mut Env<'_>, scope: &Scope) -> Result<(), Kind> {
        let Some(number) = self.network_of(&scope.name) else { return Ok(()) };
        let name = format!("network {}", scope.name);
        owned(self.networks[&number].owner.as_ref(), scope, &name)?;
        if !self.broken.breaks("network.a_network_in_use_is_not_removed") {
            self.is_unused(&scope.name)?;
        }
        let network = self.networks.get_mut(&number).ok_or(Kind::NotFound)?;
        if network.progress.phase == Phase::Removing {
            return Ok(());
        }
        if self.broken.breaks("network.remove_leaves_only_what_it_lists") {
            network.owner = None;
            return Ok(());
        }
        let due = env.draw(env.profile.phases.network, u64::from(number), 1);
        network.progress.turn(Phase::Removing, env.now);
        network.progress.due = Some(env.now + due);
        self.version += 1;
        env.push(due, CloudEvent::Settle(NETWORK, number));
        env.tell(format!("{name} is being removed"), None);
        Ok(())
    }

    fn is_unused(&self, site: &str) -> Result<(), Kind> {
        let pools = self.pools.values().filter(|it| it.site == site).map(|it| format!("pool {}", it.spec.name));
        let balancers = self.balancers.values().filter(|it| it.site == site);
        let mut users = pools.chain(balancers.map(|it| format!("balancer {}", it.name())));
        users.next().map_or(Ok(()), |user| Err(Kind::NotReady(format!("{user} stands in the network"))))
    }

    pub(super) fn network_settles(&mut self, env: &mut Env<'_>, number: u32) {
        let stuck = self.broken.breaks("network.a_network_becomes_active");
        let Some(network) = self.networks.get_mut(&number) else { return };
        if network.progress.due != Some(env.now) || stuck {
            return;
        }
        self.version += 1;
        let site = network.site.clone();
        if network.progress.phase == Phase::Removing {
            self.networks.remove(&number);
            env.tell(format!("network {site} is gone"), None);
        } else {
            network.progress.turn(Phase::Active, env.now);
            env.tell(format!("network {site} is active"), None);
        }
    }

    /// Refuses what needs a subnet in each of these zones and finds none.
    pub(super) fn stands_on_a_network(&self, scope: &Scope, zones: &[ZoneName]) -> Result<(), Kind> {
        let network = self.network_of(&scope.name).map(|number| &self.networks[&number]);
        let Some(network) = network.filter(|network| network.owner.as_ref() == Some(scope)) else {
            return Err(Kind::NotReady("there is no network".into()));
        };
        if network.progress.phase == Phase::Removing {
            return Err(Kind::NotReady("the network is being removed".into()));
        }
        match zones.iter().find(|zone| !network.spec.zones.contains(zone)) {
            Some(zone) => Err(Kind::NotReady(format!("the network has no subnet in zone {zone}"))),
            None => Ok(()),
        }
    }

    pub(super) fn network_state(&self, scope: &Scope) -> Option<NetworkState> {
        let mine = self.networks.values().find(|network| network.owner.as_ref() == Some(scope))?;
        Some(NetworkState { spec: mine.spec.clone(), phase: mine.progress.phase, since: mine.progress.since })
    }
}

/// The network after one part of the wish: subnets first, zone by zone, and what holds for all of them last.
fn partly(old: &NetworkSpec, wish: &NetworkSpec, part: u16) -> NetworkSpec {
    if usize::from(part) >= wish.zones.len() {
        return wish.clone();
    }
    let made = |zone: &ZoneName| old.zones.contains(zone);
    let wanted = wish.zones.iter().enumerate().filter(|(index, zone)| *index <= usize::from(part) || made(zone));
    let unwanted = old.zones.iter().filter(|zone| !wish.zones.contains(zone));
    let zones = wanted.map(|(_, zone)| zone).chain(unwanted).cloned().collect();
    NetworkSpec { zones, ..old.clone() }
}
