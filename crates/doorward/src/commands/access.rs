//! `doorward access`: who has access to what, and why.

use doorward_core::{AccessPath, Object, Result, Skipped};
use doorward_host::{AccessList, AccessRow, Explanation, Opened, Selector, SelectorRole};
use serde_json::json;
use std::collections::BTreeMap;

use crate::app::App;
use crate::cli::Target;
use crate::exit::Exit;
use crate::output::{Table, text};

pub(super) async fn list(
    app: &App,
    on: Option<&str>,
    who: Option<&str>,
    target: &Target,
) -> Result<Exit> {
    let opened = app.open(target).await?;
    let role = if on.is_some() { SelectorRole::Resource } else { SelectorRole::Principal };
    let text = on.or(who).unwrap_or_default();
    let selector = Selector::parse(text, role, opened.descriptor())?;
    app.settle(&opened).await?;
    let subject = opened.resolve(&selector).await?;
    let list = match role {
        SelectorRole::Resource => opened.holders(subject).await?,
        SelectorRole::Principal => opened.holdings(subject).await?,
    };
    if app.console.is_json() {
        let fields = json!({
            "integration": opened.integration().name,
            "subject": list.subject,
            "complete": list.skipped.is_empty(),
            "items": list.rows,
            "skipped": list.skipped,
        });
        app.console.json("AccessList", &fields);
    } else {
        show_list(app, role, &list);
        warn(app, &list.skipped);
    }
    Ok(ending(&list.skipped))
}

/// The end of an answer that may have gaps.
fn ending(skipped: &[Skipped]) -> Exit {
    if skipped.is_empty() { Exit::DONE } else { Exit::INCOMPLETE }
}

fn warn(app: &App, skipped: &[Skipped]) {
    for gap in skipped {
        app.console.note_line(format!("incomplete: {} [{}]", gap.message, gap.code));
    }
}

fn show_list(app: &App, role: SelectorRole, list: &AccessList) {
    let subject = text::object_name(&list.subject);
    if list.rows.is_empty() {
        let line = match (role, list.skipped.is_empty()) {
            (SelectorRole::Resource, true) => format!("Nobody has access to {subject}."),
            (SelectorRole::Principal, true) => format!("{subject} has access to nothing."),
            (SelectorRole::Resource, false) => {
                format!(
                    "Nobody who has access to {subject} can be seen, but not everything could be read."
                )
            }
            (SelectorRole::Principal, false) => {
                format!(
                    "Nothing that {subject} has access to can be seen, but not everything could be read."
                )
            }
        };
        app.console.line(line);
        return;
    }
    match role {
        SelectorRole::Resource => show_holders(app, list),
        SelectorRole::Principal => show_holdings(app, list),
    }
}

fn show_holders(app: &App, list: &AccessList) {
    let mut table = Table::new(["Who", "Sign-in", "Kind", "Right", "Ends"]);
    for row in &list.rows {
        let principal = &row.grant.key.principal;
        let name = row.principal_name.as_deref().unwrap_or(&principal.id);
        let login = row.principal_login.as_deref().unwrap_or("-");
        table.row([name, login, &principal.kind, &row.grant.key.entitlement, &ends(row)]);
    }
    app.console.table(&table);
}

fn show_holdings(app: &App, list: &AccessList) {
    let names: BTreeMap<_, _> = list
        .rows
        .iter()
        .filter_map(|row| Some((&row.grant.key.resource, row.resource_name.as_deref()?)))
        .collect();
    let mut table = Table::new(["On", "Kind", "Right", "How", "Ends"]);
    for row in &list.rows {
        let resource = &row.grant.key.resource;
        let name = row.resource_name.as_deref().unwrap_or(&resource.id);
        let how = match &row.grant.via {
            None => "directly".to_owned(),
            Some(via) => format!("through {}", names.get(via).copied().unwrap_or(&via.id)),
        };
        table.row([name, &resource.kind, &row.grant.key.entitlement, &how, &ends(row)]);
    }
    app.console.table(&table);
}

fn ends(row: &AccessRow) -> String {
    row.grant.ends.map_or_else(|| "-".to_owned(), text::moment)
}

pub(super) async fn explain(
    app: &App,
    who: &str,
    on: &str,
    right: Option<&str>,
    target: &Target,
) -> Result<Exit> {
    let opened = app.open(target).await?;
    let who = Selector::parse(who, SelectorRole::Principal, opened.descriptor())?;
    let on = Selector::parse(on, SelectorRole::Resource, opened.descriptor())?;
    app.settle(&opened).await?;
    let explanation = explanation(&opened, &who, &on, right).await?;
    if app.console.is_json() {
        let fields = json!({
            "integration": opened.integration().name,
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

async fn explanation(
    opened: &Opened,
    who: &Selector,
    on: &Selector,
    right: Option<&str>,
) -> Result<Explanation> {
    let resource = opened.resolve(on).await?;
    let right = match &resource {
        Object::Resource(found) => opened.entitlement(found, right)?,
        Object::Account(_) => right.unwrap_or_default().to_owned(),
    };
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
