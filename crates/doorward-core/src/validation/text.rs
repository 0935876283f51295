//! From bytes to text: size, encoding, and which line an offset is in.

use zeroize::Zeroizing;

use super::MAX_BYTES;
use super::finding::{Problem, Problems};
use crate::Severity;

/// The text of a connection. It holds secrets, so it is wiped when it is dropped.
#[derive(Default)]
pub(super) struct Text {
    content: Zeroizing<String>,
    /// The byte offset at which each line starts.
    lines: Vec<usize>,
    /// Whether some bytes could not be decoded and are U+FFFD now.
    loose: bool,
}

#[derive(Clone, Copy)]
enum Encoding {
    Utf8 { mark: bool },
    Utf16 { mark: bool, big: bool },
    Utf32,
}

impl Text {
    /// Decodes `bytes`; `None` when there is nothing to go on with.
    pub(super) fn decode(bytes: &[u8], problems: &mut Problems) -> Option<Self> {
        if bytes.len() > MAX_BYTES {
            let message = format!(
                "This is {} bytes long; a connection of more than {MAX_BYTES} bytes (1 MiB) is not read.",
                bytes.len()
            );
            problems.push(Problem::new(0, "too-large", message).suggestion(
                "Check that this is the connection file: a connection has a few hundred bytes.",
            ));
            return None;
        }
        let text = match Encoding::of(bytes) {
            Encoding::Utf8 { mark } => Self::from_utf8(bytes, mark, problems),
            Encoding::Utf16 { mark, big } => Self::from_utf16(bytes, mark, big, problems),
            Encoding::Utf32 => {
                problems.push(
                    Problem::new(0, "utf-32", "The text is encoded as UTF-32.")
                        .expected(Some("UTF-8"))
                        .suggestion("Save the file as UTF-8."),
                );
                return None;
            }
        };
        if text.content.trim().is_empty() {
            problems.push(empty());
            return None;
        }
        Some(text)
    }

    fn from_utf8(bytes: &[u8], mark: bool, problems: &mut Problems) -> Self {
        let bytes = if mark {
            problems.push(
                Problem::new(
                    0,
                    "byte-order-mark",
                    "The text starts with a byte order mark, which some programs cannot read.",
                )
                .severity(Severity::Warning)
                .suggestion(
                    "Save the file as UTF-8 without BOM; in PowerShell 7: -Encoding utf8NoBOM.",
                ),
            );
            bytes.get(3..).unwrap_or_default()
        } else {
            bytes
        };
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::new(text.to_owned(), false),
            Err(error) => {
                problems.push(not_utf8(error.valid_up_to()));
                Self::new(String::from_utf8_lossy(bytes).into_owned(), true)
            }
        }
    }

    fn from_utf16(bytes: &[u8], mark: bool, big: bool, problems: &mut Problems) -> Self {
        problems.push(
            Problem::new(0, "utf-16", "The text is encoded as UTF-16, as Windows PowerShell writes it; many programs cannot read that.")
                .severity(Severity::Warning)
                .expected(Some("UTF-8"))
                .suggestion("Save the file as UTF-8; in PowerShell: Out-File -Encoding utf8."),
        );
        let bytes = bytes.get(if mark { 2 } else { 0 }..).unwrap_or_default();
        let (pairs, rest) = bytes.as_chunks::<2>();
        let units = pairs
            .iter()
            .map(|pair| if big { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) });
        // Each unit gives at most three bytes, so the text is never moved and leaves no copy.
        let mut text = String::with_capacity(pairs.len() * 3 + 3);
        let mut broken = None;
        for unit in char::decode_utf16(units) {
            text.push(unit.unwrap_or_else(|_| {
                broken.get_or_insert(text.len());
                char::REPLACEMENT_CHARACTER
            }));
        }
        if !rest.is_empty() {
            broken.get_or_insert(text.len());
        }
        if let Some(at) = broken {
            problems.push(
                Problem::new(
                    at,
                    "not-utf-16",
                    "The text is UTF-16, but not valid here: it may have been cut off.",
                )
                .suggestion("Save the file as UTF-8."),
            );
        }
        Self::new(text, broken.is_some())
    }

    fn new(content: String, loose: bool) -> Self {
        let bytes = content.as_bytes();
        let ends = bytes.iter().enumerate().filter(|(at, byte)| {
            // A lone CR ends a line, as in editors.
            **byte == b'\n' || (**byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'))
        });
        let lines = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        Self { content: Zeroizing::new(content), lines, loose }
    }

    pub(super) fn content(&self) -> &str {
        &self.content
    }

    pub(super) fn is_loose(&self) -> bool {
        self.loose
    }

    /// Line and column of a byte offset, both from 1; the column counts characters.
    pub(super) fn position(&self, at: usize) -> (u32, u32) {
        let line = self.lines.partition_point(|start| *start <= at);
        let start = line
            .checked_sub(1)
            .and_then(|index| self.lines.get(index))
            .copied()
            .unwrap_or_default();
        let end = self.content.floor_char_boundary(at);
        let column = self.content.get(start..end).map_or(0, |before| before.chars().count());
        (count(line.max(1)), count(column + 1))
    }
}

/// A count that surely fits: texts are at most 1 MiB long.
fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// There is no JSON value in the text.
pub(super) fn empty() -> Problem {
    Problem::new(0, "empty", "The connection is empty.")
        .expected(Some("a JSON object"))
        .suggestion("Fill it in; `doorward schema` shows the properties with examples.")
}

fn not_utf8(at: usize) -> Problem {
    Problem::new(at, "not-utf-8", "The text is not UTF-8 from here on.")
        .expected(Some("UTF-8"))
        .suggestion("Save the file as UTF-8 in the editor.")
}

impl Encoding {
    /// Without a mark the place of the NUL bytes decides: JSON starts with an ASCII character and is
    /// mostly ASCII, and no UTF-8 JSON holds a NUL.
    fn of(bytes: &[u8]) -> Self {
        match bytes {
            [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => Self::Utf32,
            [_, 0, 0, 0, ..] | [0, 0, 0, _, ..] => Self::Utf32,
            [0xEF, 0xBB, 0xBF, ..] => Self::Utf8 { mark: true },
            [0xFF, 0xFE, ..] => Self::utf16(true, false),
            [0xFE, 0xFF, ..] => Self::utf16(true, true),
            [first, second, ..] => {
                let head = bytes.get(..64).unwrap_or(bytes);
                let nuls = |odd: usize| {
                    let every_other = head.iter().skip(odd).step_by(2);
                    every_other.filter(|byte| **byte == 0).count()
                };
                let many = |nuls: usize| nuls * 4 >= head.len();
                match (first, second) {
                    (1.., 0) if many(nuls(1)) && nuls(0) == 0 => Self::utf16(false, false),
                    (0, 1..) if many(nuls(0)) && nuls(1) == 0 => Self::utf16(false, true),
                    _ => Self::Utf8 { mark: false },
                }
            }
            _ => Self::Utf8 { mark: false },
        }
    }

    fn utf16(mark: bool, big: bool) -> Self {
        Self::Utf16 { mark, big }
    }
}
