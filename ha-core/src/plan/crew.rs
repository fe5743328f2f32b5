//! The instances of one pool as the planner counts them: who serves, who is on the way out, who is in the wrong place.

use crate::{
    backend::{
        spec::PoolSpec,
        state::{BalancerState, InstancePhase, InstanceState, PoolState, TargetHealth},
    },
    name::{InstanceId, PoolName},
    topology::{Hold, HoldMode},
};
use std::collections::BTreeSet;

/// One instance, and whether users' requests reach it.
#[derive(Clone, Copy)]
pub(super) struct Member<'a> {
    pub state: &'a InstanceState,
    pub serving: bool,
}

/// All instances of one pool.
pub(super) struct Crew<'a> {
    members: Vec<Member<'a>>,
}

impl<'a> Crew<'a> {
    /// Reads a pool. Where balancers are known, an instance serves if its pool and every balancer before it say so.
    pub fn read(seen: &'a PoolState, balancers: Option<&[BalancerState]>) -> Self {
        let judges: Vec<&BalancerState> =
            balancers.unwrap_or_default().iter().filter(|balancer| routes_to(balancer, &seen.spec.name)).collect();
        let serving = |state: &InstanceState| {
            state.phase == InstancePhase::Ready && judges.iter().all(|judge| gives_requests(judge, &state.id))
        };
        // A list whose pages shifted while it was read names one instance twice: it serves once.
        let mut named = BTreeSet::new();
        let once = seen.instances.iter().filter(|state| named.insert(&state.id));
        Self { members: once.map(|state| Member { state, serving: serving(state) }).collect() }
    }
    /// Those that serve.
    pub fn serving(&self) -> u32 {
        count(self.members.iter().filter(|member| member.serving))
    }
    /// Those that serve, or may by themselves: neither leaving nor pulled out.
    pub fn live(&self) -> impl Iterator<Item = Member<'a>> {
        self.members.iter().copied().filter(|member| match member.state.phase {
            InstancePhase::Booting | InstancePhase::Ready | InstancePhase::Unready | InstancePhase::Returning => true,
            InstancePhase::Draining | InstancePhase::Held(_) | InstancePhase::Lost => false,
        })
    }
    /// How many of them.
    pub fn living(&self) -> u32 {
        count(self.live())
    }
    /// Those held whose place stays empty.
    pub fn shrunk(&self) -> u32 {
        count(self.members.iter().filter(|member| member.state.phase == InstancePhase::Held(HoldMode::Shrink)))
    }
    /// Whether any is held.
    pub fn holds(&self) -> bool {
        self.members.iter().any(|member| matches!(member.state.phase, InstancePhase::Held(_)))
    }
    /// Whether any is between two states.
    pub fn moves(&self) -> bool {
        self.members.iter().any(|member| match member.state.phase {
            InstancePhase::Draining | InstancePhase::Lost | InstancePhase::Returning => true,
            InstancePhase::Booting | InstancePhase::Ready | InstancePhase::Unready | InstancePhase::Held(_) => false,
        })
    }
    /// The instance of this name, if it is not lost.
    pub fn find(&self, id: &InstanceId) -> Option<Member<'a>> {
        let alive = |member: &&Member| member.state.id == *id && member.state.phase != InstancePhase::Lost;
        self.members.iter().find(alive).copied()
    }
    /// Those held that the owner does not list.
    pub fn to_put_back<'b>(&'b self, listed: &'b [Hold]) -> impl Iterator<Item = &'a InstanceState> + 'b {
        let held = self.members.iter().filter(|member| matches!(member.state.phase, InstancePhase::Held(_)));
        held.map(|member| member.state).filter(|state| !listed.iter().any(|hold| hold.instance == state.id))
    }
    /// Those to be exchanged for what `spec` wants, in the order in which they go: who does not serve first, then who
    /// is in the wrong place, then the oldest; of equals, the one observed first.
    pub fn outdated(&self, spec: &PoolSpec, listed: &[Hold]) -> Vec<Member<'a>> {
        let wrong = |member: &Member| member.state.release != spec.release || misplaced(member, spec);
        let kept = |member: &Member| listed.iter().any(|hold| hold.instance == member.state.id);
        let mut outdated: Vec<Member> = self.live().filter(|member| wrong(member) && !kept(member)).collect();
        outdated.sort_by_key(|m| (m.serving, !misplaced(m, spec), m.state.launched));
        outdated
    }
    /// By how much the fullest of the pool's zones exceeds the emptiest.
    pub fn skew(&self, spec: &PoolSpec) -> u32 {
        let counts = || spec.zones.iter().map(|zone| count(self.live().filter(|member| member.state.zone == *zone)));
        counts().max().unwrap_or(0) - counts().min().unwrap_or(0)
    }
}

/// Whether an instance is where the pool may not launch.
pub(super) fn misplaced(member: &Member, spec: &PoolSpec) -> bool {
    !spec.zones.contains(&member.state.zone)
}

/// Whether a balancer gives requests to a pool.
pub(super) fn routes_to(balancer: &BalancerState, pool: &PoolName) -> bool {
    balancer.spec.routes.iter().any(|route| route.pool == *pool && route.weight > 0)
}

fn gives_requests(balancer: &BalancerState, instance: &InstanceId) -> bool {
    balancer.targets.iter().any(|target| target.instance == *instance && target.health == TargetHealth::Healthy)
}

pub(super) fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}
