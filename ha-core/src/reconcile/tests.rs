//! The loop over small ports in memory.
