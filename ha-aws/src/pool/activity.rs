//! What an Auto Scaling group tells of its past: who was lost and why, where a launch was refused, who got ready when.
//!
//! The service tells it in English sentences; the ones that are looked for here are those of its user guide.

use aws_sdk_autoscaling::types::{Activity, ScalingActivityStatusCode};
use ha_core::{backend::state::LossReason, name::InstanceId, time::Timestamp};
use std::{collections::BTreeMap, time::Duration};

/// How long the past is looked at.
pub(super) const PAST: Duration = Duration::from_secs(3600);
/// Who fails so soon after its boot budget was never ready.
const SOON: Duration = Duration::from_secs(120);

/// One thing that a group did.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Deed {
    pub group: String,
    /// The availability zone in which it did it.
    pub zone: Option<String>,
    pub what: What,
    pub start: Timestamp,
    /// When it was done; `None`: it is under way.
    pub end: Option<Timestamp>,
}

/// What a group did, as far as it matters.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    Launched(InstanceId),
    /// It was launched, and given up before it was in service.
    Abandoned(InstanceId),
    /// A launch was refused.
    Refused,
    /// It was terminated for this.
    GaveUp(InstanceId, LossReason),
}

/// The deed that an activity is, if it is one that matters.
pub(super) fn deed(activity: &Activity) -> Option<Deed> {
    let (description, cause) = (activity.description().unwrap_or_default(), activity.cause().unwrap_or_default());
    let message = activity.status_message().unwrap_or_default();
    let failed = matches!(
        activity.status_code(),
        Some(ScalingActivityStatusCode::Failed | ScalingActivityStatusCode::Cancelled)
    );
    let what = if description.starts_with("Launching") {
        match (failed, instance(description)) {
            (false, Some(id)) => What::Launched(id),
            (true, Some(id)) if message.contains("Lifecycle Action") => What::Abandoned(id),
            (true, _) => What::Refused,
            (false, None) => return None,
        }
    } else if description.starts_with("Terminating") {
        What::GaveUp(instance(description)?, reason(cause)?)
    } else {
        return None;
    };
    let group = activity.auto_scaling_group_name()?.to_owned();
    let zone = activity.details().and_then(zone);
    Some(Deed { group, zone, what, start: at(activity.start_time()?), end: activity.end_time().map(at) })
}

/// The instant of a service's own time.
pub(super) fn at(time: &aws_smithy_types::DateTime) -> Timestamp {
    Timestamp(u64::try_from(time.as_nanos()).unwrap_or(0))
}

/// The instance that a description names: `Terminating EC2 instance: i-0123 - ...`.
fn instance(description: &str) -> Option<InstanceId> {
    let words = description.split(|c: char| c.is_whitespace() || c == ',');
    words.into_iter().find(|word| word.starts_with("i-")).map(InstanceId::from)
}

/// The zone in the details, which are JSON.
fn zone(details: &str) -> Option<String> {
    let details: BTreeMap<String, serde_json::Value> = serde_json::from_str(details).ok()?;
    details.get("Availability Zone")?.as_str().map(String::from)
}

/// Why it was taken out, if for a failure.
fn reason(cause: &str) -> Option<LossReason> {
    let for_health = "was taken out of service in response to";
    let why = &cause[cause.find(for_health)? + for_health.len()..];
    if why.contains("terminated or stopped") {
        Some(LossReason::Gone)
    } else if why.contains("health check") || why.contains("health-check") || why.contains("status check") {
        Some(LossReason::Unhealthy)
    } else {
        None
    }
}

/// Who got lost: an instance that fails soon after its boot was never ready.
pub(super) fn lost(deed: &Deed, launched: Option<Timestamp>, budget: Duration) -> Option<(InstanceId, LossReason)> {
    match &deed.what {
        What::Abandoned(id) => Some((id.clone(), LossReason::NeverReady)),
        What::GaveUp(id, LossReason::Unhealthy) if launched.is_some_and(|at| deed.start.since(at) <= budget + SOON) => {
            Some((id.clone(), LossReason::NeverReady))
        }
        What::GaveUp(id, why) => Some((id.clone(), *why)),
        What::Launched(_) | What::Refused => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn activity(description: &str, cause: &str, status: ScalingActivityStatusCode) -> Activity {
        Activity::builder()
            .activity_id("1")
            .auto_scaling_group_name("shop-web")
            .description(description)
            .cause(cause)
            .status_code(status)
            .status_message("Instance failed to complete user's Lifecycle Action: it was abandoned")
            .details(r#"{"Subnet ID":"subnet-1","Availability Zone":"eu-central-1a"}"#)
            .start_time(aws_smithy_types::DateTime::from_secs(1000))
            .build()
    }

    #[test]
    fn sentences_are_understood() {
        let done = ScalingActivityStatusCode::Successful;
        let cause =
            |why: &str| format!("At 2026-11-01T10:00:00Z an instance was taken out of service in response to {why}.");
        let of = |description: &str, why: &str, status: &ScalingActivityStatusCode| {
            deed(&activity(description, &cause(why), status.clone())).map(|deed| deed.what)
        };
        let gone = "an EC2 health check indicating it has been terminated or stopped";
        for (description, why, status, what) in [
            ("Launching a new EC2 instance: i-0a", "a difference", &done, Some(What::Launched("i-0a".into()))),
            ("Terminating EC2 instance: i-0a", gone, &done, Some(What::GaveUp("i-0a".into(), LossReason::Gone))),
            (
                "Terminating EC2 instance: i-0a",
                "an ELB system health check failure",
                &done,
                Some(What::GaveUp("i-0a".into(), LossReason::Unhealthy)),
            ),
            ("Terminating EC2 instance: i-0a", "a user request", &done, None),
            (
                "Launching a new EC2 instance: i-0a",
                "a difference",
                &ScalingActivityStatusCode::Cancelled,
                Some(What::Abandoned("i-0a".into())),
            ),
            (
                "Launching a new EC2 instance.  Status Reason: We currently do not have sufficient capacity",
                "a difference",
                &ScalingActivityStatusCode::Failed,
                Some(What::Refused),
            ),
        ] {
            assert_eq!(of(description, why, status), what, "{description} {why}");
        }
    }

    #[test]
    fn who_fails_right_after_its_boot_was_never_ready() {
        let deed = |what| Deed { group: "g".into(), zone: None, what, start: Timestamp::from_secs(500), end: None };
        let ill = deed(What::GaveUp("i-1".into(), LossReason::Unhealthy));
        let budget = Duration::from_secs(300);
        let why = |launched| lost(&ill, Some(Timestamp::from_secs(launched)), budget).map(|(_, why)| why);
        assert_eq!([why(100), why(10)], [Some(LossReason::NeverReady), Some(LossReason::Unhealthy)]);
        assert_eq!(lost(&ill, None, budget).map(|(_, why)| why), Some(LossReason::Unhealthy));
    }
}
