//! The requests inside a `$batch`, read and checked before any of them is carried out (facts §4).

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use serde_json::Value;

use crate::graph;
use crate::graph::error::{GraphError, Result};

/// Most requests of one batch.
const LIMIT: usize = 20;

/// One request of a batch.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) id: String,
    method: Method,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<Value>,
    /// The places of the requests that it depends on.
    pub(super) needs: Vec<usize>,
}

fn refuse(message: impl Into<String>) -> GraphError {
    // The code is UNCONFIRMED.
    GraphError::new(400, "BadRequest", message)
}

fn malformed() -> GraphError {
    refuse("Invalid batch payload format.")
}

/// Reads and checks a batch.
pub(super) fn steps(body: &[u8]) -> Result<Vec<Step>> {
    let body: Value = serde_json::from_slice(body).map_err(|_| malformed())?;
    let requests = body.get("requests").and_then(Value::as_array).ok_or_else(malformed)?;
    if requests.is_empty() {
        return Err(malformed());
    }
    if requests.len() > LIMIT {
        // The server's own text is UNCONFIRMED; this is that of Microsoft's clients.
        return Err(refuse("Number of batch request steps exceeds the maximum value of 20."));
    }
    let mut found: Vec<Step> = Vec::new();
    let mut needs = Vec::new();
    for request in requests {
        let step = step(request)?;
        if position(&found, &step.id).is_some() {
            return Err(refuse(format!("Request Id {} has to be unique in a batch.", step.id)));
        }
        found.push(step);
        needs.push(texts(request.get("dependsOn"))?);
    }
    for (place, names) in needs.into_iter().enumerate() {
        let places: Option<Vec<usize>> = names.iter().map(|name| position(&found, name)).collect();
        if let Some(step) = found.get_mut(place) {
            step.needs = places.ok_or_else(malformed)?;
        }
    }
    if (0..found.len())
        .any(|place| found.get(place).is_some_and(|step| step.waits_for(&found, place)))
    {
        return Err(malformed());
    }
    Ok(found)
}

/// Ids are compared without case.
fn position(steps: &[Step], id: &str) -> Option<usize> {
    steps.iter().position(|step| step.id.eq_ignore_ascii_case(id))
}

fn texts(list: Option<&Value>) -> Result<Vec<String>> {
    let Some(list) = list.filter(|list| !list.is_null()) else { return Ok(Vec::new()) };
    let items = list.as_array().ok_or_else(malformed)?;
    items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(malformed)).collect()
}

fn step(request: &Value) -> Result<Step> {
    let text = |name: &str| request.get(name).and_then(Value::as_str).ok_or_else(malformed);
    let (id, url) = (text("id")?.to_owned(), text("url")?.to_owned());
    let method = text("method")?.to_ascii_uppercase().parse().map_err(|_| malformed())?;
    let mut headers = Vec::new();
    if let Some(given) = request.get("headers").filter(|given| !given.is_null()) {
        for (name, value) in given.as_object().ok_or_else(malformed)? {
            headers.push((name.clone(), value.as_str().ok_or_else(malformed)?.to_owned()));
        }
    }
    let body = request.get("body").filter(|body| !body.is_null()).cloned();
    let typed = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    if body.is_some() && !typed {
        // As recorded by others; not in the facts.
        let text = format!("Write request id : {id} does not contain Content-Type header or body.");
        return Err(refuse(text));
    }
    if url.trim_start_matches('/').starts_with("$batch") {
        return Err(malformed());
    }
    Ok(Step { id, method, url, headers, body, needs: Vec::new() })
}

impl Step {
    /// The request as if it had come alone, with the token of the batch; `None` when its URL is none.
    pub(super) fn request(&self, root: &str, outer: &HeaderMap) -> Option<Request<Bytes>> {
        let url = format!("{root}/v1.0/{}", escape(self.url.trim_start_matches('/')));
        let mut request = Request::builder().method(self.method.clone()).uri(url);
        for (name, value) in &self.headers {
            if !name.eq_ignore_ascii_case("authorization")
                && !name.eq_ignore_ascii_case("accept-encoding")
            {
                request = request.header(name, value);
            }
        }
        if let Some(token) = outer.get("authorization") {
            request = request.header("authorization", token);
        }
        let body = match &self.body {
            None => Bytes::new(),
            Some(Value::String(text)) => STANDARD.decode(text).unwrap_or_default().into(),
            Some(json) => json.to_string().into(),
        };
        request.body(body).ok()
    }

    /// The id of the group that it writes to.
    pub(super) fn written_group(&self) -> Option<String> {
        if self.method == Method::GET {
            return None;
        }
        let path = self.url.split('?').next().unwrap_or_default();
        let segments = graph::segments(path);
        match segments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            parts if graph::asks_by_post(parts) => None,
            ["groups", id, ..] => Some(id.to_lowercase()),
            _ => None,
        }
    }

    /// Whether it depends on the step at a place, directly or not.
    pub(super) fn waits_for(&self, steps: &[Step], place: usize) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = self.needs.clone();
        while let Some(next) = open.pop() {
            if next == place {
                return true;
            }
            if seen.insert(next) {
                open.extend(
                    steps.get(next).into_iter().flat_map(|step| step.needs.iter().copied()),
                );
            }
        }
        false
    }
}

/// Clients put filters into a batch as people write them: what HTTP cannot carry is encoded.
fn escape(url: &str) -> String {
    let mut escaped = String::with_capacity(url.len());
    for byte in url.bytes() {
        if byte <= b' ' || byte >= 0x7f || b"\"<>\\^`{|}".contains(&byte) {
            escaped.push_str(&format!("%{byte:02X}"));
        } else {
            escaped.push(char::from(byte));
        }
    }
    escaped
}
