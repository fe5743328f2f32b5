//! The life of one intent as people read it: hop by hop, with names, times counted from its beginning.

use super::{
    plane::{Followed, Hop},
    report::clock_ms,
    world::World,
};
use ha_core::{name::InstanceId, time::Timestamp};
use std::{fmt, time::Duration};

/// The life of one intent.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Life {
    /// Its number among those of its traffic, from 1.
    pub number: u64,
    /// When the user wanted it, from the run's start.
    pub begun: Timestamp,
    /// What happened to it, in order: how long after it was wanted, and what.
    pub hops: Vec<(Duration, String)>,
}

impl Life {
    /// What the plane noted, with the names of this world.
    pub(super) fn of(world: &World, followed: &Followed) -> Self {
        let mut hops = followed.hops.clone();
        hops.sort_by_key(|(at, _)| *at);
        let begun = hops.first().map_or(world.origin, |(at, _)| *at);
        let told = hops.iter().map(|(at, hop)| (at.since(begun), words(world, begun, *hop)));
        let begun = Timestamp(begun.0.saturating_sub(world.origin.0));
        Self { number: followed.intent + 1, begun, hops: told.collect() }
    }
}

impl fmt::Display for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "intent {}, at {}", self.number, clock_ms(self.begun))?;
        for (after, what) in &self.hops {
            writeln!(f, "  +{:>10} ms  {what}", format!("{:.1}", after.as_secs_f64() * 1e3))?;
        }
        Ok(())
    }
}

fn words(world: &World, begun: Timestamp, hop: Hop) -> String {
    let server = |id: u32| world.cloud.name_of_server(id).map_or("an instance", InstanceId::as_str);
    let zones = &world.wanted.topology().zones;
    let endpoint = |balancer: u16, zone: u8| {
        let name = world.plane.name_of_balancer(balancer).map_or("the balancer", |name| name.as_str());
        let zone = zones.get(usize::from(zone)).map_or("another zone", |zone| zone.as_str());
        format!("balancer {name} in zone {zone}")
    };
    match hop {
        Hop::Wants(user, resolver) => format!("user {user} tries, by way of resolver {resolver}"),
        Hop::Cached => "the resolver answers from its cache".into(),
        Hop::Asked => "the resolver asks, and keeps the answer".into(),
        Hop::Kept => "a connection is open from before".into(),
        Hop::Endpoint(balancer, zone) => format!("{} has the request and chooses", endpoint(balancer, zone)),
        Hop::NoEndpoint(balancer, zone) => format!("{} takes no connection", endpoint(balancer, zone)),
        Hop::Server(id) => format!("{} has the request", server(id)),
        Hop::NoServer(id) => format!("{} takes no connection", server(id)),
        Hop::Queued(id, before) => format!("it waits at {} behind {before}", server(id)),
        Hop::Started(id) => format!("{} works on it", server(id)),
        Hop::Finished(id) => format!("{} has finished", server(id)),
        Hop::Answered => "the user has a good answer".into(),
        Hop::Failed(cause) => format!("the attempt has failed: {}", cause.word().replace('_', " ")),
        Hop::Again(at) => format!("the user waits until +{:.1} ms", at.since(begun).as_secs_f64() * 1e3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_a_short_block_with_times_from_its_beginning() {
        let hop = |ms, what: &str| (Duration::from_millis(ms), what.to_owned());
        let begun = Timestamp::from_secs(3 * 86_400 + 3661);
        let life = Life { number: 7, begun, hops: vec![hop(0, "user 3 tries"), hop(1234, "answered")] };
        assert_eq!(
            life.to_string(),
            "intent 7, at d4 01:01:01.000\n  +       0.0 ms  user 3 tries\n  +    1234.0 ms  answered\n"
        );
    }
}
