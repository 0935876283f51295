//! `doorward connector`: the kinds of systems that can be reached.

use doorward_core::{Capability, Descriptor, Permission, Registry, Result};
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::exit::Exit;
use crate::output::{Column, Console, List, Table};

const COLUMNS: &[Column<&Descriptor>] = &[
    Column::new("id", "Connector", |one| one.id.clone()),
    Column::new("name", "Name", |one| one.name.clone()),
    Column::new("version", "Version", |one| one.version.clone()),
    Column::new("summary", "What it does", |one| one.summary.clone()),
    Column::wide("capabilities", "It can", |one| {
        let abilities: Vec<&str> = one.capabilities.iter().map(|one| ability(*one)).collect();
        abilities.join(", ")
    }),
];

pub(super) fn list(app: &App) -> Result<Exit> {
    let registry = Registry::native()?;
    let descriptors: Vec<&Descriptor> = registry.iter().map(|one| one.descriptor()).collect();
    app.console.list(&List {
        kind: "ConnectorList",
        columns: COLUMNS,
        items: &descriptors,
        name: |one| one.id.clone(),
        json: |one| item(one),
        beside: Map::new(),
        empty: "No connector is built in.",
        skipped: None,
    })?;
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
    let abilities: Vec<&str> = descriptor.capabilities.iter().map(|one| ability(*one)).collect();
    console.line(format!("It can {}.", abilities.join(", ")));
    console.line("");
    console.table(&rights(descriptor));
    console.line("");
    console.line("Permissions that it makes use of; `doorward setup` says which to give:");
    show_permissions(console, &descriptor.permissions);
    Ok(Exit::DONE)
}

/// Each permission with what it is for and what does not work without it: sentences, too long for a
/// table.
pub(super) fn show_permissions<'p>(
    console: &Console,
    permissions: impl IntoIterator<Item = &'p Permission>,
) {
    for permission in permissions {
        console.line(format!("  {}", permission.name));
        console.line(format!("      {}", permission.purpose));
        if let Some(danger) = &permission.danger {
            console.line(format!("      WARNING: {danger}"));
        }
        console.line(format!("      Without it: {}", permission.without));
    }
}

fn rights(descriptor: &Descriptor) -> Table {
    let mut table = Table::new(["On", "Right", "What it gives", "Who can hold it"]);
    for kind in &descriptor.resource_kinds {
        for right in &kind.entitlements {
            table.row([&kind.kind, &right.id, &right.summary, &right.principals.join(", ")]);
        }
    }
    table
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
