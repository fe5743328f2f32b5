//! Where the results of a day go: the page to standard output, the report and the trace to files.

use crate::arguments::Options;
use ha_core::validate::{Problem, Problems};
use ha_local::sim::{
    Profile, Run,
    report::{Colour, Report, charts},
};
use std::{
    fs::File,
    io::{self, BufWriter, IsTerminal, Write},
    path::{Path, PathBuf},
};

/// The files that are written, tried before the day is run, so that a wrong name is known at once.
pub struct Outputs {
    json: Option<Output>,
    trace: Option<Output>,
}

/// A file to be written. What is there stays whole until all of the new content can take its place at once.
struct Output {
    path: PathBuf,
}

impl Output {
    fn open(path: &Path) -> Result<Self, Problem> {
        let fresh = path.symlink_metadata().is_err();
        File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .and_then(|_| if fresh { std::fs::remove_file(path) } else { Ok(()) })
            .map_err(|error| unwritable(path, &error))?;
        Ok(Self { path: path.to_owned() })
    }
    fn write(self, content: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> Result<(), Problems> {
        self.replace(content).map_err(|error| Problems(vec![unwritable(&self.path, &error)]))
    }
    fn replace(&self, content: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
        let there = self.path.metadata().ok();
        // A pipe or a device is written to, not replaced.
        if there.as_ref().is_some_and(|there| !there.is_file()) {
            return fill(File::options().write(true).open(&self.path)?, content);
        }
        // Where a link leads, so that it stays one.
        let path = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let part = path.with_file_name(name);
        let replaced = File::create(&part).and_then(|file| {
            if let Some(there) = there {
                file.set_permissions(there.permissions())?;
            }
            fill(file, content)?;
            std::fs::rename(&part, &path)
        });
        replaced.inspect_err(|_| drop(std::fs::remove_file(&part)))
    }
}

fn fill(file: File, content: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    content(&mut out)?;
    out.flush()
}

impl Outputs {
    /// Tries what is asked for.
    pub fn open(options: &Options) -> Result<Self, Problems> {
        let clashes = clashes(options);
        if !clashes.is_empty() {
            return Err(Problems(clashes));
        }
        let open = |path: &Option<PathBuf>| path.as_deref().map(Output::open).transpose();
        match (open(&options.json), open(&options.trace)) {
            (Ok(json), Ok(trace)) => Ok(Self { json, trace }),
            (json, trace) => Err(Problems([json.err(), trace.err()].into_iter().flatten().collect())),
        }
    }
    /// Writes the files.
    pub fn write(self, run: &Run) -> Result<(), Problems> {
        if let Some(json) = self.json {
            json.write(|out| write_report(out, run.report()))?;
        }
        if let Some(trace) = self.trace {
            trace.write(|out| write_trace(out, run))?;
        }
        Ok(())
    }
}

/// Files that would be written over one another, or over what the day is made of.
fn clashes(options: &Options) -> Vec<Problem> {
    let profile = Profile::named(&options.profile).is_none().then(|| PathBuf::from(&options.profile));
    let named = [
        ("--topology", &options.topology),
        ("--traffic", &options.traffic),
        ("--faults", &options.faults),
        ("--profile", &profile),
        ("--workload", &options.workload),
        ("--json", &options.json),
        ("--trace", &options.trace),
    ];
    let places: Vec<_> = named.iter().map(|(option, path)| (*option, path.as_deref().and_then(place))).collect();
    let clash = |(index, (option, place)): (usize, &(&str, Option<PathBuf>))| {
        let same = |other: &&(&str, Option<PathBuf>)| place.is_some() && other.1 == *place;
        let other = places[..index].iter().find(same).filter(|_| ["--json", "--trace"].contains(option))?;
        let what = format!("it would be written over the file of {}", other.0);
        Some(Problem::new(*option, what, "name another file"))
    };
    places.iter().enumerate().filter_map(clash).collect()
}

/// Where a file is or would be, whatever way it is named; `None`: nowhere, or no file, as a device or a pipe.
fn place(path: &Path) -> Option<PathBuf> {
    if path.exists() {
        return path.canonicalize().ok().filter(|place| place.is_file());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Some(folder.canonicalize().ok()?.join(path.file_name()?))
}

fn write_report(out: &mut impl Write, report: &Report) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    writeln!(out)
}

/// One record a line; if some were not kept, a last line says how many.
fn write_trace(out: &mut impl Write, run: &Run) -> io::Result<()> {
    for record in run.records() {
        serde_json::to_writer(&mut *out, record)?;
        writeln!(out)?;
    }
    if run.records_left_out > 0 {
        writeln!(out, "{{\"left_out\":{}}}", run.records_left_out)?;
    }
    Ok(())
}

fn unwritable(path: &Path, error: &io::Error) -> Problem {
    Problem::new(
        path.display().to_string(),
        format!("it cannot be written: {error}"),
        "name a file that may be written",
    )
}

/// The page, and the requests that were followed; in colour where standard output is a terminal.
pub fn page(run: &Run) -> String {
    let plain = !io::stdout().is_terminal() || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let mut page = charts(run.report(), if plain { Colour::Off } else { Colour::On });
    for life in run.followed() {
        page += &format!("\n{life}");
    }
    for (at, violation) in run.violations() {
        page += &format!("\nINVARIANT BROKEN at {at}: {violation}");
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(json: &Path, trace: Option<&Path>) -> Options {
        Options { json: Some(json.into()), trace: trace.map(Path::to_path_buf), ..Options::default() }
    }

    #[test]
    fn every_file_that_cannot_be_written_is_named_in_a_line() {
        let gone = Path::new("no/such/folder/a.json");
        let Err(problems) = Outputs::open(&to(gone, Some(gone))) else { panic!("it was opened") };
        assert_eq!(problems.0.len(), 2);
        assert_eq!(problems.to_string().lines().count(), 2);
        assert!(problems.to_string().starts_with("no/such/folder/a.json: "));
    }

    #[test]
    fn nothing_is_made_or_emptied_before_there_is_something_to_write() {
        let path = std::env::temp_dir().join(format!("ha-examples-{}.json", std::process::id()));
        Outputs::open(&to(&path, None)).unwrap_or_else(|problems| panic!("{problems}"));
        assert!(!path.exists());
        std::fs::write(&path, "kept").unwrap();
        assert!(Outputs::open(&to(&path, Some(Path::new("no/such/folder/a")))).is_err());
        assert!(Outputs::open(&to(&path, Some(&path))).is_err());
        Outputs::open(&to(&path, None)).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "kept");
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn what_is_there_stays_whole_until_all_of_the_new_can_take_its_place() {
        let folder = std::env::temp_dir().join(format!("ha-examples-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("day.json");
        std::fs::write(&path, "of yesterday").unwrap();
        let output = || Output::open(&path).unwrap_or_else(|problem| panic!("{problem}"));
        let broken_off = output().write(|out| out.write_all(b"of to").and(Err(io::ErrorKind::StorageFull.into())));
        assert!(broken_off.unwrap_err().to_string().contains("it cannot be written"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "of yesterday");
        output().write(|out| out.write_all(b"of today")).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "of today");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "nothing else is left beside it");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
