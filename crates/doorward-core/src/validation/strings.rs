//! The part of the repair that is inside of strings: delimiters, escapes, line breaks.

use super::finding::Problem;
use super::repair::Repair;

const CURLY_DOUBLE: [char; 6] = ['“', '”', '„', '‟', '″', '＂'];
const CURLY_SINGLE: [char; 4] = ['‘', '’', '‚', '‛'];

/// How a string was opened, and so how it ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    Straight,
    Single,
    CurlyDouble,
    CurlySingle,
}

impl Quote {
    fn opened_by(character: char) -> Option<Self> {
        match character {
            '"' => Some(Self::Straight),
            '\'' => Some(Self::Single),
            _ if CURLY_DOUBLE.contains(&character) => Some(Self::CurlyDouble),
            _ if CURLY_SINGLE.contains(&character) => Some(Self::CurlySingle),
            _ => None,
        }
    }

    fn is_closed_by(self, character: char) -> bool {
        match self {
            Self::Straight => character == '"',
            Self::Single => character == '\'',
            Self::CurlyDouble => character == '"' || CURLY_DOUBLE.contains(&character),
            Self::CurlySingle => character == '\'' || CURLY_SINGLE.contains(&character),
        }
    }

    /// The quote that the parser is shown.
    fn shown(self) -> u8 {
        match self {
            Self::Straight | Self::CurlyDouble => b'"',
            Self::Single | Self::CurlySingle => b'\'',
        }
    }
}

/// The string that is being read.
struct Reading {
    quote: Quote,
    start: usize,
    /// Whether the value differs from what the author meant.
    damaged: bool,
    escape_reported: bool,
    surrogate_reported: bool,
    control_reported: bool,
    /// Line breaks before this offset are known to be inside of the value.
    broken_until: usize,
    /// Whether this is a name, and whether the next straight quote of the line looks like its end;
    /// looked for once.
    ending: Option<(bool, bool)>,
}

