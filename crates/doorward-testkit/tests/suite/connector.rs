//! A connector that keeps every rule, or all but one.

use doorward_core::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::defect::Defect::{self, *};

pub(crate) struct Keys {
    defect: Option<Defect>,
    descriptor: Descriptor,
    opened: AtomicU64,
}

impl Keys {
    pub(crate) fn new(defect: Option<Defect>) -> Self {
        let text = include_str!("descriptor.json");
        let mut descriptor: Value = serde_json::from_str(text).unwrap();
        let schema = &mut descriptor["connectionSchema"];
        match defect {
            Some(OldSchema) => schema["$schema"] = json!("http://json-schema.org/draft-07/schema#"),
            Some(OpenSchema) => schema["additionalProperties"] = json!(true),
            Some(WrongExample) => schema["properties"]["origin"]["examples"] = json!([5]),
            Some(SecretInTheOpen) => schema["properties"]["token"]["writeOnly"] = json!(false),
            Some(KindWithUnderscore) => {
                let kind = json!({"kind": "meeting_room", "name": "meeting room", "classes": [], "entitlements": []});
                descriptor["resourceKinds"].as_array_mut().unwrap().push(kind);
            }
            Some(UndeclaredPrincipal) => {
                descriptor["resourceKinds"][0]["entitlements"][0]["principals"] =
                    json!(["person", "robot"]);
            }
            _ => {}
        }
        let descriptor = serde_json::from_value(descriptor).unwrap();
        Self { defect, descriptor, opened: AtomicU64::new(0) }
    }
}

impl Factory for Keys {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    fn open(&self, connection: Connection) -> Result<Arc<dyn Connector>> {
        #[derive(serde::Deserialize)]
        struct Settings {
            origin: String,
            token: SecretReference,
        }
        #[derive(serde::Deserialize)]
        #[expect(dead_code, reason = "reading it is the defect")]
        struct Floor {
            floor: i64,
        }
        if self.defect == Some(WantsTheSecret) && !connection.values()["token"].is_string() {
            return Err(error(ErrorKind::InvalidConnection, "no-token", "The token is no text."));
        }
        if self.defect == Some(WantsMoreThanTheSchema) {
            connection.parse::<Floor>()?;
        }
        let Settings { origin, token } = connection.parse()?;
        let number = self.opened.fetch_add(1, Ordering::Relaxed);
        let shared = Shared { defect: self.defect, origin, token, number, ..Shared::default() };
        Ok(Arc::new(Open(Arc::new(shared))))
    }
}

#[derive(Clone)]
struct Open(Arc<Shared>);

struct Shared {
    defect: Option<Defect>,
    origin: String,
    token: SecretReference,
    /// How many were opened before.
    number: u64,
    calls: AtomicU64,
    /// The cursors that this connector gave.
    given: Mutex<BTreeSet<String>>,
}

impl Default for Shared {
    fn default() -> Self {
        let token = SecretReference { pointer: String::new() };
        let calls = AtomicU64::new(0);
        Self {
            defect: None,
            origin: String::new(),
            token,
            number: 0,
            calls,
            given: Mutex::default(),
        }
    }
}

fn error(kind: ErrorKind, reason: &str, message: impl Into<String>) -> Error {
    Error::new(kind, reason, message).remedy("Look at the house.")
}

fn get(path: Path) -> HttpRequest {
    HttpRequest::get("house", path)
}

fn person(item: &Value) -> Record {
    let record = json!({"record": "account", "key": {"kind": "person", "id": item["id"]}, "name": item["name"]});
    serde_json::from_value(record).unwrap()
}

fn gone() -> Record {
    let key = ObjectRef::new("robot", "1");
    Record::GoneObject(GoneObject { key, restorable: false, attributes: Attributes::new() })
}

fn grant(item: &Value) -> Record {
    let id = |field: &str| item[field].as_str().unwrap_or_default().to_owned();
    Record::Grant(Grant::new(GrantKey::new(
        ObjectRef::new("person", id("person")),
        ObjectRef::new("room", id("room")),
        "key",
    )))
}

