//! Facts §3.6, §8.1, §8.18: delta queries of users and groups, the initial round and later ones.

use std::collections::BTreeSet;

use entra_sim::{Delta, GroupKind, Kind, Settings, Size, cast};
use serde_json::{Value, json};

use crate::client::{Client, DENIED, keys, sorted};
use crate::delta_client::{items, linked, of, round};

const GROUPS: &str = "/groups/delta?$select=displayName,members";

pub(crate) async fn with(delta: Delta) -> Client {
    Client::signed_in_with(Settings { delta, ..Settings::default() }, &cast::GUIDE_ROLES).await
}

/// The ids of users and groups that the initial round told as live, each once.
fn live(items: &[Value]) -> Vec<String> {
    let live = items.iter().filter(|item| item.get("@removed").is_none());
    let ids: BTreeSet<String> = live.map(|item| item["id"].as_str().unwrap().to_owned()).collect();
    ids.into_iter().collect()
}

#[tokio::test]
async fn the_initial_round_is_everything() {
    let client = Client::signed_in().await;
    for (kind, path) in [
        (Kind::User, "/users/delta"),
        (Kind::User, "/users/delta()"),
        (Kind::User, "/users/microsoft.graph.delta?$select=displayName"),
        (Kind::Group, "/groups/microsoft.graph.delta()"),
        (Kind::Group, "/groups/delta?$top=1&$expand=members&$select=id,members"),
        (Kind::ServicePrincipal, "/servicePrincipals/delta"),
    ] {
        let (items, _) = items(&client, path).await;
        assert_eq!(live(&items), client.simulator.tenant().ids(kind), "{path}");
        let gone: Vec<&Value> =
            items.iter().filter(|item| item.get("@removed").is_some()).collect();
        assert_eq!(gone.len(), client.simulator.tenant().deleted(kind).len(), "{path}");
        for item in gone {
            assert_eq!(item["@removed"], json!({ "reason": "changed" }), "soft-deleted: {item}");
            assert_eq!(keys(item), ["@removed", "id"]);
        }
    }
}

#[tokio::test]
async fn properties_that_were_never_set_are_absent() {
    let client = Client::signed_in().await;
    let (users, link) = items(&client, "/users/delta?$select=displayName,jobTitle,mail").await;
    let alice = of(&users, cast::ALICE)[0];
    assert_eq!(keys(alice), ["displayName", "id", "mail"], "{alice}");
    client.simulator.tenant().set_property(cast::ALICE, "jobTitle", Some("Pilot"));
    let (users, link) = items(&client, &link).await;
    assert_eq!(users.len(), 1);
    assert_eq!(users[0]["jobTitle"], "Pilot");
    assert_eq!(users[0]["mail"], "alice@contoso.com", "unchanged ones are repeated");
    client.simulator.tenant().set_property(cast::ALICE, "jobTitle", None);
    let (users, link) = items(&client, &link).await;
    assert_eq!(users[0].get("jobTitle"), Some(&Value::Null), "set to null: {}", users[0]);
    // Not selected: it does not appear.
    client.simulator.tenant().set_property(cast::ALICE, "department", Some("Sales"));
    let (users, _) = items(&client, &link).await;
    assert!(users.is_empty());
}

#[tokio::test]
async fn only_what_changed_with_return_minimal() {
    let client = Client::signed_in().await;
    let (_, link) = items(&client, "/users/delta").await;
    client.simulator.tenant().rename(cast::BOB, "Robert Berg");
    let header = [("Prefer", "return=minimal")];
    let got = client.ask(http::Method::GET, &link, &header, None).await.unwrap();
    let got = crate::client::read(got);
    assert_eq!(got.values(), &[json!({ "id": cast::BOB, "displayName": "Robert Berg" })]);
}

