//! The planner, proved by tables and by hand-moved observations.
