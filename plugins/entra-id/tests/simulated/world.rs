//! A simulated tenant, and the connector in a session with it.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use doorward_core::{
    AccessPath, Action, Answer, ApplyRequest, Clock, Connection, Connector, Context, Error,
    Factory, GrantKey, Level, Log, ObjectRef, Operation, Outcome, OutcomeKind, Query, Random,
    ReadRequest, Record, Resource, Result, SettleRequest, Timestamp,
};
use doorward_entra_id::EntraId;
use doorward_http::{
    Call, CallEnd, CallOptions, Limits, Mode, Secrets, ServiceTransport, Session, SessionOptions,
    TransportError, TransportErrorKind,
};
use entra_sim::{
    Answer as Fault, Matcher, Settings, SimulatedFault, Simulator, Size, Tenant, cast,
};
use serde_json::{Value, json};
use tokio::time::Instant;

/// The wall clock of the simulation: its epoch plus what tokio's paused clock says.
struct Wall {
    start: Timestamp,
    since: Instant,
}

impl Clock for Wall {
    fn now(&self) -> Timestamp {
        self.start.saturating_add(self.since.elapsed()).unwrap()
    }
}

struct Quiet;

impl Log for Quiet {
    fn log(&self, _: Level, _: &str) {}
}

struct Fixed;

impl Random for Fixed {
    fn next(&self) -> u64 {
        7
    }
}

pub(crate) struct World {
    pub(crate) simulator: Simulator,
    pub(crate) connector: Arc<dyn Connector>,
    session: Session,
    clock: Arc<Wall>,
}