#[tokio::test]
async fn groups_bring_their_members() {
    let client = Client::signed_in().await;
    let (groups, link) = items(&client, "/groups/delta").await;
    let finance = of(&groups, cast::FINANCE)[0];
    let members = finance["members@delta"].as_array().unwrap();
    for member in members {
        assert_eq!(keys(member), ["@odata.type", "id"], "{member}");
    }
    assert!(of(&groups, cast::EMPTY_ROOM)[0].get("members@delta").is_none(), "no members, no key");
    assert!(finance.get("owners@delta").is_none(), "owners only when selected");
    let id = cast::FINANCE;
    assert_eq!(linked(&groups, id, "members@delta", false), client.simulator.tenant().members(id));
    // A membership makes the group appear, not the user.
    let (_, users) = items(&client, "/users/delta?$deltatoken=latest").await;
    client.simulator.tenant().add_member(cast::EMPTY_ROOM, cast::ALICE);
    client.simulator.tenant().remove_member(id, cast::CAROL);
    let (groups, link) = items(&client, &link).await;
    let user = json!("#microsoft.graph.user");
    assert_eq!(
        of(&groups, cast::EMPTY_ROOM)[0]["members@delta"],
        json!([{ "@odata.type": user, "id": cast::ALICE }])
    );
    assert_eq!(
        of(&groups, id)[0]["members@delta"],
        json!([{ "@odata.type": user, "id": cast::CAROL, "@removed": { "reason": "deleted" } }])
    );
    assert_eq!(groups.len(), 2);
    assert!(items(&client, &users).await.0.is_empty());
    assert!(items(&client, &link).await.0.is_empty(), "no changes");
    let selected = "/groups/delta?$select=displayName,owners";
    let (groups, _) = items(&client, selected).await;
    assert_eq!(linked(&groups, id, "owners@delta", false), client.simulator.tenant().owners(id));
    assert!(of(&groups, id)[0].get("members@delta").is_none());
}

#[tokio::test]
async fn a_large_group_spans_pages() {
    let delta = Delta { page: 4, links: 7, ..Delta::default() };
    let settings = Settings { delta, ..Settings::default() };
    let mut client =
        Client::new(&Size { users: 40, groups: 6, seed: 4, ..Size::default() }, settings);
    client.become_holder_of(&cast::GUIDE_ROLES).await;
    let (pages, _) = round(&client, "/groups/delta?$select=displayName,members,owners").await;
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for page in &pages {
        let links: usize = ["members@delta", "owners@delta"]
            .iter()
            .flat_map(|name| page.values().iter().filter_map(|item| item[*name].as_array()))
            .map(Vec::len)
            .sum();
        assert!(page.values().len() <= 4 && links <= 7, "{}", page.text);
        all.extend(page.values().clone());
    }
    let staff = of(&all, cast::ALL_STAFF);
    assert!(staff.len() > 3, "{}", staff.len());
    for part in staff {
        assert_eq!(part["displayName"], "All Staff", "the same properties: {part}");
        for member in part["members@delta"].as_array().into_iter().flatten() {
            assert!(seen.insert(member["id"].as_str().unwrap().to_owned()), "different members");
        }
    }
    assert_eq!(Vec::from_iter(seen), client.simulator.tenant().members(cast::ALL_STAFF));
    assert!(pages.last().unwrap().values().is_empty(), "the deltaLink has a page of its own");
}

#[tokio::test]
async fn latest_begins_now() {
    let client = Client::signed_in().await;
    let got = client.get(&format!("{GROUPS}&$deltatoken=latest")).await;
    assert!(got.values().is_empty() && got.json.get("@odata.nextLink").is_none());
    let link = got.json["@odata.deltaLink"].as_str().unwrap();
    client.simulator.tenant().rename(cast::FINANCE, "Money");
    let (groups, _) = items(&client, link).await;
    assert_eq!(groups, [json!({ "id": cast::FINANCE, "displayName": "Money" })]);
}

