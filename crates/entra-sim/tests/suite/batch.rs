//! Facts §4: `$batch`.

use std::collections::BTreeSet;

use entra_sim::{Answer, Fault, Matcher, Settings, cast};
use http::Method;
use serde_json::{Value, json};

use crate::client::{Client, GRAPH, Got, read, reference};

fn add(id: &str, group: &str, member: &str) -> Value {
    json!({
        "id": id,
        "method": "POST",
        "url": format!("/groups/{group}/members/$ref"),
        "headers": { "Content-Type": "application/json" },
        "body": reference(member),
    })
}

fn get(id: &str, url: &str) -> Value {
    json!({ "id": id, "method": "GET", "url": url })
}

async fn batch(client: &Client, requests: Vec<Value>) -> Got {
    client.post("/$batch", json!({ "requests": requests })).await
}

fn answer<'a>(got: &'a Got, id: &str) -> &'a Value {
    let responses = got.json["responses"].as_array().unwrap_or_else(|| panic!("{}", got.text));
    responses.iter().find(|one| one["id"] == id).unwrap()
}

#[tokio::test]
async fn each_request_has_an_answer_of_its_own() {
    let client = Client::signed_in().await;
    let got = batch(
        &client,
        vec![
            get("one", "/users?$select=id&$top=2"),
            get("two", "groups/nobody"),
            add("three", cast::EMPTY_ROOM, cast::ALICE),
            json!({ "id": "four", "method": "get", "url": "/users/$count", "headers": { "ConsistencyLevel": "eventual" } }),
            get("five", "/users?$filter=displayName eq 'Alice Archer'"),
        ],
    )
    .await;
    assert_eq!(got.status, 200);
    let one = answer(&got, "one");
    assert_eq!((&one["status"], &one["headers"]["x-ms-resource-unit"]), (&json!(200), &json!("1")));
    let next = one["body"]["@odata.nextLink"].as_str().unwrap();
    assert!(next.starts_with(&format!("{GRAPH}/users?")), "{next}");
    assert_eq!(client.get(next).await.status, 200, "links inside are absolute");
    let two = answer(&got, "two");
    assert_eq!(
        (&two["status"], &two["body"]["error"]["code"]),
        (&json!(400), &json!("Request_BadRequest"))
    );
    let three = answer(&got, "three");
    assert_eq!(three["status"], 204);
    assert!(three.get("body").is_none(), "a 204 has no body");
    assert_eq!(answer(&got, "four")["body"], "OQ==", "plain text stands as base64: 9");
    assert_eq!(answer(&got, "five")["body"]["value"][0]["id"], cast::ALICE);
    assert_eq!(client.simulator.tenant().members(cast::EMPTY_ROOM), [cast::ALICE]);
}

#[tokio::test]
async fn malformed_batches() {
    let client = Client::signed_in().await;
    let many =
        |count: usize| (0..count).map(|id| get(&id.to_string(), "/users")).collect::<Vec<_>>();
    assert_eq!(batch(&client, many(20)).await.status, 200);
    let payload = "Invalid batch payload format.";
    let mut untyped = add("1", cast::EMPTY_ROOM, cast::ALICE);
    untyped["headers"] = Value::Null;
    let needs = |id: &str, needs: &str| json!({ "id": id, "method": "GET", "url": "/users", "dependsOn": [needs] });
    for (requests, text) in [
        (vec![], payload),
        (many(21), "Number of batch request steps exceeds the maximum value of 20."),
        (vec![get("a", "/users"), get("A", "/users")], "Request Id A has to be unique in a batch."),
        (vec![json!({ "id": "1", "url": "/users" })], payload),
        (vec![get("1", "/$batch")], payload),
        (vec![untyped], "Write request id : 1 does not contain Content-Type header or body."),
        (vec![needs("1", "2")], payload),
        (vec![needs("1", "2"), needs("2", "1")], payload),
    ] {
        let got = batch(&client, requests).await;
        assert_eq!(got.error(), (400, "BadRequest", text));
    }
    let got = read(client.ask(Method::POST, "/$batch", &[], None).await.unwrap());
    assert_eq!(got.error(), (400, "BadRequest", payload));
    let stranger = Client { token: None, ..client.clone() };
    assert_eq!(batch(&stranger, many(1)).await.error().0, 401);
    assert!(client.simulator.trace().iter().all(|entry| !entry.wrote));
}

