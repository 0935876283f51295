//! A plugin that was built for version 0.1 of the interface runs on.
#![cfg(test)]

use bytes::Bytes;
use doorward_core::{
    ApplyRequest, AuthFailure, AuthStage, Connection, Connector, Context, ErrorKind, Factory,
    GrantKey, ObjectRef, Operation, OutcomeKind, Query, ReadRequest, Record, Result, SettleRequest,
    StartRequest, SyncRequest, Term,
};
use doorward_http::{
    CallEnd, CallOptions, Limits as HttpLimits, Mode, ServiceTransport, Session, SessionOptions,
    TransportError,
};
use doorward_tests::parts::{KeptLog, SeededRandom, VirtualClock};
use doorward_tests::plugins;
use doorward_wasm::PluginFactory;
use secrecy::SecretString;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The files of version 0.1, as they were when version 0.2 took its place. They are never changed:
/// plugins that nobody builds anew rely on them.
const FROZEN: &str = "4fdf9b2891d56b973fd28927ad14629a5765f9b987310eb9ab1c2f08ab65fa63";

#[test]
fn the_former_version_is_frozen() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/wit/0.1");
    let mut files: Vec<_> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        hash.update(file.file_name().unwrap().as_encoded_bytes());
        hash.update(std::fs::read(file).unwrap());
    }
    let sum: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(sum, FROZEN);
}

/// Answers each request with its method and path.
fn session(connector: &dyn Connector, log: &KeptLog) -> Session {
    let service = tower::service_fn(|request: http::Request<Bytes>| async move {
        let said = format!("{} {}", request.method(), request.uri());
        Ok::<_, TransportError>(http::Response::new(Bytes::from(said)))
    });
    Session::new(SessionOptions {
        transport: Arc::new(ServiceTransport::new(service, |error: TransportError| error)),
        secrets: [("/secret", SecretString::from("a-secret"))].into_iter().collect(),
        reach: connector.reach(),
        clock: Arc::new(VirtualClock::starting_at("2026-11-23T08:00:00Z")),
        random: Arc::new(SeededRandom::new(1)),
        log: Arc::new(log.clone()),
        limits: HttpLimits::default(),
    })
    .unwrap()
}

async fn call<T, F: Future<Output = Result<T>>>(
    session: &Session,
    mode: Mode,
    attempt: impl Fn(Context) -> F,
) -> std::result::Result<T, CallEnd> {
    session.call(CallOptions::new(mode, Duration::from_secs(60))).run(attempt).await
}

#[tokio::test(start_paused = true)]
async fn every_call_of_it_works() {
    let Some(plugin) = plugins::plugin("former") else { return };
    let factory = PluginFactory::of(plugin).unwrap();
    assert_eq!(factory.descriptor().id, "former");
    let connection: Connection =
        serde_json::from_value(json!({"secret": {"pointer": "/secret"}})).unwrap();
    let connector = factory.open(connection).unwrap();
    let log = KeptLog::default();
    let session = session(connector.as_ref(), &log);
    let connector = &connector;

    let report = call(&session, Mode::Read, |cx| async move { connector.check(&cx).await });
    let report = report.await.unwrap();
    let seconds = "2026-11-23T08:00:00Z".parse::<jiff::Timestamp>().unwrap().as_second();
    assert_eq!(report.identity.place, format!("GET https://api.example/check {seconds} "));
    assert_eq!(report.attributes["more"], true);
    assert_eq!(log.lines(), ["Info checked, 0 by the dice"]);

    let cursors = connector.start(StartRequest::default()).unwrap();
    assert_eq!((cursors.len(), cursors[0].body.clone()), (1, json!(1)));
    let page = call(&session, Mode::Read, |cx| {
        let facts = ["small-pages".to_owned()].into();
        let request = SyncRequest { cursor: cursors[0].clone(), facts };
        async move { connector.sync(&cx, request).await }
    });
    let page = page.await.unwrap();
    assert!(matches!(&page.records[..], [Record::Expected(one)] if one.what == "rooms"));
    assert!(page.facts.contains("small-pages"));
    assert_eq!(page.usage.cost, Some(1.0));

    let (person, room) = (ObjectRef::new("person", "1"), ObjectRef::new("room", "1"));
    let key = GrantKey::new(person.clone(), room.clone(), "key");
    let queries = [
        (Query::Find { kind: "room".to_owned(), term: Term::Name("r".to_owned()) }, "find"),
        (Query::Objects { keys: vec![room.clone()] }, "objects"),
        (Query::Holders { resource: room.clone(), entitlement: None }, "holders"),
        (Query::Holdings { principal: person.clone() }, "holdings"),
        (Query::Grant { key: key.clone() }, "grant"),
        (
            Query::Paths {
                principal: person,
                resource: room.clone(),
                entitlement: "key".to_owned(),
            },
            "paths",
        ),
    ];
    for (query, expect) in queries {
        let answer = call(&session, Mode::Read, |cx| {
            let request = ReadRequest { query: query.clone(), cursor: None };
            async move { connector.read(&cx, request).await }
        });
        let answer = answer.await.unwrap();
        assert!(matches!(&answer.records[..], [Record::Expected(one)] if one.what == expect));
    }
    let containers = call(&session, Mode::Read, |cx| {
        let query = Query::Containers { resource: room.clone() };
        async move { connector.read(&cx, ReadRequest { query, cursor: None }).await }
    });
    let CallEnd::Error(error) = containers.await.unwrap_err() else { panic!() };
    assert_eq!(error.kind, ErrorKind::Unsupported);
    assert!(error.remedy.unwrap().contains("newer version"));

    let resource = json!({"key": room, "name": "Room", "class": "room"});
    let operation: Operation = serde_json::from_value(
        json!({"id": "1", "action": "grant", "key": key, "resource": resource}),
    )
    .unwrap();
    let outcomes = call(&session, Mode::Live, |cx| {
        let request = ApplyRequest { operations: vec![operation.clone()] };
        async move { connector.apply(&cx, request).await }
    });
    assert_eq!(outcomes.await.unwrap()[0].as_ref().unwrap().kind, OutcomeKind::Granted);
    let planned = call(&session, Mode::Plan, |cx| {
        let request = ApplyRequest { operations: vec![operation.clone()] };
        async move { connector.apply(&cx, request).await }
    });
    assert!(matches!(planned.await.unwrap_err(), CallEnd::Planned(_)));
    let moment: jiff::Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
    let outcome = call(&session, Mode::Read, |cx| {
        let request = SettleRequest {
            operation: operation.clone(),
            prior: None,
            handle: None,
            sent: moment,
            given_up: moment,
            last_changed: None,
        };
        async move { connector.settle(&cx, request).await }
    });
    assert_eq!(outcome.await.unwrap().kind, OutcomeKind::Unknown);

    let error = connector.explain(AuthFailure {
        endpoint: "api".to_owned(),
        stage: AuthStage::Endpoint,
        status: 401,
        body: Default::default(),
        challenge: None,
        request_id: None,
    });
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Unauthenticated, "api said 401."));
}
