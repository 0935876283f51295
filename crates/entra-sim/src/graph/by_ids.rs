//! `POST /directoryObjects/getByIds`: many objects of any kind at once (facts §3.3).

use std::collections::BTreeSet;

use serde_json::Value;
use uuid::Uuid;

use super::error::{GraphError, Result};
use super::reference::body;
use super::render::{self, Shape};
use super::{Call, Reply};
use crate::authority::Read;
use crate::random;
use crate::tenant::{Handle, Kind};

/// Most ids of one request.
const LIMIT: usize = 1_000;

/// A read, although it is a POST: unknown and soft-deleted ids are left out, the order means nothing.
pub(crate) fn answer(call: &mut Call<'_>) -> Result<Reply> {
    let body = body(call)?;
    call.need(Read::AnyObject)?;
    let ids = texts(body.get("ids"), "ids")?;
    if ids.len() > LIMIT {
        return Err(GraphError::bad_request(
            "Number of included identifiers cannot exceed '1000'.",
        ));
    }
    if let Some(wrong) = ids.iter().find(|id| Uuid::try_parse(id).is_err()) {
        return Err(GraphError::invalid_id(wrong));
    }
    let types = match body.get("types").filter(|types| !types.is_null()) {
        None => Vec::new(),
        types => texts(types, "types")?,
    };
    render::check_select(call, Shape::Mixed, true)?;
    let wanted = |kind: Kind| {
        types.is_empty()
            || types.iter().any(|name| {
                name.eq_ignore_ascii_case(kind.type_name())
                    || name.eq_ignore_ascii_case("directoryObject")
            })
    };
    let found: BTreeSet<Handle> = ids
        .iter()
        .filter_map(|id| call.known(id))
        .filter(|handle| wanted(call.tenant.object(*handle).kind()))
        .collect();
    let mut found: Vec<Handle> = found.into_iter().collect();
    let (seed, number) = (call.settings.seed, call.number);
    found.sort_by_key(|handle| random::draw(seed ^ number, "by ids", handle.number()));
    Ok(Reply::Json(render::collection(call, Shape::Mixed, &found, None, None)))
}

/// A list of strings; what Graph says to anything else is not in the facts.
pub(super) fn texts<'a>(value: Option<&'a Value>, name: &str) -> Result<Vec<&'a str>> {
    let wrong = || {
        GraphError::bad_request(format!(
            "Invalid value specified for property '{name}' of resource."
        ))
    };
    let list = value.and_then(Value::as_array).ok_or_else(wrong)?;
    list.iter().map(|item| item.as_str().ok_or_else(wrong)).collect()
}
