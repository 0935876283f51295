//! Lists: one model of their rows, from which every format is made.

use doorward_core::{Error, ErrorKind, Result, Skipped};
use serde_json::{Map, Value, json};

use super::delimited;
use super::text::{self, clean};
use super::{Console, Stream, Table, enveloped, write};
use crate::cli::Format;

/// What one column shows of an item.
pub(crate) struct Column<T> {
    /// Its name in `--columns`, and in the first line of CSV and TSV. It is part of the contract in
    /// OUTPUT.md.
    pub(crate) name: &'static str,
    /// What a table says above it.
    pub(crate) header: &'static str,
    /// Whether a table leaves it out that is not wide.
    pub(crate) wide: bool,
    /// The text; empty when there is nothing to say.
    pub(crate) cell: fn(&T) -> String,
}

impl<T> Column<T> {
    /// A column of every table.
    pub(crate) const fn new(
        name: &'static str,
        header: &'static str,
        cell: fn(&T) -> String,
    ) -> Self {
        Self { name, header, wide: false, cell }
    }

    /// A column of wide tables only.
    pub(crate) const fn wide(
        name: &'static str,
        header: &'static str,
        cell: fn(&T) -> String,
    ) -> Self {
        Self { name, header, wide: true, cell }
    }
}

/// A list as every format prints it.
pub(crate) struct List<'a, T> {
    /// The kind of its JSON document.
    pub(crate) kind: &'static str,
    /// What tables, CSV and TSV show of an item.
    pub(crate) columns: &'a [Column<T>],
    pub(crate) items: &'a [T],
    /// An item by itself, as other commands take it: what `-o name` prints.
    pub(crate) name: fn(&T) -> String,
    /// An item for programs.
    pub(crate) json: fn(&T) -> Value,
    /// The fields of the JSON document beside `items`.
    pub(crate) beside: Map<String, Value>,
    /// What people read when there is nothing.
    pub(crate) empty: &'a str,
    /// What could not be read; none for a list that cannot have gaps.
    pub(crate) skipped: Option<&'a [Skipped]>,
}

impl Console {
    /// Whether these columns have what `--columns` asks for. Before anything else is done, so that
    /// nobody waits in vain.
    ///
    /// # Errors
    /// `InvalidRequest`, reason `unknown-column`, with those that there are.
    pub(crate) fn check_columns<T>(&self, columns: &[Column<T>]) -> Result<()> {
        self.chosen(columns).map(|_| ())
    }

    /// Prints a list in the format that was asked for, and says on standard error what is missing.
    ///
    /// # Errors
    /// As [`check_columns`](Self::check_columns); nothing has been printed then.
    pub(crate) fn list<T>(&self, list: &List<'_, T>) -> Result<()> {
        let columns = self.chosen(list.columns)?;
        match self.format() {
            Format::Table | Format::Wide if list.items.is_empty() => self.line(list.empty),
            Format::Table | Format::Wide => self.table(&table(list, &columns)),
            Format::Json => write(Stream::Out, &document(list)),
            Format::Jsonl => write(Stream::Out, &lines(list, |item| (list.json)(item).to_string())),
            Format::Name => write(Stream::Out, &lines(list, |item| clean(&(list.name)(item)))),
            Format::Csv | Format::Tsv => {
                let header = columns.iter().map(|column| column.name).collect();
                let rows = list.items.iter().map(|item| cells(item, &columns));
                let text = match self.format() {
                    Format::Csv => delimited::csv(header, rows),
                    _ => delimited::tsv(header, rows),
                };
                write(Stream::Out, &text);
            }
        }
        self.gaps(list.skipped.unwrap_or_default());
        Ok(())
    }

    /// Says what is missing. A JSON document says so itself.
    fn gaps(&self, skipped: &[Skipped]) {
        match self.format() {
            _ if skipped.is_empty() => {}
            Format::Json => {}
            Format::Jsonl => {
                self.json_note("Incomplete", &json!({"complete": false, "skipped": skipped}));
            }
            _ => {
                for line in text::gaps(skipped) {
                    self.note_line(line);
                }
            }
        }
    }

    fn chosen<'a, T>(&self, columns: &'a [Column<T>]) -> Result<Vec<&'a Column<T>>> {
        let Some(wanted) = self.columns() else {
            let all = matches!(self.format(), Format::Wide | Format::Csv | Format::Tsv);
            return Ok(columns.iter().filter(|column| all || !column.wide).collect());
        };
        wanted
            .iter()
            .map(|name| {
                columns
                    .iter()
                    .find(|column| column.name == name)
                    .ok_or_else(|| unknown_column(name, columns))
            })
            .collect()
    }
}

fn unknown_column<T>(name: &str, columns: &[Column<T>]) -> Error {
    let known: Vec<&str> = columns.iter().map(|column| column.name).collect();
    Error::new(
        ErrorKind::InvalidRequest,
        "unknown-column",
        format!("This list has no column `{name}`."),
    )
    .remedy(format!("Choose among: {}.", known.join(", ")))
}

fn cells<T>(item: &T, columns: &[&Column<T>]) -> Vec<String> {
    columns.iter().map(|column| (column.cell)(item)).collect()
}

fn table<T>(list: &List<'_, T>, columns: &[&Column<T>]) -> Table {
    let headers: Vec<&str> = columns.iter().map(|column| column.header).collect();
    let mut table = Table::of(&headers);
    for item in list.items {
        let shown = |text: String| if text.is_empty() { "-".to_owned() } else { text };
        table.cells(cells(item, columns).into_iter().map(shown).collect());
    }
    table
}

/// One line for each item; none when there is none.
fn lines<T>(list: &List<'_, T>, line: impl Fn(&T) -> String) -> String {
    list.items.iter().map(|item| line(item) + "\n").collect()
}

fn document<T>(list: &List<'_, T>) -> String {
    let mut fields = list.beside.clone();
    let items = list.items.iter().map(list.json).collect();
    fields.insert("items".to_owned(), Value::Array(items));
    if let Some(skipped) = list.skipped {
        fields.insert("complete".to_owned(), skipped.is_empty().into());
        fields.insert("skipped".to_owned(), json!(skipped));
    }
    let text = serde_json::to_string_pretty(&enveloped(list.kind, &fields)).unwrap_or_default();
    format!("{text}\n")
}
