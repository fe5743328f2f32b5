//! What a load came to, for people in 80 columns and for programs.

use super::Row;
use ha_local::docker::lab::load::Sent;
use serde_json::{Value, json};
use std::{fmt::Write, time::Duration};

/// As many failures are told for each line; programs are told all.
const MOST: usize = 20;
/// Who sends so late is a load of its own kind.
const LATE: Duration = Duration::from_millis(50);

/// For people.
pub fn text(rows: &[Row], rate: f64) -> String {
    let mut text = format!("{rate} requests a second; times in ms\n\n");
    let head = ["times", "sent", "failed", "may fail", "99 %", "worst", "late"];
    let _ = write!(text, "{:<11}", "");
    let widths = [6, 8, 8, 10, 7, 8, 7];
    head.iter().zip(widths).for_each(|(head, width)| text += &format!("{head:>width$}"));
    text += "\n";
    for row in rows {
        let [took, late] = row.told.took_and_late(0.99);
        let [worst, _] = row.told.took_and_late(1.0);
        let verdict = &row.verdict;
        let counts = [row.times, verdict.sent, verdict.failed, verdict.may].map(|count| count.to_string());
        let times = [took, worst, late].map(|time| time.as_millis().to_string());
        let _ = write!(text, "{:<11}", row.scenario.word());
        counts.iter().chain(&times).zip(widths).for_each(|(cell, width)| text += &format!("{cell:>width$}"));
        let _ = writeln!(text, "  {}", if verdict.wrong.is_empty() { "holds" } else { "DOES NOT HOLD" });
    }
    for row in rows {
        tell(&mut text, row);
    }
    text
}

fn tell(text: &mut String, row: &Row) {
    let [_, late] = row.told.took_and_late(0.99);
    if late > LATE {
        let share = late.as_millis();
        let _ = writeln!(text, "\n{}: 1 % was sent {share} ms late or more: the machine is busy", row.scenario.word());
    }
    if row.verdict.failed == 0 && row.verdict.wrong.is_empty() {
        return;
    }
    let detection = row.detection.as_secs_f64();
    let _ = writeln!(text, "\n{} (detection within {detection} s)", row.scenario.word());
    row.verdict.wrong.iter().for_each(|wrong| *text += &format!("  WRONG: {wrong}\n"));
    let befell = |sent: &Sent| row.moments.iter().any(|moment| moment.allows(sent));
    // What may not fail comes first.
    let (may, may_not): (Vec<&Sent>, Vec<&Sent>) = row.told.failed().partition(|sent| befell(sent));
    for (what, those) in [("may not fail", may_not), ("may fail", may)] {
        those.iter().take(MOST).for_each(|sent| *text += &format!("  {sent} ({what})\n"));
        if those.len() > MOST {
            let _ = writeln!(text, "  and {} others that {what}", those.len() - MOST);
        }
    }
}

/// For programs.
pub fn json(rows: &[Row], rate: f64) -> String {
    let rows: Vec<Value> = rows.iter().map(value).collect();
    let holds = rows.iter().all(|row| row["holds"] == json!(true));
    format!("{:#}\n", json!({ "rate_per_second": rate, "holds": holds, "scenarios": rows }))
}

fn value(row: &Row) -> Value {
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let of = |share: f64| row.told.took_and_late(share).map(ms);
    let ([took, late], [median, _], [worst, latest]) = (of(0.99), of(0.5), of(1.0));
    let failures = row.told.failed().map(|sent| {
        let failed = sent.outcome.as_ref().err();
        json!({
            "number": sent.number, "post": sent.post, "at_ms": ms(sent.at), "took_ms": ms(sent.took),
            "kind": failed.map(|failed| &failed.kind), "instance": failed.and_then(|failed| failed.instance.as_ref()),
            "kept_connection": failed.map(|failed| failed.kept),
            "may_fail": row.moments.iter().any(|moment| moment.allows(sent)),
        })
    });
    let verdict = &row.verdict;
    json!({
        "scenario": row.scenario.word(), "times": row.times, "holds": verdict.wrong.is_empty(), "wrong": verdict.wrong,
        "sent": verdict.sent, "failed": verdict.failed, "may_fail": verdict.may,
        "posts_acknowledged": verdict.acknowledged, "detection_ms": ms(row.detection),
        "latency_ms": { "median": median, "p99": took, "worst": worst },
        "late_ms": { "p99": late, "worst": latest },
        "failures": failures.collect::<Vec<_>>(),
    })
}
