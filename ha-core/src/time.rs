//! Instants on the backend's clock, and durations as text: `1d2h30m15s500ms`.

use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};

/// An instant on the clock of a backend, in nanoseconds since that clock's zero (the Unix epoch, or the start of a run).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// The clock's zero.
    pub const ZERO: Self = Self(0);
    /// Later than anything that happens.
    pub const NEVER: Self = Self(u64::MAX);
    /// The instant `seconds` after the clock's zero.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds * 1_000_000_000)
    }
    /// How long ago `earlier` was; nothing if it was not earlier.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
    /// The instant `age` before this one, not before the clock's zero.
    pub fn back(self, age: Duration) -> Self {
        Self(self.0.saturating_sub(nanos(age)))
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(nanos(duration)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            u64::MAX => f.pad("never"),
            EPOCHAL.. => f.pad(&date(self.0 / 1_000_000_000)),
            _ => f.pad(&show(Duration::from_nanos(self.0))),
        }
    }
}

/// So far from its zero, ten years, is only a clock that began at the Unix epoch.
const EPOCHAL: u64 = 10 * 365 * 86_400 * 1_000_000_000;

/// Seconds since the Unix epoch as a date and a time of day.
fn date(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Years are counted from March, so that the leap day is a year's last; an era has 400 of them, and 146,097 days.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let of_400 = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * of_400 + of_400 / 4 - of_400 / 100);
    let march = (5 * of_year + 2) / 153;
    let (day, month) = (of_year - (153 * march + 2) / 5 + 1, if march < 10 { march + 3 } else { march - 9 });
    let year = era * 400 + of_400 + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC", second / 3600, second / 60 % 60, second % 60)
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A duration in nanoseconds, saturating after 584 years.
pub fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// The duration as text, to the millisecond: `1h30m`; `0s` for less.
pub fn show(duration: Duration) -> String {
    let mut left = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let mut text = String::new();
    for (unit, size) in UNITS {
        if left >= size {
            text += &format!("{}{unit}", left / size);
            left %= size;
        }
    }
    if text.is_empty() { "0s".into() } else { text }
}

/// Reads `1d2h30m15s500ms`: whole numbers, units in this order, any left out; the error says what is wrong.
pub fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || format!("not a duration: {text:?} (write it like 1h30m, 90s or 250ms)");
    let (mut rest, mut total, mut next) = (text, 0u64, 0);
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let count: u64 = rest[..digits].parse().map_err(|_| wrong())?;
        rest = &rest[digits..];
        let letters = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_lowercase()).len();
        let found = UNITS[next..].iter().position(|(unit, _)| *unit == &rest[..letters]).ok_or_else(wrong)?;
        next += found + 1;
        total = count.checked_mul(UNITS[next - 1].1).and_then(|ms| total.checked_add(ms)).ok_or_else(wrong)?;
        rest = &rest[letters..];
    }
    if next == 0 { Err(wrong()) } else { Ok(Duration::from_millis(total)) }
}

/// Serde for a `Duration` written as text: `#[serde(with = "ha_core::time::text")]`.
pub mod text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use std::time::Duration;

    /// Writes the duration as text.
    pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::show(*duration))
    }
    /// Reads a duration from text.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        super::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }

    /// The same for an optional duration.
    pub mod option {
        use super::{Deserialize, Deserializer, Duration, Error, Serializer};

        /// Writes the duration as text, or nothing.
        pub fn serialize<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
            match duration {
                Some(duration) => serializer.serialize_some(&super::super::show(*duration)),
                None => serializer.serialize_none(),
            }
        }
        /// Reads a duration from text, if there is one.
        pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
            let text = Option::<String>::deserialize(deserializer)?;
            text.map(|text| super::super::parse(&text).map_err(D::Error::custom)).transpose()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_read_as_it_is_shown() {
        for text in ["1d2h30m15s500ms", "90s", "1h", "250ms", "0s"] {
            let duration = parse(text).unwrap();
            assert_eq!(parse(&show(duration)).unwrap(), duration, "{text}");
        }
        assert_eq!(show(Duration::from_secs(5400)), "1h30m");
    }

    #[test]
    fn an_instant_of_a_run_is_shown_as_its_age_and_one_of_a_clock_on_the_wall_as_a_date() {
        assert_eq!(Timestamp::from_secs(90).to_string(), "1m30s");
        assert_eq!(Timestamp::NEVER.to_string(), "never");
        for (seconds, shown) in [
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (951_868_799, "2000-02-29 23:59:59 UTC"),
            (1_735_689_599, "2024-12-31 23:59:59 UTC"),
            (1_795_299_120, "2026-11-21 22:12:00 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00 UTC"),
        ] {
            assert_eq!(Timestamp::from_secs(seconds).to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "5", "-1s", "1.5h", "1m1h", "1s1s", "h", "1 h", "1y", "99999999999999999999d"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
