//! `doorward access`: who has access to what, and why.

use doorward_core::{AccessPath, Grant, Object, Result, Skipped, Timestamp};
use doorward_host::{AccessList, AccessRow, Explanation, Opened, Selector, SelectorRole, Snapshot};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

use super::list;
use crate::app::App;
use crate::cli::Target;
use crate::exit::Exit;
use crate::output::{Column, List, text};

pub(super) async fn list(
    app: &App,
    on: Option<&str>,
    who: Option<&str>,
    last_sync: bool,
    target: &Target,
) -> Result<Exit> {
    let role = if on.is_some() { SelectorRole::Resource } else { SelectorRole::Principal };
    match role {
        SelectorRole::Resource => app.console.check_columns(HOLDERS)?,
        SelectorRole::Principal => app.console.check_columns(HOLDINGS)?,
    }
    let (list, beside) =
        asked(app, on.or(who).unwrap_or_default(), role, last_sync, target).await?;
    let (empty, skipped) = (nothing(role, &list), Some(list.skipped.as_slice()));
    match role {
        SelectorRole::Resource => app.console.list(&List {
            kind: "AccessList",
            columns: HOLDERS,
            items: &list.rows,
            name: |row| row.grant.key.principal.to_string(),
            json: |row| json!(row),
            beside,
            empty: &empty,
            skipped,
        }),
        SelectorRole::Principal => app.console.list(&List {
            kind: "AccessList",
            columns: HOLDINGS,
            items: &holdings(&list.rows),
            name: |one| one.row.grant.key.resource.to_string(),
            json: |one| json!(one.row),
            beside,
            empty: &empty,
            skipped,
        }),
    }?;
    Ok(ending(&list.skipped))
}

/// The answer, from the provider or from the last sync, and what stands beside it in JSON.
async fn asked(
    app: &App,
    text: &str,
    role: SelectorRole,
    last_sync: bool,
    target: &Target,
) -> Result<(AccessList, Map<String, Value>)> {
    let (list, mut beside) = if last_sync {
        let (opened, snapshot) = list::last_sync(app, target).await?;
        let selector = Selector::parse(text, role, opened.descriptor())?;
        let subject = snapshot.find(&selector)?;
        let list = match role {
            SelectorRole::Resource => snapshot.holders(subject),
            SelectorRole::Principal => snapshot.holdings(subject, opened.descriptor()),
        };
        (list, list::beside(&opened, &snapshot))
    } else {
        let opened = app.open(target).await?;
        let selector = Selector::parse(text, role, opened.descriptor())?;
        app.settle(&opened).await?;
        let subject = opened.resolve(&selector).await?;
        let list = match role {
            SelectorRole::Resource => opened.holders(subject).await?,
            SelectorRole::Principal => opened.holdings(subject).await?,
        };
        (list, Map::from_iter([("integration".to_owned(), json!(opened.integration().name))]))
    };
    beside.insert("subject".to_owned(), json!(list.subject));
    Ok((list, beside))
}

/// Who has access to something.
const HOLDERS: &[Column<AccessRow>] = &[
    Column::new("who", "Who", |row| {
        let principal = &row.grant.key.principal;
        row.principal_name.clone().unwrap_or_else(|| principal.id.clone())
    }),
    Column::new("login", "Sign-in", |row| row.principal_login.clone().unwrap_or_default()),
    Column::new("kind", "Kind", |row| row.grant.key.principal.kind.clone()),
    Column::new("right", "Right", |row| right(&row.grant)),
    Column::new("scope", "Within", AccessRow::scope),
    Column::new("ends", "Ends", |row| text::ends(&row.grant)),
    Column::wide("starts", "Starts", |row| moment(row.grant.starts)),
    Column::wide("id", "Id", |row| row.grant.key.principal.id.clone()),
];

/// What somebody has access to, and how.
#[derive(Clone)]
struct Holding {
    row: AccessRow,
    how: String,
}

const HOLDINGS: &[Column<Holding>] = &[
    Column::new("on", "On", |one| {
        let resource = &one.row.grant.key.resource;
        one.row.resource_name.clone().unwrap_or_else(|| resource.id.clone())
    }),
    Column::new("kind", "Kind", |one| one.row.grant.key.resource.kind.clone()),
    Column::new("right", "Right", |one| right(&one.row.grant)),
    Column::new("scope", "Within", |one| one.row.scope()),
    Column::new("how", "How", |one| one.how.clone()),
    Column::new("ends", "Ends", |one| text::ends(&one.row.grant)),
    Column::wide("starts", "Starts", |one| moment(one.row.grant.starts)),
    Column::wide("id", "Id", |one| one.row.grant.key.resource.id.clone()),
];

fn holdings(rows: &[AccessRow]) -> Vec<Holding> {
    let names: BTreeMap<_, _> = rows
        .iter()
        .filter_map(|row| Some((&row.grant.key.resource, row.resource_name.as_deref()?)))
        .collect();
    rows.iter()
        .map(|row| {
            let how = match &row.grant.via {
                None => "directly".to_owned(),
                Some(via) => format!("through {}", names.get(via).copied().unwrap_or(&via.id)),
            };
            Holding { row: row.clone(), how }
        })
        .collect()
}

fn right(grant: &Grant) -> String {
    text::right(&grant.key.entitlement, grant.key.kind)
}

