//! The steps of a network, against a world that does what it is told.

use super::{
    act::{Made, after},
    draft::steps,
    removal::removal,
    seen::{NatState, Seen},
    steps::{Change, Delete, Make, Part, Step, moving, phase, vpc_tags},
};
use crate::provider::Provider;
use ha_core::{
    backend::{Scope, spec::NetworkSpec, state::Phase},
    topology::{Allow, Exposure, Nat, Party},
};

fn scope() -> Scope {
    Scope { name: "shop".into(), id: "1".into() }
}

fn provider() -> Provider {
    Provider::new("eu-central-1")
}

fn spec(zones: &[&str], nat: Nat) -> NetworkSpec {
    let (balancer, pool) = (Party::Balancer("front".into()), Party::Pool("web".into()));
    let allow = vec![
        Allow { from: Party::World, to: balancer.clone(), port: 443 },
        Allow { from: balancer, to: pool, port: 8080 },
    ];
    NetworkSpec { zones: zones.iter().map(|zone| (*zone).into()).collect(), instances: Exposure::Private, nat, allow }
}

/// A world that does what it is told, and counts ids.
#[derive(Default)]
struct World {
    seen: Seen,
    made: usize,
    done: Vec<Step>,
}

impl World {
    fn take(&mut self, spec: &NetworkSpec, step: Step) {
        self.made += 1;
        let kind = if matches!(step, Step::Make(Make::Nat { .. })) { "nat" } else { "it" };
        after(&mut self.seen, &step, Made::of(format!("{kind}-{:03}", self.made)), vpc_tags(&scope(), spec));
        self.done.push(step);
    }
    fn time_passes(&mut self) {
        for nat in &mut self.seen.nats {
            nat.state = match nat.state {
                NatState::Pending | NatState::Available => NatState::Available,
                NatState::Deleting | NatState::Dead => NatState::Dead,
            };
        }
        for address in &mut self.seen.addresses {
            let living = |nat: &super::seen::Nat| nat.object == address.object && nat.state != NatState::Dead;
            address.used = self.seen.nats.iter().any(living);
        }
    }
    /// Carries everything out, at most `budget` steps; answers whether it came to the end.
    fn make(&mut self, spec: &NetworkSpec, budget: usize) -> bool {
        let mut left = budget;
        for _ in 0..20 {
            let next = steps(spec, &self.seen, &provider());
            if next.is_empty() && !moving(&self.seen) {
                return true;
            }
            for step in next {
                if left == 0 {
                    return false;
                }
                left -= 1;
                self.take(spec, step);
            }
            self.time_passes();
        }
        panic!("no end: {:?}", steps(spec, &self.seen, &provider()));
    }
    fn phase(&self, spec: &NetworkSpec) -> Phase {
        phase(spec, &self.seen, &provider())
    }
}

#[test]
fn a_network_is_made_of_as_many_calls_as_it_needs() {
    for (nat, calls) in [(Nat::None, 24), (Nat::One, 29), (Nat::PerZone, 33)] {
        let (mut world, spec) = (World::default(), spec(&["a", "b", "c"], nat));
        assert!(world.make(&spec, usize::MAX));
        assert_eq!(world.phase(&spec), Phase::Active, "{nat:?}");
        assert_eq!(world.done.len(), calls, "{nat:?}: {:#?}", world.done);
        assert!(steps(&spec, &world.seen, &provider()).is_empty());
    }
}

#[test]
fn what_a_crash_left_undone_is_broken_and_finished_by_asking_again() {
    let spec = spec(&["a", "b"], Nat::PerZone);
    let mut whole = World::default();
    whole.make(&spec, usize::MAX);
    for crash in 1..whole.done.len() {
        let mut world = World::default();
        assert!(!world.make(&spec, crash), "{crash}");
        assert_ne!(world.phase(&spec), Phase::Active, "after {:?}", world.done.last());
        assert!(world.make(&spec, usize::MAX));
        assert_eq!(world.phase(&spec), Phase::Active);
        assert_eq!(world.done.len(), whole.done.len(), "crash after {crash} steps");
    }
}