impl Open {
    fn has(&self, defect: Defect) -> bool {
        self.0.defect == Some(defect)
    }

    /// The answer's body; `None` when there is no such thing.
    async fn ask(&self, cx: &Context, request: HttpRequest) -> Result<Option<Value>> {
        let writes = request.method == Method::Post && request.effect.is_none()
            || request.path.as_str() == "/keys";
        let mut answer = cx.http().send(request.clone()).await;
        for _ in 0..2 {
            if self.has(TriesAgain) && answer.as_ref().is_ok_and(|answer| answer.status == 503) {
                answer = cx.http().send(request.clone()).await;
            }
        }
        let answer = match answer {
            Err(lost) if self.has(LostIsNotFound) && lost.kind == ErrorKind::Unavailable => {
                return Err(error(ErrorKind::NotFound, "not-found", "It is not there."));
            }
            answer => answer?,
        };
        match answer.status {
            200 => match serde_json::from_slice(&answer.body) {
                Ok(body) => Ok(Some(body)),
                Err(_) if self.has(GarbageIsEmpty) => Ok(Some(json!({"items": []}))),
                Err(_) if self.has(GarbageIsInternal) => Err(Error::internal("It cannot be read.")),
                Err(_) => {
                    let message = "The answer is not one of a house.";
                    Err(error(ErrorKind::ContractViolation, "unexpected-answer", message))
                }
            },
            404 => Ok(None),
            403 if self.has(ForbiddenIsNotFound) => {
                Err(error(ErrorKind::NotFound, "not-found", "It is not there."))
            }
            403 if self.has(NoRemedy) => {
                Err(Error::new(ErrorKind::PermissionDenied, "forbidden", "The house refuses."))
            }
            403 => Err(error(ErrorKind::PermissionDenied, "forbidden", "The house refuses.")),
            429 => {
                let error = error(ErrorKind::RateLimited, "throttled", "The house is busy.");
                let forgets = self.has(if writes { WriteForgetsDelay } else { DelayIsForgotten });
                let wait = answer.header("retry-after").and_then(|text| text.parse().ok());
                Err(error.retry(match wait {
                    Some(seconds) if !forgets => Retry::after(Duration::from_secs(seconds)),
                    _ => Retry::Backoff,
                }))
            }
            status => {
                let message = format!("The house answered {status}.");
                let retry = if self.has(OutageIsForEver) { Retry::Never } else { Retry::Backoff };
                Err(error(ErrorKind::Unavailable, "unavailable", message).retry(retry))
            }
        }
    }

    async fn must(&self, cx: &Context, path: Path) -> Result<Value> {
        let reason = if self.has(ReasonWithUnderscore) { "not_found" } else { "not-found" };
        let found = self.ask(cx, get(path)).await?;
        found.ok_or_else(|| error(ErrorKind::NotFound, reason, "There is no such thing."))
    }

    fn room(&self, item: &Value, asked: bool) -> Record {
        let remedy = if self.has(RefusalWithoutWhereToGo) { "" } else { "Ask the janitor." };
        let sealed = json!([{"entitlements": ["key"], "refusal":
            {"code": "sealed", "message": "The attic is sealed.", "remedy": remedy}}]);
        let is_sealed = item["id"] == "r4" && !(asked && self.has(AnswerManagesMore));
        let record = json!({"record": "resource", "key": {"kind": "room", "id": item["id"]},
            "name": item["name"], "class": "room",
            "refusals": if is_sealed { sealed } else { json!([]) }});
        serde_json::from_value(record).unwrap()
    }

