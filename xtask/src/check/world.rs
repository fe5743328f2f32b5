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

    /// Of a library that can be had in parts: its package, what is named beside it so that both want the same of others, and
    /// the features that are checked alone.
    pub fn subsets(self) -> Option<Subsets> {
        match self {
            Self::Rust | Self::Docker => None,
            Self::Aws => Some(Subsets {
                packages: &["--package", "ha-aws", "--package", "ha-examples"],
                features: &["network", "pool", "balancer", "readings", "dns", "store"],
            }),
        }
    }

    /// Which of their tests are run here and not elsewhere, and how: containers take one test at a time; a test of an
    /// emulator has one to itself, and waits most of the time.
    pub fn tests(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Rust => (&[], &[]),
            Self::Docker => (&["--lib", "--bins", "--test", "docker_*"], &["--include-ignored", "--test-threads", "1"]),
            Self::Aws => (&[], &["--include-ignored", "--test-threads", "6"]),
        }
    }

    /// What the names of those tests have in them that are run one at a time after the others, because they measure time or
    /// count how often somebody looks.
    pub fn alone(self) -> &'static [&'static str] {
        match self {
            Self::Rust | Self::Docker => &[],
            Self::Aws => &["bench::", "floor::", "take_a_call", "takes_a_call"],
        }
    }
}

/// Parts of a library, each of which is built without the others.
#[derive(Clone, Copy, Debug)]
pub struct Subsets {
    /// With which packages.
    pub packages: &'static [&'static str],
    /// Which features.
    pub features: &'static [&'static str],
}