#[tokio::test]
async fn fifty_ids_and_no_more() {
    let client = Client::signed_in().await;
    let ask = |ids: &[&str]| {
        let clauses: Vec<String> = ids.iter().map(|id| format!("id%20eq%20'{id}'")).collect();
        format!("{GROUPS}&$filter={}", clauses.join("%20or%20"))
    };
    let (groups, link) =
        items(&client, &ask(&[cast::FINANCE, cast::EMPTY_ROOM, cast::TENANT_ID, cast::ALICE]))
            .await;
    assert_eq!(live(&groups), sorted(&[cast::FINANCE, cast::EMPTY_ROOM]), "others are left out");
    client.simulator.tenant().add_member(cast::EMPTY_ROOM, cast::BOB);
    client.simulator.tenant().rename(cast::ENGINEERING, "Builders");
    let (groups, _) = items(&client, &link).await;
    assert_eq!(live(&groups), [cast::EMPTY_ROOM]);
    assert_eq!(client.get(&ask(&[cast::FINANCE; 50])).await.status, 200);
    let error = client.get(&ask(&[cast::FINANCE; 51])).await;
    assert_eq!((error.error().0, error.error().1), (400, "Request_UnsupportedQuery"));
    for filter in ["displayName%20eq%20'x'", "not(id%20eq%20'x')", "isof('microsoft.graph.group')"]
    {
        let got = client.get(&format!("{GROUPS}&$filter={filter}")).await;
        assert_eq!((got.error().0, got.error().1), (400, "Request_UnsupportedQuery"), "{filter}");
    }
    let got = client.get(&format!("{GROUPS}&$filter=id%20eq%20'x'")).await;
    assert_eq!(got.error().2, "Invalid object identifier 'x'.");
}

#[tokio::test]
async fn what_is_refused() {
    let client = Client::signed_in().await;
    for (path, status, code) in [
        ("/groups/delta?$orderby=displayName", 400, "Request_UnsupportedQuery"),
        ("/groups/delta?$search=x", 400, "Request_UnsupportedQuery"),
        ("/groups/delta?$select=favouriteColour", 400, "BadRequest"),
        ("/users/delta?$select=members", 400, "BadRequest"),
        ("/users/delta?$select=aboutMe", 501, "NotImplemented"),
        ("/users/delta?$deltatoken=abc", 400, "Request_BadRequest"),
    ] {
        let got = client.get(path).await;
        assert_eq!((got.error().0, got.error().1), (status, code), "{path}: {}", got.text);
    }
    assert_eq!(client.post("/users/delta", json!({})).await.status, 405);
}

#[tokio::test]
async fn permissions_are_those_of_the_lists() {
    let mut client = Client::signed_in().await;
    for (role, allowed) in [
        ("User.Read.All", vec!["/users/delta"]),
        ("GroupMember.Read.All", vec!["/groups/delta", GROUPS]),
        ("Application.Read.All", vec!["/servicePrincipals/delta"]),
        (
            "Directory.Read.All",
            vec![
                "/users/delta",
                "/groups/delta",
                GROUPS,
                "/servicePrincipals/delta",
                "/directoryObjects/delta",
            ],
        ),
    ] {
        client.become_holder_of(&[role]).await;
        let all = [
            "/users/delta",
            "/groups/delta",
            GROUPS,
            "/servicePrincipals/delta",
            "/directoryObjects/delta",
        ];
        for path in all {
            let got = client.get(path).await;
            if allowed.contains(&path) {
                assert_eq!(got.status, 200, "{role} {path}");
                assert_eq!(client.authorised_by(), [role], "{path}");
            } else {
                assert_eq!(got.error(), DENIED, "{role} {path}");
            }
        }
    }
    client.become_holder_of(&["Directory.ReadWrite.All"]).await;
    client.simulator.change_settings(|settings| settings.directory_write_reads_members = false);
    assert_eq!(client.get(GROUPS).await.error(), DENIED, "members by name");
    let (groups, _) = items(&client, "/groups/delta").await;
    assert!(groups.iter().all(|group| group.get("members@delta").is_none()));
}

