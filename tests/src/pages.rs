//! A page of 999 members, kept as bytes, that a connector reads again and again: for benches.

use bytes::Bytes;
use doorward_core::validation::{Document, Validator};
use doorward_core::{Answer, Connector, Factory, ObjectRef, Query, ReadRequest, Record};
use doorward_host::SystemClock;
use doorward_http::{
    CallOptions, Limits, Mode, Secrets, ServiceTransport, Session, SessionOptions,
};
use entra_sim::{GroupKind, Settings, SimulatedFault, Simulator, Size, Tenant, cast};
use http::header::ACCEPT_ENCODING;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tower::ServiceExt;

use crate::parts::{KeptLog, SeededRandom};
use crate::world::{connection, network_error};

/// The most that Graph puts on a page.
const PAGE: usize = 999;

/// The answers so far, by method and URL.
type Kept = Arc<Mutex<BTreeMap<String, http::Response<Bytes>>>>;

/// Answers what was asked before from memory, and asks the simulator for the rest.
async fn answer(
    simulator: Simulator,
    kept: Kept,
    gzip: bool,
    mut request: http::Request<Bytes>,
) -> Result<http::Response<Bytes>, SimulatedFault> {
    let key = format!("{} {}", request.method(), request.uri());
    if let Some(known) = kept.lock().unwrap().get(&key) {
        return Ok(known.clone());
    }
    if !gzip {
        request.headers_mut().remove(ACCEPT_ENCODING);
    }
    let response = simulator.oneshot(request).await?;
    kept.lock().unwrap().insert(key, response.clone());
    Ok(response)
}

/// A simulated tenant with a group of more than one page.
pub fn tenant() -> (Simulator, ObjectRef) {
    let epoch = cast::EPOCH.parse().unwrap();
    let tenant = Tenant::generate(&Size { users: 30, groups: 5, seed: 1, ..Size::default() });
    let simulator = Simulator::new(tenant, Settings::default(), Arc::new(move || epoch));
    let group = {
        let mut tenant = simulator.tenant();
        let group = tenant.add_group("Everybody", GroupKind::Security);
        for number in 0..PAGE + 500 {
            let login = format!("person.{number:04}@contoso.com");
            let user = tenant.add_user(&format!("Person {number:04}"), &login);
            tenant.add_member(&group, &user);
        }
        group
    };
    (simulator, ObjectRef::new("group", group))
}

/// A connection opened by the connector, and a session to its approved reach.
fn open(
    factory: &dyn Factory,
    simulator: Simulator,
    kept: &Kept,
    gzip: bool,
) -> (Arc<dyn Connector>, Session) {
    let validator = Validator::new(&factory.descriptor().connection_schema).unwrap();
    let document = Document::parse(connection().to_string().as_bytes()).unwrap();
    let (connection, found) = validator.validate(&document).unwrap().split();
    let mut secrets = Secrets::new();
    for (pointer, secret) in found {
        secrets.insert(pointer, secret.as_str().into());
    }
    let connector = factory.open(connection).unwrap();
    let kept = Arc::clone(kept);
    let service = tower::service_fn(move |request| {
        answer(simulator.clone(), Arc::clone(&kept), gzip, request)
    });
    let session = Session::new(SessionOptions {
        transport: Arc::new(ServiceTransport::new(service, network_error)),
        reach: connector.reach(),
        secrets,
        clock: Arc::new(SystemClock),
        random: Arc::new(SeededRandom::new(1)),
        log: Arc::new(KeptLog::default()),
        limits: Limits::default(),
    })
    .unwrap();
    (connector, session)
}

/// One page of the answer.
async fn read(session: &Session, connector: &Arc<dyn Connector>, request: ReadRequest) -> Answer {
    let call = session.call(CallOptions::new(Mode::Read, Duration::from_secs(60)));
    call.run(|cx| {
        let (connector, request) = (Arc::clone(connector), request.clone());
        async move { connector.read(&cx, request).await }
    })
    .await
    .expect("the simulator answers")
}

/// A connector at its page: it can be read again and again.
pub struct Page {
    connector: Arc<dyn Connector>,
    session: Session,
    request: ReadRequest,
    /// Its bytes, as they were sent.
    pub body: Bytes,
}

impl Page {
    /// The connector's first page of the members of this group, as the simulator gives it.
    pub async fn prepare(
        factory: &dyn Factory,
        simulator: Simulator,
        group: ObjectRef,
        gzip: bool,
    ) -> Self {
        let kept = Kept::default();
        let (connector, session) = open(factory, simulator, &kept, gzip);
        // The first answer is about the group and its service principals; the next one is the page.
        let query = Query::Holders { resource: group, entitlement: Some("member".to_owned()) };
        let first = ReadRequest { query: query.clone(), cursor: None };
        let first = read(&session, &connector, first).await;
        let request = ReadRequest { query, cursor: Some(first.next.expect("a second page")) };
        let page = read(&session, &connector, request.clone()).await;
        let accounts = page.records.iter().filter(|one| matches!(one, Record::Account(_))).count();
        let grants = page.records.iter().filter(|one| matches!(one, Record::Grant(_))).count();
        assert_eq!((accounts, grants, page.next.is_some()), (PAGE, PAGE, true));
        let bodies = kept.lock().unwrap();
        let body = bodies.values().map(http::Response::body).max_by_key(|body| body.len());
        Self { connector, session, request, body: body.expect("the page").clone() }
    }

    /// Reads it once more.
    pub async fn read(&self) -> Answer {
        read(&self.session, &self.connector, self.request.clone()).await
    }
}
