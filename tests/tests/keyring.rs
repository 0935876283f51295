//! The fake connector goes through every command and every rule of the host.
#![cfg(test)]

use doorward_core::{
    ApplyRequest, Cursor, ErrorKind, Factory, OutcomeKind, Result, StartRequest, SyncRequest,
};
use doorward_host::{
    ChangeReport, ChangeRequest, Host, JournalState, Opened, Selector, SelectorRole, SqliteStore,
    Verb, candidates,
};
use doorward_http::{ServiceTransport, Transport, TransportError, TransportErrorKind};
use doorward_tests::crash::{Crash, CrashingStore};
use doorward_tests::keyring::{Fault, KEYRING, KeyringService};
use doorward_tests::parts::{self, VirtualClock};
use serde_json::json;
use std::cell::Cell;
use std::sync::Arc;
use tempfile::TempDir;

struct Bench {
    service: KeyringService,
    clock: VirtualClock,
    directory: TempDir,
    starts: Cell<u64>,
}

impl Bench {
    fn new() -> Self {
        let bench = Self {
            service: KeyringService::default(),
            clock: VirtualClock::starting_at("2026-11-23T08:00:00Z"),
            directory: tempfile::tempdir().unwrap(),
            starts: Cell::new(0),
        };
        let host = bench.host();
        bench.add(&host, "right-token");
        bench
    }

    fn host(&self) -> Host {
        let factory: &'static dyn Factory = &*KEYRING;
        // A restarted process draws other random numbers.
        self.starts.set(self.starts.get() + 1);
        let seed = self.starts.get();
        parts::host([factory], self.transport(), self.clock, seed, self.directory.path())
    }

    /// A process with a disk that can fill up.
    fn host_that_may_die(&self, crash: &Arc<Crash>) -> Host {
        let store = CrashingStore {
            inner: Arc::new(SqliteStore::open(self.directory.path()).unwrap()),
            crash: Arc::clone(crash),
        };
        let factory: &'static dyn Factory = &*KEYRING;
        parts::host_on([factory], self.transport(), self.clock, 99, Arc::new(store))
    }

    fn transport(&self) -> Arc<dyn Transport> {
        Arc::new(ServiceTransport::new(self.service.clone(), |_| TransportError {
            kind: TransportErrorKind::Lost,
            message: "the connection broke".to_owned(),
        }))
    }

    fn add(&self, host: &Host, token: &str) {
        let connection = json!({"origin": "https://keyring.example", "token": token});
        parts::add(host, "home", "keyring", &connection).unwrap();
    }

    /// Opens the integration as a new process would.
    fn open(&self) -> Opened {
        let host = self.host();
        host.open(&host.select(None).unwrap()).unwrap()
    }

    async fn allow(&self, rooms: &[&str]) {
        let opened = self.open();
        for room in rooms {
            let selector = resource(room);
            let object = opened.resolve(&selector).await.unwrap();
            opened
                .change_policy(|policy| {
                    policy.allow(object.key().clone(), object.name());
                })
                .unwrap();
        }
    }
}

fn resource(text: &str) -> Selector {
    Selector::parse(text, SelectorRole::Resource, KEYRING.descriptor()).unwrap()
}

fn person(text: &str) -> Selector {
    Selector::parse(text, SelectorRole::Principal, KEYRING.descriptor()).unwrap()
}

fn request(verb: Verb, who: &str, on: &str, right: Option<&str>) -> ChangeRequest {
    ChangeRequest {
        verb,
        principal: person(who),
        resource: resource(on),
        right: right.map(str::to_owned),
        reason: Some("joins".to_owned()),
        ticket: Some("T-1".to_owned()),
        kind: doorward_core::GrantKind::Active,
        until: None,
        permanent: false,
        allow_tier0: false,
    }
}

fn kind(report: &ChangeReport) -> OutcomeKind {
    report.outcome.as_ref().unwrap().kind
}

fn refused(result: Result<ChangeReport>) -> (ErrorKind, String) {
    let error = result.unwrap_err();
    (error.kind, error.reason)
}

#[tokio::test(start_paused = true)]
async fn check_tells_who_we_are_and_remembers_it() {
    let bench = Bench::new();
    let opened = bench.open();
    assert_eq!(opened.check().await.unwrap().identity.name, "Doorward");
    assert_eq!(bench.open().integration().identity.unwrap().key.id, "p0");
}

