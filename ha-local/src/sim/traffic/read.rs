//! Reads traffic from a file: TOML for curves and recordings, or a recording's CSV itself.

use super::{Shape, Traffic, csv, daily::Daily};
use crate::sim::distribution::between;
use ha_core::{
    document::{Document, Section, Value, load},
    validate::Problems,
};
use std::{path::Path, sync::Arc, time::Duration};

/// More users a second than any site has.
const MOST: f64 = 1e9;

/// The kinds of traffic, as they are written.
#[derive(Clone, Copy)]
enum Kind {
    Constant,
    Poisson,
    Daily,
    Recorded,
}

impl Traffic {
    /// Reads a traffic file: CSV or TOML by its ending, else by its first line.
    pub fn load(path: &Path) -> Result<Self, Problems> {
        let text = load(path)?;
        let file = path.display().to_string();
        let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
        let csv = match ending.as_deref() {
            Some("csv") => true,
            Some("toml") => false,
            _ => csv::looks_like_csv(&text),
        };
        let folder = path.parent().unwrap_or(Path::new(""));
        if csv { Self::read_csv(&text, &file) } else { Self::read(&text, &file, folder) }
    }

    /// Reads a recording: CSV of a time column and a count column.
    pub fn read_csv(text: &str, file: &str) -> Result<Self, Problems> {
        csv::read(text, file).map(Self::recorded)
    }

    /// Reads the TOML of a traffic file; a recording's file is looked for in `folder`.
    pub fn read(text: &str, file: &str, folder: &Path) -> Result<Self, Problems> {
        let document = Document::parse(text, file)?;
        let root = document.root();
        let kinds = [
            ("constant", Kind::Constant),
            ("poisson", Kind::Poisson),
            ("daily", Kind::Daily),
            ("recorded", Kind::Recorded),
        ];
        let kind = root.required("kind", "kind = \"daily\"").and_then(|value| value.choice(&kinds));
        let mut recording = None;
        let shape = match kind {
            Some(Kind::Constant) => rate(&root, "per_second").map(Shape::Constant),
            Some(Kind::Poisson) => rate(&root, "per_second").map(Shape::Poisson),
            Some(Kind::Daily) => daily(&root).map(Shape::Daily),
            Some(Kind::Recorded) => {
                recording =
                    root.required("file", "file = \"requests.csv\"").and_then(|value| value.text().map(String::from));
                None
            }
            None => {
                for key in ["per_second", "peak_per_second", "peak_at", "trough", "file"] {
                    root.set_aside(key);
                }
                None
            }
        };
        let mut traffic = Self::of(shape.unwrap_or(Shape::Constant(0.0)));
        traffic.to = root.text("to").map(String::from);
        if let Some(scale) = root.value("scale").and_then(|value| between(&value, 0.0, MOST)) {
            traffic.scale = scale;
        }
        for section in root.sections("crowd") {
            traffic = crowd(&section, traffic);
            section.close();
        }
        root.close();
        let mut traffic = document.finish(traffic)?;
        if let Some(recorded) = recording {
            let path = folder.join(recorded);
            let read = csv::read(&load(&path)?, &path.display().to_string())?;
            traffic.shape = Shape::Recorded(Arc::new(read));
        }
        Ok(traffic)
    }
}

fn rate(root: &Section<'_>, key: &str) -> Option<f64> {
    between(&root.required(key, &format!("{key} = 100"))?, 0.0, MOST)
}

fn daily(root: &Section<'_>) -> Option<Daily> {
    let mut daily = Daily::default();
    if let Some(at) = root.value("peak_at").and_then(|value| before(&value, Duration::from_secs(86_400))) {
        daily.peak_at = at;
    }
    if let Some(trough) = root.value("trough").and_then(|value| between(&value, 0.0, 1.0)) {
        daily.trough = trough;
    }
    Some(Daily { peak: rate(root, "peak_per_second")?, ..daily })
}

fn before(value: &Value<'_>, end: Duration) -> Option<Duration> {
    let time = value.duration()?;
    if time < end {
        return Some(time);
    }
    value.report("it is not within the day", "give a time before 24h");
    None
}

fn crowd(section: &Section<'_>, traffic: Traffic) -> Traffic {
    let time = |key: &str| section.required(key, &format!("{key} = \"30m\"")).and_then(|value| value.duration());
    let (at, lasts) = (time("at"), time("lasts"));
    let ramp = section.duration("ramp").unwrap_or_default();
    let times = section.required("times", "times = 3").and_then(|value| between(&value, 0.0, 1000.0));
    match (at, lasts, times) {
        (Some(at), Some(lasts), Some(times)) => traffic.crowd(at, ramp, lasts, times),
        _ => traffic,
    }
}
