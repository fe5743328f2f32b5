//! A clause of a port's contract that is broken on purpose, so that its conformance case is seen to fail.

/// Which clause is broken; none, unless somebody asks for it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Broken(Option<String>);

impl Broken {
    /// Just this clause broken, as `port.clause`. What nothing in the cloud asks about breaks nothing.
    pub fn just(clause: &str) -> Self {
        Self(Some(clause.to_owned()))
    }
    /// Whether this clause is broken.
    pub fn breaks(&self, clause: &str) -> bool {
        self.0.as_deref() == Some(clause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_broken_but_what_is_asked_for() {
        let broken = Broken::just("pool.a");
        assert_eq!(["pool.a", "pool.b", ""].map(|clause| broken.breaks(clause)), [true, false, false]);
        assert_eq!(["pool.a", ""].map(|clause| Broken::default().breaks(clause)), [false, false]);
    }
}
