//! The audit trail of requests, and cancelling one (facts §3.5).

use serde_json::Value;
use uuid::Uuid;

use super::read::{equalities, expanded, filtered, missing, navigations, passes};
use super::{Collection, Use, describe, invalid_filter};
use crate::graph::error::{GraphError, Result};
use crate::graph::expand::Expand;
use crate::graph::{Call, Reply, render};
use crate::tenant::{On, Request};

/// The requests, oldest first, all in one page; `$filter` on `status` is refused (facts §3.5).
pub(super) fn list(call: &Call<'_>, collection: &Collection<'_>) -> Result<Reply> {
    collection.need(call, Use::Read)?;
    let expand = Expand::parse_all(call, navigations(collection))?;
    let wanted = equalities(call.query.filter.as_ref(), filtered(collection))?;
    let scoped = |name: &str| wanted.iter().any(|one| one.0 == name);
    if collection.groups && !scoped("groupId") && !scoped("principalId") {
        return Err(invalid_filter());
    }
    let mut values = Vec::new();
    for request in call.tenant.pim.requests().iter().filter(|one| belongs(collection, one)) {
        if passes(&describe::request(call, request), &wanted) {
            values.push(shown(call, collection, request, &expand)?);
        }
    }
    Ok(Reply::Json(render::list(call, &collection.set(), values, None, None)))
}

/// One request.
pub(super) fn one(call: &Call<'_>, collection: &Collection<'_>, id: &str) -> Result<Reply> {
    collection.need(call, Use::Read)?;
    let expand = Expand::parse_all(call, navigations(collection))?;
    let found = find(call, collection, id)?;
    let item = shown(call, collection, found, &expand)?;
    Ok(Reply::Json(render::plain_entity(call, &collection.set(), item)))
}

/// `POST …/{id}/cancel`: only what still waits can be cancelled; the refusal is not in the facts.
pub(super) fn cancel(call: &mut Call<'_>, collection: &Collection<'_>, id: &str) -> Result<Reply> {
    collection.need(call, Use::Write)?;
    let found = find(call, collection, id)?.id;
    if call.tenant.cancel(found) {
        return Ok(Reply::NoContent);
    }
    Err(GraphError::new(400, "BadRequest", "The request cannot be canceled."))
}

fn belongs(collection: &Collection<'_>, request: &Request) -> bool {
    request.eligible == collection.eligible
        && matches!(request.on, On::Group(..)) == collection.groups
}

fn find<'a>(call: &'a Call<'_>, collection: &Collection<'_>, id: &str) -> Result<&'a Request> {
    let wanted = Uuid::try_parse(id).map_err(|_| missing(id))?;
    let mut requests = call.tenant.pim.requests().iter();
    requests.find(|one| one.id == wanted && belongs(collection, one)).ok_or_else(|| missing(id))
}

fn shown(
    call: &Call<'_>,
    collection: &Collection<'_>,
    request: &Request,
    expand: &[Expand],
) -> Result<Value> {
    let item = describe::request(call, request);
    let mut item = render::project(call, &collection.type_name(), item)?;
    for one in expand {
        let value = expanded(call, one, request.on, request.principal);
        if let Some(fields) = item.as_object_mut() {
            fields.insert(one.navigation.clone(), value);
        }
    }
    Ok(item)
}
