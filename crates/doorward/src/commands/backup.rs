//! `doorward backup` and `doorward restore`: everything that is stored, in one file and back.

use doorward_core::{Error, ErrorKind, Result};
use doorward_host::{SqliteStore, Store, Vault};
use serde_json::json;
use std::path::Path;

use crate::app::App;
use crate::ask;
use crate::exit::Exit;
use crate::output::text;

pub(super) fn back_up(app: &App, file: &Path) -> Result<Exit> {
    let store = app.store()?;
    store.back_up(&app.console.file(file))?;
    let integrations = store.integrations()?.len();
    if app.console.is_json() {
        app.console.json("Backup", &json!({"file": file, "integrations": integrations}));
        return Ok(Exit::DONE);
    }
    let number = text::count(integrations, "integration", "integrations");
    app.console.line(format!("Wrote {} with {number} and the journal.", file.display()));
    app.console.note_line(key_advice(app)?);
    Ok(Exit::DONE)
}

/// Where the key is, without which a backup's secrets are lost.
fn key_advice(app: &App) -> Result<String> {
    let place = match app.variable("DOORWARD_KEY") {
        Some(_) => "what DOORWARD_KEY is set to".to_owned(),
        None => format!("a copy of {}", app.key_file()?.display()),
    };
    Ok(format!(
        "The key of the secrets is not in it. Keep {place} in another place than the backup: \
         together they are the secrets, and without the key they must be entered again."
    ))
}

pub(super) async fn restore(app: &App, file: &Path, yes: bool) -> Result<Exit> {
    let path = app.console.file(file);
    let store = app.store()?;
    refuse_own_database(app, &path)?;
    confirmed(app, &store, yes).await?;
    {
        let _alone = store.change_key()?.ok_or_else(super::in_use)?;
        store.restore(&path)?;
    }
    let integrations = store.integrations()?;
    let unreadable = unreadable(&store, &app.vault(&store)?)?;
    if app.console.is_json() {
        let names: Vec<&str> = integrations.iter().map(|one| one.name.as_str()).collect();
        let fields = json!({"file": file, "integrations": names, "unreadableSecrets": unreadable});
        app.console.json("Restore", &fields);
        return Ok(Exit::DONE);
    }
    let number = text::count(integrations.len(), "integration", "integrations");
    app.console.line(format!("Restored {number} and the journal from {}.", file.display()));
    if !unreadable.is_empty() {
        app.console.note_line(format!(
            "warning: the key here does not open the secrets of {}. Put the key back that they were \
             sealed with, or enter them again with `doorward integration update NAME --secret -`.",
            unreadable.join(", ")
        ));
    }
    Ok(Exit::DONE)
}

/// The copy of a database in use lacks what its log still holds.
fn refuse_own_database(app: &App, path: &Path) -> Result<()> {
    let own = app.data_directory()?.join("doorward.db");
    match (path.canonicalize(), own.canonicalize()) {
        (Ok(path), Ok(own)) if path == own => Err(Error::new(
            ErrorKind::InvalidRequest,
            "not-a-backup",
            "This is the database in use itself, and no backup. Nothing was changed.",
        )
        .remedy("Name a file that `doorward backup` wrote.")),
        _ => Ok(()),
    }
}

async fn confirmed(app: &App, store: &SqliteStore, yes: bool) -> Result<()> {
    let integrations = store.integrations()?;
    if integrations.is_empty() && store.journal(None, 1)?.is_empty() {
        return Ok(());
    }
    let number = text::count(integrations.len(), "integration", "integrations");
    let question = format!("Replace what is stored here, {number} and the journal?");
    ask::confirm(&app.console, yes, &question).await
}

/// The integrations with a secret that the key does not open.
fn unreadable(store: &SqliteStore, vault: &Vault) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for integration in store.integrations()? {
        let secrets = store.secrets(&integration.id)?;
        if secrets.iter().any(|sealed| vault.open(&integration.id, sealed).is_err()) {
            names.push(integration.name);
        }
    }
    Ok(names)
}
