//! One object of a delta page (facts §3.6, §8.9).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::selection::Selection;
use super::token::{Token, Within, link_of};
use crate::graph::{Call, properties};
use crate::tenant::{Handle, Kind, Link};

/// Links of a page: which, and whether they are held or were.
pub(super) type Links = BTreeMap<(Link, Handle), bool>;

fn typed(call: &Call<'_>, handle: Handle) -> Value {
    json!(format!("#microsoft.graph.{}", call.tenant.object(handle).kind().type_name()))
}

fn head(call: &Call<'_>, token: &Token, handle: Handle) -> Map<String, Value> {
    let mut item = Map::new();
    if token.set.kind().is_none() {
        item.insert("@odata.type".into(), typed(call, handle));
    }
    item.insert("id".into(), json!(call.tenant.object(handle).id.to_string()));
    item
}

/// `changed` is a soft deletion, `deleted` a permanent one.
pub(super) fn removed(call: &Call<'_>, token: &Token, handle: Handle, reason: &str) -> Value {
    let mut item = head(call, token, handle);
    item.insert("@removed".into(), json!({ "reason": reason }));
    Value::Object(item)
}

/// A live object: what was never set is absent, what was set to null is null; `only` narrows the properties.
pub(super) fn live(
    call: &Call<'_>,
    token: &Token,
    selection: &Selection,
    handle: Handle,
    only: Option<&BTreeSet<&'static str>>,
    links: &Links,
) -> Value {
    let mut item = head(call, token, handle);
    let told = selection.of(call.tenant.object(handle).kind());
    for name in told.iter().flat_map(|told| &told.properties) {
        // The values are those of the truth, which may be ahead: who is told as live is not deleted.
        let ahead = *name == "deletedDateTime";
        if *name == "id" || ahead || only.is_some_and(|only| !only.contains(name)) {
            continue;
        }
        let value = properties::read(call.tenant, handle, name).unwrap_or_default();
        if !value.is_null() || call.tenant.trail.was_set(handle, name) {
            item.insert((*name).to_owned(), value);
        }
    }
    for ((link, target), held) in links {
        let mut entry = Map::new();
        entry.insert("@odata.type".into(), typed(call, *target));
        entry.insert("id".into(), json!(call.tenant.object(*target).id.to_string()));
        if !held {
            entry.insert("@removed".into(), json!({ "reason": "deleted" }));
        }
        let list = item.entry(format!("{}@delta", link.name())).or_insert_with(|| json!([]));
        if let Value::Array(list) = list {
            list.push(Value::Object(entry));
        }
    }
    Value::Object(item)
}

/// Whether a link to this object is told at all.
pub(super) fn shows_link(call: &Call<'_>, target: Handle, held: bool) -> bool {
    let (object, delta) = (call.tenant.object(target), &call.settings.delta);
    let omitted = delta.omit_service_principals && object.kind() == Kind::ServicePrincipal;
    let binned = held && !delta.soft_deleted_links && object.is_soft_deleted();
    !omitted && !binned
}

/// The links of an object behind `within`, at most `size`, and where to go on when there are more.
pub(super) fn links(
    call: &Call<'_>,
    selection: &Selection,
    handle: Handle,
    (position, former): (u64, bool),
    within: Within,
    size: usize,
) -> (Links, bool) {
    let mut found = Links::new();
    let behind = within.map(|(owners, last)| (link_of(owners), Handle::of_number(last)));
    for link in selection.links(call, handle) {
        if behind.is_some_and(|(last, _)| *link < last) {
            continue;
        }
        let after = behind.filter(|(last, _)| last == link).map(|(_, after)| after);
        // One more than fits tells whether there are more.
        let wanted = size.saturating_sub(found.len()) + 1;
        let fits = |target: Handle, held: bool| shows_link(call, target, held);
        let list = call.tenant.links_at((*link, handle), (position, former), after, wanted, &fits);
        for (target, held) in list {
            if found.len() == size {
                return (found, true);
            }
            found.insert((*link, target), held);
        }
    }
    (found, false)
}

/// Where the next page goes on within an object.
pub(super) fn last(links: &Links, within: Within) -> Within {
    let last = links.last_key_value();
    let number = |handle: &Handle| u32::try_from(handle.number()).unwrap_or(u32::MAX);
    last.map_or(within, |((link, target), _)| Some((*link == Link::Owner, number(target))))
}
