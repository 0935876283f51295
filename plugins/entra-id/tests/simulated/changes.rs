//! Grants and revocations, what refuses them, and what came of lost ones.

use doorward_core::{ErrorKind, OutcomeKind, Query, SettleRequest};
use doorward_http::Mode;
use entra_sim::{Answer, GroupKind, Lag, Settings, Size, cast};
use std::time::Duration;

use crate::world::{
    Ended, World, grants, group, member, operation, owner, refused, robot, user, ways,
};

#[tokio::test(start_paused = true)]
async fn a_grant_and_a_revocation_say_what_happened_also_when_repeated() {
    let world = World::new();
    for key in [
        member(user(cast::ALICE), cast::FINANCE),
        member(robot(), cast::FINANCE),
        member(group(cast::PLATFORM), cast::FINANCE),
        owner(user(cast::ALICE), cast::FINANCE),
        owner(robot(), cast::FINANCE),
        owner(user(cast::ALICE), cast::ALL_STAFF),
        member(user(cast::CAROL), cast::TIER_0_OPERATORS),
    ] {
        // On ownerless groups the first owner could not be taken again.
        world.simulator.tenant().add_owner(&key.resource.id, cast::DAVE);
        for (adds, expected) in [
            (true, OutcomeKind::Granted),
            (true, OutcomeKind::AlreadyGranted),
            (false, OutcomeKind::Revoked),
            (false, OutcomeKind::AlreadyRevoked),
        ] {
            assert_eq!(world.change(adds, key.clone()).await.unwrap(), expected, "{key:?}");
        }
    }
    world
        .simulator
        .change_settings(|settings| settings.removal_of_non_member_is_bad_request = true);
    let outcome = world.change(false, member(user(cast::ALICE), cast::FINANCE)).await.unwrap();
    assert_eq!(outcome, OutcomeKind::AlreadyRevoked);
    assert!(world.simulator.trace().iter().all(|entry| entry.note.is_none()));
}

#[tokio::test(start_paused = true)]
async fn each_kind_of_group_refuses_with_its_reason() {
    let world = World::new();
    let table = [
        (member(user(cast::ALICE), cast::WAREHOUSE), "synced-from-active-directory"),
        (owner(user(cast::ALICE), cast::WAREHOUSE), "synced-from-active-directory"),
        (member(user(cast::ALICE), cast::ALL_STAFF), "dynamic-membership"),
        (member(user(cast::ALICE), cast::ALL_STAFF_PAUSED), "dynamic-membership"),
        (member(user(cast::BOB), cast::PRESS), "distribution-list"),
        (member(user(cast::ALICE), cast::BUILDING_SECURITY), "mail-enabled"),
        (member(user(cast::ALICE), cast::PAYROLL_VAULT), "restricted-unit"),
        (member(robot(), cast::PROJECT_PHOENIX), "member-type"),
        (member(group(cast::FINANCE), cast::PROJECT_PHOENIX), "member-type"),
        (member(group(cast::FINANCE), cast::TIER_0_OPERATORS), "member-type"),
        (member(group(cast::PROJECT_PHOENIX), cast::FINANCE), "nesting-refused"),
    ];
    for forbidden in [false, true] {
        world.simulator.change_settings(|settings| settings.mail_enabled_is_forbidden = forbidden);
        for (key, reason) in &table {
            let error = refused(&world, true, key.clone()).await;
            assert_eq!(
                (error.kind, error.reason.as_str()),
                (ErrorKind::NotManageable, *reason),
                "{key:?}"
            );
        }
    }
    let error = refused(&world, true, member(user(cast::ALICE), cast::ALL_STAFF)).await;
    assert!(error.message.contains("user."), "the rule is shown: {}", error.message);
}

#[tokio::test(start_paused = true)]
async fn the_last_user_among_the_owners_stays() {
    let world = World::new();
    assert_eq!(
        world.change(true, owner(robot(), cast::FINANCE)).await.unwrap(),
        OutcomeKind::Granted
    );
    let error = refused(&world, false, owner(user(cast::CAROL), cast::FINANCE)).await;
    assert_eq!((error.kind, error.reason.as_str()), (ErrorKind::Conflict, "last-owner"));
}

#[tokio::test(start_paused = true)]
async fn the_hundred_and_first_owner_is_refused() {
    let world = World::new();
    for number in 0..99 {
        let mut tenant = world.simulator.tenant();
        let id = tenant.add_user(&format!("Owner {number}"), &format!("owner{number}@contoso.com"));
        tenant.add_owner(cast::FINANCE, &id);
    }
    let error = refused(&world, true, owner(user(cast::ALICE), cast::FINANCE)).await;
    assert_eq!((error.kind, error.reason.as_str()), (ErrorKind::Conflict, "quota"));
}

