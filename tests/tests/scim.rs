//! The connectors in TypeScript and Python, as components, on a host with a SCIM service: the same
//! tests for both.
//!
//! `node plugins/scim-typescript/build.mjs` and `python3 plugins/scim-python/build.py` build them.
#![cfg(test)]

use doorward_core::validation::{Document, Validator};
use doorward_core::{
    ApplyRequest, Authority, Connection, Connector, Error, ErrorKind, Factory, GrantKey, ObjectRef,
    Outcome, OutcomeKind, Result,
};
use doorward_host::{
    ChangeReport, ChangeRequest, Host, Opened, Progress, Selector, SelectorRole, Verb,
};
use doorward_http::{
    CallEnd, CallOptions, Limits, Mode, ServiceTransport, Session, SessionOptions, Transport,
    TransportError, TransportErrorKind,
};
use doorward_testkit::{Change, Subject, Verdict};
use doorward_tests::parts::{self, KeptLog, SeededRandom, VirtualClock};
use doorward_tests::plugins;
use doorward_tests::scim::{BASE, Fault, ScimService, TOKEN};
use doorward_wasm::PluginFactory;
use http::Method;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::Instant;

const ORIGIN: &str = "https://scim.example";

static TYPESCRIPT: LazyLock<Option<PluginFactory>> = LazyLock::new(|| load("scim-typescript"));
static PYTHON: LazyLock<Option<PluginFactory>> = LazyLock::new(|| load("scim-python"));

fn load(id: &str) -> Option<PluginFactory> {
    plugins::plugin(id).map(|plugin| PluginFactory::of(plugin).unwrap())
}

/// Each of these with each of the components.
macro_rules! with_both {
    ($($test:ident),* $(,)?) => {
        mod typescript {
            $(#[tokio::test(start_paused = true)]
            async fn $test() {
                super::run(super::TYPESCRIPT.as_ref(), super::$test).await;
            })*
        }
        mod python {
            $(#[tokio::test(start_paused = true)]
            async fn $test() {
                super::run(super::PYTHON.as_ref(), super::$test).await;
            })*
        }
    };
}

with_both!(
    what_it_says_of_itself_is_what_it_is,
    a_check_tells_what_may_be_done,
    a_sync_is_the_whole_truth,
    names_are_found_exactly,
    who_holds_what_is_told_through_groups_too,
    a_grant_and_a_revoke_say_what_happened,
    a_group_becomes_a_member,
    who_or_what_does_not_exist_is_told,
    a_plan_shows_the_change_and_sends_nothing,
    a_refused_token_is_explained,
    the_wait_that_the_service_asks_for_is_kept,
    a_refused_change_is_an_error_with_a_remedy,
    a_lost_answer_is_settled_by_looking,
    every_rule_is_kept,
);

