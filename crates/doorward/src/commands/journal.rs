//! `doorward journal`: every change, before and after.

use doorward_core::{Action, Error, ErrorKind, Result};
use doorward_host::{JournalEntry, Store, stored};
use serde_json::{Map, json};

use crate::app::App;
use crate::ask;
use crate::cli::SeenOutcome;
use crate::exit::Exit;
use crate::output::{Column, Console, List, journal, text};

const COLUMNS: &[Column<JournalEntry>] = &[
    Column::new("at", "When", |entry| text::exact_moment(entry.at)),
    Column::new("id", "Entry", |entry| entry.id.clone()),
    Column::new("actor", "By", |entry| entry.actor.clone()),
    Column::new("integration", "Integration", |entry| entry.integration_name.clone()),
    Column::new("change", "Change", journal::change),
    Column::new("outcome", "Outcome", journal::outcome),
    Column::wide("reason", "Reason", |entry| entry.operation.reason.clone().unwrap_or_default()),
    Column::wide("ticket", "Ticket", |entry| entry.operation.ticket.clone().unwrap_or_default()),
    Column::wide("principal", "Who", |entry| {
        let grant = entry.operation.action.grant();
        grant.map(|(key, _)| key.principal.to_string()).unwrap_or_default()
    }),
    Column::wide("resource", "On", |entry| {
        let grant = entry.operation.action.grant();
        grant.map(|(key, _)| key.resource.to_string()).unwrap_or_default()
    }),
    Column::wide("request", "Request", |entry| {
        format!("{} {}", entry.request.method, entry.request.url)
    }),
];

pub(super) fn list(app: &App, integration: Option<&str>, limit: u32) -> Result<Exit> {
    app.console.check_columns(COLUMNS)?;
    let store = app.store()?;
    let entries = match integration {
        Some(name) => entries_of(app, store.as_ref(), name, limit)?,
        None => store.journal(None, limit)?,
    };
    app.console.list(&List {
        kind: "JournalList",
        columns: COLUMNS,
        items: &entries,
        name: |entry| entry.id.clone(),
        json: |entry| json!(entry),
        beside: Map::new(),
        empty: "No change was made yet.",
        skipped: None,
    })?;
    Ok(Exit::DONE)
}

/// The entries of all integrations that had this name: a removed one's journal stays.
fn entries_of(app: &App, store: &dyn Store, name: &str, limit: u32) -> Result<Vec<JournalEntry>> {
    let entries = store.journal(Some(name), limit)?;
    let now = match stored(store, name) {
        Ok(integration) => Some(integration.id),
        Err(error) if error.kind == ErrorKind::NotFound && !entries.is_empty() => None,
        Err(error) => return Err(error),
    };
    if entries.iter().any(|entry| Some(&entry.integration) != now.as_ref()) {
        app.console.note(match now {
            None => format!("The integration `{name}` was removed; its journal stays."),
            Some(_) => format!("An earlier integration `{name}` was removed; its journal stays."),
        });
    }
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
    let opened = host.open(&stored(host.store(), &entry.integration_name)?)?;
    ask::can_be_confirmed(&app.console, yes)?;
    let (applied, effect) = match outcome {
        SeenOutcome::Applied => (true, "took effect"),
        SeenOutcome::NotApplied => (false, "did not take effect"),
    };
    let change = journal::change(&entry);
    let question = format!("Write down that this change {effect}: {change}?");
    ask::confirm(&app.console, yes, &question).await?;
    print(&app.console, &opened.close(&entry.id, applied, reason).await?);
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
    if let Action::Grant { until: Some(until), .. } = &entry.operation.action {
        say("Until", &text::exact_moment(*until));
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
