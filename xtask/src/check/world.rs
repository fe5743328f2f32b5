//! What is built and tested together: everything that needs Rust alone, what needs a Docker engine, what speaks to AWS.

/// A part of the workspace that is checked by itself, because it needs something that not everybody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum World {
    /// What a Rust toolchain can run.
    Rust,
    /// What needs a Docker engine.
    Docker,
    /// What speaks to AWS: minutes to build, and emulators from PyPI to test against.
    Aws,
}

impl World {
    /// Which packages, with which features.
    pub fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Rust => &["--features", "ha-core/mock,ha-core/conformance,ha-local/conformance"],
            Self::Docker => &[
                "--package",
                "ha-local",
                "--package",
                "ha-docker-tasks",
                "--package",
                "ha-examples",
                "--features",
                "ha-local/docker,ha-local/conformance,ha-examples/docker",
            ],
            // Together, so that the service crates are built once.
            Self::Aws => &["--package", "ha-aws", "--package", "ha-examples", "--features", "ha-examples/aws"],
        }
    }

    /// Of a library that can be had in parts: its package, and a feature that is checked without the others. EC2's crate is
    /// looked at once more for all of them: two minutes.
    pub fn subsets(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Rust | Self::Docker => &[],
            Self::Aws => &[
                ("ha-aws", "network"),
                ("ha-aws", "pool"),
                ("ha-aws", "balancer"),
                ("ha-aws", "dns"),
                ("ha-aws", "store"),
            ],
        }
    }

    /// Which of their tests are run here and not elsewhere, and how: containers and emulators take one test at a time.
    pub fn tests(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Rust => (&[], &[]),
            Self::Docker => (&["--lib", "--bins", "--test", "docker_*"], &["--include-ignored", "--test-threads", "1"]),
            Self::Aws => (&[], &["--include-ignored", "--test-threads", "1"]),
        }
    }
}
