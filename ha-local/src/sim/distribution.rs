//! How long something takes: distributions, drawn by inversion so that one number of chance gives one time.

mod normal;

use ha_core::document::{Section, Value};
use std::time::Duration;

/// A distribution of times. In TOML `"5s"`, or a table with its kind: `{ exponential_ms = 50 }`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Distribution {
    /// Always the same.
    Constant {
        /// The time.
        mean: Duration,
    },
    /// Any time between two, each as likely.
    Uniform {
        /// The shortest.
        least: Duration,
        /// The longest.
        most: Duration,
    },
    /// Without memory.
    Exponential {
        /// The mean.
        mean: Duration,
    },
    /// Long-tailed.
    Lognormal {
        /// The mean.
        mean: Duration,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// Mostly short, sometimes long.
    TwoPoint {
        /// The short time.
        short: Duration,
        /// The long time.
        long: Duration,
        /// Share of long ones, from 0 to 1.
        share: f64,
    },
}

impl Distribution {
    /// No time at all.
    pub const NOTHING: Self = Self::Constant { mean: Duration::ZERO };

    /// The time below which a share `u` of all times lies. For `u` drawn evenly between 0 and 1, a time of this
    /// distribution. Logarithms by `libm`, so that platforms agree.
    pub fn at(self, u: f64) -> Duration {
        // The ends would be infinite; no draw of 53 bits reaches them.
        let u = u.clamp(1e-17, 1.0 - f64::EPSILON / 2.0);
        match self {
            Self::Constant { mean } => mean,
            Self::Uniform { least, most } => least + scaled(most.saturating_sub(least), u),
            Self::Exponential { mean } => scaled(mean, -libm::log1p(-u)),
            Self::Lognormal { mean, sigma } => {
                scaled(mean, libm::exp(sigma * normal::quantile(u) - sigma * sigma / 2.0))
            }
            Self::TwoPoint { short, long, share } => {
                if u > 1.0 - share {
                    long
                } else {
                    short
                }
            }
        }
    }

    /// The mean time.
    pub fn mean(self) -> Duration {
        match self {
            Self::Constant { mean } | Self::Exponential { mean } | Self::Lognormal { mean, .. } => mean,
            Self::Uniform { least, most } => (least + most) / 2,
            Self::TwoPoint { short, long, share } => scaled(short, 1.0 - share) + scaled(long, share),
        }
    }

    /// The variance over the square of the mean: 0 for a constant, 1 for an exponential. Queueing formulas ask for it.
    pub fn variability(self) -> f64 {
        let mean = self.mean().as_secs_f64();
        if mean == 0.0 {
            return 0.0;
        }
        let relative = |time: Duration| time.as_secs_f64() / mean;
        match self {
            Self::Constant { .. } => 0.0,
            Self::Exponential { .. } => 1.0,
            Self::Lognormal { sigma, .. } => libm::expm1(sigma * sigma),
            Self::Uniform { least, most } => (relative(most) - relative(least)).powi(2) / 12.0,
            Self::TwoPoint { short, long, share } => share * (1.0 - share) * (relative(long) - relative(short)).powi(2),
        }
    }
}

/// The time so many times over; to the nanosecond, at most 584 years.
fn scaled(time: Duration, times: f64) -> Duration {
    // The cast saturates.
    Duration::from_nanos(libm::round(time.as_nanos() as f64 * times) as u64)
}

const KINDS: [&str; 5] = ["constant_ms", "uniform_ms", "exponential_ms", "lognormal_ms", "two_point_ms"];

/// Reads a distribution; what is wrong is reported to the document.
pub(crate) fn read(value: &Value<'_>) -> Option<Distribution> {
    if value.is_text() {
        return value.duration().map(|mean| Distribution::Constant { mean });
    }
    if !value.is_table() {
        value.refuse("a time or a distribution", "\"5s\" or { exponential_ms = 50 }");
        return None;
    }
    let table = value.section()?;
    let kinds: Vec<&str> = KINDS.into_iter().filter(|kind| table.has(kind)).collect();
    let read = match kinds.as_slice() {
        ["constant_ms"] => millis(&table, "constant_ms").map(|mean| Distribution::Constant { mean }),
        ["exponential_ms"] => millis(&table, "exponential_ms").map(|mean| Distribution::Exponential { mean }),
        ["lognormal_ms"] => lognormal(&table),
        ["uniform_ms"] => pair(&table, "uniform_ms").map(|(least, most)| Distribution::Uniform { least, most }),
        ["two_point_ms"] => two_point(&table),
        [] => {
            table.report("a distribution has no kind", format!("give it one of {}", KINDS.join(", ")));
            KINDS.into_iter().for_each(|kind| table.set_aside(kind));
            None
        }
        [_, ..] => {
            table.report("a distribution has one kind", format!("leave all but one out of {}", kinds.join(", ")));
            kinds.iter().chain(&["sigma", "share"]).for_each(|key| table.set_aside(key));
            None
        }
    };
    table.close();
    read
}

