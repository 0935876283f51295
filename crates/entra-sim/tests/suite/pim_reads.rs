//! Facts §3.5, §9: reading the collections of PIM for roles.

use std::time::Duration;

use entra_sim::{GroupKind, Lag, Privilege, Settings, cast};
use jiff::SignedDuration;
use serde_json::json;

use crate::client::{Client, not_found};
use crate::pim::{
    JIT, ROLE, ROOT, STRANGER, forever, hours, instances, jit, mine, of, removal, requests,
    schedules, wish,
};

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
async fn requests_are_paged_too() {
    let client = jit().await;
    for principal in [cast::BOB, cast::CAROL, cast::FRANK] {
        for eligible in [true, false] {
            let got =
                client.post(&requests(eligible), wish("adminAssign", principal, forever())).await;
            assert_eq!(got.status, 201, "{}", got.text);
        }
    }
    for (query, all, pages) in [
        ("?$top=2", 3, 2),
        ("?$top=3", 3, 1),
        ("?$top=1&$select=id", 3, 3),
        (&format!("?$filter=principalId%20eq%20'{}'&$top=1", cast::BOB), 1, 1),
    ] {
        let (ids, seen) = client.all_ids(&format!("{}{query}", requests(true))).await;
        assert_eq!((ids.len(), seen), (all, pages), "{query}");
    }
    client.simulator.change_settings(|settings| settings.role_assignment_page = 2);
    let (mut ids, pages) = client.all_ids(&requests(false)).await;
    ids.dedup();
    assert_eq!((ids.len(), pages), (3, 2));
    let other = client.get(&format!("{}?$top=1", requests(true))).await;
    let link = other.json["@odata.nextLink"].as_str().unwrap();
    let elsewhere = link.replace("roleEligibility", "roleAssignment");
    assert_eq!(client.get(&elsewhere).await.status, 400, "a token of another list");
}

/// Facts §3.5: requests may age out.
#[tokio::test]
async fn requests_age_out() {
    let kept = Duration::from_secs(60);
    let settings = Settings { pim_requests_kept: Some(kept), ..Settings::default() };
    let client = Client::signed_in_with(settings, &JIT).await;
    let got = client.post(&requests(true), wish("adminAssign", cast::BOB, forever())).await;
    let path = format!("{}/{}", requests(true), got.json["id"].as_str().unwrap());
    client.pass(59);
    assert_eq!(client.get(&path).await.status, 200);
    client.pass(1);
    assert_eq!(client.get(&path).await.status, 404);
    assert!(client.get(&requests(true)).await.values().is_empty());
    assert_eq!(mine(&client, &schedules(true), cast::BOB).await.len(), 1, "the schedule stays");
    // What waits still is no history.
    let mut body = wish("adminAssign", cast::CAROL, hours(1));
    body["scheduleInfo"]["startDateTime"] = json!("2026-11-23T08:30:00Z");
    client.post(&requests(false), body).await;
    client.pass(100);
    assert_eq!(client.get(&requests(false)).await.values()[0]["status"], "Granted");
}

#[tokio::test]
async fn filters_that_contradict_each_other_find_nothing() {
    let client = jit().await;
    let on = Privilege::role(ROLE);
    for principal in [cast::BOB, cast::CAROL] {
        client.simulator.tenant().make_eligible(&on, principal, None).unwrap();
    }
    let (bob, carol) =
        (format!("principalId eq '{}'", cast::BOB), format!("principalId eq '{}'", cast::CAROL));
    for (filter, status, count) in [
        (format!("{bob} and {bob}"), 200, 1),
        (format!("{bob} and {carol}"), 200, 0),
        (format!("{carol} and {bob}"), 200, 0),
        ("principalId eq 'bob'".to_owned(), 400, 0),
        ("roleDefinitionId eq 'x'".to_owned(), 400, 0),
    ] {
        for path in [schedules(true), instances(true), requests(true)] {
            let got = of(&client, &path, &filter).await;
            let count = if path == requests(true) { 0 } else { count };
            assert_eq!(got.status, status, "{path} {filter}");
            assert_eq!(got.json["value"].as_array().map_or(0, Vec::len), count, "{filter}");
        }
    }
}
