//! States in a word each, and how good they are.

use crate::show::Tone;
use ha_core::{
    backend::state::{InstancePhase, Phase, TargetHealth},
    topology::Endpoint,
};

/// What an instance is doing.
pub fn stands(phase: InstancePhase) -> (&'static str, Tone) {
    match phase {
        InstancePhase::Booting => ("booting", Tone::Moving),
        InstancePhase::Ready => ("ready", Tone::Good),
        InstancePhase::Unready => ("unready", Tone::Bad),
        InstancePhase::Draining => ("draining", Tone::Moving),
        InstancePhase::Held(_) => ("held", Tone::Moving),
        InstancePhase::Returning => ("returning", Tone::Moving),
        InstancePhase::Lost => ("lost", Tone::Bad),
    }
}

/// How a balancer judges a target.
pub fn health(health: TargetHealth) -> &'static str {
    match health {
        TargetHealth::Initial => "not yet checked",
        TargetHealth::Healthy => "healthy",
        TargetHealth::Unhealthy => "unhealthy",
        TargetHealth::Draining => "draining",
    }
}

/// How far an object is.
pub fn phase(phase: Phase) -> (&'static str, Tone) {
    match phase {
        Phase::Pending => ("pending", Tone::Moving),
        Phase::Active => ("active", Tone::Good),
        Phase::Removing => ("removing", Tone::Moving),
        Phase::Broken => ("broken", Tone::Bad),
    }
}

/// What a name stands for.
pub fn stands_for(endpoint: &Endpoint) -> String {
    match endpoint {
        Endpoint::Balancer(name) => format!("balancer {name}"),
        Endpoint::Pool(name) => format!("pool {name}"),
    }
}
