//! Roles for a time and eligible ones: giving, taking, and what came of it (facts §3.5, §9).

use doorward_core::{
    Action, ApplyRequest, Error, ErrorKind, Factory, GrantKey, GrantKind, Operation, Outcome,
    OutcomeKind, Query, Result, Retry, SettleRequest, Timestamp,
};
use doorward_entra_id::EntraId;
use doorward_http::Mode;
use entra_sim::{
    Answer as Fault, EnablementRule, ExpirationRule, Lag, PimPolicy, Privilege, Settings, Size,
    Tenure, cast,
};
use jiff::SignedDuration;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

use crate::world::{Ended, World, assigned, grants, unit, user};

const ROLE: &str = cast::USER_ADMINISTRATOR;
const DIRECTORY: &str = "/v1.0/roleManagement/directory";
/// The five-minute rule is over.
const RIPE: Duration = Duration::from_secs(301);

fn on() -> Privilege {
    Privilege::role(ROLE)
}

fn active() -> GrantKey {
    assigned(user(cast::BOB), ROLE, None)
}

fn eligible() -> GrantKey {
    GrantKey { kind: GrantKind::Eligible, ..active() }
}

fn hours(world: &World, hours: i64) -> Option<Timestamp> {
    Some(world.now() + SignedDuration::from_hours(hours))
}

async fn granting(world: &World, key: GrantKey, until: Option<Timestamp>) -> Operation {
    let operation = world.operation(true, key).await;
    let Action::Grant { key, resource, .. } = operation.action else { panic!() };
    Operation {
        action: Action::Grant { key, resource, until },
        reason: Some("On call".to_owned()),
        ticket: Some("CHG-1".to_owned()),
        ..operation
    }
}

async fn apply(world: &World, operation: Operation) -> Result<Outcome> {
    Ok(world.apply(vec![operation]).await?.remove(0).unwrap())
}

async fn give(world: &World, key: GrantKey, until: Option<Timestamp>) -> Result<Outcome> {
    let operation = granting(world, key, until).await;
    apply(world, operation).await
}

async fn take(world: &World, key: GrantKey) -> Result<Outcome> {
    let operation = world.operation(false, key).await;
    apply(world, operation).await
}

/// The writes since the trace was cleared.
fn writes(world: &World) -> Vec<String> {
    let all = world.requests().into_iter();
    let writes = all.filter(|one| !one.starts_with("GET "));
    writes.map(|one| one.replace(DIRECTORY, "")).collect()
}