/// Whatever a test does, no other origin is asked.
async fn run<F: Future<Output = ()>>(
    factory: Option<&'static PluginFactory>,
    test: impl FnOnce(&'static Bench) -> F,
) {
    let Some(factory) = factory else { return };
    let bench: &'static Bench = Box::leak(Box::new(Bench::new(factory)));
    test(bench).await;
    let others: Vec<String> =
        bench.service.origins().into_iter().filter(|origin| origin != ORIGIN).collect();
    assert_eq!(others, [] as [&str; 0]);
    assert!(bench.service.log().iter().all(|line| line.contains(&format!(" {BASE}/"))));
}

struct Bench {
    factory: &'static PluginFactory,
    service: ScimService,
    clock: VirtualClock,
    directory: TempDir,
    starts: Cell<u64>,
}

impl Bench {
    fn new(factory: &'static PluginFactory) -> Self {
        let bench = Self {
            factory,
            service: ScimService::default(),
            clock: VirtualClock::starting_at("2026-11-23T08:00:00Z"),
            directory: tempfile::tempdir().unwrap(),
            starts: Cell::new(0),
        };
        bench.add("home", TOKEN);
        bench
    }

    fn id(&self) -> &'static str {
        &self.factory.descriptor().id
    }

    fn host(&self) -> Host {
        let factory: &'static dyn Factory = self.factory;
        self.starts.set(self.starts.get() + 1);
        let seed = self.starts.get();
        parts::host([factory], self.transport(), self.clock, seed, self.directory.path())
    }

    fn transport(&self) -> Arc<dyn Transport> {
        Arc::new(ServiceTransport::new(self.service.clone(), |_| TransportError {
            kind: TransportErrorKind::Lost,
            message: "the connection broke".to_owned(),
        }))
    }

    fn add(&self, name: &str, token: &str) {
        parts::add(&self.host(), name, self.id(), &connection(token)).unwrap();
    }

    fn open(&self) -> Opened {
        let host = self.host();
        host.open(&host.select(Some("home")).unwrap()).unwrap()
    }

    /// Every group may be changed, and groups may be given access.
    fn allow(&self) {
        let change = |policy: &mut doorward_host::Policy| {
            policy.kinds.insert("group".to_owned());
            policy.principals.insert("group".to_owned());
        };
        self.open().change_policy(change).unwrap();
    }

    fn selector(&self, text: &str, role: SelectorRole) -> Selector {
        Selector::parse(text, role, self.factory.descriptor()).unwrap()
    }

    fn principal(&self, text: &str) -> Selector {
        self.selector(text, SelectorRole::Principal)
    }

    fn resource(&self, text: &str) -> Selector {
        self.selector(text, SelectorRole::Resource)
    }

    fn request(&self, verb: Verb, who: &str, on: &str) -> ChangeRequest {
        ChangeRequest {
            verb,
            principal: self.principal(who),
            resource: self.resource(on),
            right: None,
            reason: None,
            ticket: None,
            kind: doorward_core::GrantKind::Active,
            until: None,
            permanent: false,
            allow_tier0: false,
        }
    }

    async fn change(&self, verb: Verb, who: &str, on: &str) -> Result<ChangeReport> {
        self.open().change(self.request(verb, who, on)).await
    }

    /// Asks the connector itself for a change, past all that the host looks at before.
    async fn apply(&self, principal: ObjectRef, group: &str) -> Result<Outcome> {
        let connector: Arc<dyn Connector> = self.factory.open(referring()).unwrap();
        let session = Session::new(SessionOptions {
            transport: self.transport(),
            reach: connector.reach(),
            secrets: [("/token", SecretString::from(TOKEN))].into_iter().collect(),
            clock: Arc::new(self.clock),
            random: Arc::new(SeededRandom::new(1)),
            log: Arc::new(KeptLog::default()),
            limits: Limits::default(),
        })
        .unwrap();
        let key = GrantKey::new(principal, ObjectRef::new("group", group), "member");
        let resource = json!({"key": key.resource, "name": "G", "class": "group"});
        let operation = json!({"id": "o", "action": "grant", "key": key, "resource": resource});
        let request = ApplyRequest { operations: vec![serde_json::from_value(operation).unwrap()] };
        let call = session.call(CallOptions::new(Mode::Live, Duration::from_secs(60)));
        let ended = call
            .run(|cx| {
                let (connector, request) = (Arc::clone(&connector), request.clone());
                async move { connector.apply(&cx, request).await }
            })
            .await;
        match ended {
            Ok(mut results) => results.remove(0),
            Err(CallEnd::Error(error)) => Err(error),
            Err(other) => panic!("{other:?}"),
        }
    }
}

fn connection(token: &str) -> Value {
    json!({"base_url": format!("{ORIGIN}{BASE}/"), "token": token})
}

/// As the connector sees it.
fn referring() -> Connection {
    let values = json!({"base_url": format!("{ORIGIN}{BASE}"), "token": {"pointer": "/token"}});
    serde_json::from_value(values).unwrap()
}

fn kind(report: &ChangeReport) -> OutcomeKind {
    report.outcome.as_ref().unwrap().kind
}

fn shown(error: &Error) -> (ErrorKind, &str) {
    (error.kind, error.reason.as_str())
}

async fn what_it_says_of_itself_is_what_it_is(bench: &'static Bench) {
    let schema = &bench.factory.descriptor().connection_schema;
    let validator = Validator::new(schema).unwrap();
    let fits = |connection: &Value| {
        let document = Document::parse(connection.to_string().as_bytes()).unwrap();
        validator.validate(&document).is_ok()
    };
    let with = |field: &str, value: &str| {
        let mut connection = connection(TOKEN);
        connection[field] = json!(value);
        connection
    };
    assert!(schema["examples"].as_array().unwrap().iter().all(fits));
    assert!(fits(&with("base_url", "http://127.0.0.1:8080")));
    for (field, value) in [
        ("base_url", "scim.example"),
        ("base_url", "https://scim.example/scim?x=y"),
        ("base_url", "https://user@scim.example/scim"),
        ("token", ""),
        ("token", "two words"),
        ("tenant", "x"),
    ] {
        assert!(!fits(&with(field, value)), "{field} {value}");
    }
    let place = json!({"base_url": "https://scim.example/a/../b", "token": TOKEN});
    let Err(error) = parts::propose(&bench.host(), bench.id(), &place) else {
        panic!("a path that climbs was proposed");
    };
    assert_eq!(shown(&error), (ErrorKind::InvalidConnection, "base-url"));
}

