//! What the body of a write may hold, as the schema has it: a member that is not known there, or is of another type,
//! is refused. What the service says then is not in the facts.

use serde_json::{Map, Value};

use super::error::{GraphError, Result};

/// What a member may be, besides null.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    Text,
    Flag,
    Texts,
    Object(&'static [(&'static str, Form)]),
    /// Known to the schema, but not imitated: null alone.
    Null,
}

impl Form {
    fn takes(self, value: &Value) -> bool {
        match self {
            _ if value.is_null() => true,
            Self::Text => value.is_string(),
            Self::Flag => value.is_boolean(),
            Self::Texts => value.as_array().is_some_and(|all| all.iter().all(Value::is_string)),
            Self::Object(_) => value.is_object(),
            Self::Null => false,
        }
    }
}

/// Checks a body, and what is inside it. Names are compared with case; annotations are passed over.
pub(super) fn check(body: &Map<String, Value>, known: &[(&str, Form)]) -> Result<()> {
    for (name, value) in body.iter().filter(|(name, _)| !name.contains('@')) {
        let form = known.iter().find(|one| one.0 == name.as_str()).map(|one| one.1);
        let form = form.ok_or_else(|| refused(format!("Invalid property '{name}'.")))?;
        if !form.takes(value) {
            return Err(refused(match form {
                Form::Null => format!("entra-sim: '{name}' is not imitated here."),
                _ => format!("Invalid value specified for property '{name}' of resource."),
            }));
        }
        if let (Form::Object(inner), Value::Object(value)) = (form, value) {
            check(value, inner)?;
        }
    }
    Ok(())
}

fn refused(message: String) -> GraphError {
    GraphError::new(400, "BadRequest", message)
}
