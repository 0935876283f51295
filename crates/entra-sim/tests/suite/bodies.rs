//! Bodies are read as the schema has them: what is not known there, or is of another type, is refused, and so does
//! nothing (facts §3.4, §3.5, §3.7, §3.10, §3.11).

use entra_sim::{Settings, cast};
use serde_json::{Value, json};

use crate::client::Client;
use crate::pim::{ROLE, ROOT, forever, hours, jit, requests, schedules, wish};

/// The body with this member in place of that.
fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    let (place, name) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(place).unwrap()[name] = value;
    body
}

#[tokio::test]
async fn a_request_to_pim_says_what_the_schema_knows() {
    let sound = || wish("adminAssign", cast::BOB, hours(1));
    for (pointer, value, status) in [
        ("/customData", Value::Null, 201),
        ("/appScopeId", Value::Null, 201),
        ("/isValidationOnly", json!(false), 201),
        ("/@odata.type", json!("#microsoft.graph.unifiedRoleAssignmentScheduleRequest"), 201),
        ("/ticketinfo", json!({ "ticketNumber": "CHG-1" }), 400),
        ("/startDateTime", json!("2026-11-23T08:00:00Z"), 400),
        ("/groupId", json!(cast::FINANCE), 400),
        ("/appScopeId", json!("/"), 400),
        ("/directoryScopeId", Value::Null, 400),
        ("/isValidationOnly", json!("true"), 400),
        ("/justification", json!(7), 400),
        ("/principalId", json!([cast::BOB]), 400),
        ("/ticketInfo", json!("CHG-1"), 400),
        ("/ticketInfo/number", json!("CHG-1"), 400),
        ("/ticketInfo/ticketNumber", json!(1), 400),
        ("/scheduleInfo", json!("PT1H"), 400),
        ("/scheduleInfo/endDateTime", json!("2026-11-23T09:00:00Z"), 400),
        ("/scheduleInfo/recurrence", json!({ "pattern": {} }), 400),
        ("/scheduleInfo/expiration/Duration", json!("PT1H"), 400),
        ("/scheduleInfo/expiration/duration", json!(3600), 400),
    ] {
        let client = jit().await;
        let got = client.post(&requests(false), with(sound(), pointer, value)).await;
        assert_eq!(got.status, status, "{pointer} {}", got.text);
        if status == 400 {
            let scope = pointer.ends_with("ScopeId");
            let code = if scope { "Request_BadRequest" } else { "BadRequest" };
            assert_eq!(got.error().1, code, "{pointer} {}", got.text);
        }
        let made = client.simulator.tenant().schedules().len();
        assert_eq!(made, usize::from(status == 201), "{pointer}");
    }
}

#[tokio::test]
async fn times_and_durations_are_those_of_the_schema() {
    let length = |text: &str| json!({ "type": "afterDuration", "duration": text });
    let end = |text: &str| json!({ "type": "afterDateTime", "endDateTime": text });
    for (expiration, end) in [
        (length("PT8H"), Some("2026-11-23T16:00:00Z")),
        (length("PT90M"), Some("2026-11-23T09:30:00Z")),
        (length("P1D"), Some("2026-11-24T08:00:00Z")),
        (length("P1DT2H3M4.5S"), Some("2026-11-24T10:03:04.5Z")),
        (end("2026-11-23T16:00:00Z"), Some("2026-11-23T16:00:00Z")),
        (end("2026-11-23T17:00:00.5+01:00"), Some("2026-11-23T16:00:00.5Z")),
        (length("8h"), None),
        (length("8 hours"), None),
        (length("PT8H ago"), None),
        (length("pt8h"), None),
        (length("PT 8H"), None),
        (length("P8H"), None),
        (length("P1Y"), None),
        (length("P1M"), None),
        (length("P1W"), None),
        (length("-PT8H"), None),
        (length("P"), None),
        (length("PT"), None),
        (length("P1DT"), None),
        (length("PT0S"), None),
        (end("2026-11-23 16:00:00Z"), None),
        (end("2026-11-23T16:00:00"), None),
        (end("2026-11-23T16Z"), None),
        (end("20261123T160000Z"), None),
        (end("2026-11-23T16:00:00+01:00[Europe/Paris]"), None),
        (end("2026-11-23T16:00:00,5Z"), None),
        (end("2026-11-23"), None),
    ] {
        let client = jit().await;
        let text = expiration.to_string();
        let got = client.post(&requests(true), wish("adminAssign", cast::BOB, expiration)).await;
        let found = client.get(&schedules(true)).await;
        let rows = found.values();
        if let Some(end) = end {
            assert_eq!(got.status, 201, "{text} {}", got.text);
            assert_eq!(rows[0]["scheduleInfo"]["expiration"]["endDateTime"], end, "{text}");
        } else {
            let told = (got.status, got.error().1);
            assert_eq!(told, (400, "InvalidRoleAssignmentRequestSchedule"), "{text}");
            assert!(rows.is_empty());
        }
    }
}

