//! Facts §3.5, §9: Privileged Identity Management for roles.

use std::time::Duration;

use entra_sim::{
    EnablementRule, ExpirationRule, GroupKind, Lag, PimPolicy, Privilege, Settings, Tenure, cast,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::client::{Client, Got, not_found};

const ROOT: &str = "/roleManagement/directory";
const ROLE: &str = cast::USER_ADMINISTRATOR;
const HOUR: i64 = 3600;
const STRANGER: &str = "11111111-2222-4333-8444-555555555555";
/// The use `roles-jit` with what `read` has (facts §0).
const JIT: [&str; 4] = [
    "RoleAssignmentSchedule.ReadWrite.Directory",
    "RoleEligibilitySchedule.ReadWrite.Directory",
    "RoleManagement.Read.Directory",
    "User.Read.All",
];

fn kind(eligible: bool) -> &'static str {
    if eligible { "roleEligibility" } else { "roleAssignment" }
}

fn requests(eligible: bool) -> String {
    format!("{ROOT}/{}ScheduleRequests", kind(eligible))
}

fn schedules(eligible: bool) -> String {
    format!("{ROOT}/{}Schedules", kind(eligible))
}

fn instances(eligible: bool) -> String {
    format!("{ROOT}/{}ScheduleInstances", kind(eligible))
}

fn wish(action: &str, principal: &str, expiration: Value) -> Value {
    json!({
        "action": action,
        "principalId": principal,
        "roleDefinitionId": ROLE,
        "directoryScopeId": "/",
        "justification": "On call",
        "scheduleInfo": { "startDateTime": "2026-11-23T07:00:00Z", "expiration": expiration },
        "ticketInfo": { "ticketNumber": "CHG-1", "ticketSystem": "SNOW" },
    })
}

fn hours(hours: u32) -> Value {
    json!({ "type": "afterDuration", "duration": format!("PT{hours}H") })
}

fn forever() -> Value {
    json!({ "type": "noExpiration" })
}

fn removal(principal: &str) -> Value {
    json!({
        "action": "adminRemove",
        "principalId": principal,
        "roleDefinitionId": ROLE,
        "directoryScopeId": "/",
    })
}

async fn of(client: &Client, path: &str, filter: &str) -> Got {
    client.get(&format!("{path}?$filter={}", filter.replace(' ', "%20"))).await
}

async fn mine(client: &Client, path: &str, principal: &str) -> Vec<Value> {
    of(client, path, &format!("principalId eq '{principal}'")).await.values().clone()
}

async fn jit() -> Client {
    Client::signed_in_with(Settings::default(), &JIT).await
}

/// In how many rows Bob's role shows at each place; with a new token, since hours pass.
async fn places(client: &mut Client) -> [usize; 5] {
    client.become_holder_of(&JIT).await;
    let roles = format!("/users/{}/memberOf/microsoft.graph.directoryRole", cast::BOB);
    [
        mine(client, &schedules(false), cast::BOB).await.len(),
        mine(client, &instances(false), cast::BOB).await.len(),
        mine(client, &format!("{ROOT}/roleAssignments"), cast::BOB).await.len(),
        client.get(&roles).await.values().len(),
        client.simulator.tenant().active(&Privilege::role(ROLE)).len(),
    ]
}

