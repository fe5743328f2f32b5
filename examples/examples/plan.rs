//! Prints what would be made of a site, offline: from an empty world, without a provider and without credentials.

use ha_core::{Observed, ValidTopology, plan, time::Timestamp};
use std::{io::Write, path::Path, process::ExitCode};

const HELP: &str = "\
What would be made of a site, from an empty world: no provider is asked, no
credentials are needed.

usage: plan FILE [--json]   (here: cargo run --example plan -- FILE [--json])

examples:
  plan examples/sites/web.toml           the plan for a person
  plan examples/sites/web.toml --json    the same for a program
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let shown = match words.as_slice() {
        ["--help" | "-h"] => Ok(HELP.to_owned()),
        [] | ["--json"] => Err("plan: no file is named; name one, as examples/sites/web.toml".to_owned()),
        [file, "--json"] | ["--json", file] => show(file, true),
        [file] if !file.starts_with("--") => show(file, false),
        [.., last] => Err(format!("plan: {last:?} is not known, or too many; give FILE and, for a program, --json")),
    };
    match shown {
        // Whoever reads may stop when he has seen enough.
        Ok(text) => match writeln!(std::io::stdout(), "{}", text.trim_end()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
        Err(problems) => {
            eprintln!("{problems}");
            ExitCode::from(2)
        }
    }
}

fn show(file: &str, json: bool) -> Result<String, String> {
    let site = ValidTopology::load(Path::new(file)).map_err(|problems| problems.to_string())?;
    let plan = plan(&site, &Observed::nothing(Timestamp::ZERO));
    Ok(if json { plan.save() } else { plan.to_string() })
}
