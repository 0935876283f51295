//! CSV and TSV, for spreadsheets and line tools.

use csv::{QuoteStyle, Terminator, WriterBuilder};

use super::text::clean;

/// Comma-separated values by RFC 4180: lines end with CR LF, a cell is quoted where it must be.
pub(super) fn csv(header: Vec<&str>, rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut builder = WriterBuilder::new();
    builder.terminator(Terminator::CRLF);
    delimited(&builder, header, rows)
}

/// Tab-separated values, never quoted: a cleaned cell has no tab and no line break.
pub(super) fn tsv(header: Vec<&str>, rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut builder = WriterBuilder::new();
    builder.delimiter(b'\t').quote_style(QuoteStyle::Never);
    delimited(&builder, header, rows)
}

fn delimited(
    builder: &WriterBuilder,
    header: Vec<&str>,
    rows: impl Iterator<Item = Vec<String>>,
) -> String {
    // A writer into memory fails only when rows differ in length, and all have the same columns.
    let mut writer = builder.from_writer(Vec::new());
    let _ = writer.write_record(header);
    for row in rows {
        let _ = writer.write_record(row.iter().map(|cell| harmless(cell)));
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// A spreadsheet runs what looks like a formula, and a name from a directory may: it gets an
/// apostrophe before it, by which spreadsheets take a cell as text. Looked for in the text as it
/// came and as it is printed, since cleaning may bring a sign to the front.
fn harmless(text: &str) -> String {
    let printed = clean(text);
    let is_formula = text.starts_with(['\t', '\r', '\n'])
        // The last four are the signs in full width, which some spreadsheets read alike.
        || printed.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    if is_formula { format!("'{printed}") } else { printed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_taken_as_text() {
        let table = [
            ("Alice", "Alice"),
            ("", ""),
            ("a=b", "a=b"),
            ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
            ("+1", "'+1"),
            ("-", "'-"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "' =1"),
            ("\rx", "' x"),
            ("  =1", "'  =1"),
            ("\u{200b}=1", "'=1"),
            ("\u{202e}-2", "'-2"),
            ("＝1", "'＝1"),
            ("'=1", "'=1"),
        ];
        for (text, expected) in table {
            assert_eq!(harmless(text), expected, "{text:?}");
        }
    }

    #[test]
    fn cells_are_quoted_in_csv_and_plain_in_tsv() {
        let rows = || vec![vec!["a,\"b\"".to_owned(), "two\nlines\u{1b}".to_owned()]].into_iter();
        assert_eq!(csv(vec!["x", "y"], rows()), "x,y\r\n\"a,\"\"b\"\"\",two lines\r\n");
        assert_eq!(tsv(vec!["x", "y"], rows()), "x\ty\na,\"b\"\ttwo lines\n");
        assert_eq!(csv(vec!["x"], std::iter::empty()), "x\r\n");
    }
}
