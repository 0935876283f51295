//! The keyring that the fake connector talks to: rooms, people, and who holds which key.

use bytes::Bytes;
use doorward_core::{
    Action, ApplyRequest, Attributes, GrantKey, GrantKind, ObjectRef, OutcomeKind, Query,
    ReadRequest, Term,
};
use http::{Request, Response};
use serde_json::{Value, json};
use std::collections::{BTreeSet, VecDeque};
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

/// The connection broke: what an in-process transport reports as a lost connection.
#[derive(Debug)]
pub struct Lost;

/// What goes wrong with the next request whose path starts so.
#[derive(Clone, Debug)]
pub enum Fault {
    /// This status instead of an answer; nothing is changed.
    Status(u16),
    /// The change is made, and the connection breaks.
    AppliedThenLost,
    /// The connection breaks, and nothing is changed.
    Lost,
    /// The answer is this JSON.
    Answer(Value),
}

struct State {
    people: Vec<(&'static str, &'static str)>,
    rooms: Vec<(&'static str, &'static str)>,
    grants: BTreeSet<(String, String, String)>,
    faults: VecDeque<(&'static str, Fault)>,
    log: Vec<String>,
    page_size: usize,
    hides_holders: bool,
    /// What happens once a request whose path starts so was answered.
    then: Option<(&'static str, Afterwards)>,
}

type Afterwards = Box<dyn FnOnce() + Send>;

/// The keyring, shared by its clones.
#[derive(Clone)]
pub struct KeyringService(Arc<Mutex<State>>);

impl Default for KeyringService {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State {
            people: vec![
                ("p0", "Doorward"),
                ("p1", "Ada"),
                ("p2", "Bo"),
                ("p3", "Sam"),
                ("p4", "Sam"),
                ("p5", "Cleo\u{301}"),
            ],
            rooms: vec![("r1", "Lab"), ("r2", "Vault"), ("r3", "Crypt"), ("r4", "Lab Annex")],
            grants: BTreeSet::from([
                ("r1".to_owned(), "keeper".to_owned(), "p2".to_owned()),
                ("r1".to_owned(), "key".to_owned(), "p2".to_owned()),
            ]),
            faults: VecDeque::new(),
            log: Vec::new(),
            page_size: 2,
            hides_holders: false,
            then: None,
        })))
    }
}

impl KeyringService {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Lets the next request whose path starts so go wrong.
    pub fn inject(&self, path: &'static str, fault: Fault) {
        self.state().faults.push_back((path, fault));
    }

    /// Whether the grant exists: the truth that outcomes are compared with.
    pub fn holds(&self, person: &str, right: &str, room: &str) -> bool {
        self.state().grants.contains(&(room.to_owned(), right.to_owned(), person.to_owned()))
    }

    /// Lets this happen right after the next request whose path starts so.
    pub fn then(&self, path: &'static str, what: impl FnOnce() + Send + 'static) {
        self.state().then = Some((path, Box::new(what)));
    }

    /// From now on, not every holder is told.
    pub fn hide_holders(&self) {
        self.state().hides_holders = true;
    }

    /// The requests seen, `METHOD /path`.
    pub fn log(&self) -> Vec<String> {
        self.state().log.clone()
    }

    /// The requests that could change something.
    pub fn writes(&self) -> usize {
        self.log().iter().filter(|line| line.ends_with(" /apply")).count()
    }
}

impl State {
    fn answer(&mut self, request: &Request<Bytes>) -> Result<(u16, Value), Lost> {
        let path = request.uri().path().to_owned();
        self.log.push(format!("{} {path}", request.method()));
        if request.headers().get("x-token").is_none_or(|token| token != "right-token") {
            return Ok((401, json!({"error": "wrong token"})));
        }
        let fault = match self.faults.front() {
            Some((prefix, _)) if path.starts_with(prefix) => {
                self.faults.pop_front().map(|(_, fault)| fault)
            }
            _ => None,
        };
        match fault {
            Some(Fault::Status(status)) => return Ok((status, json!({}))),
            Some(Fault::Lost) => return Err(Lost),
            Some(Fault::Answer(answer)) => return Ok((200, answer)),
            Some(Fault::AppliedThenLost) => {
                self.route(&path, request);
                return Err(Lost);
            }
            None => {}
        }
        let answer = self.route(&path, request);
        if let Some((_, what)) = self.then.take_if(|(prefix, _)| path.starts_with(*prefix)) {
            what();
        }
        Ok(answer)
    }

    fn route(&mut self, path: &str, request: &Request<Bytes>) -> (u16, Value) {
        let page = request
            .uri()
            .query()
            .and_then(|query| query.strip_prefix("page="))
            .and_then(|page| page.parse().ok())
            .unwrap_or(0);
        match path {
            "/check" => (200, check()),
            "/sync/people" => (200, self.sync("people", self.all_people(), page)),
            "/sync/rooms" => (200, self.sync("rooms", self.all_rooms(), page)),
            "/read" => self.read(&serde_json::from_slice(request.body()).unwrap()),
            "/apply" => (200, json!(self.apply(serde_json::from_slice(request.body()).unwrap()))),
            _ => (404, json!({})),
        }
    }

    fn all_people(&self) -> Vec<Value> {
        self.people
            .iter()
            .map(|(id, name)| {
                json!({"record": "account", "key": {"kind": "person", "id": id}, "name": name,
                    "login": format!("{}@keys.example", name.to_lowercase())})
            })
            .collect()
    }

