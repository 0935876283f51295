//! `/directory/deletedItems`: what was deleted less than 30 days ago (facts §7).

use uuid::Uuid;

use super::error::{GraphError, Result};
use super::render::{self, Shape};
use super::{Call, Reply, cast, list};
use crate::authority::Read;
use crate::tenant::{Body, Field, Handle, Kind};

/// `/directory/deletedItems/microsoft.graph.{type}` and `/{id}`.
pub(crate) fn read(call: &mut Call<'_>, rest: &[&str]) -> Result<Reply> {
    let [segment] = rest else {
        return Err(GraphError::no_such_segment(rest.first().copied().unwrap_or("deletedItems")));
    };
    if let Some(kind) = cast(segment) {
        call.need(Read::Kind(kind))?;
        return list::of_kind(call, kind, true);
    }
    call.need(Read::AnyObject)?;
    let found = find(call, segment)?;
    Ok(Reply::Json(render::entity(call, found, Shape::Mixed)?))
}

/// `POST /directory/deletedItems/{id}/restore`: 200 with the object, its links as they were. Who may restore is
/// not in the facts: whoever may delete.
pub(crate) fn restore(call: &mut Call<'_>, id: &str) -> Result<Reply> {
    let found = changeable(call, id, "restore")?;
    check_name(call, found)?;
    call.tenant.bring_back(found);
    Ok(Reply::Json(render::entity(call, found, Shape::Mixed)?))
}

/// `DELETE /directory/deletedItems/{id}`: for ever.
pub(crate) fn delete(call: &mut Call<'_>, id: &str) -> Result<Reply> {
    let found = changeable(call, id, "delete")?;
    call.tenant.delete_for_ever(found);
    Ok(Reply::NoContent)
}

/// A name that somebody took meanwhile stays theirs; how the service refuses it is not in the facts.
fn check_name(call: &Call<'_>, user: Handle) -> Result<()> {
    let Body::User(body) = &call.tenant.object(user).body else { return Ok(()) };
    let name = &body.user_principal_name;
    let same = call.tenant.names().equal(Kind::User, Field::UserPrincipalName, name);
    if same.into_iter().any(|other| call.tenant.object(other).is_live()) {
        return Err(GraphError::bad_request(
            "Another object with the same value for property userPrincipalName already exists.",
        ));
    }
    Ok(())
}

fn find(call: &Call<'_>, id: &str) -> Result<Handle> {
    Uuid::try_parse(id).map_err(|_| GraphError::invalid_id(id))?;
    let found = call.tenant.handle(id);
    found
        .filter(|handle| call.tenant.object(*handle).is_soft_deleted())
        .ok_or_else(|| GraphError::not_found(id))
}

fn changeable(call: &Call<'_>, id: &str, task: &'static str) -> Result<Handle> {
    let found = find(call, id)?;
    let grounds = call.caller.deletes(call.tenant, call.settings, found, task);
    if call.accept(grounds) { Ok(found) } else { Err(GraphError::denied()) }
}
