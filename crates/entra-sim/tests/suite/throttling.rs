//! Facts §6: quotas by a clock that the caller owns.

use entra_sim::{RetryAfter, Settings, Size, Throttling, cast};
use serde_json::json;

use crate::client::Client;

fn limited(throttling: Throttling) -> Settings {
    Settings { throttling: Some(throttling), ..Settings::default() }
}

async fn client(throttling: Throttling) -> Client {
    Client::signed_in_with(limited(throttling), &cast::GUIDE_ROLES).await
}

#[tokio::test]
async fn off_by_default() {
    let client = Client::signed_in().await;
    for _ in 0..400 {
        let got = client.get(&format!("/groups/{}/transitiveMembers", cast::FINANCE)).await;
        assert_eq!((got.status, got.header("x-ms-throttle-limit-percentage")), (200, ""));
    }
}

#[tokio::test]
async fn resource_units_fill_the_window_and_drain() {
    let client = client(Throttling { resource_units: Some(100), ..Throttling::default() }).await;
    let ask = async || client.get("/users").await;
    // Two units each: 40 requests are 80 %, 50 are 100 %.
    for number in 1..=50 {
        let got = ask().await;
        let percentage = got.header("x-ms-throttle-limit-percentage");
        assert_eq!((got.status, percentage.is_empty()), (200, number <= 40), "{number}");
    }
    assert_eq!(ask().await.header("x-ms-throttle-limit-percentage"), "1.02");
    // At twice the limit everything is refused, and goes on consuming.
    let mut statuses = Vec::new();
    for _ in 0..50 {
        statuses.push(ask().await.status);
    }
    assert!(statuses.contains(&200) && statuses.contains(&429), "a share: {statuses:?}");
    let got = ask().await;
    assert_eq!((got.status, got.error().1), (429, "TooManyRequests"));
    assert_eq!(got.header("retry-after"), "10");
    assert_eq!(got.header("x-ms-resource-unit"), "2");
    assert_eq!(got.header("x-ms-throttle-information"), "ResourceUnitLimitExceeded");
    let scope = format!("Tenant_Application/ReadWrite/{}/{}", cast::CLIENT_ID, cast::TENANT_ID);
    assert_eq!(got.header("x-ms-throttle-scope"), scope);
    assert_eq!(got.json["error"]["innerError"]["code"], "429");
    client.pass(9);
    assert_eq!(ask().await.header("retry-after"), "1");
    client.pass(11);
    let got = ask().await;
    assert_eq!((got.status, got.header("x-ms-throttle-limit-percentage")), (200, ""));
}

#[tokio::test]
async fn writes_have_their_own_window() {
    let client = client(Throttling { writes: 10, ..Throttling::default() }).await;
    for _ in 0..20 {
        client.remove_member(cast::EMPTY_ROOM, cast::ALICE).await;
    }
    let got = client.add_member(cast::EMPTY_ROOM, cast::ALICE).await;
    assert_eq!((got.status, got.header("x-ms-throttle-information")), (429, "WriteLimitExceeded"));
    assert!(client.simulator.tenant().members(cast::EMPTY_ROOM).is_empty(), "not carried out");
    assert_eq!(client.get("/organization").await.status, 200, "reads go on");
    let body = json!({ "ids": [cast::ALICE] });
    assert_eq!(
        client.post("/directoryObjects/getByIds", body).await.status,
        200,
        "a POST that reads"
    );
    client.pass(151);
    assert_eq!(client.add_member(cast::EMPTY_ROOM, cast::ALICE).await.status, 204);
}

#[tokio::test]
async fn each_app_has_a_window_and_the_tenant_has_one_for_all() {
    let mut client =
        client(Throttling { tenant_writes: 10, writes: 15, ..Throttling::default() }).await;
    for _ in 0..10 {
        client.remove_member(cast::EMPTY_ROOM, cast::ALICE).await;
    }
    client.become_scoped().await;
    for _ in 0..10 {
        client.remove_member(cast::EMEA_SALES, cast::ALICE).await;
    }
    let got = client.add_member(cast::EMEA_SALES, cast::ALICE).await;
    assert_eq!(got.status, 429);
    assert!(got.header("x-ms-throttle-scope").starts_with("Tenant/Write/"));
}

#[tokio::test]
async fn limits_grow_with_the_tenant() {
    for (users, requests) in [(10, 3_500 / 5), (100, 5_000 / 5), (600, 8_000 / 5)] {
        let size = Size { users, groups: 5, seed: 1, ..Size::default() };
        let mut client = Client::new(&size, limited(Throttling::default()));
        client.become_holder_of(&cast::GUIDE_ROLES).await;
        let path = format!("/groups/{}/transitiveMembers", cast::EMPTY_ROOM);
        for number in 1..=requests + requests / 100 {
            let got = client.get(&path).await;
            let over = got.header("x-ms-throttle-limit-percentage").starts_with("1.01");
            assert_eq!(over, number == requests + requests / 100, "{users} {number}");
        }
    }
}

#[tokio::test]
async fn when_to_come_back_may_be_a_fraction_or_absent() {
    for (retry_after, expect) in
        [(RetryAfter::Seconds, "10"), (RetryAfter::Fraction, "10.000"), (RetryAfter::Absent, "")]
    {
        let limits = Throttling { resource_units: Some(2), retry_after, ..Throttling::default() };
        let client = client(limits).await;
        client.get("/users").await;
        client.get("/users").await;
        let got = client.get("/users").await;
        assert_eq!((got.status, got.header("retry-after")), (429, expect));
    }
}

#[tokio::test]
async fn a_batch_is_throttled_inside() {
    let client = client(Throttling { resource_units: Some(4), ..Throttling::default() }).await;
    let requests: Vec<_> = (0..10)
        .map(|id| json!({ "id": id.to_string(), "method": "GET", "url": "/users" }))
        .collect();
    let got = client.post("/$batch", json!({ "requests": requests })).await;
    assert_eq!(got.status, 200);
    let responses = got.json["responses"].as_array().unwrap();
    let throttled: Vec<_> = responses.iter().filter(|one| one["status"] == 429).collect();
    assert!(throttled.len() >= 6, "{}", throttled.len());
    assert!(throttled.iter().all(|one| one["headers"]["Retry-After"] == "10"));
    let entries = client.simulator.trace();
    assert_eq!(entries.iter().filter(|entry| entry.status == 429).count(), throttled.len());
}