#[tokio::test]
async fn an_assignment_for_hours_ends_everywhere_by_the_clock() {
    for (expiration, end, kept) in [
        (hours(8), json!("2026-11-23T16:00:00Z"), "afterDuration"),
        (
            json!({ "type": "AfterDateTime", "endDateTime": "2026-11-23T16:00:00Z" }),
            json!("2026-11-23T16:00:00Z"),
            "afterDateTime",
        ),
        (forever(), Value::Null, "noExpiration"),
    ] {
        let client = jit().await;
        let got = client.post(&requests(false), wish("AdminAssign", cast::BOB, expiration)).await;
        assert_eq!(got.status, 201, "{}", got.text);
        assert_eq!(
            (&got.json["status"], &got.json["action"]),
            (&json!("Provisioned"), &json!("adminAssign"))
        );
        assert_eq!(got.json["targetScheduleId"], got.json["id"], "facts §3.5 [I]");
        // The server's provisioning time, not the one that was sent.
        assert_eq!(got.json["scheduleInfo"]["startDateTime"], cast::EPOCH);
        assert_eq!(got.json["scheduleInfo"]["expiration"]["type"], kept);
        assert_eq!(got.json["createdBy"]["user"]["id"], cast::SERVICE_PRINCIPAL_ID);
        assert_eq!(got.json["ticketInfo"]["ticketNumber"], "CHG-1");

        let rows = mine(&client, &schedules(false), cast::BOB).await;
        let [row] = rows.as_slice() else { panic!("{rows:?}") };
        // A duration is stored as an end (facts §9).
        let stored = if end.is_null() { "noExpiration" } else { "afterDateTime" };
        let expiration = &row["scheduleInfo"]["expiration"];
        assert_eq!(expiration, &json!({ "type": stored, "endDateTime": end, "duration": null }));
        assert_eq!((&row["createdUsing"], &row["id"]), (&got.json["id"], &got.json["id"]));
        assert_eq!(
            (&row["memberType"], &row["assignmentType"]),
            (&json!("Direct"), &json!("Assigned"))
        );
        assert_eq!(row["status"], "Provisioned");

        let rows = mine(&client, &instances(false), cast::BOB).await;
        let [instance] = rows.as_slice() else { panic!("{rows:?}") };
        assert_eq!(instance["endDateTime"], end);
        assert_eq!(instance["roleAssignmentScheduleId"], row["id"]);
        let assignments = mine(&client, &format!("{ROOT}/roleAssignments"), cast::BOB).await;
        assert_eq!(instance["id"], assignments[0]["id"], "facts §3.5: ids");
        assert!(instance["id"].as_str().unwrap().ends_with("-1"));

        let mut client = client;
        assert_eq!(places(&mut client).await, [1; 5]);
        client.pass(8 * HOUR - 1);
        assert_eq!(places(&mut client).await, [1; 5]);
        client.pass(1);
        assert_eq!(places(&mut client).await, [usize::from(end.is_null()); 5]);
        // The audit trail stays.
        assert_eq!(mine(&client, &requests(false), cast::BOB).await.len(), 1);
    }
}

#[tokio::test]
async fn what_ends_takes_the_authority_of_a_service_principal_with_it() {
    let mut client = jit().await;
    let body = wish("adminAssign", cast::SERVICE_PRINCIPAL_ID, hours(1));
    assert_eq!(client.post(&requests(false), body).await.status, 201);
    client.become_holder_of(&[]).await;
    let path = format!("/groups/{}", cast::FINANCE);
    assert_eq!(client.get(&path).await.status, 200, "User Administrator reads groups");
    assert_eq!(client.authorised_by(), ["role User Administrator at /"]);
    client.pass(HOUR);
    client.become_holder_of(&[]).await;
    assert_eq!(client.get(&path).await.status, 403);
}

#[tokio::test]
async fn eligible_is_not_active() {
    let client = jit().await;
    let got = client.post(&requests(true), wish("adminAssign", cast::BOB, forever())).await;
    assert_eq!(got.status, 201, "{}", got.text);
    let rows = mine(&client, &schedules(true), cast::BOB).await;
    assert_eq!((rows.len(), rows[0].get("assignmentType")), (1, None));
    let instance = &mine(&client, &instances(true), cast::BOB).await[0];
    assert!(instance["id"].as_str().unwrap().ends_with("-1-e"), "{instance}");
    assert_eq!(instance["roleEligibilityScheduleId"], rows[0]["id"]);
    assert!(mine(&client, &schedules(false), cast::BOB).await.is_empty());
    assert!(mine(&client, &format!("{ROOT}/roleAssignments"), cast::BOB).await.is_empty());
    let on = Privilege::role(ROLE);
    assert_eq!(client.simulator.tenant().eligible(&on), [cast::BOB]);
    assert!(client.simulator.tenant().active(&on).is_empty());
    // An eligibility at a unit: the other suffix.
    let unit = format!("/administrativeUnits/{}", cast::UNIT_EMEA);
    let at = Privilege::role_at(ROLE, &unit);
    client.simulator.tenant().make_eligible(&at, cast::CAROL, None).unwrap();
    let instance = &mine(&client, &instances(true), cast::CAROL).await[0];
    assert!(instance["id"].as_str().unwrap().ends_with("-2-e"), "{instance}");
    assert_eq!(instance["directoryScopeId"], unit);
}

#[tokio::test]
async fn what_was_made_outside_pim_shows_without_times() {
    let client = jit().await;
    let assignments = mine(&client, &format!("{ROOT}/roleAssignments"), cast::ALICE).await;
    let schedule = &mine(&client, &schedules(false), cast::ALICE).await[0];
    assert_eq!(schedule["id"], assignments[0]["id"]);
    assert_eq!(schedule["scheduleInfo"]["startDateTime"], Value::Null);
    assert_eq!(schedule["scheduleInfo"]["expiration"]["type"], "noExpiration");
    let instance = &mine(&client, &instances(false), cast::ALICE).await[0];
    assert_eq!(instance["id"], assignments[0]["id"]);
    assert_eq!(
        (&instance["startDateTime"], &instance["endDateTime"]),
        (&Value::Null, &Value::Null)
    );
    let one =
        client.get(&format!("{}/{}", schedules(false), schedule["id"].as_str().unwrap())).await;
    assert_eq!((one.status, &one.json["id"]), (200, &schedule["id"]));
    // The other way round: taken away outside PIM, the schedule goes.
    let on = Privilege::role(ROLE);
    client.simulator.tenant().make_active(&on, cast::BOB, None).unwrap();
    assert!(client.simulator.tenant().remove_role(ROLE, cast::BOB, "/"));
    assert!(mine(&client, &schedules(false), cast::BOB).await.is_empty());
    assert!(client.simulator.tenant().schedules().is_empty());
}

