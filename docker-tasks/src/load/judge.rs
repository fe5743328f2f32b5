//! Judges what became of a load: a pure function of what was sent, of what befell the site, and of the instances' log.

use ha_local::docker::lab::load::{Answered, Sent, Told};
use std::time::Duration;

/// What users may, must or must not notice from one instant of a load to another.
#[derive(Clone, Debug, PartialEq)]
pub enum Moment {
    /// Requests may fail.
    MayFail {
        /// From here,
        from: Duration,
        /// to here.
        to: Duration,
        /// Which.
        may: May,
    },
    /// Only this release answers what is sent.
    Only {
        /// This one,
        release: String,
        /// from here,
        from: Duration,
        /// to here.
        to: Duration,
    },
    /// This instance answers nothing that is sent.
    Never {
        /// This one,
        instance: String,
        /// from here,
        from: Duration,
        /// to here.
        to: Duration,
    },
    /// Each of these answers something.
    Serves {
        /// These,
        instances: Vec<String>,
        /// from here,
        from: Duration,
        /// to here.
        to: Duration,
    },
}

/// Which requests may fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum May {
    /// Those that are in flight at one instant.
    InFlight,
    /// Those that are sent until it is detected.
    UntilDetected,
}

/// What the judgement rests on besides.
pub struct Grounds<'a> {
    /// What befell the site.
    pub moments: &'a [Moment],
    /// The instances' log of executed POSTs.
    pub log: &'a str,
    /// The fewest that served, and how many have to.
    pub floor: Option<[u32; 2]>,
}

/// What a load came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Requests sent.
    pub sent: usize,
    /// Of these, failed.
    pub failed: usize,
    /// Of the failed ones, such as may fail.
    pub may: usize,
    /// POSTs that were acknowledged.
    pub acknowledged: usize,
    /// What does not hold, a sentence each.
    pub wrong: Vec<String>,
}

/// Judges a load.
pub fn judge(told: &Told, grounds: &Grounds<'_>) -> Verdict {
    let mut wrong = Vec::new();
    let failed: Vec<&Sent> = told.failed().collect();
    let allowed = |sent: &Sent| grounds.moments.iter().any(|moment| moment.allows(sent));
    let may = failed.iter().filter(|sent| allowed(sent)).count();
    if may < failed.len() {
        wrong.push(format!("{} of the failed requests may not fail", failed.len() - may));
    }
    wrong.extend(grounds.moments.iter().filter_map(|moment| moment.breach(told)));
    wrong.extend(told.each_post_ran_once(grounds.log).err());
    if let Some([fewest, floor]) = grounds.floor.filter(|[fewest, floor]| fewest < floor) {
        wrong.push(format!("only {fewest} served where {floor} have to"));
    }
    let acknowledged = told.answered().filter(|(sent, _)| sent.post).count();
    Verdict { sent: told.sent().len(), failed: failed.len(), may, acknowledged, wrong }
}

impl Moment {
    /// Whether this lets that request fail.
    pub fn allows(&self, sent: &Sent) -> bool {
        match self {
            Self::MayFail { from, to, .. } => sent.at <= *to && sent.ended() >= *from,
            Self::Only { .. } | Self::Never { .. } | Self::Serves { .. } => false,
        }
    }