fn lognormal(table: &Section<'_>) -> Option<Distribution> {
    let mean = millis(table, "lognormal_ms");
    let sigma = between(&table.required("sigma", "sigma = 0.5")?, 0.0, 5.0)?;
    Some(Distribution::Lognormal { mean: mean?, sigma })
}

fn two_point(table: &Section<'_>) -> Option<Distribution> {
    let times = pair(table, "two_point_ms");
    let share = between(&table.required("share", "share = 0.05")?, 0.0, 1.0)?;
    let (short, long) = times?;
    Some(Distribution::TwoPoint { short, long, share })
}

fn pair(table: &Section<'_>, key: &str) -> Option<(Duration, Duration)> {
    let value = table.value(key)?;
    let numbers = value.list()?;
    let times: Vec<Duration> = numbers.iter().filter_map(time).collect();
    match (times.as_slice(), numbers.len()) {
        ([least, most], 2) if least <= most => Some((*least, *most)),
        (_, 2) if times.len() < 2 => None,
        _ => {
            value.refuse("two times, the shorter one first", "[10, 60]");
            None
        }
    }
}

fn millis(table: &Section<'_>, key: &str) -> Option<Duration> {
    time(&table.value(key)?)
}

/// A time in milliseconds, at most a year.
fn time(value: &Value<'_>) -> Option<Duration> {
    let ms = between(value, 0.0, 31_536_000_000.0)?;
    Some(Duration::from_nanos(libm::round(ms * 1e6) as u64))
}

/// A number in this range; what is outside is reported.
pub(crate) fn between(value: &Value<'_>, least: f64, most: f64) -> Option<f64> {
    let number = value.number()?;
    if (least..=most).contains(&number) {
        return Some(number);
    }
    value.report(format!("{number} is out of range"), format!("give a number from {least} to {most}"));
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use ha_core::document::Document;

    const MS: Duration = Duration::from_millis(1);

    fn examples() -> [Distribution; 5] {
        [
            Distribution::Constant { mean: 50 * MS },
            Distribution::Uniform { least: 10 * MS, most: 90 * MS },
            Distribution::Exponential { mean: 50 * MS },
            Distribution::Lognormal { mean: 50 * MS, sigma: 0.8 },
            Distribution::TwoPoint { short: 10 * MS, long: 210 * MS, share: 0.2 },
        ]
    }

    #[test]
    fn what_is_drawn_has_the_mean_and_the_variability_that_are_stated() {
        let points = 200_000;
        for distribution in examples() {
            let draw = |n: u32| distribution.at((f64::from(n) + 0.5) / f64::from(points)).as_secs_f64();
            let mean = (0..points).map(draw).sum::<f64>() / f64::from(points);
            let square = (0..points).map(|n| draw(n).powi(2)).sum::<f64>() / f64::from(points);
            assert!((mean / 0.05 - 1.0).abs() < 2e-3, "{distribution:?}: mean {mean}");
            let variability = square / mean.powi(2) - 1.0;
            assert!((variability - distribution.variability()).abs() < 2e-2, "{distribution:?}: {variability}");
            assert_eq!(distribution.mean(), 50 * MS, "{distribution:?}");
        }
    }

    #[test]
    fn no_number_of_chance_gives_a_time_out_of_order() {
        for distribution in examples() {
            let mut last = distribution.at(0.0);
            for n in 1..=1000 {
                let next = distribution.at(f64::from(n) / 1000.0);
                assert!(next >= last, "{distribution:?} at {n}");
                last = next;
            }
        }
    }

    fn parse(text: &str) -> Result<Distribution, String> {
        let text = format!("x = {text}");
        let document = Document::parse(&text, "f.toml").unwrap();
        let root = document.root();
        let found = read(&root.value("x").unwrap());
        root.close();
        document.finish(found).map(Option::unwrap).map_err(|problems| problems.to_string())
    }

    #[test]
    fn every_kind_is_read_and_what_is_wrong_is_told() {
        let table = [
            ("\"50ms\"", 0),
            ("{ uniform_ms = [10, 90] }", 1),
            ("{ exponential_ms = 50 }", 2),
            ("{ lognormal_ms = 50.0, sigma = 0.8 }", 3),
            ("{ two_point_ms = [10, 210], share = 0.2 }", 4),
            ("{ constant_ms = 50 }", 0),
        ];
        for (text, index) in table {
            assert_eq!(parse(text), Ok(examples()[index]), "{text}");
        }
        let broken = [
            ("5", "is not a time or a distribution"),
            ("{ }", "has no kind"),
            ("{ gamma_ms = 5 }", "has no kind"),
            ("{ exponential_ms = 5, constant_ms = 5 }", "has one kind"),
            ("{ exponential_ms = -1 }", "out of range"),
            ("{ lognormal_ms = 5 }", "x.sigma: it is missing"),
            ("{ uniform_ms = [2, 1] }", "the shorter one first"),
            ("{ uniform_ms = [1] }", "the shorter one first"),
            ("{ exponential_ms = 5, sigma = 1 }", "unknown key"),
        ];
        for (text, expected) in broken {
            let problems = parse(text).unwrap_err();
            assert!(problems.contains(expected) && problems.starts_with("f.toml:1:"), "{text}: {problems}");
        }
    }
}
