//! The floor moves with the topology as the world would.

use super::Floor;
use ha_core::{
    ValidTopology,
    topology::{Balancer, Dns, Nat, Network, Pool, Topology},
};
use std::time::Duration;

fn site(change: impl FnOnce(Topology) -> Topology) -> ValidTopology {
    let pool = Pool::new("web").release("r1").size(2..=4).capacity(2).ready("/ready", Duration::from_secs(60));
    let topology = Topology::new("shop").id("1").zones(["a", "b"]).with(pool);
    let topology = topology.with(Balancer::http("front").to("web")).with(Dns::apex("shop.example").to("front"));
    change(topology).validate().unwrap()
}

fn floor(change: impl FnOnce(Topology) -> Topology) -> Floor {
    Floor::of_site(&site(change))
}

/// How often each call is made more, in the order of the waves.
fn more(than: &Floor, floor: &Floor) -> Vec<(&'static str, i64)> {
    let all =
        |floor: &Floor, call: &str| floor.waves.iter().flat_map(|wave| &wave.0).filter(|it| it.call == call).count();
    let mut calls: Vec<&str> =
        floor.waves.iter().chain(&than.waves).flat_map(|wave| &wave.0).map(|it| it.call).collect();
    calls.sort_unstable();
    calls.dedup();
    let differs = |call: &'static str| {
        let more = all(floor, call) as i64 - all(than, call) as i64;
        (more != 0).then_some((call, more))
    };
    calls.into_iter().filter_map(differs).collect()
}

#[test]
fn a_zone_more_takes_its_subnets_its_table_and_its_way_out() {
    let two = floor(|site| site);
    let three = floor(|site| site.zones(["a", "b", "c"]));
    let zone = [("AssociateRouteTable", 2), ("CreateRoute", 1), ("CreateRouteTable", 1), ("CreateSubnet", 2)];
    assert_eq!(more(&two, &three), zone);
    let own = |site: Topology| site.network(Network { nat: Nat::PerZone, ..Network::default() });
    let exit = [("AllocateAddress", 1), ("CreateNatGateway", 1)];
    assert_eq!(more(&two, &floor(own)), exit);
    let more = more(&floor(own), &floor(|site| own(site).zones(["a", "b", "c"])));
    assert_eq!(more.len(), zone.len() + exit.len());
}

#[test]
fn a_pool_and_a_balancer_more_take_their_own_and_go_beside_the_others() {
    let one = floor(|site| site);
    let two = floor(|site| {
        let pool = Pool::new("office").release("r1").size(1..=2).capacity(1).ready("/", Duration::from_secs(60));
        let balancer = Balancer::https("back", "office.example").to("office");
        site.with(pool).with(balancer).with(Dns::apex("office.shop.example").to("back"))
    });
    let expected = [
        ("AttachLoadBalancerTargetGroups", 1),
        ("AuthorizeSecurityGroupIngress", 2),
        ("ChangeResourceRecordSets", 1),
        ("CreateAutoScalingGroup", 1),
        ("CreateLaunchTemplate", 1),
        // The second redirects.
        ("CreateListener", 2),
        ("CreateLoadBalancer", 1),
        ("CreateSecurityGroup", 2),
        ("CreateTargetGroup", 1),
        ("ModifyTargetGroupAttributes", 1),
    ];
    assert_eq!(more(&one, &two), expected, "its name is in the zone of the first");
    assert_eq!(two.chains(), one.chains(), "nothing waits for the other");
    assert_eq!(two.most_looks(), one.most_looks() + 2, "listeners and targets have no list over all");
}

#[test]
fn a_site_with_no_way_out_for_its_instances_is_made_sooner() {
    let one = floor(|site| site);
    let none = floor(|site| site.network(Network { nat: Nat::None, ..Network::default() }));
    assert_eq!(more(&one, &none), [("AllocateAddress", -1), ("CreateNatGateway", -1), ("CreateRoute", -2)]);
    assert!(none.chains() < one.chains());
}

#[test]
fn what_is_printed_has_every_wave_its_chain_and_eighty_columns() {
    let reference = ValidTopology::read(include_str!("../../../examples/sites/web.toml"), "web.toml").unwrap();
    let page = Floor::of_site(&reference).to_string();
    for part in ["wave 4", "chain: Create", "then CreateNatGateway", "ec2 DescribeVpcs", "made by at least"] {
        assert!(page.contains(part), "{part} is not in:\n{page}");
    }
    assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
}