/// What they say differs in id and name alone.
#[test]
fn both_say_the_same_of_themselves() {
    let (Some(one), Some(other)) = (TYPESCRIPT.as_ref(), PYTHON.as_ref()) else { return };
    let said = |factory: &PluginFactory| {
        let mut said = serde_json::to_value(factory.descriptor()).unwrap();
        said["id"].take();
        said["name"].take();
        said
    };
    assert_eq!(said(one), said(other));
}

async fn a_check_tells_what_may_be_done(bench: &'static Bench) {
    let report = bench.open().check().await.unwrap();
    assert_eq!(report.identity.place, format!("{ORIGIN}{BASE}"));
    let may: Vec<(&str, bool)> = report
        .authority
        .iter()
        .map(|entry| {
            let everywhere = matches!(entry.authority, Authority::Everywhere { .. });
            (entry.ability.action.as_str(), everywhere)
        })
        .collect();
    let expected =
        [("read", true), ("read", true), ("read", true), ("grant", false), ("revoke", false)];
    assert_eq!(may, expected);
    let codes: Vec<&str> = report.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, ["unknown-identity"]);

    bench.service.inject(Method::GET, "/Users", Fault::Refused(403, None));
    let report = bench.open().check().await.unwrap();
    assert!(matches!(report.authority[0].authority, Authority::No { .. }));
}

async fn a_sync_is_the_whole_truth(bench: &'static Bench) {
    let snapshot = bench.open().sync(&|_: &Progress| {}).await.unwrap();
    assert!(snapshot.ledger.is_complete(), "{:?}", snapshot.ledger);
    let truth = bench.service.directory();

    let seen: BTreeSet<_> = snapshot
        .accounts
        .iter()
        .map(|account| {
            let told = (account.login.as_deref(), account.mail.as_deref(), account.enabled);
            (account.key.id.as_str(), account.name.as_str(), told)
        })
        .collect();
    let users: BTreeSet<_> = truth
        .users
        .iter()
        .map(|(id, user)| {
            let name = user.display_name.or(user.formatted).unwrap_or(user.user_name);
            let told = (Some(user.user_name), user.mails.first().copied(), Some(user.active));
            (id.as_str(), name, told)
        })
        .collect();
    assert_eq!(seen, users);

    let seen: BTreeSet<_> =
        snapshot.resources.iter().map(|one| (one.key.id.as_str(), one.name.as_str())).collect();
    let groups: BTreeSet<_> =
        truth.groups.iter().map(|(id, group)| (id.as_str(), group.display_name)).collect();
    assert_eq!(seen, groups);

    let seen: BTreeSet<_> = snapshot
        .grants
        .iter()
        .map(|grant| {
            let GrantKey { principal, resource, entitlement, .. } = &grant.key;
            assert_eq!((resource.kind.as_str(), entitlement.as_str()), ("group", "member"));
            (principal.kind.as_str(), principal.id.as_str(), resource.id.as_str())
        })
        .collect();
    let members: BTreeSet<_> = truth
        .groups
        .iter()
        .flat_map(|(group, value)| value.members.iter().map(move |one| (one, group)))
        .map(|(member, group)| {
            let kind = if truth.groups.contains_key(member) { "group" } else { "user" };
            (kind, member.as_str(), group.as_str())
        })
        .collect();
    assert_eq!(seen, members);

    assert_eq!(snapshot.ledger.expected["user"], truth.users.len() as u64);
    assert_eq!(snapshot.ledger.expected["group"], truth.groups.len() as u64);
    let created = snapshot.accounts[0].created.unwrap();
    assert_eq!(created.to_string(), "2026-01-02T03:04:05Z");
}

async fn names_are_found_exactly(bench: &'static Bench) {
    let opened = bench.open();
    let found = async |text: &str| match opened.resolve(&bench.principal(text)).await {
        Ok(object) => object.key().to_string(),
        Err(error) => error.reason,
    };
    for (text, expected) in [
        ("ada", "user:id=u1"),
        ("ADA \"countess\" LOVELACE", "user:id=u1"),
        ("Cléo", "user:id=u/5"),
        ("Dan \\ Brown", "user:id=u6"),
        ("mail=bo@scim.example", "user:id=u2"),
        ("user:id=u/5", "user:id=u/5"),
        ("group:Engineers", "group:id=g2"),
        ("group:id=g3", "group:id=g3"),
        ("Sam", "ambiguous-name"),
        ("nobody\" or userName pr or userName eq \"", "user-not-found"),
        ("user:id=..", "user-not-found"),
        ("group:id=none", "group-not-found"),
    ] {
        assert_eq!(found(text).await, expected, "{text}");
    }
}

