//! Any pool, simulated forward: it converges, and on the way keeps the brake and the zones.

use super::*;
use proptest::prelude::*;

/// How long things take in this world, in seconds.
const BOOT: u64 = 30;
const DRAIN: u64 = 10;

/// A pool, what its zones have room for, and what was counted on the way.
struct World {
    view: View,
    policy: Policy,
    /// The zone that refuses every launch.
    full: Option<ZoneName>,
    refusals: usize,
}

impl World {
    /// Lets time pass until nothing is ordered and nothing is under way; the number of orders that took.
    fn settle(&mut self, seconds: u64) -> usize {
        let (mut orders, end) = (0, self.view.at + Duration::from_secs(seconds));
        for _ in 0..5000 {
            let decision = decide(&self.view, &self.policy);
            if let Some(order) = decision.orders.first() {
                let again = decide(&self.view, &self.policy);
                assert_eq!(again, decision, "the same view is decided alike");
                self.check(order);
                self.carry_out(order);
                orders += 1;
                continue;
            }
            self.looks_again_in_time(decision.look_again);
            match decision.look_again.into_iter().chain(self.next_event()).min() {
                Some(at) if at <= end => self.pass(at),
                Some(_) | None => return orders,
            }
        }
        panic!("never at rest: {:?}", self.view.members)
    }

    /// What must hold of every order before it is carried out.
    fn check(&self, order: &Order) {
        let serving = [InstancePhase::Ready, InstancePhase::Unready, InstancePhase::Returning];
        let wanted = self.wanted();
        let live = self.live(&[InstancePhase::Booting]) + self.live(&serving);
        match order {
            Order::Launch { id, zone, .. } => {
                assert!(self.view.spec.zones.contains(zone), "{id} into a closed zone");
                assert!(self.view.members.iter().all(|member| member.id != *id), "{id} twice");
                assert!(live <= wanted, "{id}: {live} live, {wanted} wanted");
            }
            Order::Drain { loss: Some(LossReason::Unhealthy), .. } if self.policy.keeps_brake => {
                let brake = self.view.spec.guards.brake.map_or(u32::MAX, |brake| brake.of(self.view.desired).max(1));
                let out = (wanted + 1).saturating_sub(self.live(&serving));
                assert!(out <= brake as usize, "{out} out of {wanted}, brake {brake}");
            }
            Order::Drain { id, loss } => {
                let member = self.view.members.iter().find(|member| member.id == *id).unwrap();
                let asked = member.retiring.is_some() || loss.is_some();
                let enough = self.live(&[InstancePhase::Ready]) > wanted;
                assert!(asked || member.phase != InstancePhase::Ready || enough, "{id} is needed");
                assert!(asked || !matches!(member.phase, InstancePhase::Held(_) | InstancePhase::Returning), "{id}");
            }
            Order::Stop { id, .. } => {
                let member = self.view.members.iter().find(|member| member.id == *id).unwrap();
                assert!(member.phase == InstancePhase::Lost || member.drained, "{id} was not drained");
            }
        }
    }

    fn wanted(&self) -> usize {
        let shrunk = InstancePhase::Held(HoldMode::Shrink);
        (self.view.desired as usize).saturating_sub(self.live(&[shrunk]))
    }

    fn live(&self, phases: &[InstancePhase]) -> usize {
        let staying = self.view.members.iter().filter(|member| member.retiring.is_none());
        staying.filter(|member| phases.contains(&member.phase)).count()
    }

    fn carry_out(&mut self, order: &Order) {
        let at = self.view.at;
        match order {
            Order::Launch { zone, .. } if self.full.as_ref() == Some(zone) => {
                self.refusals += 1;
                self.view.refused.retain(|(other, _)| other != zone);
                self.view.refused.push((zone.clone(), at));
            }
            Order::Launch { id, zone, release } => {
                let counted = self.view.launched.iter_mut().find(|(other, _)| other == zone).unwrap();
                counted.1 += 1;
                self.view.refused.retain(|(other, _)| other != zone);
                let (id, zone, release) = (id.clone(), zone.clone(), release.clone());
                let phase = InstancePhase::Booting;
                let new = Member { id, zone, release, phase, since: at, launched: at, retiring: None, drained: false };
                self.view.members.push(new);
            }
            Order::Drain { id, .. } => {
                let member = self.view.members.iter_mut().find(|member| member.id == *id).unwrap();
                (member.phase, member.since) = (InstancePhase::Draining, at);
            }
            Order::Stop { id, .. } => self.view.members.retain(|member| member.id != *id),
        }
    }

    fn due(member: &Member) -> Option<Timestamp> {
        let after = match member.phase {
            InstancePhase::Booting | InstancePhase::Returning => BOOT,
            InstancePhase::Draining if !member.drained => DRAIN,
            InstancePhase::Draining
            | InstancePhase::Ready
            | InstancePhase::Unready
            | InstancePhase::Held(_)
            | InstancePhase::Lost => return None,
        };
        Some(member.since + Duration::from_secs(after))
    }

    fn next_event(&self) -> Option<Timestamp> {
        self.view.members.iter().filter_map(Self::due).min()
    }

    fn pass(&mut self, at: Timestamp) {
        self.view.at = self.view.at.max(at);
        for member in &mut self.view.members {
            if Self::due(member).is_some_and(|due| due <= at) {
                match member.phase {
                    InstancePhase::Draining => member.drained = true,
                    InstancePhase::Booting
                    | InstancePhase::Ready
                    | InstancePhase::Unready
                    | InstancePhase::Held(_)
                    | InstancePhase::Returning
                    | InstancePhase::Lost => (member.phase, member.since) = (InstancePhase::Ready, at),
                }
            }
        }
    }