    /// A list in pages: `{"at": N}`.
    async fn list(&self, cx: &Context, stream: &str, from: u64) -> Result<Page> {
        let is_people = stream == "people";
        let path = if is_people { Path::new("/people") } else { Path::new("/rooms") };
        let body = self.must(cx, path.query("from", &from.to_string())).await?;
        let mut page = Page::default();
        let items: Vec<Value> = body["items"].as_array().cloned().unwrap_or_default();
        for item in &items {
            page.records.push(if is_people { person(item) } else { self.room(item, false) });
            if !is_people {
                let body = json!({"keys": item["id"], "at": 0});
                page.next.extend(self.next(stream, 1, body.clone(), false));
                if self.has(ForksTwice) && item["id"] == "r2" {
                    page.next.extend(self.next(stream, 1, body, false));
                }
            }
        }
        if from == 0 {
            let count = if self.has(CountIsMadeUp) {
                99
            } else {
                body["total"].as_u64().unwrap_or_default()
            };
            let what = if is_people { "person" } else { "room" };
            page.records.push(
                serde_json::from_value(json!({"record": "expected", "what": what, "count": count}))
                    .unwrap(),
            );
            page.facts.insert("has-keys".to_owned());
            if is_people && self.has(UndeclaredInSync) {
                page.records.push(gone());
            }
            if !is_people && self.has(PagesContradict) {
                let mut janitor = person(&json!({"id": "p1", "name": "Ada"}));
                if let Record::Account(account) = &mut janitor {
                    account.enabled = Some(true);
                }
                page.records.push(janitor);
            }
        }
        let last = body["next"].is_null();
        page.bookmark = (last || self.has(EachPageIsBookmarked)).then(|| json!("now"));
        match body["next"].as_u64() {
            Some(at) => page.next.extend(self.next(stream, 0, json!({"at": at}), true)),
            None if is_people && self.has(ChainLeadsBack) => {
                page.next.extend(self.next(stream, 0, json!({"at": 0}), true));
            }
            None => {}
        }
        if is_people && from == 0 && self.has(ContinuesTwice) {
            page.next.extend(self.next(stream, 0, json!({"empty": 1}), true));
        }
        if self.has(OrderChanges) && self.0.calls.fetch_add(1, Ordering::Relaxed) % 2 == 1 {
            page.records.reverse();
        }
        Ok(page)
    }

    fn next(&self, stream: &str, phase: u32, body: Value, continues: bool) -> Option<Next> {
        self.0.given.lock().unwrap().insert(body.to_string());
        let cursor = Cursor { stream: stream.to_owned(), phase, body };
        Some(Next { cursor, continues, not_before: None })
    }

    async fn keys_page(&self, cx: &Context, stream: &str, room: &str, from: u64) -> Result<Page> {
        if self.has(PageFails) && room == "r3" {
            return Err(Error::internal("The page cannot be read."));
        }
        let path = Path::new("/rooms").value(room).literal("keys");
        let body = match self.must(cx, path.query("from", &from.to_string())).await {
            Err(error)
                if error.kind == ErrorKind::PermissionDenied && self.has(ForbiddenPageIsEmpty) =>
            {
                return Ok(Page::default());
            }
            body => body?,
        };
        let records = body["items"].as_array().into_iter().flatten().map(grant).collect();
        let at = body["next"].as_u64();
        let mut next: Vec<Next> = at
            .and_then(|at| self.next(stream, 1, json!({"keys": room, "at": at}), true))
            .into_iter()
            .collect();
        if self.has(PhaseGoesDown) && room == "r2" {
            next.extend(self.next(stream, 0, json!({"empty": 1}), true));
        }
        Ok(Page { records, next, ..Page::default() })
    }

