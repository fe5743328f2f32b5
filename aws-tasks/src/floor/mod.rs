//! The least that a site takes at AWS, counted from its plan: the calls that make it, the longest chain of them that need
//! each other's answers in each wave, and the calls that show an unchanged site.

mod chain;
mod needs;

pub use chain::{Need, Needs};
use ha_core::{
    Observed, Plan, ValidTopology,
    backend::spec::{BalancerSpec, NetworkSpec, PoolSpec, RecordSet},
    plan,
    plan::{Action, BalancerStep, DnsStep, NetworkStep, PoolStep},
    time::Timestamp,
    topology::RecordKind,
};
use std::{collections::BTreeMap, fmt};

/// How many calls more than the floor a site may take to be made.
const MORE: f64 = 0.05;
/// How much deeper than the sum of the waves' chains it may be: a look before and a look after, and whose a name is.
const DEEPER: usize = 6;

/// The least that a site takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Floor {
    /// The calls that make it, wave by wave.
    pub waves: Vec<Needs>,
    /// The calls that show it when it is there, each with how often it is needed.
    pub looks: Vec<Look>,
}

/// A type of objects that is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The service and its call, or the beginning of method and path: of two that fit, the longer one.
    pub call: (&'static str, &'static str),
    /// How often: once, or once for each of what has no list over all.
    pub times: usize,
    /// Each of what, if it is not once.
    pub each: &'static str,
}

/// What a plan makes.
#[derive(Default)]
struct Made<'a> {
    network: Option<&'a NetworkSpec>,
    pools: Vec<PoolSpec>,
    balancers: Vec<&'a BalancerSpec>,
    records: Vec<&'a RecordSet>,
    zones: BTreeMap<String, usize>,
}

impl Floor {
    /// Of the plan that makes a site in an empty account.
    pub fn of_site(site: &ValidTopology) -> Self {
        Self::of(&plan(site, &Observed::nothing(Timestamp::ZERO)))
    }

    /// Of a plan that makes something.
    pub fn of(plan: &Plan) -> Self {
        let mut made = Made::default();
        let mut waves = Vec::new();
        for wave in &plan.waves {
            let mut needs = Needs::default();
            // A zone's call is in the wave in which the zone is made.
            made.zones.values_mut().for_each(|place| *place = usize::MAX);
            for step in wave {
                made.add(&mut needs, &step.action);
            }
            waves.push(needs);
        }
        let looks = made.looks();
        Self { waves, looks }
    }

    /// How many calls make the site at least.
    pub fn calls(&self) -> usize {
        self.waves.iter().map(|wave| wave.0.len()).sum()
    }

    /// How many may.
    pub fn most_calls(&self) -> usize {
        (self.calls() as f64 * (1.0 + MORE)) as usize
    }

    /// The sum of the waves' longest chains.
    pub fn chains(&self) -> usize {
        self.waves.iter().map(|wave| wave.chain().len()).sum()
    }

    /// How deep making the site may be.
    pub fn most_depth(&self) -> usize {
        self.chains() + DEEPER
    }

    /// How many calls show the site when it is there.
    pub fn most_looks(&self) -> usize {
        self.looks.iter().map(|look| look.times).sum()
    }
}

impl<'a> Made<'a> {
    fn add(&mut self, needs: &mut Needs, action: &'a Action) {
        match action {
            Action::Network(NetworkStep::Ensure(spec)) => {
                needs::network(needs, spec);
                self.network = Some(spec);
            }
            Action::Pool(PoolStep::Ensure(spec)) => {
                needs::pool(needs, spec, self.network);
                self.pools.push(spec.clone());
            }
            Action::Balancer(BalancerStep::Ensure(spec)) => {
                needs::balancer(needs, spec, self.network);
                self.balancers.push(spec);
            }
            Action::Dns(DnsStep::Ensure(set)) => {
                needs::record(needs, set, &mut self.zones, &self.pools);
                self.records.push(set);
            }
            // What changes or removes is no part of making.
            Action::Network(NetworkStep::Remove)
            | Action::Pool(
                PoolStep::Bound { .. }
                | PoolStep::Hold { .. }
                | PoolStep::PutBack { .. }
                | PoolStep::Retire { .. }
                | PoolStep::Remove { .. },
            )
            | Action::Balancer(BalancerStep::Route { .. } | BalancerStep::Remove { .. })
            | Action::Dns(DnsStep::Remove { .. }) => {}
        }
    }

    fn looks(&self) -> Vec<Look> {
        let mut looks = Vec::new();
        let mut look = |call, times, each| looks.push(Look { call, times, each });
        if self.network.is_some() {
            for call in [
                "DescribeVpcs",
                "DescribeSubnets",
                "DescribeInternetGateways",
                "DescribeAddresses",
                "DescribeNatGateways",
                "DescribeRouteTables",
                "DescribeSecurityGroups",
            ] {
                look(("ec2", call), 1, "");
            }
        }
        if !self.pools.is_empty() {
            look(("autoscaling", "DescribeAutoScalingGroups"), 1, "");
            look(("ec2", "DescribeInstances"), 1, "");
            look(("autoscaling", "DescribeScalingActivities"), 1, "");
        }
        if !self.balancers.is_empty() {
            let groups = self.balancers.iter().map(|spec| spec.routes.len()).sum::<usize>();
            look(("elasticloadbalancing", "DescribeLoadBalancers"), 1, "");
            look(("elasticloadbalancing", "DescribeTargetGroups"), 1, "");
            look(
                ("elasticloadbalancing", "DescribeTags"),
                (self.balancers.len() + groups).div_ceil(20),
                "20 tagged things",
            );
            look(("elasticloadbalancing", "DescribeListeners"), self.balancers.len(), "balancer");
            look(("elasticloadbalancing", "DescribeTargetHealth"), groups, "target group");
        }
        if !self.records.is_empty() {
            let in_turn = self.records.iter().any(|set| matches!(set.kind, RecordKind::RoundRobin { .. }));
            look(("route53", "GET /2013-04-01/hostedzone"), 1, "");
            look(("route53", "GET /2013-04-01/hostedzone/"), self.zones.len(), "hosted zone");
            look(("route53", "GET /2013-04-01/healthcheck"), usize::from(in_turn), "");
        }
        looks.retain(|look| look.times > 0);
        looks
    }
}

impl fmt::Display for Floor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, wave) in self.waves.iter().enumerate() {
            let chain = wave.chain();
            writeln!(f, "wave {}: {} calls, a chain of {}", number + 1, wave.0.len(), chain.len())?;
            for (call, count) in wave.counts() {
                writeln!(f, "  {count:>4}  {call}")?;
            }
            for (place, need) in chain.iter().enumerate() {
                let then = if place == 0 { "chain:" } else { "  then" };
                writeln!(f, "        {then} {} ({})", need.call, need.of)?;
            }
        }
        writeln!(f, "made by at least {} calls, at most {}", self.calls(), self.most_calls())?;
        writeln!(f, "at least {} deep, at most {}", self.chains(), self.most_depth())?;
        writeln!(f, "shown unchanged by {} calls, pages apart:", self.most_looks())?;
        for Look { call: (service, call), times, each } in &self.looks {
            let each = if each.is_empty() { String::new() } else { format!(" (one for each {each})") };
            writeln!(f, "  {times:>4}  {service} {call}{each}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
