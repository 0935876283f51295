//! The service: requests in, answers out (RFC 7644 §3).

use bytes::Bytes;
use http::{Method, Request, Response};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

use super::directory::Directory;
use super::filter::Filter;
use super::patch;

/// Where the service is below its host.
pub const BASE: &str = "/tenants/t%201/scim/v2";
/// The token that the service takes.
pub const TOKEN: &str = "right-token-of-the-scim-service";

const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
const CONFIGURATION: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";

/// The connection broke: what an in-process transport reports as a lost connection.
#[derive(Debug)]
pub struct Lost;

/// What goes wrong with the next request of this method whose path begins so.
#[derive(Clone, Debug)]
pub enum Fault {
    /// This status with this `scimType`; nothing is changed.
    Refused(u16, Option<&'static str>),
    /// 429 with this `Retry-After`.
    Throttled(&'static str),
    /// The change is made, and the connection breaks.
    AppliedThenLost,
    /// The connection breaks, and nothing is changed.
    Lost,
}

struct State {
    directory: Directory,
    /// The most objects of one page, whatever is asked for.
    page: usize,
    faults: VecDeque<(Method, String, Fault)>,
    log: Vec<String>,
    /// The origins that were asked for.
    origins: BTreeSet<String>,
}

/// The service, shared by its clones.
#[derive(Clone)]
pub struct ScimService(Arc<Mutex<State>>);

impl Default for ScimService {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State {
            directory: Directory::default(),
            page: 2,
            faults: VecDeque::new(),
            log: Vec::new(),
            origins: BTreeSet::new(),
        })))
    }
}

struct Answer {
    status: u16,
    body: Option<Value>,
    headers: Vec<(&'static str, String)>,
}

impl Answer {
    fn ok(body: Value) -> Self {
        Self { status: 200, body: Some(body), headers: Vec::new() }
    }

    fn error(status: u16, scim_type: Option<&str>, detail: &str) -> Self {
        // The status is a text (RFC 7644 §3.12).
        let mut body = json!({"schemas": [ERROR], "status": status.to_string(), "detail": detail});
        if let Some(scim_type) = scim_type {
            body["scimType"] = json!(scim_type);
        }
        Self { status, body: Some(body), headers: Vec::new() }
    }

    fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

impl ScimService {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Lets the next request of this method whose path, below the base, begins so go wrong.
    pub fn inject(&self, method: Method, path: &str, fault: Fault) {
        self.state().faults.push_back((method, format!("{BASE}{path}"), fault));
    }

    /// The truth, as it is now.
    pub fn directory(&self) -> Directory {
        self.state().directory.clone()
    }

    /// Changes the truth.
    pub fn change(&self, change: impl FnOnce(&mut Directory)) {
        change(&mut self.state().directory);
    }

    /// Whether the group has this member.
    pub fn holds(&self, member: &str, group: &str) -> bool {
        self.state().directory.groups[group].members.contains(member)
    }

    /// The requests seen, `METHOD path` without the query.
    pub fn log(&self) -> Vec<String> {
        self.state().log.clone()
    }

    /// The origins by which the service was asked.
    pub fn origins(&self) -> BTreeSet<String> {
        self.state().origins.clone()
    }

    /// The requests that could change something.
    pub fn writes(&self) -> usize {
        self.log().iter().filter(|line| !line.starts_with("GET ")).count()
    }
}

impl State {
    fn answer(&mut self, request: &Request<Bytes>) -> Result<Answer, Lost> {
        let path = request.uri().path().to_owned();
        self.log.push(format!("{} {path}", request.method()));
        let (scheme, authority) = (request.uri().scheme_str(), request.uri().authority());
        if let (Some(scheme), Some(authority)) = (scheme, authority) {
            self.origins.insert(format!("{scheme}://{authority}"));
        }
        let bearer = format!("Bearer {TOKEN}");
        if request.headers().get("authorization").is_none_or(|given| *given != *bearer) {
            let challenge = "Bearer realm=\"scim\", error=\"invalid_token\"";
            return Ok(Answer::error(401, None, "The token is not valid.")
                .header("www-authenticate", challenge));
        }
        let fault = match self.faults.front() {
            Some((method, begin, _)) if method == request.method() && path.starts_with(begin) => {
                self.faults.pop_front().map(|(_, _, fault)| fault)
            }
            _ => None,
        };
        match fault {
            None => Ok(self.route(&path, request)),
            Some(Fault::Lost) => Err(Lost),
            Some(Fault::AppliedThenLost) => {
                self.route(&path, request);
                Err(Lost)
            }
            Some(Fault::Refused(status, scim_type)) => {
                Ok(Answer::error(status, scim_type, "It is refused."))
            }
            Some(Fault::Throttled(wait)) => {
                Ok(Answer::error(429, None, "Too many requests.").header("retry-after", wait))
            }
        }
    }

