//! Instances that bear a pool's mark and are in no group: somebody took them out by hand, or two made one pool at once.

use crate::{
    calls::{pool, spec},
    emulator::{Emulator, EmulatorLab, Kind, block_on},
};
use ha_core::{backend::Resource, conformance::Lab};
use std::time::Duration;

#[test]
fn an_instance_that_was_taken_out_by_hand_is_told_and_goes_with_its_pool() {
    let Ok(emulator) = Emulator::start(Kind::Moto).map_err(|why| eprintln!("ignored: {why}")) else { return };
    block_on(async {
        let lab = EmulatorLab::new(emulator).await;
        let [scope, _] = lab.scopes();
        let backend = lab.empty().await;
        let pools = backend.pool.as_ref().expect("it has pools");
        backend.network.as_ref().expect("it has networks").ensure(&scope, &spec()).await.unwrap();
        pools.ensure(&scope, &pool()).await.unwrap();
        // Until then a group may be behind.
        backend.clock.sleep(Duration::from_millis(2100)).await;
        let before = pools.observe(&scope).await.unwrap().state.remove(0);
        assert_eq!((before.instances.len(), before.strays), (2, vec![]));
        let out = &before.instances[0].id;
        let detach = lab.eyes().scaling.detach_instances().auto_scaling_group_name(format!("{}-web", scope.name));
        let detach = detach.instance_ids(out.as_str()).should_decrement_desired_capacity(false);
        detach.send().await.expect("it is taken out");
        let after = pools.observe(&scope).await.unwrap().state.remove(0);
        assert_eq!((after.instances.len(), after.strays), (2, vec![out.clone()]), "another took its place");
        for _ in 0..3 {
            pools.remove(&scope, &"web".into()).await.unwrap();
        }
        assert_eq!(pools.observe(&scope).await.unwrap().state, []);
        let all = lab.everything().await;
        let left: Vec<_> = all.iter().filter(|it| matches!(it.what, Resource::Instance(_))).collect();
        assert!(left.is_empty(), "{left:?}");
    });
}