    /// What is not as this says.
    fn breach(&self, told: &Told) -> Option<String> {
        let answers = |from: Duration, to: Duration| -> Vec<(&Sent, &Answered)> {
            told.answered().filter(|(sent, _)| (from..=to).contains(&sent.at)).collect()
        };
        match self {
            Self::MayFail { may: May::UntilDetected, .. } => None,
            Self::MayFail { may: May::InFlight, .. } => {
                let those: Vec<&Sent> = told.failed().filter(|sent| self.allows(sent)).collect();
                let last = those.iter().map(|sent| sent.at).max()?;
                let apart = those.iter().filter(|sent| sent.ended() < last).count();
                (apart > 0).then(|| format!("{apart} of those that failed were not in flight with the others"))
            }
            Self::Only { release, from, to } => {
                let answers = answers(*from, *to);
                let other = answers.iter().find(|(_, by)| by.release != *release);
                let none = answers.is_empty().then(|| format!("nobody answered while {release} was to"));
                none.or_else(|| other.map(|(sent, _)| format!("not release {release}: {sent}")))
            }
            Self::Never { instance, from, to } => {
                let answers = answers(*from, *to);
                let other = answers.iter().find(|(_, by)| by.instance == *instance);
                other.map(|(sent, _)| format!("it was held: {sent}"))
            }
            Self::Serves { instances, from, to } => {
                let answers = answers(*from, *to);
                let idle = |instance: &&String| answers.iter().all(|(_, by)| by.instance != **instance);
                let idle: Vec<&str> = instances.iter().filter(idle).map(String::as_str).collect();
                match (instances.as_slice(), idle.as_slice()) {
                    ([], _) => Some("nobody is there who serves again".to_owned()),
                    (_, []) => None,
                    (_, idle) => Some(format!("got no request though ready: {}", idle.join(", "))),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ha_local::docker::lab::load::Failed;

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    fn sent(number: u64, at: f64, took: f64, by: Option<&str>) -> Sent {
        let (at, took) = (seconds(at), seconds(took));
        let answered = |by: &str| Answered { release: "r1".into(), instance: by.into() };
        let failed = Failed { kind: "502".into(), instance: None, kept: true };
        let outcome = by.map(answered).ok_or(failed);
        Sent { number, post: number.is_multiple_of(2), due: at, at, took, outcome }
    }

    fn wrong(sent: &[Sent], moment: Moment) -> Vec<String> {
        let told = Told::new(sent.to_vec());
        judge(&told, &Grounds { moments: &[moment], log: "0 a\n2 a\n4 a\n", floor: Some([6, 6]) }).wrong
    }

    #[test]
    fn a_failure_counts_where_it_may_not_be() {
        let calm = [sent(0, 1.0, 0.1, Some("a")), sent(1, 1.1, 0.1, Some("b"))];
        let with = |at: f64, took: f64| [&calm[..], &[sent(3, at, took, None)]].concat();
        let window = |may| Moment::MayFail { from: seconds(2.0), to: seconds(3.0), may };
        assert_eq!(wrong(&calm, window(May::UntilDetected)), Vec::<String>::new());
        for (at, took, fine) in [(1.9, 0.05, false), (1.9, 0.2, true), (3.0, 9.0, true), (3.01, 0.1, false)] {
            assert_eq!(wrong(&with(at, took), window(May::UntilDetected)).is_empty(), fine, "{at} {took}");
        }
        let two = |at: f64| [&with(2.0, 0.5)[..], &[sent(5, at, 0.1, None)]].concat();
        assert_eq!(wrong(&two(2.4), window(May::InFlight)), Vec::<String>::new());
        assert_eq!(wrong(&two(2.6), window(May::InFlight)).len(), 1);
        assert_eq!(wrong(&two(2.6), window(May::UntilDetected)), Vec::<String>::new());
    }

    #[test]
    fn who_answers_is_looked_at() {
        let all = [sent(0, 1.0, 0.1, Some("a")), sent(1, 2.0, 0.1, Some("b"))];
        let (from, to) = (seconds(0.5), seconds(1.5));
        let only = |release: &str, to| Moment::Only { release: release.into(), from, to };
        assert!(wrong(&all, only("r1", to)).is_empty());
        assert!(!wrong(&all, only("r2", to)).is_empty());
        assert!(!wrong(&all, only("r1", seconds(0.6))).is_empty());
        let never = |instance: &str| Moment::Never { instance: instance.into(), from, to };
        assert!(wrong(&all, never("b")).is_empty() && !wrong(&all, never("a")).is_empty());
        let serves = |instances: &[&str]| {
            let instances = instances.iter().map(|it| (*it).to_owned()).collect();
            Moment::Serves { instances, from, to }
        };
        assert!(wrong(&all, serves(&["a"])).is_empty());
        assert!(!wrong(&all, serves(&["a", "b"])).is_empty() && !wrong(&all, serves(&[])).is_empty());
    }

    #[test]
    fn a_floor_that_gave_way_and_a_post_that_ran_twice_are_wrong() {
        let told = Told::new(vec![sent(0, 1.0, 0.1, Some("a"))]);
        let judged = |log, fewest| judge(&told, &Grounds { moments: &[], log, floor: Some([fewest, 6]) }).wrong.len();
        assert_eq!([judged("0 a\n", 6), judged("0 a\n", 5), judged("0 a\n0 b\n", 6), judged("", 5)], [0, 1, 1, 2]);
    }
}
