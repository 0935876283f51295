//! Facts §3, §5, §7: reads of the cast.

use entra_sim::{Kind, Settings, cast};
use http::Method;
use serde_json::{Value, json};

use crate::client::{Client, DENIED, GRAPH, keys, read, sorted};

#[tokio::test]
async fn the_organization_is_the_health_check() {
    let got =
        Client::signed_in().await.get("/organization?$select=id,displayName,verifiedDomains").await;
    assert_eq!((got.status, got.header("x-ms-resource-unit")), (200, "1"));
    let organization = &got.values()[0];
    assert_eq!(
        (&organization["id"], &organization["displayName"]),
        (&json!(cast::TENANT_ID), &json!("Contoso"))
    );
    let domains: Vec<_> = organization["verifiedDomains"]
        .as_array()
        .unwrap()
        .iter()
        .map(|domain| (domain["name"].as_str().unwrap(), domain["isDefault"].as_bool().unwrap()))
        .collect();
    assert_eq!(domains, [("contoso.com", true), ("contoso.onmicrosoft.com", false)]);
}

#[tokio::test]
async fn users_by_id_by_name_and_their_default_properties() {
    let client = Client::signed_in().await;
    let got = client.get(&format!("/users/{}", cast::ALICE)).await;
    assert_eq!(got.json["@odata.context"], format!("{GRAPH}/$metadata#users/$entity"));
    let expect = [
        "@odata.context",
        "businessPhones",
        "displayName",
        "givenName",
        "id",
        "jobTitle",
        "mail",
        "mobilePhone",
        "officeLocation",
        "preferredLanguage",
        "surname",
        "userPrincipalName",
    ];
    assert_eq!(keys(&got.json), expect);
    assert_eq!(got.json["mobilePhone"], Value::Null);
    assert_eq!(client.get("/users/Alice@contoso.com").await.json["id"], cast::ALICE);
    let guest = client
        .get("/users/erin_fabrikam.com%23EXT%23@contoso.onmicrosoft.com?$select=id,userType,mail")
        .await;
    assert_eq!((&guest.json["id"], &guest.json["userType"]), (&json!(cast::ERIN), &json!("Guest")));
    assert_eq!(guest.json["mail"], "erin@fabrikam.com");
    assert_eq!(
        guest.json["@odata.context"],
        format!("{GRAPH}/$metadata#users(id,userType,mail)/$entity")
    );
    for missing in [cast::ZOE, cast::FINANCE, "nobody@contoso.com"] {
        let got = client.get(&format!("/users/{missing}")).await;
        let text = format!(
            "Resource '{missing}' does not exist or one of its queried reference-property objects are not present."
        );
        assert_eq!(got.error(), (404, "Request_ResourceNotFound", text.as_str()));
    }
    let got = client.get("/groups/finance").await;
    assert_eq!(got.error(), (400, "Request_BadRequest", "Invalid object identifier 'finance'."));
}

#[tokio::test]
async fn kinds_of_group_are_told_apart_as_in_the_table() {
    let client = Client::signed_in().await;
    let select = "groupTypes,mailEnabled,securityEnabled,onPremisesSyncEnabled,membershipRuleProcessingState,\
                  isAssignableToRole,isManagementRestricted,visibility,resourceProvisioningOptions";
    let none = Value::Null;
    let rows = [
        (cast::FINANCE, json!([[], false, true, none, none, none, none, none, []])),
        (
            cast::ALL_STAFF,
            json!([["DynamicMembership"], false, true, none, "On", none, none, none, []]),
        ),
        (
            cast::ALL_STAFF_PAUSED,
            json!([["DynamicMembership"], false, true, none, "Paused", none, none, none, []]),
        ),
        (cast::WAREHOUSE, json!([[], false, true, true, none, none, none, none, []])),
        (cast::PRESS, json!([[], true, false, none, none, none, none, none, []])),
        (cast::BUILDING_SECURITY, json!([[], true, true, none, none, none, none, none, []])),
        (
            cast::PROJECT_PHOENIX,
            json!([["Unified"], true, false, none, none, none, none, "Public", ["Team"]]),
        ),
        (
            cast::WORKS_COUNCIL,
            json!([["Unified"], true, false, none, none, none, none, "HiddenMembership", []]),
        ),
        (cast::TIER_0_OPERATORS, json!([[], false, true, none, none, true, none, "Private", []])),
        (cast::PAYROLL_VAULT, json!([[], false, true, none, none, none, true, none, []])),
    ];
    for (group, expect) in rows {
        let got = client.get(&format!("/groups/{group}?$select={select}")).await;
        let values: Vec<Value> = select.split(',').map(|name| got.json[name].clone()).collect();
        assert_eq!(Value::Array(values), expect, "{}", got.text);
    }
}

