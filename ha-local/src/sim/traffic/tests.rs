//! Traffic: what is read, what is refused, and that segments give out exactly what was counted.

use super::*;
use proptest::prelude::*;
use std::path::{Path, PathBuf};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

fn counts(traffic: &Traffic) -> Vec<Option<u64>> {
    let segments = traffic.segments(traffic.length().unwrap());
    let count = |segment: &Segment| match segment.arrivals {
        Arrivals::Count(count) => Some(count),
        Arrivals::Unknown => None,
        Arrivals::Rate(_) | Arrivals::Linear(..) | Arrivals::Even(_) => panic!("{:?}", segment.arrivals),
    };
    segments.iter().map(count).collect()
}

fn total(segments: &[Segment]) -> f64 {
    segments.iter().map(Segment::expected).sum()
}

#[test]
fn a_recording_is_read_with_its_step_and_its_gaps() {
    let text = "minute,requests\n1995-07-01 23:58,3\n1995-07-01 23:59:00,0\n# a note\n\n\"1995-07-02 00:02\", 4.0\n";
    let traffic = Traffic::read_csv(text, "x.csv").unwrap_or_else(|problems| panic!("{problems}"));
    let recording = traffic.recording().unwrap();
    assert_eq!(recording.step, 60 * SECOND);
    assert_eq!((recording.length(), recording.unknown_steps(), recording.total()), (300 * SECOND, 2, 7.0));
    let segments = traffic.segments(HOUR);
    assert_eq!(counts(&traffic), [Some(3), Some(0), None, Some(4)]);
    assert_eq!(segments[4].arrivals, Arrivals::Unknown, "after the end of the recording");
    assert_eq!(segments.iter().map(|segment| segment.length).sum::<Duration>(), HOUR);
    assert_eq!((segments[2].start.0, segments[2].length), (120_000_000_000, 120 * SECOND));
}

#[test]
fn times_may_be_seconds_and_the_header_left_out() {
    let recording = csv::read("0,5\n0.5,6\n1.5,7\n2,8\n", "x").unwrap();
    assert_eq!(recording.step, SECOND / 2);
    assert_eq!(recording.counts, [(0, 5.0), (1, 6.0), (3, 7.0), (4, 8.0)]);
}

#[test]
fn the_header_says_which_column_is_the_time() {
    let table = [
        ("time,count\n", [(0, 5.0), (1, 7.0)], "0,5\n7,7\n"),
        ("count,time\n", [(0, 5.0), (1, 7.0)], "5,0\n7,7\n"),
        ("requests_per_minute,\"Time\"\r\n", [(0, 5.0), (1, 7.0)], "5,1995-07-01 00:00\r\n7,1995-07-01 00:01\r\n"),
        ("minute_utc,hits per second\n", [(0, 5.0), (1, 7.0)], "0,5\n60,7\n"),
        ("when,how many\n", [(0, 5.0), (1, 7.0)], "0,5\n60,7\n"),
    ];
    for (header, expected, rows) in table {
        let recording = csv::read(&format!("{header}{rows}"), "x").unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(recording.counts, expected, "{header}");
    }
    let swapped = Traffic::read_csv("count,time\n1,0\nx,60\n3,never\n", "x.csv").unwrap_err().to_string();
    let told: Vec<_> = swapped.lines().map(|line| line.split(" is ").next().unwrap_or_default()).collect();
    assert_eq!(told, ["x.csv:3:1: count: \"x\"", "x.csv:4:3: time: \"never\""]);
}

#[test]
fn a_file_that_is_broken_throughout_is_told_in_a_few_lines() {
    let rows: String = (0..40_000).map(|second| format!("{second};5\n")).collect();
    let told = Traffic::read_csv(&rows, "x.csv").unwrap_err().to_string();
    assert_eq!(told.lines().count(), 11);
    assert_eq!(told.lines().last(), Some("x.csv: 39990 problems more; put these right first"));
}