/// Eligible or not, and until when, in the tenant itself.
fn held(world: &World) -> Vec<(Tenure, Option<Timestamp>)> {
    let all = world.simulator.tenant().schedules();
    all.into_iter()
        .filter(|one| one.principal == cast::BOB)
        .map(|one| (one.tenure, one.end))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_given_for_a_time_or_as_eligibility_is_a_request_and_ends_by_itself() {
    for (key, end, tenure, path) in [
        (active(), true, Tenure::Assigned, "Assignment"),
        (eligible(), true, Tenure::Eligible, "Eligibility"),
        (eligible(), false, Tenure::Eligible, "Eligibility"),
    ] {
        let world = World::new();
        let until = end.then(|| hours(&world, 8)).flatten();
        let operation = granting(&world, key.clone(), until).await;
        world.simulator.clear_trace();
        let outcome = apply(&world, operation).await.unwrap();
        assert_eq!((outcome.kind, outcome.until), (OutcomeKind::Granted, until));
        assert_eq!(world.requests(), [format!("POST {DIRECTORY}/role{path}ScheduleRequests")]);
        assert_eq!(held(&world), [(tenure, until)]);
        let found = grants(&world.read(Query::Grant { key: key.clone() }).await);
        assert_eq!((found[0].ends, &found[0].provider_id), (until, &outcome.provider_id));

        let again = give(&world, key.clone(), hours(&world, 2)).await.unwrap();
        assert_eq!((again.kind, again.until), (OutcomeKind::AlreadyGranted, until));
        tokio::time::sleep(Duration::from_secs(8 * 3600)).await;
        assert_eq!(held(&world).is_empty(), end);
        let found = grants(&world.read(Query::Grant { key: key.clone() }).await);
        assert_eq!(found.is_empty(), end);
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_shows_the_request_with_end_reason_and_ticket() {
    let world = World::new();
    world.simulator.tenant().make_eligible(&on(), cast::BOB, None).unwrap();
    let emea = assigned(user(cast::BOB), ROLE, Some(unit(cast::UNIT_EMEA)));
    let until = hours(&world, 8);
    let table = [
        (
            granting(&world, emea, until).await,
            vec![
                "roleAssignmentScheduleRequests",
                "adminAssign",
                "afterDateTime",
                "2026-11-23T16:00:00Z",
                "startDateTime",
                "On call",
                "CHG-1",
                cast::BOB,
                "/administrativeUnits/",
            ],
        ),
        (
            granting(&world, eligible(), None).await,
            vec!["roleEligibilityScheduleRequests", "noExpiration"],
        ),
        (
            world.operation(false, eligible()).await,
            vec!["roleEligibilityScheduleRequests", "adminRemove"],
        ),
    ];
    for (operation, parts) in table {
        let before = world.simulator.tenant().dump();
        let ended = world
            .run(Mode::Plan, |cx, connector| {
                let request = ApplyRequest { operations: vec![operation.clone()] };
                async move { connector.apply(&cx, request).await }
            })
            .await;
        let Err(Ended::Other(planned)) = ended else { panic!("{ended:?}") };
        for part in parts {
            assert!(planned.contains(part), "{part} {planned}");
        }
        assert_eq!(world.simulator.tenant().dump(), before);
    }
}

/// Who has activated a role holds it: giving it for good says "already", and until when.
#[tokio::test(start_paused = true)]
async fn already_says_until_when() {
    let world = World::new();
    world.simulator.tenant().make_eligible(&on(), cast::BOB, None).unwrap();
    let hour = SignedDuration::from_hours(1);
    world.simulator.tenant().activate_eligible(&on(), cast::BOB, hour).unwrap();
    let end = hours(&world, 1);
    for until in [None, hours(&world, 8)] {
        let outcome = give(&world, active(), until).await.unwrap();
        assert_eq!((outcome.kind, outcome.until), (OutcomeKind::AlreadyGranted, end), "{until:?}");
        assert_eq!(outcome.attributes["assignmentType"], "Activated");
    }
    // What is held for good has no end.
    world.simulator.tenant().assign_role(ROLE, cast::GRACE, None);
    let grace = assigned(user(cast::GRACE), ROLE, None);
    let outcome = give(&world, grace, hours(&world, 1)).await.unwrap();
    assert_eq!((outcome.kind, outcome.until), (OutcomeKind::AlreadyGranted, None));
}

#[tokio::test(start_paused = true)]
async fn each_is_taken_the_way_it_was_given() {
    let delete = "DELETE /roleAssignments/";
    let remove = "POST /roleAssignmentScheduleRequests";
    let hour = SignedDuration::from_hours(1);
    for (how, key, request, again, left) in [
        ("outside", active(), delete, false, 0),
        ("active", active(), remove, false, 0),
        ("activated", active(), remove, true, 1),
        ("outside-eligible", active(), delete, true, 1),
        ("eligible", eligible(), "POST /roleEligibilityScheduleRequests", false, 0),
        // What was activated out of it goes, too: that is Microsoft's doing.
        ("activated", eligible(), "POST /roleEligibilityScheduleRequests", false, 0),
    ] {
        let world = World::new();
        {
            let mut tenant = world.simulator.tenant();
            if how == "activated" || how.ends_with("eligible") {
                tenant.make_eligible(&on(), cast::BOB, None).unwrap();
            }
            match how {
                "active" => drop(tenant.make_active(&on(), cast::BOB, None).unwrap()),
                "activated" => {
                    drop(tenant.activate_eligible(&on(), cast::BOB, hour).unwrap());
                }
                "outside" | "outside-eligible" => {
                    assert!(tenant.assign_role(ROLE, cast::BOB, None));
                }
                _ => {}
            }
        }
        tokio::time::sleep(RIPE).await;
        let operation = world.operation(false, key.clone()).await;
        world.simulator.clear_trace();
        let outcome = apply(&world, operation).await.unwrap();
        assert_eq!(outcome.kind, OutcomeKind::Revoked, "{how}");
        assert!(writes(&world)[0].starts_with(request), "{how} {:?}", writes(&world));
        let reads = if key.kind == GrantKind::Active { 3 } else { 1 };
        assert_eq!(world.requests().len(), reads + 1, "{how} {:?}", world.requests());
        assert_eq!(outcome.attributes.contains_key("canActivateAgain"), again, "{how}");
        assert_eq!(held(&world).len(), left, "{how}");
        let assignments = world.simulator.tenant().role_assignments();
        assert!(assignments.iter().all(|one| one.role != ROLE), "{how}");
        let outcome = take(&world, key).await.unwrap();
        assert_eq!(outcome.kind, OutcomeKind::AlreadyRevoked, "{how}");
        assert_eq!(outcome.attributes.contains_key("canActivateAgain"), again, "{how}");
    }
}

/// Also at a narrower scope, and through a group; not at another scope, nor when it is over.
#[tokio::test(start_paused = true)]
async fn who_can_activate_it_again_is_said() {
    let emea = || format!("/administrativeUnits/{}", cast::UNIT_EMEA);
    let in_emea = || assigned(user(cast::BOB), ROLE, Some(unit(cast::UNIT_EMEA)));
    let table = [
        (cast::BOB, "/".to_owned(), 24, in_emea(), true),
        (cast::TIER_0_OPERATORS, "/".to_owned(), 24, active(), true),
        (cast::TIER_0_OPERATORS, emea(), 24, in_emea(), true),
        (cast::BOB, emea(), 24, active(), false),
        (cast::GRACE, "/".to_owned(), 24, active(), false),
        (cast::BOB, "/".to_owned(), 1, active(), false),
    ];
    for (eligible, at, end, key, expected) in table {
        let world = World::new();
        {
            let mut tenant = world.simulator.tenant();
            tenant.add_member(cast::TIER_0_OPERATORS, cast::BOB);
            let until: Timestamp = cast::EPOCH.parse().unwrap();
            let until = until + SignedDuration::from_hours(end);
            tenant.make_eligible(&Privilege::role_at(ROLE, &at), eligible, Some(until)).unwrap();
        }
        tokio::time::sleep(Duration::from_secs(2 * 3600)).await;
        give(&world, key.clone(), None).await.unwrap();
        let outcome = take(&world, key.clone()).await.unwrap();
        assert_eq!(outcome.kind, OutcomeKind::Revoked);
        let said = outcome.attributes.contains_key("canActivateAgain");
        assert_eq!(said, expected, "{eligible} {at} {key:?}");
    }
}

/// Facts §3.5: five minutes after an active assignment began, nothing of that role is taken.
#[tokio::test(start_paused = true)]
async fn the_five_minute_rule_says_when() {
    let world = World::new();
    world.simulator.tenant().make_eligible(&on(), cast::BOB, None).unwrap();
    tokio::time::sleep(Duration::from_secs(600)).await;
    let outcome = give(&world, active(), hours(&world, 8)).await.unwrap();
    assert_eq!(outcome.kind, OutcomeKind::Granted);
    tokio::time::sleep(Duration::from_secs(100)).await;
    // The caller waits as the error says, and repeats the call.
    for (key, time) in [(eligible(), "08:15:30"), (active(), "08:15:30")] {
        let outcome = take(&world, key).await.unwrap();
        assert_eq!(outcome.kind, OutcomeKind::Revoked);
        assert_eq!(world.now().to_string().get(11..19), Some(time));
    }
    // Whoever does not wait is told until when.
    let (code, message) = ("ActiveDurationTooShort".to_owned(), String::new());
    world.fault_always("ScheduleRequests", Fault::Status { status: 400, code, message });
    world.simulator.tenant().make_active(&on(), cast::BOB, None).unwrap();
    let error = take(&world, active()).await.unwrap_err();
    assert_eq!((error.kind, error.reason.as_str()), (ErrorKind::Conflict, "too-young"));
    assert!(matches!(error.retry, Retry::After { .. }));
    let ready = error.attributes["notBefore"].as_str().unwrap();
    assert_eq!(error.remedy.unwrap(), format!("Try again after {ready}."));
}

#[tokio::test(start_paused = true)]
async fn each_code_of_pim_has_its_reason_and_remedy() {
    let policy = "RoleAssignmentRequestPolicyValidationFailed";
    let rule = |name: &str| format!("The following policy rules failed: [\"{name}\"]");
    let table = [
        ("PendingRoleAssignmentRequest", "", ErrorKind::Conflict, "request-pending", "approved"),
        (
            "RoleAssignmentRequestAcrsValidationFailed",
            "&claims=%7B%7D",
            ErrorKind::NotManageable,
            "authentication-context",
            "authentication context",
        ),
        (
            "InvalidRoleAssignmentRequestSchedule",
            "",
            ErrorKind::InvalidRequest,
            "invalid-schedule",
            "lies ahead",
        ),
        ("SubjectNotFound", "", ErrorKind::NotFound, "principal-not-found", "half a minute"),
        ("RoleNotFound", "", ErrorKind::NotFound, "resource-not-found", "role"),
        ("ResourceIsLocked", "", ErrorKind::Conflict, "locked", "moment"),
        (
            "AadPremiumLicenseRequired",
            "",
            ErrorKind::Unsupported,
            "pim-not-licensed",
            "Microsoft Entra ID P2",
        ),
        (policy, &rule("MfaRule"), ErrorKind::NotManageable, "mfa-rule", "never"),
        (
            policy,
            &rule("EligibilityRule"),
            ErrorKind::InvalidRequest,
            "eligibility-rule",
            "eligible",
        ),
        (policy, &rule("ExpirationRule"), ErrorKind::InvalidRequest, "expiration-rule", "shorter"),
        (policy, &rule("TicketingRule"), ErrorKind::InvalidRequest, "ticketing-rule", "ticket"),
        (
            policy,
            "JustificationRule - Justification is required",
            ErrorKind::InvalidRequest,
            "justification-rule",
            "reason",
        ),
        (policy, "something new", ErrorKind::InvalidRequest, "pim-policy", "Microsoft's own words"),
    ];
    for (code, message, kind, reason, remedy) in table {
        let world = World::new();
        let (code, message) = (code.to_owned(), message.to_owned());
        let refusal = Fault::Status { status: 400, code: code.clone(), message };
        world.fault_always("ScheduleRequests", refusal);
        let before = world.simulator.tenant().revision();
        let error = give(&world, active(), hours(&world, 8)).await.unwrap_err();
        assert_eq!((error.kind, error.reason.as_str()), (kind, reason), "{code}");
        assert!(error.remedy.as_ref().unwrap().contains(remedy), "{error:?}");
        assert_eq!(error.provider_code.as_deref(), Some(code.as_str()));
        let passes = ["SubjectNotFound", "ResourceIsLocked"].contains(&code.as_str());
        assert_eq!(error.retry == Retry::Backoff, passes, "{code}");
        assert_eq!(world.simulator.tenant().revision(), before);
    }
}

#[tokio::test(start_paused = true)]
async fn the_policy_of_a_role_is_told_by_its_rules() {
    let world = World::new();
    let enablement_admin_assignment =
        EnablementRule { multi_factor_authentication: true, justification: true, ticketing: true };
    let short = ExpirationRule {
        is_expiration_required: true,
        maximum_duration: SignedDuration::from_hours(4),
    };
    let policy = PimPolicy {
        enablement_admin_assignment,
        expiration_admin_eligibility: short,
        ..PimPolicy::default()
    };
    world.simulator.tenant().set_pim_policy(&on(), policy);
    let refused = async |key: GrantKey, until, bare: bool| -> Error {
        let operation = granting(&world, key, until).await;
        let (reason, ticket) =
            if bare { (None, None) } else { (operation.reason.clone(), operation.ticket.clone()) };
        apply(&world, Operation { reason, ticket, ..operation }).await.unwrap_err()
    };
    let error = refused(active(), hours(&world, 1), true).await;
    assert_eq!(
        error.attributes["rules"],
        json!(["mfa-rule", "ticketing-rule", "justification-rule"])
    );
    assert_eq!(error.kind, ErrorKind::NotManageable);
    let error = refused(active(), hours(&world, 1), false).await;
    assert_eq!(error.attributes["rules"], json!(["mfa-rule"]));
    for until in [None, hours(&world, 5)] {
        let error = refused(eligible(), until, false).await;
        assert_eq!(error.reason, "expiration-rule");
    }
    let outcome = give(&world, eligible(), hours(&world, 4)).await.unwrap();
    assert_eq!(outcome.kind, OutcomeKind::Granted);
}

/// Without the licence roles are given and taken as before there was PIM.
#[tokio::test(start_paused = true)]
async fn without_a_licence_only_what_is_for_good_can_be_changed() {
    let world =
        World::with(&Size::default(), Settings { entra_id_p2: false, ..Settings::default() });
    for (key, until) in [(active(), hours(&world, 8)), (eligible(), None)] {
        let error = give(&world, key, until).await.unwrap_err();
        assert_eq!(
            (error.kind, error.reason.as_str()),
            (ErrorKind::Unsupported, "pim-not-licensed")
        );
        assert!(error.remedy.unwrap().contains("for good"));
    }
    assert_eq!(take(&world, eligible()).await.unwrap_err().reason, "pim-not-licensed");
    assert_eq!(give(&world, active(), None).await.unwrap().kind, OutcomeKind::Granted);
    assert_eq!(give(&world, active(), None).await.unwrap().kind, OutcomeKind::AlreadyGranted);
    assert_eq!(take(&world, active()).await.unwrap().kind, OutcomeKind::Revoked);
}

fn settling(operation: Operation, prior: bool, outcome: &Outcome, at: Timestamp) -> SettleRequest {
    let (key, _) = operation.action.grant().unwrap();
    let prior = prior.then(|| doorward_core::Grant::new(key.clone()));
    let handle = outcome.handle.clone();
    SettleRequest { operation, prior, handle, sent: at, given_up: at, last_changed: None }
}

/// Looks until it is known; how long that took.
async fn settled(world: &World, request: &SettleRequest) -> (Outcome, i64) {
    let start = world.now();
    loop {
        let outcome = world.settle(request).await.unwrap();
        if outcome.kind != OutcomeKind::Unknown {
            return (outcome, world.now().duration_since(start).as_secs());
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
}

/// Facts §9: carried out, and answered with `RoleAssignmentDoesNotExist`. Also the answer without the
/// deed.
#[tokio::test(start_paused = true)]
async fn an_answer_that_it_is_not_there_is_settled_by_looking() {
    for (key, is_done) in [(active(), true), (active(), false), (eligible(), false)] {
        let world = World::with(
            &Size::default(),
            Settings { pim_removal_says_missing: is_done, ..Settings::default() },
        );
        if key.kind == GrantKind::Active {
            world.simulator.tenant().make_active(&on(), cast::BOB, None).unwrap();
        } else {
            world.simulator.tenant().make_eligible(&on(), cast::BOB, None).unwrap();
        }
        tokio::time::sleep(RIPE).await;
        if !is_done {
            let (code, message) = ("RoleAssignmentDoesNotExist".to_owned(), String::new());
            world.fault("ScheduleRequests", Fault::Status { status: 404, code, message });
        }
        let operation = world.operation(false, key.clone()).await;
        let outcome = apply(&world, operation.clone()).await.unwrap();
        assert_eq!(outcome.kind, OutcomeKind::Unknown, "{key:?}");
        let request = settling(operation, true, &outcome, world.now());
        let (outcome, seconds) = settled(&world, &request).await;
        if is_done {
            assert_eq!((outcome.kind, seconds), (OutcomeKind::Revoked, 0), "{key:?}");
        } else {
            assert_eq!((outcome.kind, seconds), (OutcomeKind::NotApplied, 60), "{key:?}");
        }
        assert_eq!(held(&world).is_empty(), is_done);
        // When it was not there before either, nothing was taken.
        let request = SettleRequest { prior: None, ..request };
        let expected = if is_done { OutcomeKind::AlreadyRevoked } else { OutcomeKind::NotApplied };
        assert_eq!(settled(&world, &request).await.0.kind, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_settled_by_looking_though_lists_follow_late() {
    for (seed, lag) in [(1, None), (2, Some(Lag::default())), (3, Some(Lag::default()))] {
        let world = World::with(&Size::default(), Settings { lag, seed, ..Settings::default() });
        for key in [active(), eligible()] {
            for (fault, adds, expected) in [
                (Fault::ResetBefore, true, OutcomeKind::NotApplied),
                (Fault::AppliedThen { status: 504 }, true, OutcomeKind::Granted),
                (Fault::ResetBefore, false, OutcomeKind::NotApplied),
                (Fault::ResetAfter, false, OutcomeKind::Revoked),
            ] {
                tokio::time::sleep(RIPE + Duration::from_secs(60)).await;
                let until = hours(&world, 8);
                let operation = if adds {
                    granting(&world, key.clone(), until).await
                } else {
                    world.operation(false, key.clone()).await
                };
                world.fault("ScheduleRequests", fault.clone());
                assert!(world.apply(vec![operation.clone()]).await.is_err(), "{fault:?}");
                let lost = Outcome::new(OutcomeKind::Unknown);
                let request = settling(operation, !adds, &lost, world.now());
                let (outcome, _) = settled(&world, &request).await;
                assert_eq!(outcome.kind, expected, "{key:?} {fault:?}");
                let given = outcome.kind == OutcomeKind::Granted;
                assert_eq!(outcome.until, until.filter(|_| given), "{key:?} {fault:?}");
                assert_eq!(
                    held(&world).len(),
                    usize::from(given || (!adds && expected == OutcomeKind::NotApplied))
                );
            }
        }
    }
}

/// A request that waits is looked up by its id; when it is over, nothing was changed.
#[tokio::test(start_paused = true)]
async fn a_request_that_waits_is_looked_up() {
    for approved in [true, false] {
        let world = World::new();
        let policy = PimPolicy { approval_end_user_assignment: true, ..PimPolicy::default() };
        world.simulator.tenant().set_pim_policy(&on(), policy);
        world.simulator.tenant().make_eligible(&on(), cast::BOB, None).unwrap();
        let hour = SignedDuration::from_hours(1);
        let id = world.simulator.tenant().activate_eligible(&on(), cast::BOB, hour).unwrap();
        let waiting = Outcome {
            handle: Some(json!({"look": "request", "id": id, "kind": "active"})),
            ..Outcome::new(OutcomeKind::Pending)
        };
        let operation = granting(&world, active(), hours(&world, 1)).await;
        let request = settling(operation, false, &waiting, world.now());
        let outcome = world.settle(&request).await.unwrap();
        assert_eq!((outcome.kind, &outcome.handle), (OutcomeKind::Pending, &waiting.handle));
        assert_eq!(outcome.attributes["requestStatus"], "PendingApproval");
        if approved {
            assert!(world.simulator.tenant().approve(&id));
            let outcome = world.settle(&request).await.unwrap();
            assert_eq!((outcome.kind, outcome.until), (OutcomeKind::Granted, hours(&world, 1)));
        } else {
            let path = format!("{DIRECTORY}/roleAssignmentScheduleRequests/{id}");
            let (code, message) = ("Request_ResourceNotFound".to_owned(), String::new());
            world.fault(&path, Fault::Status { status: 404, code, message });
            // Requests are not kept for ever: then the target tells.
            tokio::time::sleep(Duration::from_secs(61)).await;
            let outcome = world.settle(&request).await.unwrap();
            assert_eq!(outcome.kind, OutcomeKind::NotApplied);
        }
    }
}

/// Nobody can tell from the target whether a role was given that would be over by now.
#[tokio::test(start_paused = true)]
async fn after_its_end_a_lost_answer_stays_unknown() {
    let world = World::new();
    let operation = granting(&world, active(), hours(&world, 1)).await;
    let lost = Outcome::new(OutcomeKind::Unknown);
    let request = settling(operation, false, &lost, world.now());
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(world.settle(&request).await.unwrap().kind, OutcomeKind::Unknown);
}

const JIT: [&str; 2] =
    ["RoleAssignmentSchedule.ReadWrite.Directory", "RoleEligibilitySchedule.ReadWrite.Directory"];
const REMOVE: [&str; 2] =
    ["RoleAssignmentSchedule.Remove.Directory", "RoleEligibilitySchedule.Remove.Directory"];

/// The sets of facts §0: each is enough for its use and for no more, and none of it lies idle.
#[tokio::test(start_paused = true)]
async fn the_uses_of_pim_are_enough_and_not_idle() {
    for (name, wanted, gives) in [("roles-jit", JIT, true), ("roles-remove", REMOVE, false)] {
        let uses = &EntraId.descriptor().uses;
        let told = uses.iter().find(|one| one.name == name).unwrap();
        let told: BTreeSet<&str> =
            told.abilities.iter().flat_map(|one| &one.permissions).map(String::as_str).collect();
        assert_eq!(told, cast::READ_ROLES.into_iter().chain(wanted).collect(), "{name}");
        let world = World::with_roles(&[&cast::READ_ROLES[..], &wanted].concat());
        world.simulator.clear_trace();
        {
            let mut tenant = world.simulator.tenant();
            tenant.assign_role(ROLE, cast::GRACE, None);
            if !gives {
                tenant.make_active(&on(), cast::BOB, None).unwrap();
                tenant.make_eligible(&on(), cast::BOB, None).unwrap();
            }
        }
        for key in [active(), eligible()] {
            let given = give(&world, key.clone(), hours(&world, 8)).await;
            match given {
                Ok(outcome) => assert_eq!((outcome.kind, gives), (OutcomeKind::Granted, true)),
                Err(error) => {
                    assert!(!gives);
                    assert_eq!(error.reason, "missing-permission");
                    let kind = if key.kind == GrantKind::Active { JIT[0] } else { JIT[1] };
                    assert!(error.remedy.unwrap().contains(kind));
                }
            }
        }
        // For good is what they do not give.
        let carol = || assigned(user(cast::CAROL), ROLE, None);
        let error = give(&world, carol(), None).await.unwrap_err();
        assert_eq!(error.reason, "missing-permission");
        tokio::time::sleep(RIPE).await;
        for key in [active(), eligible(), assigned(user(cast::GRACE), ROLE, None)] {
            let outcome = take(&world, key.clone()).await.unwrap();
            assert_eq!(outcome.kind, OutcomeKind::Revoked, "{key:?}");
        }
        let trace = world.simulator.trace();
        for permission in wanted {
            let used = trace.iter().any(|one| one.authorised_by.iter().any(|by| by == permission));
            assert!(used, "{permission}");
        }
    }
}
