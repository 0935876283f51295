//! Values against the schema: names, types, members of enumerations, nullability.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Schema, item_of};

/// A property that the schema does not have, of an open type (facts §3.8: it comes on top for users).
const OPEN: [(&str, &str); 1] = [("identity", "userPrincipalName")];

/// The navigations of an `$expand`, each with what is expanded or selected of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expand {
    pub(crate) navigations: Vec<(String, Expand)>,
    pub(crate) selected: Vec<String>,
}

impl Expand {
    /// Reads `a,b($expand=c),d($select=e,f)`.
    pub(crate) fn parse(text: &str) -> Self {
        let (mut depth, mut start, mut items) = (0, 0, Vec::new());
        for (place, letter) in text.char_indices().chain([(text.len(), ',')]) {
            match letter {
                '(' => depth += 1,
                ')' => depth -= 1,
                ',' if depth == 0 => {
                    items.push(&text[start..place]);
                    start = place + 1;
                }
                _ => {}
            }
        }
        let item = |text: &str| {
            let (name, inner) = text.split_once('(').unwrap_or((text, ""));
            let inner = inner.strip_suffix(')').unwrap_or(inner);
            let mut inside = Self::parse(inner.strip_prefix("$expand=").unwrap_or(""));
            let selected =
                inner.strip_prefix("$select=").into_iter().flat_map(|all| all.split(','));
            inside.selected = selected.map(str::to_owned).collect();
            (name.to_owned(), inside)
        };
        let navigations = items.into_iter().filter(|text| !text.is_empty()).map(item).collect();
        Self { navigations, selected: Vec::new() }
    }

    fn inside(&self, name: &str) -> Option<&Self> {
        self.navigations.iter().find(|one| one.0 == name).map(|one| &one.1)
    }
}

impl Schema {
    /// Fails when an object does not fit a type; whatever navigation it shows counts as expanded.
    pub(crate) fn check_object(&self, type_name: &str, value: &Value) {
        let mut found = Vec::new();
        self.object(type_name, type_name, value, None, &mut found);
        assert!(found.is_empty(), "{found:#?}");
    }

    /// What is wrong with an entity: nothing, when it fits the type. It must say its own type exactly when that is
    /// another than the one that the schema has at its place, or when that is the base of all objects.
    pub(crate) fn defects(&self, declared: &str, value: &Value, expand: &Expand) -> Vec<String> {
        let mut found = Vec::new();
        self.entity(declared, declared, value, expand, &mut found);
        found
    }

    fn entity(
        &self,
        place: &str,
        declared: &str,
        value: &Value,
        expand: &Expand,
        found: &mut Vec<String>,
    ) {
        let says = value.get("@odata.type").and_then(Value::as_str);
        let must = ["directoryObject", "unifiedRoleManagementPolicyRule"].contains(&declared);
        match says.map(|says| says.strip_prefix("#microsoft.graph.").unwrap_or("")) {
            None if must => found.push(format!("{place} does not say its type")),
            Some(own) if !must && own == declared => found.push(format!("{place} says its type")),
            Some(own) if !self.types.contains_key(own) || !self.derives(own, declared) => {
                found.push(format!("{place} is no {declared}: {says:?}"));
            }
            _ => {}
        }
        for (name, _) in &expand.navigations {
            if value.get(name).is_none() {
                found.push(format!("{place} lacks {name}, which was expanded"));
            }
        }
        self.object(place, declared, value, Some(expand), found);
    }

