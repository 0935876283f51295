//! `doorward plugin list`: what is installed.

use doorward_core::Result;
use serde_json::Map;

use super::words::{entry, short};
use crate::app::App;
use crate::exit::Exit;
use crate::output::{Column, List, text};
use crate::plugins::Installed;

const COLUMNS: &[Column<Installed>] = &[
    Column::new("id", "Plugin", |one| one.id.clone()),
    Column::new("version", "Version", |one| one.version.clone()),
    Column::new("digest", "Digest", |one| short(&one.digest)),
    Column::new("signed", "Signed by", |one| match &one.key {
        Some(key) => key.to_string(),
        None => "nobody".to_owned(),
    }),
    Column::new("source", "From", |one| one.source.clone()),
    Column::new("installed", "Installed", |one| text::moment(one.installed)),
    Column::wide("sha256", "Whole digest", |one| one.digest.hex()),
];

pub(super) fn run(app: &App) -> Result<Exit> {
    app.console.check_columns(COLUMNS)?;
    let lock = app.plugins()?.lock()?;
    app.console.list(&List {
        kind: "PluginList",
        columns: COLUMNS,
        items: &lock.plugins,
        name: |one| one.id.clone(),
        json: entry,
        beside: Map::new(),
        empty: "No plugin is installed.",
        skipped: None,
    })?;
    if lock.plugins.is_empty() && app.console.format().is_for_people() {
        app.console.note_line("Next: doorward plugin install SOURCE");
    }
    Ok(Exit::DONE)
}
