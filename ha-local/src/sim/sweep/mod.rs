//! Random sites under random faults: nothing may break meanwhile, and afterwards all must come to rest.

mod census;
mod dice;
mod faults;
mod seed;
mod site;
mod timers;

pub use census::{Census, due};
pub use faults::in_scope;
pub use seed::{Case, Verdict};
pub use timers::Timers;
