//! The contract as JSON: what crosses the border to a component, and what is stored, reads back as
//! it was written, in the documented spelling, also when a later version says more.
#![cfg(test)]

use doorward_core::{
    AccessPath, Account, Action, Answer, ApplyRequest, Attributes, AuthFailure, AuthStage,
    Authority, AuthorityEntry, Capability, CheckReport, Connection, CredentialExpiry, Cursor,
    Descriptor, Effect, Endpoint, Error, ErrorKind, Expected, Finding, GoneGrant, GoneObject,
    Grant, GrantKey, GrantKind, HttpRequest, HttpResponse, Identity, Method, Need, Next, Object,
    ObjectRef, Operation, Outcome, OutcomeKind, Page, Path, Query, Reach, ReadRequest, Record,
    Refusal, RefusalRule, Resource, Retry, Scheme, SecretPlacement, SecretReference, SettleRequest,
    Severity, Skipped, StartRequest, SyncRequest, Term, Timestamp, Usage,
};
use doorward_tests::world::entra_id;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::time::Duration;

/// The objects whose names are somebody else's. Other free values are never objects in here.
const FREE: [&str; 4] = ["attributes", "body", "bookmarks", "connectionSchema"];

/// The one place whose names are not in camel case: the fields of the OAuth scheme.
const SNAKE: [&str; 2] = ["token_url", "client_id"];

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
                assert!(camel || SNAKE.contains(&name.as_str()), "{name}");
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

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
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
fn account() -> (Account, Value) {
    let account = Account {
        key: alice(),
        name: "Alice".to_owned(),
        login: Some("alice@contoso.com".to_owned()),
        mail: Some("alice.a@contoso.com".to_owned()),
        enabled: Some(false),
        created: Some(at("2026-11-23T10:00:00.123Z")),
        attributes: attributes(),
    };
    let json = json!({
        "key": {"kind": "user", "id": "a1"}, "name": "Alice", "login": "alice@contoso.com",
        "mail": "alice.a@contoso.com", "enabled": false, "created": "2026-11-23T10:00:00.123Z",
        "attributes": attributes_json(),
    });
    (account, json)
}

/// A resource of which everything is known.
fn resource() -> (Resource, Value) {
    let resource = Resource {
        key: finance(),
        name: "Finance".to_owned(),
        class: "microsoft-365".to_owned(),
        mail: Some("finance@contoso.com".to_owned()),
        created: Some(at("2020-02-29T00:00:00Z")),
        refusals: vec![RefusalRule {
            entitlements: vec!["member".to_owned()],
            principals: vec!["device".to_owned()],
            refusal: Refusal {
                code: "member-type".to_owned(),
                message: "No devices.".to_owned(),
                remedy: "Use a security group.".to_owned(),
            },
        }],
        privileged: true,
        keeps_last_holder: vec!["owner".to_owned()],
        attributes: attributes(),
    };
    let json = json!({
        "key": {"kind": "group", "id": "f1"}, "name": "Finance", "class": "microsoft-365",
        "mail": "finance@contoso.com", "created": "2020-02-29T00:00:00Z",
        "refusals": [{
            "entitlements": ["member"], "principals": ["device"],
            "refusal": {
                "code": "member-type", "message": "No devices.", "remedy": "Use a security group.",
            },
        }],
        "privileged": true, "keepsLastHolder": ["owner"], "attributes": attributes_json(),
    });
    (resource, json)
}

/// A grant of which everything is known.
fn grant() -> (Grant, Value) {
    let key = GrantKey {
        scope: Some(ObjectRef::new("unit", "u1")),
        kind: GrantKind::Eligible,
        ..membership()
    };
    let grant = Grant {
        key,
        starts: Some(at("2026-01-01T00:00:00Z")),
        ends: Some(at("2026-12-31T23:59:59.999999999Z")),
        via: Some(ObjectRef::new("group", "g2")),
        provider_id: Some("p-1".to_owned()),
        attributes: attributes(),
    };
    let json = json!({
        "key": with(&membership_json(), &json!({
            "scope": {"kind": "unit", "id": "u1"}, "kind": "eligible",
        })),
        "starts": "2026-01-01T00:00:00Z", "ends": "2026-12-31T23:59:59.999999999Z",
        "via": {"kind": "group", "id": "g2"}, "providerId": "p-1",
        "attributes": attributes_json(),
    });
    (grant, json)
}

