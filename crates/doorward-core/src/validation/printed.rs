//! The schema as people and editors get it.

use serde_json::{Map, Value, json};

use super::hints::KEYWORD;

/// The name of the definition that is added.
const REFERENCE: &str = "doorward-secret-reference";

/// What stays with a secret's property; everything else describes its text.
const ANNOTATIONS: [&str; 6] =
    ["$comment", "title", "description", "examples", "deprecated", "writeOnly"];

/// Lets each secret also be a reference, and takes Doorward's keyword out.
pub(super) fn printed(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if open_secrets(&mut schema)
        && let Value::Object(keywords) = &mut schema
        && let Value::Object(definitions) = keywords.entry("$defs").or_insert_with(|| json!({}))
    {
        definitions.insert(REFERENCE.to_owned(), reference());
    }
    schema
}

/// Returns whether there is a secret.
fn open_secrets(schema: &mut Value) -> bool {
    match schema {
        Value::Array(items) => {
            items.iter_mut().fold(false, |found, item| open_secrets(item) | found)
        }
        Value::Object(keywords) => {
            keywords.shift_remove(KEYWORD);
            if keywords.get("writeOnly") == Some(&Value::Bool(true)) {
                open_secret(keywords);
                return true;
            }
            keywords.values_mut().fold(false, |found, value| open_secrets(value) | found)
        }
        _ => false,
    }
}

fn open_secret(keywords: &mut Map<String, Value>) {
    let (annotations, mut text): (Map<_, _>, Map<_, _>) = std::mem::take(keywords)
        .into_iter()
        .partition(|(keyword, _)| ANNOTATIONS.contains(&keyword.as_str()));
    text.insert("title".into(), "The secret itself".into());
    *keywords = annotations;
    let alternatives = json!([text, {"$ref": format!("#/$defs/{REFERENCE}")}]);
    keywords.insert("anyOf".into(), alternatives);
}

fn reference() -> Value {
    let one = |name: &str, description: &str, value: Value| {
        json!({
            "type": "object",
            "title": description,
            "properties": {name: value},
            "required": [name],
            "additionalProperties": false,
        })
    };
    let text = |title: &str, example: &str| json!({"type": "string", "title": title, "minLength": 1, "examples": [example]});
    json!({
        "title": "Where the secret is",
        "description": "Followed by the local command line only, never by a server.",
        "oneOf": [
            one("env", "In an environment variable", text("Its name", "ENTRA_SECRET")),
            one("file", "In a file that holds nothing else", text("Its path", "/run/secrets/entra")),
            one("command", "Printed by a program", json!({
                "type": "array",
                "title": "The program and its arguments",
                "items": {"type": "string"},
                "minItems": 1,
                "examples": [["pass", "show", "entra"]],
            })),
        ],
    })
}
