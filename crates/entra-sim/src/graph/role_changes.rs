//! Giving and taking roles (facts §3.4). The order of the checks is inferred: permission, form of the request,
//! existence, kind of principal, scope, duplicate.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::body::{self, Form};
use super::error::{GraphError, Result};
use super::reference::body;
use super::role_assignments::{describe, id_of};
use super::write::replicated;
use super::{Call, Reply, render};
use crate::cast;
use crate::tenant::{GroupKind, Handle, Kind, RoleDefinition, Scope};

const SET: &str = "roleManagement/directory/roleAssignments";
/// What a new assignment may hold (CSDL).
const MEMBERS: [(&str, Form); 5] = [
    ("roleDefinitionId", Form::Text),
    ("principalId", Form::Text),
    ("directoryScopeId", Form::Text),
    ("appScopeId", Form::Text),
    ("condition", Form::Null),
];

/// `POST /roleManagement/directory/roleAssignments`
pub(crate) fn create(call: &mut Call<'_>) -> Result<Reply> {
    permit(call)?;
    let body = body(call)?;
    body::check(&body, &MEMBERS)?;
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let required = |name: &str| {
        // The text is not in the facts.
        let missing = || {
            GraphError::bad_request(format!(
                "A value is required for property '{name}' of resource."
            ))
        };
        text(name).ok_or_else(missing)
    };
    let role = required("roleDefinitionId")?;
    let principal = required("principalId")?;
    let scope = one_scope(&body)?;
    let definition = Uuid::try_parse(role).ok().and_then(|id| call.tenant.roles.definition(id));
    let definition = definition.ok_or_else(|| GraphError::not_found(role))?;
    let holder = holder(call, principal)?;
    let scope = scope_of(call, definition, scope)?;
    let role = definition.id;
    let Some(held) = call.tenant.assign(role, holder, scope) else {
        return Err(GraphError::conflicting(call.settings.duplicate_role_assignment_is_conflict));
    };
    Ok(Reply::Created(render::plain_entity(call, SET, describe(call, &held))))
}

/// `DELETE /roleManagement/directory/roleAssignments/{id}`
pub(crate) fn delete(call: &mut Call<'_>, id: &str) -> Result<Reply> {
    permit(call)?;
    let all = call.tenant.roles.assignments();
    let found = all.iter().find(|held| id_of(call, held) == id).cloned();
    // The text is UNCONFIRMED.
    let held = found.ok_or_else(|| GraphError::not_found(id))?;
    if call.settings.keep_last_global_administrator && is_last(call, held.principal, &held.role) {
        // Not in the facts: the text is ours.
        return Err(GraphError::bad_request(
            "The last Global Administrator of the tenant cannot be removed.",
        ));
    }
    call.tenant.unassign(&held);
    Ok(Reply::NoContent)
}

/// Exactly one of the two scopes (facts §3.4); that of an application's own is not imitated.
pub(super) fn one_scope(body: &Map<String, Value>) -> Result<&str> {
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    match (text("directoryScopeId"), text("appScopeId")) {
        (Some(scope), None) => Ok(scope),
        // The texts are not in the facts.
        (None, Some(_)) => Err(GraphError::bad_request("entra-sim: appScopeId is not imitated.")),
        _ => Err(GraphError::bad_request(
            "Exactly one of directoryScopeId and appScopeId has to be specified.",
        )),
    }
}

fn permit(call: &Call<'_>) -> Result<()> {
    let ground = call.caller.assigns_roles(call.tenant, call.settings);
    if call.accept(ground) { Ok(()) } else { Err(GraphError::denied()) }
}

/// Users, service principals and role-assignable groups hold roles.
fn holder(call: &Call<'_>, id: &str) -> Result<Handle> {
    Uuid::try_parse(id).map_err(|_| GraphError::invalid_id(id))?;
    let found = call.tenant.live(id).ok_or_else(|| GraphError::not_found(id))?;
    replicated(call, found, id)?;
    match call.tenant.object(found).kind() {
        Kind::User | Kind::ServicePrincipal => Ok(found),
        Kind::Group if call.tenant.group_kind(found) == Some(&GroupKind::RoleAssignable) => {
            Ok(found)
        }
        Kind::Group => Err(GraphError::bad_request(
            "Groups without IsAssignableToRole property set cannot be assigned to roles.",
        )),
        // What Graph says to devices and contacts is not in the facts.
        _ => Err(GraphError::not_found(id)),
    }
}

/// The scope, when it exists and the role allows it; custom roles allow every scope.
pub(super) fn scope_of(call: &Call<'_>, definition: &RoleDefinition, text: &str) -> Result<Scope> {
    // The text is not in the facts.
    let invalid = || GraphError::bad_request(format!("Invalid directory scope '{text}'."));
    let scope = Scope::parse(text).ok_or_else(invalid)?;
    let allowed = match scope {
        Scope::Tenant => true,
        Scope::Unit(id) => {
            let id = id.to_string();
            let unit = call
                .tenant
                .live(&id)
                .filter(|unit| call.tenant.object(*unit).kind() == Kind::AdministrativeUnit);
            let unit = unit.ok_or_else(|| GraphError::not_found(&id))?;
            replicated(call, unit, &id)?;
            definition.at_units
        }
        Scope::Application(id) => {
            let known =
                call.tenant.applications.iter().any(|application| application.object_id == id);
            if !known {
                return Err(GraphError::not_found(&id.to_string()));
            }
            definition.at_applications
        }
    };
    if allowed {
        return Ok(scope);
    }
    let error = GraphError::bad_request(
        "The given built-in role is not supported to be assigned to a single resource scope.",
    );
    Err(GraphError { legacy: call.settings.legacy_scope_error, ..error })
}

/// Whether this is the only live user who holds Global Administrator at `/`.
fn is_last(call: &Call<'_>, leaving: Handle, role: &Uuid) -> bool {
    let user = |handle: Handle| {
        let object = call.tenant.object(handle);
        object.is_live() && object.kind() == Kind::User
    };
    let global = |role: &Uuid| role.to_string() == cast::GLOBAL_ADMINISTRATOR;
    let others = call.tenant.roles.assignments().iter().any(|held| {
        held.principal != leaving
            && held.scope == Scope::Tenant
            && global(&held.role)
            && user(held.principal)
    });
    global(role) && user(leaving) && !others
}