fn moment(time: Option<Timestamp>) -> String {
    time.map(text::moment).unwrap_or_default()
}

/// What people read when the list is empty.
fn nothing(role: SelectorRole, list: &AccessList) -> String {
    let subject = text::object_name(&list.subject);
    match (role, list.skipped.is_empty()) {
        (SelectorRole::Resource, true) => format!("Nobody has access to {subject}."),
        (SelectorRole::Principal, true) => format!("{subject} has access to nothing."),
        (SelectorRole::Resource, false) => format!(
            "Nobody who has access to {subject} can be seen, but not everything could be read."
        ),
        (SelectorRole::Principal, false) => format!(
            "Nothing that {subject} has access to can be seen, but not everything could be read."
        ),
    }
}

/// The end of an answer that may have gaps.
fn ending(skipped: &[Skipped]) -> Exit {
    if skipped.is_empty() { Exit::DONE } else { Exit::INCOMPLETE }
}

fn warn(app: &App, skipped: &[Skipped]) {
    for line in text::gaps(skipped) {
        app.console.note_line(line);
    }
}

pub(super) async fn explain(
    app: &App,
    who: &str,
    on: &str,
    right: Option<&str>,
    last_sync: bool,
    target: &Target,
) -> Result<Exit> {
    let (opened, snapshot) = if last_sync {
        let (opened, snapshot) = list::last_sync(app, target).await?;
        (opened, Some(snapshot))
    } else {
        (app.open(target).await?, None)
    };
    let who = Selector::parse(who, SelectorRole::Principal, opened.descriptor())?;
    let on = Selector::parse(on, SelectorRole::Resource, opened.descriptor())?;
    let explanation = match &snapshot {
        Some(snapshot) => remembered(&opened, snapshot, &who, &on, right)?,
        None => {
            app.settle(&opened).await?;
            explanation(&opened, &who, &on, right).await?
        }
    };
    if app.console.is_json() {
        let fields = json!({
            "integration": opened.integration().name,
            "lastSync": snapshot.as_ref().map(|snapshot| snapshot.finished),
            "principal": explanation.principal,
            "resource": explanation.resource,
            "entitlement": explanation.entitlement,
            "complete": explanation.skipped.is_empty(),
            "items": explanation.paths,
            "skipped": explanation.skipped,
        });
        app.console.json("AccessExplanation", &fields);
    } else {
        show_explanation(app, &explanation);
        warn(app, &explanation.skipped);
    }
    Ok(ending(&explanation.skipped))
}

fn remembered(
    opened: &Opened,
    snapshot: &Snapshot,
    who: &Selector,
    on: &Selector,
    right: Option<&str>,
) -> Result<Explanation> {
    let resource = snapshot.find(on)?;
    let right = chosen_right(opened, &resource, right)?;
    let principal = snapshot.find(who)?;
    Ok(snapshot.explain(principal, resource, &right, opened.descriptor()))
}

fn chosen_right(opened: &Opened, resource: &Object, right: Option<&str>) -> Result<String> {
    match resource {
        Object::Resource(found) => opened.entitlement(found, right),
        Object::Account(_) => Ok(right.unwrap_or_default().to_owned()),
    }
}

async fn explanation(
    opened: &Opened,
    who: &Selector,
    on: &Selector,
    right: Option<&str>,
) -> Result<Explanation> {
    let resource = opened.resolve(on).await?;
    let right = chosen_right(opened, &resource, right)?;
    let principal = opened.resolve(who).await?;
    opened.explain_access(principal, resource, &right).await
}

fn show_explanation(app: &App, explanation: &Explanation) {
    let (right, resource) = (&explanation.entitlement, explanation.resource.name());
    let who = text::object_name(&explanation.principal);
    let number = explanation.paths.len();
    if number == 0 {
        let doubt = if explanation.skipped.is_empty() { "" } else { ", as far as could be read" };
        app.console.line(format!("{who} is not {right} of {resource}{doubt}."));
        return;
    }
    let ways = text::count(number, "way", "ways");
    app.console.line(format!("{who} is {right} of {resource} in {ways}:"));
    for path in &explanation.paths {
        app.console.line(format!("  {}", path_text(path)));
    }
}

/// `alice → Platform → Engineering`.
pub(super) fn path_text(path: &AccessPath) -> String {
    if !path.names.is_empty() {
        return path.names.join(" → ");
    }
    let first = path.grants.first().map(|grant| grant.principal.to_string());
    let rest = path.grants.iter().map(|grant| grant.resource.to_string());
    first.into_iter().chain(rest).collect::<Vec<_>>().join(" → ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorward_core::{Attributes, GrantKey, ObjectRef};

    #[test]
    fn a_path_is_told_by_names_or_else_by_ids() {
        let (user, group) = (ObjectRef::new("user", "1"), ObjectRef::new("group", "2"));
        let grants = vec![GrantKey::new(user, group, "member")];
        let names = vec!["Alice".to_owned(), "Finance".to_owned()];
        let named = AccessPath { grants: grants.clone(), names, attributes: Attributes::new() };
        assert_eq!(path_text(&named), "Alice → Finance");
        let bare = AccessPath { grants, names: Vec::new(), attributes: Attributes::new() };
        assert_eq!(path_text(&bare), "user:id=1 → group:id=2");
    }
}
