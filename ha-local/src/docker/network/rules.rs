//! Packet rules inside an instance's own network place: the border of its zone, closed or open.

use crate::docker::{
    Docker,
    engine::{Ended, Trouble},
};
use ha_core::backend::Kind;
use std::net::Ipv4Addr;

/// Nothing passes between this address's /24 and the rest of its /16; inside the zone all works on.
pub(crate) async fn close_border(docker: &Docker, holder: &str, address: Ipv4Addr) -> Result<(), Trouble> {
    let [a, b, zone, _] = address.octets();
    let drops = |what: &str| format!("ip {what} {a}.{b}.0.0/16 ip {what} != {a}.{b}.{zone}.0/24 drop");
    put(docker, holder, &drops("saddr"), &drops("daddr")).await
}

/// Nothing passes between this address and the rest of its /16.
pub(crate) async fn isolate(docker: &Docker, holder: &str, address: Ipv4Addr) -> Result<(), Trouble> {
    let [a, b, ..] = address.octets();
    put(docker, holder, &format!("ip saddr {a}.{b}.0.0/16 drop"), &format!("ip daddr {a}.{b}.0.0/16 drop")).await
}

/// Everything passes again.
pub(crate) async fn open_border(docker: &Docker, holder: &str) -> Result<(), Trouble> {
    // Making a table that is there does nothing, so that there is one to delete.
    nft(docker, holder, "add table inet ha; delete table inet ha").await
}

async fn put(docker: &Docker, holder: &str, input: &str, output: &str) -> Result<(), Trouble> {
    let chain = |hook: &str, rule: &str| {
        let made = format!("add chain inet ha {hook} {{ type filter hook {hook} priority 0; policy accept; }}");
        format!("{made}; add rule inet ha {hook} {rule}")
    };
    let chains = [chain("input", input), chain("output", output)].join("; ");
    // One call of `nft` takes effect as a whole.
    nft(docker, holder, &format!("add table inet ha; delete table inet ha; add table inet ha; {chains}")).await
}

async fn nft(docker: &Docker, holder: &str, rules: &str) -> Result<(), Trouble> {
    let Ended { code, said } = docker.engine.exec(holder, &["nft", rules]).await?;
    if code == 0 { Ok(()) } else { Err(Trouble::said(Kind::Unavailable, format!("nft {rules}: {said}"))) }
}
