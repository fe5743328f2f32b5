//! Good topologies as builders and as files say the same, and the example sites hold together.

use ha_core::{
    Balancer, Dns, Pool, Topology, ValidTopology,
    topology::{Algorithm, Capacity, Endpoint, Exposure, HealthCheck, Network, Rollout, Size},
};
use std::time::Duration;

fn site(name: &str) -> ValidTopology {
    let path = format!("{}/../examples/sites/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    ValidTopology::load(path).unwrap_or_else(|problems| panic!("{problems}"))
}

fn web() -> Topology {
    Topology::new("web")
        .zones(["a", "b", "c"])
        .with(
            Pool::new("web")
                .release("2026.11.1")
                .size(12..=18)
                .capacity(12)
                .ready("/healthz", Duration::from_secs(180))
                .rollout(Rollout { surge: 3, batch: 3, bake: Duration::from_secs(120), ..Rollout::default() }),
        )
        .with(Balancer::http("front").to("web").algorithm(Algorithm::LeastOutstanding))
        .with(Dns::apex("shop.example").to("front"))
}

#[test]
fn the_reference_site_says_what_the_builders_say() {
    let (file, built) = (site("web"), web().validate().unwrap());
    assert_eq!(file, built);
    assert_eq!(file.fingerprint(), built.fingerprint());
    let other = web().generation(1).validate().unwrap();
    assert_ne!(other.fingerprint(), built.fingerprint());
    assert_ne!(built.removed().fingerprint(), built.fingerprint());
}

/// Plans that were saved are compared by it, so it must not change with the process or the platform.
#[test]
fn a_fingerprint_stays_what_it_is() {
    let smallest = Topology::new("s").zones(["a"]).validate().unwrap();
    assert_eq!(smallest.fingerprint(), 0xf6a9_ffbe_12ca_66b6, "{:x}", smallest.fingerprint());
}

#[test]
fn every_example_site_holds_together_and_is_written_as_it_is_read() {
    for name in ["web", "shop_and_admin", "round_robin", "blue_green", "every_key"] {
        let site = site(name);
        let text = site.topology().to_toml();
        assert_eq!(ValidTopology::read(&text, name).as_ref(), Ok(&site), "{text}");
    }
}

#[test]
fn all_tiers_come_from_a_file_as_they_stand_there() {
    let shop = site("shop_and_admin");
    let [web, admin] = &*shop.topology().pools else { panic!("two pools") };
    assert_eq!((web.size, web.capacity), (Size { min: 6, max: 12 }, Capacity::Fixed(8)));
    assert_eq!((web.boot.port, admin.boot.port), (8080, 80));
    assert_eq!(admin.boot.budget, Duration::from_secs(120));
    let office = shop.balancer(&"office".into()).unwrap();
    assert_eq!(office.listeners, Balancer::https("", "admin.shop.example").listeners);
    assert_eq!(office.sticky, Some(Duration::from_secs(8 * 3600)));
    assert_eq!(office.health, HealthCheck::default());
    let leaflet = site("round_robin");
    assert_eq!(leaflet.topology().network, Network { instances: Exposure::Public, ..Network::default() });
    assert_eq!(leaflet.topology().dns[0].kind.endpoints(), [Endpoint::Pool("web".into())]);
    let news = site("blue_green");
    let sorry = news.pool(&"sorry".into()).unwrap();
    assert_eq!(news.open_zones_of(sorry), ["b".into(), "c".into()]);
    let weights: Vec<u32> = news.topology().balancers[0].routes.iter().map(|route| route.weight).collect();
    assert_eq!(weights, [90, 10]);
}

#[test]
fn a_file_that_is_missing_or_no_text_is_one_line_that_names_it() {
    let missing = ValidTopology::load("no/such/site.toml").unwrap_err();
    assert_eq!(missing.to_string(), "no/such/site.toml: there is no such file; name one that exists");
    let path = std::env::temp_dir().join(format!("ha-core-not-utf8-{}.toml", std::process::id()));
    std::fs::write(&path, b"name = \"x\"\nid = \"\xff\"\n").unwrap();
    let broken = ValidTopology::load(&path).unwrap_err();
    std::fs::remove_file(&path).unwrap();
    let wanted = format!("{}:2:7: encoding: this is not UTF-8; save the file as UTF-8", path.display());
    assert_eq!(broken.to_string(), wanted);
}

/// What the file of every key calls a default is one: left out, it is the same site.
#[test]
fn what_is_called_a_default_is_one() {
    let every = site("every_key");
    let text = include_str!("../../examples/sites/every_key.toml");
    let left_out = |line: &&str| line.ends_with("# default") || line.ends_with("(default)");
    assert_eq!(text.lines().filter(left_out).count(), 9);
    let short: Vec<&str> = text.lines().filter(|line| !left_out(line)).collect();
    assert_eq!(ValidTopology::read(&short.join("\n"), "short").as_ref(), Ok(&every));
}