#[tokio::test]
async fn activated_by_its_user_until_it_ends() {
    let client = jit().await;
    let on = Privilege::role(ROLE);
    let hour = SignedDuration::from_hours(1);
    let activate = || client.simulator.tenant().activate_eligible(&on, cast::BOB, hour);
    assert_eq!(activate().unwrap_err().rule, Some("EligibilityRule"));
    client.simulator.tenant().make_eligible(&on, cast::BOB, None).unwrap();
    let long = client.simulator.tenant().activate_eligible(&on, cast::BOB, 9 * hour).unwrap_err();
    assert_eq!(
        (long.code, long.rule),
        ("RoleAssignmentRequestPolicyValidationFailed", Some("ExpirationRule"))
    );
    let id = activate().unwrap();
    assert_eq!(activate().unwrap_err().code, "RoleAssignmentExists");
    let rows = of(&client, &schedules(false), &format!("principalId eq '{}'", cast::BOB)).await;
    assert_eq!(
        (&rows.values()[0]["id"], &rows.values()[0]["assignmentType"]),
        (&json!(id), &json!("Activated"))
    );
    let expanded = client.get(&format!("{}/{id}?$expand=activatedUsing", schedules(false))).await;
    assert_eq!(expanded.json["activatedUsing"]["principalId"], cast::BOB);
    let request = client.get(&format!("{}/{id}", requests(false))).await;
    assert_eq!(
        (&request.json["action"], &request.json["createdBy"]["user"]["id"]),
        (&json!("selfActivate"), &json!(cast::BOB))
    );
    assert_eq!(
        client.simulator.tenant().deactivate(&on, cast::BOB).unwrap_err().code,
        "ActiveDurationTooShort"
    );
    client.pass(300);
    client.simulator.tenant().deactivate(&on, cast::BOB).unwrap();
    assert!(mine(&client, &schedules(false), cast::BOB).await.is_empty());
    activate().unwrap();
    client.pass(3599);
    assert_eq!(client.simulator.tenant().active(&on), [cast::BOB]);
    client.pass(1);
    let held = client.simulator.tenant().schedules();
    assert_eq!(held.iter().map(|one| one.tenure).collect::<Vec<_>>(), [Tenure::Eligible]);
}

#[tokio::test]
async fn refusals_by_code() {
    let role = |role: &str| {
        let mut body = wish("adminAssign", cast::BOB, forever());
        body["roleDefinitionId"] = json!(role);
        body
    };
    let late = json!({ "type": "afterDateTime", "endDateTime": "2026-11-23T07:00:00Z" });
    let mut bare = wish("adminAssign", cast::BOB, forever());
    bare["justification"] = Value::Null;
    let mut nothing = wish("adminAssign", cast::BOB, forever());
    nothing["scheduleInfo"] = Value::Null;
    for (eligible, body, status, code, message) in [
        (false, wish("adminAssign", cast::ALICE, forever()), 201, "", ""),
        (
            false,
            wish("adminAssign", cast::FRANK, forever()),
            400,
            "RoleAssignmentExists",
            "The Role assignment already exists.",
        ),
        (
            true,
            wish("adminAssign", cast::GRACE, forever()),
            400,
            "RoleAssignmentExists",
            "The Role assignment already exists.",
        ),
        (
            false,
            removal(cast::BOB),
            404,
            "RoleAssignmentDoesNotExist",
            "The Role assignment does not exist.",
        ),
        (
            true,
            removal(cast::BOB),
            404,
            "RoleAssignmentDoesNotExist",
            "The Role assignment does not exist.",
        ),
        (
            true,
            wish("adminUpdate", cast::BOB, forever()),
            404,
            "RoleAssignmentDoesNotExist",
            "The Role assignment does not exist.",
        ),
        (
            false,
            bare,
            400,
            "RoleAssignmentRequestPolicyValidationFailed",
            "The following policy rules failed: [\"JustificationRule\"]",
        ),
        (false, nothing, 400, "InvalidRoleAssignmentRequestSchedule", ""),
        (
            false,
            wish("adminAssign", cast::BOB, late),
            400,
            "InvalidRoleAssignmentRequestSchedule",
            "",
        ),
        (
            false,
            wish("adminAssign", cast::BOB, json!({ "type": "afterDuration", "duration": "soon" })),
            400,
            "InvalidRoleAssignmentRequestSchedule",
            "",
        ),
        (false, wish("adminAssign", STRANGER, forever()), 400, "SubjectNotFound", ""),
        (true, wish("adminAssign", cast::ZOE, forever()), 400, "SubjectNotFound", ""),
        (false, role(STRANGER), 400, "RoleNotFound", ""),
        (
            false,
            wish("adminAssign", cast::FINANCE, forever()),
            400,
            "Request_BadRequest",
            "Groups without IsAssignableToRole property set cannot be assigned to roles.",
        ),
    ] {
        let client = jit().await;
        let on = Privilege::role(ROLE);
        client.simulator.tenant().assign_role(ROLE, cast::FRANK, None);
        client.simulator.tenant().make_eligible(&on, cast::GRACE, None).unwrap();
        let got = client.post(&requests(eligible), body).await;
        assert_eq!((got.status, got.error().1), (status, code), "{}", got.text);
        assert!(message.is_empty() || got.error().2 == message, "{}", got.text);
    }
}

