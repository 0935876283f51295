//! Facts §3.6, §6, §8.1: tokens of delta queries, what they cost, and what else a service may do with pages.

use std::collections::BTreeSet;
use std::time::Instant;

use entra_sim::{DeadToken, Delta, Kind, Lag, Settings, Size, cast};
use http::Method;
use serde_json::{Value, json};

use crate::client::{Client, Got, keys, read};
use crate::csdl::{SUBSET, Schema};
use crate::delta::with;
use crate::delta_client::{items, linked, of, round};

const USERS: &str = "/users/delta?$select=displayName";
const DAY: i64 = 24 * 60 * 60;

async fn delta_link(client: &Client, path: &str) -> String {
    items(client, path).await.1
}

#[tokio::test]
async fn three_forms_of_a_dead_token() {
    for (form, status, code, message) in [
        (
            DeadToken::SyncStateNotFound,
            400,
            "syncStateNotFound",
            "The sync state generation is not found. The delta token is expired and data must be synchronized again.",
        ),
        (
            DeadToken::TooOld,
            400,
            "Request_UnsupportedQuery",
            "DeltaLink older than 30 days is not supported.",
        ),
        (DeadToken::Gone, 410, "resyncRequired", ""),
    ] {
        let client = with(Delta { dead_token: form, ..Delta::default() }).await;
        let link = delta_link(&client, USERS).await;
        client.simulator.change_settings(|settings| settings.delta.generation += 1);
        let got = client.get(&link).await;
        assert_eq!((got.error().0, got.error().1), (status, code));
        if form == DeadToken::Gone {
            let again = got.header("location");
            assert!(again.ends_with("/users/delta?$select=displayName&$deltatoken="), "{again}");
            let (told, _) = items(&client, again).await;
            assert!(told.iter().any(|user| user["id"] == cast::ALICE), "from the start");
            let batch = json!({ "requests": [
                { "id": "1", "method": "GET", "url": link.split_once("/v1.0").unwrap().1 },
            ]});
            let got = client.post("/$batch", batch).await;
            let inner = &got.json["responses"][0];
            assert_eq!(
                (&inner["status"], &inner["headers"]["Location"]),
                (&json!(410), &json!(again))
            );
        } else {
            assert_eq!(got.error().2, message);
        }
    }
}

#[tokio::test]
async fn a_token_lives_seven_days_by_the_callers_clock() {
    let client = Client::signed_in_with(
        Settings { token_lifetime: 30 * DAY, ..Settings::default() },
        &cast::GUIDE_ROLES,
    )
    .await;
    let link = delta_link(&client, USERS).await;
    client.pass(7 * DAY);
    let young = delta_link(&client, &link).await;
    client.pass(1);
    assert_eq!(client.get(&link).await.error().1, "syncStateNotFound");
    assert_eq!(client.get(&young).await.status, 200, "each deltaLink counts from its own page");
    client.simulator.change_settings(|settings| settings.delta.token_lifetime = None);
    assert_eq!(client.get(&link).await.status, 200);
}

#[tokio::test]
async fn tokens_are_bound_to_what_they_were_made_for() {
    let client = with(Delta { page: 2, ..Delta::default() }).await;
    let next = client.get(USERS).await.json["@odata.nextLink"].as_str().unwrap().to_owned();
    let link = delta_link(&client, USERS).await;
    assert!(!next.contains("displayName") && !link.contains("displayName"), "the token holds it");
    let refused = async |path: &str| {
        let got = client.get(path).await;
        assert_eq!((got.error().0, got.error().1), (400, "Request_BadRequest"), "{path}");
    };
    for link in [&next, &link] {
        refused(&link.replace("/users/", "/groups/")).await;
        refused(&format!("{link}x")).await;
        refused(&format!("{link}&$select=mail")).await;
        refused(&format!("{link}&$filter=id%20eq%20'{}'", cast::ALICE)).await;
    }
    refused(&next.replace("$skiptoken", "$deltatoken")).await;
    refused(&link.replace("$deltatoken", "$skiptoken")).await;
    client.simulator.change_settings(|settings| settings.delta.select_with_delta_link = true);
    refused(&format!("{next}&$select=mail")).await;
    client.simulator.tenant().set_property(cast::ALICE, "mail", None);
    let (told, _) = items(&client, &format!("{link}&$select=mail")).await;
    assert_eq!(told, [json!({ "id": cast::ALICE, "mail": null })]);
}