async fn who_holds_what_is_told_through_groups_too(bench: &'static Bench) {
    let opened = bench.open();
    let sam = opened.resolve(&bench.principal("sam.two")).await.unwrap();
    let staff = opened.resolve(&bench.resource("Staff")).await.unwrap();

    let holders = opened.holders(staff.clone()).await.unwrap();
    let ids: Vec<&str> =
        holders.rows.iter().map(|row| row.grant.key.principal.id.as_str()).collect();
    assert_eq!(ids.into_iter().collect::<BTreeSet<_>>(), BTreeSet::from(["g2", "u/5", "u1"]));

    let holdings = opened.holdings(sam.clone()).await.unwrap();
    let held: BTreeSet<_> = holdings
        .rows
        .iter()
        .map(|row| {
            let via = row.grant.via.as_ref().map(|via| via.id.as_str());
            (row.grant.key.resource.id.as_str(), via)
        })
        .collect();
    let expected =
        BTreeSet::from([("g4", None), ("g2", Some("g4")), ("g1", Some("g2")), ("g5", Some("g4"))]);
    assert_eq!(held, expected);

    let explained = opened.explain_access(sam, staff, "member").await.unwrap();
    let ways: Vec<_> = explained.paths.iter().map(|path| path.names.join(" > ")).collect();
    assert_eq!(ways, ["Sam > Round > Engineers > Staff"]);
    assert_eq!(explained.skipped, []);
}

async fn a_grant_and_a_revoke_say_what_happened(bench: &'static Bench) {
    bench.allow();
    for (id, who) in [("u7", "eve"), ("u/5", "cleo")] {
        let steps = [
            (Verb::Grant, OutcomeKind::Granted, true),
            (Verb::Grant, OutcomeKind::AlreadyGranted, true),
            (Verb::Revoke, OutcomeKind::Revoked, false),
            (Verb::Revoke, OutcomeKind::AlreadyRevoked, false),
        ];
        for (verb, expected, holds) in steps {
            let report = bench.change(verb, who, "Nobody").await.unwrap();
            assert_eq!(kind(&report), expected);
            assert_eq!(bench.service.holds(id, "g3"), holds);
            assert_eq!(report.request_id.as_deref(), Some("scim-request"));
        }
    }
    assert_eq!(bench.service.writes(), 8);
}

async fn a_group_becomes_a_member(bench: &'static Bench) {
    bench.allow();
    let report = bench.change(Verb::Grant, "group:Engineers", "Nobody").await.unwrap();
    assert_eq!(kind(&report), OutcomeKind::Granted);
    assert!(bench.service.holds("g2", "g3"));
    let report = bench.change(Verb::Revoke, "bo", "Nobody").await.unwrap();
    assert_eq!(kind(&report), OutcomeKind::AlreadyRevoked);
    let ways: Vec<_> = report.remaining.iter().map(|path| path.names.join(" > ")).collect();
    assert_eq!(ways, ["Bo > Engineers > Nobody"]);
}

async fn who_or_what_does_not_exist_is_told(bench: &'static Bench) {
    bench.allow();
    let error = bench.change(Verb::Grant, "eve", "group:id=none").await.unwrap_err();
    assert_eq!(shown(&error), (ErrorKind::NotFound, "group-not-found"));
    // The connector says so, too, when they went after the host has looked.
    let eve = || ObjectRef::new("user", "u7");
    let error = bench.apply(eve(), "none").await.unwrap_err();
    assert_eq!(shown(&error), (ErrorKind::NotFound, "group-not-found"));
    let error = bench.apply(ObjectRef::new("user", "none"), "g3").await.unwrap_err();
    assert_eq!(shown(&error), (ErrorKind::NotFound, "user-not-found"));
    assert_eq!(bench.service.writes(), 0);
    assert_eq!(bench.apply(eve(), "g3").await.unwrap().kind, OutcomeKind::Granted);
}

async fn a_plan_shows_the_change_and_sends_nothing(bench: &'static Bench) {
    bench.allow();
    let report = bench.open().plan(bench.request(Verb::Grant, "eve", "Nobody")).await.unwrap();
    let planned = report.request.unwrap();
    assert_eq!(planned.url, format!("{ORIGIN}{BASE}/Groups/g3"));
    assert_eq!(planned.template, "/{}/{}/{}/{}/Groups/{}");
    let body = planned.body.unwrap();
    assert_eq!(body["Operations"][0]["value"], json!([{"value": "u7", "type": "User"}]));
    assert_eq!(bench.service.writes(), 0);
}

