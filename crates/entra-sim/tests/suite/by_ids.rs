//! Facts §3.3: getByIds.

use entra_sim::cast;
use serde_json::{Value, json};

use crate::client::{Client, DENIED, sorted};

const PATH: &str = "/directoryObjects/getByIds";

#[tokio::test]
async fn objects_of_any_kind_and_unknown_ids_are_left_out() {
    let client = Client::signed_in().await;
    let known = [cast::ALICE, cast::FINANCE, cast::BUILD_ROBOT, cast::UNIT_EMEA, cast::LAPTOP];
    let mut ids = known.to_vec();
    ids.extend([cast::ALICE, cast::ZOE, cast::TENANT_ID]);
    let got = client.post(PATH, json!({ "ids": ids })).await;
    assert_eq!((got.status, got.header("x-ms-resource-unit")), (200, "5"));
    assert_eq!(got.ids(), sorted(&known));
    assert!(got.values().iter().all(|one| one["@odata.type"].is_string()));
    for (types, expect) in [
        (json!(["user"]), vec![cast::ALICE]),
        (json!(["USER", "Group"]), vec![cast::ALICE, cast::FINANCE]),
        (json!(["servicePrincipal", "device"]), vec![cast::BUILD_ROBOT, cast::LAPTOP]),
        (json!(["directoryObject"]), known.to_vec()),
        (Value::Null, known.to_vec()),
    ] {
        let got = client.post(PATH, json!({ "ids": ids, "types": types })).await;
        assert_eq!(got.ids(), sorted(&expect), "{types}");
    }
    let got = client
        .post(&format!("{PATH}?$select=id,displayName"), json!({ "ids": [cast::ALICE] }))
        .await;
    assert_eq!(got.header("x-ms-resource-unit"), "2");
    assert_eq!(
        got.values()[0],
        json!({ "@odata.type": "#microsoft.graph.user", "id": cast::ALICE, "displayName": "Alice Archer" })
    );
    assert!(client.simulator.trace().iter().all(|entry| !entry.wrote));
}

#[tokio::test]
async fn at_most_a_thousand() {
    let client = Client::signed_in().await;
    let ids = |count: usize| json!({ "ids": vec![cast::ALICE; count] });
    assert_eq!(client.post(PATH, ids(1_000)).await.ids(), [cast::ALICE]);
    let got = client.post(PATH, ids(1_001)).await;
    let text = "Number of included identifiers cannot exceed '1000'.";
    assert_eq!(got.error(), (400, "Request_BadRequest", text));
    for body in [json!({}), json!({ "ids": "x" }), json!({ "ids": ["x"] }), json!({ "ids": [1] })] {
        assert_eq!(client.post(PATH, body).await.error().0, 400);
    }
}

#[tokio::test]
async fn nothing_smaller_than_directory_read_all() {
    let mut client = Client::signed_in().await;
    let body = || json!({ "ids": [cast::ALICE] });
    for (roles, status) in [
        (&["Directory.Read.All"][..], 200),
        (&["Directory.ReadWrite.All"], 200),
        (&cast::READ_ROLES, 403),
        (&["User.ReadWrite.All", "Group.ReadWrite.All"], 403),
    ] {
        client.become_holder_of(roles).await;
        let got = client.post(PATH, body()).await;
        assert_eq!(got.status, status, "{roles:?}");
        if status == 403 {
            assert_eq!(got.error(), DENIED);
        }
    }
}

#[tokio::test]
async fn the_order_means_nothing() {
    let client = Client::signed_in().await;
    let ids = [cast::ALICE, cast::BOB, cast::CAROL, cast::FRANK, cast::ERIN, cast::DAVE];
    let mut orders = std::collections::BTreeSet::new();
    for _ in 0..6 {
        let got = client.post(PATH, json!({ "ids": ids })).await;
        orders.insert(got.values().iter().map(|one| one["id"].to_string()).collect::<Vec<_>>());
        assert_eq!(got.ids(), sorted(&ids));
    }
    assert!(orders.len() > 1);
}
