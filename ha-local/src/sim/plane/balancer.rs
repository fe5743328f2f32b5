//! A balancer: which targets may be chosen is worked out when something changes, so that a request only chooses.

use super::{BalancerConfig, BalancerView, EndpointView, Place, names::weighted, network::Links, server::Server};
use crate::sim::engine::draw::{as_below, as_unit, mix};
use ha_core::{
    backend::state::TargetHealth,
    name::BalancerName,
    time::nanos,
    topology::{Algorithm, Share},
};

/// A balancer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Balancer {
    pub name: BalancerName,
    /// `None`: removed, or not yet there.
    pub view: Option<BalancerView>,
    /// By zone.
    endpoints: Vec<Endpoint>,
    /// Whose turn it is, by route: all endpoints together.
    turns: Vec<u32>,
    /// Until when the groups hold.
    fresh_until: u64,
    pins: Vec<Pin>,
}

#[derive(Clone, Debug, PartialEq, Default)]
struct Endpoint {
    state: Option<EndpointView>,
    /// By route.
    groups: Vec<Group>,
}

/// The targets of a route that may be chosen, in the order of their numbers.
#[derive(Clone, Debug, PartialEq, Default)]
struct Group {
    members: Vec<u32>,
    /// Since when each is healthy; empty when none is in its slow start.
    since: Vec<u64>,
}

/// With whom a user stays.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Pin {
    until: u64,
    server: u32,
}

/// What a balancer looks at when it chooses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice<'a> {
    pub zone: u8,
    pub user: u32,
    pub now: u64,
    pub bits: u64,
    /// Requests in flight, by server.
    pub outstanding: &'a [u32],
    /// Not this one again.
    pub not: u32,
}

impl Balancer {
    pub(super) fn new(name: BalancerName) -> Self {
        Self { name, view: None, endpoints: Vec::new(), turns: Vec::new(), fresh_until: 0, pins: Vec::new() }
    }
    /// The balancer is different from now on; turns and pins stay.
    pub(super) fn set(&mut self, view: Option<BalancerView>, zones: u8, population: u32) {
        self.endpoints = vec![Endpoint::default(); usize::from(zones)];
        for endpoint in view.iter().flat_map(|view| &view.endpoints) {
            if let Some(place) = self.endpoints.get_mut(usize::from(endpoint.zone)) {
                place.state = Some(*endpoint);
            }
        }
        let routes = view.as_ref().map_or(0, |view| view.weights.len());
        self.turns.resize(routes, 0);
        let sticky = view.as_ref().is_some_and(|view| view.sticky.is_some());
        self.pins.resize(if sticky { population as usize } else { 0 }, Pin { until: 0, server: 0 });
        self.view = view;
        self.stale();
    }
    /// The groups have to be worked out again.
    pub(super) fn stale(&mut self) {
        self.fresh_until = 0;
    }
    /// Share of requests that the endpoint answers itself with 5xx; `None`: it takes no connection.
    pub(super) fn endpoint(&self, zone: u8) -> Option<u32> {
        self.endpoints.get(usize::from(zone))?.state.filter(|state| state.up).map(|state| state.errors)
    }
    /// Whether some endpoint takes no connection.
    pub(super) fn disturbed(&self) -> bool {
        let all_up = |view: &BalancerView| view.endpoints.iter().all(|endpoint| endpoint.up);
        !self.view.as_ref().is_some_and(all_up)
    }
    /// Works out the groups, if they do not hold any more.
    pub(super) fn refresh(&mut self, now: u64, links: &Links, servers: &[Server], config: &BalancerConfig) {
        if now < self.fresh_until {
            return;
        }
        let Some(view) = &self.view else { return };
        let mut until = u64::MAX;
        for (zone, endpoint) in (0..).zip(&mut self.endpoints) {
            endpoint.groups = (0..view.weights.len())
                .map(|route| {
                    group(view, route, now, |server| {
                        let Some(server) = servers.get(server as usize) else { return false };
                        let noticed = links
                            .cut_since(Place::Zone(zone), Place::Zone(server.zone))
                            .saturating_add(nanos(config.notices_cut));
                        if noticed > now {
                            until = until.min(noticed);
                        }
                        noticed > now
                    })
                })
                .collect();
        }
        let warm = view.slow_start.map_or(0, nanos);
        let ends = view.targets.iter().map(|target| target.since.0.saturating_add(warm)).filter(|end| *end > now);
        self.fresh_until = ends.min().unwrap_or(u64::MAX).min(until);
    }
    /// Chooses a target.
    pub(super) fn choose(&mut self, choice: Choice<'_>) -> Option<u32> {
        let Self { view: Some(view), endpoints, turns, pins, .. } = self else { return None };
        let endpoint = endpoints.get(usize::from(choice.zone))?;
        if let (Some(sticky), Some(pin)) = (view.sticky, pins.get_mut(choice.user as usize)) {
            let usable = |server| endpoint.groups.iter().any(|group| group.members.binary_search(&server).is_ok());
            if pin.until <= choice.now || pin.server == choice.not || !usable(pin.server) {
                pin.server = pick(view, endpoint, turns, choice)?;
            }
            pin.until = choice.now.saturating_add(nanos(sticky));
            return Some(pin.server);
        }
        pick(view, endpoint, turns, choice)
    }
}

