//! Where the results of a day go: the page to standard output, the report and the trace to files.

use ha_core::validate::{Problem, Problems};
use ha_local::sim::{
    Run,
    report::{Colour, Report, charts},
};
use std::{
    fs::File,
    io::{self, BufWriter, IsTerminal, Write},
    path::{Path, PathBuf},
};

/// The files that are written, opened before the day is run, so that a wrong name is known at once.
pub struct Outputs {
    json: Option<Output>,
    trace: Option<Output>,
}

/// A file to be written. One that was not there before is taken away again if nothing is written.
struct Output {
    path: PathBuf,
    file: File,
    fresh: bool,
}

impl Output {
    fn open(path: &Path) -> Result<Self, Problem> {
        let fresh = !path.exists();
        // What is there already is kept until there is something to put in its place.
        let opened = File::options().write(true).create(true).truncate(false).open(path);
        let file = opened.map_err(|error| unwritable(path, &error))?;
        Ok(Self { path: path.to_owned(), file, fresh })
    }
    fn write(mut self, content: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>) -> Result<(), Problems> {
        self.fresh = false;
        let written = self.file.set_len(0).and_then(|()| {
            let mut out = BufWriter::new(&self.file);
            content(&mut out)?;
            out.flush()
        });
        written.map_err(|error| Problems(vec![unwritable(&self.path, &error)]))
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if self.fresh {
            // Nothing was written: an empty file would say otherwise.
            std::fs::remove_file(&self.path).ok();
        }
    }
}

impl Outputs {
    /// Opens what is asked for.
    pub fn open(json: Option<&Path>, trace: Option<&Path>) -> Result<Self, Problems> {
        match (json.map(Output::open).transpose(), trace.map(Output::open).transpose()) {
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

/// Prints the page, and the requests that were followed.
pub fn print(run: &Run) {
    let stdout = io::stdout();
    let plain = !stdout.is_terminal() || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let mut page = charts(run.report(), if plain { Colour::Off } else { Colour::On });
    for life in run.followed() {
        page += &format!("\n{life}");
    }
    for (at, violation) in run.violations() {
        page += &format!("\nINVARIANT BROKEN at {at}: {violation}");
    }
    // Who reads it may have seen enough and gone, as `head` does.
    stdout.lock().write_all(page.as_bytes()).ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_that_cannot_be_written_is_named_in_a_line() {
        let gone = Path::new("no/such/folder/a.json");
        let Err(problems) = Outputs::open(Some(gone), Some(gone)) else { panic!("it was opened") };
        assert_eq!(problems.0.len(), 2);
        assert_eq!(problems.to_string().lines().count(), 2);
        assert!(problems.to_string().starts_with("no/such/folder/a.json: "));
    }

    #[test]
    fn a_file_is_not_left_behind_empty() {
        let path = std::env::temp_dir().join(format!("ha-examples-{}.json", std::process::id()));
        let opened = Outputs::open(Some(&path), None).unwrap_or_else(|problems| panic!("{problems}"));
        assert!(path.exists());
        drop(opened);
        assert!(!path.exists(), "nothing was written");
        std::fs::write(&path, "kept").unwrap();
        assert!(Outputs::open(Some(&path), Some(Path::new("no/such/folder/a"))).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "kept");
        std::fs::remove_file(&path).unwrap();
    }
}