/// These fields, and more or others.
fn with(json: &Value, more: &Value) -> Value {
    let mut fields = json.as_object().unwrap().clone();
    fields.extend(more.as_object().unwrap().clone());
    Value::Object(fields)
}

/// A record of every kind.
fn records() -> Vec<(Record, Value)> {
    let (account, account_json) = account();
    let (resource, resource_json) = resource();
    let (grant, grant_json) = grant();
    let attributes = attributes();
    let more = attributes_json();
    vec![
        (Record::Account(account), with(&account_json, &json!({"record": "account"}))),
        (Record::Resource(resource), with(&resource_json, &json!({"record": "resource"}))),
        (Record::Grant(grant), with(&grant_json, &json!({"record": "grant"}))),
        (
            Record::GoneObject(GoneObject {
                key: alice(),
                restorable: true,
                attributes: attributes.clone(),
            }),
            json!({
                "record": "gone-object", "key": {"kind": "user", "id": "a1"}, "restorable": true,
                "attributes": more,
            }),
        ),
        (
            Record::GoneGrant(GoneGrant { key: membership(), attributes: attributes.clone() }),
            json!({"record": "gone-grant", "key": membership_json(), "attributes": more}),
        ),
        (
            Record::Expected(Expected {
                what: "user".to_owned(),
                count: u64::MAX,
                attributes: attributes.clone(),
            }),
            json!({
                "record": "expected", "what": "user", "count": u64::MAX, "attributes": more,
            }),
        ),
        (
            Record::Skipped(Skipped {
                object: Some(finance()),
                code: "hidden-membership".to_owned(),
                message: "Hidden.".to_owned(),
                attributes,
            }),
            json!({
                "record": "skipped", "object": {"kind": "group", "id": "f1"},
                "code": "hidden-membership", "message": "Hidden.", "attributes": more,
            }),
        ),
    ]
}

#[test]
fn records_of_every_kind() {
    for (record, json) in records() {
        is(&record, &json);
    }
    let (account, account_json) = account();
    is(&Object::Account(account), &with(&account_json, &json!({"object": "account"})));
    let (resource, resource_json) = resource();
    is(&Object::Resource(resource), &with(&resource_json, &json!({"object": "resource"})));
}

