//! References to objects in the bodies of writes (facts §3.2, §2.2).

use serde_json::Value;
use uuid::Uuid;

use super::error::{GraphError, Result};
use super::{Call, segments};
use crate::tenant::Link;

/// Ids are GUIDs.
pub(super) fn check_id(id: &str) -> Result<()> {
    if Uuid::try_parse(id).is_ok() { Ok(()) } else { Err(GraphError::invalid_id(id)) }
}

/// The JSON object in the body.
pub(super) fn body(call: &Call<'_>) -> Result<serde_json::Map<String, Value>> {
    if call.body.is_empty() {
        return Err(GraphError::bad_request(
            "An unexpected 'EndOfInput' node was found when reading from the JSON reader. A 'StartObject' node was \
             expected.",
        ));
    }
    let json = crate::answer::header_of(call.headers, "content-type")
        .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/json"));
    match serde_json::from_slice(call.body) {
        Ok(Value::Object(body)) if json => Ok(body),
        _ => Err(GraphError::new(
            400,
            "BadRequest",
            "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid \
             JSON format.",
        )),
    }
}

/// The target of a POST to `$ref`.
pub(super) fn single_reference(call: &Call<'_>) -> Result<String> {
    let body = body(call)?;
    let reference = body.get("@odata.id").and_then(Value::as_str);
    reference.ok_or_else(|| invalid_reference("")).and_then(referenced_id)
}

fn invalid_reference(text: &str) -> GraphError {
    // The text is not in the facts.
    GraphError::bad_request(format!("Invalid URL format specified in payload: '{text}'."))
}

/// The id in `{root}/v1.0/directoryObjects/{id}`, or in a set of objects of one type.
fn referenced_id(text: &str) -> Result<String> {
    let path = text
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once('/'))
        .map_or(text, |(_, path)| path);
    let parts = segments(path);
    let [
        "v1.0",
        "directoryObjects" | "users" | "groups" | "servicePrincipals" | "devices" | "contacts",
        id,
    ] = parts.iter().map(String::as_str).collect::<Vec<_>>()[..]
    else {
        return Err(invalid_reference(text));
    };
    check_id(id)?;
    Ok(id.to_owned())
}

/// The targets of a PATCH with binds.
pub(super) fn binds(call: &Call<'_>) -> Result<Vec<(Link, String)>> {
    let mut found = Vec::new();
    for (name, value) in body(call)? {
        let link = match name.as_str() {
            "members@odata.bind" => Link::Member,
            "owners@odata.bind" => Link::Owner,
            _ => {
                return Err(GraphError::bad_request(format!(
                    "entra-sim: only members@odata.bind and owners@odata.bind are imitated, not '{name}'."
                )));
            }
        };
        for reference in value.as_array().ok_or_else(|| invalid_reference(&name))? {
            let text = reference.as_str().ok_or_else(|| invalid_reference(&name))?;
            found.push((link, referenced_id(text)?));
        }
    }
    Ok(found)
}