#[tokio::test]
async fn dependents_wait_and_fail_with_what_they_wait_for() {
    let client = Client::signed_in().await;
    let after = |mut request: Value, needs: &[&str]| {
        request["dependsOn"] = json!(needs);
        request
    };
    let got = batch(
        &client,
        vec![
            after(get("3", &format!("/groups/{}/members?$select=id", cast::EMPTY_ROOM)), &["2"]),
            after(add("2", cast::EMPTY_ROOM, cast::BOB), &["1"]),
            add("1", cast::EMPTY_ROOM, cast::ALICE),
            add("4", cast::FINANCE, cast::BOB),
            after(get("5", "/users"), &["4"]),
            after(get("6", "/users"), &["5"]),
        ],
    )
    .await;
    let statuses =
        ["1", "2", "3", "4", "5", "6"].map(|id| answer(&got, id)["status"].as_u64().unwrap());
    assert_eq!(statuses, [204, 204, 200, 400, 424, 424]);
    assert_eq!(answer(&got, "3")["body"]["value"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_throttled_request_inside_leaves_the_batch_at_200() {
    let client = Client::signed_in().await;
    client.simulator.inject(Fault {
        when: Matcher::once(cast::EMPTY_ROOM),
        what: Answer::Throttle { retry_after: Some("7".to_owned()) },
    });
    client
        .simulator
        .inject(Fault { when: Matcher::once(cast::PLATFORM), what: Answer::ResetAfter });
    let got = batch(
        &client,
        vec![
            add("1", cast::EMPTY_ROOM, cast::ALICE),
            add("2", cast::FINANCE, cast::ALICE),
            add("3", cast::PLATFORM, cast::ALICE),
        ],
    )
    .await;
    assert_eq!(got.status, 200);
    let one = answer(&got, "1");
    assert_eq!((&one["status"], &one["headers"]["Retry-After"]), (&json!(429), &json!("7")));
    assert_eq!(one["body"]["error"]["code"], "TooManyRequests");
    assert_eq!(answer(&got, "2")["status"], 204);
    assert_eq!(answer(&got, "3")["status"], 504, "a connection that breaks behind the batch");
    let tenant = client.simulator.tenant();
    assert!(tenant.members(cast::EMPTY_ROOM).is_empty());
    assert!(
        tenant.members(cast::PLATFORM).contains(&cast::ALICE.to_owned()),
        "and was carried out"
    );
}

#[tokio::test]
async fn each_is_authorised_charged_and_traced_alone() {
    let mut client = Client::signed_in().await;
    client.become_scoped().await;
    client.simulator.clear_trace();
    let got = batch(
        &client,
        vec![
            add("1", cast::EMEA_SALES, cast::BOB),
            add("2", cast::APAC_SALES, cast::BOB),
            get("3", &format!("/groups/{}/members?$select=id", cast::FINANCE)),
        ],
    )
    .await;
    assert_eq!(answer(&got, "1")["status"], 204);
    assert_eq!(answer(&got, "2")["status"], 403);
    assert_eq!(got.header("x-ms-resource-unit"), "", "the batch itself is not charged");
    let trace = client.simulator.trace();
    let (outer, inner) = trace.split_first().unwrap();
    assert_eq!((outer.path.as_str(), outer.wrote, outer.batch), ("/v1.0/$batch", false, None));
    assert_eq!(inner.len(), 3);
    assert!(inner.iter().all(|entry| entry.batch == Some(outer.number)));
    assert_eq!(inner.iter().filter(|entry| entry.wrote).count(), 1);
    let numbers: BTreeSet<u64> = trace.iter().map(|entry| entry.number).collect();
    assert_eq!(numbers.len(), 4);
    let by = |path: &str| inner.iter().find(|entry| entry.path.contains(path)).unwrap();
    let role = format!("role Groups Administrator at /administrativeUnits/{}", cast::UNIT_EMEA);
    assert_eq!(by(cast::EMEA_SALES).authorised_by, [role]);
    assert!(by(cast::APAC_SALES).authorised_by.is_empty());
    assert_eq!((by(cast::FINANCE).resource_units, by(cast::FINANCE).status), (2, 200));
}

#[tokio::test]
async fn independent_writes_to_one_group_collide() {
    let client = Client::signed_in().await;
    let people = [cast::ALICE, cast::BOB, cast::CAROL];
    let requests = || {
        let pairs = people.iter().zip(["1", "2", "3"]);
        pairs.map(|(person, id)| add(id, cast::EMPTY_ROOM, person)).collect::<Vec<_>>()
    };
    let got = batch(&client, requests()).await;
    let mut statuses = ["1", "2", "3"].map(|id| answer(&got, id)["status"].as_u64().unwrap());
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409, 409]);
    let responses = got.json["responses"].as_array().unwrap();
    let refused = responses.iter().find(|one| one["status"] == 409).unwrap();
    assert_eq!(refused["body"]["error"]["code"], "Directory_ConcurrencyViolation");
    for person in people {
        client.simulator.tenant().remove_member(cast::EMPTY_ROOM, person);
    }
    client.simulator.change_settings(|settings| settings.batch_writes_collide = false);
    let got = batch(&client, requests()).await;
    assert!(["1", "2", "3"].iter().all(|id| answer(&got, id)["status"] == 204), "{}", got.text);
}

#[tokio::test]
async fn answers_come_in_any_order_and_the_same_one_for_a_seed() {
    let order = async |settings: Settings| {
        let client = Client::signed_in_with(settings, &cast::GUIDE_ROLES).await;
        let got =
            batch(&client, (0..12).map(|id| get(&id.to_string(), "/organization")).collect()).await;
        let responses = got.json["responses"].as_array().unwrap().clone();
        responses.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let asked: Vec<String> = (0..12).map(|id: u8| id.to_string()).collect();
    assert_eq!(order(Settings::default()).await, order(Settings::default()).await);
    assert_ne!(order(Settings::default()).await, asked);
    assert_ne!(
        order(Settings::default()).await,
        order(Settings { seed: 1, ..Settings::default() }).await
    );
    assert_eq!(order(Settings { permute_batches: false, ..Settings::default() }).await, asked);
}
