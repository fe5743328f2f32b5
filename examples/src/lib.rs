//! Placeholder-free: see the binaries of this package.
