//! What instances wait for on their way into a group and out of it: their own word that they are ready, and until
//! resolvers have forgotten them.
//!
//! Limits: the Auto Scaling API reference, `PutLifecycleHook` (a heartbeat of 30 to 7200 s).

use super::{seen::Clients, template::READY_HOOK};
use crate::error::{Told, Wish};
use aws_sdk_autoscaling::types::LifecycleHookSpecification;
use ha_core::backend::{Result, spec::PoolSpec};
use std::{collections::BTreeMap, time::Duration};

/// The tag of a group that says which hooks were asked for last.
pub(super) const HOOKS: &str = "ha:hooks";
/// The hook that keeps an instance which leaves.
const DRAIN_HOOK: &str = "drain";
/// How long a hook may last, in seconds.
const HEARTBEAT: [i32; 2] = [30, 7200];
/// How long a change of names takes to reach all of Route 53's servers, by its developer guide.
pub(crate) const EVERYWHERE: Duration = Duration::from_secs(60);

/// The hooks of a group, each with how many seconds it lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hooks {
    /// Until then an instance has said that it is ready, or it is given up.
    ready: Option<i32>,
    /// So long an instance that leaves answers on, whoever is there to see it; then it stops.
    drain: Option<i32>,
}

/// How long names may keep the addresses of a pool's instances at most, for a hook to outlast them.
pub(super) fn longest_drain() -> Duration {
    Duration::from_secs(HEARTBEAT[1].unsigned_abs().into()) - EVERYWHERE
}

impl Hooks {
    pub fn wanted(spec: &PoolSpec, signals: bool) -> Self {
        let seconds = |time: Duration| i32::try_from(time.as_secs()).unwrap_or(i32::MAX);
        let [least, most] = HEARTBEAT;
        let drain = (!spec.drain.is_zero()).then(|| seconds(spec.drain.saturating_add(EVERYWHERE)).clamp(least, most));
        Self { ready: signals.then(|| seconds(spec.boot.budget)), drain }
    }

    /// What a tag says of them.
    pub fn word(&self) -> String {
        let words = self.lasting().into_iter().map(|(name, seconds)| format!("{name} {seconds}"));
        let all = words.collect::<Vec<_>>().join(" ");
        if all.is_empty() { "none".into() } else { all }
    }

    fn lasting(&self) -> BTreeMap<&'static str, i32> {
        let all = [(READY_HOOK, self.ready), (DRAIN_HOOK, self.drain)];
        all.into_iter().filter_map(|(name, seconds)| Some((name, seconds?))).collect()
    }

    /// For a group that is made with them.
    pub fn specified(&self) -> Option<Vec<LifecycleHookSpecification>> {
        let one = |(name, seconds)| {
            let (transition, result) = manner(name);
            let hook = LifecycleHookSpecification::builder().lifecycle_hook_name(name);
            hook.lifecycle_transition(transition).heartbeat_timeout(seconds).default_result(result).build()
        };
        let all: Vec<_> = self.lasting().into_iter().map(one).collect();
        (!all.is_empty()).then_some(all)
    }

    /// Gives a group that is there these hooks, and takes away others of ours.
    pub async fn give(&self, clients: &Clients, group: &str, wish: &Wish) -> Result<()> {
        let listed = clients.scaling.describe_lifecycle_hooks().auto_scaling_group_name(group).send().await;
        let listed = listed.told(wish)?;
        let there: BTreeMap<&str, Option<i32>> = listed
            .lifecycle_hooks()
            .iter()
            .filter_map(|hook| Some((hook.lifecycle_hook_name()?, hook.heartbeat_timeout())))
            .collect();
        let wanted = self.lasting();
        for (name, seconds) in &wanted {
            if there.get(name) != Some(&Some(*seconds)) {
                let (transition, result) = manner(name);
                let call = clients.scaling.put_lifecycle_hook().auto_scaling_group_name(group);
                let call = call.lifecycle_hook_name(*name).lifecycle_transition(transition);
                call.heartbeat_timeout(*seconds).default_result(result).send().await.told(wish)?;
            }
        }
        for name in [READY_HOOK, DRAIN_HOOK] {
            if there.contains_key(name) && !wanted.contains_key(name) {
                let call = clients.scaling.delete_lifecycle_hook().auto_scaling_group_name(group);
                call.lifecycle_hook_name(name).send().await.told(wish)?;
            }
        }
        Ok(())
    }
}

/// On which way a hook stands, and what becomes of an instance that nobody speaks for.
fn manner(name: &str) -> (&'static str, &'static str) {
    match name == DRAIN_HOOK {
        true => ("autoscaling:EC2_INSTANCE_TERMINATING", "CONTINUE"),
        false => ("autoscaling:EC2_INSTANCE_LAUNCHING", "ABANDON"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::group::tests::spec;

    fn hooks(drain: u64, signals: bool) -> Hooks {
        Hooks::wanted(&PoolSpec { drain: Duration::from_secs(drain), ..spec(3, 1, 4) }, signals)
    }

    #[test]
    fn who_leaves_is_kept_for_as_long_as_names_are_and_a_change_of_them_takes() {
        for (drain, signals, word) in [
            (0, false, "none"),
            (0, true, "ready 300"),
            (5, false, "drain 65"),
            (300, true, "drain 360 ready 300"),
            (longest_drain().as_secs(), false, "drain 7200"),
        ] {
            assert_eq!(hooks(drain, signals).word(), word);
        }
    }

    #[test]
    fn a_group_is_made_with_its_hooks_and_who_is_not_ready_in_time_is_given_up() {
        assert_eq!(hooks(0, false).specified(), None);
        let both = hooks(60, true).specified().unwrap();
        let told: Vec<_> = both.iter().map(|it| (it.lifecycle_transition(), it.default_result())).collect();
        assert_eq!(
            told,
            [
                ("autoscaling:EC2_INSTANCE_TERMINATING", Some("CONTINUE")),
                ("autoscaling:EC2_INSTANCE_LAUNCHING", Some("ABANDON"))
            ]
            .map(|(transition, result)| (Some(transition), result))
        );
    }
}
