//! What the install scripts of packages would have done, for those packages whose programs need it.

/// What a package needs besides its files.
#[derive(Debug)]
pub struct Setup {
    package: &'static str,
    /// Users, each with a group of the same name and number.
    pub users: &'static [(&'static str, u64)],
    /// Directories, with owner and mode.
    pub directories: &'static [(&'static str, u64, u32)],
    /// Symbolic links, and where they lead.
    pub links: &'static [(&'static str, &'static str)],
}

/// What every image needs.
const BASE: Setup = Setup {
    package: "",
    users: &[("root", 0), ("nobody", 65_534)],
    directories: &[
        ("dev", 0, 0o755),
        ("etc", 0, 0o755),
        ("proc", 0, 0o755),
        ("run", 0, 0o755),
        ("sys", 0, 0o755),
        ("tmp", 0, 0o1777),
        ("usr/bin", 0, 0o755),
        ("usr/lib", 0, 0o755),
        ("usr/lib64", 0, 0o755),
        ("usr/sbin", 0, 0o755),
        ("var/tmp", 0, 0o1777),
    ],
    links: &[
        ("bin", "usr/bin"),
        ("lib", "usr/lib"),
        ("lib64", "usr/lib64"),
        ("sbin", "usr/sbin"),
        ("var/run", "../run"),
    ],
};

// The numbers of haproxy are those of the public image.
const PACKAGES: [Setup; 3] = [
    Setup {
        package: "haproxy",
        users: &[("haproxy", 99)],
        directories: &[("run/haproxy", 99, 0o755), ("var/lib/haproxy", 99, 0o755)],
        links: &[],
    },
    Setup {
        package: "knot",
        users: &[("knot", 995)],
        directories: &[("run/knot", 995, 0o755), ("var/lib/knot", 995, 0o770)],
        links: &[],
    },
    Setup {
        package: "busybox-static",
        users: &[],
        directories: &[],
        links: &[("usr/bin/sh", "busybox"), ("usr/bin/sleep", "busybox")],
    },
];

/// What these packages need.
pub fn of(packages: &[String]) -> Vec<&'static Setup> {
    let wanted = PACKAGES.iter().filter(|setup| packages.iter().any(|package| package == setup.package));
    std::iter::once(&BASE).chain(wanted).collect()
}

// Packages of which only install scripts make use, and libraries that only those use.
const ONLY_FOR_SCRIPTS: [&str; 14] = [
    "adduser",
    "debconf",
    "dpkg",
    "init-system-helpers",
    "libpam-modules",
    "libpam-modules-bin",
    "libsemanage-common",
    "libsemanage2",
    "lsb-base",
    "passwd",
    "perl",
    "sysvinit-utils",
    "tar",
    "usrmerge",
];
const ONLY_FOR_SCRIPTS_FROM: [&str; 4] = ["libgdbm", "libperl5", "perl-base", "perl-modules"];

// Files that no program of an image reads.
const LEFT_OUT: [&str; 9] = [
    "etc/init.d",
    "usr/lib/systemd",
    "usr/share/bash-completion",
    "usr/share/bug",
    "usr/share/doc",
    "usr/share/info",
    "usr/share/lintian",
    "usr/share/locale",
    "usr/share/man",
];

/// Whether only install scripts make use of a package.
pub fn serves_install_scripts_only(package: &str) -> bool {
    ONLY_FOR_SCRIPTS.contains(&package)
        || ONLY_FOR_SCRIPTS_FROM.iter().any(|beginning| package.starts_with(beginning))
        || package.ends_with("-perl")
}

/// Whether a file does not become part of images.
pub fn is_left_out(path: &str) -> bool {
    let below = |place: &str| path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    LEFT_OUT.iter().any(|place| below(place)) || path.split('/').any(|part| part == "gconv")
}

/// What is decided here about an image of these packages: when it changes, the image is made again.
pub fn decided(packages: &[String]) -> String {
    format!("{:?} {ONLY_FOR_SCRIPTS:?} {ONLY_FOR_SCRIPTS_FROM:?} {LEFT_OUT:?}", of(packages))
}