#[tokio::test]
async fn others_are_as_strict() {
    let assignment =
        || json!({ "roleDefinitionId": ROLE, "principalId": cast::BOB, "directoryScopeId": "/" });
    let app_role = || {
        json!({
            "principalId": cast::CAROL,
            "resourceId": cast::PAYROLL,
            "appRoleId": cast::PAYROLL_READER,
        })
    };
    let guest = || json!({ "invitedUserEmailAddress": "hana@fabrikam.com", "inviteRedirectUrl": "https://contoso.com" });
    let risky = || json!({ "userIds": [cast::BOB] });
    let member = || {
        json!({
            "action": "adminAssign",
            "groupId": cast::EMPTY_ROOM,
            "accessId": "member",
            "principalId": cast::BOB,
            "justification": "On call",
            "scheduleInfo": { "expiration": forever() },
        })
    };
    let roles = format!("{ROOT}/roleAssignments");
    let app_roles = format!("/servicePrincipals/{}/appRoleAssignedTo", cast::PAYROLL);
    let groups = "/identityGovernance/privilegedAccess/group/assignmentScheduleRequests";
    let risk = "/identityProtection/riskyUsers/dismiss";
    for (path, body, status) in [
        (roles.as_str(), assignment(), 201),
        (
            &roles,
            with(assignment(), "/@odata.type", json!("#microsoft.graph.unifiedRoleAssignment")),
            201,
        ),
        (&roles, with(assignment(), "/directoryScopeid", json!("/")), 400),
        (&roles, with(assignment(), "/condition", json!(1)), 400),
        (&app_roles, app_role(), 201),
        (&app_roles, with(app_role(), "/startDateTime", json!("2026-11-23T08:00:00Z")), 400),
        ("/invitations", guest(), 201),
        ("/invitations", with(guest(), "/invitedUserType", json!("Guest")), 201),
        ("/invitations", with(guest(), "/invitedUserType", json!("Member")), 400),
        ("/invitations", with(guest(), "/sendInvitationMessage", json!("yes")), 400),
        ("/invitations", with(guest(), "/invitedUserDisplayname", json!("Hana")), 400),
        ("/invitations", with(guest(), "/invitedUserDisplayName", json!(1)), 400),
        (risk, risky(), 204),
        (risk, with(risky(), "/userids", json!([])), 400),
        (risk, json!({ "userIds": cast::BOB }), 400),
        (groups, member(), 201),
        (groups, with(member(), "/roleDefinitionId", json!(ROLE)), 400),
        (groups, with(member(), "/accessId", json!(1)), 400),
    ] {
        let mut client = Client::signed_in_with(Settings::default(), &[]).await;
        client.simulator.tenant().add_payroll();
        client
            .become_holder_of(&[
                "RoleManagement.ReadWrite.Directory",
                "AppRoleAssignment.ReadWrite.All",
                "Application.Read.All",
                "User.Invite.All",
                "User.Read.All",
                "IdentityRiskyUser.ReadWrite.All",
                "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup",
            ])
            .await;
        let before = client.simulator.tenant().revision();
        let got = client.post(path, body.clone()).await;
        assert_eq!(got.status, status, "{path} {body} {}", got.text);
        let changed = client.simulator.tenant().revision() != before;
        assert_eq!(changed, status < 300, "{path} {body}");
    }
}
