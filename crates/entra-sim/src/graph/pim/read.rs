//! Reading schedules and instances (facts §3.5, §3.11, §9).

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Collection, Sort, Use, describe, invalid_filter};
use crate::graph::error::{GraphError, Result};
use crate::graph::expand::Expand;
use crate::graph::filter::{Filter, Literal};
use crate::graph::reference::check_id;
use crate::graph::role_definitions::describe as describe_definition;
use crate::graph::{Call, Reply, list as lists, render};
use crate::random;
use crate::tenant::{Asked, Handle, On, Row};

const ACTIVATED_USING: &str = "activatedUsing";
/// Properties that are compared with nothing but GUIDs.
const GUIDS: [&str; 3] = ["principalId", "groupId", "roleDefinitionId"];

/// What a filter says: `eq` on a few properties, joined by `and` (facts §9).
pub(super) fn equalities<'a>(
    filter: Option<&'a Filter>,
    known: &[&str],
) -> Result<Vec<(&'a str, &'a str)>> {
    match filter {
        None => Ok(Vec::new()),
        Some(Filter::And(left, right)) => {
            let mut all = equalities(Some(left), known)?;
            all.extend(equalities(Some(right), known)?);
            Ok(all)
        }
        Some(Filter::Equal(name, Literal::Text(text))) if known.contains(&name.as_str()) => {
            if GUIDS.contains(&name.as_str()) {
                check_id(text)?;
            }
            Ok(vec![(name, text)])
        }
        Some(_) => Err(invalid_filter()),
    }
}

