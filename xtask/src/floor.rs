//! `cargo xtask aws-floor`: the least that a site takes at AWS, counted from its plan, and what it takes on an emulator.

use crate::{docker, part::Stop};
use ha_aws_tasks::floor::Floor;
use ha_core::ValidTopology;
use std::path::{Path, PathBuf};

/// The topology that is counted where none is named.
const REFERENCE: &str = "examples/sites/web.toml";
/// What is measured on an emulator, by what is asked for: the option, its word, and the tests that do it.
const MEASURES: [(&str, &str, &str); 2] = [("--on", "moto", "floor::"), ("--against", "boto3", "bench::")];

/// What is asked for.
#[derive(Debug, Default, PartialEq)]
struct Asked {
    topology: Option<PathBuf>,
    tests: Vec<&'static str>,
}

/// Prints the floor of a site; measures it as well where that is asked for.
pub fn run(root: &Path, arguments: &[&str]) -> Result<(), Stop> {
    let asked = read(arguments)?;
    let file = asked.topology.unwrap_or_else(|| root.join(REFERENCE));
    let site = ValidTopology::load(&file).map_err(|problems| Stop::Usage(problems.to_string()))?;
    print!("{}", Floor::of_site(&site));
    if asked.tests.is_empty() { Ok(()) } else { docker::floor(root, &file, &asked.tests) }
}

fn read(arguments: &[&str]) -> Result<Asked, Stop> {
    let (pairs, alone) = arguments.as_chunks::<2>();
    let mut asked = Asked::default();
    for [option, word] in pairs {
        match MEASURES.iter().find(|(known, with, _)| known == option && with == word) {
            Some((_, _, tests)) => asked.tests.push(tests),
            None if *option == "--topology" => asked.topology = Some(PathBuf::from(word)),
            None => return Err(unknown(&format!("{option} {word}"))),
        }
    }
    alone.first().map_or(Ok(asked), |word| Err(unknown(word)))
}

fn unknown(words: &str) -> Stop {
    let there: Vec<String> = MEASURES.iter().map(|(option, word, _)| format!("{option} {word}")).collect();
    Stop::Usage(format!("aws-floor: {words}? There are --topology FILE, {}", there.join(" and ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_is_asked_for_by_an_option_and_its_word() {
        assert_eq!(read(&[]).unwrap(), Asked::default());
        let both = read(&["--against", "boto3", "--topology", "a.toml", "--on", "moto"]).unwrap();
        assert_eq!(both, Asked { topology: Some("a.toml".into()), tests: vec!["bench::", "floor::"] });
        for wrong in ["--on", "--on boto3", "--against moto", "--topology", "boto3", "--on moto --against"] {
            let words: Vec<&str> = wrong.split(' ').collect();
            let Err(Stop::Usage(said)) = read(&words) else { panic!("{wrong} is taken") };
            assert!(said.contains("--against boto3"), "{said}");
        }
    }
}
