//! Where a pool grows and where it shrinks: filling places, taking away what is too much, moving between zones.

use super::{Member, Order, leave::Keeping};
use crate::{backend::state::InstancePhase, name::ZoneName, time::Timestamp};
use std::cmp::{Ordering, Reverse};

impl<'a> Keeping<'a> {
    pub(super) fn fit_the_number(&mut self) {
        for member in self.live.iter().chain(&self.shrunk) {
            *self.filled.entry(&member.zone).or_default() += 1;
        }
        let (live, wanted) = (self.live.len(), self.wanted());
        match live.cmp(&wanted) {
            Ordering::Less => self.launch(wanted - live),
            Ordering::Greater => self.scale_in(live - wanted),
            Ordering::Equal => self.rebalance(),
        }
    }

    fn launch(&mut self, missing: usize) {
        let refusing = self.back_offs();
        if let Some((_, end)) = refusing.iter().min_by_key(|(_, end)| *end) {
            self.look_again(*end);
        }
        let open: Vec<&ZoneName> =
            self.view.spec.zones.iter().filter(|zone| refusing.iter().all(|(other, _)| other != zone)).collect();
        for _ in 0..missing {
            let Some(zone) = open.iter().min_by_key(|zone| self.filled(zone)) else { return };
            self.launch_in(zone);
        }
    }

    fn launch_in(&mut self, zone: &'a ZoneName) {
        let launched = self.view.launched.iter().find(|(other, _)| other == zone).map_or(0, |(_, count)| *count);
        let ordered = self.ordered.entry(zone).or_default();
        *ordered += 1;
        *self.filled.entry(zone).or_default() += 1;
        let id = format!("{}-{zone}-{}", self.view.spec.name, launched + *ordered).into();
        let release = self.view.spec.release.clone();
        self.decision.orders.push(Order::Launch { id, zone: zone.clone(), release });
    }

    fn scale_in(&mut self, excess: usize) {
        for _ in 0..excess {
            let candidates = self.live.iter().copied().enumerate();
            let victim = candidates
                .filter(|(_, member)| member.phase != InstancePhase::Returning)
                .min_by_key(|(index, member)| self.worth(*index, member));
            let Some((_, victim)) = victim else { return };
            if victim.phase == InstancePhase::Ready && self.count(InstancePhase::Ready) <= self.wanted() {
                return;
            }
            *self.filled.entry(&victim.zone).or_default() -= 1;
            self.drain(victim, None);
        }
    }

    /// The least goes first; `index`, the place in the order of launch, breaks every tie.
    fn worth(&self, index: usize, member: &Member) -> impl Ord + use<> {
        (
            member.phase != InstancePhase::Unready,
            member.release == self.view.spec.release,
            self.view.spec.zones.contains(&member.zone),
            Reverse(self.filled(&member.zone)),
            member.phase == InstancePhase::Ready,
            Reverse(index),
        )
    }

    fn rebalance(&mut self) {
        if !self.policy.rebalances || self.count(InstancePhase::Ready) < self.live.len() {
            return;
        }
        let zones = &self.view.spec.zones;
        let movable = zones.iter().filter(|zone| self.live.iter().any(|member| member.zone == **zone));
        let fullest = movable.map(|zone| self.filled(zone)).max();
        let emptiest = zones.iter().min_by_key(|zone| self.filled(zone));
        let (Some(fullest), Some(emptiest)) = (fullest, emptiest) else { return };
        // A move by one gains nothing on a difference of one: it would go to and fro.
        let allowed = self.view.spec.max_skew.max(1) as usize;
        if fullest <= self.filled(emptiest) + allowed {
            return;
        }
        match self.back_offs().into_iter().map(|(_, end)| end).max() {
            Some(end) => self.look_again(end),
            None => self.launch_in(emptiest),
        }
    }

    /// How many places are filled in a zone: by who lives there, who is pulled out of there for the time, and who was
    /// just ordered.
    fn filled(&self, zone: &ZoneName) -> usize {
        self.filled.get(zone).copied().unwrap_or(0)
    }

    /// Open zones that are left alone because they refused a launch, and until when.
    fn back_offs(&self) -> Vec<(&'a ZoneName, Timestamp)> {
        let refused = self.view.refused.iter().map(|(zone, at)| (zone, *at + self.policy.back_off));
        refused.filter(|(zone, end)| *end > self.view.at && self.view.spec.zones.contains(zone)).collect()
    }
}
