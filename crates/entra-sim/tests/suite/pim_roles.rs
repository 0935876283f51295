//! Facts §3.5, §9: what PIM for roles gives, changes and takes away, and when it begins and ends.

use entra_sim::{Privilege, Settings, Tenure, cast};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::client::Client;
use crate::pim::{
    HOUR, JIT, ROLE, ROOT, forever, hours, instances, jit, mine, removal, requests, schedules, wish,
};

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