#[tokio::test]
async fn cost_is_one_and_groups_do_not_say_so() {
    let client = Client::signed_in().await;
    for (path, unit) in [
        (USERS, "1"),
        ("/users/delta", "1"),
        ("/users/delta?$expand=manager", "1"),
        ("/groups/delta?$select=members", ""),
        ("/groups/microsoft.graph.delta()", ""),
        ("/directoryObjects/delta", "1"),
    ] {
        assert_eq!(client.get(path).await.header("x-ms-resource-unit"), unit, "{path}");
        assert_eq!(client.simulator.trace().pop().unwrap().resource_units, 1, "{path}");
    }
    let batch = json!({ "requests": [
        { "id": "g", "method": "GET", "url": "/groups/delta" },
        { "id": "u", "method": "GET", "url": "/users/delta" },
    ]});
    let got = client.post("/$batch", batch).await;
    for inner in got.json["responses"].as_array().unwrap() {
        assert_eq!(inner["status"], 200);
        let expect = if inner["id"] == "u" { json!("1") } else { Value::Null };
        assert_eq!(inner["headers"]["x-ms-resource-unit"], expect);
    }
    client.simulator.change_settings(|settings| settings.delta.groups_hide_resource_unit = false);
    assert_eq!(client.get("/groups/delta").await.header("x-ms-resource-unit"), "1");
}

#[tokio::test]
async fn tenants_without_delta() {
    let client = with(Delta { available: false, ..Delta::default() }).await;
    let got = client.get(USERS).await;
    assert_eq!(got.error(), (400, "BadRequest", "Resource not found for the segment 'delta'."));
}

#[tokio::test]
async fn empty_pages_duplicates_and_replays() {
    let noisy =
        Delta { page: 3, empty_pages: 60, duplicates: 50, replays: 100, ..Delta::default() };
    let client = with(noisy).await;
    let (pages, link) = round(&client, USERS).await;
    let empty = pages.iter().filter(|page| page.values().is_empty()).count();
    assert!(empty > 2, "{empty} of {}", pages.len());
    let told: Vec<Value> = pages.iter().flat_map(|page| page.values().clone()).collect();
    let twice =
        told.iter().filter(|item| of(&told, item["id"].as_str().unwrap()).len() > 1).count();
    assert!(twice > 2, "{twice}");
    client.simulator.tenant().rename(cast::ALICE, "A");
    let (told, link) = items(&client, &link).await;
    assert!(!of(&told, cast::ALICE).is_empty());
    client.simulator.tenant().rename(cast::BOB, "B");
    let (told, _) = items(&client, &link).await;
    assert!(!of(&told, cast::ALICE).is_empty(), "told before: {told:?}");
    assert!(!of(&told, cast::BOB).is_empty());
    // The same question has the same answer.
    assert_eq!(client.get(USERS).await.text, client.get(USERS).await.text);
}

#[tokio::test]
async fn changes_lag_and_are_never_lost() {
    let lag = Lag { delta: std::time::Duration::from_secs(60), ..Lag::default() };
    let settings = Settings { lag: Some(lag), seed: 5, ..Settings::default() };
    let client = Client::signed_in_with(settings, &cast::GUIDE_ROLES).await;
    client.pass(100);
    let path = "/groups/delta?$select=members";
    let (_, mut link) = items(&client, path).await;
    client.simulator.tenant().add_member(cast::EMPTY_ROOM, cast::ALICE);
    let (told, early) = items(&client, path).await;
    assert!(linked(&told, cast::EMPTY_ROOM, "members@delta", false).is_empty(), "not yet");
    let (mut empty, mut told) = (0, Vec::new());
    for _ in 0..70 {
        let (more, next) = items(&client, &link).await;
        empty += usize::from(more.is_empty());
        told.extend(more);
        link = next;
        client.pass(1);
    }
    assert!(empty > 5);
    assert_eq!(linked(&told, cast::EMPTY_ROOM, "members@delta", false), [cast::ALICE]);
    let (told, _) = items(&client, &early).await;
    assert_eq!(linked(&told, cast::EMPTY_ROOM, "members@delta", false), [cast::ALICE]);
}