#[tokio::test]
async fn members_mix_types_and_hide_service_principals() {
    let client = Client::signed_in().await;
    let members = |group: &str, rest: &str| format!("/groups/{group}/members{rest}");
    let got = client.get(&members(cast::FINANCE, "?$select=id")).await;
    assert_eq!(got.ids(), sorted(&[cast::BOB, cast::CAROL, cast::FINANCE_LEADS]));
    let mut types: Vec<_> =
        got.values().iter().map(|value| value["@odata.type"].as_str().unwrap()).collect();
    types.sort_unstable();
    assert_eq!(types, ["#microsoft.graph.group", "#microsoft.graph.user", "#microsoft.graph.user"]);
    assert_eq!(got.json["@odata.context"], format!("{GRAPH}/$metadata#directoryObjects(id)"));
    assert_eq!(got.header("x-ms-resource-unit"), "2");
    assert_eq!(client.get(&members(cast::ENGINEERING, "")).await.ids(), [cast::PLATFORM]);
    let cast_path = members(cast::ENGINEERING, "/microsoft.graph.servicePrincipal");
    let got = client.get(&cast_path).await;
    assert_eq!(got.ids(), [cast::BUILD_ROBOT]);
    assert!(got.values()[0].get("@odata.type").is_none());
    assert_eq!(got.json["@odata.context"], format!("{GRAPH}/$metadata#servicePrincipals"));
    let got = client.get(&members(cast::FINANCE, "/microsoft.graph.user?$select=id")).await;
    assert_eq!(got.json["@odata.context"], format!("{GRAPH}/$metadata#users(id)"));
    assert_eq!(got.ids(), sorted(&[cast::BOB, cast::CAROL]));
    let got = client.get(&members(cast::PROJECT_PHOENIX, "/microsoft.graph.group")).await;
    assert_eq!((got.error().0, got.error().1), (400, "Request_UnsupportedQuery"));
    assert_eq!(
        client.get(&members(cast::PRESS, "")).await.ids(),
        sorted(&[cast::ALICE, cast::NINA])
    );
    assert_eq!(
        client.get(&members(cast::LAB_MACHINES, "/microsoft.graph.device")).await.ids(),
        [cast::LAPTOP]
    );
    client.simulator.change_settings(|settings| {
        settings.omit_service_principals = false;
        settings.direct_casts_need_consistency = true;
    });
    let got = client.get(&members(cast::ENGINEERING, "")).await;
    assert_eq!(got.ids(), sorted(&[cast::PLATFORM, cast::BUILD_ROBOT]));
    assert_eq!(client.get(&cast_path).await.status, 400);
    assert_eq!(client.get_eventual(&format!("{cast_path}?$count=true")).await.status, 200);
    assert_eq!(client.get(&format!("/groups/{}/owners", cast::FINANCE)).await.ids(), [cast::CAROL]);
}

#[tokio::test]
async fn nesting_ends_also_in_a_circle() {
    let client = Client::signed_in().await;
    let got = client.get(&format!("/groups/{}/transitiveMembers", cast::FINANCE)).await;
    assert_eq!(got.ids(), sorted(&[cast::BOB, cast::CAROL, cast::FINANCE_LEADS, cast::FRANK]));
    assert_eq!(got.header("x-ms-resource-unit"), "5");
    let got = client.get(&format!("/groups/{}/transitiveMembers", cast::CIRCLE_A)).await;
    assert_eq!(got.ids(), sorted(&[cast::CIRCLE_A, cast::CIRCLE_B, cast::FRANK]));
    let path = format!("/groups/{}/transitiveMembers/microsoft.graph.user", cast::FINANCE);
    assert_eq!(client.get(&path).await.error().1, "Request_UnsupportedQuery");
    assert_eq!(client.get_eventual(&path).await.status, 400, "the header alone is not enough");
    let got = client.get_eventual(&format!("{path}?$count=true")).await;
    assert_eq!((got.ids().len(), &got.json["@odata.count"]), (3, &json!(3)));
}

