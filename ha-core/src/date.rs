//! Calendar dates as text, to seconds since the Unix epoch: `2026-01-31 09:00`, `2026-01-31T09:00:00Z`.

/// The seconds since the Unix epoch of `YYYY-MM-DD HH:MM[:SS]`, with ` ` or `T` between, with or without a final `Z`.
/// Always read as UTC; `None` if it is no such date.
pub fn seconds(text: &str) -> Option<i64> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (date, time) = text.split_once([' ', 'T'])?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = match time.len() {
        5 => numbers(time, ':', [2, 2]).map(|[hour, minute]| [hour, minute, 0])?,
        _ => numbers(time, ':', [2, 2, 2])?,
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_of_february = if leap { 29 } else { 28 };
    let days = [31, days_of_february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let index = usize::try_from(month).ok()?.checked_sub(1)?;
    let right = (1..=*days.get(index)?).contains(&day) && hour < 24 && minute < 60 && second < 60;
    right.then(|| {
        ((days_before(year) + days[..index].iter().sum::<i64>() + day - 1) * 24 + hour) * 3600 + minute * 60 + second
    })
}

/// Days from the Unix epoch to the first of January of this year.
fn days_before(year: i64) -> i64 {
    let past = year - 1;
    past * 365 + past / 4 - past / 100 + past / 400 - 719_162
}

fn numbers<const N: usize>(text: &str, sign: char, digits: [usize; N]) -> Option<[i64; N]> {
    let mut parts = text.split(sign);
    let mut found = [0; N];
    for (number, digits) in found.iter_mut().zip(digits) {
        let part = parts.next()?;
        let written = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        *number = part.parse().ok().filter(|_| written)?;
    }
    parts.next().is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn a_date_is_read_as_seconds_since_the_epoch() {
        let table = [
            ("1970-01-01 00:00", 0),
            ("1995-07-01 00:00", 804_556_800),
            ("2000-02-29T12:30:05Z", 951_827_405),
            ("2026-01-31T09:00:00Z", 1_769_850_000),
            ("1969-12-31 23:59:59", -1),
        ];
        for (text, expected) in table {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        let table = ["", "yesterday", "2026-02-29 00:00", "2026-13-01 00:00", "2026-00-01 00:00", "2026-01-00 00:00"];
        for text in table.into_iter().chain(["2026-01-01", "2026-01-01 24:00", "2026-1-1 00:00", "2026-01-01 00:00:60"])
        {
            assert_eq!(seconds(text), None, "{text}");
        }
        assert_eq!(seconds("2026-01-01 00:00:00:00"), None);
    }
}