#[tokio::test]
async fn removed_is_answered_by_revoked() {
    for eligible in [true, false] {
        let client = jit().await;
        let on = Privilege::role(ROLE);
        if eligible {
            client.simulator.tenant().make_eligible(&on, cast::BOB, None).unwrap();
        } else {
            client.simulator.tenant().make_active(&on, cast::BOB, None).unwrap();
            client.pass(300);
        }
        let got = client.post(&requests(eligible), removal(cast::BOB)).await;
        assert_eq!((got.status, &got.json["status"]), (201, &json!("Revoked")), "{}", got.text);
        for name in ["completedDateTime", "targetScheduleId", "scheduleInfo"] {
            assert_eq!(got.json[name], Value::Null, "facts §3.5: {name}");
        }
        assert!(client.simulator.tenant().schedules().is_empty());
    }
    // A permanent assignment that was made outside PIM can be taken away here, too.
    let client = jit().await;
    client.simulator.tenant().assign_role(ROLE, cast::BOB, None);
    assert_eq!(client.post(&requests(false), removal(cast::BOB)).await.status, 201);
    assert!(client.simulator.tenant().role_assignments().iter().all(|one| one.role != ROLE));
    // Carried out, and yet refused (facts §9).
    client.simulator.change_settings(|settings| settings.pim_removal_says_missing = true);
    client.simulator.tenant().assign_role(ROLE, cast::BOB, None);
    let got = client.post(&requests(false), removal(cast::BOB)).await;
    assert_eq!((got.status, got.error().1), (404, "RoleAssignmentDoesNotExist"));
    assert!(client.simulator.tenant().role_assignments().iter().all(|one| one.role != ROLE));
}

#[tokio::test]
async fn five_minutes_hold_for_what_is_eligible_too() {
    let client = jit().await;
    let on = Privilege::role(ROLE);
    client.simulator.tenant().make_eligible(&on, cast::BOB, None).unwrap();
    client
        .simulator
        .tenant()
        .activate_eligible(&on, cast::BOB, SignedDuration::from_hours(1))
        .unwrap();
    let tries = [
        (true, removal(cast::BOB)),
        (true, wish("adminUpdate", cast::BOB, hours(2))),
        (false, removal(cast::BOB)),
        (false, wish("adminUpdate", cast::BOB, hours(2))),
    ];
    client.pass(299);
    for (eligible, body) in tries.clone() {
        let got = client.post(&requests(eligible), body).await;
        let message = "The Active duration is too short. Miniumum Required is 5 minutes.";
        assert_eq!(got.error(), (400, "ActiveDurationTooShort", message));
    }
    // Creating is never refused for it.
    let mut at_unit = wish("adminAssign", cast::BOB, hours(1));
    at_unit["directoryScopeId"] = json!(format!("/administrativeUnits/{}", cast::UNIT_EMEA));
    assert_eq!(client.post(&requests(false), at_unit.clone()).await.status, 201);
    // That assignment is young now: the rule is about the role, at any scope.
    client.pass(1);
    assert_eq!(client.post(&requests(true), removal(cast::BOB)).await.status, 400);
    client.pass(299);
    let got = client.post(&requests(true), removal(cast::BOB)).await;
    assert_eq!(got.status, 201, "{}", got.text);
    let left = client.simulator.tenant().schedules();
    assert_eq!(left.len(), 1, "the activation ended with its eligibility: {left:?}");
}

