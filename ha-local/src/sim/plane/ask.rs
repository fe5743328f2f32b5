//! Single requests and questions that somebody asks for: they go the way of all others.

use super::{
    Address, Cause, Ctx, Hop, Plane, ServerId, Traffic,
    attempts::Attempt,
    names::{Goal, Lookup, resolver_of},
    stream::Stream,
};
use crate::sim::engine::draw::{Purpose, join, who};
use ha_core::{
    name::DnsName,
    time::{Timestamp, nanos},
};
use std::{sync::Arc, time::Duration};

/// A request that was asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Ticket(u16);

/// What became of a request that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// When its user knows.
    pub at: Timestamp,
    /// Who answered it well, or why nobody did.
    pub outcome: Result<ServerId, Cause>,
}

impl Plane {
    /// This user wants something under this name now; the server that gets it works on it for just this long.
    pub fn ask(&mut self, ctx: &mut Ctx<'_>, name: &DnsName, user: u32, takes: Duration) -> Ticket {
        let number = self.stream_of(ctx, name, nanos(takes));
        let stream = &mut self.streams[usize::from(number)];
        let intent = stream.come;
        stream.come += 1;
        stream.earn(self.figures.retry_budget);
        let user = (u64::from(user) % self.figures.population) as u32;
        let followed = self.follow.add(number, intent);
        let mut attempt = Attempt::begin(intent << 8, number, user, ctx.now.0);
        attempt.followed = followed;
        self.begin(ctx, attempt);
        Ticket(followed)
    }
    /// The server to which it was sent last.
    pub fn reached(&self, ticket: &Ticket) -> Option<ServerId> {
        let hops = &self.follow.found.get(usize::from(ticket.0) - 1)?.hops;
        hops.iter().rev().find_map(|(_, hop)| if let Hop::Server(id) = hop { Some(ServerId(*id)) } else { None })
    }
    /// What became of it; `None`: nothing yet.
    pub fn asked(&self, ticket: &Ticket) -> Option<Asked> {
        let (at, last) = *self.follow.found.get(usize::from(ticket.0) - 1)?.hops.last()?;
        if let Hop::Failed(cause) = last {
            return Some(Asked { at, outcome: Err(cause) });
        }
        let outcome = Ok(self.reached(ticket)?);
        (last == Hop::Answered).then_some(Asked { at, outcome })
    }
    /// Nobody asks after it any more.
    pub fn forget(&mut self, ticket: Ticket) {
        if self.follow.found.len() == usize::from(ticket.0) && self.asked(&ticket).is_some() {
            self.follow.found.pop();
        }
    }
    /// What this user finds now who asks the resolver for a name: nothing if there is nothing or no answer comes.
    pub fn find(&mut self, ctx: &mut Ctx<'_>, name: &DnsName, user: u32) -> Vec<Address> {
        let user = (u64::from(user) % self.figures.population) as u32;
        let resolver = resolver_of(user, &self.config.users);
        let number = self.name(name);
        let bits = ctx.seed.bits(Purpose::Choice, join(who(name.as_str()), u64::from(user)), ctx.now.0);
        match self.names[number].ask(resolver, ctx.now.0, bits) {
            Lookup::Cached | Lookup::Asked => {}
            Lookup::TimedOut => return Vec::new(),
        }
        let goals = (0..=u8::MAX).map_while(|tried| self.names[number].answer(resolver, tried, bits));
        let address = |goal| match goal {
            Goal::Endpoint(balancer, zone) => {
                Address::Balancer(self.balancers[usize::from(balancer)].name.clone(), zone)
            }
            Goal::Server(id) => Address::Server(ServerId(id)),
        };
        goals.map(address).collect()
    }
    /// The stream of requests for this name on which servers work for just this long.
    fn stream_of(&mut self, ctx: &Ctx<'_>, name: &DnsName, takes: u64) -> u16 {
        let name_number = self.name(name) as u32;
        let same = |stream: &Stream| stream.name == name_number && stream.takes == Some(takes);
        let known = self.streams.iter().position(same);
        if known.is_none() {
            let traffic = Traffic { key: join(who(name.as_str()), takes), segments: Arc::new([]) };
            let mut stream = Stream::new(name_number, traffic, ctx.seed);
            (stream.takes, stream.ended) = (Some(takes), true);
            self.streams.push(stream);
        }
        // Streams of one run are fewer than 2^16.
        known.unwrap_or(self.streams.len() - 1) as u16
    }
}
