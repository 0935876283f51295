//! The contract as JSON: what crosses the border to a component, and what is stored, reads back as
//! it was written, in the documented spelling, also when a later version says more.
#![cfg(test)]

use doorward_core::{
    Account, Action, Answer, ApplyRequest, Attributes, AuthFailure, AuthStage, AuthorityEntry,
    Capability, CheckReport, Connection, CredentialExpiry, Descriptor, Effect, Endpoint, Error,
    ErrorKind, Finding, Grant, GrantKey, HttpRequest, HttpResponse, Method, Need, Object,
    ObjectRef, Operation, Outcome, OutcomeKind, Page, Path, Query, Reach, ReadRequest, Record,
    Resource, Retry, Scheme, SecretReference, SettleRequest, StartRequest, SyncRequest, Term,
};
use doorward_tests::world::entra_id;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

/// The objects whose names are somebody else's. Other free values are never objects in here.
const FREE: [&str; 4] = ["attributes", "body", "bookmarks", "connectionSchema"];

/// The value is this JSON, reads back from it, and still does when a later version adds a field to
/// every object.
fn is<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T, json: &Value) {
    assert_eq!(serde_json::to_value(value).unwrap(), *json);
    reads(value);
}

/// The value's JSON reads back as the value.
fn reads<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let json = serde_json::to_value(value).unwrap();
    assert_eq!(serde_json::from_value::<T>(json.clone()).unwrap(), *value);
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(serde_json::from_str::<T>(&text).unwrap(), *value, "{text}");
    spelled(&json);
    let mut later = json;
    say_more(&mut later);
    assert_eq!(serde_json::from_value::<T>(later.clone()).unwrap(), *value, "{later}");
    assert_eq!(serde_json::from_str::<T>(&later.to_string()).unwrap(), *value, "{later}");
}

