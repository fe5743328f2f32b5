//! Prints what would be made of a site, offline: from an empty world, without a provider and without credentials.

use ha_core::{Observed, ValidTopology, plan, time::Timestamp, validate::Problems};
use std::{path::Path, process::ExitCode};

const HELP: &str = "\
What would be made of a site, from an empty world: no provider is asked, no credentials are needed.

usage: plan FILE [--json]      (from the project: cargo run --example plan -- FILE)

examples:
  plan examples/sites/web.toml           the plan for a person
  plan examples/sites/web.toml --json    the same for a program
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let shown = match words.as_slice() {
        ["--help" | "-h"] => Ok(HELP.trim_end().to_owned()),
        [file] => show(file, false),
        [file, "--json"] | ["--json", file] => show(file, true),
        _ => {
            eprint!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match shown {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(problems) => {
            eprintln!("{problems}");
            ExitCode::from(2)
        }
    }
}

fn show(file: &str, json: bool) -> Result<String, Problems> {
    let site = ValidTopology::load(Path::new(file))?;
    let plan = plan(&site, &Observed::nothing(Timestamp::ZERO));
    Ok(if json { plan.save() } else { plan.to_string() })
}
