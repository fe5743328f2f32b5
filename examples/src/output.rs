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

/// A file to be written. One that is there keeps its content until there is something to put in its place; one that is
/// not there is made with its content, since an empty file would say otherwise.
struct Output {
    path: PathBuf,
    there: Option<File>,
}

impl Output {
    fn open(path: &Path) -> Result<Self, Problem> {
        let fresh = path.symlink_metadata().is_err();
        let opened = File::options().write(true).create(true).truncate(false).open(path);
        let file = opened.map_err(|error| unwritable(path, &error))?;
        if fresh {
            std::fs::remove_file(path).map_err(|error| unwritable(path, &error))?;
        }
        Ok(Self { path: path.to_owned(), there: (!fresh).then_some(file) })
    }
    fn write(self, content: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> Result<(), Problems> {
        let path = self.path.clone();
        let written = self.emptied().and_then(|file| {
            let mut out = BufWriter::new(file);
            content(&mut out)?;
            out.flush()
        });
        written.map_err(|error| Problems(vec![unwritable(&path, &error)]))
    }
    fn emptied(self) -> io::Result<File> {
        let Some(file) = self.there else { return File::create(self.path) };
        // A pipe or a device has nothing to be emptied.
        if file.metadata()?.is_file() {
            file.set_len(0)?;
        }
        Ok(file)
    }
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
}