#[tokio::test]
async fn deletions_of_users_and_their_memberships() {
    let client = Client::signed_in().await;
    let member =
        |id: &str| client.simulator.tenant().members(cast::FINANCE).contains(&id.to_owned());
    assert!(member(cast::BOB));
    let (_, users) = items(&client, "/users/delta?$select=displayName").await;
    let (_, groups) = items(&client, GROUPS).await;
    client.simulator.tenant().soft_delete(cast::BOB);
    let (told, users) = items(&client, &users).await;
    assert_eq!(told, [json!({ "id": cast::BOB, "@removed": { "reason": "changed" } })]);
    let (told, groups) = items(&client, &groups).await;
    assert!(told.is_empty(), "a soft deletion sends nothing in groups: {told:?}");
    client.simulator.tenant().restore(cast::BOB);
    let (told, users) = items(&client, &users).await;
    assert_eq!(told, [json!({ "id": cast::BOB, "displayName": "Bob Berg" })]);
    let (told, groups) = items(&client, &groups).await;
    assert!(told.is_empty(), "nor does the restoration, and it is back: {told:?}");
    assert!(member(cast::BOB));
    let held = client.simulator.tenant().member_of(cast::BOB);
    client.simulator.tenant().delete(cast::BOB);
    let (told, _) = items(&client, &users).await;
    assert_eq!(told, [json!({ "id": cast::BOB, "@removed": { "reason": "deleted" } })]);
    let (told, groups) = items(&client, &groups).await;
    assert!(told.is_empty(), "late");
    client.pass(301);
    let (told, _) = items(&client, &groups).await;
    let mut ids = live(&told);
    ids.retain(|id| linked(&told, id, "members@delta", true) == [cast::BOB]);
    let of_groups: Vec<String> = held
        .into_iter()
        .filter(|id| client.simulator.tenant().ids(Kind::Group).contains(id))
        .collect();
    assert_eq!(ids, of_groups);
}

#[tokio::test]
async fn purged_memberships_may_never_be_told() {
    let client = with(Delta { purged_links_after: None, ..Delta::default() }).await;
    let (_, groups) = items(&client, GROUPS).await;
    client.simulator.tenant().delete(cast::BOB);
    client.pass(3_000);
    assert!(items(&client, &groups).await.0.is_empty());
}

#[tokio::test]
async fn groups_made_deleted_and_restored() {
    let client = Client::signed_in().await;
    let (_, link) = items(&client, GROUPS).await;
    let id = client.simulator.tenant().add_group("Night Shift", GroupKind::Security);
    client.simulator.tenant().add_member(&id, cast::ALICE);
    let (told, link) = items(&client, &link).await;
    assert_eq!(of(&told, &id)[0]["displayName"], "Night Shift");
    assert_eq!(linked(&told, &id, "members@delta", false), [cast::ALICE]);
    client.simulator.tenant().soft_delete(&id);
    let (told, link) = items(&client, &link).await;
    assert_eq!(told, [json!({ "id": id, "@removed": { "reason": "changed" } })]);
    client.simulator.tenant().restore(&id);
    let (told, link) = items(&client, &link).await;
    assert_eq!(linked(&told, &id, "members@delta", false), [cast::ALICE], "with its members");
    client.simulator.tenant().delete(&id);
    let (told, _) = items(&client, &link).await;
    assert_eq!(told, [json!({ "id": id, "@removed": { "reason": "deleted" } })]);
    let (told, _) = items(&client, GROUPS).await;
    assert!(of(&told, &id).is_empty(), "gone for the next client");
}

#[tokio::test]
async fn former_members_stand_in_the_initial_round() {
    let client = Client::signed_in().await;
    client.simulator.tenant().remove_member(cast::FINANCE, cast::CAROL);
    let (told, _) = items(&client, GROUPS).await;
    assert_eq!(linked(&told, cast::FINANCE, "members@delta", true), [cast::CAROL]);
    client.simulator.change_settings(|settings| settings.delta.former_links = false);
    let (told, _) = items(&client, GROUPS).await;
    assert!(linked(&told, cast::FINANCE, "members@delta", true).is_empty());
}
