//! Faults of releases, clocks and controllers, and what somebody asks of the library.

use super::Written;
use crate::sim::faults::{
    strike::{Bad, Clock, Controller, Operator, Runs, Strike},
    whom::Filter,
};
use ha_core::fault::Subject;

impl Written<'_> {
    pub(super) fn release(&self, effect: &str) -> Result<Strike, String> {
        let Some(bad) = Bad::read(effect, &self.fault.parameters) else { return self.no_tier() };
        let runs = if self.fault.target.what.kind() == "release" {
            Runs::Named(Filter { release: self.named().name, zones: self.narrowed(), ..Filter::default() })
        } else {
            Runs::New(self.pool(), self.narrowed())
        };
        Ok(Strike::Release(runs, bad))
    }
    pub(super) fn clock(&self, effect: &str) -> Result<Strike, String> {
        let given = &self.fault.parameters;
        if self.fault.target.what != Subject::Controller {
            return self.nothing_at(self.fault.target.what.kind());
        }
        let clock = match effect {
            // Both are bounded by the vocabulary, far below what the types hold.
            "jump" => Clock::Jump((given.seconds.unwrap_or_default() * 1e9) as i64),
            "drift" => Clock::Drift(given.ppm.unwrap_or_default().round() as i64),
            _ => return self.no_tier(),
        };
        Ok(Strike::Clock(clock))
    }
    pub(super) fn controller(&self, effect: &str) -> Result<Strike, String> {
        let controller = match effect {
            "down" => Controller::Down,
            "pause" => Controller::Pause,
            "second" => Controller::Second,
            _ => return self.no_tier(),
        };
        Ok(Strike::Controller(controller))
    }
    pub(super) fn operator(&self, effect: &str) -> Result<Strike, String> {
        let zones = || self.zones(self.named().name.as_deref().unwrap_or("*"));
        let operator = match effect {
            "evacuate" => Operator::Evacuate(zones()),
            "reopen" => Operator::Reopen(zones()),
            "release" => Operator::Release(self.pool()),
            "resize" => Operator::Resize(self.pool(), self.fault.parameters.most.unwrap_or_default()),
            "hold" => Operator::Hold(self.whom()?),
            "put_back" => Operator::PutBack(self.whom()?),
            "minimum_unset" => Operator::MinimumUnset(self.pool()),
            "remove" => Operator::Remove(self.pool()),
            _ => return self.no_tier(),
        };
        Ok(Strike::Operator(operator))
    }
}
