//! How long something takes, where other work shares the machine: the best of several interleaved runs.

use std::time::{Duration, Instant};

/// The processor time that this thread has used, where the system says it; else the time.
#[allow(clippy::disallowed_methods, reason = "a benchmark measures the machine's time")]
fn now(begin: Instant) -> Duration {
    let used = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let ns = used.and_then(|text| text.split_whitespace().next()?.parse().ok());
    ns.map_or_else(|| begin.elapsed(), Duration::from_nanos)
}

/// The time of one run.
#[allow(clippy::disallowed_methods, reason = "a benchmark measures the machine's time")]
pub fn time<T>(run: impl FnOnce() -> T) -> (Duration, T) {
    let begin = Instant::now();
    let before = now(begin);
    let result = run();
    (now(begin).saturating_sub(before), result)
}

/// The shortest of so many runs of each, in turn, so that what disturbs one disturbs the other.
pub fn best_of<T>(times: usize, mut one: impl FnMut() -> T, mut other: impl FnMut() -> T) -> (Duration, Duration) {
    let mut best = (Duration::MAX, Duration::MAX);
    for _ in 0..times {
        best.0 = best.0.min(time(&mut one).0);
        best.1 = best.1.min(time(&mut other).0);
    }
    best
}
