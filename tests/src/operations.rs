//! The table of a connector's README that lists every operation with the permissions that it takes,
//! made from its descriptor.

use doorward_core::{Descriptor, WantedAbility};
use std::collections::BTreeSet;

const BEGIN: &str = "<!-- operations: written by `cargo xtask schemas` -->\n";
const END: &str = "<!-- end of operations -->";

/// The text with the table between its marks; `None` when it has no marks.
pub fn with_table(readme: &str, descriptor: &Descriptor) -> Option<String> {
    let (before, rest) = readme.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{}{END}{after}", table(descriptor)))
}

/// A row for each operation; what several uses want in different ways is told with all of them.
fn table(descriptor: &Descriptor) -> String {
    let wanted: Vec<&WantedAbility> =
        descriptor.uses.iter().flat_map(|one| &one.abilities).collect();
    let cells =
        |one: &WantedAbility| [operation(one), on(one), principal(one), scope(descriptor, one)];
    let mut known = BTreeSet::new();
    let mut rows = vec![
        "| Operation | On | Principal | Scope | Application permissions |\n".to_owned(),
        "|---|---|---|---|---|\n".to_owned(),
    ];
    for one in &wanted {
        let cells_of_one = cells(one);
        if !known.insert(cells_of_one.clone()) {
            continue;
        }
        let mut ways: Vec<String> = Vec::new();
        for other in wanted.iter().filter(|other| cells(other) == cells_of_one) {
            let way = permissions(other);
            if !ways.contains(&way) {
                ways.push(way);
            }
        }
        let [operation, on, principal, scope] = cells_of_one;
        let ways = ways.join("<br>or ");
        rows.push(format!("| {operation} | {on} | {principal} | {scope} | {ways} |\n"));
    }
    rows.concat()
}

fn operation(wanted: &WantedAbility) -> String {
    format!("`{}`", wanted.ability.action)
}

fn on(wanted: &WantedAbility) -> String {
    let kind = &wanted.ability.kind;
    let right = wanted.ability.entitlement.as_ref();
    let what = right.map_or_else(|| format!("`{kind}`"), |right| format!("`{right}` of `{kind}`"));
    match wanted.classes.as_slice() {
        [] => what,
        classes => format!("{what} ({})", classes.join(", ")),
    }
}

fn principal(wanted: &WantedAbility) -> String {
    let principal = wanted.ability.principal.as_deref();
    principal.map_or_else(|| "any".to_owned(), |kind| format!("`{kind}`"))
}

/// Where it can be done: in the whole, in what a right can be limited to, or in one container only.
fn scope(descriptor: &Descriptor, wanted: &WantedAbility) -> String {
    if let Some(container) = &wanted.within {
        return format!("within one `{container}`");
    }
    let kind = descriptor.resource_kind(&wanted.ability.kind);
    let right = kind.and_then(|kind| {
        kind.entitlements
            .iter()
            .find(|right| Some(&right.id) == wanted.ability.entitlement.as_ref())
    });
    let limits = right.map(|right| right.scopes.as_slice()).unwrap_or_default();
    let limits: Vec<String> = limits.iter().map(|limit| format!(", at one `{limit}`")).collect();
    format!("everywhere{}", limits.concat())
}

fn permissions(wanted: &WantedAbility) -> String {
    if wanted.permissions.is_empty() {
        return "none; a role of the provider there".to_owned();
    }
    let names: Vec<String> = wanted.permissions.iter().map(|name| format!("`{name}`")).collect();
    names.join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_operation_is_a_row_with_every_way_to_it() {
        let member = |permissions: &[&str]| {
            json!({"action": "grant", "kind": "group", "entitlement": "member",
                "permissions": permissions})
        };
        let descriptor: Descriptor = serde_json::from_value(json!({
            "id": "x", "version": "1", "name": "X", "summary": "s", "needs": [],
            "connectionSchema": {}, "principalKinds": [{"kind": "user", "name": "user"}],
            "resourceKinds": [{"kind": "group", "name": "group", "classes": [], "entitlements": [
                {"id": "member", "summary": "s", "principals": ["user"], "scopes": ["site"]}]}],
            "capabilities": [], "permissions": [],
            "uses": [
                {"name": "a", "purpose": "p", "abilities": [
                    member(&["One", "Two"]),
                    {"action": "read", "kind": "user", "permissions": [], "within": "site"}]},
                {"name": "b", "purpose": "p", "abilities": [member(&["Three"]), member(&["Three"])]},
            ],
            "setup": {"warnings": [], "steps": [], "scripts": []},
            "pacing": {"maxInFlight": 0}, "maxBatch": 1,
        }))
        .unwrap();
        let readme = format!("before\n{BEGIN}old\n{END}\nafter\n");
        let expect = "before\n\
            <!-- operations: written by `cargo xtask schemas` -->\n\
            | Operation | On | Principal | Scope | Application permissions |\n\
            |---|---|---|---|---|\n\
            | `grant` | `member` of `group` | any | everywhere, at one `site` | `One` and `Two`<br>or `Three` |\n\
            | `read` | `user` | any | within one `site` | none; a role of the provider there |\n\
            <!-- end of operations -->\nafter\n";
        assert_eq!(with_table(&readme, &descriptor).unwrap(), expect);
        assert_eq!(with_table("no marks", &descriptor), None);
    }
}