    async fn answer(&self, cx: &Context, query: Query, from: u64) -> Result<Answer> {
        let mut answer = Answer::default();
        match query {
            Query::Find { kind, term: Term::Id(id) } => {
                answer.records.extend(self.object(cx, &ObjectRef::new(kind, id)).await?);
            }
            Query::Find { kind, term: Term::Name(text) | Term::Mail(text) } => {
                let mut post = HttpRequest::new("house", Method::Post, Path::new("/search"));
                post.effect = Some(Effect::Read);
                let found = self.ask(cx, post.json(json!({"kind": kind, "text": text}))).await?;
                let items = found.unwrap_or_default()["items"].as_array().cloned();
                for item in items.unwrap_or_default().iter().filter(|_| !self.has(FindsNoNames)) {
                    answer.records.push(if kind == "person" {
                        person(item)
                    } else {
                        self.room(item, true)
                    });
                }
            }
            Query::Objects { keys } => {
                for key in keys {
                    let object = self.object(cx, &key).await?;
                    if object.is_none() && self.has(MissingObjectIsError) {
                        return Err(error(ErrorKind::NotFound, "not-found", "It is not there."));
                    }
                    answer.records.extend(object);
                }
            }
            Query::Holders { resource, .. } => {
                let path = Path::new("/rooms").value(&resource.id).literal("keys");
                let body = match self.must(cx, path.query("from", &from.to_string())).await {
                    Err(error)
                        if error.kind == ErrorKind::NotFound && self.has(MissingRoomIsEmpty) =>
                    {
                        json!({})
                    }
                    body => body?,
                };
                answer.records.extend(body["items"].as_array().into_iter().flatten().map(grant));
                if self.has(HoldersLeaveOneOut) {
                    answer.records.pop();
                }
                if self.has(UndeclaredInAnswer) {
                    answer.records.push(gone());
                }
                answer.next = body["next"].as_u64().map(|at| json!(at));
                if self.has(AnswerLeadsBack) {
                    answer.next = Some(json!(2));
                }
            }
            Query::Holdings { principal } => {
                let path = Path::new("/people").value(&principal.id).literal("keys");
                let body = self.must(cx, path.query("from", &from.to_string())).await?;
                answer.records.extend(body["items"].as_array().into_iter().flatten().map(grant));
                answer.next = body["next"].as_u64().map(|at| json!(at));
            }
            Query::Grant { key } => {
                let held = self.held(cx, &key).await?.unwrap_or_default();
                answer.records.extend(held.then(|| Record::Grant(Grant::new(key))));
            }
            Query::Containers { .. } => {}
            Query::Paths { principal, resource, entitlement } => {
                self.must(cx, Path::new("/people").value(&principal.id)).await?;
                self.must(cx, Path::new("/rooms").value(&resource.id)).await?;
                let key = GrantKey::new(principal, resource, entitlement);
                if self.held(cx, &key).await?.unwrap_or_default() {
                    if self.has(PathsFail) {
                        return Err(Error::internal("The way cannot be told."));
                    }
                    let path = AccessPath {
                        grants: vec![key],
                        names: Vec::new(),
                        attributes: Attributes::new(),
                    };
                    answer.paths.push(path);
                }
            }
        }
        if let Some(next) = &answer.next {
            self.0.given.lock().unwrap().insert(next.to_string());
        }
        Ok(answer)
    }

    async fn object(&self, cx: &Context, key: &ObjectRef) -> Result<Option<Record>> {
        let is_person = key.kind == "person";
        let all = if is_person { Path::new("/people") } else { Path::new("/rooms") };
        let found = self.ask(cx, get(all.value(&key.id))).await?;
        // A page of something else has no id.
        let found = found.filter(|item| item["id"].is_string());
        Ok(found.map(|item| if is_person { person(&item) } else { self.room(&item, true) }))
    }

    /// Whether the key is held; `None` when there is no such person.
    async fn held(&self, cx: &Context, key: &GrantKey) -> Result<Option<bool>> {
        let mut from = 0;
        loop {
            let path = Path::new("/people").value(&key.principal.id).literal("keys");
            let body = self.ask(cx, get(path.query("from", &from.to_string()))).await?;
            let Some(body) = body else { return Ok(None) };
            let mut items = body["items"].as_array().into_iter().flatten();
            if items.any(|item| item["room"] == json!(key.resource.id)) {
                return Ok(Some(true));
            }
            match body["next"].as_u64() {
                Some(next) => from = next,
                None => return Ok(Some(false)),
            }
        }
    }

    /// Whether a cursor may come from another process.
    fn knows(&self, cursor: &Value, defect: Defect) -> Result<()> {
        if self.has(defect) && !self.0.given.lock().unwrap().contains(&cursor.to_string()) {
            let message = "This place is not known.";
            return Err(error(ErrorKind::CursorExpired, "foreign-cursor", message));
        }
        Ok(())
    }

