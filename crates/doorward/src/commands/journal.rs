//! `doorward journal`: every change, before and after.

use doorward_core::{Error, ErrorKind, Result};
use doorward_host::{JournalEntry, Store, stored};
use serde_json::json;

use crate::app::App;
use crate::ask;
use crate::cli::SeenOutcome;
use crate::exit::Exit;
use crate::output::{Console, Table, journal, text};

pub(super) fn list(app: &App, integration: Option<&str>, limit: u32) -> Result<Exit> {
    let store = app.store()?;
    let entries = match integration {
        Some(name) => entries_of(app, store.as_ref(), name, limit)?,
        None => store.journal(None, limit)?,
    };
    if app.console.is_json() {
        app.console.json("JournalList", &json!({"items": entries}));
        return Ok(Exit::DONE);
    }
    if entries.is_empty() {
        app.console.line("No change was made yet.");
        return Ok(Exit::DONE);
    }
    let mut table = Table::new(["When", "Entry", "By", "Integration", "Change", "Outcome"]);
    for entry in &entries {
        table.row([
            &text::exact_moment(entry.at),
            &entry.id,
            &entry.actor,
            &entry.integration_name,
            &journal::change(entry),
            &journal::outcome(entry),
        ]);
    }
    app.console.table(&table);
    Ok(Exit::DONE)
}

/// The entries of the integration of this name; when it was removed, those that carry its name.
fn entries_of(app: &App, store: &dyn Store, name: &str, limit: u32) -> Result<Vec<JournalEntry>> {
    let missing = match stored(store, name) {
        Ok(integration) => return store.journal(Some(&integration.id), limit),
        Err(error) if error.kind == ErrorKind::NotFound => error,
        Err(error) => return Err(error),
    };
    let mut entries = store.journal(None, u32::MAX)?;
    entries.retain(|entry| entry.integration_name == name);
    if entries.is_empty() {
        return Err(missing);
    }
    entries.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    app.console.note(format!("The integration `{name}` was removed; its journal stays."));
    Ok(entries)
}

pub(super) fn show(app: &App, id: &str) -> Result<Exit> {
    let entry = find(app.store()?.as_ref(), id)?;
    print(&app.console, &entry);
    Ok(Exit::DONE)
}

/// Writes down what a person found out.
pub(super) async fn close(
    app: &App,
    id: &str,
    outcome: SeenOutcome,
    reason: &str,
    yes: bool,
) -> Result<Exit> {
    let host = app.host()?;
    let entry = find(host.store(), id)?;
    ask::can_be_confirmed(&app.console, yes)?;
    let (applied, effect) = match outcome {
        SeenOutcome::Applied => (true, "took effect"),
        SeenOutcome::NotApplied => (false, "did not take effect"),
    };
    let change = journal::change(&entry);
    let question = format!("Write down that this change {effect}: {change}?");
    ask::confirm(&app.console, yes, &question).await?;
    print(&app.console, &host.close(&entry, applied, reason)?);
    Ok(Exit::DONE)
}

fn find(store: &dyn Store, id: &str) -> Result<JournalEntry> {
    let mut entries = store.journal_entries(id)?;
    match (entries.pop(), entries.len()) {
        (Some(entry), 0) => Ok(entry),
        (None, _) => Err(not_found(id)),
        (Some(_), others) => Err(ambiguous(id, others + 1)),
    }
}

fn print(console: &Console, entry: &JournalEntry) {
    if console.is_json() {
        console.json("JournalEntry", &json!({"item": entry}));
    } else {
        show_entry(console, entry);
    }
}

fn show_entry(console: &Console, entry: &JournalEntry) {
    let say = |name: &str, value: &str| console.line(format!("{name:<14} {value}"));
    say("Entry", &entry.id);
    say("When", &text::exact_moment(entry.at));
    say("By", &entry.actor);
    say("Integration", &entry.integration_name);
    say("Change", &journal::change(entry));
    if let Some((key, _)) = entry.operation.action.grant() {
        say("Who", &key.principal.to_string());
        say("On", &key.resource.to_string());
        let before = match (&entry.prior, &entry.prior_unknown) {
            (Some(_), _) => "had the access",
            (None, None) => "had no access",
            (None, Some(_)) => "could not be seen",
        };
        say("Before", before);
    }
    if let Some(reason) = &entry.operation.reason {
        say("Reason", reason);
    }
    if let Some(ticket) = &entry.operation.ticket {
        say("Ticket", ticket);
    }
    say("Request", &format!("{} {}", entry.request.method, entry.request.url));
    say("Digest", &entry.request.digest);
    say("Outcome", &journal::outcome(entry));
    if let Some(settlement) = &entry.settlement {
        let how = if settlement.by_looking { ", by looking" } else { "" };
        say("Known since", &format!("{}{how}", text::exact_moment(settlement.at)));
        if let Some(closing) = &settlement.by_hand {
            say("Seen by", &closing.actor);
            say("How", &closing.reason);
        }
        if let Some(id) = &settlement.request_id {
            say("Request id", id);
        }
        if let Some(error) = &settlement.error {
            say("Error", &error.message);
        }
    }
}

fn not_found(id: &str) -> Error {
    Error::new(
        ErrorKind::NotFound,
        "journal-entry-not-found",
        format!("No journal entry's id begins with `{id}`."),
    )
    .remedy("Look at `doorward journal list`.")
}

fn ambiguous(id: &str, number: usize) -> Error {
    Error::new(
        ErrorKind::Ambiguous,
        "ambiguous-journal-entry",
        format!("The ids of {number} journal entries begin with `{id}`."),
    )
    .remedy("Give more of the id.")
}
