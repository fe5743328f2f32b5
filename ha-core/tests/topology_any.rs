//! Whatever the input: no panic, every problem is one line with a place, and what is written is read as the same value.

use ha_core::{
    Balancer, Dns, Pool, Topology, ValidTopology,
    topology::{
        Algorithm, Allow, Capacity, ClientAddress, Endpoint, Exposure, Gate, Guards, HealthCheck, HoldMode, Listener,
        Nat, Network, NoReading, Party, Placement, Protocol, Rollout, Share, Size,
    },
    validate::Problems,
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;

const SITES: [&str; 5] = [
    include_str!("../../examples/sites/web.toml"),
    include_str!("../../examples/sites/shop_and_admin.toml"),
    include_str!("../../examples/sites/round_robin.toml"),
    include_str!("../../examples/sites/blue_green.toml"),
    include_str!("../../examples/sites/every_key.toml"),
];

fn time() -> impl Strategy<Value = Duration> {
    (0..100_000_000_000u64).prop_map(Duration::from_millis)
}

fn share() -> impl Strategy<Value = Share> {
    (0..=1000u32).prop_map(Share)
}

/// Names that often meet, and some that are no names at all.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-c]".prop_map(|name| name), 1 => any::<String>(), 1 => Just("world".to_string())]
}

fn endpoint() -> impl Strategy<Value = Endpoint> {
    (any::<bool>(), name()).prop_map(|(pool, name)| match pool {
        true => Endpoint::Pool(name.into()),
        false => Endpoint::Balancer(name.into()),
    })
}

fn network() -> impl Strategy<Value = Network> {
    let party = || prop_oneof![Just(Party::World), endpoint().prop_map(Party::from)];
    let allow = (party(), party(), any::<u16>()).prop_map(|(from, to, port)| Allow { from, to, port });
    let instances = prop_oneof![Just(Exposure::Private), Just(Exposure::Public)];
    let nat = prop_oneof![Just(Nat::None), Just(Nat::One), Just(Nat::PerZone)];
    (instances, nat, vec(allow, 0..3)).prop_map(|(instances, nat, allow)| Network { instances, nat, allow })
}

fn rollout() -> impl Strategy<Value = Rollout> {
    let no_reading = prop_oneof![Just(NoReading::Wait), Just(NoReading::GoOn)];
    let gate = (share(), option::of(time()), any::<u64>(), no_reading).prop_map(
        |(max_errors, max_latency, min_requests, no_reading)| Gate {
            max_errors,
            max_latency,
            min_requests,
            no_reading,
        },
    );
    (0..3u32, any::<u32>(), time(), gate).prop_map(|(surge, batch, bake, gate)| Rollout { surge, batch, bake, gate })
}

fn pool() -> impl Strategy<Value = Pool> {
    let capacity = prop_oneof![any::<u32>().prop_map(Capacity::Fixed), Just(Capacity::Scaled)];
    let numbers = (any::<u32>(), any::<u32>(), any::<u32>(), capacity);
    let placement = (vec(name(), 0..3), 0..3u32)
        .prop_map(|(zones, max_skew)| (zones.into_iter().map(Into::into).collect(), max_skew));
    let guards = (option::of(share()), share()).prop_map(|(brake, min_healthy)| Guards { brake, min_healthy });
    let mode = prop_oneof![Just(HoldMode::Replace), Just(HoldMode::Shrink)];
    let words = (name(), option::of(any::<String>()), any::<String>(), any::<String>(), time(), any::<u16>());
    (words, numbers, placement, guards, rollout(), vec((any::<String>(), mode), 0..3)).prop_map(
        |(
            (name, role, release, ready, budget, port),
            (retry, min, max, capacity),
            (zones, max_skew),
            guards,
            rules,
            hold,
        )| {
            let mut pool = Pool::new(&name).release(&release).ready(&ready, budget).guards(guards).rollout(rules);
            (pool.role, pool.retry, pool.capacity) = (role, retry, capacity);
            (pool.size, pool.boot.port, pool.placement) = (Size { min, max }, port, Placement { zones, max_skew });
            hold.iter().fold(pool, |pool, (instance, mode)| pool.hold(instance, *mode))
        },
    )
}

fn balancer() -> impl Strategy<Value = Balancer> {
    let protocol = prop_oneof![
        Just(Protocol::Http),
        Just(Protocol::RedirectToHttps),
        any::<String>().prop_map(|certificate| Protocol::Https { certificate }),
    ];
    let listener = (any::<u16>(), protocol).prop_map(|(port, protocol)| Listener { port, protocol });
    let listeners = prop_oneof![
        Just(Balancer::http("").listeners),
        any::<String>().prop_map(|certificate| Balancer::https("", &certificate).listeners),
        vec(listener, 0..3),
    ];
    let health = (time(), time(), any::<u32>(), any::<u32>())
        .prop_map(|(interval, timeout, healthy, unhealthy)| HealthCheck { interval, timeout, healthy, unhealthy });
    let algorithm = select(Algorithm::ALL.map(|(_, rule)| rule).to_vec());
    let address =
        prop_oneof![Just(ClientAddress::ForwardedFor), Just(ClientAddress::ProxyProtocol), Just(ClientAddress::Hidden)];
    let routes = vec((name(), prop_oneof![Just(100), any::<u32>()]), 0..3);
    let times = (option::of(time()), time(), option::of(time()), option::of(share()));
    (name(), listeners, routes, health, (algorithm, address), times).prop_map(
        |(name, listeners, routes, health, (algorithm, address), (sticky, drain, slow_start, fail_open))| {
            let mut balancer = Balancer::http(&name).health(health).algorithm(algorithm).drain(drain);
            (balancer.listeners, balancer.client_address) = (listeners, address);
            (balancer.sticky, balancer.slow_start, balancer.fail_open) = (sticky, slow_start, fail_open);
            routes.iter().fold(balancer, |balancer, (pool, weight)| balancer.weighted(pool, *weight))
        },
    )
}

