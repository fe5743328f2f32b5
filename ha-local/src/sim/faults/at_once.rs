//! Faults that strike and end when somebody says so, as in a laboratory, and not when a record does.

use crate::sim::{engine::queue::FaultStage, world::World};
use ha_core::{
    fault::{Fault, Lasts},
    time::Timestamp,
    validate::{Problem, Problems},
};
use std::time::Duration;

impl World {
    /// Lets a fault strike now, whatever its `at`; what lasts lasts until [`World::heal_now`].
    pub fn strike_now(&mut self, fault: &Fault) -> Result<(), Problems> {
        let lasts = match fault.lasts {
            Lasts::Once => Lasts::Once,
            Lasts::For(_) | Lasts::Forever => Lasts::Forever,
        };
        let fault = Fault { at: Duration::ZERO, lasts, ..fault.clone() };
        let mut injected = self.faults.compile(&fault).map_err(Problems)?;
        injected.at = self.now;
        (self.faults.seed, self.faults.settle) = (self.seed, self.figures.settle);
        self.faults.all.push(injected);
        self.stage_now(self.faults.all.len() - 1, FaultStage::Strike(0));
        Ok(())
    }
    /// Ends this fault now, however often it is at work.
    pub fn heal_now(&mut self, fault: &Fault) -> Result<(), Problems> {
        let target = fault.target.to_string();
        let same = |index: &usize| {
            let other = &self.faults.all[*index];
            other.at_work() && other.effect == fault.effect && other.target == target
        };
        let found: Vec<usize> = (0..self.faults.all.len()).filter(same).collect();
        if found.is_empty() {
            return Err(Problems(vec![Problem::new("fault", format!("{fault} is not at work"), "strike it first")]));
        }
        for index in found {
            self.faults.all[index].ends = Some(Timestamp(self.now.0));
            self.stage_now(index, FaultStage::End(0));
        }
        Ok(())
    }
    fn stage_now(&mut self, index: usize, stage: FaultStage) {
        // A record has fewer events than 2^32.
        self.fault_stage(index as u32, stage);
        self.settle();
    }
}
