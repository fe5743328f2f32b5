//! What became of all requests of a load.

use std::{collections::BTreeMap, fmt, time::Duration};

/// What became of one request. Times count from the beginning of the load.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Its number.
    pub number: u64,
    /// Whether it was a POST, which is not repeated by anybody.
    pub post: bool,
    /// When it was to be sent.
    pub due: Duration,
    /// When it was.
    pub at: Duration,
    /// How long it took until its outcome was known.
    pub took: Duration,
    /// Who answered it, or why nobody did.
    pub outcome: Result<Answered, Failed>,
}

/// Who answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The release that he runs.
    pub release: String,
    /// His name.
    pub instance: String,
}

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The status of its answer, or what became of its connection.
    pub kind: String,
    /// The instance that answered so, where the answer names one.
    pub instance: Option<String>,
    /// Whether it went by a connection that was there before.
    pub kept: bool,
}

impl Sent {
    /// When its outcome was known.
    pub fn ended(&self) -> Duration {
        self.at + self.took
    }
}

/// What became of all requests, in the order in which they were due.
#[derive(Clone, Debug)]
pub struct Told(Vec<Sent>);

impl Told {
    /// What became of these.
    pub fn new(mut sent: Vec<Sent>) -> Self {
        sent.sort_by_key(|sent| sent.number);
        Self(sent)
    }

    /// All of them.
    pub fn sent(&self) -> &[Sent] {
        &self.0
    }

    /// Those that failed.
    pub fn failed(&self) -> impl Iterator<Item = &Sent> {
        self.0.iter().filter(|sent| sent.outcome.is_err())
    }

    /// Those that were answered, and by whom.
    pub fn answered(&self) -> impl Iterator<Item = (&Sent, &Answered)> {
        self.0.iter().filter_map(|sent| Some((sent, sent.outcome.as_ref().ok()?)))
    }

    /// How many had been sent at that instant and had no outcome yet.
    pub fn in_flight(&self, at: Duration) -> usize {
        self.0.iter().filter(|sent| sent.at <= at && sent.ended() >= at).count()
    }

    /// The time that this share of all took at most, in which they were sent too late at most: `0.5` is the median.
    pub fn took_and_late(&self, share: f64) -> [Duration; 2] {
        let of = |what: fn(&Sent) -> Duration| {
            let mut all: Vec<Duration> = self.0.iter().map(what).collect();
            all.sort();
            let place = (share * all.len() as f64).ceil() as usize;
            all.get(place.saturating_sub(1).min(all.len().saturating_sub(1))).copied().unwrap_or_default()
        };
        [of(|sent| sent.took), of(|sent| sent.at.saturating_sub(sent.due))]
    }

    /// Whether each POST that was acknowledged stands once in the instances' log, and none of all stands there twice. The
    /// log's lines begin with the number; those of other loads are passed over.
    pub fn each_post_ran_once(&self, log: &str) -> Result<(), String> {
        let mut ran: BTreeMap<u64, usize> = BTreeMap::new();
        for number in log.lines().filter_map(|line| line.split(' ').next()?.parse().ok()) {
            *ran.entry(number).or_default() += 1;
        }
        let posts: Vec<&Sent> = self.0.iter().filter(|sent| sent.post).collect();
        let times = |sent: &Sent| ran.get(&sent.number).copied().unwrap_or_default();
        let named = |which: &dyn Fn(&Sent) -> bool| -> Vec<u64> {
            posts.iter().filter(|sent| which(sent)).map(|sent| sent.number).collect()
        };
        let twice = named(&|sent| times(sent) > 1);
        let never = named(&|sent| sent.outcome.is_ok() && times(sent) == 0);
        match (twice.as_slice(), never.as_slice()) {
            ([], []) if posts.is_empty() => Err("no POST was sent".to_owned()),
            ([], []) => Ok(()),
            _ => Err(format!("POSTs executed twice: {twice:?}; acknowledged and never executed: {never:?}")),
        }
    }
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = if self.post { "POST" } else { "GET" };
        let (at, took) = (self.at.as_secs_f64(), self.took.as_secs_f64());
        write!(f, "{at:8.3} s  {method} {} after {took:.3} s: ", self.number)?;
        match &self.outcome {
            Ok(answered) => write!(f, "answered by {}, release {}", answered.instance, answered.release),
            Err(failed) => {
                let by = failed.instance.as_ref().map_or(String::new(), |name| format!(" from {name}"));
                let how = if failed.kept { "kept" } else { "new" };
                write!(f, "{}{by}, {how} connection", failed.kind)
            }
        }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut by: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, answered) in self.answered() {
            *by.entry(&answered.release).or_default() += 1;
        }
        let [[_, late], [worst, latest]] = [self.took_and_late(0.99), self.took_and_late(1.0)];
        write!(f, "{} sent, {} failed, answered by {by:?}", self.0.len(), self.failed().count())?;
        write!(
            f,
            "; the slowest took {worst:?}; 99 % were sent within {late:?} of when they were due, all {latest:?}"
        )?;
        self.failed().take(20).try_for_each(|failed| write!(f, "\n{failed}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(number: u64, post: bool, fails: bool) -> Sent {
        let millis = Duration::from_millis;
        let failed = Failed { kind: "502".into(), instance: None, kept: true };
        let answered = Answered { release: "r1".into(), instance: "web-a-1".into() };
        let outcome = if fails { Err(failed) } else { Ok(answered) };
        let due = millis(number * 10);
        Sent { number, post, due, at: due + millis(number), took: millis(15), outcome }
    }

    #[test]
    fn a_post_counts_once_if_it_was_acknowledged_and_once_at_most_if_not() {
        let told = Told::new(vec![sent(4, true, true), sent(3, false, false), sent(2, true, false)]);
        for (log, fine) in [
            ("2 web-a-1 r1\n", true),
            ("2 web-a-1 r1\n4 web-a-1 r1\n", true),
            ("2 web-a-1 r1\n2 web-b-1 r1\n", false),
            ("2 web-a-1 r1\n4 web-a-1 r1\n4 web-b-1 r1\n", false),
            ("4 web-a-1 r1\n", false),
            ("", false),
        ] {
            assert_eq!(told.each_post_ran_once(log).is_ok(), fine, "{log}");
        }
        assert!(Told::new(vec![sent(3, false, false)]).each_post_ran_once("").is_err());
    }

    #[test]
    fn what_is_late_in_flight_and_failed_is_told() {
        let told = Told::new((0..10).map(|number| sent(number, number % 2 == 0, number == 6)).collect());
        assert_eq!(told.took_and_late(0.5), [15, 4].map(Duration::from_millis));
        assert_eq!(told.took_and_late(1.0), [15, 9].map(Duration::from_millis));
        // The second is sent at 11 ms and the third at 22; each takes 15.
        assert_eq!([10, 12, 23].map(|at| told.in_flight(Duration::from_millis(at))), [1, 2, 2]);
        assert_eq!(told.failed().map(|sent| sent.number).collect::<Vec<_>>(), [6]);
        assert!(told.to_string().contains("POST 6 after 0.015 s: 502, kept connection"), "{told}");
    }
}
