//! How long the Entra ID connector takes for a page of 999 members.
//!
//! Measured is one `read(Holders)` of the untyped member list, from the connector's request to its
//! 1998 records (999 accounts, 999 grants): preparing the request, the policy of the HTTP stack,
//! collecting the body, decoding its JSON with every `@odata.…` annotation, making the records.
//! The body is the one that the simulator gave for that request, kept as bytes, so that neither
//! the simulator nor a socket is part of the number. What of it is reading JSON at all, shows the
//! second bench: the same bytes to a `serde_json::Value`.
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
    request: http::Request<Bytes>,
) -> Result<http::Response<Bytes>, SimulatedFault> {
    let key = format!("{} {}", request.method(), request.uri());
    if let Some(known) = kept.lock().unwrap().get(&key) {
        return Ok(known.clone());
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
fn open(simulator: Simulator, kept: &Kept) -> (Arc<dyn Connector>, Session) {
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
    let service =
        tower::service_fn(move |request| answer(simulator.clone(), Arc::clone(&kept), request));
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

fn decode(criterion: &mut Criterion) {
    // With time, for deadlines; without I/O, for there is none.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let (simulator, group) = tenant();
    let kept = Kept::default();
    let (connector, session) = open(simulator, &kept);

    // The first answer is about the group and its service principals; the next one is the page.
    let query = Query::Holders { resource: group, entitlement: Some("member".to_owned()) };
    let first = ReadRequest { query: query.clone(), cursor: None };
    let first = runtime.block_on(read(&session, &connector, first));
    let request = ReadRequest { query, cursor: Some(first.next.expect("a second page")) };
    let page = runtime.block_on(read(&session, &connector, request.clone()));
    let accounts = page.records.iter().filter(|one| matches!(one, Record::Account(_))).count();
    let grants = page.records.iter().filter(|one| matches!(one, Record::Grant(_))).count();
    assert_eq!((accounts, grants, page.next.is_some()), (PAGE, PAGE, true));

    let body = kept
        .lock()
        .unwrap()
        .values()
        .map(|response| response.body().clone())
        .max_by_key(Bytes::len)
        .expect("the page");
    let value: Value = serde_json::from_slice(&body).unwrap();
    let annotated =
        value["value"].as_array().unwrap().iter().filter(|one| one["@odata.type"].is_string());
    assert_eq!(annotated.count(), PAGE);
    assert!(value["@odata.context"].is_string() && value["@odata.nextLink"].is_string());
    eprintln!("the page has {} bytes", body.len());

    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(999));
    group.bench_function("read(Holders), a page of 999 users", |bencher| {
        bencher.to_async(&runtime).iter(|| read(&session, &connector, request.clone()));
    });
    group.bench_function("the same bytes to a JSON value", |bencher| {
        bencher.iter(|| serde_json::from_slice::<Value>(black_box(&body)).unwrap());
    });
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    decode(&mut criterion);
    criterion.final_summary();
}