#[test]
fn every_bad_line_is_told_with_its_number() {
    let text = "time,count\n0,1\n60,-1\nnever,2\n60,x\n60,2,3\n120,1\n120,1\n180,1\n200,1\n240,inf\n";
    let problems = Traffic::read_csv(text, "x.csv").unwrap_err().to_string();
    let expected = [
        "x.csv:3:4: count: \"-1\" is not a count",
        "x.csv:4:1: time: \"never\" is not a time",
        "x.csv:5:4: count: \"x\" is not a count",
        "x.csv:6:1: line: 3 columns",
        "x.csv:8:1: time: it is not later than the line before",
        "x.csv:11:5: count: \"inf\" is not a count",
    ];
    for expected in expected {
        assert!(problems.lines().any(|line| line.starts_with(expected)), "{expected} in\n{problems}");
    }
    let off = Traffic::read_csv("0,1\n60,1\n120,1\n150,1\n", "x.csv").unwrap_err().to_string();
    assert_eq!(off.lines().count(), 1, "{off}");
    assert!(off.starts_with("x.csv:4:1: time: it is not a whole number of steps (1m) after the first"), "{off}");
    for text in ["", "time,count\n", "time,count\n0,1\n"] {
        assert!(Traffic::read_csv(text, "x.csv").unwrap_err().to_string().contains("they tell the step"), "{text:?}");
    }
    let broken = Traffic::read_csv("time,count\n0,1\n60,x\n", "x.csv").unwrap_err().to_string();
    assert_eq!(broken, "x.csv:3:4: count: \"x\" is not a count; give a number from 0 to 1e12");
}

#[test]
fn a_crowd_comes_on_top_of_what_was_counted() {
    let rows: String = (0..10).map(|minute| format!("{},100\n", minute * 60)).collect();
    let crowd = Traffic::read_csv(&rows, "x").unwrap().crowd(120 * SECOND, 60 * SECOND, 90 * SECOND, 3.0);
    // The fifth minute is half full, half the first part of the way back.
    let expected = [100, 100, 200, 300, 275, 125, 100, 100, 100, 100];
    assert_eq!(counts(&crowd), expected.map(Some));
}

#[test]
fn curves_follow_each_other_without_a_gap_to_the_end_of_the_run() {
    let day = 24 * HOUR;
    for traffic in [Traffic::constant(5.0), Traffic::poisson(5.0), Traffic::daily(9.0)] {
        let traffic = traffic.crowd(30 * 60 * SECOND, 600 * SECOND, HOUR, 2.0);
        let segments = traffic.segments(day + SECOND);
        let mut next = 0;
        for segment in &segments {
            assert_eq!(segment.start.0, next);
            next += u64::try_from(segment.length.as_nanos()).unwrap();
        }
        assert_eq!(Duration::from_nanos(next), day + SECOND);
    }
}

#[test]
fn a_crowd_on_a_constant_rate_has_its_corners() {
    let traffic = Traffic::constant(10.0).crowd(600 * SECOND, 60 * SECOND, 120 * SECOND, 3.0).scale(2.0);
    let segments = traffic.segments(1000 * SECOND);
    let expected = [
        (600, Arrivals::Even(20.0)),
        (60, Arrivals::Linear(20.0, 60.0)),
        (120, Arrivals::Even(60.0)),
        (60, Arrivals::Linear(60.0, 20.0)),
        (160, Arrivals::Even(20.0)),
    ];
    let found: Vec<_> = segments.iter().map(|segment| (segment.length.as_secs(), segment.arrivals)).collect();
    assert_eq!(found, expected);
    let sudden = Traffic::poisson(10.0).crowd(5 * SECOND, Duration::ZERO, 5 * SECOND, 3.0).segments(20 * SECOND);
    assert_eq!(
        sudden.iter().map(|segment| segment.arrivals).collect::<Vec<_>>(),
        [10.0, 30.0, 10.0].map(Arrivals::Rate)
    );
}

fn read(text: &str) -> Result<Traffic, String> {
    Traffic::read(text, "t.toml", Path::new("no/such/folder")).map_err(|problems| problems.to_string())
}

#[test]
fn every_kind_is_read_from_toml() {
    assert_eq!(read("kind = \"constant\"\nper_second = 5"), Ok(Traffic::constant(5.0)));
    assert_eq!(read("kind = \"poisson\"\nper_second = 5\nscale = 2"), Ok(Traffic::poisson(5.0).scale(2.0)));
    let day = include_str!("../../../../examples/sites/day.traffic.toml");
    let minutes = |minutes: u32| 60 * minutes * SECOND;
    let expected = Traffic::daily(547.0).to("shop.example").crowd(minutes(630), minutes(10), minutes(30), 2.0);
    assert_eq!(read(day), Ok(expected));
    let missing = read("kind = \"recorded\"\nfile = \"x.csv\"").unwrap_err();
    assert!(missing.contains("x.csv: there is no such file"), "{missing}");
}

