//! How long the Entra ID connector takes for a page of 999 members.
//!
//! Measured is one `read(Holders)` of the untyped member list, from the connector's request to its
//! 1998 records (999 accounts, 999 grants): preparing the request, the policy of the HTTP stack,
//! collecting the body, decoding its JSON with every `@odata.…` annotation, making the records.
//! The body is the one that the simulator gave for that request, kept as bytes, so that neither
//! the simulator nor a socket is part of the number. Once it is compressed with gzip, as Graph sends
//! it, and once as it is. What of it is reading JSON at all, shows the last bench: the same bytes to
//! a `serde_json::Value`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a bench may stop at the first surprise"
)]

use bytes::Bytes;
use criterion::{Criterion, Throughput};
use doorward_core::validation::{Document, Validator};
use doorward_core::{Answer, Connector, ObjectRef, Query, ReadRequest, Record};
use doorward_host::SystemClock;
use doorward_http::{
    CallOptions, Limits, Mode, Secrets, ServiceTransport, Session, SessionOptions,
};
use doorward_tests::parts::{KeptLog, SeededRandom};
use doorward_tests::world::{connection, entra_id, network_error};
use entra_sim::{GroupKind, Settings, SimulatedFault, Simulator, Size, Tenant, cast};
use http::header::ACCEPT_ENCODING;
use serde_json::Value;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tower::ServiceExt;

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
fn tenant() -> (Simulator, ObjectRef) {
    let epoch = cast::EPOCH.parse().unwrap();
    let tenant = Tenant::generate(&Size { users: 30, groups: 5, seed: 1 });
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
fn open(simulator: Simulator, kept: &Kept, gzip: bool) -> (Arc<dyn Connector>, Session) {
    let factory = entra_id();
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

/// The connector at its page, the request for the page, and the page's bytes.
struct Prepared {
    connector: Arc<dyn Connector>,
    session: Session,
    request: ReadRequest,
    body: Bytes,
}

async fn prepare(simulator: Simulator, group: ObjectRef, gzip: bool) -> Prepared {
    let kept = Kept::default();
    let (connector, session) = open(simulator, &kept, gzip);
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
    Prepared { connector, session, request, body: body.expect("the page").clone() }
}

fn decode(criterion: &mut Criterion) {
    // With time, for deadlines; without I/O, for there is none.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let (simulator, everybody) = tenant();
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(999));
    for (gzip, name) in [(true, "read(Holders), gzip"), (false, "read(Holders), plain")] {
        let page = runtime.block_on(prepare(simulator.clone(), everybody.clone(), gzip));
        eprintln!("{name}: {} bytes", page.body.len());
        group.bench_function(name, |bencher| {
            bencher
                .to_async(&runtime)
                .iter(|| read(&page.session, &page.connector, page.request.clone()));
        });
        if !gzip {
            let value: Value = serde_json::from_slice(&page.body).unwrap();
            let users = value.get("value").and_then(Value::as_array).expect("a list");
            assert!(users.iter().all(|user| user.get("@odata.type").is_some()));
            assert!(
                value.get("@odata.context").is_some() && value.get("@odata.nextLink").is_some()
            );
            group.bench_function("the plain bytes to a JSON value", |bencher| {
                bencher.iter(|| serde_json::from_slice::<Value>(black_box(&page.body)).unwrap());
            });
        }
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    decode(&mut criterion);
    criterion.final_summary();
}