    async fn look_around(&self, cx: &Context) -> Result<CheckReport> {
        let mut me = get(Path::new("/me"));
        if self.has(HeaderOfTheHost) {
            me = me.header("Cookie", "a=b");
        }
        if self.has(CheckWrites) {
            me = HttpRequest::new("house", Method::Post, Path::new("/me"));
        }
        if self.has(Sleeps) {
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        let me = self.ask(cx, me).await?.unwrap_or_default();
        let mut rooms = get(Path::new("/rooms"));
        if self.has(UnknownEndpoint) {
            rooms.endpoint = "elsewhere".to_owned();
        }
        if self.has(RunsOn) {
            let (open, cx) = (self.clone(), cx.clone());
            tokio::spawn(async move { open.ask(&cx, rooms).await }).await.unwrap()?;
        } else {
            self.ask(cx, rooms).await?;
        }
        let kind = if self.has(UnknownIdentity) { "robot" } else { "person" };
        let report = json!({"identity": {"key": {"kind": kind, "id": me["id"]}, "name": me["name"], "place": me["place"]},
            "authority": [], "findings": [], "credentialExpiry": {"known": "unknown", "because": "tokens do not end"}});
        serde_json::from_value(report).map_err(|_| {
            error(ErrorKind::ContractViolation, "unexpected-answer", "Nobody is told.")
        })
    }

    fn outcome(&self, gives: bool, result: &str) -> Result<Outcome> {
        use OutcomeKind::{AlreadyGranted, AlreadyRevoked, Granted, Revoked};
        let kind = match (result, gives) {
            ("done", true) if self.has(GrantedIsAlready) => AlreadyGranted,
            ("done", true) => Granted,
            ("done", false) if self.has(RevokedIsAlready) => AlreadyRevoked,
            ("done", false) => Revoked,
            ("already", true) if self.has(AlreadyGrantedIsConflict) => {
                return Err(error(ErrorKind::Conflict, "has-it", "The key is held."));
            }
            ("already", true) => AlreadyGranted,
            ("already", false) if self.has(AlreadyRevokedIsNotFound) => {
                return Err(error(ErrorKind::NotFound, "has-none", "The key is not held."));
            }
            ("already", false) => AlreadyRevoked,
            _ if self.has(UnknownIsInvalid) => {
                return Err(error(ErrorKind::InvalidRequest, "missing", "There is no such thing."));
            }
            _ => return Err(error(ErrorKind::NotFound, "missing", "There is no such thing.")),
        };
        Ok(Outcome::new(kind))
    }
}

#[async_trait]
impl Connector for Open {
    fn reach(&self) -> Reach {
        let path = if self.has(OriginWithPath) { "/api" } else { "" };
        let mut posts = vec!["/search"];
        if self.has(ReadPostNotApproved) {
            posts.clear();
        }
        if self.has(WriteSaysItReads) {
            posts.push("/keys");
        }
        let claims =
            if self.has(OtherReachEachTime) { vec![self.0.number.to_string()] } else { Vec::new() };
        let endpoint = json!({"name": "house", "origin": format!("{}{path}", self.0.origin), "readPosts": posts,
            "claims": claims, "scheme": {"type": "header", "header": "x-token", "secret": self.0.token}});
        Reach { endpoints: vec![serde_json::from_value(endpoint).unwrap()] }
    }

    fn start(&self, request: StartRequest) -> Result<Vec<Cursor>> {
        let wanted = request.stream.filter(|_| !self.has(StartsAllStreams));
        let streams = ["people", "rooms"].into_iter();
        let streams = streams.filter(|stream| wanted.as_ref().is_none_or(|one| one == stream));
        let body = json!({"at": 0});
        self.0.given.lock().unwrap().insert(body.to_string());
        let cursor =
            |stream: &str| Cursor { stream: stream.to_owned(), phase: 0, body: body.clone() };
        Ok(streams.map(cursor).collect())
    }

    async fn check(&self, cx: &Context) -> Result<CheckReport> {
        if self.has(OwnTimeLimit) {
            let limited =
                tokio::time::timeout(Duration::from_millis(100), self.look_around(cx)).await;
            let message = "The house took too long.";
            return limited.unwrap_or_else(|_| Err(error(ErrorKind::Timeout, "too-slow", message)));
        }
        self.look_around(cx).await
    }

