//! One pass over the text, outside and inside of strings, before the parser sees it.
//!
//! The parser stops at the first thing that it does not understand, and would take the stack for
//! brackets nested a hundred thousand deep. This pass counts brackets, and replaces what is wrong
//! but plain in meaning by something that the parser accepts **of the same length**, so that every
//! offset stays true. Each replacement leaves a problem behind.

use zeroize::Zeroizing;

use super::MAX_DEPTH;
use super::finding::{Problem, Problems};
use super::text::Text;

/// Text that differs from the original only where a problem was noted.
pub(super) struct Repaired {
    pub(super) text: Zeroizing<String>,
    /// Where strings start whose value is not what the author meant, in ascending order.
    pub(super) damaged: Vec<usize>,
    /// From here on the border between names and values is a guess: part of a secret may look like
    /// a name, so names are not printed.
    pub(super) doubtful_from: usize,
}

/// Repairs `text`; `None` if it is nested too deep to be read.
pub(super) fn repair(text: &Text, problems: &mut Problems) -> Option<Repaired> {
    let mut repair = Repair {
        source: text.content(),
        loose: text.is_loose(),
        output: Zeroizing::new(spacious(text.content())),
        at: 0,
        open: Vec::new(),
        mismatched: false,
        damaged: Vec::new(),
        doubtful_from: usize::MAX,
        curly: Tally::default(),
        single: Tally::default(),
        problems,
    };
    repair.run()
}

/// The bytes of `source`, with room for the closing characters that may be added, so that they are
/// never moved and leave no copy behind.
fn spacious(source: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(source.len() + MAX_DEPTH + 2);
    bytes.extend_from_slice(source.as_bytes());
    bytes
}

/// Counts what is reported once, where it is seen first.
#[derive(Default)]
pub(super) struct Tally {
    first: Option<usize>,
    count: usize,
}

impl Tally {
    pub(super) fn add(&mut self, at: usize) {
        self.first.get_or_insert(at);
        self.count += 1;
    }

    /// "here", or "here and in 3 more places".
    fn places(&self) -> String {
        match self.count {
            0 | 1 => "here".into(),
            2 => "here and in 1 more place".into(),
            more => format!("here and in {} more places", more - 1),
        }
    }
}

pub(super) struct Repair<'a> {
    pub(super) source: &'a str,
    pub(super) loose: bool,
    output: Zeroizing<Vec<u8>>,
    pub(super) at: usize,
    open: Vec<(char, usize)>,
    mismatched: bool,
    pub(super) damaged: Vec<usize>,
    doubtful_from: usize,
    pub(super) curly: Tally,
    pub(super) single: Tally,
    pub(super) problems: &'a mut Problems,
}

