//! `$expand` of role management: one navigation, perhaps with a `$select` of its own (facts §3.4).

use serde_json::{Map, Value};

use super::Call;
use super::error::{GraphError, Result};

/// What is expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expand {
    pub(super) navigation: String,
    pub(super) selected: Option<Vec<String>>,
}

impl Expand {
    /// Reads `$expand`; the texts of the refusals are not in the facts.
    pub(super) fn parse(call: &Call<'_>, known: &[&str]) -> Result<Option<Self>> {
        let Some(text) = call.query.expand.as_deref() else { return Ok(None) };
        let refuse = |why: String| GraphError::new(400, "BadRequest", why);
        let (name, options) = match text.split_once('(') {
            Some((name, rest)) => (name, rest.strip_suffix(')')),
            None => (text, Some("")),
        };
        let Some(options) = options.filter(|_| !name.contains(',')) else {
            return Err(refuse("Only one property can be expanded in a single query.".to_owned()));
        };
        let name = name.trim();
        if !known.contains(&name) {
            return Err(refuse(format!(
                "Parsing OData Select and Expand failed: Could not find a property named '{name}'."
            )));
        }
        let selected = match options.trim() {
            "" => None,
            options => {
                let names = options.strip_prefix("$select=").ok_or_else(|| {
                    refuse(format!("entra-sim: '{options}' inside $expand is not imitated."))
                })?;
                Some(names.split(',').map(|name| name.trim().to_owned()).collect())
            }
        };
        Ok(Some(Self { navigation: name.to_owned(), selected }))
    }

    /// Keeps what the inner `$select` names.
    pub(super) fn select(&self, item: Value) -> Value {
        let (Some(names), Value::Object(mut all)) = (&self.selected, item.clone()) else {
            return item;
        };
        let kept: Map<String, Value> =
            names.iter().filter_map(|name| Some((name.clone(), all.remove(name)?))).collect();
        Value::Object(kept)
    }
}
