//! The one call into the simulator: from options to a day that was lived.

use crate::{arguments::Options, inputs::Inputs, progress::Progress};
use ha_core::validate::{Problem, Problems};
use ha_local::sim::{engine::trace::Record, report::Report};
use std::io::Stderr;

/// A day that was lived.
pub struct Day {
    /// What it showed.
    pub report: Report,
    /// All that happened.
    pub trace: Vec<Record>,
    /// The lives of the requests that were followed, each a few lines.
    pub followed: Vec<String>,
}

/// Runs the day that these inputs make.
pub fn run_day(inputs: &Inputs, options: &Options, progress: &mut Progress<Stderr>) -> Result<Day, Problems> {
    // `Sim` is not merged yet; until then every run is refused.
    let _ = (inputs, options, progress);
    Err(Problems(vec![Problem::new("game_day", "this version has no simulator yet", "use a later one")]))
}