    fn object(
        &self,
        place: &str,
        declared: &str,
        value: &Value,
        expand: Option<&Expand>,
        found: &mut Vec<String>,
    ) {
        let Some(fields) = value.as_object() else {
            found.push(format!("{place} is no object: {value}"));
            return;
        };
        let own = fields.get("@odata.type").and_then(Value::as_str);
        let own = own.and_then(|own| own.strip_prefix("#microsoft.graph.")).unwrap_or(declared);
        if !self.types.contains_key(own) {
            found.push(format!("{place} has the unknown type {own}"));
            return;
        }
        for (name, value) in fields {
            if ["@odata.type", "@odata.context", "@odata.nextLink"].contains(&name.as_str()) {
                continue;
            }
            let place = format!("{place}.{name}");
            let lineage = self.lineage(own);
            if let Some((kind, nullable)) = lineage.iter().find_map(|one| one.properties.get(name))
            {
                self.value(&place, kind, *nullable, value, found);
            } else if let Some(kind) = self.navigation(own, name) {
                let inside = expand.map(|expand| expand.inside(name));
                match inside {
                    Some(None) => found.push(format!("{place} was not expanded")),
                    Some(Some(inside)) => self.navigated(&place, kind, value, inside, found),
                    None => self.value(&place, kind, true, value, found),
                }
            } else if !OPEN.contains(&(own, name.as_str())) {
                found.push(format!("{place}: {own} has no such property"));
            }
        }
    }

    fn navigated(
        &self,
        place: &str,
        kind: &str,
        value: &Value,
        expand: &Expand,
        found: &mut Vec<String>,
    ) {
        match (item_of(kind), value) {
            (Some(item), Value::Array(values)) => {
                values.iter().for_each(|value| self.entity(place, item, value, expand, found));
            }
            (None, Value::Null) => {}
            (None, Value::Object(_)) => self.entity(place, kind, value, expand, found),
            _ => found.push(format!("{place} is {kind}, not {value}")),
        }
    }

    /// What is wrong with a value of a type that is no entity.
    pub(crate) fn value_defects(&self, kind: &str, value: &Value) -> Vec<String> {
        let mut found = Vec::new();
        self.value(kind, kind, false, value, &mut found);
        found
    }

    fn value(
        &self,
        place: &str,
        kind: &str,
        nullable: bool,
        value: &Value,
        found: &mut Vec<String>,
    ) {
        if value.is_null() && nullable {
            return;
        }
        if let Some(item) = item_of(kind) {
            match value.as_array() {
                Some(all) => all.iter().for_each(|one| self.value(place, item, false, one, found)),
                None => found.push(format!("{place} is no list: {value}")),
            }
            return;
        }
        let known = self.types.get(kind);
        let fits = match known {
            _ if value.is_null() => false,
            Some(one) if !one.members.is_empty() => {
                value.as_str().is_some_and(|text| one.members.iter().any(|member| member == text))
            }
            Some(_) => return self.object(place, kind, value, None, found),
            None => is_primitive(kind, value),
        };
        if !fits {
            found.push(format!("{place} is {kind}, not {value}"));
        }
    }
}

fn is_primitive(kind: &str, value: &Value) -> bool {
    let text = value.as_str();
    let whole = |least: i64, most: i64| {
        value.as_i64().is_some_and(|number| (least..=most).contains(&number))
    };
    match kind {
        "Edm.String" => text.is_some(),
        "Edm.Boolean" => value.is_boolean(),
        "Edm.Int16" => whole(i16::MIN.into(), i16::MAX.into()),
        "Edm.Int32" => whole(i32::MIN.into(), i32::MAX.into()),
        "Edm.Int64" => value.is_i64(),
        "Edm.Binary" => text.is_some_and(|text| STANDARD.decode(text).is_ok()),
        "Edm.Guid" => {
            text.is_some_and(|text| text.len() == 36 && uuid::Uuid::try_parse(text).is_ok())
        }
        "Edm.DateTimeOffset" => text.is_some_and(is_moment),
        "Edm.Duration" => {
            text.is_some_and(|text| text.starts_with('P') && text.parse::<jiff::Span>().is_ok())
        }
        _ => false,
    }
}

/// `YYYY-MM-DDTHH:MM:SS[.fffffff]Z`, with at most seven digits behind the point (facts §3).
fn is_moment(text: &str) -> bool {
    let Some(text) = text.strip_suffix('Z') else { return false };
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(a, b)| (a, Some(b)));
    let digits = |text: &str| text.chars().all(|letter| letter.is_ascii_digit());
    whole.len() == 19
        && whole.as_bytes()[10] == b'T'
        && fraction.is_none_or(|part| (1..=7).contains(&part.len()) && digits(part))
        && format!("{whole}Z").parse::<jiff::Timestamp>().is_ok()
}
