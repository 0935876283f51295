//! The one place that prints. Results go to standard output, everything else to standard error.
//!
//! Text for people is cleaned here, line by line, so that no name from a directory can steer a
//! terminal. JSON is exact: its own escapes keep control characters out.

mod delimited;
mod error;
pub(crate) mod journal;
mod list;
pub(crate) mod reach;
mod table;
pub(crate) mod text;

use serde::Serialize;
use serde_json::{Map, Value};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::cli::Format;
pub(crate) use list::{Column, List};
pub(crate) use table::Table;
use text::clean;

/// The version of every JSON document that is printed.
pub(crate) const API_VERSION: &str = "doorward/v1";

/// Where a line goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Error,
}

/// What a command prints to, asks, and reads files relative to.
#[derive(Clone, Debug)]
pub(crate) struct Console {
    format: Format,
    /// The columns that `--columns` names.
    columns: Option<Vec<String>>,
    notes: Stream,
    can_ask: bool,
    base: PathBuf,
}

impl Console {
    /// The program's own standard streams.
    pub(crate) fn new(format: Format, no_input: bool) -> Self {
        let has_terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        Self {
            format,
            columns: None,
            notes: Stream::Error,
            can_ask: has_terminal && !no_input,
            base: PathBuf::new(),
        }
    }

    /// A console for a told story: everything in one stream and one order, nothing asked, files
    /// beside each other in this directory.
    pub(crate) fn story(base: &Path) -> Self {
        Self {
            format: Format::Table,
            columns: None,
            notes: Stream::Out,
            can_ask: false,
            base: base.to_owned(),
        }
    }

    /// With these columns of lists only.
    pub(crate) fn with_columns(self, columns: Option<Vec<String>>) -> Self {
        Self { columns, ..self }
    }

    /// How results are printed.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// The columns that `--columns` names, if it was given.
    pub(crate) fn columns(&self) -> Option<&[String]> {
        self.columns.as_deref()
    }

    /// Whether somebody is there to answer.
    pub(crate) fn can_ask(&self) -> bool {
        self.can_ask
    }

    /// Whether a program reads: what is beside the result is JSON, too.
    pub(crate) fn is_json(&self) -> bool {
        self.format.is_json()
    }

    /// The file that the operator means.
    pub(crate) fn file(&self, path: &Path) -> PathBuf {
        self.base.join(path)
    }

    /// One line of a result.
    pub(crate) fn line(&self, text: impl AsRef<str>) {
        write(Stream::Out, &format!("{}\n", clean(text.as_ref())));
    }

    /// A result as it is: a schema or a script of a connector, for a file.
    pub(crate) fn exact(&self, text: &str) {
        write(Stream::Out, text);
    }

    /// A result's table.
    pub(crate) fn table(&self, table: &Table) {
        write(Stream::Out, &table.render(Stream::Out));
    }

    /// A result as one JSON document: `{"apiVersion", "kind", …fields}`.
    pub(crate) fn json(&self, kind: &str, fields: &impl Serialize) {
        write(Stream::Out, &document(kind, fields));
    }

    /// Something that is not the result, but worth saying. A program gets it as a document.
    pub(crate) fn note(&self, text: impl AsRef<str>) {
        if self.is_json() {
            self.json_note("Note", &serde_json::json!({"message": text.as_ref()}));
        } else {
            self.note_line(text);
        }
    }

    /// One line beside the result, whatever the format.
    pub(crate) fn note_line(&self, text: impl AsRef<str>) {
        write(self.notes, &format!("{}\n", clean(text.as_ref())));
    }

    /// A table beside the result.
    pub(crate) fn note_table(&self, table: &Table) {
        write(self.notes, &table.render(self.notes));
    }

    /// One JSON document beside the result, in one line.
    pub(crate) fn json_note(&self, kind: &str, fields: &impl Serialize) {
        let line = serde_json::to_string(&enveloped(kind, fields)).unwrap_or_default();
        write(self.notes, &format!("{line}\n"));
    }

    /// A question without a line break after it.
    pub(crate) fn question(&self, text: &str) {
        write(self.notes, &clean(text));
    }
}

/// A document of this kind, as text with a line break at its end.
fn document(kind: &str, fields: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(&enveloped(kind, fields)).unwrap_or_default();
    format!("{text}\n")
}

fn enveloped(kind: &str, fields: &impl Serialize) -> Value {
    let mut document = Map::new();
    document.insert("apiVersion".to_owned(), API_VERSION.into());
    document.insert("kind".to_owned(), kind.into());
    if let Ok(Value::Object(fields)) = serde_json::to_value(fields) {
        document
            .extend(fields.into_iter().filter(|(name, _)| name != "apiVersion" && name != "kind"));
    }
    Value::Object(document)
}

/// Why standard output could not be written, the first time. One for the program, as standard output
/// is.
static LOST: OnceLock<std::io::Error> = OnceLock::new();

/// Why a part of the result did not arrive, if one did not and somebody still wants it.
pub(crate) fn lost() -> Option<&'static std::io::Error> {
    LOST.get().filter(|error| error.kind() != std::io::ErrorKind::BrokenPipe)
}

/// Writes text. After a failure of standard output nothing more is written there: a result with a
/// hole would be worse than a short one.
fn write(stream: Stream, text: &str) {
    match stream {
        Stream::Out if LOST.get().is_none() => {
            let mut out = std::io::stdout().lock();
            if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
                let _ = LOST.set(error);
            }
        }
        Stream::Out => {}
        // Nothing can be said about it anywhere else.
        Stream::Error => drop(std::io::stderr().lock().write_all(text.as_bytes())),
    }
}

/// Text of the command line's own parser, which is wrapped already.
pub(crate) fn parser_text(stream: Stream, text: &str) {
    write(stream, text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_document_begins_with_version_and_kind() {
        let document = enveloped("Thing", &json!({"items": [1], "kind": "other"}));
        let text = document.to_string();
        assert_eq!(text, r#"{"apiVersion":"doorward/v1","kind":"Thing","items":[1]}"#);
    }
}
