//! What is wrong with an answer as a whole: its frame, its context, its links, and what it holds.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use serde_json::Value;

use crate::client::{GRAPH, Got};
use crate::csdl::{Expand, Resolved, Returns, Schema};

/// What was asked.
pub(crate) struct Asked<'a> {
    pub(crate) resolved: Resolved,
    /// Below `/v1.0`, with its query.
    pub(crate) path: &'a str,
    /// The caller may read next to nothing.
    pub(crate) limited: bool,
}

impl Asked<'_> {
    /// The values of an option.
    fn option(&self, name: &str) -> Option<String> {
        let query = self.path.split_once('?')?.1;
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    fn selected(&self) -> Option<Vec<String>> {
        let names = self.option("$select")?;
        Some(names.split(',').map(|name| name.trim().to_owned()).collect())
    }

    /// What is expanded; an invitation brings its user unasked.
    fn expand(&self) -> Expand {
        if self.resolved.set == "invitations" {
            return Expand::parse("invitedUser");
        }
        Expand::parse(self.option("$expand").as_deref().unwrap_or_default())
    }

    pub(crate) fn defects(&self, schema: &Schema, got: &Got) -> Vec<String> {
        let mut found = Vec::new();
        if got.status >= 400 {
            error(schema, got, &mut found);
            return found;
        }
        let mut wants = |holds: bool, what: &str| {
            if !holds {
                found.push(format!("{what}: {} {}", got.status, got.text));
            }
        };
        match &self.resolved.returns {
            Returns::Nothing => {
                wants(got.status == 204 && got.text.is_empty(), "204 and no body");
                wants(got.header("content-type").is_empty(), "no content type");
            }
            Returns::Count => {
                wants(got.text.parse::<u64>().is_ok(), "a number");
                wants(got.header("content-type").starts_with("text/plain"), "plain text");
            }
            _ => self.body(schema, got, &mut found),
        }
        found
    }

    fn body(&self, schema: &Schema, got: &Got, found: &mut Vec<String>) {
        if !got.header("content-type").starts_with("application/json") {
            found.push(format!("no JSON: {}", got.header("content-type")));
        }
        self.context(got, found);
        match &self.resolved.returns {
            Returns::Collection(kind) => {
                self.frame(got, found);
                for item in got.json["value"].as_array().into_iter().flatten() {
                    self.entity(schema, kind, item, found);
                }
            }
            Returns::Entity(kind) => self.entity(schema, kind, &got.json, found),
            Returns::Value(kind) => {
                let bare = kind.replace("microsoft.graph.", "");
                let value =
                    if kind.starts_with("Collection(") { &got.json["value"] } else { &got.json };
                found.extend(schema.value_defects(&bare, value));
            }
            Returns::Count | Returns::Nothing => {}
        }
    }

    /// `{root}/v1.0/$metadata#{set}({what is selected and expanded})/$entity`
    fn context(&self, got: &Got, found: &mut Vec<String>) {
        let set = &self.resolved.set;
        let mut shown: Vec<String> = self.selected().unwrap_or_default();
        if self.option("$expand").is_some() {
            shown.push(named(&self.expand()));
        }
        let shown = if shown.is_empty() { String::new() } else { format!("({})", shown.join(",")) };
        let suffix =
            if matches!(self.resolved.returns, Returns::Entity(_)) { "/$entity" } else { "" };
        // What a token holds, its URL does not say.
        let told = self.option("$deltatoken").is_some()
            || (self.resolved.is_delta && self.option("$skiptoken").is_some());
        let expect = format!("{GRAPH}/$metadata#{set}{shown}{suffix}");
        let context = got.json["@odata.context"].as_str().unwrap_or_default();
        let fits = if told {
            context.starts_with(&format!("{GRAPH}/$metadata#{set}"))
        } else {
            context == expect
        };
        if !fits {
            found.push(format!("the context is {context:?}, not {expect:?}"));
        }
    }

    /// What stands around the items of a page.
    fn frame(&self, got: &Got, found: &mut Vec<String>) {
        let known =
            ["@odata.context", "@odata.count", "@odata.nextLink", "@odata.deltaLink", "value"];
        for name in got.json.as_object().into_iter().flat_map(|body| body.keys()) {
            if !known.contains(&name.as_str()) {
                found.push(format!("a page has no {name}"));
            }
        }
        if !got.json["value"].is_array() {
            found.push(format!("value is no list: {}", got.text));
        }
        if got.json.get("@odata.count").is_some_and(|count| !count.is_u64()) {
            found.push("@odata.count is no number".to_owned());
        }
        let own = self.path.split('?').next().unwrap_or_default().replace(' ', "%20");
        for (name, option) in
            [("@odata.nextLink", "$skiptoken="), ("@odata.deltaLink", "$deltatoken=")]
        {
            let Some(link) = got.json.get(name) else { continue };
            let text = link.as_str().unwrap_or_default();
            if !text.starts_with(&format!("{GRAPH}{own}?")) || text.matches(option).count() != 1 {
                found.push(format!("{name} leads elsewhere: {link}"));
            }
        }
        let both = got.json.get("@odata.nextLink").and(got.json.get("@odata.deltaLink"));
        let ends = self.resolved.is_delta && got.json.get("@odata.nextLink").is_none();
        if both.is_some() || (ends != got.json.get("@odata.deltaLink").is_some()) {
            found.push("a delta page has one link, any other has no deltaLink".to_owned());
        }
    }

    fn entity(&self, schema: &Schema, kind: &str, item: &Value, found: &mut Vec<String>) {
        let mut item = item.clone();
        let Some(fields) = item.as_object_mut() else {
            found.push(format!("no entity: {item}"));
            return;
        };
        if self.limited && tells_nothing(fields) {
            fields.retain(|_, value| !value.is_null());
        }
        if self.resolved.is_delta {
            delta(schema, kind, fields, found);
        }
        if let Some(names) = self.selected().filter(|_| !self.resolved.is_delta) {
            let expand = self.expand();
            let stranger = |name: &&String| {
                !name.starts_with("@odata.")
                    && !names.contains(name)
                    && !expand.navigations.iter().any(|one| one.0 == **name)
            };
            found.extend(fields.keys().find(stranger).map(|name| format!("{name} unasked")));
            // A list of any kind knows the names of all kinds.
            let lacks = names.iter().find(|name| !fields.contains_key(*name));
            found.extend(
                lacks.filter(|_| kind != "directoryObject").map(|name| format!("no {name}")),
            );
        }
        if fields.get("id").is_none() && self.selected().is_none() {
            found.push("no id".to_owned());
        }
        found.extend(schema.defects(kind, &item, &self.expand()));
    }
}

