//! Programs that a program of ours starts.

use std::{env, ffi::OsStr, process::Command};

/// Such a program, as if a person had started it: what the cargo that started us says of our own package is no word on
/// others. Build scripts that look at it would build theirs anew each time that somebody else is the first.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        let said = name.to_string_lossy();
        if said.starts_with("CARGO_PKG_") || said.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

#[cfg(test)]
mod tests {
    use super::command;

    #[test]
    fn a_child_hears_nothing_of_our_own_package_and_the_rest_as_it_is() {
        let child = command("sh").args(["-c", "echo [$CARGO_PKG_NAME$CARGO_MANIFEST_DIR]; test -n \"$PATH\""]).output();
        let child = child.expect("there is a shell");
        assert!(std::env::var_os("CARGO_PKG_NAME").is_some(), "cargo starts this test");
        assert_eq!((child.stdout.as_slice(), child.status.success()), (&b"[]\n"[..], true));
    }
}