#[test]
fn all_problems_of_the_toml_are_told() {
    let text = "kind = \"daly\"\nscale = -1\n[[crowd]]\nat = \"1h\"\ntimes = \"x\"\n";
    let problems = read(text).unwrap_err();
    let expected = [
        "t.toml:1:8: kind: \"daly\" is not known here; did you mean \"daily\"?",
        "t.toml:2:9: scale: -1 is out",
        "t.toml:3:1: crowd[0].lasts: it is missing",
        "t.toml:5:9: crowd[0].times: \"x\" is not a number",
    ];
    assert_eq!(problems.lines().count(), expected.len(), "{problems}");
    for (line, expected) in problems.lines().zip(expected) {
        assert!(line.starts_with(expected), "{line}");
    }
    assert!(read("kind = \"daily\"\npeak_per_second = 1\npeak_at = \"24h\"").is_err());
    assert!(read("kind = \"poisson\"\npeak_per_second = 1").unwrap_err().contains("did you mean \"per_second\"?"));
}

#[test]
#[ignore = "needs ../shared/data/traces beside the project"]
fn the_recorded_traces_are_read_whole() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/traces");
    let table = [
        ("nasa_1995_07_per_minute.csv", 39_693, 0, 60, 1_891_713),
        ("worldcup98_06-10_to_06-20_per_minute.csv", 15_840, 0, 60, 419_700_000),
        ("aws_elb_request_count_5min.csv", 4032, 8, 300, 249_327),
    ];
    for (name, rows, gaps, step, requests) in table {
        let traffic = Traffic::load(&folder.join(name)).unwrap_or_else(|problems| panic!("{problems}"));
        let recording = traffic.recording().unwrap();
        assert_eq!((recording.counts.len(), recording.unknown_steps(), recording.step.as_secs()), (rows, gaps, step));
        assert!((recording.total() / f64::from(requests) - 1.0).abs() < 0.001, "{name}: {}", recording.total());
        assert_eq!(traffic.segments(28 * 24 * HOUR).last().unwrap().arrivals, Arrivals::Unknown);
        let scaled = traffic.clone().scale(50.0);
        assert_eq!(total(&scaled.segments(scaled.length().unwrap())), recording.total() * 50.0);
    }
}

proptest! {
    #[test]
    fn scaled_counts_add_up_exactly(counts in prop::collection::vec(0u32..2000, 2..60), scale in 0.001f64..50.0) {
        let rows: String = counts.iter().enumerate().map(|(second, count)| format!("{second},{count}\n")).collect();
        let traffic = Traffic::read_csv(&rows, "x").unwrap().scale(scale);
        let sum: u32 = counts.iter().sum();
        prop_assert_eq!(total(&traffic.segments(HOUR)), (f64::from(sum) * scale).round());
    }

    #[test]
    fn no_text_makes_the_readers_panic(text in ".*", number in any::<f64>(), key in "[a-z_]{1,12}", value in ".{0,12}") {
        let _ = Traffic::read_csv(&text, "x");
        let _ = Traffic::read_csv(&format!("0,1\n{number},{number}\n{text}"), "x");
        let _ = read(&format!("kind = \"daily\"\n{key} = {value}\n{text}"));
    }

    #[test]
    fn no_crowd_or_run_makes_segments_panic(at in any::<u64>(), ramp in any::<u64>(), lasts in any::<u64>(), run in 0u64..1 << 52) {
        let nanos = Duration::from_nanos;
        for traffic in [Traffic::daily(5.0), Traffic::read_csv("0,1\n1,5\n5,3\n", "x").unwrap()] {
            let segments = traffic.crowd(nanos(at % (1 << 52)), nanos(ramp), nanos(lasts), 2.0).segments(nanos(run));
            prop_assert!(segments.iter().all(|segment| segment.length > Duration::ZERO));
        }
    }
}