fn spelled(json: &Value) {
    match json {
        Value::Object(fields) => {
            for (name, value) in fields {
                let camel = name.starts_with(|first: char| first.is_ascii_lowercase())
                    && name.chars().all(|one| one.is_ascii_alphanumeric());
                assert!(camel, "{name}");
                if !FREE.contains(&name.as_str()) {
                    spelled(value);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(spelled),
        _ => {}
    }
}

fn say_more(json: &mut Value) {
    match json {
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                if !FREE.contains(&name.as_str()) {
                    say_more(value);
                }
            }
            fields.insert("addedLater".to_owned(), json!({"much": [1, null, "more"]}));
        }
        Value::Array(items) => items.iter_mut().for_each(say_more),
        _ => {}
    }
}

/// This JSON is a value of the type, and the value is this JSON again.
fn same<T: Serialize + DeserializeOwned + PartialEq + Debug>(json: &Value) {
    let value: T = serde_json::from_value(json.clone()).unwrap_or_else(|e| panic!("{json}: {e}"));
    is(&value, json);
}

/// As [`same`], bare and with the fields that may be absent.
fn both<T: Serialize + DeserializeOwned + PartialEq + Debug>(bare: &Value, more: &Value) {
    same::<T>(bare);
    same::<T>(&with(bare, more));
}

fn attributes() -> Attributes {
    Map::from_iter([("odd name".to_owned(), json!({"a": [1.5, null, u64::MAX, -1, "ü\u{0}"]}))])
}

fn attributes_json() -> Value {
    json!({"odd name": {"a": [1.5, null, u64::MAX, -1, "ü\u{0}"]}})
}

fn alice() -> ObjectRef {
    ObjectRef::new("user", "a1")
}

fn finance() -> ObjectRef {
    ObjectRef::new("group", "f1")
}

fn membership() -> GrantKey {
    GrantKey::new(alice(), finance(), "member")
}

fn membership_json() -> Value {
    json!({
        "principal": {"kind": "user", "id": "a1"}, "resource": {"kind": "group", "id": "f1"},
        "entitlement": "member", "kind": "active",
    })
}

/// An account of which everything is known.
fn account_json() -> Value {
    json!({
        "key": {"kind": "user", "id": "a1"}, "name": "Alice", "login": "alice@contoso.com",
        "mail": "alice.a@contoso.com", "enabled": false, "external": true, "limited": true, "created": "2026-11-23T10:00:00.123Z",
        "attributes": attributes_json(),
    })
}

fn resource_json() -> Value {
    json!({
        "key": {"kind": "group", "id": "f1"}, "name": "Finance", "class": "microsoft-365",
        "login": "c1", "mail": "finance@contoso.com", "created": "2020-02-29T00:00:00Z",
        "refusals": [{
            "entitlements": ["member"], "principals": ["device"], "canBeTaken": true,
            "refusal": {"code": "member-type", "message": "No devices.", "remedy": "Go there."},
        }],
        "privileged": true, "keepsLastHolder": [{"entitlement": "owner", "principals": ["user"], "active": true}], "attributes": attributes_json(),
    })
}

fn grant_json() -> Value {
    let more = json!({"scope": {"kind": "unit", "id": "u1"}, "kind": "eligible"});
    json!({
        "key": with(&membership_json(), &more), "starts": "2026-01-01T00:00:00Z",
        "ends": "2026-12-31T23:59:59.999999999Z", "via": {"kind": "group", "id": "g2"},
        "providerId": "p-1", "attributes": attributes_json(),
    })
}

/// These fields, and more or others.
fn with(json: &Value, more: &Value) -> Value {
    let mut fields = json.as_object().unwrap().clone();
    fields.extend(more.as_object().unwrap().clone());
    Value::Object(fields)
}

/// A record of every kind.
fn records_json() -> Vec<Value> {
    let more = attributes_json();
    vec![
        with(&account_json(), &json!({"record": "account"})),
        with(&resource_json(), &json!({"record": "resource"})),
        with(&grant_json(), &json!({"record": "grant"})),
        json!({
            "record": "gone-object", "key": {"kind": "user", "id": "a1"}, "restorable": true,
            "attributes": more,
        }),
        json!({"record": "gone-grant", "key": membership_json(), "attributes": more}),
        json!({"record": "expected", "what": "user", "count": u64::MAX, "attributes": more}),
        json!({
            "record": "skipped", "object": {"kind": "group", "id": "f1"},
            "code": "hidden-membership", "message": "Hidden.", "attributes": more,
        }),
    ]
}

#[test]
fn records_of_every_kind() {
    records_json().iter().for_each(same::<Record>);
    same::<Object>(&with(&account_json(), &json!({"object": "account"})));
    same::<Object>(&with(&resource_json(), &json!({"object": "resource"})));
}

#[test]
fn what_is_not_known_is_not_said() {
    same::<Account>(&json!({"key": {"kind": "user", "id": "a1"}, "name": ""}));
    let bare = json!({"key": {"kind": "group", "id": "f1"}, "name": "F", "class": "security"});
    let resource: Resource = serde_json::from_value(bare.clone()).unwrap();
    is(&resource, &with(&bare, &json!({"privileged": false})));
    is(&Grant::new(membership()), &json!({"key": membership_json()}));
    let mut short = membership_json();
    short.as_object_mut().unwrap().remove("kind");
    assert_eq!(serde_json::from_value::<GrantKey>(short).unwrap(), membership());
    is(&Page::default(), &json!({"records": [], "usage": {}}));
    assert_eq!(serde_json::from_value::<Page>(json!({"records": []})).unwrap(), Page::default());
    is(&Answer::default(), &json!({"records": []}));
    is(&StartRequest::default(), &json!({}));
    is(&Outcome::new(OutcomeKind::Done), &json!({"kind": "done"}));
    is(&Reach::default(), &json!({"endpoints": []}));
}

#[test]
fn a_sync() {
    let facts = json!({"facts": ["lags", "no-delta"]});
    same::<StartRequest>(&with(
        &json!({"stream": "groups", "bookmarks": {"groups": {"deltaLink": "/x?y"}}}),
        &facts,
    ));
    let cursor = json!({"stream": "groups", "phase": 2, "body": {"skip_token": [1, 2]}});
    both::<SyncRequest>(&json!({"cursor": cursor}), &facts);
    same::<Page>(&json!({
        "records": records_json(),
        "next": [
            {"cursor": cursor, "continues": true, "notBefore": "2026-11-23T10:00:00Z"},
            {"cursor": cursor, "continues": false},
        ],
        "bookmark": "b-1", "facts": ["lags", "no-delta"],
        "usage": {"cost": 2.5, "utilisation": 0.8, "waitMilliseconds": 1500},
        "attributes": attributes_json(),
    }));
}

#[test]
fn questions_and_their_answer() {
    let (user, group) = (json!({"kind": "user", "id": "a1"}), json!({"kind": "group", "id": "f1"}));
    let find = |term| Query::Find { kind: "user".to_owned(), term };
    let member = || "member".to_owned();
    let queries = [
        (
            find(Term::Id("a1".to_owned())),
            json!({"query": "find", "kind": "user", "term": {"by": "id", "text": "a1"}}),
        ),
        (
            find(Term::Name("Alice".to_owned())),
            json!({"query": "find", "kind": "user", "term": {"by": "name", "text": "Alice"}}),
        ),
        (
            find(Term::Mail("a@b.c".to_owned())),
            json!({"query": "find", "kind": "user", "term": {"by": "mail", "text": "a@b.c"}}),
        ),
        (
            Query::Objects { keys: vec![alice(), finance()] },
            json!({"query": "objects", "keys": [user, group]}),
        ),
        (
            Query::Holders { resource: finance(), entitlement: Some(member()) },
            json!({"query": "holders", "resource": group, "entitlement": "member"}),
        ),
        (
            Query::Holders { resource: finance(), entitlement: None },
            json!({"query": "holders", "resource": group, "entitlement": null}),
        ),
        (Query::Holdings { principal: alice() }, json!({"query": "holdings", "principal": user})),
        (Query::Grant { key: membership() }, json!({"query": "grant", "key": membership_json()})),
        (
            Query::Containers { resource: finance() },
            json!({"query": "containers", "resource": group}),
        ),
        (
            Query::Paths { principal: alice(), resource: finance(), entitlement: member() },
            json!({
                "query": "paths", "principal": user, "resource": group, "entitlement": "member",
            }),
        ),
    ];
    for (query, json) in queries {
        is(&ReadRequest { query: query.clone(), cursor: None }, &json!({"query": json}));
        let cursor = Some(json!("/v1.0/groups?$skiptoken=x"));
        is(
            &ReadRequest { query, cursor },
            &json!({"query": json, "cursor": "/v1.0/groups?$skiptoken=x"}),
        );
    }
    let bare = json!({"query": "holders", "resource": group});
    let bare: Query = serde_json::from_value(bare).unwrap();
    assert_eq!(bare, Query::Holders { resource: finance(), entitlement: None });
    same::<Answer>(&json!({
        "records": records_json(),
        "paths": [{
            "grants": [membership_json()], "names": ["Alice", "Finance"],
            "attributes": attributes_json(),
        }],
        "next": ["any", 1], "attributes": attributes_json(),
    }));
}

/// A cursor of a connector may be any JSON but `null`, which means that there is none.
#[test]
fn null_is_no_cursor() {
    let answer = Answer { next: Some(Value::Null), ..Answer::default() };
    let json = serde_json::to_value(&answer).unwrap();
    assert_eq!(serde_json::from_value::<Answer>(json).unwrap(), Answer::default());
    for cursor in [json!(0), json!(""), json!([]), json!({}), json!(false)] {
        let answer = Answer { next: Some(cursor), ..Answer::default() };
        let json = serde_json::to_value(&answer).unwrap();
        assert_eq!(serde_json::from_value::<Answer>(json).unwrap(), answer);
    }
}

/// An action of every kind.
fn actions_json() -> Vec<Value> {
    let (user, group) = (json!({"kind": "user", "id": "a1"}), json!({"kind": "group", "id": "f1"}));
    let key = membership_json();
    let grant = json!({"action": "grant", "key": key, "resource": resource_json(), "until": null});
    let create = json!({"action": "create-account", "account": account_json(), "password": null});
    vec![
        with(&grant, &json!({"until": "2027-01-01T00:00:00Z"})),
        grant,
        json!({"action": "revoke", "key": key, "resource": resource_json()}),
        with(&create, &json!({"password": {"pointer": "/minted/0"}})),
        create,
        json!({"action": "enable", "account": user}),
        json!({"action": "disable", "account": user}),
        json!({"action": "delete", "object": group}),
        json!({"action": "restore", "object": group}),
    ]
}

#[test]
fn changes() {
    let mut operations = Vec::new();
    for json in actions_json() {
        let action: Action = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(json["action"], action.name());
        is(&action, &json);
        let bare = with(&json, &json!({"id": "op-1"}));
        let settle = json!({"operation": bare, "sent": "2026-11-23T10:00:00Z",
            "givenUp": "2026-11-23T10:00:01Z"});
        let more = json!({
            "prior": grant_json(), "handle": "https://handle",
            "lastChanged": "2026-11-23T10:00:00Z",
        });
        both::<SettleRequest>(&settle, &more);
        operations.push(with(&bare, &json!({"reason": "project", "ticket": "T-1"})));
        operations.push(bare);
    }
    same::<ApplyRequest>(&json!({"operations": operations}));
    let short = json!({"action": "grant", "key": membership_json(), "resource": resource_json()});
    let short: Action = serde_json::from_value(short).unwrap();
    assert!(matches!(short, Action::Grant { until: None, .. }), "{short:?}");
}

#[test]
fn outcomes_of_every_kind() {
    let kinds = [
        (OutcomeKind::Granted, "granted"),
        (OutcomeKind::AlreadyGranted, "already-granted"),
        (OutcomeKind::Revoked, "revoked"),
        (OutcomeKind::AlreadyRevoked, "already-revoked"),
        (OutcomeKind::Done, "done"),
        (OutcomeKind::AlreadyDone, "already-done"),
        (OutcomeKind::Pending, "pending"),
        (OutcomeKind::Unknown, "unknown"),
        (OutcomeKind::NotApplied, "not-applied"),
    ];
    for (kind, name) in kinds {
        is(&Outcome::new(kind), &json!({"kind": name}));
        same::<Outcome>(&json!({
            "kind": name, "until": "2027-01-01T00:00:00Z", "handle": 17, "providerId": "p-1",
            "attributes": attributes_json(),
        }));
        // The label is the name in the spelling of types.
        assert_eq!(kind.label().to_lowercase(), name.replace('-', ""));
    }
}

#[test]
fn a_check_with_authority_of_every_kind() {
    let entry = json!({"action": "grant", "kind": "group"});
    let authority = [
        json!({"authority": "everywhere", "except": ["role-assignable"]}),
        json!({"authority": "everywhere"}),
        json!({"authority": "only-in", "resources": [{"kind": "group", "id": "f1"}]}),
        json!({"authority": "no", "needs": ["Group.Read.All"]}),
        json!({"authority": "unknown", "because": "No token."}),
    ]
    .map(|json| with(&entry, &json));
    for json in &authority {
        let more = json!({"entitlement": "member", "principal": "device"});
        both::<AuthorityEntry>(json, &more);
    }
    let findings = ["info", "warning", "problem"]
        .map(|name| json!({"severity": name, "code": "over-granted", "message": "Too much."}));
    for json in &findings {
        both::<Finding>(json, &json!({"remedy": "Take it away."}));
    }
    for expiry in [
        json!({"known": "at", "time": "2027-01-01T00:00:00Z"}),
        json!({"known": "unknown", "because": "Not told."}),
    ] {
        same::<CheckReport>(&json!({
            "identity": {
                "key": {"kind": "service-principal", "id": "s1"}, "login": "c1",
                "name": "Doorward", "place": "Contoso", "attributes": attributes_json(),
            },
            "permissions": ["Group.Read.All"], "authority": authority, "findings": findings,
            "credentialExpiry": expiry,
            "attributes": attributes_json(),
        }));
    }
}

#[test]
fn reach_with_every_scheme() {
    let secret = json!({"pointer": "/secret"});
    let oauth = json!({
        "type": "oauth2-client-secret", "tokenUrl": "https://login.example/token",
        "tokenUrlNamedByConnection": true,
        "clientId": "c1", "secret": secret, "scope": "all", "placement": "body",
    });
    let header = json!({"type": "header", "header": "X-Key", "prefix": "", "secret": secret});
    let schemes = [
        with(&oauth, &json!({"placement": "basic"})),
        oauth,
        with(&header, &json!({"prefix": "Bearer "})),
        header,
        json!({"type": "basic", "username": "u", "secret": secret}),
        json!({"type": "none"}),
    ];
    let endpoints = schemes.map(|scheme| {
        let bare = json!({
            "name": "graph", "origin": "https://graph.example", "scheme": scheme,
            "namedByConnection": false,
        });
        let more = json!({
            "readPosts": ["/v1.0/$batch"], "claims": ["roles"], "namedByConnection": true,
        });
        both::<Endpoint>(&bare, &more);
        bare
    });
    same::<Reach>(&json!({"endpoints": endpoints}));
}

#[test]
fn a_refused_credential() {
    for (stage, name) in [(AuthStage::Token, "token"), (AuthStage::Endpoint, "endpoint")] {
        let bare = AuthFailure {
            endpoint: "graph".to_owned(),
            stage,
            status: 401,
            body: Attributes::new(),
            challenge: None,
            request_id: None,
        };
        let bare_json = json!({"endpoint": "graph", "stage": name, "status": 401});
        is(&bare, &bare_json);
        let full = AuthFailure {
            body: attributes(),
            challenge: Some("Bearer".to_owned()),
            request_id: Some("r-1".to_owned()),
            ..bare
        };
        let more = json!({"body": attributes_json(), "challenge": "Bearer", "requestId": "r-1"});
        is(&full, &with(&bare_json, &more));
    }
}

#[test]
fn errors_with_every_retry() {
    let retries = [
        (Retry::Never, json!({"when": "never"})),
        (Retry::Backoff, json!({"when": "backoff"})),
        (
            Retry::after(Duration::from_micros(1_500_001)),
            json!({"when": "after", "milliseconds": 1501}),
        ),
        (Retry::after(Duration::MAX), json!({"when": "after", "milliseconds": u64::MAX})),
    ];
    for (retry, json) in retries {
        let bare = Error::new(ErrorKind::RateLimited, "throttled", "Slower.").retry(retry);
        let bare_json = json!({
            "kind": "rate-limited", "reason": "throttled", "message": "Slower.", "retry": json,
        });
        is(&bare, &bare_json);
        let full = bare
            .remedy("Wait.")
            .provider_code("TooManyRequests")
            .request_id(Some("r-1".to_owned()))
            .cause("outer")
            .cause("inner")
            .attribute("seconds", 1.5);
        let more = json!({
            "remedy": "Wait.", "providerCode": "TooManyRequests", "requestId": "r-1",
            "causes": ["outer", "inner"], "attributes": {"seconds": 1.5},
        });
        is(&full, &with(&bare_json, &more));
    }
    let short = json!({"kind": "internal", "reason": "internal", "message": "."});
    let error: Error = serde_json::from_value(short).unwrap();
    assert_eq!(error, Error::new(ErrorKind::Internal, "internal", "."));
}

/// The table of exit codes, as the command line documents it. The other codes are no errors of a
/// kind: 0 done, 12 partial, 13 outcome unknown, 130 interrupted.
#[test]
fn error_kinds_have_their_names_and_exit_codes() {
    let table = [
        (1, vec!["contract-violation", "internal"]),
        (2, vec!["invalid-request", "unsupported"]),
        (3, vec!["invalid-connection"]),
        (4, vec!["unauthenticated"]),
        (5, vec!["permission-denied"]),
        (6, vec!["not-found"]),
        (7, vec!["ambiguous"]),
        (8, vec!["conflict", "not-manageable"]),
        (13, vec!["outcome-unknown"]),
        (9, vec!["denied-by-policy"]),
        (10, vec!["rate-limited"]),
        (11, vec!["timeout", "unavailable"]),
        (14, vec!["cursor-expired"]),
    ];
    let mut found: BTreeMap<u8, Vec<&str>> = BTreeMap::new();
    for kind in ErrorKind::ALL {
        is(&kind, &json!(kind.name()));
        let (exit, status) = kind.codes();
        assert!((400..600).contains(&status), "{kind:?}: {status}");
        found.entry(exit).or_default().push(kind.name());
    }
    found.values_mut().for_each(|names| names.sort_unstable());
    assert_eq!(found, BTreeMap::from(table));
    // `ALL` is all: serde, which knows each variant, lists as many when a name is unknown.
    let said = serde_json::from_value::<ErrorKind>(json!("?")).unwrap_err().to_string();
    assert_eq!(said.matches('`').count() / 2 - 1, ErrorKind::ALL.len(), "{said}");
}

#[test]
fn the_descriptor_of_entra_id() {
    let descriptor = entra_id().descriptor();
    reads(descriptor);
    let json = serde_json::to_value(descriptor).unwrap();
    let mut names: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    names.retain(|name| *name != "attributes");
    assert_eq!(
        names,
        [
            "id",
            "version",
            "name",
            "summary",
            "needs",
            "connectionSchema",
            "principalKinds",
            "resourceKinds",
            "capabilities",
            "permissions",
            "uses",
            "setup",
            "pacing",
            "maxBatch",
        ]
    );
    assert_eq!(json["id"], "entra-id");
    assert_eq!(json["connectionSchema"], descriptor.connection_schema);
    assert!(json["pacing"]["maxInFlight"].is_u64());
    // Schemas are shown to people: their fields keep their order.
    let text = serde_json::to_string(descriptor).unwrap();
    let again: Descriptor = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&again).unwrap(), text);

    let capabilities = [
        (Capability::Check, "check"),
        (Capability::Sync, "sync"),
        (Capability::IncrementalSync, "incremental-sync"),
        (Capability::Read, "read"),
        (Capability::Grant, "grant"),
        (Capability::Revoke, "revoke"),
        (Capability::ManageAccounts, "manage-accounts"),
    ];
    for (capability, name) in capabilities {
        is(&capability, &json!(name));
    }
    is(&Need::Http, &json!("http"));
}