    /// Nothing may be decided by the mere passing of time before the instant that was named.
    fn looks_again_in_time(&self, look_again: Option<Timestamp>) {
        let mut later = self.view.clone();
        later.at = look_again.map_or(Timestamp::NEVER, |at| Timestamp(at.0 - 1));
        assert_eq!(decide(&later, &self.policy).orders, [], "decided before {look_again:?}");
    }

    fn skew(&self) -> usize {
        let count = |zone: &ZoneName| self.view.members.iter().filter(|member| member.zone == *zone).count();
        let counts: Vec<usize> = self.view.spec.zones.iter().map(count).collect();
        counts.iter().max().unwrap() - counts.iter().min().unwrap()
    }
}

/// Any members, of these phases.
fn members(phases: &'static [&'static str]) -> impl Strategy<Value = String> {
    let zone = prop::sample::select(vec!["a", "b", "c", "z"]);
    let release = prop::sample::select(vec!["", "/old"]);
    let one = (zone, prop::sample::select(phases), 900u64..=NOW, release, prop::bool::weighted(0.1));
    let text = one.prop_map(|(zone, phase, since, release, retires)| {
        format!("{zone} {phase}@{since}{release}{}", if retires { "!" } else { "" })
    });
    prop::collection::vec(text, 0..12).prop_map(|all| all.join(", "))
}

fn world(desired: u32, members: &str, max_skew: u32) -> World {
    let mut view = view(desired, members);
    view.spec.max_skew = max_skew;
    view.launched = ["a", "b", "c"].map(|zone| (ZoneName::from(zone), 0)).to_vec();
    World { view, policy: policy(), full: None, refusals: 0 }
}

const MOVABLE: &[&str] = &["booting", "ready", "unready", "returning", "draining", "drained", "lost"];
const ANY: &[&str] = &["booting", "ready", "unready", "returning", "draining", "drained", "lost", "replaced", "shrunk"];

proptest! {
    #[test]
    fn any_pool_comes_to_rest_full_and_in_balance(desired in 0u32..12, members in members(MOVABLE), skew in 0u32..4) {
        let mut world = world(desired, &members, skew);
        world.settle(100_000);
        prop_assert_eq!(world.live(&[InstancePhase::Ready]), desired as usize);
        prop_assert_eq!(world.view.members.len(), desired as usize);
        let closed = world.view.members.iter().any(|member| member.zone.as_str() == "z");
        prop_assert!(closed || world.skew() <= skew.max(1) as usize, "{:?}", world.view.members);
        prop_assert_eq!(world.settle(100_000), 0);
    }

    #[test]
    fn a_pool_with_held_instances_comes_to_rest(desired in 0u32..12, members in members(ANY), brake: bool) {
        let mut world = world(desired, &members, 1);
        world.policy.keeps_brake = brake;
        world.settle(100_000);
        prop_assert_eq!(world.live(&[InstancePhase::Ready]), world.wanted());
        prop_assert_eq!(world.settle(100_000), 0);
    }

    #[test]
    fn a_full_zone_is_asked_once_in_a_back_off(desired in 0u32..12, members in members(MOVABLE)) {
        let mut world = world(desired, &members, 1);
        world.full = Some("b".into());
        world.settle(BACK_OFF * 10 - 1);
        prop_assert!(world.refusals <= 10, "{} refusals", world.refusals);
        prop_assert_eq!(world.live(&[InstancePhase::Ready]), desired as usize);
        world.full = None;
        world.settle(100_000);
        let closed = world.view.members.iter().any(|member| member.zone.as_str() == "z");
        prop_assert!(closed || world.skew() <= 1, "{:?}", world.view.members);
    }

    #[test]
    fn the_most_urgent_comes_first(desired in 0u32..12, members in members(ANY)) {
        let ranks = decide(&view(desired, &members), &policy()).orders.iter().map(|order| match order {
            Order::Stop { .. } => 0,
            Order::Drain { loss: None, .. } => 1,
            Order::Drain { loss: Some(LossReason::NeverReady), .. } => 2,
            Order::Drain { loss: Some(_), .. } => 3,
            Order::Launch { .. } => 4,
        }).collect::<Vec<_>>();
        // What is too much goes after those that leave for a reason of their own.
        let reasons: Vec<i32> = ranks.iter().copied().skip_while(|rank| *rank < 2).filter(|rank| *rank > 1).collect();
        prop_assert!(reasons.is_sorted(), "{ranks:?}");
        prop_assert!(ranks.iter().rposition(|rank| *rank == 0).unwrap_or(0) == ranks.iter().filter(|rank| **rank == 0).count().saturating_sub(1));
    }
}

#[test]
fn overload_of_everybody_is_not_answered_by_terminating_everybody() {
    let mut world = world(6, "a ready, b ready, c ready, a ready, b ready, c ready", 1);
    for member in &mut world.view.members {
        member.phase = InstancePhase::Unready;
        member.since = world.view.at;
    }
    // `check` sees to it that no more than the brake's share is ever out.
    assert_eq!(world.settle(100_000), 18, "each is drained, stopped and launched anew");
    assert_eq!(world.live(&[InstancePhase::Ready]), 6);
}

#[test]
fn a_release_that_never_boots_is_launched_once_in_a_boot_budget() {
    let mut world = world(3, "", 1);
    world.view.spec.boot.budget = Duration::from_secs(BOOT - 1);
    let orders = world.settle((BOOT - 1) * 10);
    assert_eq!(orders, 3 * 11 + 3 * 10 + 3 * 9, "launched, drained and (but the last) stopped");
}
