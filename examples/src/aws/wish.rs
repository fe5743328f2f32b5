//! Wishes: what would be done is shown, the site is made, changed, removed, while a person sees how far it is.

use super::site::Site;
use crate::{
    show::Line,
    stop::{Stop, said},
    telling::tell,
};
use ha_core::{
    Controller, Observed, ValidTopology,
    backend::Error,
    event::{Event, What},
    observe,
    observe::Known,
    plan,
    plan::{Waiting, Why},
    reconcile::Report,
    time::show,
    validate::Problem,
};
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::time::interval;

/// Shows what would be done: of an empty account without asking anybody, or now.
pub async fn show_plan(site: &Site, (look, json): (bool, bool), line: &Line) -> Result<(), Stop> {
    let observed = match look {
        true => observe(&site.wanted, &site.backend).await,
        false => Observed::nothing(site.backend.clock.now()),
    };
    let mut plan = plan(&site.wanted, &observed).checked(&site.wanted, &site.backend);
    let whole = plan.save();
    // Who only wants to see a plan need not have an id yet.
    let missing = plan.problems.iter().position(|problem| problem.path == "id").map(|at| plan.problems.remove(at));
    if json {
        line.say(whole);
    } else {
        line.say(plan.to_string().trim_end());
        if let Some(problem) = missing {
            line.say(format!("before it is applied at AWS: {}", problem.fix));
        }
    }
    match json {
        true => refuse(&plan.problems)?,
        false if plan.problems.is_empty() => {}
        // The page has told them, each with what would do.
        false => return Err(Stop::Wrong("AWS cannot keep this site: see the problems of its plan".into())),
    }
    // A plan of what was not seen is none.
    match observed.network {
        Known::Unknown(error) => Err(Stop::Failed(not_seen(site, &error))),
        Known::Known(_) | Known::NotManaged => Ok(()),
    }
}

/// Makes the site as it is wanted.
pub async fn apply(site: &Site, line: &Line) -> Result<(), Stop> {
    refuse(&site.backend.check(&site.wanted))?;
    if site.backend.store.is_none() {
        line.tell("the provider file names no bucket: whoever applies at the same time is not kept out");
    }
    if site.unmeasured {
        line.tell("an emulator measures no release: roll-outs go on without readings (else: --no-reading wait)");
    }
    let report = converge(site, &site.wanted, line).await?;
    report.plan.waiting.iter().for_each(|waiting| line.tell(format!("  {waiting}")));
    line.say(format!("{} is as wanted after {}", site.wanted.scope().name, show(report.took)));
    Ok(())
}

/// Removes every object of the site.
pub async fn remove(site: &Site, line: &Line) -> Result<(), Stop> {
    let gone = site.wanted.removed();
    refuse(&site.backend.check(&gone))?;
    let report = converge(site, &gone, line).await?;
    line.say(format!("{} is gone after {}", site.wanted.scope().name, show(report.took)));
    Ok(())
}

fn refuse(problems: &[Problem]) -> Result<(), Stop> {
    if problems.is_empty() {
        return Ok(());
    }
    let all: String = problems.iter().map(|problem| format!("\n  {problem}")).collect();
    Err(Stop::Wrong(format!("AWS cannot keep this site:{all}")))
}

/// Runs the loop until all is as wanted.
async fn converge(site: &Site, wanted: &ValidTopology, line: &Line) -> Result<Report, Stop> {
    let backend = site.backend.clone();
    let period = Duration::from_secs(if site.here { 1 } else { 10 });
    // More than the period and the longest call together.
    let lease = (period + backend.call_timeout) * 2;
    let holder = format!("aws_site-{}-{}", std::process::id(), backend.clock.now().0);
    let far = Far::new(line);
    let told = far.clone();
    let mut controller = Controller::new(backend, holder.as_str().into())
        .period(period)
        .lease_length(lease)
        .patience(Duration::from_secs(if site.here { 60 } else { 900 }))
        .observer(Arc::new(move |event: &Event| told.hear(event)));
    tokio::select! {
        report = controller.until_converged(wanted) => report.map_err(|stalled| Stop::Failed(stalled.to_string())),
        () = far.until_blind() => Err(Stop::Failed(blind(site).await)),
    }
}

/// Why nothing at all could be seen of the account.
async fn blind(site: &Site) -> String {
    match observe(&site.wanted, &site.backend).await.network {
        Known::Unknown(error) => not_seen(site, &error),
        Known::Known(_) | Known::NotManaged => "for a moment nothing could be seen of the account: try again".into(),
    }
}

fn not_seen(site: &Site, error: &Error) -> String {
    let help = match site.here {
        true => "does an emulator run at --endpoint?",
        false => {
            "credentials, profile and network are the AWS SDK's: `aws sts get-caller-identity` has to work as well"
        }
    };
    format!("nothing can be seen of the account: {}; {help}", said(error))
}

/// How far it is: what was heard last, shown again each second for a person who waits.
#[derive(Clone)]
struct Far {
    line: Line,
    last: Arc<Mutex<String>>,
    /// Whether the first look saw nothing at all.
    blind: Arc<AtomicBool>,
}

impl Far {
    fn new(line: &Line) -> Self {
        let last = Arc::new(Mutex::new("looking at what is there".into()));
        Self { line: line.clone(), last, blind: Arc::default() }
    }

    #[allow(clippy::wildcard_enum_match_arm, reason = "of all events these say how far it is")]
    fn hear(&self, event: &Event) {
        tell(&self.line, event);
        let far = match &event.what {
            What::Planned(plan) => {
                let unknown = |waiting: &Waiting| matches!(waiting.why, Why::Unknown(_));
                let nothing = plan.steps().count() == 0 && !plan.waiting.is_empty() && plan.waiting.iter().all(unknown);
                self.blind.fetch_or(event.turn == 1 && nothing, Ordering::Relaxed);
                let waits: Vec<String> = plan.waiting.iter().map(ToString::to_string).collect();
                match (plan.steps().count(), waits.is_empty()) {
                    (0, true) => "nothing to be done".to_owned(),
                    (0, false) => waits.join("; "),
                    (1, _) => format!("turn {}: a step to be made", event.turn),
                    (steps, _) => format!("turn {}: {steps} steps to be made", event.turn),
                }
            }
            // Elsewhere the step is told once: when it is accepted or refused.
            What::Asked(step) if self.line.is_terminal() => format!("asked: {step}"),
            _ => return,
        };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = far;
    }

    /// Shows it, until the first look saw nothing: whoever is not let in, or asks nobody, need not wait to be told.
    async fn until_blind(&self) {
        let mut turns = interval(Duration::from_secs(1));
        for second in 0_u64.. {
            turns.tick().await;
            if self.blind.load(Ordering::Relaxed) {
                return;
            }
            let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
            self.line.tick(&last, Duration::from_secs(second));
        }
    }
}
