//! Reads what HAProxy says of itself: its servers, its counters, its maps, its workers.

use super::meter::Counters;
use std::collections::BTreeMap;

/// What is asked in one go; of each answer the first line tells which it is.
pub(super) fn questions() -> Vec<String> {
    ["@1 show info", "@1 show servers state", "@1 show stat", "show proc"].map(str::to_owned).to_vec()
}

/// What HAProxy says of itself.
#[derive(Clone, Debug, PartialEq, Default)]
pub(super) struct Seen {
    /// The configuration that runs, as its description names it.
    pub(super) digest: String,
    /// Workers that were replaced and still finish what they have.
    pub(super) old_workers: usize,
    /// By backend and name.
    pub(super) servers: BTreeMap<(String, String), Server>,
    /// By the map's file: its entries.
    pub(super) maps: BTreeMap<String, BTreeMap<String, String>>,
}

/// An instance as HAProxy has it in one backend.
#[derive(Clone, Debug, PartialEq, Default)]
pub(super) struct Server {
    /// Whether its checks let it have requests.
    pub(super) up: bool,
    /// Set aside: it gets no request, and is not checked.
    pub(super) parked: bool,
    /// Asked to finish what it has.
    pub(super) draining: bool,
    /// The share of requests it is to have.
    pub(super) weight: u32,
    /// How its last check ended: `L7OK`, `L7STS`, `L4TOUT`..; `INI` before the first.
    pub(super) check: String,
    /// Requests in flight.
    pub(super) in_flight: u64,
    /// For how many seconds its checks, or an order, have let it have requests or not.
    pub(super) since: u64,
    /// What was counted.
    pub(super) counters: Counters,
}

/// Longer than a connection is waited for, in whole seconds of HAProxy's clock.
const TRIED: u64 = 2;
/// Bits of `srv_admin_state`.
const PARKED: u32 = 0x01 | 0x02 | 0x04 | 0x20 | 0x40;
const DRAINING: u32 = 0x08 | 0x10;

impl Seen {
    /// Whether anything is in flight on anybody.
    pub(super) fn busy(&self) -> bool {
        let instances = self.servers.iter().filter(|((backend, _), _)| backend.as_str() != "control");
        self.old_workers > 0 || instances.map(|(_, server)| server.in_flight).sum::<u64>() > 0
    }
}

impl Server {
    /// Whether its last check ended well.
    pub(super) fn passed(&self) -> bool {
        self.check == "L7OK"
    }
    /// Whether nobody tries to connect to it any more, if it is out: who did was sent elsewhere, unless he was ended.
    pub(super) fn left_alone(&self) -> bool {
        self.since >= TRIED || self.check.ends_with("7TOUT")
    }
    /// Whether nobody answered its last check: what is in flight on it will not be answered either.
    pub(super) fn silent(&self) -> bool {
        ["L4TOUT", "L4CON", "L6TOUT", "L7TOUT"].contains(&self.check.as_str())
    }
}

/// Reads the answers to [`questions`]; the error is a sentence.
pub(super) fn read(text: &str) -> Result<Seen, String> {
    let mut seen = Seen::default();
    let mut found = 0;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let body: Vec<&str> = match line {
            _ if line.starts_with("# be_id") || line.starts_with("# pxname") || line.starts_with("#<PID>") => {
                std::iter::from_fn(|| lines.next_if(|line| !line.is_empty())).collect()
            }
            _ => Vec::new(),
        };
        if let Some(digest) = line.strip_prefix("description: ") {
            digest.clone_into(&mut seen.digest);
            found += 1;
        } else if line.starts_with("# be_id") {
            states(line, &body, &mut seen);
            found += 1;
        } else if line.starts_with("# pxname") {
            counters(line, &body, &mut seen);
            found += 1;
        } else if line.starts_with("#<PID>") {
            seen.old_workers = old_workers(&body);
            found += 1;
        }
    }
    if found < 4 {
        let said: String = text.chars().take(200).collect();
        return Err(format!("HAProxy answered in part, or something else: {said:?}"));
    }
    Ok(seen)
}

