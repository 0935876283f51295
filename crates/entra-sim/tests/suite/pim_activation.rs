//! Facts §3.5: what users do with what they are eligible for.

use entra_sim::{GroupKind, PimPolicy, Privilege, Settings, Tenure, cast};
use jiff::SignedDuration;
use serde_json::json;

use crate::client::Client;
use crate::pim::{
    HOUR, JIT, ROLE, STRANGER, hours, jit, mine, of, removal, requests, schedules, wish,
};

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

fn until(time: &str) -> Option<jiff::Timestamp> {
    Some(time.parse().unwrap())
}

#[tokio::test]
async fn what_becomes_of_an_eligibility_becomes_of_its_activation() {
    let hour = SignedDuration::from_hours(1);
    let on = Privilege::role(ROLE);
    let active = async |removal_ends: bool, act: &str| {
        let settings =
            Settings { pim_removal_ends_activation: removal_ends, ..Settings::default() };
        let client = Client::signed_in_with(settings, &JIT).await;
        client.simulator.tenant().make_eligible(&on, cast::BOB, None).unwrap();
        client.simulator.tenant().activate_eligible(&on, cast::BOB, 2 * hour).unwrap();
        client.pass(600);
        let short = json!({ "type": "afterDateTime", "endDateTime": "2026-11-23T09:00:00Z" });
        let body =
            wish("adminUpdate", cast::BOB, if act == "shortened" { short } else { hours(9) });
        if act != "ended" {
            let got = client.post(&requests(true), body).await;
            assert_eq!(got.status, 201, "{}", got.text);
        }
        match act {
            "removed" => {
                let got = client.post(&requests(true), removal(cast::BOB)).await;
                assert_eq!(got.status, 201, "{}", got.text);
            }
            "ended" => assert!(client.simulator.tenant().end_eligibility(&on, cast::BOB)),
            _ => {}
        }
        let held = client.simulator.tenant().schedules();
        held.into_iter().find(|one| one.tenure == Tenure::Activated).map(|one| one.end)
    };
    let whole = Some(until("2026-11-23T10:00:00Z"));
    for (removal_ends, act, end) in [
        (true, "prolonged", whole),
        (true, "shortened", Some(until("2026-11-23T09:00:00Z"))),
        (true, "removed", None),
        (true, "ended", None),
        (false, "removed", whole),
    ] {
        assert_eq!(active(removal_ends, act).await, end, "{act}");
    }
}

#[tokio::test]
async fn what_is_approved_ends_with_its_eligibility() {
    let client = jit().await;
    let on = Privilege::role(ROLE);
    let policy = PimPolicy { approval_end_user_assignment: true, ..PimPolicy::default() };
    client.simulator.tenant().set_pim_policy(&on, policy);
    let end = until("2026-11-23T10:00:00Z");
    client.simulator.tenant().make_eligible(&on, cast::BOB, end).unwrap();
    let hour = SignedDuration::from_hours(1);
    let id = client.simulator.tenant().activate_eligible(&on, cast::BOB, hour).unwrap();
    client.pass(HOUR + 1800);
    assert!(client.simulator.tenant().approve(&id));
    let held = client.simulator.tenant().schedules();
    assert!(held.iter().all(|one| one.end == end), "{held:?}");
}

#[tokio::test]
async fn the_end_of_a_group_ends_what_its_members_activated() {
    let client = jit().await;
    let group = client.simulator.tenant().add_group("Operators", GroupKind::RoleAssignable);
    client.simulator.tenant().add_member(&group, cast::BOB);
    let on = Privilege::role(ROLE);
    client.simulator.tenant().make_eligible(&on, &group, None).unwrap();
    let hour = SignedDuration::from_hours(1);
    client.simulator.tenant().activate_eligible(&on, cast::BOB, hour).unwrap();
    client.simulator.tenant().delete(&group);
    assert!(client.simulator.tenant().active(&on).is_empty());
    assert!(client.simulator.tenant().role_assignments().iter().all(|one| one.role != ROLE));
}

/// What waits for approval waits a day (the policy's `approvalStageTimeOutInDays`), and no longer than there is
/// something to approve.
#[tokio::test]
async fn nothing_waits_for_ever() {
    let hour = SignedDuration::from_hours(1);
    let on = Privilege::role(ROLE);
    for (pass, ended, status) in [
        (24 * HOUR - 1, false, "PendingApproval"),
        (24 * HOUR, false, "Failed"),
        (60, true, "Canceled"),
    ] {
        let mut client = jit().await;
        let policy = PimPolicy { approval_end_user_assignment: true, ..PimPolicy::default() };
        client.simulator.tenant().set_pim_policy(&on, policy);
        client.simulator.tenant().make_eligible(&on, cast::BOB, None).unwrap();
        let id = client.simulator.tenant().activate_eligible(&on, cast::BOB, hour).unwrap();
        client.pass(pass);
        if ended {
            assert!(client.simulator.tenant().end_eligibility(&on, cast::BOB));
        }
        client.become_holder_of(&JIT).await;
        let found = client.get(&format!("{}/{id}", requests(false))).await;
        assert_eq!(found.json["status"], status);
        let waits = status == "PendingApproval";
        assert_eq!(found.json["completedDateTime"] == json!(null), waits);
        let got = client.post(&requests(false), wish("adminAssign", cast::BOB, hours(1))).await;
        assert_eq!(got.error().1 == "PendingRoleAssignmentRequest", waits, "{}", got.text);
        assert_eq!(client.simulator.tenant().approve(&id), waits);
    }
    // Granted for later, and taken away before: nothing will begin any more.
    let client = jit().await;
    let mut body = wish("adminAssign", cast::BOB, hours(2));
    body["scheduleInfo"]["startDateTime"] = json!("2026-11-23T08:30:00Z");
    let granted = client.post(&requests(false), body).await;
    assert_eq!(client.post(&requests(false), removal(cast::BOB)).await.status, 201);
    let path = format!("{}/{}", requests(false), granted.json["id"].as_str().unwrap());
    assert_eq!(client.get(&path).await.json["status"], "Revoked");
    assert_eq!(client.post(&format!("{path}/cancel"), json!({})).await.status, 400);
}
