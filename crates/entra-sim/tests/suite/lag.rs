//! Facts §7, §8.2, §9: replicas that lag, latency that passes in virtual time, and determinism.

use std::time::Duration;

use entra_sim::{Lag, Latency, Settings, Size, cast};

use crate::client::Client;

fn lagging(seed: u64) -> Settings {
    Settings { lag: Some(Lag::default()), seed, ..Settings::default() }
}

#[tokio::test]
async fn reads_are_stale_for_a_while_and_the_oracle_never() {
    let client = Client::signed_in_with(lagging(3), &cast::GUIDE_ROLES).await;
    client.pass(60);
    assert_eq!(client.add_member(cast::EMPTY_ROOM, cast::ALICE).await.status, 204);
    assert_eq!(client.simulator.tenant().members(cast::EMPTY_ROOM), [cast::ALICE]);
    let path = format!("/groups/{}/members?$select=id", cast::EMPTY_ROOM);
    let mut seen = Vec::new();
    for _ in 0..20 {
        seen.push(client.get(&path).await.ids().len());
    }
    assert!(seen.contains(&0), "some replica is behind: {seen:?}");
    client.pass(7);
    for _ in 0..20 {
        assert_eq!(client.get(&path).await.ids(), [cast::ALICE]);
        let holders = client.get(&format!("/users/{}/memberOf?$select=id", cast::ALICE)).await;
        assert!(holders.ids().contains(&cast::EMPTY_ROOM.to_owned()));
    }
    assert_eq!(client.remove_member(cast::EMPTY_ROOM, cast::ALICE).await.status, 204);
    client.pass(7);
    assert!(client.get(&path).await.ids().is_empty());
}

#[tokio::test]
async fn new_objects_are_missing_on_some_reads() {
    let client = Client::signed_in_with(lagging(1), &cast::GUIDE_ROLES).await;
    client.pass(60);
    let id = client.simulator.tenant().add_user("New One", "new.one@contoso.com");
    let mut statuses = Vec::new();
    for _ in 0..20 {
        statuses.push(client.get(&format!("/users/{id}")).await.status);
    }
    assert!(statuses.contains(&404), "{statuses:?}");
    let mut answers = Vec::new();
    for _ in 0..20 {
        let got = client.add_member(cast::EMPTY_ROOM, &id).await;
        answers.push(got.error().1.to_owned());
        client.simulator.tenant().remove_member(cast::EMPTY_ROOM, &id);
    }
    assert!(
        answers
            .iter()
            .any(|code| code == "Request_BadRequest" || code == "Request_ResourceNotFound")
    );
    client.pass(31);
    assert_eq!(client.get(&format!("/users/{id}")).await.status, 200);
    assert_eq!(client.add_member(cast::EMPTY_ROOM, &id).await.status, 204);
}

#[tokio::test]
async fn roles_lag_behind_giving_and_taking() {
    let client = Client::signed_in_with(lagging(2), &cast::GUIDE_ROLES).await;
    client.pass(60);
    let path = "/roleManagement/directory/roleAssignments";
    let seen = async || {
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..21 {
            seen.insert(client.get(path).await.values().len());
            client.pass(1);
        }
        Vec::from_iter(seen)
    };
    assert_eq!(seen().await, [4]);
    let id =
        client.simulator.tenant().assign_role_at(cast::USER_ADMINISTRATOR, cast::BOB, "/").unwrap();
    assert_eq!(seen().await, [4, 5], "some replica is behind");
    assert_eq!(seen().await, [5]);
    assert_eq!(client.delete(&format!("{path}/{id}")).await.status, 204);
    assert_eq!(seen().await, [4, 5]);
    assert_eq!(seen().await, [4]);
}

#[tokio::test]
async fn app_roles_lag_behind_giving_and_taking() {
    let roles = ["AppRoleAssignment.ReadWrite.All", "Application.Read.All"];
    let client = Client::signed_in_with(lagging(2), &roles).await;
    client.simulator.tenant().add_payroll();
    client.pass(60);
    let of_resource = format!("/servicePrincipals/{}/appRoleAssignedTo", cast::PAYROLL);
    let of_principal = format!("/users/{}/appRoleAssignments", cast::CAROL);
    let seen = async |path: &str| {
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..21 {
            seen.insert(client.get(path).await.values().len());
            client.pass(1);
        }
        Vec::from_iter(seen)
    };
    let give = || {
        let role = cast::PAYROLL_READER;
        client.simulator.tenant().assign_app_role(cast::PAYROLL, role, cast::CAROL).unwrap()
    };
    let id = give();
    assert_eq!((seen(&of_resource).await, seen(&of_principal).await), (vec![4, 5], vec![1]));
    assert_eq!(client.delete(&format!("{of_resource}/{id}")).await.status, 204);
    assert_eq!((seen(&of_principal).await, seen(&of_resource).await), (vec![0, 1], vec![4]));
    give();
    assert_eq!((seen(&of_principal).await, seen(&of_resource).await), (vec![0, 1], vec![5]));
}

#[tokio::test]
async fn a_new_unit_is_missing_on_some_reads_and_so_are_its_members() {
    let client = Client::signed_in_with(lagging(1), &cast::GUIDE_ROLES).await;
    client.pass(60);
    let unit = client.simulator.tenant().add_unit("New Unit", false);
    client.simulator.tenant().add_member(&unit, cast::BOB);
    let path = format!("/directory/administrativeUnits/{unit}/members?$select=id");
    let mut statuses = Vec::new();
    for _ in 0..20 {
        statuses.push(client.get(&path).await.status);
    }
    assert!(statuses.contains(&404), "404, not an empty list (facts §9): {statuses:?}");
    client.pass(31);
    assert_eq!(client.get(&path).await.ids(), [cast::BOB]);
}

#[tokio::test(start_paused = true)]
async fn latency_is_virtual_and_a_client_that_gives_up_has_written() {
    let second = Duration::from_secs(1);
    let settings =
        Settings { latency: Latency { least: second, most: 3 * second }, ..Settings::default() };
    let client = Client::signed_in_with(settings, &cast::GUIDE_ROLES).await;
    let started = tokio::time::Instant::now();
    client.get("/organization").await;
    assert!((1..=3).contains(&started.elapsed().as_secs()));
    let adding = client.add_member(cast::EMPTY_ROOM, cast::BOB);
    assert!(tokio::time::timeout(second / 2, adding).await.is_err());
    assert_eq!(client.simulator.tenant().members(cast::EMPTY_ROOM), [cast::BOB]);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_bytes() {
    let run = async || {
        let mut client =
            Client::new(&Size { users: 300, groups: 60, seed: 11, ..Size::default() }, lagging(5));
        client.become_holder_of(&cast::GUIDE_ROLES).await;
        client.pass(100);
        let mut said = Vec::new();
        for path in ["/users", "/groups?$top=7", "/users/nobody@contoso.com"] {
            let got = client.get(path).await;
            said.push((got.text, format!("{:?}", got.headers)));
        }
        client.add_member(cast::EMPTY_ROOM, cast::ALICE).await;
        said.push((
            client.get(&format!("/groups/{}/members", cast::EMPTY_ROOM)).await.text,
            String::new(),
        ));
        (said, client.simulator.trace(), client.token)
    };
    assert_eq!(run().await, run().await);
}