#[tokio::test]
async fn service_principals_among_members() {
    let client = Client::signed_in().await;
    let add = |id: &str| client.simulator.tenant().add_member(cast::EMPTY_ROOM, id);
    let (_, link) = items(&client, "/groups/delta?$select=members").await;
    add(cast::BUILD_ROBOT);
    assert!(items(&client, &link).await.0.is_empty());
    client.simulator.change_settings(|settings| settings.delta.omit_service_principals = false);
    for path in [link.as_str(), "/groups/delta?$select=members"] {
        let (told, _) = items(&client, path).await;
        let room = of(&told, cast::EMPTY_ROOM)[0];
        assert_eq!(room["members@delta"][0]["@odata.type"], "#microsoft.graph.servicePrincipal");
    }
}

#[tokio::test]
async fn hidden_members_need_their_permission() {
    let mut client = Client::signed_in().await;
    let id = client.simulator.tenant().add_group("Whisper", entra_sim::GroupKind::HiddenMembership);
    client.simulator.tenant().add_member(&id, cast::ALICE);
    let (told, _) = items(&client, "/groups/delta").await;
    assert!(linked(&told, &id, "members@delta", false).is_empty());
    client.become_holder_of(&["Directory.Read.All", "Member.Read.Hidden"]).await;
    let (told, _) = items(&client, "/groups/delta").await;
    assert_eq!(linked(&told, &id, "members@delta", false), [cast::ALICE]);
}

