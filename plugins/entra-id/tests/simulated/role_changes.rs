//! Giving and taking roles, what refuses it, and what came of lost answers.

use doorward_core::{ApplyRequest, ErrorKind, GrantKey, OutcomeKind, Query, SettleRequest};
use doorward_http::Mode;
use entra_sim::{Answer, Lag, Settings, Size, cast};
use std::time::Duration;

use crate::world::{
    Ended, World, application, assigned, grants, group, operation, refused, robot, unit, user,
};

const ASSIGNMENTS: &str = "/v1.0/roleManagement/directory/roleAssignments";

fn emea() -> Option<doorward_core::ObjectRef> {
    Some(unit(cast::UNIT_EMEA))
}

fn app() -> Option<doorward_core::ObjectRef> {
    Some(application(cast::APPLICATION_OBJECT_ID))
}

fn in_emea() -> GrantKey {
    assigned(user(cast::BOB), cast::USER_ADMINISTRATOR, emea())
}

#[tokio::test(start_paused = true)]
async fn roles_are_given_and_taken_at_every_scope_also_when_repeated() {
    for conflict in [false, true] {
        let settings =
            Settings { duplicate_role_assignment_is_conflict: conflict, ..Settings::default() };
        let world = World::with(&Size::default(), settings);
        let custom = world.simulator.tenant().add_role_definition("Custom", &[]);
        for key in [
            assigned(user(cast::BOB), cast::USER_ADMINISTRATOR, None),
            in_emea(),
            assigned(robot(), cast::GROUPS_ADMINISTRATOR, emea()),
            assigned(group(cast::TIER_0_OPERATORS), cast::GROUPS_ADMINISTRATOR, None),
            assigned(user(cast::BOB), cast::APPLICATION_ADMINISTRATOR, app()),
            assigned(user(cast::BOB), &custom, app()),
        ] {
            let before = world.simulator.tenant().role_assignments();
            for (adds, expected) in [
                (true, OutcomeKind::Granted),
                (true, OutcomeKind::AlreadyGranted),
                (false, OutcomeKind::Revoked),
                (false, OutcomeKind::AlreadyRevoked),
            ] {
                assert_eq!(world.change(adds, key.clone()).await.unwrap(), expected, "{key:?}");
                let held = grants(&world.read(Query::Grant { key: key.clone() }).await);
                assert_eq!(held.len(), usize::from(adds), "{key:?}");
            }
            assert_eq!(world.simulator.tenant().role_assignments(), before);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_assignments_id_comes_back() {
    let world = World::new();
    let mut operations = Vec::new();
    for adds in [true, false] {
        operations.push(world.operation(adds, in_emea()).await);
    }
    let mut ids = Vec::new();
    for operation in operations {
        let outcomes = world.apply(vec![operation]).await.unwrap();
        ids.push(outcomes[0].as_ref().unwrap().provider_id.clone().unwrap());
    }
    assert_eq!(ids[0], ids[1]);
    assert!(ids[0].ends_with("-2"), "{ids:?}");
}

#[tokio::test(start_paused = true)]
async fn another_scope_of_the_same_role_stays() {
    let world = World::new();
    let tenant_wide = assigned(user(cast::BOB), cast::USER_ADMINISTRATOR, None);
    world.change(true, tenant_wide.clone()).await.unwrap();
    let outcome = world.change(false, in_emea()).await.unwrap();
    assert_eq!(outcome, OutcomeKind::AlreadyRevoked);
    world.change(true, in_emea()).await.unwrap();
    assert_eq!(world.change(false, in_emea()).await.unwrap(), OutcomeKind::Revoked);
    assert_eq!(grants(&world.read(Query::Grant { key: tenant_wide }).await).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn each_refusal_has_its_reason() {
    let missing = "a0000000-0000-4000-8000-0000000000ff";
    let table = [
        (
            assigned(group(cast::FINANCE), cast::USER_ADMINISTRATOR, None),
            ErrorKind::NotManageable,
            "not-role-assignable",
        ),
        (
            assigned(user(cast::BOB), cast::GLOBAL_ADMINISTRATOR, emea()),
            ErrorKind::NotManageable,
            "scope-not-supported",
        ),
        (
            assigned(user(cast::BOB), cast::USER_ADMINISTRATOR, app()),
            ErrorKind::NotManageable,
            "scope-not-supported",
        ),
        (
            assigned(user(cast::ZOE), cast::USER_ADMINISTRATOR, None),
            ErrorKind::NotFound,
            "principal-not-found",
        ),
        (
            assigned(user(cast::BOB), cast::USER_ADMINISTRATOR, Some(unit(missing))),
            ErrorKind::NotFound,
            "scope-not-found",
        ),
        (
            assigned(user(cast::BOB), cast::USER_ADMINISTRATOR, Some(group(cast::FINANCE))),
            ErrorKind::Unsupported,
            "unsupported-grant",
        ),
        (
            assigned(user("bob@contoso.com"), cast::USER_ADMINISTRATOR, None),
            ErrorKind::InvalidRequest,
            "invalid-operation",
        ),
    ];
    for legacy in [true, false] {
        let settings = Settings { legacy_scope_error: legacy, ..Settings::default() };
        let world = World::with(&Size::default(), settings);
        for (key, kind, reason) in &table {
            let error = match world.operation(true, key.clone()).await {
                operation if *kind == ErrorKind::Unsupported || *reason == "invalid-operation" => {
                    world.apply(vec![operation]).await.unwrap_err()
                }
                _ => refused(&world, true, key.clone()).await,
            };
            assert_eq!((error.kind, error.reason.as_str()), (*kind, *reason), "{key:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_global_administrator_is_refused_with_microsofts_words() {
    let world = World::new();
    let of = |who| assigned(user(who), cast::GLOBAL_ADMINISTRATOR, None);
    for who in [cast::ALICE, cast::BREAK_GLASS] {
        assert_eq!(world.change(false, of(who)).await.unwrap(), OutcomeKind::Revoked);
    }
    let error = refused(&world, false, of(cast::GRACE)).await;
    assert_eq!(error.reason, "refused-request");
    assert!(error.remedy.unwrap().contains("last one"));
    assert!(error.causes[0].contains("last Global Administrator"), "{:?}", error.causes);
}

#[tokio::test(start_paused = true)]
async fn a_missing_permission_is_named_and_a_role_of_ours_is_enough() {
    let world = World::with_roles(&cast::READ_ROLES);
    let error = refused(&world, true, in_emea()).await;
    assert_eq!(
        (error.kind, error.reason.as_str()),
        (ErrorKind::PermissionDenied, "missing-permission")
    );
    assert!(error.remedy.unwrap().contains("RoleManagement.ReadWrite.Directory"));
    world.simulator.tenant().assign_role(
        cast::PRIVILEGED_ROLE_ADMINISTRATOR,
        cast::SERVICE_PRINCIPAL_ID,
        None,
    );
    assert_eq!(world.change(true, in_emea()).await.unwrap(), OutcomeKind::Granted);
}

#[tokio::test(start_paused = true)]
async fn a_plan_shows_the_exact_request_and_sends_no_write() {
    let world = World::new();
    world.simulator.tenant().assign_role(cast::USER_ADMINISTRATOR, cast::GRACE, None);
    let held = assigned(user(cast::GRACE), cast::USER_ADMINISTRATOR, None);
    let id = grants(&world.read(Query::Grant { key: held.clone() }).await)[0].provider_id.clone();
    let table = [
        (
            true,
            in_emea(),
            vec![
                "Post".to_owned(),
                ASSIGNMENTS.to_owned(),
                "#microsoft.graph.unifiedRoleAssignment".to_owned(),
                format!("/administrativeUnits/{}", cast::UNIT_EMEA),
                cast::USER_ADMINISTRATOR.to_owned(),
                cast::BOB.to_owned(),
            ],
        ),
        (false, held, vec!["Delete".to_owned(), format!("{ASSIGNMENTS}/{}", id.unwrap())]),
    ];
    for (adds, key, parts) in table {
        let operation = world.operation(adds, key).await;
        let before = world.simulator.tenant().dump();
        let ended = world
            .run(Mode::Plan, |cx, connector| {
                let request = ApplyRequest { operations: vec![operation.clone()] };
                async move { connector.apply(&cx, request).await }
            })
            .await;
        let Err(Ended::Other(planned)) = ended else { panic!("{ended:?}") };
        assert!(planned.contains("Planned"), "{planned}");
        for part in parts {
            assert!(planned.contains(&part), "{part} {planned}");
        }
        assert_eq!(world.simulator.tenant().dump(), before);
    }
}

#[tokio::test(start_paused = true)]
async fn one_role_is_one_write_and_several_at_once_are_refused() {
    let world = World::new();
    let grant = world.operation(true, in_emea()).await;
    world.simulator.clear_trace();
    world.apply(vec![grant.clone()]).await.unwrap();
    assert_eq!(world.requests(), [format!("POST {ASSIGNMENTS}")]);
    let other = operation(
        true,
        assigned(user(cast::CAROL), cast::USER_ADMINISTRATOR, None),
        world.resource(grant.action.grant().unwrap().0.resource.clone()).await,
    );
    world.simulator.clear_trace();
    let error = world.apply(vec![grant, other]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unsupported);
    assert!(world.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_settled_by_looking_though_replicas_lag() {
    let lag = Lag::default();
    let world = World::with(&Size::default(), Settings { lag: Some(lag), ..Settings::default() });
    for (fault, adds, settled) in [
        (Answer::AppliedThen { status: 504 }, true, OutcomeKind::Granted),
        (Answer::ResetAfter, false, OutcomeKind::Revoked),
        (Answer::ResetBefore, true, OutcomeKind::NotApplied),
        (Answer::AppliedNoAnswer, true, OutcomeKind::Granted),
        (Answer::ResetBefore, false, OutcomeKind::NotApplied),
    ] {
        tokio::time::sleep(Duration::from_secs(60)).await;
        let operation = world.operation(adds, in_emea()).await;
        let prior = world.read(Query::Grant { key: in_emea() }).await;
        let prior = grants(&prior).into_iter().next();
        assert_eq!(prior.is_some(), !adds, "{fault:?}");
        let sent = world.now();
        // Giving a role is one request; taking one is a read of the list before.
        let of_the_write = if adds { "/roleAssignments" } else { "/roleAssignments/" };
        world.fault(of_the_write, fault.clone());
        assert!(world.apply(vec![operation.clone()]).await.is_err(), "{fault:?}");
        let given_up = world.now();
        let request =
            SettleRequest { operation, prior, handle: None, sent, given_up, last_changed: None };
        let mut kind = OutcomeKind::Unknown;
        while kind == OutcomeKind::Unknown {
            kind = world.settle(&request).await.unwrap().kind;
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
        assert_eq!(kind, settled, "{fault:?}");
    }
}
