//! Users' own code in a run: an observer that is told what the loop does, and tasks with the simulated clock and ports.

use ha_core::{
    Balancer, Dns, Pool, Topology, ValidTopology,
    event::{Event, What},
    observe,
};
use ha_local::sim::{Sim, Traffic};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

fn site() -> ValidTopology {
    Topology::new("shop")
        .zones(["a", "b"])
        .with(Pool::new("web").release("1").size(2..=4).capacity(2).ready("/healthz", Duration::from_secs(90)))
        .with(Balancer::http("front").to("web"))
        .with(Dns::apex("shop.example").to("front"))
        .validate()
        .unwrap()
}

fn run() -> Sim {
    Sim::new(&site(), 7).traffic(Traffic::poisson(2.0)).length(Duration::from_secs(3600))
}

#[test]
fn an_observer_is_told_every_event_of_the_loop() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let also = told.clone();
    let observer = move |event: &Event| {
        if matches!(event.what, What::Asked(_) | What::Converged) {
            also.lock().unwrap().push(event.clone());
        }
    };
    run().observer(Arc::new(observer)).run();
    let told = told.lock().unwrap();
    assert!(told.iter().filter(|event| matches!(event.what, What::Asked(_))).count() >= 4, "{told:?}");
    assert!(matches!(told.last().unwrap().what, What::Converged), "{told:?}");
}

#[test]
fn a_task_runs_on_the_simulated_clock_and_sees_the_simulated_provider() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let also = seen.clone();
    let watch = move |backend: ha_core::backend::Backend| {
        let also = also.clone();
        async move {
            let begun = backend.clock.now();
            for _ in 0..3 {
                backend.clock.sleep(Duration::from_secs(600)).await;
                let observed = observe(&site(), &backend).await;
                let pools = observed.pools.known().map_or(0, |pools| pools[0].instances.len());
                also.lock().unwrap().push((backend.clock.now().since(begun).as_secs() / 600, pools));
            }
        }
    };
    let run = run().task("watch", watch).run();
    assert_eq!(*seen.lock().unwrap(), [(1, 2), (2, 2), (3, 2)]);
    assert_eq!(run.violations(), []);
}