    async fn sync(&self, cx: &Context, request: SyncRequest) -> Result<Page> {
        let Cursor { stream, body, .. } = &request.cursor;
        // What a sync begins with, everybody knows.
        if *body != json!({"at": 0}) {
            self.knows(body, CursorsOfThisProcess)?;
        }
        let at = body["at"].as_u64().unwrap_or_default();
        match body["keys"].as_str() {
            _ if body["empty"] == 1 => Ok(Page::default()),
            Some(_) if self.has(FactsChangePages) && !request.facts.contains("has-keys") => {
                Ok(Page::default())
            }
            Some(room) => self.keys_page(cx, stream, room, at).await,
            None => self.list(cx, stream, at).await,
        }
    }

    async fn read(&self, cx: &Context, request: ReadRequest) -> Result<Answer> {
        if let Some(cursor) = &request.cursor {
            self.knows(cursor, AnswersOfThisProcess)?;
        }
        let from = request.cursor.as_ref().and_then(Value::as_u64).unwrap_or_default();
        self.answer(cx, request.query, from).await
    }

    async fn apply(&self, cx: &Context, request: ApplyRequest) -> Result<Vec<Result<Outcome>>> {
        let mut changes = Vec::new();
        for operation in &request.operations {
            let gives = matches!(operation.action, Action::Grant { .. });
            let Some((key, _)) = operation.action.grant() else {
                if self.has(DisablesThoughUndeclared) {
                    return Ok(vec![Ok(Outcome::new(OutcomeKind::AlreadyDone))]);
                }
                return Err(Error::new(
                    ErrorKind::Unsupported,
                    "unsupported",
                    "It cannot be done here.",
                ));
            };
            changes.push((
                gives,
                json!({"give": gives, "person": key.principal.id, "room": key.resource.id}),
            ));
        }
        let body: Vec<&Value> = changes.iter().map(|(_, change)| change).collect();
        let mut post =
            HttpRequest::new("house", Method::Post, Path::new("/keys")).json(json!(body));
        if self.has(WriteSaysItReads) {
            post.effect = Some(Effect::Read);
        }
        let results = self.ask(cx, post.clone()).await?.unwrap_or_default();
        if self.has(WritesTwice) {
            self.ask(cx, post).await?;
        }
        let results = results.as_array().cloned().unwrap_or_default();
        if self.has(RefusedThoughDone) && changes.len() > 1 && results.contains(&json!("missing")) {
            return Err(error(ErrorKind::NotFound, "missing", "There is no such thing."));
        }
        let mut outcomes: Vec<Result<Outcome>> = changes
            .iter()
            .zip(&results)
            .map(|((gives, _), result)| self.outcome(*gives, result.as_str().unwrap_or_default()))
            .collect();
        if self.has(OutcomesReversed) {
            outcomes.reverse();
        }
        if self.has(OutcomeTwice) {
            outcomes.extend(outcomes.clone());
        }
        Ok(outcomes)
    }

    async fn settle(&self, cx: &Context, request: SettleRequest) -> Result<Outcome> {
        let Some((key, _)) = request.operation.action.grant() else {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "unsupported",
                "It cannot be done here.",
            ));
        };
        let held = self.held(cx, key).await?.unwrap_or_default();
        let guessed = if self.has(SettleGuesses) { request.prior.is_none() } else { held };
        let outcome = request.outcome(guessed).filter(|_| !self.has(SettleNeverKnows));
        Ok(outcome.unwrap_or(Outcome::new(OutcomeKind::Unknown)))
    }

    fn explain(&self, failure: AuthFailure) -> Error {
        let kind = if self.has(RefusalIsInternal) {
            ErrorKind::Internal
        } else {
            ErrorKind::Unauthenticated
        };
        let explained = error(kind, "wrong-token", "The house refuses the token.");
        if self.has(RefusalIsQuoted) { explained.cause(json!(failure.body)) } else { explained }
    }
}