#[tokio::test(start_paused = true)]
async fn a_refused_credential_is_explained_by_the_connector() {
    let bench = Bench::new();
    let host = bench.host();
    host.store().remove(&host.select(None).unwrap().id).unwrap();
    bench.add(&host, "wrong-token");
    let error = bench.open().check().await.unwrap_err();
    assert_eq!((error.kind, error.reason.as_str()), (ErrorKind::Unauthenticated, "wrong-token"));
    assert_eq!(error.remedy.as_deref(), Some("Enter the token again."));
}

#[tokio::test(start_paused = true)]
async fn names_are_resolved_exactly_over_all_pages() {
    let bench = Bench::new();
    let opened = bench.open();
    let found = async |text: &str| {
        opened.resolve(&person(text)).await.map(|object| object.key().id.clone())
    };
    assert_eq!(found("ada").await.unwrap(), "p1");
    assert_eq!(found("ada@keys.example").await.unwrap(), "p1");
    assert_eq!(found("person:id=p2").await.unwrap(), "p2");
    assert_eq!(found("CLE\u{d3}").await.unwrap(), "p5");
    assert_eq!(found("ad").await.unwrap_err().kind, ErrorKind::NotFound);
    assert_eq!(opened.resolve(&resource("room:Lab")).await.unwrap().key().id, "r1");
    let error = found("sam").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Ambiguous);
    let ids: Vec<String> = candidates(&error).into_iter().map(|one| one.id).collect();
    assert_eq!(ids, ["p3", "p4"]);
}

#[test]
fn selectors_are_read_as_people_write_them() {
    let check = |text: &str, expect: &str| {
        let read = Selector::parse(text, SelectorRole::Resource, KEYRING.descriptor());
        let shown = read.map_or_else(|error| error.reason, |selector| selector.text());
        assert_eq!(shown, expect, "{text}");
    };
    check("Lab", "room:Lab");
    check("room:Lab", "room:Lab");
    check("room:id=r1", "room:id=r1");
    check("id=r1", "room:id=r1");
    check("mail=a@b", "room:mail=a@b");
    check("Team: A", "room:Team: A");
    check("room:Team: A", "room:Team: A");
    check("person:Ada", "person:Ada");
    check("rom:Lab", "unknown-kind");
    check("room:", "empty-selector");
    check(" ", "empty-selector");
}

#[tokio::test(start_paused = true)]
async fn a_grant_and_a_revoke_say_what_happened_and_already_is_no_error() {
    let bench = Bench::new();
    bench.allow(&["Lab"]).await;
    let steps = [
        (Verb::Grant, OutcomeKind::Granted, true),
        (Verb::Grant, OutcomeKind::AlreadyGranted, true),
        (Verb::Revoke, OutcomeKind::Revoked, false),
        (Verb::Revoke, OutcomeKind::AlreadyRevoked, false),
    ];
    for (verb, expect, holds) in steps {
        let report = bench.open().change(request(verb, "Ada", "Lab", None)).await.unwrap();
        assert_eq!(kind(&report), expect);
        assert_eq!(bench.service.holds("p1", "key", "r1"), holds);
        assert_eq!(report.request_id.as_deref(), Some("keyring-request"));
    }
    assert_eq!(bench.service.writes(), 4);
}