#[test]
fn http() {
    let methods = [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete];
    for method in methods {
        is(&method, &json!(method.name()));
        let path = Path::new("/v1.0/groups").value("a/b").query("$top", "9 9");
        let bare = HttpRequest::new("graph", method, path);
        let bare_json = json!({
            "endpoint": "graph", "method": method.name(),
            "path": {"path": "/v1.0/groups/a%2Fb?$top=9%209", "template": "/v1.0/groups/{}"},
        });
        is(&bare, &bare_json);
        for (effect, name) in [(Effect::Read, "read"), (Effect::Write, "write")] {
            let mut full = bare.clone().header("Prefer", "a").header("Prefer", "b");
            full = full.json(json!({"securityEnabled": true, "owners@odata.bind": []}));
            full.effect = Some(effect);
            let more = json!({
                "effect": name, "headers": [["Prefer", "a"], ["Prefer", "b"]],
                "body": {"securityEnabled": true, "owners@odata.bind": []},
            });
            is(&full, &with(&bare_json, &more));
        }
    }
    let response = HttpResponse {
        status: 200,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: vec![0, 255, b'{'],
    };
    is(
        &response,
        &json!({
            "status": 200, "headers": [["content-type", "application/json"]],
            "body": [0, 255, 123],
        }),
    );
}