/// Reads a map: each line is a reference, a key and a value.
pub(super) fn map(text: &str) -> BTreeMap<String, String> {
    let entry = |line: &str| {
        let mut words = line.strip_prefix("0x")?.split(' ').skip(1);
        Some((words.next()?.to_owned(), words.next()?.to_owned()))
    };
    text.lines().filter_map(entry).collect()
}

fn states(head: &str, body: &[&str], seen: &mut Seen) {
    let names: Vec<&str> = head.trim_start_matches("# ").split(' ').collect();
    for line in body {
        let words: Vec<&str> = line.split(' ').collect();
        let field = |name: &str| names.iter().position(|it| *it == name).and_then(|at| words.get(at).copied());
        let number = |name: &str| field(name).and_then(|text| text.parse::<u32>().ok());
        let (Some(backend), Some(name)) = (field("be_name"), field("srv_name")) else { continue };
        let (Some(state), Some(admin)) = (number("srv_op_state"), number("srv_admin_state")) else { continue };
        let server = seen.servers.entry((backend.to_owned(), name.to_owned())).or_default();
        // 0 stopped, 1 starting, 2 running, 3 stopping.
        server.up = state == 1 || state == 2;
        server.parked = admin & PARKED != 0;
        server.draining = admin & DRAINING != 0;
        server.weight = number("srv_uweight").unwrap_or(0);
        server.since = number("srv_time_since_last_change").unwrap_or(0).into();
    }
}

fn counters(head: &str, body: &[&str], seen: &mut Seen) {
    let names: Vec<&str> = head.trim_start_matches("# ").split(',').collect();
    for line in body {
        let words: Vec<&str> = line.split(',').collect();
        let field = |name: &str| names.iter().position(|it| *it == name).and_then(|at| words.get(at).copied());
        let number = |name: &str| field(name).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        let (Some(backend), Some(name)) = (field("pxname"), field("svname")) else { continue };
        let Some(server) = seen.servers.get_mut(&(backend.to_owned(), name.to_owned())) else { continue };
        // A check that is under way is marked by a star before the result of the last.
        field("check_status").unwrap_or("").trim_start_matches("* ").clone_into(&mut server.check);
        server.in_flight = number("scur");
        // What was not answered at all is in none of the classes of answers.
        let answered = ["hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "hrsp_other"].map(number);
        let failed = number("eresp");
        server.counters = Counters {
            requests: answered.iter().sum::<u64>() + failed,
            errors: number("hrsp_5xx") + failed,
            mean_ms: number("rtime") as f64,
        };
    }
}

/// `# workers` and `# old workers` are lines above the workers that they mean.
fn old_workers(body: &[&str]) -> usize {
    let old = body.iter().skip_while(|line| !line.starts_with("# old workers")).skip(1);
    old.take_while(|line| !line.starts_with('#')).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWERS: &str = include_str!("../../../tests/docker/haproxy-answers.txt");

    #[test]
    fn what_haproxy_says_is_read() {
        let seen = read(ANSWERS).unwrap();
        assert_eq!((seen.digest.as_str(), seen.old_workers), ("0123456789abcdef", 1));
        let server = |backend: &str, name: &str| &seen.servers[&(backend.to_owned(), name.to_owned())];
        let first = server("pool.web", "web-a-1");
        assert!(first.up && !first.parked && !first.draining && first.passed() && !first.silent());
        assert_eq!((first.weight, first.in_flight, first.since), (100, 2, 37));
        assert_eq!(first.counters, Counters { requests: 1037, errors: 7, mean_ms: 12.0 });
        let second = server("pool.web", "web-b-1");
        assert!(!second.up && second.draining && second.silent());
        assert!(server("open.web", "web-a-1").parked);
        assert_eq!((seen.servers.len(), seen.busy()), (4, true));
    }

    #[test]
    fn an_answer_in_part_is_no_answer() {
        for text in ["", "Unknown command", &ANSWERS[..ANSWERS.len() / 3]] {
            assert!(read(text).unwrap_err().contains("in part"));
        }
    }

    #[test]
    fn a_map_is_read() {
        let text = "0x7f1e34045dd0 web-a-1 web\n0x7f1e34045eb0 web-b-1 web\n\n";
        let expected = [("web-a-1", "web"), ("web-b-1", "web")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(map(text), BTreeMap::from(expected));
    }
}
