//! A file of changes: CSV or JSON Lines, one change in a line. A line that cannot be read is an error
//! of that line; a file that is not what it should be is refused as a whole.

mod csv;
mod json;

use doorward_core::{Error, ErrorKind, Result};
use doorward_host::Verb;
use serde::Serialize;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::ask;
use crate::connection::{is_standard_input, shown};
use crate::output::{Console, text};

/// The most bytes, lines, and bytes of one line; nobody changes more at once by hand.
const MOST_BYTES: usize = 8 << 20;
const MOST_LINES: usize = 10_000;
const LONGEST_LINE: usize = 16 << 10;

/// What a line may say.
const NAMES: [&str; 8] =
    ["op", "principal", "resource", "right", "scope", "ttl", "reason", "ticket"];

/// What one line says, in its own words. What it says nothing about is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Words {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) op: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) principal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resource: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) right: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ttl: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ticket: Option<String>,
}

impl Words {
    /// Sets what the word of this name is; the name is one of [`NAMES`].
    fn set(&mut self, name: &str, word: &str) {
        let place = match name {
            "op" => &mut self.op,
            "principal" => &mut self.principal,
            "resource" => &mut self.resource,
            "right" => &mut self.right,
            "scope" => &mut self.scope,
            "ttl" => &mut self.ttl,
            "reason" => &mut self.reason,
            _ => &mut self.ticket,
        };
        let word = word.trim();
        *place = (!word.is_empty()).then(|| word.to_owned());
    }

    /// Give or take; `own` is what the command itself does.
    ///
    /// # Errors
    /// `InvalidRequest` when it says neither, or the other one.
    pub(crate) fn verb(&self, own: Option<Verb>) -> Result<Verb> {
        let said = self.op.as_ref().map(|op| match op.to_ascii_lowercase().as_str() {
            "grant" => Ok(Verb::Grant),
            "revoke" => Ok(Verb::Revoke),
            _ => Err(bad("unknown-op", format!("The op is `{op}`."))
                .remedy("Write `grant` or `revoke`.")),
        });
        match (said.transpose()?, own) {
            (Some(said), Some(own)) if said != own => {
                let (said, own) = (name(said), name(own));
                Err(bad("other-op", format!("The op is `{said}`, and this is `doorward {own}`."))
                    .remedy(
                        "Carry files with both out by `doorward plan -f FILE -o plan.json` and \
                         `doorward apply plan.json`.",
                    ))
            }
            (Some(verb), _) | (None, Some(verb)) => Ok(verb),
            (None, None) => Err(missing("op")),
        }
    }

    /// Whose access.
    ///
    /// # Errors
    /// `InvalidRequest` when it does not say.
    pub(crate) fn principal(&self) -> Result<&str> {
        self.principal.as_deref().ok_or_else(|| missing("principal"))
    }

    /// On what.
    ///
    /// # Errors
    /// As [`principal`](Self::principal).
    pub(crate) fn resource(&self) -> Result<&str> {
        self.resource.as_deref().ok_or_else(|| missing("resource"))
    }
}

fn name(verb: Verb) -> &'static str {
    match verb {
        Verb::Grant => "grant",
        Verb::Revoke => "revoke",
    }
}

/// One line of a file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    /// Its number, from 1, as editors count.
    pub(crate) number: u64,
    /// What it says, or why that cannot be read.
    pub(crate) words: Result<Words>,
}

/// Reads a file, or standard input.
///
/// # Errors
/// `InvalidRequest` when the file as a whole cannot be used.
pub(crate) async fn load(console: &Console, path: &Path, own: Option<Verb>) -> Result<Vec<Row>> {
    let read = if is_standard_input(path) {
        if console.can_ask() {
            console.note_line("Paste the changes, then press Enter and Ctrl-D.");
        }
        ask::apart(|| to_limit(std::io::stdin().lock(), MOST_BYTES)).await
    } else {
        File::open(console.file(path)).and_then(|file| to_limit(file, MOST_BYTES))
    };
    let shown = shown(path);
    let bytes = read.map_err(|error| {
        unusable("file-unreadable", format!("The changes cannot be read from {shown}."))
            .remedy("Check the path and the permissions of the file. `-` reads standard input.")
            .cause(error)
    })?;
    parse(&bytes, own).map_err(|error| Error {
        message: format!("The changes in {shown} cannot be used: {}", error.message),
        ..error
    })
}