impl Repair<'_> {
    fn run(&mut self) -> Option<Repaired> {
        let mut spaces = Tally::default();
        let mut controls = Tally::default();
        while let Some(next) = self.peek() {
            let at = self.at;
            match next {
                '{' | '[' => {
                    if self.open.len() == MAX_DEPTH {
                        self.problems.push(too_deep(at));
                        return None;
                    }
                    self.open.push((next, at));
                }
                '}' | ']' => {
                    let opening = self.open.pop().map(|(opening, _)| opening);
                    self.mismatched |= opening != Some(if next == '}' { '{' } else { '[' });
                }
                '/' | '#' if self.comment() => continue,
                ' ' | '\t' | '\n' | '\r' => {}
                _ if is_odd_space(next) => {
                    spaces.add(at);
                    self.blank(at, next.len_utf8());
                }
                _ if next.is_control() => {
                    controls.add(at);
                    self.blank(at, next.len_utf8());
                }
                _ if self.string(next) => continue,
                _ => {}
            }
            self.at += next.len_utf8();
        }
        self.close();
        self.report(&spaces, &controls);
        let text = String::from_utf8(std::mem::take(&mut *self.output));
        Some(Repaired {
            // Whole characters are replaced by ASCII only, so this is always UTF-8.
            text: Zeroizing::new(text.unwrap_or_default()),
            damaged: std::mem::take(&mut self.damaged),
            doubtful_from: self.doubtful_from,
        })
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.after(self.at).chars().next()
    }

    /// The text from `at` on.
    pub(super) fn after(&self, at: usize) -> &str {
        self.source.get(at..).unwrap_or_default()
    }

    /// Replaces the bytes at `at`; beyond the end they are added.
    pub(super) fn write(&mut self, at: usize, bytes: &[u8]) {
        for (offset, byte) in bytes.iter().enumerate() {
            match self.output.get_mut(at + offset) {
                Some(slot) => *slot = *byte,
                None => self.output.push(*byte),
            }
        }
    }

    pub(super) fn blank(&mut self, at: usize, length: usize) {
        if let Some(slots) = self.output.get_mut(at..at + length) {
            slots.fill(b' ');
        }
    }

    pub(super) fn doubt(&mut self, at: usize) {
        self.doubtful_from = self.doubtful_from.min(at);
    }

    /// Blanks the comment that starts here, if one does.
    fn comment(&mut self) -> bool {
        let start = self.at;
        let rest = self.after(start);
        let (length, closed) = if rest.starts_with("/*") {
            match rest.find("*/") {
                Some(end) if end >= 2 => (end + 2, true),
                // `/*/` is not closed by its own slash.
                _ => match rest.get(2..).and_then(|inner| inner.find("*/")) {
                    Some(end) => (end + 4, true),
                    None => (rest.len(), false),
                },
            }
        } else if rest.starts_with("//") || rest.starts_with('#') {
            (rest.find(['\n', '\r']).unwrap_or(rest.len()), true)
        } else {
            return false;
        };
        self.blank(start, length);
        self.at = start + length;
        self.problems.push(if closed {
            Problem::new(start, "comment", "A comment stands here; JSON has no comments.")
                .suggestion("Delete the comment.")
        } else {
            Problem::new(start, "unterminated-comment", "A comment starts here and never ends, so everything after it is ignored; JSON has no comments.")
                .suggestion("Delete the comment.")
        });
        true
    }

    /// Closes at the end of the text what is still open.
    fn close(&mut self) {
        if self.mismatched {
            // Which bracket is missing is a guess; the parser names the place.
            return;
        }
        while let Some((opening, at)) = self.open.pop() {
            let closing = if opening == '{' { '}' } else { ']' };
            let end = self.output.len();
            self.write(end, &[closing as u8]);
            let message =
                format!("This `{opening}` is never closed: the text may have been cut off.");
            self.problems.push(Problem::new(at, "unclosed", message).suggestion(format!(
                "Add `{closing}` at the end, and check that nothing is missing."
            )));
        }
    }

    fn report(&mut self, spaces: &Tally, controls: &Tally) {
        let curly = &self.curly;
        if let Some(at) = curly.first {
            let message = format!(
                "Curly quotes stand {}, as word processors and chat programs make them.",
                curly.places()
            );
            self.problems.push(
                Problem::new(at, "curly-quotes", message)
                    .expected(Some("straight quotes: \""))
                    .suggestion("Replace every curly quote around a name or a value by \"."),
            );
        }
        if let Some(at) = self.single.first {
            let message = format!("Single quotes stand {}.", self.single.places());
            self.problems.push(
                Problem::new(at, "single-quotes", message)
                    .expected(Some("double quotes: \""))
                    .suggestion("Replace every single quote around a name or a value by \"."),
            );
        }
        if let Some(at) = spaces.first {
            let message = format!(
                "An invisible character that is not a plain space stands {}; it often comes from a web page.",
                spaces.places()
            );
            self.problems.push(
                Problem::new(at, "odd-space", message)
                    .suggestion("Delete it, or type a plain space instead."),
            );
        }
        if let Some(at) = controls.first {
            let message = format!("A control character stands {}.", controls.places());
            self.problems.push(
                Problem::new(at, "control-character", message)
                    .suggestion("Delete it; type the file anew if it looks empty there."),
            );
        }
    }
}

fn too_deep(at: usize) -> Problem {
    let message = format!("Objects and lists are nested more than {MAX_DEPTH} deep here.");
    Problem::new(at, "too-deep", message).suggestion(
        "Check that this is the connection file: a connection is nested two or three deep.",
    )
}

/// White space that JSON does not know, and characters without any width.
fn is_odd_space(character: char) -> bool {
    character.is_whitespace() && !character.is_control()
        || matches!(character, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
}
