//! What Auto Scaling cannot keep of a pool, and what would do instead.

use super::hooks::longest_drain;
use crate::{mark, provider::Provider};
use ha_core::{backend::spec::PoolSpec, time::show, topology::Capacity, validate::Problem};
use std::time::Duration;

/// How long an instance may take to say that it is ready, by the service's limits.
const SIGNAL: [Duration; 2] = [Duration::from_secs(30), Duration::from_secs(7200)];

pub(super) fn check(provider: &Provider, spec: &PoolSpec) -> Vec<Problem> {
    let path = |field: &str| format!("pool.{}.{field}", spec.name);
    let mut problems = Vec::new();
    let mut say = |field: &str, what: String, fix: String| problems.push(Problem::new(path(field), what, fix));
    let machine = provider.release(&spec.release).unwrap_or_default();
    if machine.image.is_none() {
        let what = format!("the provider file names no image for release {}", spec.release);
        say("release", what, format!("add to it: [releases.{:?}] with image = \"ami-...\"", spec.release));
    } else if machine.instance_type.is_none() {
        let what = format!("the provider file names no instance type for release {}", spec.release);
        say("release", what, "add to it: [machine] with instance_type = \"t3.small\"".into());
    }
    let budget = spec.boot.budget;
    if machine.signals == Some(true) && !(SIGNAL[0]..=SIGNAL[1]).contains(&budget) {
        let what = "an instance that says when it is ready has from 30 s to 2 h for it".to_owned();
        say("boot.budget", what, "give such a budget, or take `signals` out of the provider file".into());
    }
    if spec.drain > longest_drain() {
        let (kept, most) = (show(spec.drain), show(longest_drain()));
        let what = format!("names keep the addresses of its instances for {kept}, and who leaves is kept for {most}");
        say("drain", what, format!("give the names that stand for it a ttl of {most} at most"));
    }
    if spec.max_skew != 1 {
        let what = format!("Auto Scaling keeps zones within 1 of each other, not within {}", spec.max_skew);
        say("placement.max_skew", what, "max_skew = 1".into());
    }
    match spec.capacity {
        Capacity::Fixed(_) => {}
        Capacity::Scaled => say("capacity", "nobody scales a pool on AWS yet".into(), "capacity = 2".into()),
    }
    if let Some(brake) = spec.guards.brake.filter(|brake| brake.0 < 10) {
        let what = format!("a brake of {} is finer than the hundredths that Auto Scaling takes", f64::from(brake));
        say("guards.brake", what, "brake = 0.01, or more".into());
    }
    if !mark::fits(spec) {
        let what = "its spec does not fit into the tags of an Auto Scaling group, where it is remembered".to_owned();
        say("zones", what, "shorten the names of its zones and releases".into());
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{pool::group::tests::spec, provider::Machine};
    use ha_core::topology::Share;

    fn provider() -> Provider {
        let mut provider = Provider::new("eu-central-1");
        let image = Some("ami-1".into());
        provider.machine = Machine { instance_type: Some("t3.micro".into()), ..Machine::default() };
        provider.releases.insert("r1".into(), Machine { image, ..Machine::default() });
        provider
    }

    fn told(change: impl FnOnce(&mut PoolSpec, &mut Provider)) -> Vec<String> {
        let (mut spec, mut provider) = (spec(3, 1, 4), provider());
        change(&mut spec, &mut provider);
        check(&provider, &spec).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_the_service_cannot_keep_is_refused_with_what_would_do() {
        assert_eq!(told(|_, _| {}), Vec::<String>::new());
        let all = told(|spec, provider| {
            spec.max_skew = 2;
            spec.drain = Duration::from_secs(7141);
            spec.capacity = Capacity::Scaled;
            spec.guards.brake = Some(Share(5));
            spec.boot.budget = Duration::from_secs(10);
            provider.machine.signals = Some(true);
        });
        assert_eq!(
            all,
            [
                "pool.web.boot.budget: an instance that says when it is ready has from 30 s to 2 h for it; give such a budget, \
             or take `signals` out of the provider file",
                "pool.web.drain: names keep the addresses of its instances for 1h59m1s, and who leaves is kept for 1h59m; \
             give the names that stand for it a ttl of 1h59m at most",
                "pool.web.placement.max_skew: Auto Scaling keeps zones within 1 of each other, not within 2; max_skew = 1",
                "pool.web.capacity: nobody scales a pool on AWS yet; capacity = 2",
                "pool.web.guards.brake: a brake of 0.005 is finer than the hundredths that Auto Scaling takes; brake = 0.01, or more",
            ]
        );
    }

    #[test]
    fn a_release_that_the_provider_file_does_not_say_enough_of_is_refused() {
        let unknown = told(|spec, _| spec.release = "r2".into());
        assert_eq!(
            unknown,
            ["pool.web.release: the provider file names no image for release r2; \
                             add to it: [releases.\"r2\"] with image = \"ami-...\""]
        );
        let without = told(|_, provider| provider.machine.instance_type = None);
        assert!(without[0].contains("no instance type for release r1"), "{without:?}");
    }

    #[test]
    fn a_spec_that_no_group_can_remember_is_refused() {
        let told = told(|spec, _| spec.zones = (0..900).map(|zone| format!("zone-{zone}").into()).collect());
        assert!(told[0].contains("does not fit into the tags"), "{told:?}");
    }
}