/// How a call ended without a value.
#[derive(Debug)]
pub(crate) enum Ended {
    Error(Box<Error>),
    Other(String),
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(&Size::default(), Settings::default())
    }

    pub(crate) fn with_roles(roles: &[&str]) -> Self {
        let world = Self::new();
        world.simulator.tenant().set_app_roles(roles.iter().copied());
        world
    }

    pub(crate) fn with(size: &Size, settings: Settings) -> Self {
        Self::open(size, settings, json!({}), cast::SECRET)
    }

    /// A world where we are the service principal whose role ends at the border of a unit.
    pub(crate) fn scoped() -> Self {
        let changes = json!({"client_id": cast::SCOPED_CLIENT_ID});
        Self::open(&Size::default(), Settings::default(), changes, cast::SCOPED_SECRET)
    }

    /// A world whose connection is changed by these values.
    pub(crate) fn open(size: &Size, settings: Settings, changes: Value, secret: &str) -> Self {
        let clock = Arc::new(Wall { start: cast::EPOCH.parse().unwrap(), since: Instant::now() });
        let told = clock.clone();
        let simulator =
            Simulator::new(Tenant::generate(size), settings, Arc::new(move || told.now()));
        let mut connection = json!({
            "client_id": cast::CLIENT_ID, "secret": {"pointer": "/secret"}, "tenant": cast::TENANT_ID,
        });
        for (name, value) in changes.as_object().unwrap() {
            connection[name] = value.clone();
        }
        let connection = Connection::new(connection.as_object().unwrap().clone());
        let connector = EntraId.open(connection).unwrap();
        let session = Session::new(SessionOptions {
            transport: Arc::new(ServiceTransport::new(simulator.clone(), transport_error)),
            reach: connector.reach(),
            secrets: [("/secret", secret.to_owned().into())].into_iter().collect::<Secrets>(),
            clock: clock.clone(),
            random: Arc::new(Fixed),
            log: Arc::new(Quiet),
            limits: Limits { silence: Duration::from_secs(20), ..Limits::default() },
        })
        .unwrap();
        Self { simulator, connector, session, clock }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn call(&self, mode: Mode) -> Call {
        self.session.call(CallOptions::new(mode, Duration::from_secs(600)))
    }

    /// One call of the connector.
    pub(crate) async fn run<T, F, Fut>(&self, mode: Mode, method: F) -> Result<T, Ended>
    where
        F: Fn(Context, Arc<dyn Connector>) -> Fut,
        Fut: Future<Output = Result<T>>,
    {
        let call = self.call(mode);
        match call.run(|cx| method(cx, self.connector.clone())).await {
            Ok(value) => Ok(value),
            Err(CallEnd::Error(error)) => Err(Ended::Error(Box::new(error))),
            Err(CallEnd::AuthFailed(failure)) => {
                Err(Ended::Error(Box::new(self.connector.explain(failure))))
            }
            Err(end) => Err(Ended::Other(format!("{end:?}"))),
        }
    }

    /// One page.
    pub(crate) async fn page(&self, query: Query, cursor: Option<Value>) -> Result<Answer> {
        let request = ReadRequest { query, cursor };
        self.run(Mode::Read, |cx, connector| {
            let request = request.clone();
            async move { connector.read(&cx, request).await }
        })
        .await
        .map_err(error)
    }

    /// All pages; cursors go through text, as a host keeps them.
    pub(crate) async fn try_read(&self, query: Query) -> Result<Answer> {
        let mut whole = Answer::default();
        let mut cursor = None;
        loop {
            let page = self.page(query.clone(), cursor).await?;
            whole.records.extend(page.records);
            whole.paths.extend(page.paths);
            let Some(next) = page.next else { return Ok(whole) };
            cursor = Some(serde_json::from_str(&next.to_string()).unwrap());
        }
    }

    pub(crate) async fn read(&self, query: Query) -> Answer {
        self.try_read(query).await.unwrap()
    }

    /// The group as it is read before a change.
    pub(crate) async fn group(&self, id: &str) -> Resource {
        self.resource(group(id)).await
    }

    pub(crate) async fn resource(&self, key: ObjectRef) -> Resource {
        let answer = self.read(Query::Objects { keys: vec![key] }).await;
        match answer.records.into_iter().next() {
            Some(Record::Resource(resource)) => resource,
            other => panic!("no resource: {other:?}"),
        }
    }

    pub(crate) async fn operation(&self, adds: bool, key: GrantKey) -> Operation {
        let resource = self.resource(key.resource.clone()).await;
        operation(adds, key, resource)
    }

    /// One change, as the host makes it.
    pub(crate) async fn change(&self, adds: bool, key: GrantKey) -> Result<OutcomeKind> {
        let operation = self.operation(adds, key).await;
        let outcomes = self.apply(vec![operation]).await?;
        outcomes.into_iter().next().unwrap().map(|outcome| outcome.kind)
    }

    pub(crate) async fn apply(&self, operations: Vec<Operation>) -> Result<Vec<Result<Outcome>>> {
        self.run(Mode::Live, |cx, connector| {
            let request = ApplyRequest { operations: operations.clone() };
            async move { connector.apply(&cx, request).await }
        })
        .await
        .map_err(error)
    }

    pub(crate) async fn settle(&self, request: &SettleRequest) -> Result<Outcome> {
        self.run(Mode::Read, |cx, connector| {
            let request = request.clone();
            async move { connector.settle(&cx, request).await }
        })
        .await
        .map_err(error)
    }

    pub(crate) fn fault(&self, when: &str, what: Fault) {
        self.simulator.inject(entra_sim::Fault { when: Matcher::once(when), what });
    }

    pub(crate) fn fault_always(&self, when: &str, what: Fault) {
        self.simulator.inject(entra_sim::Fault { when: Matcher::always(when), what });
    }

    /// Method and path of every Graph request since the trace was cleared.
    pub(crate) fn requests(&self) -> Vec<String> {
        let trace = self.simulator.trace();
        trace
            .iter()
            .filter(|entry| entry.path.starts_with("/v1.0"))
            .map(|entry| format!("{} {}", entry.method, entry.path))
            .collect()
    }
}

pub(crate) fn error(ended: Ended) -> Error {
    match ended {
        Ended::Error(error) => *error,
        Ended::Other(end) => panic!("the call ended otherwise: {end}"),
    }
}

