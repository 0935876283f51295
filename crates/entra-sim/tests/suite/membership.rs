//! Facts §3.3: what an object is a member of, asked by POST.

use entra_sim::{GroupKind, Settings, cast};
use serde_json::{Value, json};

use crate::client::{Client, DENIED, not_found, sorted};

fn ids(value: &Value) -> Vec<String> {
    let list = value["value"].as_array().unwrap_or_else(|| panic!("no list: {value}"));
    let mut ids: Vec<String> = list.iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn by_id_and_by_name_at_any_depth() {
    let client = Client::signed_in().await;
    let frank = [
        cast::FINANCE,
        cast::FINANCE_LEADS,
        cast::ALL_STAFF,
        cast::ALL_STAFF_PAUSED,
        cast::CIRCLE_A,
        cast::CIRCLE_B,
    ];
    let all = json!({ "securityEnabledOnly": false });
    for place in [
        format!("/users/{}", cast::FRANK),
        "/users/frank@contoso.com".to_owned(),
        "/users/FRANK%40contoso.com".to_owned(),
        "/users('frank@contoso.com')".to_owned(),
        format!("/directoryObjects/{}", cast::FRANK),
    ] {
        for action in ["getMemberGroups", "microsoft.graph.getMemberGroups"] {
            let got = client.post(&format!("{place}/{action}"), all.clone()).await;
            assert_eq!(got.status, 200, "{place}: {}", got.text);
            assert_eq!(ids(&got.json), sorted(&frank), "{place}");
            assert_eq!(
                got.json["@odata.context"],
                "https://graph.microsoft.com/v1.0/$metadata#Collection(Edm.String)"
            );
        }
        let asked = json!({ "groupIds": [cast::FINANCE, cast::ENGINEERING] });
        let got = client.post(&format!("{place}/checkMemberGroups"), asked).await;
        assert_eq!(ids(&got.json), [cast::FINANCE], "{place}");
    }
    for (place, expect) in [
        (format!("/groups/{}", cast::PLATFORM), vec![cast::ENGINEERING]),
        (format!("/servicePrincipals/{}", cast::BUILD_ROBOT), vec![cast::ENGINEERING]),
        (format!("/devices/{}", cast::LAPTOP), vec![cast::LAB_MACHINES]),
        (format!("/contacts/{}", cast::NINA), vec![cast::PRESS]),
    ] {
        let got = client.post(&format!("{place}/getMemberGroups"), all.clone()).await;
        assert_eq!(ids(&got.json), expect, "{place}");
    }
}

#[tokio::test]
async fn groups_alone_or_units_and_roles_too() {
    let client = Client::signed_in().await;
    let alice = format!("/users/{}", cast::ALICE);
    let only = json!({ "securityEnabledOnly": true });
    let all = json!({ "securityEnabledOnly": false });
    let groups = ids(&client.post(&format!("{alice}/getMemberGroups"), all.clone()).await.json);
    let secure = ids(&client.post(&format!("{alice}/getMemberGroups"), only).await.json);
    assert!(groups.contains(&cast::PRESS.to_owned()) && !secure.contains(&cast::PRESS.to_owned()));
    let objects = ids(&client.post(&format!("{alice}/getMemberObjects"), all).await.json);
    assert!(objects.len() > groups.len(), "Alice holds a role: {objects:?}");
    let ines = format!("/users/{}", cast::INES);
    let asked = json!({ "ids": [cast::UNIT_EMEA, cast::EMEA_SALES, cast::FINANCE] });
    let got = client.post(&format!("{ines}/checkMemberObjects"), asked).await;
    assert_eq!(ids(&got.json), sorted(&[cast::UNIT_EMEA, cast::EMEA_SALES]));
    let asked = json!({ "groupIds": [cast::UNIT_EMEA, cast::EMEA_SALES] });
    let got = client.post(&format!("{ines}/checkMemberGroups"), asked).await;
    assert_eq!(ids(&got.json), [cast::EMEA_SALES]);
}

#[tokio::test]
async fn limits_costs_and_refusals() {
    let mut client = Client::signed_in().await;
    let bob = format!("/users/{}", cast::BOB);
    let asked = |count: usize| json!({ "groupIds": vec![cast::FINANCE; count] });
    let got = client.post(&format!("{bob}/checkMemberGroups"), asked(20)).await;
    assert_eq!(
        (ids(&got.json), got.header("x-ms-resource-unit")),
        (vec![cast::FINANCE.into()], "4")
    );
    let got = client.post(&format!("{bob}/checkMemberGroups"), asked(21)).await;
    let text = "Number of included identifiers cannot exceed '20'.";
    assert_eq!(got.error(), (400, "Request_BadRequest", text));
    let got = client.post(&format!("{bob}/getMemberGroups"), json!({})).await;
    assert_eq!((got.status, got.header("x-ms-resource-unit")), (200, "2"));
    let wrong = json!({ "groupIds": ["x"] });
    let got = client.post(&format!("{bob}/checkMemberGroups"), wrong).await;
    assert_eq!(got.error(), (400, "Request_BadRequest", "Invalid object identifier 'x'."));
    let got = client.post("/users/nobody@contoso.com/getMemberGroups", json!({})).await;
    let text = not_found("nobody@contoso.com");
    assert_eq!(got.error(), (404, "Request_ResourceNotFound", text.as_str()));
    for index in 0..11_001 {
        let mut tenant = client.simulator.tenant();
        let group = tenant.add_group(&format!("G{index}"), GroupKind::Security);
        tenant.add_member(&group, cast::BOB);
    }
    let got = client.post(&format!("{bob}/getMemberGroups"), json!({})).await;
    assert_eq!((got.status, got.error().1), (400, "Directory_ResultSizeLimitExceeded"));
    for (capped, status) in [(true, 400), (false, 200)] {
        client.simulator.change_settings(|settings| settings.member_objects_capped = capped);
        let got = client.post(&format!("{bob}/getMemberObjects"), json!({})).await;
        assert_eq!(got.status, status, "{}", got.error().1);
    }
    for body in [json!({ "securityEnabledOnly": "yes" }), json!({ "securityenabledonly": true })] {
        let got = client.post(&format!("{bob}/getMemberGroups"), body).await;
        assert_eq!((got.status, got.error().1), (400, "BadRequest"));
    }
    client.become_holder_of(&["Organization.Read.All"]).await;
    let got = client.post(&format!("{bob}/getMemberGroups"), json!({})).await;
    assert_eq!(got.error(), DENIED);
}

#[tokio::test]
async fn questions_in_a_batch_are_no_writes() {
    let client = Client::signed_in().await;
    let ask = |id: &str| {
        json!({
            "id": id,
            "method": "POST",
            "url": format!("/groups/{}/getMemberGroups", cast::PLATFORM),
            "headers": { "Content-Type": "application/json" },
            "body": { "securityEnabledOnly": false },
        })
    };
    let got = client.post("/$batch", json!({ "requests": [ask("1"), ask("2")] })).await;
    let responses = got.json["responses"].as_array().unwrap();
    assert!(responses.iter().all(|one| one["status"] == 200), "{}", got.text);
}

#[tokio::test]
async fn paths_and_options_are_taken_as_clients_write_them() {
    let client = Client::signed_in_with(Settings::default(), &cast::GUIDE_ROLES).await;
    for path in
        ["//users?$top=2&$select=id", "/users?%24top=2&%24select=id", "/users/?$top=2&%24select=id"]
    {
        let got = client.get(path).await;
        assert_eq!(got.values().len(), 2, "{path}: {}", got.text);
        let (listed, pages) = client.all_ids(path).await;
        assert!(pages > 2 && listed.len() > 4, "{path}: {pages} pages of {}", listed.len());
    }
    let member = format!("/groups/{}/members/{}/%24ref", cast::FINANCE, cast::BOB);
    assert_eq!(client.delete(&member).await.status, 204);
    let batch = json!({ "requests": [{ "id": "1", "method": "GET", "url": "/users?$top=1" }] });
    assert_eq!(client.post("/%24batch", batch).await.status, 200);
}