#[test]
fn what_is_not_known_is_not_said() {
    let account = Account {
        key: alice(),
        name: String::new(),
        login: None,
        mail: None,
        enabled: None,
        created: None,
        attributes: Attributes::new(),
    };
    is(&account, &json!({"key": {"kind": "user", "id": "a1"}, "name": ""}));
    let resource = Resource {
        key: finance(),
        name: "F".to_owned(),
        class: "security".to_owned(),
        mail: None,
        created: None,
        refusals: Vec::new(),
        privileged: false,
        keeps_last_holder: Vec::new(),
        attributes: Attributes::new(),
    };
    let json = json!({"key": {"kind": "group", "id": "f1"}, "name": "F", "class": "security"});
    is(&resource, &with(&json, &json!({"privileged": false})));
    assert_eq!(serde_json::from_value::<Resource>(json).unwrap(), resource);
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
    let facts = BTreeSet::from(["lags".to_owned(), "no-delta".to_owned()]);
    let start = StartRequest {
        stream: Some("groups".to_owned()),
        bookmarks: BTreeMap::from([("groups".to_owned(), json!({"deltaLink": "/x?y"}))]),
        facts: facts.clone(),
    };
    is(
        &start,
        &json!({
            "stream": "groups", "bookmarks": {"groups": {"deltaLink": "/x?y"}},
            "facts": ["lags", "no-delta"],
        }),
    );
    let cursor =
        Cursor { stream: "groups".to_owned(), phase: 2, body: json!({"skip_token": [1, 2]}) };
    let cursor_json = json!({"stream": "groups", "phase": 2, "body": {"skip_token": [1, 2]}});
    is(
        &SyncRequest { cursor: cursor.clone(), facts: facts.clone() },
        &json!({"cursor": cursor_json, "facts": ["lags", "no-delta"]}),
    );
    let (records, records_json): (Vec<Record>, Vec<Value>) = records().into_iter().unzip();
    let page = Page {
        records,
        next: vec![
            Next {
                cursor: cursor.clone(),
                continues: true,
                not_before: Some(at("2026-11-23T10:00:00Z")),
            },
            Next { cursor, continues: false, not_before: None },
        ],
        bookmark: Some(json!("b-1")),
        facts,
        usage: Usage { cost: Some(2.5), utilisation: Some(0.8), wait_milliseconds: Some(1500) },
        attributes: attributes(),
    };
    is(
        &page,
        &json!({
            "records": records_json,
            "next": [
                {"cursor": cursor_json, "continues": true, "notBefore": "2026-11-23T10:00:00Z"},
                {"cursor": cursor_json, "continues": false},
            ],
            "bookmark": "b-1", "facts": ["lags", "no-delta"],
            "usage": {"cost": 2.5, "utilisation": 0.8, "waitMilliseconds": 1500},
            "attributes": attributes_json(),
        }),
    );
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
    let bare: Query =
        serde_json::from_value(json!({"query": "holders", "resource": group})).unwrap();
    assert_eq!(bare, Query::Holders { resource: finance(), entitlement: None });

    let (records, records_json): (Vec<Record>, Vec<Value>) = records().into_iter().unzip();
    let answer = Answer {
        records,
        paths: vec![AccessPath {
            grants: vec![membership()],
            names: vec!["Alice".to_owned(), "Finance".to_owned()],
            attributes: attributes(),
        }],
        next: Some(json!(["any", 1])),
        attributes: attributes(),
    };
    is(
        &answer,
        &json!({
            "records": records_json,
            "paths": [{
                "grants": [membership_json()], "names": ["Alice", "Finance"],
                "attributes": attributes_json(),
            }],
            "next": ["any", 1], "attributes": attributes_json(),
        }),
    );
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
fn actions() -> Vec<(Action, Value)> {
    let (user, group) = (json!({"kind": "user", "id": "a1"}), json!({"kind": "group", "id": "f1"}));
    let (account, account_json) = account();
    let (resource, resource_json) = resource();
    let secret = || SecretReference { pointer: "/minted/0".to_owned() };
    let key = membership;
    let grant = json!({"action": "grant", "key": membership_json(), "resource": resource_json});
    let create = json!({"action": "create-account", "account": account_json});
    vec![
        (
            Action::Grant {
                key: key(),
                resource: resource.clone(),
                until: Some(at("2027-01-01T00:00:00Z")),
            },
            with(&grant, &json!({"until": "2027-01-01T00:00:00Z"})),
        ),
        (
            Action::Grant { key: key(), resource: resource.clone(), until: None },
            with(&grant, &json!({"until": null})),
        ),
        (Action::Revoke { key: key(), resource }, with(&grant, &json!({"action": "revoke"}))),
        (
            Action::CreateAccount { account: account.clone(), password: Some(secret()) },
            with(&create, &json!({"password": {"pointer": "/minted/0"}})),
        ),
        (
            Action::CreateAccount { account, password: None },
            with(&create, &json!({"password": null})),
        ),
        (Action::Enable { account: alice() }, json!({"action": "enable", "account": user})),
        (Action::Disable { account: alice() }, json!({"action": "disable", "account": user})),
        (Action::Delete { object: finance() }, json!({"action": "delete", "object": group})),
        (Action::Restore { object: finance() }, json!({"action": "restore", "object": group})),
    ]
}

#[test]
fn changes_and_what_came_of_them() {
    let (prior, prior_json) = grant();
    let mut operations = Vec::new();
    let mut operations_json = Vec::new();
    for (action, json) in actions() {
        assert_eq!(json["action"], action.name());
        let bare =
            Operation { id: "op-1".to_owned(), action: action.clone(), reason: None, ticket: None };
        let bare_json = with(&json, &json!({"id": "op-1"}));
        let sent = at("2026-11-23T10:00:00Z");
        let settle = SettleRequest {
            operation: bare.clone(),
            prior: None,
            handle: None,
            sent,
            last_changed: None,
        };
        let settle_json = json!({"operation": bare_json, "sent": "2026-11-23T10:00:00Z"});
        is(&settle, &settle_json);
        let settle = SettleRequest {
            prior: Some(prior.clone()),
            handle: Some(json!("https://handle")),
            last_changed: Some(sent),
            ..settle
        };
        let more = json!({
            "prior": prior_json, "handle": "https://handle",
            "lastChanged": "2026-11-23T10:00:00Z",
        });
        is(&settle, &with(&settle_json, &more));
        operations.push(Operation {
            reason: Some("project".to_owned()),
            ticket: Some("T-1".to_owned()),
            ..bare
        });
        operations_json.push(with(&bare_json, &json!({"reason": "project", "ticket": "T-1"})));
    }
    is(&ApplyRequest { operations }, &json!({"operations": operations_json}));

    let mut short = actions()[1].1.clone();
    short.as_object_mut().unwrap().remove("until");
    assert_eq!(serde_json::from_value::<Action>(short).unwrap(), actions()[1].0);
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
        let outcome = Outcome {
            kind,
            until: Some(at("2027-01-01T00:00:00Z")),
            handle: Some(json!(17)),
            provider_id: Some("p-1".to_owned()),
            attributes: attributes(),
        };
        is(
            &outcome,
            &json!({
                "kind": name, "until": "2027-01-01T00:00:00Z", "handle": 17, "providerId": "p-1",
                "attributes": attributes_json(),
            }),
        );
        // The label is the name in the spelling of types.
        assert_eq!(kind.label().to_lowercase(), name.replace('-', ""));
    }
}