/// The properties that a filter may name.
pub(super) fn filtered(collection: &Collection<'_>) -> &'static [&'static str] {
    if collection.groups {
        &["principalId", "groupId", "accessId"]
    } else {
        &["principalId", "roleDefinitionId", "directoryScopeId"]
    }
}

/// Whether an item has all of these values; GUIDs are the same in either case.
pub(super) fn passes(item: &Value, wanted: &[(&str, &str)]) -> bool {
    wanted.iter().all(|(name, text)| {
        let value = item.get(name).and_then(Value::as_str);
        value.is_some_and(|value| value.eq_ignore_ascii_case(text))
    })
}

fn asked(call: &Call<'_>, collection: &Collection<'_>) -> Asked {
    Asked {
        groups: collection.groups,
        eligible: collection.eligible,
        instances: collection.sort == Sort::Instances,
        group: None,
        principal: None,
        name_group: call.settings.pim_inherited_rows_name_group,
        permanent_links: call.settings.pim_lists_permanent_members,
    }
}

/// The list: rows that come through a group only when it is filtered by the member (facts §9), those of PIM for
/// groups only by group or principal (facts §3.11).
pub(super) fn list(call: &Call<'_>, collection: &Collection<'_>) -> Result<Reply> {
    collection.need(call, Use::Read)?;
    let expand = Expand::parse_all(call, navigations(collection))?;
    let wanted = equalities(call.query.filter.as_ref(), filtered(collection))?;
    let value = |name: &str| wanted.iter().find(|one| one.0 == name).map(|one| one.1);
    let (principal, group) = (value("principalId"), value("groupId"));
    if collection.groups && principal.is_none() && group.is_none() {
        return Err(invalid_filter());
    }
    lists::check_token(call)?;
    // Whoever does not exist holds nothing.
    let known = |id: Option<&str>| id.map(|id| call.tenant.live(id).unwrap_or(Handle::LAST));
    let exists = |handle: Option<Handle>| handle != Some(Handle::LAST);
    let one = |name: &str| {
        let mut all = wanted.iter().filter(|one| one.0 == name).map(|one| one.1);
        let first = all.next();
        all.all(|other| first.is_some_and(|first| first.eq_ignore_ascii_case(other)))
    };
    let asked =
        Asked { principal: known(principal), group: known(group), ..asked(call, collection) };
    // Two principals at once are nobody.
    let mut rows = if exists(asked.principal) && exists(asked.group) && one("principalId") {
        call.tenant.rows(&call.view, &asked)
    } else {
        Vec::new()
    };
    // `principalId` is answered for by the rows themselves: one may name the group.
    let rest: Vec<(&str, &str)> =
        wanted.iter().copied().filter(|one| one.0 != "principalId").collect();
    rows.retain(|row| passes(&describe::row(call, collection, row), &rest));
    let (cut, next) = cut(call, rows);
    let behind = eligibilities(call, collection, &expand);
    let values = cut
        .iter()
        .map(|row| shown(call, collection, row, &expand, &behind))
        .collect::<Result<Vec<Value>>>()?;
    Ok(Reply::Json(render::list(call, &collection.set(), values, None, next)))
}

/// One page, and the link to the next; the order may differ between listings (facts §9).
fn cut(call: &Call<'_>, mut rows: Vec<Row>) -> (Vec<Row>, Option<String>) {
    let token = call.query.token.as_ref();
    let salt = token.map_or_else(
        || {
            let permute = call.settings.permute_links;
            if permute { random::draw(call.settings.seed, "order", call.number) | 1 } else { 0 }
        },
        |token| token.salt,
    );
    let place = |row: &Row| if salt == 0 { row.key } else { random::mix(salt ^ row.key) };
    let size = call.query.top.unwrap_or(call.settings.role_assignment_page);
    rows.retain(|row| token.is_none_or(|token| place(row) > token.last));
    rows.sort_unstable_by_key(place);
    let more = rows.len() > size;
    rows.truncate(size);
    let last = rows.last().filter(|_| more);
    let next = last.map(|last| lists::link_behind(call, place(last), None, salt));
    (rows, next)
}

/// One schedule or instance; ids are compared with case.
pub(super) fn one(call: &Call<'_>, collection: &Collection<'_>, id: &str) -> Result<Reply> {
    collection.need(call, Use::Read)?;
    let expand = Expand::parse_all(call, navigations(collection))?;
    // A permanent member's id names its group.
    let group = id.split_once('_').and_then(|(group, _)| call.tenant.live(group));
    let asked = Asked { group, ..asked(call, collection) };
    let rows = call.tenant.rows(&call.view, &asked);
    let found = rows.iter().find(|row| {
        let own = if asked.instances { &row.instance_id } else { &row.schedule_id };
        own == id
    });
    let found = found.ok_or_else(|| missing(id))?;
    let behind = eligibilities(call, collection, &expand);
    let item = shown(call, collection, found, &expand, &behind)?;
    Ok(Reply::Json(render::plain_entity(call, &collection.set(), item)))
}

/// The code and the text of a missing one are not in the facts.
pub(super) fn missing(id: &str) -> GraphError {
    GraphError::new(404, "ResourceNotFound", format!("The resource '{id}' is not found."))
}

/// What `$expand` knows.
pub(super) fn navigations(collection: &Collection<'_>) -> &'static [&'static str] {
    match (collection.groups, collection.eligible, collection.sort) {
        (false, false, Sort::Schedules | Sort::Instances) => {
            &["principal", "roleDefinition", "directoryScope", ACTIVATED_USING]
        }
        (false, ..) => &["principal", "roleDefinition", "directoryScope"],
        (true, false, Sort::Schedules | Sort::Instances) => {
            &["principal", "group", ACTIVATED_USING]
        }
        (true, ..) => &["principal", "group"],
    }
}

fn shown(
    call: &Call<'_>,
    collection: &Collection<'_>,
    row: &Row,
    expand: &[Expand],
    behind: &BTreeMap<Uuid, Value>,
) -> Result<Value> {
    let item = describe::row(call, collection, row);
    let mut item = render::project(call, &collection.type_name(), item)?;
    for one in expand {
        let value = if one.navigation == ACTIVATED_USING {
            let eligibility = row.activated.and_then(|id| behind.get(&id));
            one.select(eligibility.cloned().unwrap_or_default())
        } else {
            expanded(call, one, row.on, row.principal)
        };
        if let Some(fields) = item.as_object_mut() {
            fields.insert(one.navigation.clone(), value);
        }
    }
    Ok(item)
}

/// What may have been activated, by the request that made it, when it is to be shown.
fn eligibilities(
    call: &Call<'_>,
    collection: &Collection<'_>,
    expand: &[Expand],
) -> BTreeMap<Uuid, Value> {
    if !expand.iter().any(|one| one.navigation == ACTIVATED_USING) {
        return BTreeMap::new();
    }
    let behind = Collection { eligible: true, ..*collection };
    let rows = call.tenant.rows(&call.view, &asked(call, &behind)).into_iter();
    let made = rows.filter_map(|row| Some((row.created?.0, describe::row(call, &behind, &row))));
    made.collect()
}

/// The value of a navigation that requests have, too.
pub(super) fn expanded(call: &Call<'_>, expand: &Expand, on: On, principal: Handle) -> Value {
    let object = |handle: Handle, typed: bool| {
        let selected = expand.selected.as_deref();
        Value::Object(render::object_with(call, handle, typed, selected))
    };
    match (expand.navigation.as_str(), on) {
        ("principal", _) if !call.settings.role_principals_shown => Value::Null,
        ("principal", _) => object(principal, true),
        ("roleDefinition", On::Role(role, _)) => {
            let definition = call.tenant.roles.definition(role);
            definition.map_or(Value::Null, |one| expand.select(describe_definition(one)))
        }
        ("directoryScope", On::Role(_, scope)) => {
            let unit = scope.id().and_then(|id| call.tenant.live(&id.to_string()));
            unit.map_or(Value::Null, |unit| object(unit, true))
        }
        ("group", On::Group(group, _)) => object(group, false),
        _ => json!(null),
    }
}
