//! What a schema knows about the mistakes that people make in its fields.

use std::fmt::Write as _;

use regex::Regex;
use serde::Deserialize;

use super::finding::Problem;
use crate::{Error, Result, Severity};

/// The keyword of Doorward in the schema of a field.
pub(super) const KEYWORD: &str = "x-doorward";

/// What stands below [`KEYWORD`].
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Extension {
    /// What is expected, in a few words; else the first example is shown.
    pub(super) expected: Option<String>,
    /// Other names by which people call the field.
    pub(super) aliases: Vec<String>,
    /// Whether white space at the ends of the value is a mistake.
    pub(super) trim: bool,
    hints: Vec<HintText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HintText {
    pattern: String,
    code: String,
    message: String,
    suggestion: Option<String>,
    severity: Option<Severity>,
    /// Whether the value is wrong although it fits the rest of the schema.
    #[serde(default)]
    refuses: bool,
}

/// A value by which a known mistake is told, and how to correct it.
pub(super) struct Hint {
    pattern: Regex,
    code: String,
    message: String,
    suggestion: Option<String>,
    /// Whether the suggestion shows what the pattern captured.
    shows_capture: bool,
    severity: Severity,
    /// Whether a value that fits the rest of the schema is wrong, too; else the hint only says more
    /// about one that does not fit.
    pub(super) refuses: bool,
}

impl Extension {
    /// Adds what a field takes over from the definition that it refers to.
    pub(super) fn inherit(&mut self, other: Self) {
        self.expected = self.expected.take().or(other.expected);
        self.aliases.extend(other.aliases);
        self.trim |= other.trim;
        self.hints.extend(other.hints);
    }

    /// Compiles the hints. A suggestion may show captures (`${1}`), unless the field is a secret.
    pub(super) fn compile_hints(&mut self, secret: bool) -> Result<Vec<Hint>> {
        std::mem::take(&mut self.hints).into_iter().map(|hint| hint.compile(secret)).collect()
    }
}

impl HintText {
    fn compile(self, secret: bool) -> Result<Hint> {
        let shows_capture =
            self.suggestion.as_deref().is_some_and(|suggestion| suggestion.contains("${"));
        if secret && shows_capture {
            let code = self.code;
            return Err(Error::internal(format!(
                "The hint {code} of the connection schema would show a part of a secret."
            )));
        }
        let pattern = Regex::new(&self.pattern).map_err(|error| {
            let code = &self.code;
            Error::internal(format!(
                "The pattern of the hint {code} in the connection schema is wrong."
            ))
            .cause(error)
        })?;
        Ok(Hint {
            pattern,
            code: self.code,
            message: self.message,
            suggestion: self.suggestion,
            shows_capture,
            severity: self.severity.unwrap_or(Severity::Problem),
            refuses: self.refuses,
        })
    }
}

impl Hint {
    /// The problem, if the value is such a mistake.
    pub(super) fn explain(&self, value: &str, at: usize) -> Option<Problem> {
        let suggestion = if self.shows_capture {
            let captures = self.pattern.captures(value)?;
            self.suggestion.as_ref().map(|template| {
                let mut shown = String::new();
                captures.expand(template, &mut shown);
                harmless(&shown)
            })
        } else if self.pattern.is_match(value) {
            self.suggestion.clone()
        } else {
            return None;
        };
        Some(
            Problem::new(at, self.code.clone(), self.message.clone())
                .severity(self.severity)
                .suggest(suggestion),
        )
    }
}

/// Text of bounded length in which no character can steer a terminal or turn the reading direction.
fn harmless(text: &str) -> String {
    const LONGEST: usize = 200;
    let mut shown = String::new();
    for (index, character) in text.chars().enumerate() {
        if index == LONGEST {
            shown.push('…');
            break;
        }
        if character.is_control() || is_invisible(character) {
            // Writing to a string does not fail.
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Characters without width, and those that change the reading direction.
pub(super) fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
    )
}
