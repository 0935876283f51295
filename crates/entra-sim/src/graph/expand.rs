//! `$expand` of role management: navigations, perhaps with a `$select` of their own (facts §3.4, §9).

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
    /// Reads `$expand` of one navigation; the texts of the refusals are not in the facts.
    pub(super) fn parse(call: &Call<'_>, known: &[&str]) -> Result<Option<Self>> {
        let mut all = Self::parse_all(call, known)?;
        if all.len() > 1 {
            return Err(refuse("Only one property can be expanded in a single query.".to_owned()));
        }
        Ok(all.pop())
    }

    /// Reads `$expand` of several navigations together, as the schedules of PIM take them (facts §9).
    pub(super) fn parse_all(call: &Call<'_>, known: &[&str]) -> Result<Vec<Self>> {
        let Some(text) = call.query.expand.as_deref() else { return Ok(Vec::new()) };
        items(text).map(|item| Self::item(item, known)).collect()
    }

    fn item(text: &str, known: &[&str]) -> Result<Self> {
        let (name, options) = match text.split_once('(') {
            Some((name, rest)) => (name, rest.strip_suffix(')')),
            None => (text, Some("")),
        };
        let name = name.trim();
        let Some(options) = options.filter(|_| known.contains(&name)) else {
            return Err(refuse(format!(
                "Parsing OData Select and Expand failed: Could not find a property named '{name}'."
            )));
        };
        let selected = match options.trim() {
            "" => None,
            options => {
                let names = options.strip_prefix("$select=").ok_or_else(|| {
                    refuse(format!("entra-sim: '{options}' inside $expand is not imitated."))
                })?;
                Some(names.split(',').map(|name| name.trim().to_owned()).collect())
            }
        };
        Ok(Self { navigation: name.to_owned(), selected })
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

/// What a context says of an `$expand`: each navigation with what is selected or expanded of it, as Microsoft's
/// samples have it; the facts have none.
pub(super) fn shown(text: &str) -> String {
    let one = |item: &str| {
        let (name, options) = item.split_once('(').unwrap_or((item, ""));
        let options = options.strip_suffix(')').unwrap_or(options);
        let inside = match options.strip_prefix("$expand=") {
            Some(inner) => shown(inner),
            None => options.strip_prefix("$select=").unwrap_or_default().to_owned(),
        };
        format!("{name}({inside})")
    };
    items(text).map(one).collect::<Vec<_>>().join(",")
}

fn refuse(why: String) -> GraphError {
    GraphError::new(400, "BadRequest", why)
}

/// The items of a list, cut at the commas that no parenthesis encloses.
fn items(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    text.split(move |letter| {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        letter == ',' && depth == 0
    })
    .map(str::trim)
}
