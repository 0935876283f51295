//! Facts §7, §6: query options and what they cost.

use entra_sim::cast;
use http::Method;
use serde_json::json;

use crate::client::{Client, Got, keys, read, sorted};

#[tokio::test]
async fn filters() {
    let client = Client::signed_in().await;
    let users = async |filter: &str| -> Got {
        let encoded: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        client.get(&format!("/users?$select=id&$filter={encoded}")).await
    };
    let apostrophe = client.simulator.tenant().add_user("Nora O'Brien", "nora@contoso.com");
    let rows: [(&str, Vec<&str>); 14] = [
        ("displayName eq 'Alice Archer'", vec![cast::ALICE]),
        ("displayName eq 'alice archer'", vec![cast::ALICE]),
        ("displayName eq 'Alice'", vec![]),
        ("displayName eq 'Nora O''Brien'", vec![&apostrophe]),
        ("mail eq 'erin@fabrikam.com'", vec![cast::ERIN]),
        ("userPrincipalName eq 'bob@contoso.com'", vec![cast::BOB]),
        ("mailNickname eq 'bob'", vec![cast::BOB]),
        ("id eq 'b0b00000-0000-4000-8000-000000000002'", vec![cast::BOB]),
        ("accountEnabled eq false", vec![cast::DAVE]),
        ("startswith(displayName,'ca')", vec![cast::CAROL]),
        ("mail eq 'bob@contoso.com' or mail eq 'carol@contoso.com'", vec![cast::BOB, cast::CAROL]),
        ("mail in ('bob@contoso.com', 'nobody@contoso.com')", vec![cast::BOB]),
        ("startswith(displayName,'D') and (accountEnabled eq false)", vec![cast::DAVE]),
        ("mail eq 'zoe@contoso.com'", vec![]),
    ];
    for (filter, expect) in rows {
        assert_eq!(users(filter).await.ids(), sorted(&expect), "{filter}");
    }
    for (filter, property) in [
        ("officeLocation eq 'x'", "officeLocation"),
        ("displayName ne 'x'", "displayName"),
        ("endsWith(mail,'x')", "mail"),
        ("mail eq null", "mail"),
    ] {
        let text = format!(
            "Unsupported or invalid query filter clause specified for property '{property}' of resource 'User'."
        );
        assert_eq!(
            users(filter).await.error(),
            (400, "Request_UnsupportedQuery", text.as_str()),
            "{filter}"
        );
    }
    for filter in ["displayName eq 'x", "displayName eq", "eq 'x'", "displayName is 'x'"] {
        assert_eq!(users(filter).await.error().1, "BadRequest", "{filter}");
    }
    let got =
        client.get_eventual("/users?$count=true&$filter=endswith(mail,'@fabrikam.com')").await;
    assert_eq!((got.ids(), &got.json["@odata.count"]), (sorted(&[cast::ERIN]), &json!(1)));
    let got = client.get("/groups?$filter=groupTypes/any(c:c%20eq%20'Unified')").await;
    assert_eq!(got.ids(), sorted(&[cast::PROJECT_PHOENIX, cast::WORKS_COUNCIL]));
    assert_eq!(
        client.get("/groups?$filter=displayName%20eq%20'FINANCE'").await.ids(),
        [cast::FINANCE]
    );
    client.simulator.change_settings(|settings| settings.ignore_case = false);
    assert!(users("displayName eq 'alice archer'").await.ids().is_empty());
    assert_eq!(users("displayName eq 'Alice Archer'").await.ids(), [cast::ALICE]);
}

#[tokio::test]
async fn consistency_level_rules() {
    let client = Client::signed_in().await;
    let plain = |got: &Got| (got.status, got.text.clone());
    let got = client.get("/users/$count").await;
    assert_eq!(got.error(), (400, "Request_BadRequest", "$count is not currently supported."));
    assert_eq!(plain(&client.get_eventual("/users/$count").await), (200, "9".to_owned()));
    assert_eq!(client.get_eventual("/users/$count").await.header("content-type"), "text/plain");
    let members = format!("/groups/{}/members/$count", cast::FINANCE);
    assert_eq!(client.get(&members).await.error().0, 400);
    assert_eq!(plain(&client.get_eventual(&members).await), (200, "3".to_owned()));
    let headers = [("ConsistencyLevel", "eventual"), ("Accept", "application/json")];
    assert_eq!(read(client.ask(Method::GET, &members, &headers, None).await.unwrap()).status, 415);
    let got = client.get("/users?$count=true").await;
    assert!(got.json.get("@odata.count").is_none(), "silently ignored");
    assert_eq!(client.get_eventual("/users?$count=true").await.json["@odata.count"], 9);
    let text = "Request with $search query parameter only works through MSGraph with a special request header: \
                'ConsistencyLevel: eventual'";
    let got = client.get("/users?$search=%22displayName:ali%22").await;
    assert_eq!(got.error(), (400, "Request_UnsupportedQuery", text));
    assert_eq!(
        client.get_eventual("/users?$search=%22displayName:arch%22").await.ids(),
        [cast::ALICE]
    );
    let got = client.get("/users?$orderby=displayName%20desc&$select=displayName").await;
    let names: Vec<_> =
        got.values().iter().map(|value| value["displayName"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "Ines Ivers",
            "Grace Gold",
            "Frank Ferro",
            "Erin Ek",
            "Dave Dunn",
            "Carol Cruz",
            "Break Glass 1",
            "Bob Berg",
            "Alice Archer"
        ]
    );
    let both = "/users?$orderby=displayName&$filter=accountEnabled%20eq%20true";
    assert_eq!(client.get(both).await.error().1, "Request_UnsupportedQuery");
    assert_eq!(client.get_eventual(&format!("{both}&$count=true")).await.ids().len(), 8);
}

#[tokio::test]
async fn page_sizes_and_selections() {
    let client = Client::signed_in().await;
    for (top, text) in [
        ("1000", "Invalid page size specified: '1000'. Must be between 1 and 999 inclusive."),
        ("0", "Invalid page size specified: '0'. Must be between 1 and 999 inclusive."),
    ] {
        let got = client.get(&format!("/users?$top={top}")).await;
        assert_eq!(got.error(), (400, "Request_UnsupportedQuery", text));
    }
    assert_eq!(client.get("/users?$top=abc").await.error().1, "BadRequest");
    assert_eq!(client.get("/users?$skip=5").await.error().1, "BadRequest");
    let got = client.get("/users?$select=id,aboutMe").await;
    assert_eq!(got.error(), (501, "NotImplemented", "This operation target is not yet supported."));
    assert_eq!(client.get("/users?$select=id,nonsense").await.error().1, "BadRequest");
    client.simulator.change_settings(|settings| settings.refuse_unknown_select = false);
    let got = client.get("/users?$select=id,nonsense").await;
    assert_eq!(keys(&got.values()[0]), ["id"]);
}

#[tokio::test]
async fn resource_units_follow_the_table() {
    let client = Client::signed_in().await;
    let members = format!("/groups/{}/members", cast::FINANCE);
    for (path, cost) in [
        ("/users", "2"),
        ("/users?$select=id", "1"),
        ("/users?$select=id&$top=5", "1"),
        ("/groups", "1"),
        (members.as_str(), "3"),
        (&format!("{members}?$top=5"), "2"),
        (&format!("{members}?$select=id&$top=999"), "2"),
        (&format!("/users/{}/memberOf", cast::BOB), "2"),
        (&format!("/applications/{}", cast::APPLICATION_OBJECT_ID), "2"),
    ] {
        assert_eq!(client.get(path).await.header("x-ms-resource-unit"), cost, "{path}");
    }
}