fn dns() -> impl Strategy<Value = Dns> {
    let record = prop_oneof![
        (name(), name()).prop_map(|(name, to)| Dns::apex(&name).to(&to)),
        (name(), name()).prop_map(|(name, to)| Dns::round_robin(&name, &to)),
        (name(), endpoint(), endpoint()).prop_map(|(name, one, other)| Dns::failover(&name, one, other)),
        (name(), vec((endpoint(), any::<u32>()), 0..3)).prop_map(|(name, answers)| Dns::weighted(&name, answers)),
    ];
    (record, time()).prop_map(|(record, ttl)| record.ttl(ttl))
}

fn topology() -> impl Strategy<Value = Topology> {
    let names = (name(), option::of(any::<String>()), any::<u64>(), vec(name(), 0..4), vec(name(), 0..2));
    (names, network(), vec(pool(), 0..3), vec(balancer(), 0..3), vec(dns(), 0..3)).prop_map(
        |((name, id, generation, zones, closed), network, pools, balancers, dns)| {
            let mut site = Topology::new(&name).zones(zones.iter().map(String::as_str)).generation(generation);
            site.id = id;
            site = closed.iter().fold(site, |site, zone| site.close(zone)).network(network);
            site = pools.into_iter().fold(site, Topology::with);
            site = balancers.into_iter().fold(site, Topology::with);
            dns.into_iter().fold(site, Topology::with)
        },
    )
}

/// Pieces of which files are made, right and wrong.
fn token() -> impl Strategy<Value = String> {
    let pieces = [
        "[[pool]]\n",
        "[[balancer]]\n",
        "[[dns]]\n",
        "[network]\n",
        "[pool.rollout]\n",
        "[pool.guards]\n",
        "name",
        "zones",
        "release",
        "size",
        "capacity",
        "ready",
        "to",
        "kind",
        "listen",
        "listener",
        "hold",
        "ttl",
        "health",
        "closed",
        " = ",
        "\n",
        ", ",
        "[",
        "]",
        "{ ",
        " }",
        "\"web\"",
        "\"front\"",
        "\"6..=24\"",
        "12",
        "-1",
        "0.5",
        "true",
        "\"90s\"",
        "\"weighted\"",
        "path",
        "budget",
        "pool",
        "balancer",
        "weight",
        "allow",
        "from",
        "port",
        "1979-05-27",
        "é",
        "nan",
    ];
    prop::sample::select(pieces.to_vec()).prop_map(String::from)
}

/// Reads the text, and holds what is reported to what is promised of every report.
fn read(text: &str) -> Result<ValidTopology, Problems> {
    let read = ValidTopology::read(text, "any.toml");
    if let Err(problems) = &read {
        assert!(!problems.0.is_empty());
        for problem in &problems.0 {
            let line = problem.to_string();
            assert!(line.chars().all(|letter| !letter.is_control()), "{line:?}");
            let place = problem.place.as_ref().unwrap();
            let in_file = text.split('\n').nth(place.line - 1).unwrap();
            assert!((1..=in_file.chars().count() + 1).contains(&place.column), "{line}");
        }
    }
    read
}

fn same_as_json<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) {
    let json = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), value, "{json}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_as_the_same_value(site in topology()) {
        let text = site.to_toml();
        let again = Topology::from_toml(&text, "any.toml").unwrap_or_else(|problems| panic!("{problems}\n{text}"));
        prop_assert_eq!(&again, &site, "{}", text);
        let (file, built) = (read(&text), site.validate());
        prop_assert_eq!(file.is_ok(), built.is_ok(), "{}", text);
        if let (Err(file), Err(built)) = (file, built) {
            prop_assert_eq!(file.0.len(), built.0.len(), "{}", text);
        }
    }

    #[test]
    fn what_specs_are_made_of_is_the_same_as_json(site in topology()) {
        for pool in &site.pools {
            same_as_json(&pool.capacity);
            same_as_json(&pool.size);
            same_as_json(&pool.boot);
            same_as_json(&pool.guards);
        }
        for balancer in &site.balancers {
            same_as_json(&balancer.listeners);
            same_as_json(&balancer.routes);
            same_as_json(&balancer.health);
            same_as_json(&balancer.fail_open);
        }
        site.dns.iter().for_each(|dns| same_as_json(&dns.kind));
        same_as_json(&site.network.allow);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in vec(any::<u8>(), 0..200)) {
        let _ = read(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_mix_of_pieces_makes_it_panic(tokens in vec(token(), 0..60)) {
        let _ = read(&tokens.concat());
    }

    #[test]
    fn no_slip_in_a_good_file_makes_it_panic(
        site in prop::sample::select(SITES.to_vec()),
        slips in vec((any::<prop::sample::Index>(), 0..8usize, token()), 1..6),
    ) {
        let mut letters: Vec<char> = site.chars().collect();
        for (index, length, token) in slips {
            let start = index.index(letters.len() + 1);
            let end = letters.len().min(start + length);
            letters.splice(start..end, token.chars());
        }
        let _ = read(&letters.iter().collect::<String>());
    }
}