    fn all_rooms(&self) -> Vec<Value> {
        let sealed = json!([{"entitlements": ["key"], "refusal": {"code": "sealed",
            "message": "Crypt is sealed.", "remedy": "Ask the janitor for its key."}}]);
        self.rooms
            .iter()
            .map(|(id, name)| {
                json!({"record": "resource", "key": {"kind": "room", "id": id}, "name": name,
                    "class": "room", "privileged": *name == "Vault", "keepsLastHolder": [{"entitlement": "keeper"}],
                    "refusals": if *name == "Crypt" { sealed.clone() } else { json!([]) }})
            })
            .collect()
    }

    fn sync(&self, stream: &str, items: Vec<Value>, page: usize) -> Value {
        let end = (page + self.page_size).min(items.len());
        let next = (end < items.len()).then(
            || json!({"cursor": {"stream": stream, "phase": 0, "body": end}, "continues": true}),
        );
        json!({"records": items[page.min(end)..end], "usage": {},
            "next": next.into_iter().collect::<Vec<_>>()})
    }

    fn read(&self, request: &ReadRequest) -> (u16, Value) {
        let page = request.cursor.as_ref().and_then(Value::as_u64).unwrap_or(0) as usize;
        let mut paths = Vec::new();
        let records = match &request.query {
            Query::Find { kind, term } => self.find(kind, term),
            Query::Objects { keys } => {
                let all = self.all_people().into_iter().chain(self.all_rooms());
                all.filter(|item| keys.iter().any(|key| item["key"] == json!(key))).collect()
            }
            Query::Holders { .. } if self.hides_holders => {
                vec![json!({"record": "skipped", "code": "hidden", "message": "Some are hidden."})]
            }
            Query::Holders { resource, entitlement } => self.grants(|room, right, _| {
                room == resource.id && entitlement.as_deref().is_none_or(|wanted| wanted == right)
            }),
            Query::Holdings { principal } => self.grants(|_, _, person| person == principal.id),
            Query::Grant { key } => self.grants(|room, right, person| {
                room == key.resource.id && right == key.entitlement && person == key.principal.id
            }),
            Query::Containers { .. } => Vec::new(),
            Query::Paths { principal, resource, entitlement } => {
                if self.grants.contains(&(
                    resource.id.clone(),
                    entitlement.clone(),
                    principal.id.clone(),
                )) {
                    paths.push(json!({"grants": [key(&resource.id, entitlement, &principal.id)]}));
                }
                Vec::new()
            }
        };
        let end = (page + self.page_size).min(records.len());
        let next = (end < records.len()).then_some(end);
        (200, json!({"records": records[page.min(end)..end], "paths": paths, "next": next}))
    }

    /// Candidates as a provider gives them: whatever begins so, ignoring case.
    fn find(&self, kind: &str, term: &Term) -> Vec<Value> {
        let items = if kind == "person" { self.all_people() } else { self.all_rooms() };
        let begins = |item: &Value, field: &str, text: &str| {
            let text: String = text.to_lowercase().chars().take(3).collect();
            item[field].as_str().is_some_and(|value| value.to_lowercase().starts_with(&text))
        };
        items
            .into_iter()
            .filter(|item| match term {
                Term::Id(id) => item["key"]["id"] == json!(id),
                Term::Name(name) => begins(item, "name", name) || begins(item, "login", name),
                Term::Mail(_) => false,
            })
            .collect()
    }

    fn grants(&self, wanted: impl Fn(&str, &str, &str) -> bool) -> Vec<Value> {
        self.grants
            .iter()
            .filter(|(room, right, person)| wanted(room, right, person))
            .map(
                |(room, right, person)| json!({"record": "grant", "key": key(room, right, person)}),
            )
            .collect()
    }

    fn apply(&mut self, request: ApplyRequest) -> Vec<OutcomeKind> {
        request
            .operations
            .into_iter()
            .map(|operation| match operation.action {
                Action::Grant { key, .. } if self.grants.insert(row(&key)) => OutcomeKind::Granted,
                Action::Grant { .. } => OutcomeKind::AlreadyGranted,
                Action::Revoke { key, .. } if self.grants.remove(&row(&key)) => {
                    OutcomeKind::Revoked
                }
                Action::Revoke { .. } => OutcomeKind::AlreadyRevoked,
                _ => OutcomeKind::Unknown,
            })
            .collect()
    }
}

fn row(key: &GrantKey) -> (String, String, String) {
    (key.resource.id.clone(), key.entitlement.clone(), key.principal.id.clone())
}

fn key(room: &str, right: &str, person: &str) -> GrantKey {
    GrantKey {
        principal: ObjectRef::new("person", person),
        resource: ObjectRef::new("room", room),
        entitlement: right.to_owned(),
        scope: None,
        kind: GrantKind::Active,
    }
}

fn check() -> Value {
    json!({"identity": {"key": {"kind": "person", "id": "p0"}, "name": "Doorward", "place": "Keyring"},
        "authority": [{"action": "grant", "kind": "room", "entitlement": "key", "authority": "everywhere"}],
        "findings": [], "credentialExpiry": {"known": "unknown", "because": "tokens do not end"},
        "attributes": Attributes::new()})
}

impl tower::Service<Request<Bytes>> for KeyringService {
    type Response = Response<Bytes>;
    type Error = Lost;
    type Future = Ready<Result<Response<Bytes>, Lost>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        ready(self.state().answer(&request).map(|(status, body)| {
            Response::builder()
                .status(status)
                .header("content-type", "application/json")
                .header("request-id", "keyring-request")
                .body(Bytes::from(body.to_string()))
                .unwrap()
        }))
    }
}