#[tokio::test]
async fn an_update_replaces_the_schedule() {
    for (eligible, takes_both) in [(true, false), (false, false), (false, true)] {
        let settings = Settings { pim_update_takes_other_kind: takes_both, ..Settings::default() };
        let client = Client::signed_in_with(settings, &JIT).await;
        let on = Privilege::role(ROLE);
        let old_eligible = client.simulator.tenant().make_eligible(&on, cast::BOB, None).unwrap();
        let old_active = client.simulator.tenant().make_active(&on, cast::BOB, None).unwrap();
        let old = if eligible { old_eligible } else { old_active };
        client.pass(600);
        let got = client.post(&requests(eligible), wish("adminUpdate", cast::BOB, hours(2))).await;
        assert_eq!(got.status, 201, "{}", got.text);
        let rows = mine(&client, &schedules(eligible), cast::BOB).await;
        assert_eq!(rows.len(), 1, "one row");
        assert_ne!(rows[0]["id"], json!(old), "a new id");
        assert_eq!(rows[0]["id"], got.json["id"]);
        let others = mine(&client, &schedules(!eligible), cast::BOB).await.len();
        assert_eq!(others, usize::from(!takes_both));
    }
}

#[tokio::test]
async fn policies_bind_requests_and_can_be_read() {
    let all =
        EnablementRule { multi_factor_authentication: true, justification: true, ticketing: true };
    let short = ExpirationRule {
        is_expiration_required: true,
        maximum_duration: SignedDuration::from_hours(4),
    };
    let client = jit().await;
    let policy = PimPolicy {
        enablement_admin_assignment: all,
        expiration_admin_eligibility: short,
        ..PimPolicy::default()
    };
    client.simulator.tenant().set_pim_policy(&Privilege::role(ROLE), policy);
    let mut bare = wish("adminAssign", cast::BOB, hours(1));
    bare["justification"] = json!(" ");
    bare["ticketInfo"] = Value::Null;
    for (eligible, body, rules) in [
        (false, bare, "[\"MfaRule\",\"JustificationRule\",\"TicketingRule\"]"),
        (false, wish("adminAssign", cast::BOB, hours(1)), "[\"MfaRule\"]"),
        (true, wish("adminAssign", cast::BOB, forever()), "[\"ExpirationRule\"]"),
        (true, wish("adminAssign", cast::BOB, hours(5)), "[\"ExpirationRule\"]"),
        (true, wish("adminAssign", cast::BOB, hours(4)), ""),
    ] {
        let got = client.post(&requests(eligible), body).await;
        if rules.is_empty() {
            assert_eq!(got.status, 201, "{}", got.text);
            continue;
        }
        let message = format!("The following policy rules failed: {rules}");
        let code = "RoleAssignmentRequestPolicyValidationFailed";
        assert_eq!(got.error(), (400, code, message.as_str()));
    }
    let filter =
        format!("scopeId eq '/' and scopeType eq 'DirectoryRole' and roleDefinitionId eq '{ROLE}'");
    let path = "/policies/roleManagementPolicyAssignments?$expand=policy($expand=rules)&$filter=";
    let got = client.get(&format!("{path}{}", filter.replace(' ', "%20"))).await;
    let [one] = got.values().as_slice() else { panic!("{}", got.text) };
    assert_eq!(one["policyId"], one["policy"]["id"]);
    let rules = one["policy"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), 17, "facts §9");
    let rule =
        |id: &str| rules.iter().find(|rule| rule["id"] == id).unwrap_or_else(|| panic!("{id}"));
    let found = rule("Expiration_Admin_Eligibility");
    assert_eq!(
        (&found["isExpirationRequired"], &found["maximumDuration"]),
        (&json!(true), &json!("PT4H"))
    );
    assert_eq!(rule("Expiration_Admin_Assignment")["maximumDuration"], "P180D");
    assert_eq!(
        rule("Enablement_Admin_Assignment")["enabledRules"],
        json!(["MultiFactorAuthentication", "Justification", "Ticketing"])
    );
    for filter in ["", "?$filter=scopeId%20eq%20'/'", "?$filter=scopeType%20eq%20'DirectoryRole'"] {
        let got = client.get(&format!("/policies/roleManagementPolicyAssignments{filter}")).await;
        assert_eq!((got.status, got.error().1), (400, "InvalidFilter"), "{filter}");
    }
}