#[test]
fn a_connection_is_its_values() {
    let values = Map::from_iter([
        ("client_id".to_owned(), json!("c1")),
        ("secret".to_owned(), json!({"pointer": "/secret"})),
    ]);
    let connection = Connection::new(values);
    let json = json!({"client_id": "c1", "secret": {"pointer": "/secret"}});
    assert_eq!(serde_json::to_value(&connection).unwrap(), json);
    assert_eq!(serde_json::from_value::<Connection>(json).unwrap(), connection);
    is(&SecretReference { pointer: "/secret".to_owned() }, &json!({"pointer": "/secret"}));
}

/// What a version does not know at all it refuses; it never takes it for something else.
#[test]
fn an_unknown_variant_is_refused() {
    fn refused<T: DeserializeOwned + Debug>(json: Value) {
        let error = serde_json::from_value::<T>(json).unwrap_err();
        assert!(error.to_string().contains("unknown variant"), "{error}");
    }
    refused::<Record>(json!({"record": "later"}));
    refused::<Query>(json!({"query": "later"}));
    refused::<Term>(json!({"by": "later", "text": ""}));
    refused::<Operation>(json!({"id": "1", "action": "later"}));
    refused::<Outcome>(json!({"kind": "later"}));
    refused::<Scheme>(json!({"type": "later"}));
    refused::<Retry>(json!({"when": "later"}));
    refused::<AuthorityEntry>(json!({"action": "a", "kind": "k", "authority": "later"}));
    refused::<CredentialExpiry>(json!({"known": "later"}));
    refused::<Error>(json!({"kind": "later", "reason": "", "message": ""}));
}