#[test]
fn a_check_with_authority_of_every_kind() {
    let authorities = [
        (
            Authority::Everywhere { except: vec!["role-assignable".to_owned()] },
            json!({"authority": "everywhere", "except": ["role-assignable"]}),
        ),
        (Authority::Everywhere { except: Vec::new() }, json!({"authority": "everywhere"})),
        (
            Authority::OnlyIn { resources: vec![finance()] },
            json!({"authority": "only-in", "resources": [{"kind": "group", "id": "f1"}]}),
        ),
        (
            Authority::No { needs: vec!["Group.Read.All".to_owned()] },
            json!({"authority": "no", "needs": ["Group.Read.All"]}),
        ),
        (
            Authority::Unknown { because: "No token.".to_owned() },
            json!({"authority": "unknown", "because": "No token."}),
        ),
    ];
    let (mut entries, mut entries_json) = (Vec::new(), Vec::new());
    for (authority, json) in authorities {
        let bare = AuthorityEntry {
            action: "grant".to_owned(),
            kind: "group".to_owned(),
            entitlement: None,
            authority,
        };
        let bare_json = with(&json, &json!({"action": "grant", "kind": "group"}));
        is(&bare, &bare_json);
        entries.push(AuthorityEntry { entitlement: Some("member".to_owned()), ..bare });
        entries_json.push(with(&bare_json, &json!({"entitlement": "member"})));
    }
    let severities =
        [(Severity::Info, "info"), (Severity::Warning, "warning"), (Severity::Problem, "problem")];
    let finding = |severity| Finding {
        severity,
        code: "over-granted".to_owned(),
        message: "Too much.".to_owned(),
        remedy: (severity == Severity::Info).then(|| "Take it away.".to_owned()),
    };
    let finding_json = |name: &str| {
        let json = json!({"severity": name, "code": "over-granted", "message": "Too much."});
        let remedy = json!({"remedy": "Take it away."});
        if name == "info" { with(&json, &remedy) } else { json }
    };
    let report = CheckReport {
        identity: Identity {
            key: ObjectRef::new("service-principal", "s1"),
            name: "Doorward".to_owned(),
            place: "Contoso".to_owned(),
            attributes: attributes(),
        },
        authority: entries,
        findings: severities.map(|(severity, _)| finding(severity)).to_vec(),
        credential_expiry: CredentialExpiry::At { time: at("2027-01-01T00:00:00Z") },
        attributes: attributes(),
    };
    let report_json = json!({
        "identity": {
            "key": {"kind": "service-principal", "id": "s1"}, "name": "Doorward",
            "place": "Contoso", "attributes": attributes_json(),
        },
        "authority": entries_json,
        "findings": severities.map(|(_, name)| finding_json(name)),
        "credentialExpiry": {"known": "at", "time": "2027-01-01T00:00:00Z"},
        "attributes": attributes_json(),
    });
    is(&report, &report_json);
    let unknown = CredentialExpiry::Unknown { because: "Not told.".to_owned() };
    is(
        &CheckReport { credential_expiry: unknown, ..report },
        &with(
            &report_json,
            &json!({"credentialExpiry": {"known": "unknown", "because": "Not told."}}),
        ),
    );
}

