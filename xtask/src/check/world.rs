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

    /// Which of their tests are run here and not elsewhere, one call of cargo each, and how: containers take one test at a
    /// time; every test of an emulator has its own and waits most of the time, but what measures time or
    /// counts looks is alone.
    pub fn tests(self) -> &'static [Tests] {
        match self {
            Self::Rust => &[Tests { which: &[], how: &[] }],
            Self::Docker => &[Tests {
                which: &["--lib", "--bins", "--test", "docker_*"],
                how: &["--include-ignored", "--test-threads", "1"],
            }],
            Self::Aws => &[
                Tests {
                    which: &[],
                    how: &[
                        "--include-ignored",
                        "--test-threads",
                        "6",
                        "--skip",
                        "bench::",
                        "--skip",
                        "floor::",
                        "--skip",
                        "take_a_call",
                        "--skip",
                        "takes_a_call",
                    ],
                },
                Tests {
                    which: &["--test", "emulators"],
                    how: &[
                        "--include-ignored",
                        "--test-threads",
                        "1",
                        "bench::",
                        "floor::",
                        "take_a_call",
                        "takes_a_call",
                    ],
                },
            ],
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

/// Tests that are run together.
#[derive(Clone, Copy, Debug)]
pub struct Tests {
    /// Of which targets.
    pub which: &'static [&'static str],
    /// What the test programs are told.
    pub how: &'static [&'static str],
}
