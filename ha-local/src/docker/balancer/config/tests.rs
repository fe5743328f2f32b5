//! The written configuration, line by line.

use super::*;
use ha_core::topology::{HealthCheck, Listener, Share};

/// A balancer over two pools.
pub(in super::super) fn spec() -> BalancerSpec {
    let boot = |port| Boot { ready: "/ready".into(), budget: Duration::from_secs(60), port };
    BalancerSpec {
        name: "front".into(),
        zones: vec!["a".into(), "b".into()],
        listeners: vec![Listener { port: 80, protocol: Protocol::Http }],
        routes: vec![Route { pool: "blue".into(), weight: 300 }, Route { pool: "green".into(), weight: 100 }],
        health: HealthCheck {
            interval: Duration::from_millis(500),
            timeout: Duration::from_millis(400),
            healthy: 3,
            unhealthy: 2,
        },
        ready: vec![boot(8080), boot(9090)],
        algorithm: Algorithm::RoundRobin,
        sticky: None,
        drain: Duration::from_secs(30),
        slow_start: None,
        client_address: ClientAddress::ForwardedFor,
        fail_open: None,
    }
}

/// The frame of this balancer.
pub(in super::super) fn frame<'a>(spec: &'a BalancerSpec, slots: &'a [Slot]) -> Frame<'a> {
    Frame { spec, slots, host: Ipv4Addr::new(10, 88, 0, 1), flapping: false, certificates: 0 }
}

fn server(pool: &str, instance: &str, last: u8, serves: bool) -> Server {
    let address = Ipv4Addr::new(10, 88, 1, last);
    Server { pool: pool.into(), instance: instance.into(), address, port: 8080, serves }
}

fn slots(spec: &BalancerSpec) -> Vec<Slot> {
    let mut slots = Slot::all(21_000..21_004);
    Slot::lead_to(&mut slots, &spec.listeners);
    slots
}

/// The lines of the sections that begin so.
fn section(text: &str, begins: &str) -> Vec<String> {
    let from = text.lines().skip_while(|line| *line != begins).skip(1);
    from.take_while(|line| line.starts_with("  ")).map(|line| line.trim().to_owned()).collect()
}

#[test]
fn the_configuration_is_what_it_was() {
    let mut spec = spec();
    spec.routes.truncate(1);
    let servers = [server("blue", "blue-a-1", 2, true), server("blue", "blue-b-1", 3, false)];
    let written = frame(&spec, &slots(&spec)).written(&servers);
    let digest = frame(&spec, &slots(&spec)).digest();
    let golden = include_str!("../../../../tests/docker/haproxy.cfg");
    assert_eq!(written.replace(&digest, "DIGEST"), golden, "{written}");
}

#[test]
fn who_is_behind_it_is_no_other_configuration_and_all_else_is() {
    let plain = spec();
    let slots = slots(&plain);
    let digest = |change: &dyn Fn(&mut BalancerSpec)| {
        let mut spec = spec();
        change(&mut spec);
        frame(&spec, &slots).digest()
    };
    let same = digest(&|_| {});
    assert_eq!(digest(&|spec| spec.routes[0].weight = 7), same);
    assert_eq!(digest(&|spec| spec.zones.clear()), same);
    assert_eq!(digest(&|spec| spec.fail_open = Some(Share(500))), same);
    let changes: [&dyn Fn(&mut BalancerSpec); 9] = [
        &|spec| spec.listeners[0].port = 81,
        &|spec| spec.health.interval *= 2,
        &|spec| spec.health.timeout *= 2,
        &|spec| spec.ready[0].ready = "/other".into(),
        &|spec| spec.algorithm = Algorithm::TwoChoices,
        &|spec| spec.sticky = Some(Duration::from_secs(1)),
        &|spec| spec.client_address = ClientAddress::ProxyProtocol,
        &|spec| spec.routes.truncate(1),
        &|spec| spec.drain *= 10,
    ];
    for (number, change) in changes.iter().enumerate() {
        assert_ne!(digest(change), same, "change {number}");
    }
    let other = |flapping, certificates| Frame { flapping, certificates, ..frame(&plain, &slots) }.digest();
    assert!(other(true, 0) != same && other(false, 1) != same && other(false, 0) == same);
}