    fn route(&mut self, path: &str, request: &Request<Bytes>) -> Answer {
        let missing = || Answer::error(404, None, "There is no such resource.");
        let Some(below) = path.strip_prefix(BASE) else { return missing() };
        let segments: Vec<String> = below.split('/').skip(1).map(decoded).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let query = parameters(request.uri().query().unwrap_or_default());
        let shown = |object: Option<Value>| match object {
            Some(object) => Answer::ok(without(object, &query)),
            None => missing(),
        };
        match (request.method(), segments.as_slice()) {
            (&Method::GET, ["ServiceProviderConfig"]) => Answer::ok(configuration()),
            (&Method::GET, ["Users"]) => self.list(self.directory.all_users(), &query),
            (&Method::GET, ["Groups"]) => self.list(self.directory.all_groups(), &query),
            (&Method::GET, ["Users", id]) => shown(self.directory.user(id)),
            (&Method::GET, ["Groups", id]) => shown(self.directory.group(id)),
            (&Method::PATCH, ["Groups", id]) => self.patch(id, request).unwrap_or_else(missing),
            _ => missing(),
        }
    }

    /// §3.4.2: filtered, then cut into pages. Indexes are from 1; one below that is 1.
    fn list(&self, objects: Vec<Value>, query: &BTreeMap<String, String>) -> Answer {
        let filter = query.get("filter").map(|text| Filter::parse(text)).transpose();
        let Ok(filter) = filter else {
            return Answer::error(400, Some("invalidFilter"), "The filter cannot be read.");
        };
        let fitting: Vec<Value> = objects
            .into_iter()
            .filter(|object| filter.as_ref().is_none_or(|filter| filter.fits(object)))
            .collect();
        let number = |name: &str, absent| match query.get(name) {
            Some(text) => text.parse::<i64>().ok(),
            None => Some(absent),
        };
        let (Some(start), Some(count)) = (number("startIndex", 1), number("count", i64::MAX))
        else {
            return Answer::error(400, Some("invalidValue"), "An index is no number.");
        };
        let start = usize::try_from(start.max(1)).unwrap();
        let count = usize::try_from(count.max(0)).unwrap().min(self.page);
        let total = fitting.len();
        let page: Vec<Value> = fitting
            .into_iter()
            .skip(start - 1)
            .take(count)
            .map(|object| without(object, query))
            .collect();
        let mut body = json!({"schemas": [LIST], "totalResults": total});
        if !page.is_empty() {
            body["startIndex"] = json!(start);
            body["itemsPerPage"] = json!(page.len());
            body["Resources"] = Value::Array(page);
        }
        Answer::ok(body)
    }

    fn patch(&mut self, id: &str, request: &Request<Bytes>) -> Option<Answer> {
        self.directory.groups.get(id)?;
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        Some(match patch::members(&self.directory, id, &body) {
            Ok(members) => {
                self.directory.groups.get_mut(id)?.members = members;
                Answer { status: 204, body: None, headers: Vec::new() }
            }
            Err(scim_type) => Answer::error(400, Some(scim_type), "It cannot be changed so."),
        })
    }
}

fn configuration() -> Value {
    json!({
        "schemas": [CONFIGURATION],
        "patch": {"supported": true},
        "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": true, "maxResults": 2},
        "changePassword": {"supported": false},
        "sort": {"supported": false},
        "etag": {"supported": false},
        "authenticationSchemes": [
            {"type": "oauthbearertoken", "name": "Token", "description": "A bearer token."},
        ],
    })
}

/// §3.9: without the attributes that are not wanted; names have no case.
fn without(mut object: Value, query: &BTreeMap<String, String>) -> Value {
    let excluded = query.get("excludedAttributes").map_or("", String::as_str);
    for name in excluded.split(',') {
        if let Some(fields) = object.as_object_mut() {
            fields.retain(|field, _| field == "id" || !field.eq_ignore_ascii_case(name));
        }
    }
    object
}

fn parameters(query: &str) -> BTreeMap<String, String> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

impl tower::Service<Request<Bytes>> for ScimService {
    type Response = Response<Bytes>;
    type Error = Lost;
    type Future = Ready<Result<Response<Bytes>, Lost>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let answered = self.state().answer(&request);
        ready(answered.map(|answer| {
            let mut response = Response::builder()
                .status(answer.status)
                .header("content-type", "application/scim+json")
                .header("x-request-id", "scim-request");
            for (name, value) in answer.headers {
                response = response.header(name, value);
            }
            let body = answer.body.map(|body| body.to_string()).unwrap_or_default();
            response.body(Bytes::from(body)).unwrap()
        }))
    }
}
