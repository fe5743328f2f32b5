//! Drills: a small site is asked for a change, the loop is disturbed at one call, and all must end as without it.

mod compare;
mod disturb;
mod exercise;
mod parts;
mod script;

pub use compare::{EXCEPTIONS, End, Exception, differences};
pub use disturb::{Call, Disturbance, OUTCOMES, calls, outcomes, points};
pub use exercise::{ALLOWED, Exercise, Faultless, exercise, faultless, try_point};
pub use parts::{Part, Situation, any_part, parts, situations};
pub use script::{Change, Script, When, profile, script, scripts, site, wide};