/// Who may not read an object is told its type and its id, and null for the rest, lists too (facts §3.2).
fn tells_nothing(fields: &serde_json::Map<String, Value>) -> bool {
    let mut rest = fields.iter().filter(|(name, _)| !name.starts_with('@') && *name != "id");
    rest.all(|(_, value)| value.is_null())
}

/// What a delta query adds to its items (facts §3.6); the rest is left.
fn delta(
    schema: &Schema,
    kind: &str,
    fields: &mut serde_json::Map<String, Value>,
    found: &mut Vec<String>,
) {
    let removed = |value: Option<Value>, reasons: &[&str], found: &mut Vec<String>| {
        let Some(value) = value else { return };
        let fits = value.as_object().is_some_and(|all| all.len() == 1)
            && value["reason"].as_str().is_some_and(|reason| reasons.contains(&reason));
        if !fits {
            found.push(format!("@removed is {value}"));
        }
    };
    removed(fields.remove("@removed"), &["changed", "deleted"], found);
    let relations: Vec<String> =
        fields.keys().filter_map(|name| Some(name.strip_suffix("@delta")?.to_owned())).collect();
    let own = fields.get("@odata.type").and_then(Value::as_str);
    let own = own.and_then(|own| own.strip_prefix("#microsoft.graph.")).unwrap_or(kind).to_owned();
    for relation in relations {
        let links = fields.remove(&format!("{relation}@delta")).unwrap_or_default();
        if schema.navigation(&own, &relation) != Some("Collection(directoryObject)") {
            found.push(format!("{own} has no {relation}"));
        }
        for link in links.as_array().into_iter().flatten() {
            let mut link = link.clone();
            let removal = link.as_object_mut().and_then(|link| link.remove("@removed"));
            removed(removal, &["deleted"], found);
            found.extend(schema.defects("directoryObject", &link, &Expand::default()));
        }
    }
    if let Some((name, _)) = fields.iter().find(|(_, value)| value.is_null()) {
        found.push(format!("{name} was never set and is null"));
    }
}

/// As a context names what is expanded, with what is selected of it.
fn named(expand: &Expand) -> String {
    let navigations = expand.navigations.iter();
    let navigations = navigations.map(|(name, inside)| format!("{name}({})", named(inside)));
    expand.selected.iter().cloned().chain(navigations).collect::<Vec<_>>().join(",")
}

/// The envelope; its `date` has no time zone, against the schema (facts §5.1).
fn error(schema: &Schema, got: &Got, found: &mut Vec<String>) {
    if got.json.get("odata.error").is_some() {
        return;
    }
    let mut body = got.json.clone();
    let inner = body.pointer_mut("/error/innerError").and_then(Value::as_object_mut);
    let Some(inner) = inner else {
        found.push(format!("no error: {} {}", got.status, got.text));
        return;
    };
    let date = inner.get("date").and_then(Value::as_str).unwrap_or_default();
    let dated = format!("{date}Z");
    inner.insert("date".to_owned(), dated.into());
    let known = Value::Object(std::mem::take(inner));
    found.extend(schema.value_defects("InnerError", &known));
    found.extend(schema.value_defects("publicErrorResponse", &body));
    for name in ["date", "request-id", "client-request-id"] {
        if known.get(name).is_none() {
            found.push(format!("innerError lacks {name}"));
        }
    }
}

/// A response inside a `$batch` as if it had come alone.
pub(crate) fn inner(response: &Value) -> Got {
    let mut headers = HeaderMap::new();
    for (name, value) in response["headers"].as_object().unwrap() {
        let name: http::HeaderName = name.parse().unwrap();
        headers.insert(name, value.as_str().unwrap().parse().unwrap());
    }
    let body = &response["body"];
    // What is no JSON stands there as base64 (facts §4).
    let text = match body {
        Value::String(text) => String::from_utf8(STANDARD.decode(text).unwrap()).unwrap(),
        Value::Null => String::new(),
        json => json.to_string(),
    };
    let status = u16::try_from(response["status"].as_u64().unwrap()).unwrap();
    Got { status, headers, text, json: body.clone() }
}