#[tokio::test]
async fn what_holds_an_object() {
    let client = Client::signed_in().await;
    let bob = format!("/users/{}", cast::BOB);
    let direct = client.get(&format!("{bob}/memberOf")).await.ids();
    assert_eq!(direct, client.simulator.tenant().member_of(cast::BOB));
    assert!(!direct.contains(&cast::OLD_FINANCE.to_owned()), "soft-deleted groups do not show");
    let got = client.get(&format!("{bob}/transitiveMemberOf")).await;
    assert!(got.ids().contains(&cast::ENGINEERING.to_owned()));
    let typed = format!("{bob}/transitiveMemberOf/microsoft.graph.group");
    assert_eq!(client.get(&typed).await.status, 400);
    assert_eq!(client.get_eventual(&format!("{typed}?$count=true")).await.status, 200);
    assert_eq!(client.get(&format!("{bob}/memberOf/microsoft.graph.group")).await.ids(), direct);
    let alice =
        client.get(&format!("/users/{}/memberOf?$select=id,displayName", cast::ALICE)).await;
    assert!(
        alice.values().iter().any(|value| value["@odata.type"] == "#microsoft.graph.directoryRole")
    );
    let owned = client.get(&format!("/users/{}/ownedObjects", cast::CAROL)).await;
    assert_eq!(owned.ids(), [cast::FINANCE]);
    let robot = format!("/servicePrincipals/{}", cast::BUILD_ROBOT);
    assert_eq!(client.get(&format!("{robot}/memberOf")).await.ids(), [cast::ENGINEERING]);
    assert!(client.get(&format!("{robot}/ownedObjects")).await.ids().is_empty());
    let finance = format!("/groups/{}", cast::FINANCE);
    assert_eq!(client.get(&format!("{finance}/memberOf")).await.ids(), [cast::UNIT_EMEA]);
    let leads = client.get(&format!("/groups/{}/transitiveMemberOf", cast::FINANCE_LEADS)).await;
    assert_eq!(leads.ids(), sorted(&[cast::FINANCE, cast::UNIT_EMEA]));
}

#[tokio::test]
async fn own_identity_and_secret_expiry() {
    let client = Client::signed_in().await;
    for path in [
        format!("/servicePrincipals/{}", cast::SERVICE_PRINCIPAL_ID),
        format!("/servicePrincipals(appId='{}')", cast::CLIENT_ID),
    ] {
        let got = client.get(&path).await;
        assert_eq!(
            (&got.json["displayName"], &got.json["appId"]),
            (&json!("Doorward"), &json!(cast::CLIENT_ID))
        );
    }
    for key in
        [format!("(appId='{}')", cast::CLIENT_ID), format!("/{}", cast::APPLICATION_OBJECT_ID)]
    {
        let path =
            format!("/applications{key}?$select=id,displayName,passwordCredentials,keyCredentials");
        let got = client.get(&path).await;
        assert_eq!(
            keys(&got.json),
            ["@odata.context", "displayName", "id", "keyCredentials", "passwordCredentials"]
        );
        let secret = &got.json["passwordCredentials"][0];
        assert_eq!((&secret["hint"], &secret["secretText"]), (&json!("Doo"), &Value::Null));
        assert_eq!(secret["keyId"], cast::SECRET_ID);
        assert!(!got.text.contains(cast::SECRET));
    }
    let got = client.get(&format!("/applications(appId='{}')", cast::ALICE)).await;
    assert_eq!(got.error().1, "Request_ResourceNotFound");
    let filter = format!(
        "/roleManagement/directory/roleAssignments?$filter=principalId eq '{}'",
        cast::ALICE
    );
    let got = client.get(&filter.replace(' ', "%20")).await;
    assert_eq!(got.values()[0]["roleDefinitionId"], cast::GLOBAL_ADMINISTRATOR);
    let filter = filter.replace(cast::ALICE, cast::SERVICE_PRINCIPAL_ID).replace(' ', "+");
    assert!(client.get(&filter).await.values().is_empty());
}

