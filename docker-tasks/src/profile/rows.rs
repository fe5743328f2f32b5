//! What was measured, as rows of the profile: how each figure follows from its samples, and where it stands.

use super::seen::Samples;
use std::{fmt::Write, time::Duration};

/// How a figure follows from samples.
pub enum Figure {
    /// Any time between the shortest and the longest, but for the twentieth at either end.
    Between,
    /// A time in the middle.
    Middle,
    /// Half of it: one way of two.
    Half,
    /// How much longer the middle is than the shortest.
    Spread,
    /// Half of what it is longer than another.
    HalfLongerThan(&'static str),
}

/// A row: its place in the profile, of which samples, how, and what that is in words.
pub type Row = (&'static str, &'static str, Figure, &'static str);

/// All rows that are measured.
pub const ROWS: [Row; 13] = [
    ("boot.running", "boot.running", Figure::Between, "launch until the instance's process runs"),
    ("boot.ready", "boot.ready", Figure::Between, "from then until the application answers 2xx"),
    (
        "network.users",
        "page through the balancer",
        Figure::HalfLongerThan("page of an instance"),
        "half of what a page takes longer through the published port and HAProxy than at its instance",
    ),
    ("network.within", "connect", Figure::Half, "half of a TCP connect to an instance, over the bridge"),
    ("network.across", "connect", Figure::Half, "the same: zones are ranges of addresses of one bridge"),
    ("network.jitter", "connect", Figure::Spread, "a TCP connect to an instance, its median less its least"),
    ("network.lookup", "network.lookup", Figure::Middle, "a question to Knot, through its published port"),
    ("api.read", "api.read", Figure::Between, "an observe of pools: it reads a file"),
    ("api.write", "api.write", Figure::Between, "a wish until it is accepted: it writes a file"),
    ("phases.network", "phases.network", Figure::Between, "wish accepted until active"),
    ("phases.pool", "phases.pool", Figure::Between, "wish accepted until active"),
    ("phases.balancer", "phases.balancer", Figure::Between, "wish accepted until active, HAProxy's container included"),
    ("phases.record", "phases.record", Figure::Between, "wish accepted until active, Knot's container included"),
];

/// The sample below which a share of all lies; they are sorted.
fn at(samples: &[Duration], share: f64) -> f64 {
    let index = (share * (samples.len() - 1) as f64).round() as usize;
    samples[index].as_secs_f64() * 1000.0
}

/// The samples for people.
pub fn table(samples: &Samples) -> String {
    let mut text = format!("{:<26} {:>6} {:>9} {:>9} {:>9}\n", "", "n", "least ms", "median", "most");
    for (name, values) in samples.iter().filter(|(_, values)| !values.is_empty()) {
        let [least, median, most] = [0.0, 0.5, 1.0].map(|share| at(values, share));
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name:<26} {:>6} {least:>9.2} {median:>9.2} {most:>9.2}", values.len());
    }
    text
}

/// The profile with these figures, and each row's `how`; an error names the row that there is not, or that nothing was
/// measured of.
pub fn written(profile: &str, samples: &Samples, how: &str) -> Result<String, String> {
    let (mut section, mut text, mut left) = (String::new(), String::new(), ROWS.iter().collect::<Vec<_>>());
    for line in profile.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.to_owned();
        }
        let place = format!("{section}.{}", line.split(" = ").next().unwrap_or_default());
        let row = left.iter().position(|row| row.0 == place).map(|index| left.remove(index));
        let line = match row {
            Some(row) => measured(row, samples)?,
            None if line.starts_with("# Measured: ") => format!("# Measured: {how}."),
            None => line.to_owned(),
        };
        text += &line;
        text.push('\n');
    }
    match left.first() {
        Some((place, ..)) => Err(format!("the profile has no row {place}")),
        None => Ok(text),
    }
}

fn measured((place, name, figure, what): &Row, samples: &Samples) -> Result<String, String> {
    let of = |name: &str| match samples.get(name).map(Vec::as_slice) {
        Some(values @ [_, ..]) => Ok(values),
        Some([]) | None => Err(format!("{place}: nothing was seen of it")),
    };
    let values = of(name)?;
    let median = at(values, 0.5);
    // The profile has whole milliseconds here.
    let middle = |time: f64, how: &str| (format!("\"{time:.0}ms\""), format!("{time:.2} ms, {how}"));
    let (value, told) = match figure {
        Figure::Between => {
            let [least, most] = [0.05, 0.95].map(|share| number(at(values, share)));
            let told = format!("median {} ms, all but the twentieth at either end", number(median));
            (format!("{{ uniform_ms = [{least}, {most}] }}"), told)
        }
        Figure::Middle => middle(median, "the median"),
        Figure::Half => middle(median / 2.0, "by the median"),
        Figure::Spread => middle(median - at(values, 0.0), "over all"),
        Figure::HalfLongerThan(other) => middle((median - at(of(other)?, 0.5)).max(0.0) / 2.0, "by the medians"),
    };
    let key = place.rsplit('.').next().unwrap_or_default();
    Ok(format!("{:<59} # measured: {what}; {told} of {}", format!("{key} = {value}"), values.len()))
}

/// Milliseconds, to the tenth where there are few.
fn number(time: f64) -> String {
    if time < 10.0 { format!("{time:.1}") } else { format!("{time:.0}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ha_local::sim::Profile;

    const PROFILE: &str = include_str!("../../../ha-local/src/sim/profile/docker.toml");

    #[test]
    fn measured_figures_stand_in_their_rows_and_the_others_stay() {
        let times: Vec<Duration> = (1..=100).map(Duration::from_millis).collect();
        let mut samples: Samples = ROWS.iter().map(|row| (row.1, times.clone())).collect();
        samples.insert("page of an instance", times[..51].to_vec());
        let text = written(PROFILE, &samples, "3 rounds").unwrap();
        let profile = Profile::read(&text, "docker.toml").unwrap();
        let ms = Duration::from_millis;
        assert_eq!(profile.boot.running, Profile::read(&text, "x").unwrap().boot.running);
        assert_eq!((profile.boot.running.at(0.0), profile.boot.running.at(1.0)), (ms(6), ms(95)));
        assert_eq!((profile.network.lookup, profile.network.users), (ms(51), ms(12)));
        assert_eq!(profile.network.lookup_timeout, Profile::docker().network.lookup_timeout);
        assert!(text.contains("\n# Measured: 3 rounds.\n"));
        assert_eq!(written(&text, &samples, "3 rounds").unwrap(), text);
        samples.remove("connect");
        assert_eq!(written(PROFILE, &samples, "").unwrap_err(), "network.within: nothing was seen of it");
    }
}
