//! One balancer with 32 servers, health checks, fault hooks and histogram, against an event loop written by hand.

use ha_benches::{
    by_hand::{self, Load},
    measure::best_of,
};
use ha_core::{backend::state::TargetHealth, name::DnsName, time::Timestamp, topology::Algorithm};
use ha_local::sim::{
    Distribution,
    cloud::CloudEvent,
    engine::{
        draw::Seed,
        queue::{Event, Queue, Ties},
    },
    plane::{
        Address, BalancerView, Condition, Ctx, EndpointView, Notice, Place, Plane, PlaneConfig, Probe, RecordView,
        ServerConfig, ServerId, ServerSpec, TargetView, Traffic,
    },
    traffic::{Arrivals, Segment},
};
use std::{collections::BTreeMap, time::Duration};

const CHECK: Duration = Duration::from_secs(10);

fn main() {
    let mean = Duration::from_millis(100);
    for (servers, requests) in [(32, 2_000_000), (1000, 2_000_000)] {
        let gap = 1e8 / 0.8 / servers as f64;
        let load = Load { servers, requests, gap, service: 1e8 };
        let (ours, floor) = best_of(5, || site(load, mean), || by_hand::run(load));
        let each = |time: Duration| time.as_nanos() as f64 / requests as f64;
        let ratio = each(ours) / each(floor);
        println!("{servers:>5} servers: {:>5.0} ns a request, by hand {:>4.0} ns: {ratio:.2}", each(ours), each(floor));
    }
}

/// The plane with health checks; the mean response time in ns.
fn site(load: Load, mean: Duration) -> f64 {
    let pool = ServerConfig { service: Distribution::Exponential { mean }, concurrency: 1, queue: 1000 };
    let pools = BTreeMap::from([("web".into(), pool)]);
    let mut plane = Plane::new(PlaneConfig { pools, ..PlaneConfig::ideal(1) });
    let seed = Seed(42);
    let (mut queue, mut notices) = (Queue::new(seed, Ties::Drawn), Vec::<Notice>::new());
    let ctx = &mut Ctx { now: Timestamp::ZERO, queue: &mut queue, seed, notices: &mut notices };
    build(&mut plane, ctx, load);
    let mut failed = 0;
    let end = Timestamp((load.gap * load.requests as f64) as u64) + CHECK;
    while let Some((now, event)) = queue.pop(end) {
        let mut ctx = Ctx { now, queue: &mut queue, seed, notices: &mut notices };
        match event {
            Event::Plane(event) => plane.handle(&mut ctx, event),
            Event::Cloud(CloudEvent::Check(balancer, server)) => {
                let probe = plane.probe(ServerId(server), Place::Zone(0), Duration::from_secs(5));
                failed += u32::from(probe != Probe::Passed);
                ctx.queue.push(now + CHECK, Event::Cloud(CloudEvent::Check(balancer, server)));
            }
            Event::Cloud(_) | Event::Call(..) | Event::Timer(_) | Event::Fault(..) | Event::Start(_) => {}
        }
    }
    assert_eq!(failed, 0, "no check fails at this load");
    plane.ledger().agree().unwrap_or_else(|why| panic!("the books agree at every instant: {why}"));
    plane.latency().mean_ms * 1e6
}

fn build(plane: &mut Plane, ctx: &mut Ctx<'_>, load: Load) {
    let site = DnsName::from("shop.example");
    let mut targets = Vec::new();
    for key in 0..load.servers as u64 {
        let server = plane.add_server(ServerSpec { key, pool: "web".into(), release: "1".into(), zone: 0 });
        plane.set_condition(ctx, server, Condition { ready: true, ..Condition::WELL });
        targets.push(TargetView { server, route: 0, health: TargetHealth::Healthy, since: ctx.now });
        ctx.queue.push(Timestamp(key * 7_000_000), Event::Cloud(CloudEvent::Check(0, server.0)));
    }
    let view = BalancerView {
        name: "front".into(),
        endpoints: vec![EndpointView { zone: 0, up: true, errors: 0 }],
        algorithm: Algorithm::RoundRobin,
        sticky: None,
        slow_start: None,
        fail_open: None,
        weights: vec![1],
        targets,
    };
    plane.set_balancer(ctx, view);
    let answers = vec![Address::Balancer("front".into(), 0)];
    let record = RecordView { answers, weights: vec![], ttl: Duration::from_secs(60), timeouts: 0, stale: None };
    plane.set_record(ctx, &site, Some(record));
    let length = Duration::from_nanos((load.gap * load.requests as f64) as u64);
    let segment = Segment { start: ctx.now, length, arrivals: Arrivals::Count(load.requests) };
    plane.start(ctx, &site, Traffic { key: 1, segments: [segment].into() });
}
