//! `doorward credential status`: when the credentials of integrations end.

use doorward_core::{CredentialExpiry, Error, Result, Timestamp};
use doorward_host::{Host, Integration, Store};
use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::exit::Exit;
use crate::output::{Column, List, text};
use crate::remedy;

/// One integration's credential.
struct Status {
    integration: String,
    connector: String,
    state: State,
    ends: Option<Timestamp>,
    now: Timestamp,
    /// Why it is not known, or what went wrong.
    note: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Good,
    EndsSoon,
    Unknown,
    Failed,
}

impl State {
    const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::EndsSoon => "ends-soon",
            Self::Unknown => "unknown",
            Self::Failed => "failed",
        }
    }
}

const COLUMNS: &[Column<Status>] = &[
    Column::new("integration", "Integration", |one| one.integration.clone()),
    Column::new("state", "State", |one| one.state.name().replace('-', " ")),
    Column::new("ends", "Ends", |one| one.ends.map(text::moment).unwrap_or_default()),
    Column::new("left", "Left", |one| {
        one.ends.map(|ends| text::relative(ends, one.now)).unwrap_or_default()
    }),
    Column::new("note", "Note", |one| one.note.clone()),
    Column::wide("connector", "Connector", |one| one.connector.clone()),
];

pub(super) async fn status(app: &App, name: Option<&str>, warn_days: u16) -> Result<Exit> {
    app.console.check_columns(COLUMNS)?;
    let host = app.host()?;
    let integrations = match name {
        Some(name) => vec![host.select(Some(name))?],
        None => app.store()?.integrations()?,
    };
    let mut items = Vec::new();
    for integration in &integrations {
        items.push(match ends(&host, integration).await {
            Ok(expiry) => judged(app.now(), integration, expiry, warn_days),
            // Of one alone, it is the command's.
            Err(error) if integrations.len() == 1 => return Err(error),
            Err(error) => failed(app.now(), integration, &error),
        });
    }
    app.console.list(&List {
        kind: "CredentialStatusList",
        columns: COLUMNS,
        items: &items,
        name: |one| one.integration.clone(),
        json: view,
        beside: Map::from_iter([("warnDays".to_owned(), json!(warn_days))]),
        empty: "There is no integration yet.",
        skipped: None,
    })?;
    Ok(exit(&items))
}

async fn ends(host: &Host, integration: &Integration) -> Result<CredentialExpiry> {
    Ok(host.open(integration)?.check().await?.credential_expiry)
}

fn judged(
    now: Timestamp,
    integration: &Integration,
    expiry: CredentialExpiry,
    warn_days: u16,
) -> Status {
    let warn = SignedDuration::from_hours(24 * i64::from(warn_days));
    let (state, ends, note) = match expiry {
        CredentialExpiry::At { time } if time.duration_since(now) <= warn => {
            // The only credential that a connection has, whatever it is.
            let pointers = integration.secret_pointers();
            let place = match pointers.as_slice() {
                [only] => only.as_str(),
                _ => "",
            };
            let how = remedy::of_integration(integration, place);
            (State::EndsSoon, Some(time), format!("Make a new one. {how}"))
        }
        CredentialExpiry::At { time } => (State::Good, Some(time), String::new()),
        CredentialExpiry::Unknown { because } => (State::Unknown, None, because),
    };
    let (name, connector) = (integration.name.clone(), integration.connector.clone());
    Status { integration: name, connector, state, ends, now, note }
}

fn failed(now: Timestamp, integration: &Integration, error: &Error) -> Status {
    let remedy = error.remedy.as_deref().unwrap_or_default();
    Status {
        integration: integration.name.clone(),
        connector: integration.connector.clone(),
        state: State::Failed,
        ends: None,
        now,
        note: format!("{} {remedy}", error.message).trim_end().to_owned(),
    }
}

fn view(one: &Status) -> Value {
    json!({
        "integration": one.integration,
        "connector": one.connector,
        "state": one.state.name(),
        "ends": one.ends,
        "daysLeft": one.ends.map(|ends| ends.duration_since(one.now).as_hours() / 24),
        "note": Some(&one.note).filter(|note| !note.is_empty()),
    })
}

fn exit(items: &[Status]) -> Exit {
    let has = |state: State| items.iter().any(|one| one.state == state);
    if has(State::Failed) {
        Exit::PARTIAL
    } else if has(State::EndsSoon) {
        Exit::PERMISSION
    } else {
        Exit::DONE
    }
}
