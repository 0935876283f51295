//! Facts §3.5: what users do with what they are eligible for.

use entra_sim::{PimPolicy, Privilege, Tenure, cast};
use jiff::SignedDuration;
use serde_json::json;

use crate::pim::{HOUR, ROLE, STRANGER, hours, jit, mine, of, removal, requests, schedules, wish};

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