#[tokio::test]
async fn what_waits_can_be_approved_and_cancelled() {
    let client = jit().await;
    let on = Privilege::role(ROLE);
    let policy = PimPolicy { approval_end_user_assignment: true, ..PimPolicy::default() };
    client.simulator.tenant().set_pim_policy(&on, policy);
    client.simulator.tenant().make_eligible(&on, cast::BOB, None).unwrap();
    let hour = SignedDuration::from_hours(1);
    let ask = || client.simulator.tenant().activate_eligible(&on, cast::BOB, hour).unwrap();
    let id = ask();
    assert!(client.simulator.tenant().active(&on).is_empty());
    let path = format!("{}/{id}", requests(false));
    assert_eq!(client.get(&path).await.json["status"], "PendingApproval");
    for (eligible, body) in
        [(false, wish("adminAssign", cast::BOB, hours(1))), (true, removal(cast::BOB))]
    {
        let got = client.post(&requests(eligible), body).await;
        assert_eq!((got.status, got.error().1), (400, "PendingRoleAssignmentRequest"));
    }
    let cancel =
        async |id: &str| client.post(&format!("{}/{id}/cancel", requests(false)), json!({})).await;
    let got = cancel(&id).await;
    assert_eq!((got.status, got.text.as_str()), (204, ""));
    assert_eq!(client.get(&path).await.json["status"], "Canceled");
    assert_eq!(cancel(&id).await.status, 400);
    assert_eq!(cancel(STRANGER).await.status, 404);
    let id = ask();
    client.pass(600);
    assert!(client.simulator.tenant().approve(&id));
    assert_eq!(client.simulator.tenant().active(&on), [cast::BOB]);
    client.pass(HOUR - 1);
    assert_eq!(client.simulator.tenant().active(&on), [cast::BOB]);
    client.pass(1);
    assert!(client.simulator.tenant().active(&on).is_empty());
}

#[tokio::test]
async fn what_lies_in_the_future_begins_then() {
    let client = jit().await;
    let mut body = wish("adminAssign", cast::BOB, hours(2));
    body["scheduleInfo"]["startDateTime"] = json!("2026-11-23T08:30:00Z");
    let got = client.post(&requests(false), body.clone()).await;
    assert_eq!((got.status, &got.json["status"]), (201, &json!("Granted")), "{}", got.text);
    assert_eq!(mine(&client, &schedules(false), cast::BOB).await.len(), 1);
    assert!(mine(&client, &instances(false), cast::BOB).await.is_empty());
    client.pass(1800);
    assert_eq!(mine(&client, &instances(false), cast::BOB).await.len(), 1);
    assert_eq!(mine(&client, &requests(false), cast::BOB).await[0]["status"], "Provisioned");
    assert_eq!(client.simulator.tenant().active(&Privilege::role(ROLE)), [cast::BOB]);
    // Cancelled before its time, it never begins.
    body["principalId"] = json!(cast::CAROL);
    body["scheduleInfo"]["startDateTime"] = json!("2026-11-23T09:00:00Z");
    let got = client.post(&requests(false), body).await;
    let path = format!("{}/{}/cancel", requests(false), got.json["id"].as_str().unwrap());
    assert_eq!(client.post(&path, json!({})).await.status, 204);
    client.pass(1200);
    assert!(mine(&client, &schedules(false), cast::CAROL).await.is_empty());
}

#[tokio::test]
async fn a_mere_validation_changes_nothing() {
    let client = jit().await;
    let before = client.simulator.tenant().revision();
    let mut body = wish("adminAssign", cast::BOB, hours(1));
    body["isValidationOnly"] = json!(true);
    let got = client.post(&requests(false), body.clone()).await;
    assert_eq!((got.status, &got.json["isValidationOnly"]), (201, &json!(true)));
    assert_eq!(client.simulator.tenant().revision(), before);
    body["justification"] = Value::Null;
    assert_eq!(client.post(&requests(false), body).await.status, 400);
}

#[tokio::test]
async fn what_comes_through_a_group_shows_to_its_members_alone() {
    let client = jit().await;
    let group = client.simulator.tenant().add_group("Operators", GroupKind::RoleAssignable);
    client.simulator.tenant().add_member(&group, cast::BOB);
    let on = Privilege::role(ROLE);
    client.simulator.tenant().make_eligible(&on, &group, None).unwrap();
    client.simulator.tenant().assign_role(cast::DIRECTORY_READERS, &group, None);
    for (eligible, role) in [(true, ROLE), (false, cast::DIRECTORY_READERS)] {
        for path in [schedules(eligible), instances(eligible)] {
            let rows = of(&client, &path, &format!("roleDefinitionId eq '{role}'")).await;
            let told: Vec<_> =
                rows.values().iter().map(|row| (&row["principalId"], &row["memberType"])).collect();
            assert_eq!(told, [(&json!(group), &json!("Direct"))], "{path}");
            let rows = mine(&client, &path, cast::BOB).await;
            assert_eq!(rows.len(), 1, "{path}");
            assert_eq!(
                (&rows[0]["principalId"], &rows[0]["memberType"]),
                (&json!(cast::BOB), &json!("Group"))
            );
        }
    }
    client.simulator.change_settings(|settings| settings.pim_inherited_rows_name_group = true);
    assert_eq!(mine(&client, &schedules(true), cast::BOB).await[0]["principalId"], json!(group));
    // A member may activate what the group is eligible for.
    let hour = SignedDuration::from_hours(1);
    client.simulator.tenant().activate_eligible(&on, cast::BOB, hour).unwrap();
    assert_eq!(client.simulator.tenant().active(&on), [cast::BOB]);
}

