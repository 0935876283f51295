//! Objects and collections as JSON: `$select`, default sets, types, contexts, limited items (facts §3, §7).

use serde_json::{Map, Value, json};

use super::error::{GraphError, Result};
use super::{Call, properties, property_names};
use crate::tenant::{Handle, Kind};

/// How items of a collection are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One kind, without `@odata.type`.
    Typed(Kind),
    /// Any kind, each with `@odata.type`; names that a kind lacks are left out.
    Mixed,
}

impl Shape {
    fn set_name(self) -> &'static str {
        match self {
            Self::Typed(kind) => kind.set_name(),
            Self::Mixed => "directoryObjects",
        }
    }
}

/// Refuses names that the schema does not have; an untyped collection knows the names of all kinds.
pub(crate) fn check_select(call: &Call<'_>, shape: Shape, on_collection: bool) -> Result<()> {
    for name in call.query.select.iter().flatten() {
        if on_collection
            && shape == Shape::Typed(Kind::User)
            && property_names::USER_ELSEWHERE.contains(&name.as_str())
        {
            return Err(GraphError::new(
                501,
                "NotImplemented",
                "This operation target is not yet supported.",
            ));
        }
        let known = match shape {
            Shape::Typed(kind) => property_names::properties_of(kind).contains(&name.as_str()),
            Shape::Mixed => Kind::ALL
                .iter()
                .any(|kind| property_names::properties_of(*kind).contains(&name.as_str())),
        };
        if !known && call.settings.refuse_unknown_select {
            let type_name = match shape {
                Shape::Typed(kind) => kind.type_name(),
                Shape::Mixed => "directoryObject",
            };
            return Err(GraphError::new(
                400,
                "BadRequest",
                format!(
                    "Parsing OData Select and Expand failed: Could not find a property named '{name}' on type \
                 'microsoft.graph.{type_name}'."
                ),
            ));
        }
    }
    Ok(())
}

/// One object's properties.
pub(crate) fn object(call: &Call<'_>, handle: Handle, typed: bool) -> Map<String, Value> {
    let kind = call.tenant.object(handle).kind();
    let mut item = Map::new();
    if typed {
        item.insert("@odata.type".into(), json!(format!("#microsoft.graph.{}", kind.type_name())));
    }
    let readable = call.may_read_kind(kind);
    let mut add = |name: &str| {
        if let Some(value) = properties::read(call.tenant, handle, name) {
            // Limited information: the type and the id are told, the rest is null (facts §3.2).
            let value = if readable || name == "id" { value } else { Value::Null };
            item.insert(name.to_owned(), value);
        }
    };
    match &call.query.select {
        Some(names) => names.iter().for_each(|name| add(name)),
        None => property_names::default_properties(kind).iter().for_each(|name| add(name)),
    }
    item
}

/// A context URL; `$select` shows in it.
pub(crate) fn context(call: &Call<'_>, set: &str, entity: bool) -> Value {
    let select = call
        .query
        .select
        .as_ref()
        .map_or_else(String::new, |names| format!("({})", names.join(",")));
    let suffix = if entity { "/$entity" } else { "" };
    json!(format!("{}/v1.0/$metadata#{set}{select}{suffix}", call.root))
}

/// A single object with its context.
pub(crate) fn entity(call: &Call<'_>, handle: Handle, shape: Shape) -> Result<Value> {
    check_select(call, shape, false)?;
    let mut body = Map::new();
    body.insert("@odata.context".into(), context(call, shape.set_name(), true));
    body.append(&mut object(call, handle, shape == Shape::Mixed));
    Ok(Value::Object(body))
}

/// A page of a collection.
pub(crate) fn collection(
    call: &Call<'_>,
    shape: Shape,
    items: &[Handle],
    count: Option<usize>,
    next: Option<String>,
) -> Value {
    let typed = shape == Shape::Mixed;
    let values = items.iter().map(|handle| Value::Object(object(call, *handle, typed))).collect();
    list(call, shape.set_name(), values, count, next)
}

/// The frame of a collection.
pub(crate) fn list(
    call: &Call<'_>,
    set: &str,
    values: Vec<Value>,
    count: Option<usize>,
    next: Option<String>,
) -> Value {
    let mut body = Map::new();
    body.insert("@odata.context".into(), context(call, set, false));
    if let Some(count) = count {
        body.insert("@odata.count".into(), json!(count));
    }
    if let Some(next) = next {
        body.insert("@odata.nextLink".into(), json!(next));
    }
    body.insert("value".into(), Value::Array(values));
    Value::Object(body)
}
