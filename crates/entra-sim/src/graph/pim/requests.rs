//! The audit trail of requests, and cancelling one (facts §3.5).

use jiff::SignedDuration;
use serde_json::Value;
use uuid::Uuid;

use super::read::{equalities, expanded, filtered, missing, navigations, passes};
use super::{Collection, Use, describe, invalid_filter};
use crate::graph::error::{GraphError, Result};
use crate::graph::expand::Expand;
use crate::graph::{Call, Reply, list as lists, render};
use crate::tenant::{On, Request};

/// Forgets what is too old (facts §3.5).
pub(super) fn age_out(call: &mut Call<'_>) {
    let kept = call.settings.pim_requests_kept.and_then(|kept| SignedDuration::try_from(kept).ok());
    if let Some(until) = kept.and_then(|kept| call.view.now.checked_sub(kept).ok()) {
        call.tenant.pim.age_out(until);
    }
}

/// The requests, oldest first, in pages; `$filter` on `status` is refused (facts §3.5).
pub(super) fn list(call: &Call<'_>, collection: &Collection<'_>) -> Result<Reply> {
    collection.need(call, Use::Read)?;
    let expand = Expand::parse_all(call, navigations(collection))?;
    let wanted = equalities(call.query.filter.as_ref(), filtered(collection))?;
    let value = |name: &str| wanted.iter().find(|one| one.0 == name).map(|one| one.1);
    if collection.groups && value("groupId").is_none() && value("principalId").is_none() {
        return Err(invalid_filter());
    }
    lists::check_token(call)?;
    let principal = value("principalId").map(|id| call.tenant.handle(id));
    let passes = |request: &Request| {
        belongs(collection, request)
            && principal.is_none_or(|principal| principal == Some(request.principal))
            && passes(&describe::request(call, request), &wanted)
    };
    let size = call.query.top.unwrap_or(call.settings.role_assignment_page);
    let behind = call.query.token.as_ref().map_or(0, |token| token.last);
    let found = call.tenant.pim.requests().behind(behind).filter(|(_, request)| passes(request));
    let mut found: Vec<(u64, &Request)> = found.take(size + 1).collect();
    let more = found.len() > size;
    found.truncate(size);
    let last = found.last().filter(|_| more);
    let next = last.map(|(number, _)| lists::link_behind(call, *number, None, 0));
    let values = found
        .into_iter()
        .map(|(_, request)| shown(call, collection, request, &expand))
        .collect::<Result<Vec<Value>>>()?;
    Ok(Reply::Json(render::list(call, &collection.set(), values, None, next)))
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
    let found = call.tenant.pim.requests().get(wanted);
    found.filter(|one| belongs(collection, one)).ok_or_else(|| missing(id))
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
