//! Asks a backend what it cannot keep of a site: missing ports, a missing `id`, and what each port says of its specs.

use super::{draft::no_port, rollout::first, wanted};
use crate::{
    backend::{Backend, spec::PoolSpec},
    topology::{Pool, RecordKind, ValidTopology},
    validate::Problem,
};

/// What `backend` cannot keep of `site`. A site that is to go asks for nothing but its marks.
pub(crate) fn check(backend: &Backend, site: &ValidTopology) -> Vec<Problem> {
    let mut problems = Vec::new();
    id(backend, site, &mut problems);
    if !site.is_removed() {
        network(backend, site, &mut problems);
        pools(backend, site, &mut problems);
        balancers(backend, site, &mut problems);
        records(backend, site, &mut problems);
    }
    problems
}

fn id(backend: &Backend, site: &ValidTopology, problems: &mut Vec<Problem>) {
    let topology = site.topology();
    if !backend.anonymous && topology.id.as_ref().is_none_or(String::is_empty) {
        let what = "without it, two sites of this name cannot be told apart";
        let fix = format!("add the line: id = \"{}-1\" (and never change it)", topology.name);
        problems.push(Problem::new("id", what, fix));
    }
}

fn network(backend: &Backend, site: &ValidTopology, problems: &mut Vec<Problem>) {
    match &backend.network {
        Some(port) => problems.extend(port.check(&wanted::network(site))),
        None if site.topology().pools.is_empty() && site.topology().balancers.is_empty() => {}
        None => problems.push(no_port("network", "networks")),
    }
}

fn pools(backend: &Backend, site: &ValidTopology, problems: &mut Vec<Problem>) {
    let pools = &site.topology().pools;
    match &backend.pool {
        Some(port) => problems.extend(pools.iter().flat_map(|wish| port.check(&pool(site, wish)))),
        None if pools.is_empty() => {}
        None => problems.push(no_port("pool", "pools")),
    }
}

fn pool(site: &ValidTopology, wish: &Pool) -> PoolSpec {
    wanted::pool(site.topology(), wish, first(&wish.release), wish.size)
}

fn balancers(backend: &Backend, site: &ValidTopology, problems: &mut Vec<Problem>) {
    let balancers = &site.topology().balancers;
    match &backend.balancer {
        Some(port) => problems.extend(balancers.iter().flat_map(|wish| port.check(&wanted::balancer(site, wish)))),
        None if balancers.is_empty() => {}
        None => problems.push(no_port("balancer", "load balancers")),
    }
}

/// How many answers a record may come to have.
fn most_answers(site: &ValidTopology, kind: &RecordKind) -> u32 {
    match kind {
        RecordKind::RoundRobin { to } => {
            site.topology().pools.iter().find(|it| it.name == *to).map_or(0, |it| it.size.max)
        }
        RecordKind::Alias { .. } | RecordKind::Weighted { .. } | RecordKind::Failover { .. } => {
            u32::try_from(kind.endpoints().len()).unwrap_or(u32::MAX)
        }
    }
}

fn records(backend: &Backend, site: &ValidTopology, problems: &mut Vec<Problem>) {
    let records = &site.topology().dns;
    match &backend.dns {
        Some(port) => problems.extend(records.iter().flat_map(|wish| {
            let set = wanted::record(wish);
            port.check(&set, most_answers(site, &set.kind))
        })),
        None if records.is_empty() => {}
        None => problems.push(no_port("dns", "DNS records")),
    }
}
