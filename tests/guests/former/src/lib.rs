//! A connector as it was built for version 0.1 of the interface.
//!
//! Frozen: it stands for plugins that nobody builds anew. It knows nothing of Doorward's crates, only
//! `schemas/wit/0.1`, and uses all that there was.
#![cfg(target_family = "wasm")]
#![allow(unsafe_code, missing_docs, reason = "generated from the interface")]

use doorward::connector::http::{Effect, Method, Path, Request};
use doorward::connector::types::{
    Error, ErrorKind, Expected, GrantKey, GrantKind, ObjectRef, Record, Retry, Timestamp,
};
use doorward::connector::{changes, clock, endpoints, http, log, pages, questions, random, report};
use exports::doorward::connector::connector::Guest;

wit_bindgen::generate!({ path: "../../../schemas/wit/0.1", world: "plugin" });

struct Former;

export!(Former);

const DESCRIPTOR: &str = r#"{
    "id": "former", "version": "0.0.1", "name": "Former", "summary": "Was built for version 0.1.",
    "needs": ["http"],
    "connectionSchema": {
        "type": "object", "required": ["secret"],
        "properties": {"secret": {"type": "string", "writeOnly": true}}
    },
    "principalKinds": [{"kind": "person", "name": "person", "searchable": true, "person": true}],
    "resourceKinds": [{
        "kind": "room", "name": "room", "classes": ["room"],
        "entitlements": [{"id": "key", "summary": "Opens it.", "principals": ["person"]}]
    }],
    "capabilities": ["check", "sync", "read", "grant", "revoke"],
    "permissions": [], "uses": [], "setup": {"warnings": [], "steps": [], "scripts": []},
    "pacing": {"maxInFlight": 1}, "maxBatch": 1
}"#;

fn request(method: Method, path: &str, body: Option<&str>) -> Request {
    Request {
        endpoint: "api".to_owned(),
        method,
        path: Path { text: path.to_owned(), template: path.to_owned() },
        effect: (method == Method::Get).then_some(Effect::Read),
        headers: Vec::new(),
        body: body.map(str::to_owned),
        attributes: String::new(),
    }
}

/// The text of an answer that is a success.
fn ask(request: &Request) -> Result<String, Error> {
    let answer = http::send(request)?;
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    if answer.status == 200 { Ok(text) } else { Err(error(ErrorKind::NotFound, &text)) }
}

fn error(kind: ErrorKind, message: &str) -> Error {
    Error {
        kind,
        reason: "former".to_owned(),
        message: message.to_owned(),
        remedy: Some("Look again.".to_owned()),
        retry: Retry::Never,
        provider_code: None,
        request_id: None,
        causes: Vec::new(),
        attributes: String::new(),
    }
}

fn person(id: &str) -> ObjectRef {
    ObjectRef { kind: "person".to_owned(), id: id.to_owned() }
}

fn room(id: &str) -> ObjectRef {
    ObjectRef { kind: "room".to_owned(), id: id.to_owned() }
}

fn expected(what: &str) -> Record {
    Record::Expected(Expected { what: what.to_owned(), count: 1, attributes: String::new() })
}

fn outcome(kind: changes::OutcomeKind) -> changes::Outcome {
    changes::Outcome {
        kind,
        until: None,
        handle: None,
        provider_id: None,
        attributes: String::new(),
    }
}

impl Guest for Former {
    fn describe() -> String {
        DESCRIPTOR.to_owned()
    }

    fn reach(_: String) -> Result<Vec<endpoints::Endpoint>, Error> {
        Ok(vec![endpoints::Endpoint {
            name: "api".to_owned(),
            origin: "https://api.example".to_owned(),
            scheme: endpoints::Scheme::Header(endpoints::HeaderCredential {
                header: "x-key".to_owned(),
                prefix: String::new(),
                secret: "/secret".to_owned(),
                attributes: String::new(),
            }),
            read_posts: Vec::new(),
            claims: Vec::new(),
            named_by_connection: false,
            attributes: String::new(),
        }])
    }

    fn start(_: String, request: pages::StartRequest) -> Vec<pages::Cursor> {
        let stream = request.stream.unwrap_or_else(|| "rooms".to_owned());
        vec![pages::Cursor { stream, phase: 0, body: "1".to_owned(), attributes: String::new() }]
    }

    fn check(_: String) -> Result<report::CheckReport, Error> {
        let Timestamp { seconds, .. } = clock::now();
        let path = http::relative("api", "https://api.example/check")?;
        let claims = http::claims("api")?;
        log::write(log::Level::Info, &format!("checked, {} by the dice", random::next() % 1));
        let said = ask(&request(Method::Get, &path, None))?;
        Ok(report::CheckReport {
            identity: report::Identity {
                key: person("me"),
                login: None,
                name: "me".to_owned(),
                place: format!("{said} {seconds} {claims}"),
                attributes: String::new(),
            },
            permissions: Vec::new(),
            authority: Vec::new(),
            findings: Vec::new(),
            credential_expiry: report::CredentialExpiry::Unknown("nobody says".to_owned()),
            attributes: r#"{"more": true}"#.to_owned(),
        })
    }

    fn sync(_: String, asked: pages::SyncRequest) -> Result<pages::Page, Error> {
        ask(&request(Method::Get, "/rooms", None))?;
        Ok(pages::Page {
            records: vec![expected(&asked.cursor.stream)],
            next: Vec::new(),
            bookmark: None,
            facts: asked.facts,
            usage: pages::Usage {
                cost: Some(1.0),
                utilisation: None,
                wait_milliseconds: None,
                attributes: String::new(),
            },
            attributes: String::new(),
        })
    }

    fn read(_: String, asked: questions::ReadRequest) -> Result<questions::Answer, Error> {
        let what = match asked.query {
            questions::Query::Find(_) => "find",
            questions::Query::Objects(_) => "objects",
            questions::Query::Holders(_) => "holders",
            questions::Query::Holdings(_) => "holdings",
            questions::Query::Grant(_) => "grant",
            questions::Query::Paths(_) => "paths",
        };
        Ok(questions::Answer {
            records: vec![expected(what)],
            paths: Vec::new(),
            next: None,
            attributes: String::new(),
        })
    }

    fn apply(
        _: String,
        asked: changes::ApplyRequest,
    ) -> Result<Vec<Result<changes::Outcome, Error>>, Error> {
        let outcomes = asked.operations.into_iter().map(|operation| match operation.action {
            changes::Action::Grant(grant) => {
                let wanted = GrantKey {
                    principal: person("1"),
                    resource: room("1"),
                    entitlement: "key".to_owned(),
                    scope: None,
                    kind: GrantKind::Active,
                };
                assert_eq!(format!("{:?}", grant.key), format!("{wanted:?}"));
                ask(&request(Method::Post, "/keys", Some("{}")))?;
                Ok(outcome(changes::OutcomeKind::Granted))
            }
            _ => Err(error(ErrorKind::Unsupported, "Only grants.")),
        });
        Ok(outcomes.collect())
    }

    fn settle(_: String, _: changes::SettleRequest) -> Result<changes::Outcome, Error> {
        Ok(outcome(changes::OutcomeKind::Unknown))
    }

    fn explain(_: String, failure: endpoints::AuthFailure) -> Error {
        error(ErrorKind::Unauthenticated, &format!("{} said {}.", failure.endpoint, failure.status))
    }
}