#[tokio::test(start_paused = true)]
async fn missing_objects_are_told_apart() {
    let world = World::new();
    let error = refused(&world, true, member(user(cast::ZOE), cast::FINANCE)).await;
    assert_eq!(error.reason, "principal-not-found");
    for adds in [true, false] {
        for bad_request in [true, false] {
            world.simulator.change_settings(|settings| {
                settings.removal_of_non_member_is_bad_request = bad_request
            });
            let operation =
                world.operation(adds, member(user(cast::ALICE), cast::EMPTY_ROOM)).await;
            world.simulator.tenant().soft_delete(cast::EMPTY_ROOM);
            let error = world.apply(vec![operation]).await.unwrap_err();
            assert_eq!(
                (error.kind, error.reason.as_str()),
                (ErrorKind::NotFound, "resource-not-found")
            );
            world.simulator.tenant().restore(cast::EMPTY_ROOM);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_missing_permission_names_the_one_that_is_missing() {
    let read = ["User.Read.All", "GroupMember.Read.All"];
    let with = |more: &[&'static str]| [&read[..], more].concat();
    let table = [
        (with(&[]), member(user(cast::ALICE), cast::FINANCE), "GroupMember.ReadWrite.All"),
        (
            with(&["GroupMember.ReadWrite.All"]),
            owner(user(cast::ALICE), cast::FINANCE),
            "Group.ReadWrite.All",
        ),
        (
            with(&["GroupMember.ReadWrite.All"]),
            member(robot(), cast::FINANCE),
            "Application.ReadWrite.All",
        ),
        (
            with(&["Group.ReadWrite.All"]),
            member(user(cast::CAROL), cast::TIER_0_OPERATORS),
            "RoleManagement.ReadWrite.Directory",
        ),
    ];
    for (roles, key, missing) in table {
        let world = World::with_roles(&roles);
        let error = refused(&world, true, key).await;
        assert_eq!(
            (error.kind, error.reason.as_str()),
            (ErrorKind::PermissionDenied, "missing-permission")
        );
        assert!(error.remedy.unwrap().contains(missing), "{missing}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_that_the_token_does_not_show_is_enough() {
    let world = World::with_roles(&["User.Read.All", "GroupMember.Read.All"]);
    world.simulator.tenant().assign_role(
        cast::GROUPS_ADMINISTRATOR,
        cast::SERVICE_PRINCIPAL_ID,
        None,
    );
    let outcome = world.change(true, member(user(cast::ALICE), cast::FINANCE)).await.unwrap();
    assert_eq!(outcome, OutcomeKind::Granted);
}

#[tokio::test(start_paused = true)]
async fn twenty_grants_are_one_request_and_one_duplicate_refuses_all() {
    let world = World::new();
    let resource = world.group(cast::EMPTY_ROOM).await;
    let people: Vec<String> = (0..21)
        .map(|number| world.simulator.tenant().add_user("P", &format!("p{number}@contoso.com")))
        .collect();
    let operations = |people: &[String]| -> Vec<_> {
        let key = |id: &String| member(user(id), cast::EMPTY_ROOM);
        people.iter().map(|id| operation(true, key(id), resource.clone())).collect()
    };
    let error = world.apply(operations(&people)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidRequest);
    world.simulator.clear_trace();
    let outcomes = world.apply(operations(&people[..20])).await.unwrap();
    assert!(outcomes.iter().all(|outcome| outcome.as_ref().unwrap().kind == OutcomeKind::Granted));
    assert_eq!(outcomes.len(), 20);
    assert_eq!(world.requests(), [format!("PATCH /v1.0/groups/{}", cast::EMPTY_ROOM)]);
    let error = world.apply(operations(&people[19..])).await.unwrap_err();
    assert_eq!((error.kind, error.reason.as_str()), (ErrorKind::Conflict, "partly-granted"));
    assert_eq!(world.simulator.tenant().members(cast::EMPTY_ROOM).len(), 20);
}

#[tokio::test(start_paused = true)]
async fn a_new_group_that_a_replica_does_not_know_is_tried_again() {
    let lag = Lag { objects: Duration::from_secs(10), ..Lag::default() };
    let world = World::with(&Size::default(), Settings { lag: Some(lag), ..Settings::default() });
    let groups = 5;
    for number in 0..groups {
        let id = world.simulator.tenant().add_group(&format!("New {number}"), GroupKind::Security);
        let mut resource = world.group(cast::EMPTY_ROOM).await;
        resource.key.id.clone_from(&id);
        resource.created = Some(world.now());
        let operation = operation(true, member(user(cast::ALICE), &id), resource);
        let outcomes = world.apply(vec![operation]).await.unwrap();
        assert_eq!(outcomes[0].as_ref().unwrap().kind, OutcomeKind::Granted);
    }
    let writes = world.requests().iter().filter(|line| line.starts_with("POST ")).count();
    assert!(writes > groups, "no replica lagged: {writes} writes");
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_settled_by_looking() {
    let world = World::new();
    for (fault, adds, settled) in [
        (Answer::AppliedThen { status: 504 }, true, OutcomeKind::Granted),
        (Answer::ResetAfter, false, OutcomeKind::Revoked),
        (Answer::ResetBefore, true, OutcomeKind::NotApplied),
        (Answer::AppliedNoAnswer, true, OutcomeKind::Granted),
    ] {
        let key = member(user(cast::ALICE), cast::FINANCE);
        let operation = world.operation(adds, key.clone()).await;
        let prior = world.read(Query::Grant { key }).await;
        let prior = grants(&prior).into_iter().next();
        let sent = world.now();
        world.fault("$ref", fault.clone());
        let lost = world.apply(vec![operation.clone()]).await;
        assert!(lost.is_err(), "{fault:?}");
        let request = SettleRequest {
            operation,
            prior,
            handle: None,
            sent,
            given_up: sent,
            last_changed: None,
        };
        let mut kind = OutcomeKind::Unknown;
        while kind == OutcomeKind::Unknown {
            tokio::time::sleep(Duration::from_secs(10)).await;
            kind = world.settle(&request).await.unwrap().kind;
        }
        assert_eq!(kind, settled, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lagging_read_never_settles_a_change_as_not_applied() {
    let lag = Lag { links: Duration::from_secs(30), ..Lag::default() };
    let world = World::with(&Size::default(), Settings { lag: Some(lag), ..Settings::default() });
    tokio::time::sleep(Duration::from_secs(60)).await;
    let operation = world.operation(true, member(user(cast::ALICE), cast::FINANCE)).await;
    let sent = world.now();
    world.fault("$ref", Answer::AppliedThen { status: 504 });
    assert!(world.apply(vec![operation.clone()]).await.is_err());
    let request = SettleRequest {
        operation,
        prior: None,
        handle: None,
        sent,
        given_up: sent,
        last_changed: None,
    };
    for _ in 0..10 {
        let kind = world.settle(&request).await.unwrap().kind;
        assert!(matches!(kind, OutcomeKind::Unknown | OutcomeKind::Granted), "{kind:?}");
        tokio::time::sleep(Duration::from_secs(7)).await;
    }
    assert_eq!(world.settle(&request).await.unwrap().kind, OutcomeKind::Granted);
}

#[tokio::test(start_paused = true)]
async fn a_plan_sends_no_write() {
    let world = World::new();
    let operation = world.operation(false, member(user(cast::BOB), cast::FINANCE)).await;
    let before = world.simulator.tenant().dump();
    let ended = world
        .run(Mode::Plan, |cx, connector| {
            let request = doorward_core::ApplyRequest { operations: vec![operation.clone()] };
            async move { connector.apply(&cx, request).await }
        })
        .await;
    let Err(Ended::Other(planned)) = ended else { panic!("{ended:?}") };
    assert!(planned.contains("Planned") && planned.contains("/$ref"), "{planned}");
    assert_eq!(world.simulator.tenant().dump(), before);
}

#[tokio::test(start_paused = true)]
async fn the_smaller_set_of_permissions_is_enough_for_members() {
    let world =
        World::with_roles(&["User.Read.All", "GroupMember.ReadWrite.All", "Organization.Read.All"]);
    let key = member(user(cast::FRANK), cast::FINANCE);
    for (adds, expected) in [(true, OutcomeKind::Granted), (false, OutcomeKind::Revoked)] {
        assert_eq!(world.change(adds, key.clone()).await.unwrap(), expected);
        let holders = Query::Holders { resource: group(cast::FINANCE), entitlement: None };
        world.read(holders).await;
        assert_eq!(
            grants(&world.read(Query::Grant { key: key.clone() }).await).len(),
            usize::from(adds)
        );
        world.read(Query::Holdings { principal: user(cast::FRANK) }).await;
    }
    let paths = Query::Paths {
        principal: user(cast::FRANK),
        resource: group(cast::FINANCE),
        entitlement: "member".to_owned(),
    };
    let remaining = world.read(paths).await.paths;
    assert_eq!(ways(&remaining), ["Frank Ferro > Finance Leads > Finance"]);
}

#[tokio::test(start_paused = true)]
async fn a_change_that_is_repeated_after_a_lost_answer_is_already_done() {
    let world = World::new();
    let key = member(user(cast::ALICE), cast::FINANCE);
    for (adds, expected) in
        [(true, OutcomeKind::AlreadyGranted), (false, OutcomeKind::AlreadyRevoked)]
    {
        world.fault("$ref", Answer::AppliedThen { status: 503 });
        let lost = world.change(adds, key.clone()).await.unwrap_err();
        assert_eq!(lost.kind, ErrorKind::Unavailable);
        assert_eq!(world.change(adds, key.clone()).await.unwrap(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn one_operation_is_one_write_request() {
    let world = World::new();
    let operation = world.operation(true, member(user(cast::ALICE), cast::FINANCE)).await;
    world.simulator.clear_trace();
    world.apply(vec![operation]).await.unwrap();
    assert_eq!(world.requests(), [format!("POST /v1.0/groups/{}/members/$ref", cast::FINANCE)]);
    assert!(world.apply(Vec::new()).await.unwrap().is_empty());
}
