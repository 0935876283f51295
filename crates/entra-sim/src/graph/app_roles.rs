//! App role assignments, from the side of the application and from that of who holds them (facts §3.7).

use serde_json::{Value, json};
use uuid::Uuid;

use super::body::{self, Form};
use super::error::{GraphError, Result};
use super::holders::{find_principal, find_user};
use super::reference::{body, check_id};
use super::write::replicated;
use super::{Call, Reply, list as lists, render};
use crate::authority::Read;
use crate::settings::AppRoleDuplicate;
use crate::tenant::{AppRoleAssignment, Body, Handle, Kind, Link};

/// `/{users|groups|servicePrincipals}/{id}/appRoleAssignments`: what somebody holds directly.
pub(super) fn held(call: &mut Call<'_>, set: &str, key: &str, rest: &[&str]) -> Result<Reply> {
    if call.method != "GET" {
        return Err(GraphError::method_not_allowed());
    }
    let (kind, found) = match set {
        "users" => (Kind::User, find_user(call, key)),
        "groups" => (Kind::Group, call.find(Kind::Group, key)),
        _ => (Kind::ServicePrincipal, find_principal(call, key)),
    };
    call.need_on(Read::AppRoleAssignments(kind), found.as_ref().ok().copied())?;
    let found = found?;
    let of = |principal| call.tenant.assigned.shown_of_principal(&call.view, principal);
    let mut held = of(found);
    if kind == Kind::User && call.settings.user_app_roles_through_groups {
        let groups = call.tenant.holders(&call.view, Link::Member, found);
        held.extend(groups.iter().flat_map(|group| of(*group)));
        held.sort_unstable_by_key(|one| one.number);
    }
    show(call, &format!("{set}('{key}')/appRoleAssignments"), &held, rest)
}

/// `/servicePrincipals/{id}/appRoleAssignedTo`: who holds an application's roles.
pub(super) fn assigned_to(call: &mut Call<'_>, key: &str, rest: &[&str]) -> Result<Reply> {
    match (call.method.as_str(), rest) {
        ("POST", []) => create(call, key),
        ("DELETE", [id]) => delete(call, key, id),
        ("GET", rest) => {
            let found = find_principal(call, key);
            call.need_on(Read::AppRoleAssignedTo, found.as_ref().ok().copied())?;
            let found = found?;
            let held = call.tenant.assigned.shown_of_resource(&call.view, found);
            show(call, &set_of(key), &held, rest)
        }
        _ => Err(GraphError::method_not_allowed()),
    }
}

fn set_of(key: &str) -> String {
    format!("servicePrincipals('{key}')/appRoleAssignedTo")
}

fn show(call: &Call<'_>, set: &str, held: &[AppRoleAssignment], rest: &[&str]) -> Result<Reply> {
    let live = |handle: Handle| call.tenant.object(handle).is_live();
    let mut held = held.iter().filter(|one| live(one.principal) && live(one.resource));
    match rest {
        [] => page(call, set, held.collect()),
        [id] => {
            let one = held.find(|one| one.id == *id).ok_or_else(|| GraphError::not_found(id))?;
            let item = render::project(call, "appRoleAssignment", describe(call, one))?;
            Ok(Reply::Json(render::plain_entity(call, set, item)))
        }
        [_, segment, ..] => Err(GraphError::no_such_segment(segment)),
    }
}

/// 100 by default, at most 999 (facts §3.7).
fn page(call: &Call<'_>, set: &str, mut held: Vec<&AppRoleAssignment>) -> Result<Reply> {
    if call.query.filter.is_some() || call.query.expand.is_some() {
        let message = "entra-sim: neither $filter nor $expand is imitated here.";
        return Err(GraphError::new(400, "BadRequest", message));
    }
    lists::check_token(call)?;
    let token = call.query.token.as_ref();
    held.retain(|one| token.is_none_or(|token| one.number > token.last));
    let size = call.query.top.unwrap_or(call.settings.default_page);
    let more = held.len() > size;
    held.truncate(size);
    let last = held.last().filter(|_| more);
    let next = last.map(|last| lists::link_behind(call, last.number, None, 0));
    let values = held
        .into_iter()
        .map(|one| render::project(call, "appRoleAssignment", describe(call, one)))
        .collect::<Result<Vec<Value>>>()?;
    Ok(Reply::Json(render::list(call, set, values, None, next)))
}