impl Repair<'_> {
    /// Reads the string that starts here, if one does.
    pub(super) fn string(&mut self, opening: char) -> bool {
        let Some(quote) = Quote::opened_by(opening) else {
            return false;
        };
        let mut reading = Reading {
            quote,
            start: self.at,
            damaged: false,
            escape_reported: false,
            surrogate_reported: false,
            control_reported: false,
            broken_until: 0,
            ending: None,
        };
        if quote == Quote::Single {
            self.single.add(self.at);
        }
        // The parser sees the quote at the last byte, after spaces.
        let shown_at = self.at + opening.len_utf8() - 1;
        self.delimit(opening, quote, shown_at);
        self.read(&mut reading);
        if reading.damaged {
            self.damaged.push(shown_at);
        }
        true
    }

    /// Moves over a delimiter, which the parser sees at `shown_at`.
    fn delimit(&mut self, delimiter: char, quote: Quote, shown_at: usize) {
        let (at, length) = (self.at, delimiter.len_utf8());
        if length > 1 {
            self.curly.add(at);
            self.blank(at, length);
        }
        self.write(shown_at, &[quote.shown()]);
        self.at += length;
    }

    fn read(&mut self, reading: &mut Reading) {
        while let Some(next) = self.peek() {
            match next {
                '\\' => {
                    self.escape(reading);
                    continue;
                }
                '\n' | '\r' => {
                    if self.line_break(reading) {
                        return;
                    }
                    continue;
                }
                _ if reading.quote.is_closed_by(next) => {
                    return self.delimit(next, reading.quote, self.at);
                }
                _ if CURLY_DOUBLE.contains(&next) && self.is_closing(reading, next) => {
                    self.doubt(reading.start);
                    return self.delimit(next, reading.quote, self.at);
                }
                '\u{0}'..' ' => self.control(reading),
                char::REPLACEMENT_CHARACTER if self.loose => reading.damaged = true,
                _ => {}
            }
            self.at += next.len_utf8();
        }
        self.unterminated(reading);
        let end = self.source.len();
        self.write(end, &[reading.quote.shown()]);
    }

    /// Whether the curly quote here ends a string that a straight one opened. It belongs to the
    /// value if a straight quote follows that looks like the end.
    fn is_closing(&self, reading: &mut Reading, curly: char) -> bool {
        if reading.quote != Quote::Straight {
            return false;
        }
        let start = self.at;
        let (name, straight_ends) = *reading.ending.get_or_insert_with(|| {
            // A colon follows names only, and a value only follows a colon.
            let before = self.source.get(..reading.start).unwrap_or_default();
            let name = !before.trim_end().ends_with(':');
            let straight_ends = self.next_closing(Quote::Straight, start).is_some_and(|end| {
                let same_line = !self.source.get(start..end).is_some_and(has_line_break);
                same_line && self.is_before_structure(end + 1, name)
            });
            (name, straight_ends)
        });
        !straight_ends && self.is_before_structure(start + curly.len_utf8(), name)
    }

    /// A line break inside of a string: either the closing quote is missing, or the value was pasted
    /// with the break. Returns whether the string ends here.
    fn line_break(&mut self, reading: &mut Reading) -> bool {
        let at = self.at;
        if at < reading.broken_until {
            self.write(at, b" ");
            self.at += 1;
            return false;
        }
        let closing = self
            .next_closing(reading.quote, at)
            .filter(|closing| self.is_before_structure(closing + 1, false));
        if let Some(closing) = closing {
            reading.broken_until = closing;
            reading.damaged = true;
            self.doubt(reading.start);
            self.problems.push(
                Problem::new(
                    at,
                    "line-break-in-string",
                    "A line break stands inside of the quotes.",
                )
                .suggestion("Put the value on one line; it may have been pasted with the break."),
            );
            return false;
        }
        self.unterminated(reading);
        // The line break becomes the missing quote, or the comma before it makes room for both.
        let written = self.source.get(reading.start..at).unwrap_or_default();
        let written = written.trim_end_matches([' ', '\t']);
        let quote = reading.quote.shown();
        if written.len() > 1 && written.ends_with(',') {
            self.write(reading.start + written.len() - 1, &[quote, b',']);
        } else {
            self.write(at, &[quote]);
        }
        self.at += 1;
        true
    }

    fn unterminated(&mut self, reading: &mut Reading) {
        reading.damaged = true;
        self.doubt(reading.start);
        self.problems.push(
            Problem::new(
                reading.start,
                "unterminated-string",
                "The quote that opens here is never closed.",
            )
            .suggestion(
                "Add the closing \". If the value itself ends with a backslash, write it as \\\\.",
            ),
        );
    }

    fn control(&mut self, reading: &mut Reading) {
        self.write(self.at, b" ");
        reading.damaged = true;
        if !std::mem::replace(&mut reading.control_reported, true) {
            self.problems.push(
                Problem::new(
                    self.at,
                    "control-character",
                    "A control character, such as a tab, stands inside of the quotes.",
                )
                .suggestion(
                    "Delete it; if it belongs to the value, write it as an escape such as \\t.",
                ),
            );
        }
    }

    /// Moves over the escape that starts here and makes a wrong one harmless.
    fn escape(&mut self, reading: &mut Reading) {
        let at = self.at;
        let mut rest = self.after(at + 1).chars();
        match rest.next() {
            Some('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't') => self.at += 2,
            Some('\'') if reading.quote.shown() == b'\'' => self.at += 2,
            Some('u') => match self.code_unit(at) {
                Some(0xD800..0xDC00) if matches!(self.code_unit(at + 6), Some(0xDC00..0xE000)) => {
                    self.at += 12;
                }
                Some(0xD800..0xE000) => self.lone_surrogate(reading),
                Some(_) => self.at += 6,
                None => self.wrong_escape(reading),
            },
            _ => self.wrong_escape(reading),
        }
    }

    /// The value of the `\uXXXX` at `at`.
    fn code_unit(&self, at: usize) -> Option<u32> {
        let digits = self.source.get(at..at + 6)?.strip_prefix("\\u")?;
        let all_digits = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        all_digits.then(|| u32::from_str_radix(digits, 16).ok())?
    }

    fn lone_surrogate(&mut self, reading: &mut Reading) {
        let at = self.at;
        self.write(at, b"\\uFFFD");
        self.at += 6;
        reading.damaged = true;
        if !std::mem::replace(&mut reading.surrogate_reported, true) {
            self.problems.push(
                Problem::new(
                    at,
                    "lone-surrogate",
                    "This \\u escape is one half of a surrogate pair, which is no character.",
                )
                .suggestion("Write the character itself, or both halves."),
            );
        }
    }

    fn wrong_escape(&mut self, reading: &mut Reading) {
        let at = self.at;
        self.write(at, b"?");
        self.at += 1;
        reading.damaged = true;
        if !std::mem::replace(&mut reading.escape_reported, true) {
            self.problems.push(
                Problem::new(
                    at,
                    "invalid-escape",
                    "A backslash stands here that does not start an escape of JSON.",
                )
                .suggestion("Write each backslash of the value twice: \\\\."),
            );
        }
    }

    /// The offset of the next delimiter that would end a string opened like this.
    fn next_closing(&self, quote: Quote, from: usize) -> Option<usize> {
        let mut escaped = false;
        self.after(from)
            .char_indices()
            .find(|(_, character)| {
                let closes = !escaped && quote.is_closed_by(*character);
                escaped = !escaped && *character == '\\';
                closes
            })
            .map(|(offset, _)| from + offset)
    }

    /// Whether what follows is what follows a string in JSON.
    fn is_before_structure(&self, at: usize, colon: bool) -> bool {
        // `at` may be inside of a curly quote, whose remaining bytes are not looked at.
        let at = self.source.ceil_char_boundary(at);
        match self.after(at).chars().find(|next| !next.is_whitespace()) {
            None | Some(',' | '}' | ']') => true,
            Some(':') => colon,
            Some(_) => false,
        }
    }
}

fn has_line_break(text: &str) -> bool {
    text.contains(['\n', '\r'])
}