#[tokio::test]
async fn lists_are_filtered_expanded_and_paged() {
    let client = jit().await;
    let unit = format!("/administrativeUnits/{}", cast::UNIT_EMEA);
    for principal in [cast::BOB, cast::CAROL, cast::FRANK] {
        let mut tenant = client.simulator.tenant();
        tenant.make_eligible(&Privilege::role(ROLE), principal, None).unwrap();
        tenant.make_eligible(&Privilege::role_at(ROLE, &unit), principal, None).unwrap();
    }
    for (filter, count) in [
        (format!("principalId eq '{}'", cast::BOB), 2),
        (format!("roleDefinitionId eq '{ROLE}'"), 6),
        (format!("directoryScopeId eq '{unit}'"), 3),
        (
            format!(
                "principalId eq '{}' and roleDefinitionId eq '{ROLE}' and directoryScopeId eq '/'",
                cast::BOB
            ),
            1,
        ),
        (format!("principalId eq '{STRANGER}'"), 0),
    ] {
        let got = of(&client, &schedules(true), &filter).await;
        assert_eq!(got.values().len(), count, "{filter}");
    }
    for filter in [
        "status eq 'Provisioned'",
        "principalId eq 'x' or principalId eq 'y'",
        "principalId ne 'x'",
    ] {
        for path in [schedules(true), requests(false), requests(true)] {
            let got = of(&client, &path, filter).await;
            assert_eq!((got.status, got.error().1), (400, "InvalidFilter"), "{path} {filter}");
        }
    }
    let got =
        client.get(&format!("{}?$expand=principal,roleDefinition&$top=2", schedules(true))).await;
    assert_eq!(got.values()[0]["principal"]["@odata.type"], "#microsoft.graph.user");
    assert_eq!(got.values()[0]["roleDefinition"]["displayName"], "User Administrator");
    let mut settings_seen = Vec::new();
    for permute in [false, true] {
        client.simulator.change_settings(|settings| settings.permute_links = permute);
        let (mut ids, pages) = client.all_ids(&format!("{}?$top=2", schedules(true))).await;
        assert_eq!(pages, 3);
        settings_seen.push(ids.clone());
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 6);
    }
    assert_ne!(settings_seen[0], settings_seen[1], "facts §9: the order differs between reads");
    let got = client.get(&format!("{}/{STRANGER}", schedules(true))).await;
    assert_eq!(got.status, 404);
    let by_user =
        client.get(&format!("{}/filterByCurrentUser(on='principal')", schedules(true))).await;
    assert_eq!(by_user.status, 400, "delegated only");
    assert_eq!(client.get(&format!("{}/x/y", schedules(true))).await.status, 400);
    assert_eq!(client.post(&schedules(true), json!({})).await.status, 405);
    let unknown = client.get(&format!("{ROOT}/roleAssignments/x")).await;
    assert_eq!(unknown.error().2, not_found("x"));
}

#[tokio::test]
async fn who_may_do_what() {
    let read = ["RoleManagement.Read.Directory"];
    let write = ["RoleManagement.ReadWrite.Directory"];
    for (path, roles, status) in [
        (schedules(false), &read[..], 200),
        (schedules(true), &read, 200),
        (instances(false), &read, 403),
        (instances(false), &["RoleAssignmentSchedule.Read.Directory"], 200),
        (instances(true), &["RoleEligibilitySchedule.Read.Directory"], 200),
        (requests(false), &["RoleAssignmentSchedule.Read.Directory"], 403),
        (requests(false), &["RoleAssignmentSchedule.ReadWrite.Directory"], 200),
        (requests(true), &read, 200),
        (requests(false), &write, 200),
        (schedules(false), &["Directory.ReadWrite.All"], 403),
    ] {
        let client = Client::signed_in_with(Settings::default(), roles).await;
        let got = client.get(&path).await;
        assert_eq!(got.status, status, "{path} {roles:?}");
        if status == 403 {
            assert_eq!(got.error().1, "UnknownError", "facts §9");
            let message: Value = serde_json::from_str(got.error().2).unwrap();
            assert_eq!(message["errorCode"], "PermissionScopeNotGranted");
            let text = message["message"].as_str().unwrap();
            assert!(
                text.starts_with("Authorization failed due to missing permission scope Role"),
                "{text}"
            );
            assert!(client.authorised_by().is_empty());
        }
    }
    let grant = || wish("adminAssign", cast::BOB, hours(1));
    let remove = ["RoleAssignmentSchedule.Remove.Directory"];
    for (roles, body, status) in [
        (&read[..], grant(), 403),
        (&["RoleEligibilitySchedule.ReadWrite.Directory"], grant(), 403),
        (&remove, grant(), 403),
        (&remove, removal(cast::FRANK), 201),
        (&write, grant(), 201),
    ] {
        let client = Client::signed_in_with(Settings::default(), roles).await;
        client.simulator.tenant().assign_role(ROLE, cast::FRANK, None);
        let got = client.post(&requests(false), body).await;
        assert_eq!(got.status, status, "{roles:?} {}", got.text);
    }
    // An Entra role alone opens nothing, unless the switch says so.
    let client = Client::signed_in_with(Settings::default(), &[]).await;
    client.simulator.tenant().assign_role(
        cast::PRIVILEGED_ROLE_ADMINISTRATOR,
        cast::SERVICE_PRINCIPAL_ID,
        None,
    );
    assert_eq!(client.post(&requests(false), grant()).await.status, 403);
    client.simulator.change_settings(|settings| settings.entra_roles_reach_pim = true);
    assert_eq!(client.post(&requests(false), grant()).await.status, 201);
}

