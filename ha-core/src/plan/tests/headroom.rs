//! Head-room: when it is taken, when it is given back, and what that leaves for others to take out.

use super::*;
use crate::{
    backend::state::InstancePhase,
    topology::{HoldMode, Size},
};

/// A pool of eight that serve, of which six are wanted and three must stay, with this minimum written on it.
fn eight(min: u32) -> Toy {
    let mut toy = Toy::converged(&shop(web().guards(min_healthy(500))));
    toy.pools[0].spec.bounds.min = 8;
    toy.tick(30);
    toy.tick(30);
    toy.pools[0].spec.bounds.min = min;
    assert_eq!(toy.ready(), 8);
    toy
}

#[test]
fn what_the_pool_may_terminate_by_itself_is_not_taken_out_as_well() {
    let listed = ["a-1", "b-2", "c-3", "a-4", "b-5"];
    let pool = listed.iter().fold(web().guards(min_healthy(500)), |pool, id| pool.hold(id, HoldMode::Replace));
    for (min, bound, effect, held) in
        [(8, "bound 6..=8", "terminates down to 6", 3), (5, "bound 6..=8", "launches up to 6", 5)]
    {
        let plan = plan(&shop(pool.clone()), &eight(min).observed());
        let asked = asked(&plan);
        assert_eq!((asked[0].as_str(), asked.len() - 1), (bound, held), "{plan}");
        assert_eq!(plan.steps().next().unwrap().effect, effect);
        assert_eq!(has(&plan, |why| *why == Why::Budget), held < listed.len());
    }
}

#[test]
fn headroom_that_stays_stays_within_the_owners_maximum() {
    let mut toy = eight(8);
    for id in ["a-1", "b-2", "c-3", "a-4"] {
        toy.phase(id, InstancePhase::Unready);
    }
    let smaller = shop(web().guards(min_healthy(500)).size(6..=7));
    assert_eq!(asked(&plan(&smaller, &toy.observed())), ["ensure v1 7..=7"]);
    toy.pools[0].spec.bounds = Size { min: 6, max: 8 };
    assert_eq!(asked(&plan(&smaller, &toy.observed())), ["ensure v1 6..=7"]);
}

#[test]
fn one_too_many_is_waited_for_though_nobody_moves() {
    let mut toy = Toy::converged(&shop(web()));
    let mut extra = toy.instance("a-1").clone();
    extra.id = "a-99".into();
    toy.pools[0].instances.push(extra);
    toy.measure();
    assert_eq!(whys(&plan(&shop(web()), &toy.observed())), [Why::Settling]);
}