#[test]
fn reach_with_every_scheme() {
    let secret = || SecretReference { pointer: "/secret".to_owned() };
    let oauth = |placement| Scheme::Oauth2ClientSecret {
        token_url: "https://login.example/token".to_owned(),
        client_id: "c1".to_owned(),
        secret: secret(),
        scope: "all".to_owned(),
        placement,
    };
    let oauth_json = json!({
        "type": "oauth2-client-secret", "token_url": "https://login.example/token",
        "client_id": "c1", "secret": {"pointer": "/secret"}, "scope": "all", "placement": "body",
    });
    let header = |prefix: &str| Scheme::Header {
        header: "X-Key".to_owned(),
        prefix: prefix.to_owned(),
        secret: secret(),
    };
    let header_json = json!({
        "type": "header", "header": "X-Key", "prefix": "", "secret": {"pointer": "/secret"},
    });
    let schemes = [
        (oauth(SecretPlacement::Body), oauth_json.clone()),
        (oauth(SecretPlacement::Basic), with(&oauth_json, &json!({"placement": "basic"}))),
        (header("Bearer "), with(&header_json, &json!({"prefix": "Bearer "}))),
        (header(""), header_json),
        (
            Scheme::Basic { username: "u".to_owned(), secret: secret() },
            json!({"type": "basic", "username": "u", "secret": {"pointer": "/secret"}}),
        ),
        (Scheme::None, json!({"type": "none"})),
    ];
    let (mut endpoints, mut endpoints_json) = (Vec::new(), Vec::new());
    for (scheme, json) in schemes {
        let bare = Endpoint {
            name: "graph".to_owned(),
            origin: "https://graph.example".to_owned(),
            scheme,
            read_posts: Vec::new(),
            claims: Vec::new(),
            named_by_connection: false,
        };
        let bare_json = json!({
            "name": "graph", "origin": "https://graph.example", "scheme": json,
            "namedByConnection": false,
        });
        is(&bare, &bare_json);
        endpoints.push(Endpoint {
            read_posts: vec!["/v1.0/$batch".to_owned()],
            claims: vec!["roles".to_owned()],
            named_by_connection: true,
            ..bare
        });
        let more = json!({
            "readPosts": ["/v1.0/$batch"], "claims": ["roles"], "namedByConnection": true,
        });
        endpoints_json.push(with(&bare_json, &more));
    }
    is(&Reach { endpoints }, &json!({"endpoints": endpoints_json}));
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
