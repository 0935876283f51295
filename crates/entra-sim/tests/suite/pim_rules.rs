//! Facts §3.5, §9: what PIM for roles refuses, and why.

use entra_sim::{EnablementRule, ExpirationRule, PimPolicy, Privilege, Settings, cast};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::client::Client;
use crate::pim::{
    ROLE, ROOT, STRANGER, forever, hours, instances, jit, removal, requests, schedules, wish,
};

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