#[test]
fn each_wish_is_a_line() {
    type Change<'a> = &'a dyn Fn(&mut BalancerSpec);
    let rows: [(Change<'_>, &str, &str); 9] = [
        (&|spec| spec.algorithm = Algorithm::LeastOutstanding, "backend pool.blue from web", "balance leastconn"),
        (&|spec| spec.algorithm = Algorithm::TwoChoices, "backend open.blue from web", "balance random(2)"),
        (
            &|spec| spec.client_address = ClientAddress::Hidden,
            "frontend front from web",
            "http-request del-header X-Forwarded-For",
        ),
        (&|_| {}, "frontend front from web", "option forwardfor"),
        (
            &|spec| spec.sticky = Some(Duration::from_secs(90)),
            "backend pool.green from web",
            "http-response add-header Set-Cookie \"ha-front=%s; Path=/; Max-Age=90; HttpOnly; SameSite=Lax\"",
        ),
        (
            &|spec| spec.sticky = Some(Duration::from_secs(90)),
            "frontend front from web",
            "http-request set-var(txn.pool) req.cook(ha-front),map_str(/etc/ha/stay.map)",
        ),
        (
            &|spec| spec.slow_start = Some(Duration::from_secs(8)),
            "backend pool.blue from web",
            "server blue-a-1 10.88.1.2:8080 weight 100 check inter 500ms fall 2 rise 3 observe layer4 error-limit 5 on-error fail-check slowstart 8000ms",
        ),
        (
            &|spec| spec.client_address = ClientAddress::ProxyProtocol,
            "backend open.blue from web",
            "server blue-a-1 10.88.1.2:8080 weight 100 send-proxy-v2",
        ),
        (&|_| {}, "frontend control from plain", "tcp-request connection reject unless { src 10.88.0.1 }"),
    ];
    for (change, begins, line) in rows {
        let mut spec = spec();
        change(&mut spec);
        let slots = slots(&spec);
        let lines = section(&frame(&spec, &slots).written(&[server("blue", "blue-a-1", 2, true)]), begins);
        assert!(lines.iter().any(|found| found == line), "{line} is not in {lines:#?}");
    }
}

#[test]
fn a_redirect_leads_to_where_the_user_can_go() {
    let mut spec = spec();
    let https = Protocol::Https { certificate: "shop".into() };
    spec.listeners =
        vec![Listener { port: 443, protocol: https }, Listener { port: 80, protocol: Protocol::RedirectToHttps }];
    let slots = slots(&spec);
    let written = frame(&spec, &slots).written(&[]);
    let expected = [
        "bind :80",
        "bind :10002",
        "http-request redirect code 301 location https://%[req.hdr(host),field(1,:)]:21000%[pathq] if { dst_port 10002 }",
        "http-request redirect code 301 location https://%[req.hdr(host),field(1,:)]%[pathq]",
    ];
    assert_eq!(section(&written, "frontend redirect from web"), expected);
    let binds = section(&written, "frontend front from web");
    let tls = "ssl crt /etc/ha/shop.pem alpn h2,http/1.1";
    assert_eq!(binds[..2], [format!("bind :443 {tls}"), format!("bind :10001 {tls}")]);
}

#[test]
fn shares_are_exact_to_a_millionth_and_weight_zero_has_none() {
    let routes = |weights: &[u32]| -> Vec<Route> {
        let route = |(number, weight): (usize, &u32)| Route { pool: format!("p{number}").into(), weight: *weight };
        weights.iter().enumerate().map(route).collect()
    };
    let upto = |weights: &[u32]| shares(&routes(weights)).into_iter().map(|(_, upto)| upto).collect::<Vec<_>>();
    assert_eq!(upto(&[100]), ["1000000"]);
    assert_eq!(upto(&[300, 100]), ["750000", "1000000"]);
    assert_eq!(upto(&[0, 100]), ["0", "1000000"]);
    assert_eq!(upto(&[100, 0, 100]), ["500000", "500000", "1000000"]);
    assert_eq!(upto(&[0, 0]), ["0", "0"]);
    assert_eq!(upto(&[u32::MAX, u32::MAX]), ["500000", "1000000"]);
    assert_eq!(upto(&[]), Vec::<String>::new());
}