#[tokio::test(start_paused = true)]
async fn everything_that_forbids_a_change_forbids_it_before_a_write() {
    let bench = Bench::new();
    bench.allow(&["Lab", "Vault", "Crypt"]).await;
    let cases = [
        (Verb::Grant, "Ada", "Nowhere", None, ErrorKind::NotFound, "room-not-found"),
        (Verb::Grant, "Sam", "Lab", None, ErrorKind::Ambiguous, "ambiguous-name"),
        (Verb::Grant, "Ada", "Lab", Some("owner"), ErrorKind::InvalidRequest, "unknown-right"),
        (Verb::Grant, "Ada", "Crypt", None, ErrorKind::NotManageable, "sealed"),
        (Verb::Grant, "room:Lab", "Lab", None, ErrorKind::NotManageable, "principal-kind"),
        (Verb::Grant, "Ada", "person:Bo", None, ErrorKind::InvalidRequest, "not-a-resource"),
        (Verb::Grant, "Ada", "Vault", None, ErrorKind::DeniedByPolicy, "privileged-resource"),
        (Verb::Grant, "Doorward", "Lab", None, ErrorKind::DeniedByPolicy, "own-identity"),
        (Verb::Grant, "Ada", "Lab Annex", None, ErrorKind::DeniedByPolicy, "not-on-writable-list"),
        (Verb::Revoke, "Bo", "Lab", Some("keeper"), ErrorKind::DeniedByPolicy, "last-holder"),
    ];
    for (verb, who, on, right, kind, reason) in cases {
        for dry_run in [true, false] {
            let opened = bench.open();
            let asked = request(verb, who, on, right);
            let result =
                if dry_run { opened.plan(asked).await } else { opened.change(asked).await };
            assert_eq!(refused(result), (kind, reason.to_owned()));
        }
    }
    assert_eq!(bench.service.writes(), 0);
    assert!(bench.host().store().journal(None, 10).unwrap().is_empty());
    // What one right refuses, another may allow.
    let report = bench.open().change(request(Verb::Grant, "Ada", "Crypt", Some("keeper"))).await;
    assert_eq!(kind(&report.unwrap()), OutcomeKind::Granted);
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_must_stay_is_not_removed_when_holders_cannot_be_counted() {
    let bench = Bench::new();
    bench.allow(&["Lab"]).await;
    bench.open().change(request(Verb::Grant, "Ada", "Lab", Some("keeper"))).await.unwrap();
    bench.service.hide_holders();
    let revoke = || request(Verb::Revoke, "Ada", "Lab", Some("keeper"));
    let expect = (ErrorKind::DeniedByPolicy, "holders-not-countable".to_owned());
    assert_eq!(refused(bench.open().change(revoke()).await), expect);
    assert!(bench.service.holds("p1", "keeper", "r1"));
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_must_stay_may_go_when_another_one_stays() {
    let bench = Bench::new();
    bench.allow(&["Lab"]).await;
    bench.open().change(request(Verb::Grant, "Ada", "Lab", Some("keeper"))).await.unwrap();
    let revoke = request(Verb::Revoke, "Ada", "Lab", Some("keeper"));
    assert_eq!(kind(&bench.open().change(revoke).await.unwrap()), OutcomeKind::Revoked);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_is_the_same_code_and_sends_nothing() {
    let bench = Bench::new();
    bench.allow(&["Lab"]).await;
    let report = bench.open().plan(request(Verb::Grant, "Ada", "Lab", None)).await.unwrap();
    let planned = report.request.unwrap();
    assert_eq!(planned.url, "https://keyring.example/apply");
    assert_eq!(bench.service.writes(), 0);
    let done = bench.open().change(request(Verb::Grant, "Ada", "Lab", None)).await.unwrap();
    let journal = bench.host().store().journal_entries(&done.journal.unwrap()).unwrap();
    assert_eq!(journal[0].request.url, planned.url);
}

#[tokio::test(start_paused = true)]
async fn the_journal_tells_who_what_why_and_what_came_of_it() {
    let bench = Bench::new();
    bench.allow(&["Lab"]).await;
    bench.open().change(request(Verb::Grant, "Ada", "Lab", None)).await.unwrap();
    bench.service.inject("/apply", Fault::Status(403));
    let error = bench.open().change(request(Verb::Revoke, "Ada", "Lab", None)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::PermissionDenied);
    let journal = bench.host().store().journal(None, 10).unwrap();
    let [revoke, grant] = journal.as_slice() else { panic!("{journal:?}") };
    assert_eq!(error.attributes["journal"], json!(revoke.id));
    assert_eq!(grant.actor, "tester");
    assert_eq!(
        (grant.principal_name.as_str(), grant.resource_name.as_str()),
        ("Ada (ada@keys.example)", "Lab")
    );
    assert_eq!(grant.operation.reason.as_deref(), Some("joins"));
    assert_eq!(grant.operation.ticket.as_deref(), Some("T-1"));
    assert_eq!((grant.prior.is_some(), revoke.prior.is_some()), (false, true));
    assert_eq!((grant.state, revoke.state), (JournalState::Settled, JournalState::Settled));
    assert!(revoke.settlement.as_ref().unwrap().error.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_settled_by_looking() {
    let cases = [
        (Fault::AppliedThenLost, Ok(OutcomeKind::Granted)),
        (Fault::Lost, Err("not-applied")),
        (Fault::Status(504), Err("not-applied")),
    ];
    for (fault, expect) in cases {
        let bench = Bench::new();
        bench.allow(&["Lab"]).await;
        bench.service.inject("/apply", fault.clone());
        let result = bench.open().change(request(Verb::Grant, "Ada", "Lab", None)).await;
        let shown = result.as_ref().map(kind).map_err(|error| error.reason.as_str());
        assert_eq!(shown, expect, "{fault:?}");
        assert_eq!(bench.service.writes(), 1, "a lost write is never repeated");
        let journal = bench.host().store().journal(None, 1).unwrap();
        assert!(journal[0].settlement.as_ref().unwrap().by_looking);
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_write_is_repeated() {
    let bench = Bench::new();
    bench.allow(&["Lab"]).await;
    bench.service.inject("/apply", Fault::Status(429));
    let report = bench.open().change(request(Verb::Grant, "Ada", "Lab", None)).await.unwrap();
    assert_eq!(kind(&report), OutcomeKind::Granted);
    assert_eq!(bench.service.writes(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_answer_with_an_undeclared_kind_is_the_connectors_fault() {
    let bench = Bench::new();
    let answer = json!({"records": [{"record": "account", "key": {"kind": "robot", "id": "x"}, "name": "X"}]});
    bench.service.inject("/read", Fault::Answer(answer));
    let error = bench.open().resolve(&person("Ada")).await.unwrap_err();
    assert_eq!(
        (error.kind, error.reason.as_str()),
        (ErrorKind::ContractViolation, "undeclared-kind")
    );
}

#[tokio::test(start_paused = true)]
async fn pages_in_a_circle_are_noticed() {
    let bench = Bench::new();
    for _ in 0..2 {
        bench.service.inject("/read", Fault::Answer(json!({"records": [], "next": 1})));
    }
    let error = bench.open().resolve(&person("Ada")).await.unwrap_err();
    assert_eq!((error.kind, error.reason.as_str()), (ErrorKind::ContractViolation, "page-loop"));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_number_of_outcomes_leaves_the_outcome_to_a_look() {
    let bench = Bench::new();
    bench.allow(&["Lab"]).await;
    bench.service.inject("/apply", Fault::Answer(json!(["granted", "granted"])));
    let error = bench.open().change(request(Verb::Grant, "Ada", "Lab", None)).await.unwrap_err();
    assert_eq!(error.reason, "not-applied");
}

#[tokio::test(start_paused = true)]
async fn a_revocation_that_contradicts_what_was_read_is_confirmed_by_a_look() {
    let bench = Bench::new();
    bench.allow(&["Lab"]).await;
    bench.open().change(request(Verb::Grant, "Ada", "Lab", None)).await.unwrap();
    bench.service.inject("/apply", Fault::Answer(json!(["already-revoked"])));
    let error = bench.open().change(request(Verb::Revoke, "Ada", "Lab", None)).await.unwrap_err();
    assert_eq!(error.reason, "not-applied");
    assert!(bench.service.holds("p1", "key", "r1"));
}

#[tokio::test(start_paused = true)]
async fn a_name_is_not_unique_in_an_incomplete_answer() {
    let bench = Bench::new();
    let gap = json!({"record": "skipped", "code": "some-hidden", "message": "Some are hidden."});
    let ada = json!({"record": "account", "key": {"kind": "person", "id": "p1"}, "name": "Ada"});
    bench.service.inject("/read", Fault::Answer(json!({"records": [ada, gap]})));
    assert_eq!(bench.open().resolve(&person("Ada")).await.unwrap_err().reason, "some-hidden");
}

#[tokio::test(start_paused = true)]
async fn two_commands_do_not_change_one_integration_at_once() {
    let bench = Bench::new();
    bench.allow(&["Lab"]).await;
    let host = bench.host();
    let id = host.select(None).unwrap().id;
    let claim = host.store().claim(&id).unwrap().unwrap();
    assert!(bench.host().store().claim(&id).unwrap().is_none());
    let error = bench.open().change(request(Verb::Grant, "Ada", "Lab", None)).await.unwrap_err();
    assert_eq!((error.kind, error.reason.as_str()), (ErrorKind::Unavailable, "integration-busy"));
    drop(claim);
    bench.open().change(request(Verb::Grant, "Ada", "Lab", None)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn sync_reads_every_page_of_every_stream() {
    let bench = Bench::new();
    let transport = ServiceTransport::new(bench.service.clone(), |_| TransportError {
        kind: TransportErrorKind::Lost,
        message: "the connection broke".to_owned(),
    });
    let (session, connector) = doorward_tests::keyring::open(Arc::new(transport), bench.clock);
    let mut frontier: Vec<Cursor> = connector.start(StartRequest::default()).unwrap();
    let mut seen = 0;
    while let Some(cursor) = frontier.pop() {
        let call = session.call(doorward_http::CallOptions::new(
            doorward_http::Mode::Read,
            std::time::Duration::from_secs(60),
        ));
        let request = SyncRequest { cursor, facts: Default::default() };
        let page = call
            .run(|cx| {
                let (connector, request) = (Arc::clone(&connector), request.clone());
                async move { connector.sync(&cx, request).await }
            })
            .await
            .unwrap();
        seen += page.records.len();
        frontier.extend(page.next.into_iter().map(|next| next.cursor));
    }
    assert_eq!(seen, 6 + 4);
    let _ = ApplyRequest { operations: vec![] };
}

#[test]
fn the_connector_is_small() {
    let source = include_str!("../src/keyring/connector.rs");
    assert!(source.lines().count() <= 100, "the contract is too heavy");
}

/// Leaves a grant whose outcome nobody knows: one look that is refused is enough.
async fn leave_open(bench: &Bench) -> ChangeReport {
    bench.service.inject("/apply", Fault::AppliedThenLost);
    bench.service.inject("/read", Fault::Status(403));
    let report = bench.open().change(request(Verb::Grant, "Ada", "Lab", None)).await.unwrap();
    assert_eq!(kind(&report), OutcomeKind::Unknown);
    report
}

#[tokio::test(start_paused = true)]
async fn an_open_change_is_settled_before_the_same_access_is_changed_again() {
    let bench = Bench::new();
    bench.allow(&["Lab"]).await;
    let first = leave_open(&bench).await;
    let second = bench.open().change(request(Verb::Revoke, "Ada", "Lab", None)).await.unwrap();
    assert_eq!(kind(&second), OutcomeKind::Revoked);
    let host = bench.host();
    let entry = &host.store().journal_entries(&first.journal.unwrap()).unwrap()[0];
    let settlement = entry.settlement.as_ref().unwrap();
    assert_eq!(settlement.outcome.as_ref().unwrap().kind, OutcomeKind::Granted);
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_not_moved_away_from_an_open_change() {
    let bench = Bench::new();
    bench.allow(&["Lab"]).await;
    leave_open(&bench).await;
    let host = bench.host();
    let integration = host.select(None).unwrap();
    let elsewhere = json!({"origin": "https://other.example", "token": "right-token"});
    let proposal = parts::propose(&host, "keyring", &elsewhere).unwrap();
    assert_eq!(host.update(&integration, &proposal, None).unwrap_err().reason, "open-changes");
    // A new secret for the same place may be what settling waits for.
    let secret = secrecy::SecretString::from("new-token");
    let proposal = host.propose_secret(&integration, "/token", secret, None).unwrap();
    host.update(&integration, &proposal, None).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_check_does_not_undo_what_was_stored_meanwhile() {
    let bench = Bench::new();
    let slow = bench.open();
    bench.allow(&["Lab"]).await;
    slow.check().await.unwrap();
    let stored = bench.open().integration();
    assert_eq!(stored.policy.resources.len(), 1);
    assert!(stored.identity.is_some());
}

#[tokio::test(start_paused = true)]
async fn an_identity_is_not_kept_for_another_connection() {
    let bench = Bench::new();
    let (slow, late) = (bench.open(), bench.open());
    slow.check().await.unwrap();
    let host = bench.host();
    let elsewhere = json!({"origin": "https://other.example", "token": "right-token"});
    let proposal = parts::propose(&host, "keyring", &elsewhere).unwrap();
    host.update(&host.select(None).unwrap(), &proposal, None).unwrap();
    slow.check().await.unwrap();
    // Who asks for the first time would send the new secret to the old place.
    let error = late.check().await.unwrap_err();
    assert_eq!(error.reason, "integration-changed", "{error:?}");
    let stored = bench.open().integration();
    assert_eq!(stored.connection["origin"], json!("https://other.example"));
    assert!(stored.identity.is_none());
}

#[tokio::test(start_paused = true)]
async fn who_holds_nothing_is_not_the_last_holder() {
    let bench = Bench::new();
    bench.allow(&["Lab"]).await;
    let revoke = request(Verb::Revoke, "Ada", "Lab", Some("keeper"));
    assert_eq!(kind(&bench.open().change(revoke).await.unwrap()), OutcomeKind::AlreadyRevoked);
}

/// What somebody forbids while a command waits for its confirmation is forbidden.
#[tokio::test(start_paused = true)]
async fn what_was_changed_since_the_integration_was_opened_counts() {
    let bench = Bench::new();
    bench.allow(&["Lab"]).await;
    let slow = bench.open();
    bench
        .open()
        .change_policy(|policy| {
            policy.resources.clear();
        })
        .unwrap();
    let denied = slow.change(request(Verb::Grant, "Ada", "Lab", None)).await;
    let expect = (ErrorKind::DeniedByPolicy, "not-on-writable-list".to_owned());
    assert_eq!(refused(denied), expect);

    bench.allow(&["Lab"]).await;
    let slow = bench.open();
    let host = bench.host();
    let elsewhere = json!({"origin": "https://other.example", "token": "right-token"});
    let proposal = parts::propose(&host, "keyring", &elsewhere).unwrap();
    host.update(&host.select(None).unwrap(), &proposal, None).unwrap();
    let moved = slow.change(request(Verb::Grant, "Ada", "Lab", None)).await;
    assert_eq!(refused(moved), (ErrorKind::Unavailable, "integration-changed".to_owned()));

    let slow = bench.open();
    host.remove(&host.select(None).unwrap()).unwrap();
    let gone = slow.change(request(Verb::Grant, "Ada", "Lab", None)).await;
    assert_eq!(refused(gone), (ErrorKind::NotFound, "integration-gone".to_owned()));
    assert_eq!(bench.service.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_change_of_policy_counts_what_others_stored_meanwhile() {
    let bench = Bench::new();
    let slow = bench.open();
    bench.allow(&["Lab"]).await;
    let mut was_listed = false;
    slow.change_policy(|policy| {
        was_listed = !policy.resources.is_empty();
        policy.resources.clear();
    })
    .unwrap();
    assert!(was_listed);
    assert!(bench.open().integration().policy.resources.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_open_change_keeps_its_integration_until_it_is_closed() {
    let bench = Bench::new();
    bench.allow(&["Lab"]).await;
    leave_open(&bench).await;
    let host = bench.host();
    let integration = host.select(None).unwrap();
    let error = host.remove(&integration).unwrap_err();
    assert_eq!((error.kind, error.reason.as_str()), (ErrorKind::OutcomeUnknown, "open-changes"));
    let entry = host.store().unsettled(&integration.id).unwrap().remove(0);
    assert!(error.remedy.unwrap().contains(&format!("doorward journal close {}", entry.id)));

    bench.service.inject("/read", Fault::Status(403));
    let closed = bench.open().close(&entry.id, false, "seen in the console").await.unwrap();
    assert_eq!(closed.state, JournalState::Settled);
    let stored = &host.store().journal_entries(&entry.id).unwrap()[0];
    let settlement = stored.settlement.as_ref().unwrap();
    assert_eq!(settlement.outcome.as_ref().unwrap().kind, OutcomeKind::NotApplied);
    let by_hand = settlement.by_hand.as_ref().unwrap();
    assert_eq!(
        (by_hand.actor.as_str(), by_hand.reason.as_str()),
        ("tester", "seen in the console")
    );
    let again = bench.open().close(&entry.id, true, "no, it was").await.unwrap_err();
    assert_eq!((again.kind, again.reason.as_str()), (ErrorKind::InvalidRequest, "entry-settled"));
    host.remove(&integration).unwrap();
}

/// The provider's answer is known; only the journal lacks it, until the next command looks.
#[tokio::test(start_paused = true)]
async fn a_full_disk_does_not_hide_what_happened() {
    let bench = Bench::new();
    bench.allow(&["Lab"]).await;
    let crash = Arc::new(Crash::default());
    let host = bench.host_that_may_die(&crash);
    let opened = host.open(&host.select(None).unwrap()).unwrap();
    bench.service.then("/apply", {
        let crash = Arc::clone(&crash);
        move || crash.fill_disk()
    });
    let report = opened.change(request(Verb::Grant, "Ada", "Lab", None)).await.unwrap();
    assert_eq!(kind(&report), OutcomeKind::Granted);
    assert_eq!(report.not_journaled.unwrap().reason, "database");
    let settled = bench.open().settle().await.unwrap();
    assert_eq!(settled[0].state, JournalState::Settled);
    assert_eq!(settled[0].id, report.journal.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_is_full_before_the_write_sends_nothing() {
    let bench = Bench::new();
    bench.allow(&["Lab"]).await;
    let crash = Arc::new(Crash::default());
    let host = bench.host_that_may_die(&crash);
    let opened = host.open(&host.select(None).unwrap()).unwrap();
    opened.check().await.unwrap();
    crash.fill_disk();
    let result = opened.change(request(Verb::Grant, "Ada", "Lab", None)).await;
    assert_eq!(refused(result), (ErrorKind::Internal, "database".to_owned()));
    assert_eq!(bench.service.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_connector_that_claims_a_change_that_it_did_not_send_is_not_believed() {
    let bench = Bench::new();
    bench.allow(&["Lab"]).await;
    bench.service.inject("/apply", Fault::Answer(json!(["revoked"])));
    let report = bench.open().change(request(Verb::Grant, "Ada", "Lab", None)).await;
    // The write was accepted, whatever the connector makes of it: a look decides.
    assert_eq!(report.unwrap_err().reason, "not-applied");
}

/// The source of the old secret may be gone: that is why a new one is entered.
#[tokio::test(start_paused = true)]
async fn a_secret_is_replaced_though_the_old_one_cannot_be_had() {
    let bench = Bench::new();
    let host = bench.host();
    let stored = host.select(None).unwrap();
    let sources = [("/token".to_owned(), json!({"env": "GONE"}))].into_iter().collect();
    let secret = secrecy::SecretString::from("old-token");
    let proposal =
        host.propose_secret(&stored, "/token", secret, Some(json!({"env": "GONE"}))).unwrap();
    host.update(&stored, &proposal, None).unwrap();
    let stored = host.select(None).unwrap();
    assert_eq!(stored.sources, sources);
    let opened = host.open(&stored).unwrap();
    assert!(opened.check().await.is_err(), "the source is gone");
    let secret = secrecy::SecretString::from("right-token");
    let proposal = host.propose_secret(&stored, "/token", secret, None).unwrap();
    host.update(&stored, &proposal, None).unwrap();
    bench.open().check().await.unwrap();
}

/// A command may wait for minutes, also after it has begun: what somebody forbids meanwhile is
/// forbidden when the write is about to leave.
#[tokio::test(start_paused = true)]
async fn what_is_forbidden_while_a_change_is_under_way_is_not_sent() {
    // An open change of the same access is looked up first, or not.
    for (waits, reason) in [(true, "not-on-writable-list"), (false, "policy-changed")] {
        let bench = Bench::new();
        bench.allow(&["Lab"]).await;
        if waits {
            leave_open(&bench).await;
        }
        let (slow, other, before) = (bench.open(), bench.open(), bench.service.writes());
        slow.check().await.unwrap();
        bench.service.then("/read", move || {
            other.change_policy(|policy| policy.resources.clear()).unwrap();
        });
        let error = slow.change(request(Verb::Revoke, "Ada", "Lab", None)).await.unwrap_err();
        assert_eq!(error.reason, reason, "{error:?}");
        assert_eq!(bench.service.writes(), before);
    }
}

/// The connection and every secret of a proposal are those of when it was made.
#[tokio::test(start_paused = true)]
async fn an_update_does_not_undo_another_one() {
    let elsewhere = json!({"origin": "https://other.example", "token": "right-token"});
    let here = json!({"origin": "https://keyring.example", "token": "other-token"});
    for faster in [elsewhere, here] {
        let bench = Bench::new();
        let host = bench.host();
        let stored = host.select(None).unwrap();
        let secret = secrecy::SecretString::from("new-token");
        let slow = host.propose_secret(&stored, "/token", secret, None).unwrap();
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let faster = parts::propose(&host, "keyring", &faster).unwrap();
        let faster = host.update(&stored, &faster, None).unwrap();
        let error = host.update(&stored, &slow, None).unwrap_err();
        assert_eq!(
            (error.kind, error.reason.as_str()),
            (ErrorKind::Unavailable, "integration-changed")
        );
        assert_eq!(host.select(None).unwrap(), faster);
    }
}
