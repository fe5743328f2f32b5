//! The README's example, run as it stands there, and what its failing assertion prints.
//!
//! After a change of the simulator: `UPDATE=1 cargo test -p ha-local --test readme` writes the printed part anew.

// The README from here
use ha_core::{Balancer, Dns, Pool, Topology, fault::Fault};
use ha_local::sim::{Profile, Sim, Traffic};
use std::time::Duration;

fn shop() -> Topology {
    Topology::new("shop")
        .zones(["a", "b", "c"])
        .with(Pool::new("web").release("2026.11.1").size(6..=9).capacity(6).ready("/healthz", Duration::from_secs(90)))
        .with(Balancer::http("front").to("web"))
        .with(Dns::apex("shop.example").to("front"))
}

#[test]
fn survives_the_loss_of_a_zone_at_the_evening_peak() {
    let site = shop().validate().unwrap(); // every problem at once, each with the fix
    let run = Sim::new(&site, 42)
        .profile(Profile::aws())
        .traffic(Traffic::daily(40.0))
        .at("19h30m", Fault::zone_power("a"))
        .run();
    assert!(run.availability() > 0.999, "{run}"); // {run}: the dip, its cause, the first fix that would help
    assert!(run.capacity_floor() >= 4, "{run}");
}
// to here

const README: &str = include_str!("../../README.md");

#[test]
fn the_readme_shows_this_very_code() {
    let own = include_str!("readme.rs");
    let code = own.split("// The README from here\n").nth(1).and_then(|rest| rest.split("// to here\n").next());
    let code = code.expect("both marks stand above");
    assert!(README.contains(&format!("```rust\n{code}```\n")), "the README's example is another one");
}

#[test]
fn the_readme_shows_what_a_failing_assertion_prints() {
    let small = Topology::new("shop")
        .zones(["a", "b", "c"])
        .with(Pool::new("web").release("2026.11.1").size(3..=4).capacity(3).ready("/healthz", Duration::from_secs(90)))
        .with(Balancer::http("front").to("web"))
        .with(Dns::apex("shop.example").to("front"));
    let run = Sim::new(&small.validate().unwrap(), 42)
        .traffic(Traffic::poisson(170.0))
        .length(Duration::from_secs(3600))
        .at("20m", Fault::zone_power("a"))
        .run();
    assert!(run.availability() < 0.999, "{run}");
    let (start, end) = ("<!-- what a failing assertion prints -->\n```text\n", "```\n<!-- end -->");
    let (before, rest) = README.split_once(start).expect("the README has this mark");
    let (_, after) = rest.split_once(end).expect("the README has this mark's end");
    let renewed = format!("{before}{start}{run}{end}{after}");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md"), renewed).unwrap();
    } else {
        assert!(renewed == README, "the README shows another run; UPDATE=1 writes this one:\n{run}");
    }
}
