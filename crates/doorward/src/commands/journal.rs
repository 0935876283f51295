//! `doorward journal`: every change, before and after.

use doorward_core::{Error, ErrorKind, Result};
use doorward_host::{JournalEntry, Store};
use serde_json::json;

use crate::app::App;
use crate::exit::Exit;
use crate::output::{Console, Table, journal, text};

pub(super) fn list(app: &App, integration: Option<&str>, limit: u32) -> Result<Exit> {
    let store = app.store()?;
    let id = match integration {
        Some(name) => Some(super::integration::stored(store.as_ref(), name)?.id),
        None => None,
    };
    let entries = store.journal(id.as_deref(), limit)?;
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

pub(super) fn show(app: &App, id: &str) -> Result<Exit> {
    let mut entries = app.store()?.journal_entries(id)?;
    let entry = match (entries.pop(), entries.len()) {
        (Some(entry), 0) => entry,
        (None, _) => return Err(not_found(id)),
        (Some(_), others) => return Err(ambiguous(id, others + 1)),
    };
    if app.console.is_json() {
        app.console.json("JournalEntry", &json!({"item": entry}));
    } else {
        show_entry(&app.console, &entry);
    }
    Ok(Exit::DONE)
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
