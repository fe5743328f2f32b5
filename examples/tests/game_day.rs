//! `game_day` as a hostile user meets it: every exit code, every message in a line, and no file left behind.

use ha_examples::program::game_day;
use std::path::PathBuf;

/// A folder of its own with broken files of every kind.
struct Folder(PathBuf);

const FILES: [(&str, &[u8]); 29] = [
    ("web.toml", b"name = \"web\"\nzones = [\"a\", \"b\"]\n[[pool]]\nname = \"web\"\nrelease = \"1\"\nsize = \"2..=3\"\ncapacity = 2\nready = { path = \"/\", budget = \"60s\" }\n[[balancer]]\nname = \"front\"\nlisten = \"http\"\nto = \"web\"\n[[dns]]\nname = \"shop.example\"\nto = \"front\"\n"),
    ("good.csv", b"time,count\n0,5\n60,7\n"),
    ("swapped.csv", b"count,time\n5,0\n7,60\n"),
    ("windows.csv", b"\xef\xbb\xbftime,count\r\n0,5\r\n60,7\r\n"),
    ("gap.csv", b"time,count\n0,5\n60,5\n120,5\n600,5\n"),
    ("nobody.csv", b"0,0\n60,0\n"),
    ("broken.csv", b"time,count\n0,1\n60,x\n120,3\n"),
    ("negative.csv", b"time,count\n0,1\n60,-2\n120,3\n"),
    ("columns.csv", b"time,count\n0,1\n60,1,9\n120,3\n"),
    ("unsorted.csv", b"time,count\n60,1\n0,1\n"),
    ("twice.csv", b"time,count\n0,1\n0,2\n60,1\n"),
    ("huge.csv", b"time,count\n0,1e13\n60,1\n120,1\n"),
    ("many.csv", b"0,1e12\n60,1e12\n"),
    ("far.csv", b"0,1\n1e15,1\n"),
    ("empty.csv", b""),
    ("alone.csv", b"time,count\n0,1\n"),
    ("latin.csv", b"time,count\n0,1\n60,\xe9\n"),
    ("empty.toml", b""),
    ("to.toml", b"kind = \"poisson\"\nper_second = 1\nto = \"other.example\"\n"),
    ("broken.toml", b"kind = \"poisson\n"),
    ("pool.toml", b"[pool.wbe]\n"),
    ("ideal.toml", b"base = \"ideal\"\n[network]\nusers = 5\n"),
    ("later.toml", b"format = \"ha-faults 1\"\n[[incidents]]\nid = \"x\"\ntitle = \"t\"\nevents = [{ at = \"1s\", lasts = \"1s\", where = \"link:controller-zone:a\", fault = \"link.cut\" }]\n"),
    ("unfit.toml", b"format = \"ha-faults 1\"\n[[incidents]]\nid = \"x\"\ntitle = \"t\"\nevents = [{ at = \"1s\", where = \"pool:nope\", fault = \"instances.kill\" }]\n"),
    ("word.toml", b"format = \"ha-faults 1\"\n[[incidents]]\nid = \"x\"\ntitle = \"t\"\nevents = [{ at = \"1s\", where = \"pool:web\", fault = \"instances.kil\" }]\n"),
    ("faults.json", b"{\"format\": \"ha-faults 1\", \"incidents\": [}"),
    ("there.json", b"kept"),
    ("few.toml", b"kind = \"constant\"\nper_second = 2\n"),
    ("quiet.toml", b"format = \"ha-faults 1\"\n[[incidents]]\nid = \"quiet\"\ntitle = \"t\"\nlength = \"10m\"\nevents = []\n"),
];

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("ha-game-day-{name}-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("folder")).unwrap();
        for (file, content) in FILES {
            std::fs::write(folder.join(file), content).unwrap();
        }
        Self(folder)
    }
    /// Runs a line of arguments, `@` for this folder: the exit code, and what was printed.
    fn run(&self, line: &str) -> (u8, String, String) {
        let folder = format!("{}/", self.0.display());
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let arguments = line.split_whitespace().map(|word| word.replace('@', &folder));
        let code = game_day(arguments, &mut out, &mut err);
        let text = |bytes| String::from_utf8(bytes).unwrap().replace(&folder, "");
        (code, text(out), text(err))
    }
    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.0.join(file)).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// What is refused, and how the one line about it begins.
