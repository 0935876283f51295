//! `doorward list`: what the last sync saw, without asking the provider.

use doorward_core::{Account, GrantKind, Resource, Result, Skipped};
use doorward_host::{AccessRow, Opened, Snapshot};
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::cli::{ListCommand, Target};
use crate::exit::Exit;
use crate::output::{Column, List, text};

pub(super) async fn run(app: &App, command: &ListCommand) -> Result<Exit> {
    match command {
        ListCommand::Accounts { target } => accounts(app, target).await,
        ListCommand::Resources { target } => resources(app, target).await,
        ListCommand::Grants { target } => grants(app, target).await,
    }
}

const ACCOUNTS: &[Column<Account>] = &[
    Column::new("name", "Name", |account| account.name.clone()),
    Column::new("login", "Sign-in", |account| account.login.clone().unwrap_or_default()),
    Column::new("kind", "Kind", |account| account.key.kind.clone()),
    Column::new("enabled", "Enabled", |account| match account.enabled {
        Some(true) => "yes".to_owned(),
        Some(false) => "no".to_owned(),
        None => String::new(),
    }),
    Column::wide("mail", "Mail", |account| account.mail.clone().unwrap_or_default()),
    Column::wide("created", "Created", |account| {
        account.created.map(text::moment).unwrap_or_default()
    }),
    Column::wide("id", "Id", |account| account.key.id.clone()),
];

const RESOURCES: &[Column<Resource>] = &[
    Column::new("name", "Name", |resource| resource.name.clone()),
    Column::new("kind", "Kind", |resource| resource.key.kind.clone()),
    Column::new("class", "Class", |resource| resource.class.clone()),
    Column::new("manageable", "Manageable", |resource| match resource.refusals.first() {
        None => "yes".to_owned(),
        Some(rule) => format!("{}: {}", rule.entitlements.join(", "), rule.refusal.code),
    }),
    Column::wide("privileged", "Privileged", |resource| {
        if resource.privileged { "yes" } else { "no" }.to_owned()
    }),
    Column::wide("mail", "Mail", |resource| resource.mail.clone().unwrap_or_default()),
    Column::wide("id", "Id", |resource| resource.key.id.clone()),
];

const GRANTS: &[Column<AccessRow>] = &[
    Column::new("who", "Who", |row| {
        row.principal_name.clone().unwrap_or_else(|| row.grant.key.principal.id.clone())
    }),
    Column::new("login", "Sign-in", |row| row.principal_login.clone().unwrap_or_default()),
    Column::new("right", "Right", |row| {
        text::right(&row.grant.key.entitlement, row.grant.key.kind)
    }),
    Column::new("on", "On", |row| {
        row.resource_name.clone().unwrap_or_else(|| row.grant.key.resource.id.clone())
    }),
    Column::new("scope", "Within", AccessRow::scope),
    Column::new("ends", "Ends", |row| text::ends(&row.grant)),
    Column::wide("principal", "Principal", |row| row.grant.key.principal.to_string()),
    Column::wide("resource", "Resource", |row| row.grant.key.resource.to_string()),
];

async fn accounts(app: &App, target: &Target) -> Result<Exit> {
    app.console.check_columns(ACCOUNTS)?;
    let (opened, snapshot) = last_sync(app, target).await?;
    let skipped = snapshot.gaps();
    app.console.list(&List {
        kind: "AccountList",
        columns: ACCOUNTS,
        items: &snapshot.accounts,
        name: |account| account.key.to_string(),
        json: |account| json!(account),
        beside: beside(&opened, &snapshot),
        empty: "The last sync saw no account.",
        skipped: Some(&skipped),
    })?;
    Ok(ending(&skipped))
}

async fn resources(app: &App, target: &Target) -> Result<Exit> {
    app.console.check_columns(RESOURCES)?;
    let (opened, snapshot) = last_sync(app, target).await?;
    let skipped = snapshot.gaps();
    app.console.list(&List {
        kind: "ResourceList",
        columns: RESOURCES,
        items: &snapshot.resources,
        name: |resource| resource.key.to_string(),
        json: |resource| json!(resource),
        beside: beside(&opened, &snapshot),
        empty: "The last sync saw no resource.",
        skipped: Some(&skipped),
    })?;
    Ok(ending(&skipped))
}

async fn grants(app: &App, target: &Target) -> Result<Exit> {
    app.console.check_columns(GRANTS)?;
    let (opened, snapshot) = last_sync(app, target).await?;
    let skipped = snapshot.gaps();
    let rows: Vec<AccessRow> = snapshot.grants.iter().map(|grant| snapshot.row(grant)).collect();
    app.console.list(&List {
        kind: "GrantList",
        columns: GRANTS,
        items: &rows,
        name: |row| {
            let key = &row.grant.key;
            let scope = key.scope.as_ref().map(|scope| format!("@{scope}")).unwrap_or_default();
            let eligible = if key.kind == GrantKind::Eligible { "eligible:" } else { "" };
            format!("{} {eligible}{} {}{scope}", key.principal, key.entitlement, key.resource)
        },
        json: |row| json!(row),
        beside: beside(&opened, &snapshot),
        empty: "The last sync saw nobody who has access to anything.",
        skipped: Some(&skipped),
    })?;
    Ok(ending(&skipped))
}

/// The snapshot of the last sync, after its age was said.
pub(super) async fn last_sync(app: &App, target: &Target) -> Result<(Opened, Snapshot)> {
    let opened = app.open(target).await?;
    let snapshot = opened.last_sync()?;
    if app.console.format().is_for_people() {
        let age = text::relative(snapshot.finished, app.now());
        app.console.note_line(format!(
            "As the sync of {} saw it, {age}.",
            text::moment(snapshot.finished)
        ));
    }
    Ok((opened, snapshot))
}

/// What stands beside the items in JSON.
pub(super) fn beside(opened: &Opened, snapshot: &Snapshot) -> Map<String, Value> {
    Map::from_iter([
        ("integration".to_owned(), json!(opened.integration().name)),
        ("lastSync".to_owned(), json!(snapshot.finished)),
    ])
}

fn ending(skipped: &[Skipped]) -> Exit {
    if skipped.is_empty() { Exit::DONE } else { Exit::INCOMPLETE }
}
