//! Numbers and times as people read them.

use ha_core::time::Timestamp;
use std::time::Duration;

/// `1234567` as `1,234,567`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A large or small number in at most four characters or so: `0.4`, `38`, `1.2k`, `3.4M`.
pub(super) fn short(number: f64) -> String {
    match number {
        n if n >= 1e6 => format!("{:.1}M", n / 1e6),
        n if n >= 1e4 => format!("{:.0}k", n / 1e3),
        n if n >= 1e3 => format!("{:.1}k", n / 1e3),
        n if n >= 10.0 || n == 0.0 => format!("{n:.0}"),
        n => format!("{n:.1}"),
    }
}

/// A share in per cent, with as many digits as tell it from 0 and from 100.
pub(super) fn percent(share: f64) -> String {
    let rest = share.min(1.0 - share);
    let digits = match rest {
        r if r <= 0.0 => 0,
        r if r < 0.0001 => 4,
        r if r < 0.01 => 3,
        r if r < 0.1 => 2,
        _ => 1,
    };
    format!("{:.*} %", digits, share * 100.0)
}

/// Milliseconds, without a fraction from 10 on.
pub(super) fn millis(ms: f64) -> String {
    if ms >= 10_000.0 {
        format!("{:.1} s", ms / 1000.0)
    } else if ms >= 10.0 {
        format!("{ms:.0} ms")
    } else {
        format!("{ms:.1} ms")
    }
}

/// An instant as a clock shows it, with the day from the second one on: `19:30:05`, `d2 02:00:00`.
pub(super) fn clock(at: Timestamp) -> String {
    let seconds = at.0 / 1_000_000_000;
    let (day, hour, minute, second) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    if day == 0 {
        format!("{hour:02}:{minute:02}:{second:02}")
    } else {
        format!("d{} {hour:02}:{minute:02}:{second:02}", day + 1)
    }
}

/// The same to the millisecond.
pub(crate) fn clock_ms(at: Timestamp) -> String {
    format!("{}.{:03}", clock(at), at.0 / 1_000_000 % 1000)
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// A duration to the second.
pub(super) fn lasting(duration: Duration) -> String {
    ha_core::time::show(Duration::from_secs(duration.as_secs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_as_people_read_them() {
        assert_eq!([count(0), count(999), count(1_891_713)], ["0", "999", "1,891,713"]);
        assert_eq!(
            [short(0.0), short(0.42), short(38.4), short(1234.0), short(45_678.0)],
            ["0", "0.4", "38", "1.2k", "46k"]
        );
        assert_eq!(
            [percent(1.0), percent(0.99921), percent(0.999_999), percent(0.312)],
            ["100 %", "99.921 %", "99.9999 %", "31.2 %"]
        );
        assert_eq!([millis(3.21), millis(48.3), millis(12_345.0)], ["3.2 ms", "48 ms", "12.3 s"]);
    }

    #[test]
    fn times_are_shown_as_a_clock_does() {
        assert_eq!(clock(Timestamp::from_secs(70_205)), "19:30:05");
        assert_eq!(clock(Timestamp::from_secs(93_600)), "d2 02:00:00");
    }
}
