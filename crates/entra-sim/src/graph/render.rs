//! Objects and collections as JSON: `$select`, default sets, types, contexts, limited items (facts §3, §7).

use serde_json::{Map, Value, json};

use super::error::{GraphError, Result};
use super::{Call, expand, properties, property_names};
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
    pub(super) fn set_name(self) -> &'static str {
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
            return Err(no_such_property(name, type_name));
        }
    }
    Ok(())
}

/// One object's properties.
pub(crate) fn object(call: &Call<'_>, handle: Handle, typed: bool) -> Map<String, Value> {
    object_with(call, handle, typed, call.query.select.as_deref())
}

/// One object's properties, by a `$select` that need not be the request's.
pub(crate) fn object_with(
    call: &Call<'_>,
    handle: Handle,
    typed: bool,
    select: Option<&[String]>,
) -> Map<String, Value> {
    let kind = call.tenant.object(handle).kind();
    let mut item = Map::new();
    if typed {
        item.insert("@odata.type".into(), json!(format!("#microsoft.graph.{}", kind.type_name())));
    }
    // Asked only for what needs it: an id alone needs no permission for the kind.
    let beyond_id = select.is_none_or(|names| names.iter().any(|name| name != "id"));
    let readable = beyond_id && call.may_read(kind, handle);
    let mut add = |name: &str| {
        if let Some(value) = properties::read(call.tenant, handle, name) {
            // Limited information: the type and the id are told, the rest is null (facts §3.2).
            let value = if readable || name == "id" { value } else { Value::Null };
            item.insert(name.to_owned(), value);
        }
    };
    match select {
        Some(names) => names.iter().for_each(|name| add(name)),
        None => property_names::default_properties(kind).iter().for_each(|name| add(name)),
    }
    item
}

/// Keeps what `$select` names of an entity that is no directory object.
pub(crate) fn project(call: &Call<'_>, type_name: &str, item: Value) -> Result<Value> {
    let (Some(names), Value::Object(mut all)) = (&call.query.select, item.clone()) else {
        return Ok(item);
    };
    let mut kept = Map::new();
    for name in names {
        match all.remove(name) {
            Some(value) => {
                kept.insert(name.clone(), value);
            }
            None if kept.contains_key(name) || !call.settings.refuse_unknown_select => {}
            None => return Err(no_such_property(name, type_name)),
        }
    }
    Ok(Value::Object(kept))
}

fn no_such_property(name: &str, type_name: &str) -> GraphError {
    GraphError::new(
        400,
        "BadRequest",
        format!(
            "Parsing OData Select and Expand failed: Could not find a property named '{name}' on type \
             'microsoft.graph.{type_name}'."
        ),
    )
}

/// An entity that is no directory object, with its context.
pub(crate) fn plain_entity(call: &Call<'_>, set: &str, item: Value) -> Value {
    framed(context(call, set, true), item)
}

/// What a function gives back, with its type in the context.
pub(crate) fn plain_context(call: &Call<'_>, type_name: &str, item: Value) -> Value {
    framed(context(call, type_name, false), item)
}

fn framed(context: Value, item: Value) -> Value {
    let mut body = Map::new();
    body.insert("@odata.context".into(), context);
    if let Value::Object(mut item) = item {
        body.append(&mut item);
    }
    Value::Object(body)
}

/// A context URL; `$select` and `$expand` show in it.
pub(crate) fn context(call: &Call<'_>, set: &str, entity: bool) -> Value {
    let selected = call.query.select.as_ref().map(|names| names.join(","));
    let expanded = call.query.expand.as_deref().map(expand::shown);
    let shown: Vec<String> = [selected, expanded].into_iter().flatten().collect();
    let shown = if shown.is_empty() { String::new() } else { format!("({})", shown.join(",")) };
    let suffix = if entity { "/$entity" } else { "" };
    json!(format!("{}/v1.0/$metadata#{set}{shown}{suffix}", call.root))
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