#[tokio::test]
async fn a_role_assignment_id_is_encoded_as_microsoft_does() {
    let client = Client::signed_in().await;
    let principal = client.get(&format!("/users/{}?$select=id", cast::ALICE)).await;
    assert_eq!(principal.status, 200);
    let got = client.get("/roleManagement/directory/roleAssignments").await;
    let id = got.values()[0]["id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("lAPpYvVpN0KRkAEhdxReE") && id.ends_with("-1"), "{id}");
}

#[tokio::test]
async fn deleted_things_are_in_the_bin() {
    let client = Client::signed_in().await;
    let got = client.get("/directory/deletedItems/microsoft.graph.user").await;
    assert_eq!(got.ids(), [cast::ZOE]);
    assert_eq!(
        client.get("/directory/deletedItems/microsoft.graph.group").await.ids(),
        [cast::OLD_FINANCE]
    );
    let got = client
        .get(&format!("/directory/deletedItems/{}?$select=id,deletedDateTime", cast::ZOE))
        .await;
    assert_eq!(got.json["deletedDateTime"], cast::EPOCH);
    let got = client.get(&format!("/directoryObjects/{}", cast::LAPTOP)).await;
    assert_eq!(got.json["@odata.type"], "#microsoft.graph.device");
    assert_eq!(client.get(&format!("/directoryObjects/{}", cast::ZOE)).await.status, 404);
}

#[tokio::test]
async fn what_each_permission_reads() {
    let mut client = Client::signed_in().await;
    let group = format!("/groups/{}", cast::FINANCE);
    let paths = [
        "/users".to_owned(),
        "/groups".to_owned(),
        format!("{group}/members"),
        "/organization".to_owned(),
        format!("/applications(appId='{}')", cast::CLIENT_ID),
        "/roleManagement/directory/roleAssignments".to_owned(),
        format!("/directoryObjects/{}", cast::BOB),
    ];
    let rows: [(&[&str], [u16; 7]); 5] = [
        (&cast::GUIDE_ROLES, [200; 7]),
        (&["Directory.ReadWrite.All"], [200, 200, 200, 200, 200, 403, 200]),
        (
            &[
                "User.Read.All",
                "GroupMember.Read.All",
                "RoleManagement.Read.Directory",
                "Organization.Read.All",
            ],
            [200, 200, 200, 200, 403, 200, 403],
        ),
        (&["GroupMember.ReadBasic.All"], [403, 403, 200, 403, 403, 403, 403]),
        (&[], [403; 7]),
    ];
    for (roles, expect) in rows {
        client.become_holder_of(roles).await;
        let mut statuses = Vec::new();
        for path in &paths {
            let got = client.get(path).await;
            statuses.push(got.status);
            if got.status != 200 {
                assert_eq!(got.error(), DENIED);
            }
        }
        assert_eq!(statuses, expect, "{roles:?}");
    }
}

#[tokio::test]
async fn limited_items_and_hidden_memberships() {
    let mut client = Client::signed_in_with(Settings::default(), &["GroupMember.Read.All"]).await;
    let got =
        client.get(&format!("/groups/{}/members?$select=id,displayName", cast::FINANCE)).await;
    let bob = got.values().iter().find(|value| value["id"] == cast::BOB).unwrap();
    assert_eq!(
        (&bob["@odata.type"], &bob["displayName"]),
        (&json!("#microsoft.graph.user"), &Value::Null)
    );
    let hidden = format!("/groups/{}/members", cast::WORKS_COUNCIL);
    assert!(client.get(&hidden).await.ids().is_empty());
    client.become_holder_of(&["GroupMember.Read.All", "Member.Read.Hidden"]).await;
    assert_eq!(client.get(&hidden).await.ids(), [cast::CAROL]);
}

#[tokio::test]
async fn every_answer_carries_the_diagnostic_headers() {
    let client = Client::signed_in().await;
    for path in ["/organization", "/users/nobody", "/nowhere", "/users?$top=0"] {
        let headers = [("client-request-id", "5e1f0000-0000-4000-8000-000000000001")];
        let got = read(client.ask(Method::GET, path, &headers, None).await.unwrap());
        assert_eq!(got.header("client-request-id"), headers[0].1);
        assert_eq!(got.header("date"), "Mon, 23 Nov 2026 08:00:00 GMT");
        assert_eq!(got.header("odata-version"), "4.0");
        assert!(got.header("x-ms-ags-diagnostic").contains("ServerInfo"));
        assert!(!got.header("x-ms-resource-unit").is_empty());
        assert_eq!(got.header("request-id").len(), 36);
        if got.status != 200 {
            let inner = &got.json["error"]["innerError"];
            assert_eq!(inner["date"], "2026-11-23T08:00:00");
            assert_eq!(inner["request-id"], got.header("request-id"));
            assert_eq!(inner["client-request-id"], headers[0].1);
        } else {
            assert_eq!(
                got.header("content-type"),
                "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
            );
        }
    }
    let got = client.get("/organization").await;
    assert_eq!(got.header("client-request-id"), got.header("request-id"));
}

#[tokio::test]
async fn the_whole_directory_by_kind() {
    let client = Client::signed_in().await;
    for (path, kind) in [
        ("/users", Kind::User),
        ("/groups", Kind::Group),
        ("/servicePrincipals", Kind::ServicePrincipal),
        ("/devices", Kind::Device),
        ("/contacts", Kind::OrgContact),
    ] {
        let expect = client.simulator.tenant().ids(kind);
        assert_eq!(client.get(path).await.ids(), expect, "{path}");
    }
}