#[test]
fn another_zone_and_another_way_out_change_what_differs_only() {
    let (mut world, before) = (World::default(), spec(&["a", "b"], Nat::One));
    world.make(&before, usize::MAX);
    world.done.clear();
    let after = spec(&["a", "b", "c"], Nat::One);
    assert_eq!(world.phase(&after), Phase::Broken);
    world.make(&after, usize::MAX);
    // The spec; two subnets and the table of the zone; two associations and the way out.
    assert_eq!(world.done.len(), 7, "{:#?}", world.done);
    world.done.clear();
    let without = spec(&["b", "c"], Nat::One);
    world.make(&without, usize::MAX);
    assert_eq!(world.phase(&without), Phase::Active);
    let objects: Vec<&str> = world.seen.subnets.iter().map(|it| it.object.as_str()).collect();
    assert_eq!(objects, ["public-b", "private-b", "public-c", "private-c"]);
    assert_eq!(world.seen.addresses.iter().map(|it| it.object.as_str()).collect::<Vec<_>>(), ["nat-b"]);
}

#[test]
fn rules_follow_what_is_allowed_and_what_was_opened_by_hand_is_closed() {
    let (mut world, spec) = (World::default(), spec(&["a"], Nat::None));
    world.make(&spec, usize::MAX);
    let [front, web] = ["balancer-front", "pool-web"].map(|object| {
        let found = world.seen.groups.iter().find(|it| it.object == object).unwrap();
        (found.id.clone(), found.rules.iter().map(|rule| (rule.ports.0, rule.from.clone())).collect::<Vec<_>>())
    });
    assert_eq!(front.1, [(443, super::seen::Source::Addresses("0.0.0.0/0".into()))]);
    assert_eq!(web.1, [(8080, super::seen::Source::Group(front.0))]);
    let by_hand = super::seen::Rule::tcp(22, super::seen::Source::Addresses("0.0.0.0/0".into()));
    world.seen.groups.iter_mut().find(|it| it.id == web.0).unwrap().rules.insert(by_hand.clone());
    assert_eq!(world.phase(&spec), Phase::Broken);
    assert_eq!(
        steps(&spec, &world.seen, &provider()),
        [Step::Change(Change::Revoke { group: web.0, rules: vec![by_hand] })]
    );
}

#[test]
fn of_two_networks_of_one_site_the_second_goes() {
    let (mut world, spec) = (World::default(), spec(&["a"], Nat::None));
    world.make(&spec, usize::MAX);
    let mut second = world.seen.vpcs[0].clone();
    second.id = "it-999".into();
    world.seen.vpcs.push(second);
    assert_eq!(steps(&spec, &world.seen, &provider()), [Step::delete(Part::Vpc, "it-999")]);
}

#[test]
fn removal_leaves_nothing_and_each_step_after_what_rests_on_it() {
    let (mut world, spec) = (World::default(), spec(&["a", "b"], Nat::PerZone));
    world.make(&spec, usize::MAX);
    world.done.clear();
    for _ in 0..10 {
        for step in removal(&world.seen) {
            world.take(&spec, step);
        }
        world.time_passes();
    }
    let left = Seen { nats: Vec::new(), ..world.seen.clone() };
    assert_eq!(left, Seen::default(), "{:#?}", world.done);
    assert!(world.seen.nats.iter().all(|it| it.state == NatState::Dead));
    assert!(matches!(world.done.last(), Some(Step::Delete(Delete { part: Part::Vpc, .. }))));
    assert!(removal(&world.seen).is_empty());
}

#[test]
fn what_a_network_has_no_room_for_is_refused() {
    let told = |spec: &NetworkSpec| super::check(spec).iter().map(ToString::to_string).collect::<Vec<_>>();
    let zones = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    assert_eq!(told(&spec(&zones[..8], Nat::One)), Vec::<String>::new());
    assert_eq!(told(&spec(&zones, Nat::One)), ["zones: a network has room for 8 zones, not for 9; name fewer zones"]);
    let mut crowded = spec(&["a"], Nat::One);
    crowded.allow = (1..300).map(|port| Allow { from: Party::World, to: Party::Pool("web".into()), port }).collect();
    assert!(told(&crowded)[0].contains("do not fit into the tags"));
}
