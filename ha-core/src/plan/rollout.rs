//! Decides which release a pool runs: the stable one, a candidate that must pass its gate, or the stable one again.

use super::{
    Reason, Why,
    gate::{self, Verdict},
    pool::Tier,
};
use crate::{
    backend::{
        spec::{Candidate, Marks, Rejected},
        state::PoolState,
    },
    name::Release,
};

/// More releases than this are not remembered as rejected.
const REMEMBERED: usize = 10;

/// What the plan says of a roll-out whose 5xx nobody could ever read.
pub const UNMEASURED: &str = "no balancer gives this pool requests, so nobody measures its 5xx: \
                              the gate looks only whether instances stay ready";

/// Where a pool is going.
pub(super) struct Course {
    /// What is to be written on the pool.
    pub marks: Marks,
    /// Why the marks change, if they do.
    pub redirect: Option<Redirect>,
    /// What the candidate's gate says; passed where there is no candidate.
    pub verdict: Verdict,
    /// What only the owner can end.
    pub rejected: Option<Why>,
}

/// Why a pool takes another course, and what that does.
pub(super) struct Redirect {
    pub reason: Reason,
    pub effect: String,
}

impl Redirect {
    fn to(release: &Release) -> Self {
        let effect = format!("new instances run {release}; those that serve stay");
        Self { reason: Reason::Release(release.clone()), effect }
    }
}

impl Course {
    /// Whether a release is on its way out to the pool.
    pub fn rolling(&self) -> bool {
        self.marks.candidate.is_some()
    }
}

/// The marks of a pool that is made: what it starts with is stable.
pub(super) fn first(release: &Release) -> Marks {
    Marks { stable: release.clone(), candidate: None, rejected: Vec::new() }
}

/// Where an existing pool is going.
pub(super) fn course(tier: &Tier, seen: &PoolState) -> Course {
    let (marks, wanted) = (&seen.spec.marks, &tier.wish.release);
    if *wanted == marks.stable {
        return settle_on_stable(marks, seen);
    }
    let verdict_on = |entry: &&Rejected| entry.release == *wanted && entry.retry >= tier.wish.retry;
    if marks.rejected.iter().any(|entry| verdict_on(&entry)) {
        let course = settle_on_stable(marks, seen);
        return Course { rejected: Some(Why::Rejected(wanted.clone())), ..course };
    }
    match &marks.candidate {
        Some(candidate) if candidate.release == *wanted => advance(tier, seen, candidate),
        Some(_) | None => begin(tier, marks),
    }
}

fn settle_on_stable(marks: &Marks, seen: &PoolState) -> Course {
    let redirect = (seen.spec.release != marks.stable).then(|| Redirect::to(&marks.stable));
    let marks = Marks { candidate: None, ..marks.clone() };
    Course { marks, redirect, verdict: Verdict::Pass, rejected: None }
}

fn begin(tier: &Tier, marks: &Marks) -> Course {
    let release = tier.wish.release.clone();
    let mut marks = marks.clone();
    marks.rejected.retain(|entry| entry.release != release);
    marks.candidate = Some(Candidate { release: release.clone(), since: tier.at });
    let verdict = Verdict::Wait { whys: Vec::new(), until: None };
    let mut redirect = Redirect::to(&release);
    if tier.is_unmeasured() {
        redirect.effect += &format!("; {UNMEASURED}");
    }
    Course { marks, redirect: Some(redirect), verdict, rejected: None }
}

fn advance(tier: &Tier, seen: &PoolState, candidate: &Candidate) -> Course {
    let mut marks = seen.spec.marks.clone();
    let verdict = gate::judge(tier, seen, candidate);
    let redirect = match &verdict {
        Verdict::Fail(why) => {
            marks.candidate = None;
            let (release, retry) = (candidate.release.clone(), tier.wish.retry);
            marks.rejected.push(Rejected { release, retry, why: why.clone() });
            let forgotten = marks.rejected.len().saturating_sub(REMEMBERED);
            marks.rejected.drain(..forgotten);
            let effect = format!("back to {}: {} is launched no more", marks.stable, candidate.release);
            Some(Redirect { reason: Reason::Rollback(candidate.release.clone()), effect })
        }
        Verdict::Pass if tier.runs_everywhere(seen, &candidate.release) => {
            marks.candidate = None;
            marks.stable = candidate.release.clone();
            let effect = format!("{} is the stable release; nothing that serves is touched", candidate.release);
            Some(Redirect { reason: Reason::Promote(candidate.release.clone()), effect })
        }
        Verdict::Pass | Verdict::Wait { .. } => None,
    };
    let rejected = match &verdict {
        Verdict::Fail(_) => Some(Why::Rejected(candidate.release.clone())),
        Verdict::Pass | Verdict::Wait { .. } => None,
    };
    Course { marks, redirect, verdict, rejected }
}
