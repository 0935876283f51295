//! Reading `/roleManagement/directory/roleAssignments` (facts §3.4).

use serde_json::{Value, json};

use super::error::{GraphError, Result};
use super::expand::Expand;
use super::filter::{Filter, unsupported};
use super::role_definitions::describe as describe_definition;
use super::{Call, Reply, list, render};
use crate::authority::Read;
use crate::tenant::{Kind, RoleAssignment};

const SET: &str = "roleManagement/directory/roleAssignments";
const EXPANDABLE: [&str; 3] = ["principal", "roleDefinition", "directoryScope"];
const FILTERED: [&str; 4] = ["principalId", "roleDefinitionId", "directoryScopeId", "appScopeId"];

/// The list, filtered or not.
pub(crate) fn list(call: &Call<'_>) -> Result<Reply> {
    call.need(Read::RoleAssignments)?;
    let expand = Expand::parse(call, &EXPANDABLE)?;
    match &call.query.filter {
        Some(filter) => check(call, filter)?,
        None if call.settings.unfiltered_role_assignments => {}
        // The text is not in the facts.
        None => return Err(GraphError::bad_request("The $filter query option is required.")),
    }
    list::check_token(call)?;
    let after = call.query.token.as_ref().map_or(0, |token| token.last);
    let size = call.query.top.unwrap_or(call.settings.role_assignment_page);
    let mut found: Vec<RoleAssignment> = call.tenant.roles.shown(&call.view);
    found.retain(|held| held.number > after && passes(call, held));
    let more = found.len() > size;
    found.truncate(size);
    let next =
        found.last().filter(|_| more).map(|last| list::link_behind(call, last.number, None, 0));
    let values = found
        .iter()
        .map(|held| shown(call, held, expand.as_ref()))
        .collect::<Result<Vec<Value>>>()?;
    Ok(Reply::Json(render::list(call, SET, values, None, next)))
}

/// One assignment; ids are compared with case.
pub(crate) fn one(call: &Call<'_>, id: &str) -> Result<Reply> {
    call.need(Read::RoleAssignments)?;
    let expand = Expand::parse(call, &EXPANDABLE)?;
    let held = call.tenant.roles.shown(&call.view);
    let found = held.iter().find(|held| id_of(call, held) == id && is_live(call, held));
    // The text is UNCONFIRMED.
    let found = found.ok_or_else(|| GraphError::not_found(id))?;
    let item = shown(call, found, expand.as_ref())?;
    Ok(Reply::Json(render::plain_entity(call, SET, item)))
}

pub(super) fn id_of(call: &Call<'_>, held: &RoleAssignment) -> String {
    held.id(call.tenant.object(held.principal).id)
}

fn is_live(call: &Call<'_>, held: &RoleAssignment) -> bool {
    call.tenant.object(held.principal).is_live()
}

/// An assignment as Graph writes it.
pub(super) fn describe(call: &Call<'_>, held: &RoleAssignment) -> Value {
    json!({
        "id": id_of(call, held),
        "principalId": call.tenant.object(held.principal).id.to_string(),
        "roleDefinitionId": held.role.to_string(),
        "directoryScopeId": held.scope.to_string(),
        "appScopeId": null,
        "condition": null,
        "principalOrganizationId": call.tenant.id.to_string(),
    })
}

/// `eq` on four properties, joined by `and`; more is a switch.
fn check(call: &Call<'_>, filter: &Filter) -> Result<()> {
    let alternatives = call.settings.role_assignment_alternatives;
    match filter {
        Filter::Or(left, right) if alternatives => {
            check(call, left)?;
            check(call, right)
        }
        Filter::And(left, right) => {
            check(call, left)?;
            check(call, right)
        }
        Filter::In(..) if alternatives => filter.check(Kind::Group, &FILTERED, false),
        Filter::Equal(..) => filter.check(Kind::Group, &FILTERED, false),
        other => Err(unsupported(other.property().unwrap_or_default(), Kind::Group)),
    }
}

fn passes(call: &Call<'_>, held: &RoleAssignment) -> bool {
    if !is_live(call, held) {
        return false;
    }
    let Some(filter) = &call.query.filter else { return true };
    let read = |name: &str| match name {
        "principalId" => json!(call.tenant.object(held.principal).id.to_string()),
        "roleDefinitionId" => json!(held.role.to_string()),
        "directoryScopeId" => json!(held.scope.to_string()),
        _ => Value::Null,
    };
    // GUIDs are the same in either case.
    filter.passes(true, &read)
}

fn shown(call: &Call<'_>, held: &RoleAssignment, expand: Option<&Expand>) -> Result<Value> {
    let mut item = render::project(call, "unifiedRoleAssignment", describe(call, held))?;
    if let (Some(expand), Some(fields)) = (expand, item.as_object_mut()) {
        let object = |handle| {
            let selected = expand.selected.as_deref();
            Value::Object(render::object_with(call, handle, true, selected))
        };
        let value = match expand.navigation.as_str() {
            "principal" if !call.settings.role_principals_shown => Value::Null,
            "principal" => object(held.principal),
            "roleDefinition" => {
                let definition = call.tenant.roles.definition(held.role);
                definition.map_or(Value::Null, |one| expand.select(describe_definition(one)))
            }
            // That of `/` is not in the facts.
            _ => {
                let unit = held.scope.id().and_then(|id| call.tenant.live(&id.to_string()));
                unit.map_or(Value::Null, object)
            }
        };
        fields.insert(expand.navigation.clone(), value);
    }
    Ok(item)
}