fn transport_error(fault: SimulatedFault) -> TransportError {
    let kind = match fault {
        SimulatedFault::NoSuchHost(_) => TransportErrorKind::Name,
        SimulatedFault::TlsFailure => TransportErrorKind::Tls,
        SimulatedFault::TruncatedBody { .. } => TransportErrorKind::Body,
        SimulatedFault::ConnectionReset { .. } => TransportErrorKind::Lost,
    };
    TransportError::new(kind, fault.to_string())
}

pub(crate) fn operation(adds: bool, key: GrantKey, resource: Resource) -> Operation {
    let action = if adds {
        Action::Grant { key, resource, until: None }
    } else {
        Action::Revoke { key, resource }
    };
    Operation { id: "operation".to_owned(), action, reason: None, ticket: None }
}

pub(crate) fn user(id: &str) -> ObjectRef {
    ObjectRef::new("user", id)
}

pub(crate) fn group(id: &str) -> ObjectRef {
    ObjectRef::new("group", id)
}

pub(crate) fn robot() -> ObjectRef {
    ObjectRef::new("service-principal", cast::BUILD_ROBOT)
}

pub(crate) fn role(id: &str) -> ObjectRef {
    ObjectRef::new("role", id)
}

pub(crate) fn unit(id: &str) -> ObjectRef {
    ObjectRef::new("au", id)
}

pub(crate) fn application(id: &str) -> ObjectRef {
    ObjectRef::new("application", id)
}

/// A role that somebody holds, everywhere or at a scope.
pub(crate) fn assigned(principal: ObjectRef, to: &str, scope: Option<ObjectRef>) -> GrantKey {
    GrantKey { scope, ..GrantKey::new(principal, role(to), "assigned") }
}

pub(crate) fn member(principal: ObjectRef, of: &str) -> GrantKey {
    GrantKey::new(principal, group(of), "member")
}

pub(crate) fn owner(principal: ObjectRef, of: &str) -> GrantKey {
    GrantKey::new(principal, group(of), "owner")
}

/// Kinds and names of the objects among the records, sorted.
pub(crate) fn names(answer: &Answer) -> Vec<String> {
    let mut names: Vec<String> = answer
        .records
        .iter()
        .filter_map(|record| match record {
            Record::Account(account) => Some(format!("{} {}", account.key.kind, account.name)),
            Record::Resource(resource) => Some(format!("{} {}", resource.key.kind, resource.name)),
            _ => None,
        })
        .collect();
    names.sort();
    names
}

pub(crate) fn grants(answer: &Answer) -> Vec<doorward_core::Grant> {
    let grant = |record: &Record| match record {
        Record::Grant(grant) => Some(grant.clone()),
        _ => None,
    };
    answer.records.iter().filter_map(grant).collect()
}

/// Ids of the principals of the grants, sorted.
pub(crate) fn holders(answer: &Answer) -> Vec<String> {
    let mut ids: Vec<String> =
        grants(answer).into_iter().map(|grant| grant.key.principal.id).collect();
    ids.sort();
    ids
}

/// Codes of what was skipped.
pub(crate) fn gaps(answer: &Answer) -> Vec<String> {
    let code = |record: &Record| match record {
        Record::Skipped(skipped) => Some(skipped.code.clone()),
        _ => None,
    };
    answer.records.iter().filter_map(code).collect()
}

/// A path as `Alice > Platform > Engineering`.
pub(crate) fn ways(paths: &[AccessPath]) -> Vec<String> {
    paths.iter().map(|path| path.names.join(" > ")).collect()
}

/// A change that is refused, changes nothing, and says what to do.
pub(crate) async fn refused(world: &World, adds: bool, key: GrantKey) -> Error {
    let before = world.simulator.tenant().revision();
    let error = world.change(adds, key).await.unwrap_err();
    assert_eq!(world.simulator.tenant().revision(), before);
    assert!(error.remedy.is_some() && error.message.len() > 20, "{error:?}");
    error
}
