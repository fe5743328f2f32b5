//! Whom a fault picks: the nearest number, by a draw that follows from seed, record and selector.

use super::compile;
use crate::sim::{cloud::Machine, engine::draw::Seed};
use ha_core::{
    backend::state::InstancePhase,
    name::{InstanceId, PoolName, Release},
};

/// The numbers that the first fault picks of ten instances: five of zone a, then five of zone b.
fn picks(target: &str, seed: u64) -> Vec<u32> {
    let (pool, release) = (PoolName::from("web"), Release::from("v1"));
    let names: Vec<InstanceId> = (0..10).map(|number| InstanceId::from(format!("web-{number}"))).collect();
    let machine = |number: u32| Machine {
        number,
        name: &names[number as usize],
        zone: u8::from(number >= 5),
        pool: &pool,
        release: &release,
        phase: InstancePhase::Ready,
        served: None,
    };
    let machines: Vec<Machine<'_>> = (0..10).map(machine).collect();
    let faults = compile(&[&format!("where = \"{target}\", fault = \"instances.hang\"")]).unwrap();
    faults.all[0].strike.picks().unwrap().pick(Seed(seed), &machines)
}

#[test]
fn a_share_is_the_nearest_number_at_least_one() {
    let table = [
        ("all", 10),
        ("zone:a", 5),
        ("zone:*", 10),
        ("pool:admin", 0),
        ("instance:web-3", 1),
        ("release:v1 in zone:b", 5),
        ("share:0.3 of pool:web", 3),
        ("share:0.25 of pool:web", 3),
        ("share:0.01 of pool:web", 1),
        ("share:0.5 of pool:web in zone:a", 3),
        ("instances:2 of pool:web", 2),
        ("instances:2 of pool:web in zone:b", 2),
    ];
    for (target, count) in table {
        assert_eq!(picks(target, 1).len(), count, "{target}");
    }
    assert!(picks("instances:2 of pool:web in zone:b", 1).iter().all(|number| *number >= 5));
}

#[test]
fn equal_text_picks_the_same_and_another_seed_picks_others() {
    let some = "instances:3 of pool:web";
    assert_eq!(picks(some, 1), picks(some, 1));
    let of_seeds: Vec<Vec<u32>> = (0..8).map(|seed| picks(some, seed)).collect();
    assert!(of_seeds.iter().any(|other| *other != of_seeds[0]));
    let of_texts = [picks(some, 1), picks("share:0.3 of pool:web", 1), picks("instances:3 of all", 1)];
    assert!(of_texts.iter().any(|other| *other != of_texts[0]));
}
