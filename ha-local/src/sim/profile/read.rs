//! Reads a profile from TOML: all figures, or those in which it differs from its `base`.

use super::{Api, Balancer, Boot, Bucket, Dns, Keeper, Metrics, Network, Phases, Profile, Ties};
use crate::sim::{Distribution, distribution};
use ha_core::{
    document::{Document, Section, Value},
    keeper::Policy,
    validate::Problems,
};
use std::time::Duration;

impl Profile {
    /// Reads the text of a profile file. With `base = "aws"` (`"docker"`, `"ideal"`) only what is different must be there.
    pub fn read(text: &str, file: &str) -> Result<Self, Problems> {
        let document = Document::parse(text, file)?;
        let root = document.root();
        let based = root.has("base");
        type Base = fn() -> Profile;
        let bases: [(&str, Base); 3] = [("aws", Self::aws), ("docker", Self::docker), ("ideal", Self::ideal)];
        let mut profile = root.choice("base", &bases).map_or_else(Self::blank, |base| base());
        profile.name = root.text("name").map_or_else(|| file.to_owned(), String::from);
        profile.read_tables(&root, based);
        root.close();
        document.finish(profile)
    }

    fn read_tables(&mut self, root: &Section<'_>, based: bool) {
        type Reader = fn(&mut Profile, &Figures<'_, '_>);
        let tables: [(&str, Reader); 8] = [
            ("boot", |profile, figures| figures.boot(&mut profile.boot)),
            ("network", |profile, figures| figures.network(&mut profile.network)),
            ("api", |profile, figures| figures.api(&mut profile.api)),
            ("phases", |profile, figures| figures.phases(&mut profile.phases)),
            ("balancer", |profile, figures| figures.balancer(&mut profile.balancer)),
            ("dns", |profile, figures| figures.dns(&mut profile.dns)),
            ("keeper", |profile, figures| figures.keeper(&mut profile.keeper)),
            ("metrics", |profile, figures| figures.metrics(&mut profile.metrics)),
        ];
        for (name, read) in tables {
            let value =
                if based { root.value(name) } else { root.required(name, &format!("[{name}], or base = \"aws\"")) };
            if let Some(section) = value.and_then(|value| value.section()) {
                read(self, &Figures { section: &section, based });
                section.close();
            }
        }
        let ties = if based { root.value("ties") } else { root.required("ties", "ties = \"drawn\"") };
        if let Some(ties) = ties.and_then(|value| value.choice(&[("drawn", Ties::Drawn), ("fifo", Ties::Fifo)])) {
            self.ties = ties;
        }
    }

    /// Where reading a whole profile starts; each figure of it is replaced or reported as missing.
    fn blank() -> Self {
        let (time, none) = (Distribution::NOTHING, Duration::ZERO);
        Self {
            name: String::new(),
            boot: Boot { running: time, ready: time },
            network: Network {
                users: none,
                within: none,
                across: none,
                jitter: none,
                lookup: none,
                lookup_timeout: none,
                connect_timeout: none,
                resend: none,
            },
            api: Api { read: time, write: time, part: time, timeout: none, settle: none, calls: None, dns_calls: None },
            phases: Phases { network: time, pool: time, balancer: time, record: time },
            balancer: Balancer {
                connect_timeout: none,
                idle_timeout: none,
                other_targets: 0,
                checks_wait: false,
                drains_full_time: false,
                endpoint_interval: none,
                endpoint_threshold: 0,
                notices_cut: none,
            },
            dns: Dns {
                check_interval: none,
                check_timeout: none,
                check_threshold: 0,
                alias_ttl: None,
                negative_ttl: none,
                ignores_ttl: 0.0,
                ignores_ttl_for: none,
            },
            keeper: Keeper { reaction: time, status_check: none, policy: blank_policy() },
            metrics: Metrics { period: none, delay: none },
            ties: Ties::Drawn,
        }
    }
}

fn blank_policy() -> Policy {
    let (patience, back_off) = (Duration::ZERO, Duration::ZERO);
    Policy { replaces_unhealthy: false, keeps_brake: false, patience, back_off, rebalances: false }
}

/// One table of figures; without a base, all of them must be there.
struct Figures<'s, 'd> {
    section: &'s Section<'d>,
    based: bool,
}