/// The servers that a balancer of this view would give a new request to, where it reaches all of them.
pub fn receivers(view: &BalancerView) -> Vec<u32> {
    let groups = (0..view.weights.len()).map(|route| group(view, route, 0, |_| true));
    groups.flat_map(|group| group.members).collect()
}

/// Who may be chosen of one route: the healthy ones that are reached, or all when too few are.
fn group(view: &BalancerView, route: usize, now: u64, mut reached: impl FnMut(u32) -> bool) -> Group {
    let of_route = || {
        let all = view.targets.iter().filter(|target| usize::from(target.route) == route);
        all.filter(|target| target.health != TargetHealth::Draining)
    };
    let mut members: Vec<(u32, u64)> = of_route()
        .filter(|target| target.health == TargetHealth::Healthy && reached(target.server.0))
        .map(|target| (target.server.0, target.since.0))
        .collect();
    // Targets of a route are fewer than 2^32, since servers are numbered so.
    let (healthy, all) = (members.len() as u32, of_route().count() as u32);
    let too_few = view.fail_open.unwrap_or(Share(0)).of(all);
    if view.weights[route] == 0 {
        members.clear();
    } else if healthy <= too_few {
        // An endpoint that is cut off from the others asks those on its side of the cut, whatever the others say of them.
        let near: Vec<_> = of_route().filter(|target| reached(target.server.0)).collect();
        let asked = if near.is_empty() { of_route().collect() } else { near };
        members = asked.into_iter().map(|target| (target.server.0, target.since.0)).collect();
    }
    members.sort_unstable();
    let warm = view.slow_start.map_or(0, nanos);
    let warming = members.iter().any(|(_, since)| since.saturating_add(warm) > now);
    Group {
        members: members.iter().map(|(server, _)| *server).collect(),
        since: if warming { members.iter().map(|(_, since)| *since).collect() } else { Vec::new() },
    }
}

/// By weight a route, by the algorithm one of its group.
fn pick(view: &BalancerView, endpoint: &Endpoint, turns: &mut [u32], choice: Choice<'_>) -> Option<u32> {
    let route = if view.weights.len() == 1 { 0 } else { weighted(&view.weights, mix(choice.bits ^ 3)) as usize };
    let group = endpoint.groups.get(route)?;
    let turn = turns.get_mut(route)?;
    match group.members.len() {
        0 => return None,
        1 => return group.members.first().copied().filter(|only| *only != choice.not),
        _ => {}
    }
    Some(match view.algorithm {
        Algorithm::RoundRobin => in_turn(view, group, turn, choice),
        Algorithm::LeastOutstanding => {
            let first = as_below(choice.bits, group.members.len() as u64) as usize;
            let order = (first..group.members.len()).chain(0..first);
            least(view, group, order, choice)
        }
        Algorithm::TwoChoices => {
            let count = group.members.len() as u64;
            let one = as_below(choice.bits, count);
            let other = (one + 1 + as_below(mix(choice.bits ^ 5), count - 1)) % count;
            least(view, group, [one as usize, other as usize].into_iter(), choice)
        }
    })
}

/// The next in turn; one in its slow start is passed over as often as its share is below full.
fn in_turn(view: &BalancerView, group: &Group, turn: &mut u32, choice: Choice<'_>) -> u32 {
    let mut bits = choice.bits;
    for _ in 0..64 {
        let at = *turn as usize % group.members.len();
        *turn = at as u32 + 1;
        bits = mix(bits ^ 7);
        let taken = group.since.is_empty() || as_unit(bits) < share(view, group, at, choice.now);
        if taken && group.members[at] != choice.not {
            return group.members[at];
        }
    }
    // All are at the very beginning of their slow start: any of them, but not the one that failed.
    let at = *turn as usize % group.members.len();
    let found = group.members[at];
    if found == choice.not { group.members[(at + 1) % group.members.len()] } else { found }
}

/// The one with the fewest requests in flight, for its share; the first of equals.
fn least(view: &BalancerView, group: &Group, order: impl Iterator<Item = usize>, choice: Choice<'_>) -> u32 {
    let mut best = (f64::INFINITY, 0);
    for at in order {
        let server = group.members[at];
        let outstanding = choice.outstanding.get(server as usize).copied().unwrap_or(0);
        let mut burden = f64::from(outstanding) + if server == choice.not { 1e12 } else { 0.0 };
        if !group.since.is_empty() {
            burden = (burden + 1.0) / share(view, group, at, choice.now);
        } else if outstanding == 0 && server != choice.not {
            return server;
        }
        if burden < best.0 {
            best = (burden, server);
        }
    }
    best.1
}

/// The share of a target in its slow start, growing from a hundredth to 1.
fn share(view: &BalancerView, group: &Group, at: usize, now: u64) -> f64 {
    let warm = view.slow_start.map_or(0, nanos).max(1) as f64;
    (now.saturating_sub(group.since[at]) as f64 / warm).clamp(0.01, 1.0)
}
