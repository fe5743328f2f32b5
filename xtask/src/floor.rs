//! `cargo xtask aws-floor`: the least that a site takes at AWS, counted from its plan, and what it takes on an emulator.

use crate::{docker, part::Stop};
use ha_aws_tasks::floor::Floor;
use ha_core::ValidTopology;
use std::path::Path;

/// The topology that is counted where none is named.
const REFERENCE: &str = "examples/sites/web.toml";

/// Prints the floor of a site; measures it as well where that is asked for.
pub fn run(root: &Path, arguments: &[&str]) -> Result<(), Stop> {
    let (mut file, mut measured) = (root.join(REFERENCE), false);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match (*word, words.as_slice()) {
            ("--topology", [named, ..]) => {
                file = Path::new(named).to_owned();
                words.next();
            }
            ("--on", ["moto", ..]) => {
                measured = true;
                words.next();
            }
            (other, _) => {
                return Err(Stop::Usage(format!("aws-floor: {other}? There are --topology FILE and --on moto")));
            }
        }
    }
    let site = ValidTopology::load(&file).map_err(|problems| Stop::Usage(problems.to_string()))?;
    print!("{}", Floor::of_site(&site));
    if measured { docker::floor(root, &file) } else { Ok(()) }
}