async fn a_refused_token_is_explained(bench: &'static Bench) {
    bench.add("wrong", "wrong-token");
    let host = bench.host();
    let error = host.open(&host.select(Some("wrong")).unwrap()).unwrap().check().await.unwrap_err();
    assert_eq!(shown(&error), (ErrorKind::Unauthenticated, "token-refused"));
    assert_eq!(error.provider_code.as_deref(), Some("invalid_token"));
    assert_eq!(error.request_id.as_deref(), Some("scim-request"));
    assert!(error.remedy.unwrap().contains("make a new token"));
    assert_eq!(error.causes, ["The token is not valid."]);
}

async fn the_wait_that_the_service_asks_for_is_kept(bench: &'static Bench) {
    bench.allow();
    for (method, path) in [(Method::GET, "/Groups/g3"), (Method::PATCH, "/Groups/g3")] {
        bench.service.inject(method.clone(), path, Fault::Throttled("7"));
        let verb = if method == Method::GET { Verb::Grant } else { Verb::Revoke };
        let began = Instant::now();
        let report = bench.change(verb, "eve", "group:id=g3").await.unwrap();
        assert!(began.elapsed() >= Duration::from_secs(7), "{method}");
        assert!(matches!(kind(&report), OutcomeKind::Granted | OutcomeKind::Revoked));
    }
    assert_eq!(bench.service.writes(), 3);
}

async fn a_refused_change_is_an_error_with_a_remedy(bench: &'static Bench) {
    bench.allow();
    for (status, scim_type, expected) in [
        (403, None, (ErrorKind::PermissionDenied, "missing-permission")),
        (400, Some("mutability"), (ErrorKind::NotManageable, "read-only")),
        (409, Some("uniqueness"), (ErrorKind::Conflict, "conflict")),
    ] {
        bench.service.inject(Method::PATCH, "/Groups/g3", Fault::Refused(status, scim_type));
        let error = bench.change(Verb::Grant, "eve", "Nobody").await.unwrap_err();
        assert_eq!(shown(&error), expected);
        assert_eq!(error.provider_code.as_deref(), scim_type);
        assert_eq!(error.request_id.as_deref(), Some("scim-request"));
        assert!(error.remedy.is_some());
        assert_eq!(error.causes, ["It is refused."]);
    }
    assert!(!bench.service.holds("u7", "g3"));
}

async fn a_lost_answer_is_settled_by_looking(bench: &'static Bench) {
    bench.allow();
    for (fault, expected) in [
        (Fault::Lost, Err("not-applied".to_owned())),
        (Fault::AppliedThenLost, Ok(OutcomeKind::Granted)),
    ] {
        bench.service.inject(Method::PATCH, "/Groups/g3", fault.clone());
        let result = bench.change(Verb::Grant, "eve", "Nobody").await;
        let result = result.map(|report| kind(&report)).map_err(|error| error.reason);
        assert_eq!(result, expected, "{fault:?}");
    }
    assert_eq!(bench.service.writes(), 2, "a lost write is never repeated");
}

/// The rules of `CONNECTOR_SPEC.md`. Which ids nobody has, the suite cannot tell of ids like these:
/// [`who_or_what_does_not_exist_is_told`] tries that.
async fn every_rule_is_kept(bench: &'static Bench) {
    bench.allow();
    let plan = bench.open().plan(bench.request(Verb::Grant, "eve", "Nobody")).await.unwrap();
    let subject = Subject {
        factory: bench.factory,
        connection: referring(),
        secrets: [("/token", SecretString::from(TOKEN))].into_iter().collect(),
        transport: bench.transport(),
        clock: Arc::new(bench.clock),
        random: Arc::new(SeededRandom::new(7)),
        log: Arc::new(KeptLog::default()),
        change: Some(Change {
            principal: plan.principal.key().clone(),
            resource: plan.resource,
            entitlement: plan.entitlement,
            scope: None,
        }),
    };
    let report = doorward_testkit::run(&subject).await.unwrap();
    let broken: Vec<String> = report
        .rules
        .iter()
        .filter(|rule| rule.verdict != Verdict::Passed && rule.rule != "apply-unknown-target")
        .map(|rule| format!("{} {:?}", rule.rule, rule.verdict))
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert_eq!(report.not_restored, None);
}
