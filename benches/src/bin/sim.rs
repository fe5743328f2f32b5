//! The simulator against queueing theory, against an event loop written by hand, and against its budgets.
//!
//! `theory`, `ratio`, `budgets` as arguments: those tables only.

use ha_benches::{
    by_hand::{self, Load},
    measure::{best_of, time},
    theory,
};
use ha_core::{
    fault::Fault,
    topology::{Algorithm, Balancer, Dns, Pool, Topology, ValidTopology},
    validate::Problems,
};
use ha_local::sim::{
    Distribution, ORIGIN, Profile, Sim, Simulation, Traffic, Workload,
    workload::{Service, Users},
};
use std::{process::ExitCode, time::Duration};

/// The most that the whole site may cost, in costs of the event loop by hand.
const MOST: f64 = 3.5;

const TABLES: [&str; 3] = ["theory", "ratio", "budgets"];

fn main() -> ExitCode {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = asked.iter().find(|asked| !TABLES.contains(&asked.as_str())) {
        eprintln!(
            "{unknown}: there is no such table; there are {}; without an argument all are printed",
            TABLES.join(", ")
        );
        return ExitCode::from(2);
    }
    match tables(|table| asked.is_empty() || asked.iter().any(|asked| asked == table)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problems) => {
            eprintln!("{problems}");
            ExitCode::from(2)
        }
    }
}

fn tables(asked: impl Fn(&str) -> bool) -> Result<bool, Problems> {
    let right = !asked("theory") || theory()?;
    let cheap = !asked("ratio") || ratio()?;
    if asked("budgets") {
        budgets()?;
    }
    Ok(right && cheap)
}

/// Every formula: what it says, what was found, and how many standard errors that is off.
fn theory() -> Result<bool, Problems> {
    println!("{:<36} {:>8} {:>8} {:>6}  {:>8} {:>8} {:>6}", "site", "mean", "found", "off", "p99", "found", "off");
    let mut right = true;
    for case in theory::cases() {
        let found = case.found(30, 200_000.0)?;
        let (mean, p99) = found.off(&case);
        right &= mean.abs() < 4.0 && p99.is_none_or(|off| off.abs() < 4.0);
        print!("{:<36} {:>8.3} {:>8.3} {mean:>6.1}", case.name, case.mean, found.mean.0);
        match case.p99.zip(p99) {
            Some((formula, off)) => println!("  {formula:>8.3} {:>8.3} {off:>6.1}", found.p99.0),
            None => println!(),
        }
    }
    Ok(right)
}

/// One balancer and 32 servers with health checks, fault hooks and histogram, against arrivals and departures by hand.
fn ratio() -> Result<bool, Problems> {
    let requests = 4_000_000;
    let load = Load { servers: 32, requests, gap: 1e8 / 0.8 / 32.0, service: 1e8 };
    let site = site(32)?;
    let (ours, floor) = best_of(5, || day(&site, load), || by_hand::run(load));
    let each = |time: Duration| time.as_nanos() as f64 / requests as f64;
    let ratio = each(ours) / each(floor);
    println!(
        "\n32 servers through Sim: {:.0} ns a request, by hand {:.0} ns: {ratio:.2} (at most {MOST})",
        each(ours),
        each(floor)
    );
    Ok(ratio <= MOST)
}

fn site(servers: u32) -> Result<ValidTopology, Problems> {
    let web = Pool::new("web").release("1").size(servers..=servers + 1).capacity(servers);
    let web = web.ready("/", Duration::from_secs(90));
    let front = Balancer::http("front").to("web").algorithm(Algorithm::RoundRobin);
    let site = Topology::new("shop").zones(["a"]).with(web).with(front);
    site.with(Dns::apex("shop.example").to("front")).validate()
}

/// All checks run, and a fault that strikes nobody is at work.
fn day(site: &ValidTopology, load: Load) -> f64 {
    let time = Distribution::Exponential { mean: Duration::from_nanos(load.service as u64) };
    let service = Service { time, concurrency: 1, queue: 1000 };
    let workload = Workload { pools: [("web".into(), service)].into(), users: Users::ideal() };
    let length = Duration::from_nanos((load.gap * load.requests as f64) as u64);
    let sim = Sim::new(site, 42).profile(Profile::ideal()).workload(workload).traffic(Traffic::poisson(1e9 / load.gap));
    let run = sim.length(length).run_everything(true).at("1s", Fault::instances_slow("release:none", 2.0)).run();
    assert_eq!(run.intents.failed, 0, "nothing fails at this load: {run}");
    run.latency_ms.mean
}

/// What the design allows, and what it is.
fn budgets() -> Result<(), Problems> {
    let site = ValidTopology::read(include_str!("../../../examples/sites/web.toml"), "web.toml")?;
    let made = |sim: Sim| -> Result<Simulation, Problems> {
        let mut sim = sim;
        let mut simulation = sim.start()?;
        simulation.run_until(ORIGIN);
        Ok(simulation)
    };
    let simulation = made(Sim::new(&site, 42))?;
    let world = simulation.snapshot().unwrap_or_else(|| simulation.state().world.clone());
    // The system counts processor time in steps of milliseconds, so that short work is done many times.
    let best = |batch: u32, mut run: Box<dyn FnMut()>| {
        let one = (0..5).map(|_| time(|| (0..batch).for_each(|_| run())).0).min();
        one.unwrap_or_default() / batch
    };
    println!("\n{:<46} {:>10} {:>10}", "the reference site", "budget", "found");
    let print = |what: &str, budget: f64, found: Duration| {
        println!("{what:<46} {budget:>7.0} us {:>7.1} us", found.as_nanos() as f64 / 1000.0);
    };
    let copied = world.clone();
    print("clone", 100.0, best(2000, Box::new(move || drop(std::hint::black_box(copied.clone())))));
    let again = site.clone();
    let create = best(20, Box::new(move || drop(made(Sim::new(&again, 42)))));
    print("create to steady", 2000.0, create);
    // Two days in which every turn runs and two in which none does; checks run in both.
    let turns = 2.0 * 86_400.0 / 30.0;
    let days = |period: u64| {
        let world = world.clone();
        best(
            3,
            Box::new(move || {
                let mut world = world.clone();
                world.run_everything = true;
                let setup = ha_local::sim::LoopSetup { period: Duration::from_secs(period), ..Default::default() };
                Simulation::resume(world, setup).run_for(Duration::from_secs(2 * 86_400));
            }),
        )
    };
    let (often, never) = (days(30), days(86_400));
    print("one turn", 20.0, often.saturating_sub(never).div_f64(turns));
    Ok(())
}
