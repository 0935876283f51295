//! `doorward connector`: the kinds of systems that can be reached.

use doorward_core::{Capability, Descriptor, Registry, Result};
use serde_json::{Value, json};

use crate::app::App;
use crate::exit::Exit;
use crate::output::{Console, Table};

pub(super) fn list(app: &App) -> Result<Exit> {
    let registry = Registry::native()?;
    if app.console.is_json() {
        let items: Vec<Value> = registry.iter().map(|factory| item(factory.descriptor())).collect();
        app.console.json("ConnectorList", &json!({"items": items}));
        return Ok(Exit::DONE);
    }
    let mut table = Table::new(["Connector", "Name", "Version", "What it does"]);
    for factory in registry.iter() {
        let descriptor = factory.descriptor();
        table.row([&descriptor.id, &descriptor.name, &descriptor.version, &descriptor.summary]);
    }
    app.console.table(&table);
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
    show_permissions(console, descriptor);
    Ok(Exit::DONE)
}

/// Each permission with what it is for and what does not work without it: sentences, too long for a
/// table.
pub(super) fn show_permissions(console: &Console, descriptor: &Descriptor) {
    for permission in &descriptor.permissions {
        console.line(format!("  {}", permission.name));
        console.line(format!("      {}", permission.purpose));
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