#[tokio::test]
async fn a_tenant_without_the_licence_answers_so_to_reads_too() {
    let client = jit().await;
    client.simulator.change_settings(|settings| settings.entra_id_p2 = false);
    for path in [schedules(true), instances(false), requests(true)] {
        let got = client.get(&path).await;
        assert_eq!((got.status, got.error().1), (400, "AadPremiumLicenseRequired"), "{path}");
    }
    let got = client.post(&requests(true), wish("adminAssign", cast::BOB, forever())).await;
    assert_eq!(got.error().1, "AadPremiumLicenseRequired");
    assert_eq!(
        client.get(&format!("{ROOT}/roleAssignments")).await.status,
        200,
        "no licence needed"
    );
}

#[tokio::test]
async fn active_is_listed_after_a_while_and_eligible_at_once() {
    let lag = Lag { roles: Duration::from_secs(20), ..Lag::default() };
    let settings = Settings { lag: Some(lag), seed: 4, ..Settings::default() };
    let client = Client::signed_in_with(settings, &JIT).await;
    client.pass(60);
    let count = async |eligible| mine(&client, &schedules(eligible), cast::BOB).await.len();
    client.post(&requests(true), wish("adminAssign", cast::BOB, forever())).await;
    for _ in 0..9 {
        assert_eq!(count(true).await, 1, "at once, at every replica");
    }
    let got = client.post(&requests(false), wish("adminAssign", cast::BOB, forever())).await;
    assert_eq!(got.json["status"], "Provisioned", "before it is listed");
    let mut seen = Vec::new();
    for _ in 0..9 {
        seen.push(count(false).await);
    }
    assert!(seen.contains(&0), "{seen:?}");
    client.pass(21);
    for _ in 0..9 {
        assert_eq!(count(false).await, 1);
    }
    // A read right after an update may find nothing, and never two rows.
    client.pass(300);
    client.post(&requests(true), wish("adminUpdate", cast::BOB, hours(1))).await;
    let mut seen = Vec::new();
    for _ in 0..9 {
        seen.push(count(true).await);
    }
    assert!(seen.contains(&0) && !seen.contains(&2), "{seen:?}");
    client.pass(21);
    assert_eq!(count(true).await, 1);
    client.post(&requests(true), removal(cast::BOB)).await;
    for _ in 0..9 {
        assert_eq!(count(true).await, 0, "gone on the first read");
    }
}

#[tokio::test]
async fn the_oracle_says_until_when() {
    let client = jit().await;
    let until: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
    let on = Privilege::role(ROLE);
    client.simulator.tenant().make_active(&on, cast::BOB, Some(until)).unwrap();
    let dump = client.simulator.tenant().dump();
    client.simulator.tenant().make_eligible(&on, cast::CAROL, Some(until)).unwrap();
    assert_ne!(
        client.simulator.tenant().dump(),
        dump,
        "eligibility is access that a client can change"
    );
    let held = client.simulator.tenant().schedules();
    let told: Vec<_> =
        held.iter().map(|one| (one.principal.as_str(), one.tenure, one.end)).collect();
    assert_eq!(
        told,
        [(cast::BOB, Tenure::Assigned, Some(until)), (cast::CAROL, Tenure::Eligible, Some(until))]
    );
    assert!(client.simulator.tenant().end_active(&on, cast::BOB));
    assert!(client.simulator.tenant().end_eligibility(&on, cast::CAROL));
    assert!(!client.simulator.tenant().end_eligibility(&on, cast::CAROL));
    assert!(client.simulator.tenant().schedules().is_empty());
}
