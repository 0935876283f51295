//! What an administrator meets at Entra ID, from the host down to the wire, in process.
#![cfg(test)]

use doorward_core::{ErrorKind, Object, OutcomeKind, Result};
use doorward_host::{
    ChangeReport, JournalEntry, JournalState, Selector, SelectorRole, Verb, candidates,
};
use doorward_tests::crash::Crash;
use doorward_tests::world::{World, entra_id, request};
use entra_sim::{Answer, Fault, GroupKind, Lag, Latency, Matcher, Settings, Size, cast};
use std::sync::Arc;
use std::time::Duration;

fn world() -> World {
    World::new(1, Settings::default())
}

fn kind(report: &ChangeReport) -> OutcomeKind {
    report.outcome.as_ref().unwrap().kind
}

fn writes(world: &World) -> usize {
    world
        .simulator
        .trace()
        .iter()
        .filter(|entry| entry.method != "GET" && !entry.path.ends_with("/token"))
        .count()
}

async fn change(
    world: &World,
    verb: Verb,
    who: &str,
    on: &str,
    right: &str,
) -> Result<ChangeReport> {
    world.open().change(request(verb, who, on, right)).await
}

async fn find(world: &World, text: &str, role: SelectorRole) -> Object {
    let selector = Selector::parse(text, role, entra_id().descriptor()).unwrap();
    world.open().resolve(&selector).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn twice_is_already_and_no_error() {
    let world = world();
    let steps = [
        (Verb::Grant, OutcomeKind::Granted),
        (Verb::Grant, OutcomeKind::AlreadyGranted),
        (Verb::Revoke, OutcomeKind::Revoked),
        (Verb::Revoke, OutcomeKind::AlreadyRevoked),
    ];
    for right in ["member", "owner"] {
        for (verb, expect) in steps {
            let report =
                change(&world, verb, "alice@contoso.com", "group:Finance", right).await.unwrap();
            assert_eq!(kind(&report), expect, "{right}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_managed_says_why_and_where_to_go_and_sends_no_write() {
    let world = world();
    let cases = [
        ("Warehouse", "member", "synced-from-active-directory", "Active Directory"),
        ("Warehouse", "owner", "synced-from-active-directory", "Active Directory"),
        ("All Staff", "member", "dynamic-membership", "rule"),
        ("All Staff Paused", "member", "dynamic-membership", "rule"),
        ("Press", "member", "distribution-list", "Exchange admin center"),
        ("Building Security", "member", "mail-enabled", "Exchange admin center"),
        ("Payroll Vault", "member", "restricted-unit", "unit"),
    ];
    for (group, right, reason, place) in cases {
        for verb in [Verb::Grant, Verb::Revoke] {
            let error = change(&world, verb, "bob@contoso.com", &format!("group:{group}"), right)
                .await
                .unwrap_err();
            assert_eq!((error.kind, error.reason.as_str()), (ErrorKind::NotManageable, reason));
            let remedy = error.remedy.unwrap();
            assert!(remedy.contains(place), "{group}: {remedy}");
        }
    }
    let error =
        change(&world, Verb::Grant, "bob@contoso.com", "group:Tier 0 Operators", "member").await;
    let error = error.unwrap_err();
    assert_eq!(
        (error.kind, error.reason.as_str()),
        (ErrorKind::DeniedByPolicy, "privileged-resource")
    );
    let robot = format!("service-principal:id={}", cast::BUILD_ROBOT);
    let error = change(&world, Verb::Grant, &robot, "group:Project Phoenix", "member").await;
    assert_eq!(error.unwrap_err().reason, "member-type");
    assert_eq!(writes(&world), 0);
}

#[tokio::test(start_paused = true)]
async fn the_owner_of_a_dynamic_group_can_be_changed() {
    let world = world();
    let report = change(&world, Verb::Grant, "bob@contoso.com", "group:All Staff", "owner").await;
    assert_eq!(kind(&report.unwrap()), OutcomeKind::Granted);
    assert!(world.simulator.tenant().owners(cast::ALL_STAFF).contains(&cast::BOB.to_owned()));
}

#[tokio::test(start_paused = true)]
async fn two_groups_of_one_name_are_both_shown_and_neither_is_changed() {
    let world = world();
    let second = world.simulator.tenant().add_group("finance", GroupKind::Security);
    for verb in [Verb::Grant, Verb::Revoke] {
        let error = change(&world, verb, "alice@contoso.com", "group:Finance", "member").await;
        let error = error.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Ambiguous);
        let mut ids: Vec<String> = candidates(&error).into_iter().map(|one| one.id).collect();
        ids.sort();
        let mut expect = [cast::FINANCE.to_owned(), second.clone()];
        expect.sort();
        assert_eq!(ids, expect);
    }
    assert_eq!(writes(&world), 0);
    let by_id = format!("group:id={second}");
    let report = change(&world, Verb::Grant, "alice@contoso.com", &by_id, "member").await.unwrap();
    assert_eq!(kind(&report), OutcomeKind::Granted);
    assert_eq!(world.simulator.tenant().members(&second), [cast::ALICE]);
}

#[tokio::test(start_paused = true)]
async fn deleted_objects_never_match() {
    let world = world();
    for (who, on) in
        [("zoe@contoso.com", "group:Finance"), ("alice@contoso.com", "group:Old Finance")]
    {
        let error = change(&world, Verb::Grant, who, on, "member").await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotFound, "{who} {on}");
    }
    assert_eq!(writes(&world), 0);
}

#[tokio::test(start_paused = true)]
async fn a_revoke_says_through_what_the_access_remains() {
    let world = world();
    {
        let mut tenant = world.simulator.tenant();
        tenant.add_member(cast::ENGINEERING, cast::BOB);
    }
    let report = change(&world, Verb::Revoke, "bob@contoso.com", "group:Engineering", "member");
    let report = report.await.unwrap();
    assert_eq!(kind(&report), OutcomeKind::Revoked);
    assert!(report.remaining_unknown.is_none());
    let names: Vec<&[String]> = report.remaining.iter().map(|path| path.names.as_slice()).collect();
    assert_eq!(names, [["Bob Berg", "Platform", "Engineering"]]);
}

#[tokio::test(start_paused = true)]
async fn service_principals_are_among_the_members() {
    let world = world();
    let group = find(&world, "group:Engineering", SelectorRole::Resource).await;
    let list = world.open().holders(group).await.unwrap();
    let ids: Vec<&str> = list.rows.iter().map(|row| row.grant.key.principal.id.as_str()).collect();
    assert!(ids.contains(&cast::BUILD_ROBOT), "{ids:?}");
    assert!(ids.contains(&cast::PLATFORM), "{ids:?}");
    assert!(list.skipped.is_empty());
}

#[tokio::test(start_paused = true)]
async fn hidden_members_are_never_called_none() {
    let world = world();
    let group = find(&world, "group:Works Council", SelectorRole::Resource).await;
    let list = world.open().holders(group).await.unwrap();
    assert!(list.skipped.iter().any(|gap| gap.code == "hidden-membership"), "{list:?}");
}

#[tokio::test(start_paused = true)]
async fn a_hidden_membership_is_not_called_absent_before_a_change() {
    let world = world();
    let asked = request(Verb::Revoke, "dave@contoso.com", "group:Works Council", "member");
    let report = world.open().plan(asked).await.unwrap();
    assert!(report.prior.is_none());
    assert_eq!(report.prior_unknown.unwrap().code, "hidden-membership");
}

#[tokio::test(start_paused = true)]
async fn a_504_after_an_applied_write_is_settled_by_looking() {
    for (what, expect) in [
        (Answer::AppliedThen { status: 504 }, Ok(OutcomeKind::Granted)),
        (Answer::ResetAfter, Ok(OutcomeKind::Granted)),
        (Answer::AppliedNoAnswer, Ok(OutcomeKind::Granted)),
        (Answer::ResetBefore, Err("not-applied")),
        (Answer::Html { status: 502 }, Err("not-applied")),
    ] {
        let world = world();
        let mut when = Matcher::once("/v1.0/");
        when.method = Some(http::Method::POST);
        world.simulator.inject(Fault { when, what: what.clone() });
        let result =
            change(&world, Verb::Grant, "alice@contoso.com", "group:Finance", "member").await;
        let said = result.as_ref().map(kind).map_err(|error| error.reason.as_str());
        assert_eq!(said, expect, "{what:?}");
        let is_there =
            world.simulator.tenant().members(cast::FINANCE).contains(&cast::ALICE.to_owned());
        assert_eq!(is_there, expect.is_ok(), "{what:?}");
        assert_eq!(writes(&world), 1, "a lost write is never repeated: {what:?}");
        let host = world.start(&Arc::default());
        let entry = &host.store().journal(None, 1).unwrap()[0];
        assert_eq!(entry.state, JournalState::Settled);
        assert!(entry.settlement.as_ref().unwrap().by_looking);
    }
}

/// A replica that lags shows the membership that was just revoked; taking that for the lost grant
/// would be the first wrong answer.
#[tokio::test(start_paused = true)]
async fn a_stale_replica_is_not_taken_for_a_lost_grant() {
    for seed in 0..20 {
        let lag = Lag { links: Duration::from_secs(30), ..Lag::default() };
        let latency = Latency { least: Duration::from_millis(50), most: Duration::from_millis(50) };
        let world =
            World::new(seed, Settings { seed, lag: Some(lag), latency, ..Settings::default() });
        let revoked =
            change(&world, Verb::Revoke, "bob@contoso.com", "group:Finance", "member").await;
        assert_eq!(kind(&revoked.unwrap()), OutcomeKind::Revoked);
        let mut when = Matcher::once("/v1.0/");
        when.method = Some(http::Method::POST);
        world.simulator.inject(Fault { when, what: Answer::ResetBefore });
        let lost = change(&world, Verb::Grant, "bob@contoso.com", "group:Finance", "member").await;
        assert_eq!(
            lost.map(|report| kind(&report)).unwrap_err().reason,
            "not-applied",
            "seed {seed}"
        );
    }
}

/// Scenario (a): a 504 after an add that was carried out, replicas that show it up to 40 s later, and a
/// process that is killed after each of its steps. Whatever happens, there is one membership at most, the
/// journal says what happened and that it was not there before, and nothing is written twice.
#[tokio::test(start_paused = true)]
async fn a_lost_answer_with_lag_is_settled_also_when_the_process_is_killed() {
    let (mut survived, mut granted_after_a_crash) = (0, 0);
    for seed in 0..2 {
        for dies_after in 1.. {
            let lag = Lag { links: Duration::from_secs(40), ..Lag::default() };
            let latency =
                Latency { least: Duration::from_millis(5), most: Duration::from_millis(80) };
            let settings = Settings { seed, lag: Some(lag), latency, ..Settings::default() };
            let world = World::new(seed, settings);
            let mut when = Matcher::once("/v1.0/");
            when.method = Some(http::Method::POST);
            world.simulator.inject(Fault { when, what: Answer::AppliedThen { status: 504 } });
            let crash = Arc::new(Crash::default());
            let host = world.start(&crash);
            let opened = host.open(&host.select(None).unwrap()).unwrap();
            crash.after(dies_after);
            let asked = request(Verb::Grant, "alice@contoso.com", "group:Finance", "member");
            let result = tokio::select! {
                biased;
                () = crash.died() => None,
                result = opened.change(asked) => (!crash.is_dead()).then_some(result),
            };
            drop((opened, host));
            if let Some(result) = &result {
                let report = result.as_ref().unwrap();
                assert_eq!(kind(report), OutcomeKind::Granted, "{seed} {dies_after}");
                assert!(report.by_looking && report.prior.is_none());
                survived += 1;
            }
            let entry = settled(&world).await;
            let members = world.simulator.tenant().members(cast::FINANCE);
            let times = members.iter().filter(|one| *one == cast::ALICE).count();
            assert_eq!(writes(&world), times, "{seed} {dies_after}");
            let Some(entry) = entry else {
                assert_eq!(times, 0, "a write without a journal entry: {seed} {dies_after}");
                continue;
            };
            assert!(entry.prior.is_none() && entry.prior_unknown.is_none());
            let settlement = entry.settlement.unwrap();
            let said = settlement.outcome.unwrap().kind;
            let expect = if times == 1 { OutcomeKind::Granted } else { OutcomeKind::NotApplied };
            assert_eq!((said, settlement.by_looking), (expect, true), "{seed} {dies_after}");
            granted_after_a_crash += usize::from(result.is_none() && times == 1);
            if result.is_some() {
                break;
            }
        }
    }
    assert_eq!(survived, 2, "each life ends when no step is left to die after");
    assert!(granted_after_a_crash > 2, "{granted_after_a_crash}");
}

/// What later commands find out, each by looking; the only journal entry.
async fn settled(world: &World) -> Option<JournalEntry> {
    for _ in 0..20 {
        let open = world.open().settle().await.unwrap();
        if open.iter().all(|entry| entry.state == JournalState::Settled) {
            break;
        }
        tokio::time::sleep(Duration::from_secs(30)).await;
    }
    let host = world.start(&Arc::default());
    let mut entries = host.store().journal(None, 10).unwrap();
    assert!(entries.len() <= 1, "{entries:?}");
    let entry = entries.pop();
    assert!(entry.iter().all(|entry| entry.state == JournalState::Settled), "{entry:?}");
    entry
}

#[tokio::test(start_paused = true)]
async fn a_tenant_of_20_000_users_and_5_000_groups_is_read_to_its_last_page() {
    let world = World::with_size(
        Size { users: 20_000, groups: 5_000, seed: 3, ..Size::default() },
        Settings::default(),
    );
    let largest = {
        let tenant = world.simulator.tenant();
        let groups = tenant.ids(entra_sim::Kind::Group);
        groups.into_iter().max_by_key(|id| tenant.members(id).len()).unwrap()
    };
    let group = find(&world, &format!("group:id={largest}"), SelectorRole::Resource).await;
    let list = world.open().holders(group).await.unwrap();
    let members: Vec<String> = list
        .rows
        .iter()
        .filter(|row| row.grant.key.entitlement == "member")
        .map(|row| row.grant.key.principal.id.clone())
        .collect();
    let expect = world.simulator.tenant().members(&largest);
    assert!(expect.len() > 5_000, "{}", expect.len());
    assert_eq!(members.len(), expect.len());
}

/// What a group is given, its members are given; Doorward may be one of them, at any depth.
#[tokio::test(start_paused = true)]
async fn a_group_that_holds_doorward_itself_is_not_given_access() {
    let world = world();
    {
        let mut tenant = world.simulator.tenant();
        tenant.add_member(cast::EMPTY_ROOM, cast::SERVICE_PRINCIPAL_ID);
        tenant.add_member(cast::FINANCE_LEADS, cast::EMPTY_ROOM);
    }
    for verb in [Verb::Grant, Verb::Revoke] {
        let result =
            change(&world, verb, "group:Finance Leads", "group:Engineering", "member").await;
        let error = result.unwrap_err();
        assert_eq!(
            (error.kind, error.reason.as_str()),
            (ErrorKind::DeniedByPolicy, "own-identity")
        );
        assert!(error.message.ends_with("Doorward → Empty Room → Finance Leads."), "{error}");
    }
    assert_eq!(writes(&world), 0);
    let other = change(&world, Verb::Grant, "group:Platform", "group:Finance", "member").await;
    assert_eq!(kind(&other.unwrap()), OutcomeKind::Granted);
}

#[tokio::test(start_paused = true)]
async fn the_last_owner_who_is_a_user_stays() {
    let world = world();
    {
        let mut tenant = world.simulator.tenant();
        for owner in tenant.owners(cast::EMPTY_ROOM) {
            tenant.remove_owner(cast::EMPTY_ROOM, &owner);
        }
        tenant.add_owner(cast::EMPTY_ROOM, cast::ALICE);
        tenant.add_owner(cast::EMPTY_ROOM, cast::BUILD_ROBOT);
    }
    let robot = format!("service-principal:id={}", cast::BUILD_ROBOT);
    let error = change(&world, Verb::Revoke, "alice@contoso.com", "group:Empty Room", "owner")
        .await
        .unwrap_err();
    assert_eq!(error.reason, "last-holder");
    assert!(error.message.contains("last user"), "{error}");
    assert_eq!(writes(&world), 0);
    let report = change(&world, Verb::Revoke, &robot, "group:Empty Room", "owner").await;
    assert_eq!(kind(&report.unwrap()), OutcomeKind::Revoked);
}

/// An answer "was not there" of a grant that a read has just shown: a stale replica may have given
/// it, and the first looks may ask that replica again.
#[tokio::test(start_paused = true)]
async fn an_already_against_what_was_read_waits_until_replicas_agree() {
    let mut confirmed = 0;
    for seed in 0..20 {
        let lag = Lag { links: Duration::from_secs(30), ..Lag::default() };
        let latency = Latency { least: Duration::from_millis(50), most: Duration::from_millis(50) };
        let world =
            World::new(seed, Settings { seed, lag: Some(lag), latency, ..Settings::default() });
        // By somebody else, in the portal.
        world.simulator.tenant().add_member(cast::FINANCE, cast::ALICE);
        tokio::time::sleep(Duration::from_secs(10)).await;
        let mut when = Matcher::once("/v1.0/");
        when.method = Some(http::Method::DELETE);
        let what = Answer::Status {
            status: 404,
            code: "Request_ResourceNotFound".to_owned(),
            message: "Resource 'x' does not exist or one of its queried reference-property objects are not present.".to_owned(),
        };
        world.simulator.inject(Fault { when, what });
        let result =
            change(&world, Verb::Revoke, "alice@contoso.com", "group:Finance", "member").await;
        match result {
            Err(error) => {
                assert_eq!(error.reason, "not-applied", "seed {seed}");
                confirmed += 1;
            }
            // Neither the read nor the answer knew of it: there was nothing to doubt.
            Ok(report) => assert!(report.prior.is_none(), "seed {seed}: {report:?}"),
        }
    }
    assert!(confirmed > 5, "only {confirmed} reads showed the membership");
}

#[tokio::test(start_paused = true)]
async fn a_change_that_nobody_can_look_up_is_closed_by_hand() {
    let world = world();
    let mut when = Matcher::once("/v1.0/");
    when.method = Some(http::Method::DELETE);
    world.simulator.inject(Fault { when, what: Answer::ResetBefore });
    let revoke =
        || change(&world, Verb::Revoke, "dave@contoso.com", "group:Works Council", "member");
    let lost = revoke().await.unwrap();
    assert_eq!(kind(&lost), OutcomeKind::Unknown);
    let blocked = revoke().await.unwrap_err();
    assert_eq!(blocked.reason, "earlier-change-open");
    let id = lost.journal.unwrap();
    assert!(blocked.remedy.unwrap().contains(&format!("doorward journal close {id}")));
    world.open().close(&id, false, "the portal shows it").await.unwrap();
    assert_eq!(kind(&revoke().await.unwrap()), OutcomeKind::AlreadyRevoked);
}

/// What `check` promises with the permissions that Doorward recommends must hold.
#[tokio::test(start_paused = true)]
async fn a_group_is_given_access_with_the_recommended_permissions() {
    let world = world();
    let roles = ["User.Read.All", "Organization.Read.All", "GroupMember.ReadWrite.All"];
    world.simulator.tenant().set_app_roles(roles);
    let grant = || change(&world, Verb::Grant, "group:Platform", "group:Finance", "member");
    assert_eq!(kind(&grant().await.unwrap()), OutcomeKind::Granted);
    world.simulator.tenant().add_member(cast::PLATFORM, cast::SERVICE_PRINCIPAL_ID);
    let error = grant().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::DeniedByPolicy, "{error:?}");
    assert!(error.reason.starts_with("own-identity"), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_service_principal_is_found_by_both_its_ids() {
    let world = world();
    for id in [cast::SERVICE_PRINCIPAL_ID, cast::CLIENT_ID] {
        let text = format!("service-principal:id={id}");
        let found = find(&world, &text, SelectorRole::Principal).await;
        assert_eq!(found.key().id, cast::SERVICE_PRINCIPAL_ID);
    }
}

/// A process that runs for hours: its secret ends, one clear error says so, another process puts a
/// new one into its place, and the first goes on without a restart.
#[tokio::test(start_paused = true)]
async fn a_new_secret_counts_while_the_host_runs() {
    let world = world();
    let opened = world.open();
    let alice =
        Selector::parse("alice@contoso.com", SelectorRole::Principal, entra_id().descriptor());
    let alice = alice.unwrap();
    opened.resolve(&alice).await.unwrap();
    assert!(world.simulator.tenant().expire_secret(cast::SECRET));
    opened.resolve(&alice).await.unwrap();
    tokio::time::advance(Duration::from_secs(3600)).await;
    let asked = world.simulator.trace().len();
    let error = opened.resolve(&alice).await.unwrap_err();
    assert_eq!((error.kind, error.reason.as_str()), (ErrorKind::Unauthenticated, "expired-secret"));
    assert_eq!(error.attributes["pointer"], "/secret");
    assert_eq!(world.simulator.trace().len(), asked + 1, "one refusal is enough");
    // Another process.
    let host = world.start(&Arc::default());
    let integration = host.select(None).unwrap();
    world.simulator.tenant().add_secret("Fak3~TheNextSecret");
    let proposal =
        host.propose_secret(&integration, "/secret", "Fak3~TheNextSecret".into(), None).unwrap();
    host.update(&integration, &proposal, None).unwrap();
    // The first goes on.
    let report =
        opened.change(request(Verb::Grant, "alice@contoso.com", "group:Finance", "member"));
    assert_eq!(kind(&report.await.unwrap()), OutcomeKind::Granted);
}
