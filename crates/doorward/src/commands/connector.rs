//! `doorward connector`: the kinds of systems that can be reached.

use doorward_core::{Capability, Descriptor, Permission, Result};
use serde_json::{Value, json};

use crate::app::App;
use crate::exit::Exit;
use crate::output::{Column, List, Table};

const COLUMNS: &[Column<&Descriptor>] = &[
    Column::new("id", "Connector", |one| one.id.clone()),
    Column::new("name", "Name", |one| one.name.clone()),
    Column::new("version", "Version", |one| one.version.clone()),
    Column::new("summary", "What it does", |one| one.summary.clone()),
    Column::wide("capabilities", "It can", |one| abilities(one)),
];

pub(super) fn list(app: &App) -> Result<Exit> {
    let registry = app.registry()?;
    let descriptors: Vec<&Descriptor> = registry.iter().map(|one| one.descriptor()).collect();
    let unusable = registry.unusable();
    let beside = [("unusable".to_owned(), json!(unusable))];
    app.console.list(&List {
        kind: "ConnectorList",
        columns: COLUMNS,
        items: &descriptors,
        name: |one| one.id.clone(),
        json: |one| item(one),
        beside: beside.into_iter().filter(|_| !unusable.is_empty()).collect(),
        empty: "No connector is built in.",
        skipped: None,
    })?;
    if !app.console.is_json() {
        for why in unusable.values() {
            let remedy = why.remedy.as_deref().unwrap_or_default();
            app.console.note_line(format!("warning: {} {remedy}", why.message));
        }
    }
    Ok(Exit::DONE)
}

fn item(descriptor: &Descriptor) -> Value {
    json!({
        "id": descriptor.id,
        "name": descriptor.name,
        "version": descriptor.version,
        "summary": descriptor.summary,
        "capabilities": descriptor.capabilities,
    })
}

pub(super) fn show(app: &App, id: &str) -> Result<Exit> {
    let descriptor = app.factory(id)?.descriptor();
    let console = &app.console;
    if console.is_json() {
        console.json("Connector", &json!({"item": descriptor}));
        return Ok(Exit::DONE);
    }
    console.line(format!("{} ({} {})", descriptor.name, descriptor.id, descriptor.version));
    console.line(&descriptor.summary);
    console.line(format!("It can {}.", abilities(descriptor)));
    console.line("");
    console.table(&rights(descriptor));
    console.line("");
    console.line("Permissions that it makes use of; `doorward setup` says which to give:");
    for line in permission_lines(&descriptor.permissions) {
        console.line(line);
    }
    Ok(Exit::DONE)
}

/// Each permission with what it is for and what does not work without it: sentences, too long for a
/// table.
pub(super) fn permission_lines<'p>(
    permissions: impl IntoIterator<Item = &'p Permission>,
) -> Vec<String> {
    let mut lines = Vec::new();
    for permission in permissions {
        lines.push(format!("  {}", permission.name));
        lines.push(format!("      {}", permission.purpose));
        lines.extend(permission.danger.iter().map(|danger| format!("      WARNING: {danger}")));
        lines.push(format!("      Without it: {}", permission.without));
    }
    lines
}

/// The rights that it knows.
pub(super) fn rights(descriptor: &Descriptor) -> Table {
    let mut table = Table::new(["On", "Right", "What it gives", "Who can hold it"]);
    for kind in &descriptor.resource_kinds {
        for right in &kind.entitlements {
            table.row([&kind.kind, &right.id, &right.summary, &right.principals.join(", ")]);
        }
    }
    table
}

/// What it can do, in words.
pub(super) fn abilities(descriptor: &Descriptor) -> String {
    let abilities: Vec<&str> = descriptor.capabilities.iter().map(|one| ability(*one)).collect();
    if abilities.is_empty() { "do nothing".to_owned() } else { abilities.join(", ") }
}

fn ability(capability: Capability) -> &'static str {
    match capability {
        Capability::Check => "check a connection",
        Capability::Sync => "read everything",
        Capability::IncrementalSync => "read only what changed",
        Capability::Read => "see who has access",
        Capability::Grant => "give access",
        Capability::Revoke => "take access",
        Capability::ManageAccounts => "manage accounts",
    }
}
