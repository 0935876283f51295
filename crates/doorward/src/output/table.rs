//! Tables in plain columns.

use comfy_table::{ColumnConstraint, ContentArrangement, presets};

use super::Stream;
use super::text::clean;

/// In a terminal that is narrower than this, tables are not fitted to its width.
const NARROWEST: u16 = 40;

/// Columns that people copy from: never broken into lines.
const COPIED: [&str; 2] = ["Id", "Entry"];

/// Rows under a header, in columns as wide as they must be.
pub(crate) struct Table {
    inner: comfy_table::Table,
    copied: Vec<usize>,
}

impl Table {
    /// A table with these column names.
    pub(crate) fn new<const COLUMNS: usize>(header: [&str; COLUMNS]) -> Self {
        Self::of(&header)
    }

    /// A table with these column names, however many.
    pub(super) fn of(header: &[&str]) -> Self {
        let mut inner = comfy_table::Table::new();
        inner.load_style(presets::NOTHING);
        let copied = (0..).zip(header).filter(|(_, name)| COPIED.contains(name));
        let copied = copied.map(|(index, _)| index).collect();
        inner.set_header(header.iter().map(|name| name.to_uppercase()));
        Self { inner, copied }
    }

    /// Adds a row; its texts are cleaned.
    pub(crate) fn row<const COLUMNS: usize>(&mut self, cells: [&str; COLUMNS]) {
        self.inner.add_row(cells.map(clean));
    }

    /// Adds a row of as many cells as the table has columns; its texts are cleaned.
    pub(super) fn cells(&mut self, cells: Vec<String>) {
        self.inner.add_row(cells.iter().map(|cell| clean(cell)));
    }

    /// The table as text. Only a terminal's width wraps it.
    pub(super) fn render(&self, stream: Stream) -> String {
        let mut table = self.inner.clone();
        if stream == Stream::Error {
            table.use_stderr();
        }
        let is_wide = table.width().is_some_and(|width| width >= NARROWEST);
        let arrangement = if table.is_tty() && is_wide {
            ContentArrangement::Dynamic
        } else {
            ContentArrangement::Disabled
        };
        table.set_content_arrangement(arrangement);
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        for index in &self.copied {
            if let Some(column) = table.column_mut(*index) {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        let mut text = String::new();
        for line in table.lines() {
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_clean() {
        let mut table = Table::new(["Who", "Right"]);
        table.row(["Alice\u{1b}[1m Archer", "member"]);
        table.row(["Bob", "own\ner"]);
        let expected =
            "WHO               RIGHT\nAlice[1m Archer   member\nBob               own er\n";
        let text = table.render(Stream::Out);
        let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(squeeze(&text), squeeze(expected));
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(!text.contains('\u{1b}'));
    }
}
