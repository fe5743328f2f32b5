//! What a person sees: lines that stay, one line that is written over, colours where they are wanted.

use std::{
    collections::BTreeMap,
    env, fmt,
    io::{self, IsTerminal, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Standard output, of which the last line may be one that is written over.
#[derive(Clone, Debug)]
pub struct Line {
    terminal: bool,
    last: Arc<Mutex<String>>,
    said: Arc<Mutex<String>>,
    refused: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Line {
    /// On standard output.
    pub fn new() -> Self {
        let terminal = io::stdout().is_terminal();
        Self { terminal, last: Arc::default(), said: Arc::default(), refused: Arc::default() }
    }

    /// A line that stays.
    pub fn say(&self, text: impl fmt::Display) {
        let (clear, text) = (if self.terminal { "\r\x1b[2K" } else { "" }, text.to_string());
        // Who reads it may have seen enough and gone.
        writeln!(io::stdout(), "{clear}{text}").ok();
        self.last().clear();
        *self.said() = text;
    }

    /// A sentence that stays, over several lines if it is long.
    pub fn tell(&self, text: impl fmt::Display) {
        self.say(folded(&text.to_string()));
    }

    /// The same, unless it is what stayed last: what is waited for is told once.
    pub fn say_once(&self, text: impl fmt::Display) {
        let text = folded(&text.to_string());
        let again = *self.said() == text;
        if !again {
            self.say(text);
        }
    }

    /// Why this is not done, unless that is what was told of it last: a loop asks again every second.
    pub fn refused(&self, what: &str, why: &str) {
        if self.is_news(what, why) {
            self.tell(format!("  {what}: {why}"));
        }
    }

    /// It is done after all: refused anew, it is told anew.
    pub fn done(&self, what: &str) {
        self.refusals().remove(what);
        self.tell(format!("  {what}"));
    }

    /// Whether its last line can be written over.
    pub fn is_terminal(&self) -> bool {
        self.terminal
    }

    fn is_news(&self, what: &str, why: &str) -> bool {
        self.refusals().insert(what.to_owned(), why.to_owned()).is_none_or(|before| before != why)
    }

    fn refusals(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far it is: written over by what comes next on a terminal, a line of its own elsewhere.
    pub fn show(&self, text: String) {
        let mut last = self.last();
        if *last == text {
            return;
        }
        let mut out = io::stdout();
        // A line that is wrapped could not be written over.
        let written = match self.terminal {
            true => write!(out, "\r\x1b[2K{}", cut(&text, WIDTH)),
            false => writeln!(out, "{}", folded(&format!("  {text}"))),
        };
        written.and_then(|()| out.flush()).ok();
        *last = text;
    }

    /// The same with how long one has waited, which only a terminal shows: elsewhere it would be a line a second.
    pub fn tick(&self, text: &str, waited: Duration) {
        match self.terminal {
            true => self.show(format!("{} ({} s)", cut(text, WIDTH - " (1000 s)".len()), waited.as_secs())),
            false => self.show(text.to_owned()),
        }
    }

    fn last(&self) -> MutexGuard<'_, String> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn said(&self) -> MutexGuard<'_, String> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The columns of a terminal, but for the last: a cursor that stands behind it is on the next line.
const WIDTH: usize = 79;

/// The beginning of a text that has to stay on one line of a terminal.
fn cut(text: &str, longest: usize) -> String {
    let flat = text.replace('\n', " ");
    if flat.chars().count() <= longest {
        return flat;
    }
    flat.chars().take(longest.saturating_sub(1)).chain(['…']).collect()
}

/// A sentence in lines that stay within a terminal, the later ones indented by two more.
fn folded(text: &str) -> String {
    let indent = text.len() - text.trim_start().len();
    let (mut page, mut column) = (text[..indent].to_owned(), indent);
    for (index, word) in text[indent..].split(' ').enumerate() {
        let length = word.chars().count();
        if index > 0 && column + 1 + length > WIDTH {
            page += &format!("\n{:width$}", "", width = indent + 2);
            column = indent + 2;
        } else if index > 0 {
            page.push(' ');
            column += 1;
        }
        page += word;
        column += length;
    }
    page
}

impl Default for Line {
    fn default() -> Self {
        Self::new()
    }
}

/// How good something is, which is its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// On its way.
    Moving,
    /// Not as it should be.
    Bad,
    /// A heading.
    Strong,
}

/// Colours, or none.
#[derive(Clone, Copy, Debug)]
pub struct Paint(pub bool);

impl Paint {
    /// Colours where standard output is a terminal and nobody asked for none.
    pub fn on_terminal() -> Self {
        Self(io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()))
    }

    /// The text in its colour, filled up with spaces to this width.
    pub fn paint(self, tone: Tone, text: &str, width: usize) -> String {
        let code = match tone {
            Tone::Good => 32,
            Tone::Moving => 33,
            Tone::Bad => 31,
            Tone::Strong => 1,
        };
        if self.0 { format!("\x1b[{code}m{text:<width$}\x1b[0m") } else { format!("{text:<width$}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_over_stays_on_one_line() {
        assert_eq!(cut("short\nand flat", 14), "short and flat");
        assert_eq!(cut("short\nand flat", 13), "short and fl…");
        assert_eq!(cut(&"é".repeat(90), WIDTH).chars().count(), WIDTH);
    }

    #[test]
    fn a_long_sentence_is_told_in_lines_of_a_terminal_s_width() {
        assert_eq!(folded("  short"), "  short");
        let page = folded(&format!("  {}", ["word"; 40].join(" ")));
        let lines: Vec<&str> = page.lines().collect();
        assert!(lines.len() == 3 && lines.iter().all(|line| line.len() <= WIDTH), "{page}");
        assert!(lines[0].starts_with("  word") && lines[1].starts_with("    word"), "{page}");
        // What cannot be broken stays whole.
        assert_eq!(folded(&"x".repeat(100)), "x".repeat(100));
    }

    #[test]
    fn what_is_refused_again_is_told_once_until_it_changes() {
        let line = Line::new();
        assert!(line.is_news("front", "port 80 is taken") && line.is_news("back", "port 81 is taken"));
        assert!(!line.is_news("front", "port 80 is taken") && !line.is_news("back", "port 81 is taken"));
        assert!(line.is_news("front", "no such certificate") && line.is_news("front", "port 80 is taken"));
        line.done("front");
        assert!(line.is_news("front", "port 80 is taken"));
    }

    #[test]
    fn colour_changes_no_width_and_may_be_left_out() {
        assert_eq!(Paint(false).paint(Tone::Bad, "lost", 6), "lost  ");
        assert_eq!(Paint(true).paint(Tone::Bad, "lost", 6), "\x1b[31mlost  \x1b[0m");
    }
}