const REFUSED: [(&str, &str); 41] = [
    ("--traffic @no.csv", "no.csv: there is no such file"),
    ("--topology @no.toml", "no.toml: there is no such file"),
    ("--traffic @folder", "folder: it cannot be read: is a directory"),
    ("--profile @folder", "folder: it cannot be read: is a directory"),
    ("--traffic @broken.csv", "broken.csv:3:4: count: \"x\" is not a count"),
    ("--traffic @negative.csv", "negative.csv:3:4: count: \"-2\" is not a count"),
    ("--traffic @columns.csv", "columns.csv:3:1: line: 3 columns"),
    ("--traffic @unsorted.csv", "unsorted.csv:3:1: time: it is not later than the line before"),
    ("--traffic @twice.csv", "twice.csv:3:1: time: it is not later than the line before"),
    ("--traffic @huge.csv", "huge.csv:2:3: count: \"1e13\" is not a count"),
    ("--traffic @many.csv", "many.csv: 2.0e12 intents would come"),
    ("--traffic @good.csv --scale 1e12", "--scale: 1.2e13 intents would come"),
    ("--traffic @far.csv", "far.csv:2:1: time: it is more than 500 years after the first"),
    ("--traffic @empty.csv", "empty.csv:1:1: file: no line has a time and a count"),
    ("--traffic @alone.csv", "alone.csv:1:1: file: one line alone has no step"),
    ("--traffic @latin.csv", "latin.csv:3:4: encoding: this is not UTF-8"),
    ("--traffic @empty.toml", "empty.toml:1:1: kind: it is missing"),
    ("--traffic @broken.toml", "broken.toml:1:"),
    ("--traffic @to.toml", "to.toml:3:6: to: the site has no entry \"other.example\"; it has: shop.example, front"),
    ("--workload @pool.toml", "pool.toml:1:1: pool.wbe: no pool \"wbe\""),
    ("--profile @ideal.toml", "ideal.toml:3:9: network.users: 5 is not a duration"),
    ("--profile nope", "nope: there is no such file"),
    ("--faults @later.toml", "later.toml:5:80: x: event 1: fault: link.cut"),
    ("--faults @unfit.toml", "unfit.toml:5:32: x: event 1: where: no pool \"nope\""),
    ("--faults @word.toml", "word.toml:5:52: x: event 1: "),
    ("--faults @faults.json", "faults.json:1:"),
    ("--faults @later.toml --incident y", "later.toml: no scenario \"y\""),
    ("--incident y", "--incident needs --faults"),
    ("--scale 0", "--scale \"0\": not a number above 0"),
    ("--scale -1", "--scale \"-1\": not a number above 0"),
    ("--scale NaN", "--scale \"NaN\": not a number above 0"),
    ("--scale 1e300", "--scale \"1e300\": not a number above 0 and up to 1e12"),
    ("--seed 1.5", "--seed 1.5: not a whole number"),
    ("--follow -1", "--follow -1: not a whole number"),
    ("--follow", "missing argument for option '--follow'"),
    ("--sead 1", "invalid option '--sead'"),
    ("--trace @folder", "folder: it cannot be written: "),
    ("--trace @no/x", "no/x: it cannot be written: "),
    ("--trace @folder/../new.json", "--trace: it would be written over the file of --json"),
    ("--traffic @good.csv --trace @./good.csv", "--trace: it would be written over the file of --traffic"),
    ("day.csv", "unexpected argument \"day.csv\""),
];

#[test]
fn what_is_refused_is_one_line_with_the_place_and_exit_code_2_and_leaves_nothing_behind() {
    let folder = Folder::new("refused");
    for (line, start) in REFUSED {
        let site = if line.contains("--topology") { "" } else { "--topology @web.toml" };
        let (code, out, err) = folder.run(&format!("{site} --json @new.json {line}"));
        assert_eq!((code, out.as_str()), (2, ""), "{line}: {err}");
        assert_eq!(err.lines().count(), 1, "{line}: {err}");
        assert!(err.starts_with(start), "{line}: {err}");
        assert!(!folder.0.join("new.json").exists(), "{line}");
    }
    let (code, _, err) = folder.run("--traffic @good.csv --topology @web.toml --faults @later.toml --json @there.json");
    assert_eq!((code, folder.read("there.json").as_str()), (2, "kept"), "{err}");
    for (file, content) in FILES {
        assert_eq!(std::fs::read(folder.0.join(file)).unwrap(), content, "{file}");
    }
}

#[test]
fn what_is_strange_and_right_is_run() {
    let folder = Folder::new("run");
    for (file, offered) in
        [("good.csv", 12), ("swapped.csv", 12), ("windows.csv", 12), ("gap.csv", 20), ("nobody.csv", 0)]
    {
        let line = format!("--topology @web.toml --traffic @{file} --json @there.json --trace @trace.jsonl");
        let (code, out, err) = folder.run(&line);
        assert_eq!(code, 0, "{file}: {err}");
        assert!(out.contains("converged"), "{file}: {out}");
        let report: serde_json::Value = serde_json::from_str(&folder.read("there.json")).unwrap();
        assert_eq!(report["intents"]["offered"], offered, "{file}");
        let trace = folder.read("trace.jsonl");
        assert!(trace.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{file}");
        assert!(trace.lines().count() > 10, "{file}");
    }
    // Nothing goes wrong, not even what goes wrong on the reference day.
    let (code, _, err) = folder.run("--traffic @few.toml --faults @quiet.toml --json @there.json");
    let report: serde_json::Value = serde_json::from_str(&folder.read("there.json")).unwrap();
    assert_eq!(
        (code, &report["intents"]["offered"], &report["intents"]["failed"]),
        (0, &1200.into(), &0.into()),
        "{err}"
    );
    assert_eq!(report["mutating_calls"], 0);
    let (code, out, err) = folder.run("--topology @web.toml --traffic @good.csv --follow 2");
    assert_eq!((code, out.matches("\nintent ").count()), (0, 2), "{err}{out}");
}

#[test]
fn help_is_asked_for_and_shows_examples() {
    for line in ["--help", "-h", "--seed 1 --help"] {
        let (code, out, err) = Folder::new("help").run(line);
        assert_eq!((code, err.as_str()), (0, ""), "{line}");
        assert!(out.contains("\nexamples:\n  game_day "), "{out}");
    }
}
