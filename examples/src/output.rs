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
    json: Option<(PathBuf, File)>,
    trace: Option<(PathBuf, File)>,
}

impl Outputs {
    /// Opens what is asked for.
    pub fn open(json: Option<&Path>, trace: Option<&Path>) -> Result<Self, Problems> {
        // What is there already is kept until there is something to put in its place.
        let mut options = File::options();
        options.write(true).create(true).truncate(false);
        let open = |path: &Path| match options.open(path) {
            Ok(file) => Ok((path.to_owned(), file)),
            Err(error) => Err(unwritable(path, &error)),
        };
        let (json, trace) = (json.map(open).transpose(), trace.map(open).transpose());
        match (json, trace) {
            (Ok(json), Ok(trace)) => Ok(Self { json, trace }),
            (json, trace) => Err(Problems([json.err(), trace.err()].into_iter().flatten().collect())),
        }
    }
    /// Writes the files.
    pub fn write(self, run: &Run) -> Result<(), Problems> {
        if let Some((path, file)) = self.json {
            write_report(file, run.report()).map_err(|error| Problems(vec![unwritable(&path, &error)]))?;
        }
        if let Some((path, file)) = self.trace {
            write_trace(file, run).map_err(|error| Problems(vec![unwritable(&path, &error)]))?;
        }
        Ok(())
    }
}

fn write_report(file: File, report: &Report) -> io::Result<()> {
    file.set_len(0)?;
    let mut out = BufWriter::new(file);
    serde_json::to_writer_pretty(&mut out, report)?;
    writeln!(out)?;
    out.flush()
}

/// One record a line; if some were not kept, a last line says how many.
fn write_trace(file: File, run: &Run) -> io::Result<()> {
    file.set_len(0)?;
    let mut out = BufWriter::new(file);
    for record in run.records() {
        serde_json::to_writer(&mut out, record)?;
        writeln!(out)?;
    }
    if run.records_left_out > 0 {
        writeln!(out, "{{\"left_out\":{}}}", run.records_left_out)?;
    }
    out.flush()
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
}
