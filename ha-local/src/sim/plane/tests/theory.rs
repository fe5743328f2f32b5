//! Without faults and without network time, a site is its formula.

use super::*;

/// The probability of waiting in an M/M/c at offered load `a` (Erlang's second formula).
fn erlang_c(c: u32, a: f64) -> f64 {
    let blocked = (1..=c).fold(1.0, |blocked, k| a * blocked / (f64::from(k) + a * blocked));
    let rho = a / f64::from(c);
    blocked / (1.0 - rho * (1.0 - blocked))
}

/// The root of s = L(s) for arrivals of which every n-th comes (Erlang-n between them), at load `rho` of each server.
fn root_of_every_nth(n: u32, rho: f64) -> f64 {
    let (n, mut root) = (f64::from(n), 0.5);
    for _ in 0..1000 {
        root = libm::pow(n * rho / (n * rho + 1.0 - root), n);
    }
    root
}

/// The mean response time in seconds over batches, with its standard error.
fn mean_response(world: &mut World, batches: u64, batch: Duration) -> (f64, f64) {
    let mut means = Vec::new();
    for nth in 0..=batches {
        let before = (world.plane.series.total_ns(), world.served());
        world.run(Timestamp::ZERO + batch * (nth as u32 + 1));
        let after = (world.plane.series.total_ns(), world.served());
        // The first batch is left out: it begins empty.
        if nth > 0 {
            means.push((after.0 - before.0) as f64 / 1e9 / (after.1 - before.1) as f64);
        }
    }
    let mean = means.iter().sum::<f64>() / batches as f64;
    let squares = means.iter().map(|found| (found - mean) * (found - mean)).sum::<f64>();
    (mean, libm::sqrt(squares / (batches - 1) as f64 / batches as f64))
}

/// A site of `servers` with `c` places each, loaded to `rho`, with a mean service time of a second.
fn response(servers: usize, c: u32, rho: f64) -> (f64, f64) {
    let mut config = config(Distribution::Exponential { mean: secs(1) }, c, u32::MAX);
    config.users.deadline = secs(1_000_000);
    config.users.patience = secs(1_000_000);
    let (mut world, _) = balanced(config, Algorithm::RoundRobin, servers);
    let rate = rho * f64::from(c) * servers as f64;
    // Sixty thousand arrivals.
    let length = (60_000.0 / rate) as u64;
    world.traffic(Arrivals::Rate(rate), secs(length));
    mean_response(&mut world, 29, secs(length) / 30)
}

#[test]
fn one_server_is_an_mm1() {
    for rho in [0.5, 0.8] {
        let (found, error) = response(1, 1, rho);
        let right = 1.0 / (1.0 - rho);
        assert!((found - right).abs() < 4.0 * error, "rho {rho}: {found} +- {error}, theory {right}");
    }
}

#[test]
fn one_server_of_many_places_is_an_mmc() {
    for (c, rho) in [(2, 0.8), (16, 0.9)] {
        let (found, error) = response(1, c, rho);
        let right = 1.0 + erlang_c(c, rho * f64::from(c)) / (f64::from(c) * (1.0 - rho));
        assert!((found - right).abs() < 4.0 * error, "{c} places, rho {rho}: {found} +- {error}, theory {right}");
    }
}

#[test]
fn in_turn_over_32_servers_is_every_thirty_second_arrival_at_each() {
    let (found, error) = response(32, 1, 0.8);
    let right = 1.0 / (1.0 - root_of_every_nth(32, 0.8));
    assert!((found - right).abs() < 4.0 * error, "{found} +- {error}, theory {right}");
}

#[test]
fn the_formulas_are_those_of_the_books() {
    assert!((erlang_c(1, 0.5) - 0.5).abs() < 1e-12);
    assert!((erlang_c(2, 1.0) - 1.0 / 3.0).abs() < 1e-12);
    // A stream of which every one comes is Poisson: the root is the load.
    assert!((root_of_every_nth(1, 0.8) - 0.8).abs() < 1e-9);
}