#[tokio::test]
async fn directory_objects_of_some_types() {
    let client = Client::signed_in().await;
    let two = "isof('microsoft.graph.user')%20or%20isof('microsoft.graph.group')";
    let select = "microsoft.graph.user/surname,microsoft.graph.group/displayName";
    let path = format!("/directoryObjects/delta?$filter={two}&$select={select}");
    let (told, link) = items(&client, &path).await;
    let mut ids: Vec<&str> = told.iter().map(|item| item["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    let expect = {
        let tenant = client.simulator.tenant();
        let mut all = Vec::new();
        for kind in [Kind::User, Kind::Group] {
            all.extend([tenant.ids(kind), tenant.deleted(kind)].concat());
        }
        all.sort();
        all
    };
    assert_eq!(ids, expect);
    assert_eq!(keys(of(&told, cast::ALICE)[0]), ["@odata.type", "id", "surname"]);
    assert_eq!(keys(of(&told, cast::FINANCE)[0]), ["@odata.type", "displayName", "id"]);
    client.simulator.tenant().rename(cast::ALICE, "not selected");
    client.simulator.tenant().rename(cast::LAPTOP, "not a type");
    client.simulator.tenant().rename(cast::FINANCE, "Money");
    let (told, _) = items(&client, &link).await;
    assert_eq!(
        told,
        [json!({
            "@odata.type": "#microsoft.graph.group", "id": cast::FINANCE, "displayName": "Money",
        })]
    );
    // An intersection, however it is spelled.
    for joint in ["or", "and"] {
        let filter = format!(
            "isof('microsoft.graph.user')%20{joint}%20(id%20eq%20'{}'%20or%20id%20eq%20'{}')",
            cast::ALICE,
            cast::FINANCE
        );
        let (told, _) = items(&client, &format!("/directoryObjects/delta?$filter={filter}")).await;
        assert_eq!(told.len(), 1, "{joint}");
        assert_eq!(told[0]["id"], cast::ALICE);
    }
    let (told, _) = items(&client, "/directoryObjects/delta?$select=id").await;
    assert!(told.iter().any(|item| item["@odata.type"] == "#microsoft.graph.device"));
}

#[tokio::test]
async fn everything_fits_the_schema() {
    let client = Client::signed_in().await;
    let schema = Schema::read(SUBSET);
    client.simulator.tenant().remove_member(cast::FINANCE, cast::CAROL);
    for (kind, path) in [
        (Kind::User, "/users/delta"),
        (Kind::Group, "/groups/delta"),
        (Kind::Group, "/groups/delta?$select=members,owners"),
        (Kind::ServicePrincipal, "/servicePrincipals/delta"),
        (Kind::User, "/directoryObjects/delta"),
    ] {
        for mut item in items(&client, path).await.0 {
            let fields = item.as_object_mut().unwrap();
            if let Some(removed) = fields.remove("@removed") {
                assert_eq!(keys(&removed), ["reason"]);
            }
            for relation in ["members", "owners"] {
                let Some(links) = fields.remove(&format!("{relation}@delta")) else { continue };
                let known = schema.lineage(kind.type_name());
                assert!(known.iter().any(|one| one.navigations.contains_key(relation)));
                for link in links.as_array().unwrap() {
                    let mut link = link.clone();
                    link.as_object_mut().unwrap().remove("@removed");
                    schema.check_object("directoryObject", &link);
                }
            }
            assert!(fields.values().all(|value| !value.is_null()), "never set: absent");
            schema.check_object(kind.type_name(), &item);
        }
    }
}

#[tokio::test]
async fn links_keep_the_host_and_the_form() {
    let client = with(Delta { page: 2, ..Delta::default() }).await;
    let url = "https://localhost:7443/v1.0/users/microsoft.graph.delta()";
    let got = read(client.ask(Method::GET, url, &[], None).await.unwrap());
    let next = got.json["@odata.nextLink"].as_str().unwrap();
    assert!(next.starts_with(&format!("{url}?$skiptoken=")), "{next}");
    assert_eq!(got.json["@odata.context"], "https://localhost:7443/v1.0/$metadata#users");
}

/// Each page but the last two, of which one is empty, is full of entries or of links, and no entry comes twice but
/// where a page was full of links: a round costs what its pages hold. An idle round is one page without anything.
#[tokio::test]
async fn a_large_tenant_costs_what_its_pages_hold() {
    let size = Size { users: 20_000, groups: 5_000, seed: 7, ..Size::default() };
    let mut client = Client::new(&size, Settings::default());
    client.become_holder_of(&cast::GUIDE_ROLES).await;
    let (most, most_links) = (Delta::default().page, Delta::default().links);
    let started = Instant::now();
    let (pages, link) = round(&client, "/groups/delta?$select=members").await;
    eprintln!("{} pages of 5,000 groups in {:?}", pages.len(), started.elapsed());
    let held = |page: &Got| {
        let links = page.values().iter().filter_map(|item| item["members@delta"].as_array());
        (page.values().len(), links.map(Vec::len).sum::<usize>())
    };
    let held: Vec<(usize, usize)> = pages.iter().map(held).collect();
    let (rest, full) = (held.len() - 2, held.len() - 1);
    for (number, (entries, links)) in held.iter().enumerate() {
        assert!(*entries <= most && *links <= most_links, "page {number}: {entries}, {links}");
        let is_full = *entries == most || *links == most_links;
        assert!(number >= rest || is_full, "page {number} is not full: {entries}, {links}");
    }
    assert_eq!(held[full], (0, 0), "the page of the deltaLink");
    let told: Vec<Value> = pages.iter().flat_map(|page| page.values().clone()).collect();
    let groups: BTreeSet<&str> = told.iter().map(|item| item["id"].as_str().unwrap()).collect();
    let cut = held.iter().filter(|(_, links)| *links == most_links).count();
    assert!(told.len() <= groups.len() + cut, "{} entries of {}", told.len(), groups.len());
    let (expect, all) = {
        let tenant = client.simulator.tenant();
        let all = tenant.ids(Kind::Group).len() + tenant.deleted(Kind::Group).len();
        (tenant.members(cast::ALL_STAFF), all)
    };
    assert_eq!(groups.len(), all);
    assert_eq!(linked(&told, cast::ALL_STAFF, "members@delta", false).len(), expect.len());
    let (idle, again) = round(&client, &link).await;
    assert_eq!((idle.len(), idle[0].values().len()), (1, 0), "an idle round");
    let (idle, _) = round(&client, &again).await;
    assert_eq!((idle.len(), idle[0].values().len()), (1, 0), "the idle round after it");
}