fn describe(call: &Call<'_>, one: &AppRoleAssignment) -> Value {
    let (principal, resource) =
        (call.tenant.object(one.principal), call.tenant.object(one.resource));
    json!({
        "id": one.id,
        "deletedDateTime": null,
        "appRoleId": one.role.to_string(),
        "createdDateTime": one.created.to_string(),
        "principalDisplayName": principal.display_name(),
        "principalId": principal.id.to_string(),
        "principalType": principal.kind().capital_name(),
        "resourceDisplayName": resource.display_name(),
        "resourceId": resource.id.to_string(),
    })
}

/// The order of the checks is inferred: form of the request, permission, existence, role, duplicate.
fn create(call: &mut Call<'_>, key: &str) -> Result<Reply> {
    let body = body(call)?;
    let members = ["principalId", "resourceId", "appRoleId"].map(|name| (name, Form::Text));
    body::check(&body, &members)?;
    let text = |name: &str| {
        // The text is not in the facts.
        let missing = || GraphError::bad_request(format!("'{name}' is required."));
        body.get(name).and_then(Value::as_str).ok_or_else(missing)
    };
    let (principal, resource, role) =
        (text("principalId")?, text("resourceId")?, text("appRoleId")?);
    [principal, resource, role].into_iter().try_for_each(check_id)?;
    let found = changeable(call, key, true)?;
    if !call.tenant.object(found).id.to_string().eq_ignore_ascii_case(resource) {
        // The text is not in the facts.
        return Err(GraphError::bad_request("The resourceId does not match the request URL."));
    }
    let unknown = || GraphError::not_found(principal);
    let holder = call.tenant.live(principal).ok_or_else(unknown)?;
    replicated(call, holder, principal)?;
    let kind = call.tenant.object(holder).kind();
    if !matches!(kind, Kind::User | Kind::Group | Kind::ServicePrincipal) {
        return Err(unknown());
    }
    let wanted = Uuid::try_parse(role).map_err(|_| GraphError::invalid_id(role))?;
    if !wanted.is_nil() && !offers(call, found, wanted) {
        // The code is UNCONFIRMED, and what stands between the quotes.
        return Err(GraphError::bad_request(format!(
            "Permission being assigned was not found on application '{resource}'"
        )));
    }
    let Some(made) = call.tenant.give_app_role(found, wanted, holder) else {
        return Err(duplicate(call.settings.app_role_duplicate));
    };
    let item = describe(call, &made);
    Ok(Reply::Created(render::plain_entity(call, &set_of(key), item)))
}

fn offers(call: &Call<'_>, resource: Handle, role: Uuid) -> bool {
    match &call.tenant.object(resource).body {
        Body::ServicePrincipal(principal) => principal.app_roles.iter().any(|one| one.id == role),
        _ => false,
    }
}

fn duplicate(how: AppRoleDuplicate) -> GraphError {
    let same_key = "Request_MultipleObjectsWithSameKeyValue";
    let grant = "EntitlementGrant entry already exists.";
    match how {
        AppRoleDuplicate::PermissionExists => {
            GraphError::bad_request("Permission being assigned already exists on the object")
        }
        AppRoleDuplicate::GrantExists => GraphError::new(400, same_key, grant),
        AppRoleDuplicate::GrantConflicts => GraphError::new(409, same_key, grant),
    }
}

/// A missing one is 400 here, not 404 (facts §3.7).
fn delete(call: &mut Call<'_>, key: &str, id: &str) -> Result<Reply> {
    let found = changeable(call, key, false)?;
    let held = call.tenant.assigned.of_resource(found).find(|one| one.id == id);
    let number = held.map(|one| one.number).ok_or_else(|| {
        GraphError::bad_request("EntitlementGrant being updated or deleted is not found.")
    })?;
    call.tenant.take_app_role(number);
    Ok(Reply::NoContent)
}

/// The application, once this caller may change who holds its roles.
fn changeable(call: &Call<'_>, key: &str, gives: bool) -> Result<Handle> {
    let found = find_principal(call, key);
    let grounds = match &found {
        Ok(found) => call.caller.assigns_app_roles(call.tenant, call.settings, *found, gives),
        // Who may do nothing learns nothing.
        Err(_) => call.caller.first_of(&["AppRoleAssignment.ReadWrite.All"]).into_iter().collect(),
    };
    if call.accept(grounds) { found } else { Err(GraphError::denied()) }
}