impl<'d> Figures<'_, 'd> {
    fn value(&self, key: &str, example: &str) -> Option<Value<'d>> {
        if self.based { self.section.value(key) } else { self.section.required(key, &format!("{key} = {example}")) }
    }
    fn time(&self, key: &str, figure: &mut Duration) {
        if let Some(time) = self.value(key, "\"10s\"").and_then(|value| value.duration()) {
            *figure = time;
        }
    }
    /// A time above zero: what is repeated so often, or given up so soon, would otherwise never end.
    fn span(&self, key: &str, figure: &mut Duration) {
        let Some(value) = self.value(key, "\"10s\"") else { return };
        match value.duration() {
            Some(Duration::ZERO) => value.report("0s is out of range", "give a time above 0s"),
            Some(time) => *figure = time,
            None => {}
        }
    }
    fn distribution(&self, key: &str, figure: &mut Distribution) {
        let value = self.value(key, "\"10s\"");
        if let Some(distribution) = value.and_then(|value| distribution::read(&value)) {
            *figure = distribution;
        }
    }
    fn flag(&self, key: &str, figure: &mut bool) {
        if let Some(flag) = self.value(key, "true").and_then(|value| value.flag()) {
            *figure = flag;
        }
    }
    fn count(&self, key: &str, figure: &mut u32) {
        let Some(value) = self.value(key, "3") else { return };
        match value.whole() {
            Some(0) => value.report("0 is out of range", "give a number from 1"),
            Some(number) => *figure = number,
            None => {}
        }
    }
    fn bucket(&self, key: &str, figure: &mut Option<Bucket>) {
        let Some(value) = self.value(key, "{ per_second = 20, burst = 100 }") else { return };
        if value.is_text() {
            if value.choice(&[("unlimited", ())]).is_some() {
                *figure = None;
            }
            return;
        }
        let Some(section) = value.section() else { return };
        let per_second = section.required("per_second", "per_second = 20");
        let per_second = per_second.and_then(|value| distribution::between(&value, 0.001, 1e9));
        let mut burst = 0;
        Figures { section: &section, based: false }.count("burst", &mut burst);
        section.close();
        if let (Some(per_second), 1..) = (per_second, burst) {
            *figure = Some(Bucket { per_second, burst });
        }
    }

    fn boot(&self, boot: &mut Boot) {
        self.distribution("running", &mut boot.running);
        self.distribution("ready", &mut boot.ready);
    }
    fn network(&self, network: &mut Network) {
        self.time("users", &mut network.users);
        self.time("within", &mut network.within);
        self.time("across", &mut network.across);
        self.time("jitter", &mut network.jitter);
        self.time("lookup", &mut network.lookup);
        self.span("lookup_timeout", &mut network.lookup_timeout);
        self.span("connect_timeout", &mut network.connect_timeout);
        self.span("resend", &mut network.resend);
    }
    fn api(&self, api: &mut Api) {
        self.distribution("read", &mut api.read);
        self.distribution("write", &mut api.write);
        self.distribution("part", &mut api.part);
        self.span("timeout", &mut api.timeout);
        self.time("settle", &mut api.settle);
        self.bucket("calls", &mut api.calls);
        self.bucket("dns_calls", &mut api.dns_calls);
    }
    fn phases(&self, phases: &mut Phases) {
        self.distribution("network", &mut phases.network);
        self.distribution("pool", &mut phases.pool);
        self.distribution("balancer", &mut phases.balancer);
        self.distribution("record", &mut phases.record);
    }
    fn balancer(&self, balancer: &mut Balancer) {
        self.span("connect_timeout", &mut balancer.connect_timeout);
        self.span("idle_timeout", &mut balancer.idle_timeout);
        if let Some(others) = self.value("other_targets", "0").and_then(|value| value.whole()) {
            balancer.other_targets = others;
        }
        self.flag("checks_wait", &mut balancer.checks_wait);
        self.flag("drains_full_time", &mut balancer.drains_full_time);
        self.span("endpoint_interval", &mut balancer.endpoint_interval);
        self.count("endpoint_threshold", &mut balancer.endpoint_threshold);
        self.time("notices_cut", &mut balancer.notices_cut);
    }
    fn dns(&self, dns: &mut Dns) {
        self.span("check_interval", &mut dns.check_interval);
        self.span("check_timeout", &mut dns.check_timeout);
        self.count("check_threshold", &mut dns.check_threshold);
        if let Some(value) = self.value("alias_ttl", "\"60s\"") {
            match value.is_text().then(|| value.text()).flatten() {
                Some("as_asked") => dns.alias_ttl = None,
                _ => dns.alias_ttl = value.duration().or(dns.alias_ttl),
            }
        }
        self.time("negative_ttl", &mut dns.negative_ttl);
        let share = self.value("ignores_ttl", "0.09").and_then(|value| distribution::between(&value, 0.0, 1.0));
        dns.ignores_ttl = share.unwrap_or(dns.ignores_ttl);
        self.time("ignores_ttl_for", &mut dns.ignores_ttl_for);
    }
    fn keeper(&self, keeper: &mut Keeper) {
        self.distribution("reaction", &mut keeper.reaction);
        self.span("status_check", &mut keeper.status_check);
        let policy = &mut keeper.policy;
        self.flag("replaces_unhealthy", &mut policy.replaces_unhealthy);
        self.flag("keeps_brake", &mut policy.keeps_brake);
        self.time("patience", &mut policy.patience);
        self.time("back_off", &mut policy.back_off);
        self.flag("rebalances", &mut policy.rebalances);
    }
    fn metrics(&self, metrics: &mut Metrics) {
        self.span("period", &mut metrics.period);
        self.time("delay", &mut metrics.delay);
    }
}
