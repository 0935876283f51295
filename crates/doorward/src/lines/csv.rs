//! Changes as CSV: a first line that names the columns, in any order, then one change in a line.
//!
//! Each line is read for itself. A quote that is never closed is then an error of its line; read as
//! one text, it would swallow all that follow.

use csv::{ReaderBuilder, StringRecord};
use doorward_core::Result;
use doorward_host::Verb;

use super::{NAMES, Row, Words, bad, check_length, unknown, unusable};

/// What separates cells: by the book, where a comma separates decimals, and in copied tables.
const DELIMITERS: [char; 3] = [',', ';', '\t'];

/// The changes below the line that names the columns.
///
/// # Errors
/// `InvalidRequest` when that line cannot be used.
pub(super) fn rows<'a>(
    mut lines: impl Iterator<Item = (u64, &'a str)>,
    own: Option<Verb>,
) -> Result<Vec<Row>> {
    let Some((_, header)) = lines.next() else { return Ok(Vec::new()) };
    let delimiter = delimiter(header);
    let columns = columns(header, delimiter, own)?;
    let rows = lines.filter_map(|(number, line)| {
        let words = check_length(line).and_then(|()| words(line, delimiter, &columns));
        match words {
            // What spreadsheets leave below a table.
            Ok(words) if words == Words::default() => None,
            words => Some(Row { number, words }),
        }
    });
    Ok(rows.collect())
}

fn delimiter(header: &str) -> u8 {
    let count = |delimiter: &char| header.matches(*delimiter).count();
    // Of several that are as frequent, the last would win.
    let found = DELIMITERS.iter().rev().max_by_key(|delimiter| count(delimiter));
    found.and_then(|found| u8::try_from(*found).ok()).unwrap_or(b',')
}

fn columns(header: &str, delimiter: u8, own: Option<Verb>) -> Result<Vec<String>> {
    check_length(header)?;
    let cells = cells(header, delimiter)?;
    let mut columns: Vec<String> = Vec::new();
    for cell in &cells {
        let name = cell.trim().to_lowercase();
        if !NAMES.contains(&name.as_str()) {
            return Err(unknown("column", cell.trim()));
        }
        if columns.contains(&name) {
            return Err(unusable("column-twice", format!("the column `{name}` is there twice."))
                .remedy("Leave one of them out."));
        }
        columns.push(name);
    }
    let needed: &[&str] = match own {
        Some(_) => &["principal", "resource"],
        None => &["op", "principal", "resource"],
    };
    let known = |name: &&&str| columns.iter().any(|column| column == **name);
    match needed.iter().find(|name| !known(name)) {
        None => Ok(columns),
        Some(name) => {
            Err(unusable("missing-column", format!("the first line names no column `{name}`."))
                .remedy(format!(
                    "Begin with a line such as `{}`.",
                    if own.is_some() {
                        "principal,resource,reason"
                    } else {
                        "op,principal,resource,reason"
                    }
                )))
        }
    }
}

fn words(line: &str, delimiter: u8, columns: &[String]) -> Result<Words> {
    let cells = cells(line, delimiter)?;
    if cells.iter().all(|cell| cell.trim().is_empty()) {
        return Ok(Words::default());
    }
    if cells.len() != columns.len() {
        return Err(bad(
            "cell-count",
            format!("It has {} cells, and the first line names {}.", cells.len(), columns.len()),
        )
        .remedy("Put what holds a separator into quotes, and write a separator for each column."));
    }
    let mut words = Words::default();
    for (name, cell) in columns.iter().zip(&cells) {
        words.set(name, cell);
    }
    Ok(words)
}

/// The cells of one line.
fn cells(line: &str, delimiter: u8) -> Result<StringRecord> {
    // A line of ours after it is read as a part of it when a quote is still open.
    const AFTER: &str = "\u{1}";
    let text = format!("{line}\n{AFTER}");
    let mut builder = ReaderBuilder::new();
    let mut reader =
        builder.has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let mut records = reader.records();
    let open = || {
        bad("open-quote", "It opens a quote and does not close it.".to_owned()).remedy(
            "Close it, or write a quote within a text twice (\"\"). A text cannot go on in the next \
             line.",
        )
    };
    let cells = records.next().and_then(|record| record.ok()).ok_or_else(open)?;
    match records.next() {
        Some(Ok(after)) if after.get(0) == Some(AFTER) => Ok(cells),
        _ => Err(open()),
    }
}