/// One byte more than is allowed is enough to refuse it.
pub(crate) fn to_limit(source: impl Read, limit: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn parse(bytes: &[u8], own: Option<Verb>) -> Result<Vec<Row>> {
    if bytes.len() > MOST_BYTES {
        return Err(unusable(
            "file-too-long",
            format!("it is longer than {}.", text::size(MOST_BYTES)),
        )
        .remedy("Split it into several files."));
    }
    let text = decoded(bytes)?;
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let first = lines.clone().next().map(|(_, line)| line.trim_start());
    let rows = match first {
        Some(first) if first.starts_with('{') => json::rows(lines),
        Some(first) if first.starts_with('[') => {
            return Err(unusable("json-array", "it is one JSON array.".to_owned())
                .remedy("Write one object in a line: `jq -c '.[]' FILE` does so."));
        }
        _ => csv::rows(lines, own)?,
    };
    if rows.len() > MOST_LINES {
        let many = rows.len();
        return Err(unusable(
            "file-too-long",
            format!("it holds {many} changes, and at most {MOST_LINES} are read."),
        )
        .remedy("Split it into several files."));
    }
    if rows.is_empty() {
        return Err(unusable("no-changes", "it holds no change.".to_owned())
            .remedy("Write a line for each change; `doorward grant --help` names the columns."));
    }
    Ok(rows)
}

/// The text, without the mark that Windows puts before it.
fn decoded(bytes: &[u8]) -> Result<&str> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let no_text = |what: String| {
        unusable("not-utf-8", what)
            .remedy("Save it as UTF-8; in Excel that is `CSV UTF-8 (Comma delimited)`.")
    };
    // What spreadsheets call Unicode text.
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || bytes.contains(&0) {
        return Err(no_text("it is not UTF-8, but most likely UTF-16.".to_owned()));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        no_text(format!("line {line} is not UTF-8."))
    })
}

/// Refuses a line that is longer than any change.
fn check_length(line: &str) -> Result<()> {
    if line.len() <= LONGEST_LINE {
        return Ok(());
    }
    Err(bad("line-too-long", format!("It is longer than {}.", text::size(LONGEST_LINE)))
        .remedy("Shorten it, or look whether a quote or a line break is missing."))
}

/// A name that is none of [`NAMES`], with the one that may be meant.
fn unknown(what: &str, name: &str) -> Error {
    let folded = name.to_lowercase();
    let close = |known: &&&str| strsim::jaro_winkler(known, &folded) > 0.75;
    let nearest = NAMES.iter().filter(close).max_by(|a, b| {
        strsim::jaro_winkler(a, &folded).total_cmp(&strsim::jaro_winkler(b, &folded))
    });
    let nearest = nearest.copied().or_else(|| meant(&folded));
    let guess = nearest.map(|name| format!("Did you mean `{name}`? ")).unwrap_or_default();
    bad("unknown-column", format!("the {what} `{name}` is unknown."))
        .remedy(format!("{guess}Known: {}.", NAMES.join(", ")))
}

/// What other programs call it.
fn meant(name: &str) -> Option<&'static str> {
    Some(match name {
        "user" | "who" | "member" | "to" | "from" | "email" | "login" | "upn" => "principal",
        "group" | "on" | "role" | "target" => "resource",
        "action" | "operation" | "verb" => "op",
        "entitlement" => "right",
        "until" | "expires" | "end" => "ttl",
        "comment" | "why" | "note" => "reason",
        _ => return None,
    })
}

fn missing(name: &str) -> Error {
    bad("missing-word", format!("It does not say the {name}."))
        .remedy(format!("Write it into the column `{name}`."))
}

/// A line that cannot be used.
pub(crate) fn bad(reason: &str, message: String) -> Error {
    Error::new(ErrorKind::InvalidRequest, reason, message)
}

/// A file that cannot be used.
fn unusable(reason: &str, message: String) -> Error {
    Error::new(ErrorKind::InvalidRequest, reason, message)
}

#[cfg(test)]
mod tests;
