//! The one call into the simulator: from inputs to a day that was lived.

use crate::{
    arguments::Options,
    inputs::{DAY, Inputs},
    progress::Progress,
};
use ha_core::validate::Problems;
use ha_local::sim::{Run, Sim};
use std::io::Stderr;

/// How many records of the trace are kept where they are written to a file.
const RECORDS: usize = 2_000_000;

/// Runs the day that these inputs make.
pub fn run_day(inputs: &Inputs, options: &Options, progress: Progress<Stderr>) -> Result<Run, Problems> {
    let length = inputs.scenario.length.or_else(|| inputs.traffic.length()).unwrap_or(DAY);
    Sim::new(&inputs.site, inputs.seed)
        .profile(inputs.profile.clone())
        .workload(inputs.workload.clone())
        .traffic(inputs.traffic.clone())
        .scenario(&inputs.scenario)
        .length(length)
        .without_loop(options.without_loop)
        .keep(if options.trace.is_some() { RECORDS } else { 100_000 })
        .follow(usize::from(options.follow))
        .progress(move |share| progress.show(share, length))
        .try_run()
}
