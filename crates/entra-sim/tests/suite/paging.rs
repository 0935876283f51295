//! Facts §7: paging.

use std::collections::BTreeSet;
use std::time::Instant;

use entra_sim::{Kind, Settings, Size, cast};

use crate::client::{Client, GRAPH, Got};

async fn big(settings: Settings) -> Client {
    let mut client =
        Client::new(&Size { users: 20_000, groups: 5_000, seed: 7, ..Size::default() }, settings);
    client.become_holder_of(&cast::GUIDE_ROLES).await;
    client
}

/// Follows nextLinks to the last page.
async fn all(client: &Client, path: &str, eventual: bool) -> (Vec<String>, usize) {
    let (mut ids, mut pages) = (Vec::new(), 0);
    let mut next = path.to_owned();
    loop {
        let got = if eventual { client.get_eventual(&next).await } else { client.get(&next).await };
        assert_eq!(got.status, 200, "{}", got.text);
        ids.extend(got.values().iter().map(|value| value["id"].as_str().unwrap().to_owned()));
        pages += 1;
        match got.json["@odata.nextLink"].as_str() {
            Some(link) => next = link.to_owned(),
            None => return (ids, pages),
        }
    }
}

fn same_set(mut ids: Vec<String>, expect: Vec<String>) {
    let distinct: BTreeSet<_> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len(), "no duplicates");
    ids.sort();
    assert_eq!(ids, expect);
}

#[tokio::test]
async fn twenty_thousand_users_to_the_last_page() {
    let client = big(Settings::default()).await;
    let started = Instant::now();
    let (ids, pages) =
        all(&client, "/users?$top=999&$select=id,displayName,accountEnabled", false).await;
    eprintln!("20,000 users in {:?}", started.elapsed());
    assert_eq!(pages, 21);
    same_set(ids, client.simulator.tenant().ids(Kind::User));
    let (ids, pages) = all(&client, "/groups", false).await;
    assert_eq!(pages, 51);
    same_set(ids, client.simulator.tenant().ids(Kind::Group));
    let (ids, _) =
        all(&client, &format!("/groups/{}/members?$top=999", cast::ALL_STAFF), false).await;
    same_set(ids, client.simulator.tenant().members(cast::ALL_STAFF));
}

#[tokio::test]
async fn sorted_and_filtered_pages_join_without_gaps() {
    let client = big(Settings::default()).await;
    let (ids, _) = all(&client, "/users?$top=500&$orderby=displayName", false).await;
    let names: Vec<String> = {
        let tenant = client.simulator.tenant();
        ids.iter().map(|id| tenant.display_name(id).unwrap().to_lowercase()).collect()
    };
    assert!(names.is_sorted());
    same_set(ids, client.simulator.tenant().ids(Kind::User));
    let path = "/users?$top=300&$orderby=displayName%20desc&$count=true&$filter=accountEnabled%20eq%20false";
    let got = client.get_eventual(path).await;
    let count = got.json["@odata.count"].as_u64().unwrap();
    let (ids, _) = all(&client, path, true).await;
    assert_eq!(ids.len() as u64, count);
    let (ids, pages) =
        all(&client, "/users?$filter=startswith(displayName,'a')&$top=50", false).await;
    assert!(pages > 2 && ids.len() > 100);
}

#[tokio::test]
async fn lookups_by_name_are_fast() {
    let client = big(Settings::default()).await;
    let started = Instant::now();
    for number in 0..1_000 {
        let path = format!(
            "/users?$select=id&$filter=userPrincipalName%20eq%20'user{number}@contoso.com'"
        );
        assert!(client.get(&path).await.ids().len() <= 1);
    }
    // A scan of 20,000 users a thousand times takes far longer.
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}

#[tokio::test]
async fn next_links_repeat_the_options_and_keep_the_host() {
    let client = big(Settings::default()).await;
    let got = client.get("/users?$top=5&$select=id").await;
    let next = got.json["@odata.nextLink"].as_str().unwrap();
    assert!(next.starts_with(&format!("{GRAPH}/users?$top=5&$select=id&$skiptoken=")), "{next}");
    let other = got.json["@odata.nextLink"].as_str().unwrap().replace("/users?", "/groups?");
    expired(&client.get(&other).await);
    expired(&client.get(&format!("{next}x")).await);
}

fn expired(got: &Got) {
    assert_eq!((got.error().0, got.error().1), (400, "Directory_ExpiredPageToken"), "{}", got.text);
}

#[tokio::test]
async fn headers_are_not_carried_and_tokens_die() {
    let client = big(Settings {
        page_token_lifetime: Some(std::time::Duration::from_secs(60)),
        ..Settings::default()
    })
    .await;
    let got = client.get_eventual("/users?$top=5&$count=true").await;
    let next = got.json["@odata.nextLink"].as_str().unwrap().to_owned();
    assert!(got.json["@odata.count"].as_u64().unwrap() >= 20_000);
    expired(&client.get(&next).await);
    let second = client.get_eventual(&next).await;
    assert!(second.json.get("@odata.count").is_none(), "only on page one");
    client.pass(61);
    expired(&client.get_eventual(&next).await);
}

#[tokio::test]
async fn permuted_members_are_complete_and_differ_between_reads() {
    let client = big(Settings { permute_links: true, ..Settings::default() }).await;
    let path = format!("/groups/{}/members?$top=999&$select=id", cast::ALL_STAFF);
    let (first, _) = all(&client, &path, false).await;
    let (second, _) = all(&client, &path, false).await;
    assert_ne!(first, second);
    same_set(first, client.simulator.tenant().members(cast::ALL_STAFF));
    same_set(second, client.simulator.tenant().members(cast::ALL_STAFF));
}

#[tokio::test]
async fn a_removal_between_pages_skips_nobody_else() {
    let client = big(Settings::default()).await;
    let path = format!("/groups/{}/members?$top=2&$select=id", cast::FINANCE);
    let first = client.get(&path).await;
    let gone = first.ids()[0].clone();
    client.simulator.tenant().remove_member(cast::FINANCE, &gone);
    let rest = client.get(first.json["@odata.nextLink"].as_str().unwrap()).await;
    assert_eq!(first.ids().len() + rest.ids().len(), 3);
}
