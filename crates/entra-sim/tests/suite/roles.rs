//! Facts §3.4, §9: role definitions and reading role assignments.

use entra_sim::{Settings, Size, cast};
use serde_json::{Value, json};

use crate::client::{Client, DENIED, GRAPH, Got, keys, not_found};

const DEFINITIONS: &str = "/roleManagement/directory/roleDefinitions";
const ASSIGNMENTS: &str = "/roleManagement/directory/roleAssignments";

async fn filtered(client: &Client, path: &str, filter: &str) -> Got {
    client.get(&format!("{path}?$filter={}", filter.replace(' ', "%20"))).await
}

#[tokio::test]
async fn definitions_come_in_one_page_and_names_have_case() {
    let client = Client::signed_in().await;
    let got = client.get(&format!("{DEFINITIONS}?$top=5")).await;
    assert!(got.values().len() > 20 && got.json.get("@odata.nextLink").is_none());
    assert_eq!(got.json["@odata.context"], format!("{GRAPH}/$metadata#{}", &DEFINITIONS[1..]));
    for one in got.values() {
        assert_eq!((&one["isBuiltIn"], &one["id"]), (&json!(true), &one["templateId"]));
        assert!(one.get("isPrivileged").is_none(), "not in v1.0");
    }
    let custom = client
        .simulator
        .tenant()
        .add_role_definition("Group Keeper", &["microsoft.directory/groups/members/update"]);
    for (filter, expect) in [
        ("displayName eq 'Groups Administrator'", vec![cast::GROUPS_ADMINISTRATOR]),
        ("displayName eq 'groups administrator'", vec![]),
        ("displayName eq 'Group Keeper'", vec![custom.as_str()]),
        ("isBuiltIn eq false", vec![custom.as_str()]),
        ("isBuiltIn eq false and displayName eq 'Nobody'", vec![]),
    ] {
        assert_eq!(filtered(&client, DEFINITIONS, filter).await.ids(), expect, "{filter}");
    }
    let two = format!("id in ('{}','{custom}')", cast::GLOBAL_ADMINISTRATOR);
    assert_eq!(filtered(&client, DEFINITIONS, &two).await.ids().len(), 2);
    let got = filtered(&client, DEFINITIONS, "startswith(displayName,'G')").await;
    assert_eq!((got.status, got.error().1), (400, "Request_UnsupportedQuery"));
}

#[tokio::test]
async fn one_definition_and_what_stands_behind_it() {
    let mut client = Client::signed_in().await;
    let path = format!("{DEFINITIONS}/{}", cast::GROUPS_ADMINISTRATOR);
    let got =
        client.get(&format!("{path}?$select=id,displayName&$expand=inheritsPermissionsFrom")).await;
    assert_eq!(keys(&got.json), ["@odata.context", "displayName", "id", "inheritsPermissionsFrom"]);
    assert_eq!(got.json["inheritsPermissionsFrom"][0]["id"], cast::DIRECTORY_READERS);
    let missing = client.get(&format!("{DEFINITIONS}/{}", cast::ALICE)).await;
    assert_eq!(missing.error(), (404, "Request_ResourceNotFound", not_found(cast::ALICE).as_str()));
    client.become_holder_of(&["Directory.Read.All"]).await;
    for path in [DEFINITIONS, ASSIGNMENTS, &path] {
        assert_eq!(client.get(path).await.error(), DENIED, "plain, as measured (facts §9)");
    }
}

#[tokio::test]
async fn assignments_by_every_filter() {
    let client = Client::signed_in().await;
    let all = client.get(ASSIGNMENTS).await;
    assert_eq!(all.values().len(), 4);
    let unit = format!("/administrativeUnits/{}", cast::UNIT_EMEA);
    let (alice, scoped) = (cast::ALICE, cast::SCOPED_SERVICE_PRINCIPAL);
    for (filter, expect) in [
        (format!("principalId eq '{alice}'"), 1),
        (format!("principalId eq '{scoped}'"), 1),
        (format!("roleDefinitionId eq '{}'", cast::GLOBAL_ADMINISTRATOR), 3),
        ("directoryScopeId eq '/'".to_owned(), 3),
        (format!("directoryScopeId eq '{unit}'"), 1),
        (format!("principalId eq '{alice}' and directoryScopeId eq '/'"), 1),
        (format!("principalId eq '{alice}' and directoryScopeId eq '{unit}'"), 0),
        (format!("principalId eq '{}'", cast::BOB), 0),
    ] {
        let got = filtered(&client, ASSIGNMENTS, &filter).await;
        assert_eq!(got.values().len(), expect, "{filter}: {}", got.text);
    }
    for filter in [
        "principalId ne 'x'",
        "displayName eq 'x'",
        "principalId in ('x')",
        "principalId eq 'x' or principalId eq 'y'",
    ] {
        let got = filtered(&client, ASSIGNMENTS, filter).await;
        assert_eq!((got.status, got.error().1), (400, "Request_UnsupportedQuery"), "{filter}");
    }
    client.simulator.change_settings(|settings| {
        settings.role_assignment_alternatives = true;
        settings.unfiltered_role_assignments = false;
    });
    let either = format!("principalId eq '{alice}' or principalId eq '{scoped}'");
    assert_eq!(filtered(&client, ASSIGNMENTS, &either).await.values().len(), 2);
    assert_eq!(client.get(ASSIGNMENTS).await.error().0, 400, "older: a filter is required");
}

#[tokio::test]
async fn pages_follow_the_next_link() {
    let settings = Settings { role_assignment_page: 7, ..Settings::default() };
    let mut client =
        Client::new(&Size { users: 4_000, groups: 300, seed: 2, ..Size::default() }, settings);
    client.become_holder_of(&cast::READ_ROLES).await;
    let truth = client.simulator.tenant().role_assignments();
    let (ids, pages) = client.all_ids(ASSIGNMENTS).await;
    let mut sorted = ids.clone();
    sorted.sort();
    assert_eq!(sorted, truth.iter().map(|held| held.id.clone()).collect::<Vec<_>>());
    assert_eq!(pages, ids.len().div_ceil(7));
    assert!(ids.len() > 20, "{}", ids.len());
    let scopes = |prefix: &str| truth.iter().filter(|held| held.scope.starts_with(prefix)).count();
    assert!(scopes("/administrativeUnits/") > 1);
    assert_eq!(scopes(&format!("/{}", cast::APPLICATION_OBJECT_ID)), 1);
    let (again, _) = client.all_ids(&format!("{ASSIGNMENTS}?$top=50")).await;
    assert_eq!(again, ids);
}

#[tokio::test]
async fn expanded_one_navigation_at_a_time() {
    let client = Client::signed_in().await;
    let one = filtered(
        &client,
        ASSIGNMENTS,
        &format!("principalId eq '{}'", cast::SCOPED_SERVICE_PRINCIPAL),
    )
    .await;
    let id = one.values()[0]["id"].as_str().unwrap().to_owned();
    assert!(id.len() == 66 && id.ends_with("-2"), "{id}");
    let expanded =
        async |expand: &str| client.get(&format!("{ASSIGNMENTS}/{id}?$expand={expand}")).await;
    let got = expanded("principal").await;
    assert_eq!(got.json["principal"]["@odata.type"], "#microsoft.graph.servicePrincipal");
    assert_eq!(got.json["principal"]["displayName"], cast::SCOPED_APPLICATION_NAME);
    let got = expanded("principal($select=id)").await;
    assert_eq!(keys(&got.json["principal"]), ["@odata.type", "id"]);
    let got = expanded("roleDefinition($select=id,displayName)").await;
    let expect = json!({ "id": cast::GROUPS_ADMINISTRATOR, "displayName": "Groups Administrator" });
    assert_eq!(got.json["roleDefinition"], expect);
    assert_eq!(expanded("directoryScope").await.json["directoryScope"]["id"], cast::UNIT_EMEA);
    assert_eq!(expanded("principal,roleDefinition").await.error().0, 400);
    assert_eq!(expanded("nothing").await.error().0, 400);
    let upper = id.to_uppercase();
    let got = client.get(&format!("{ASSIGNMENTS}/{upper}")).await;
    assert_eq!(got.error().0, 404, "ids have case");
    assert_eq!(
        client.get(&format!("{ASSIGNMENTS}?$select=id")).await.values()[0]
            .as_object()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_soft_deleted_holder_does_not_show_and_comes_back() {
    let client = Client::signed_in().await;
    client.simulator.tenant().soft_delete(cast::GRACE);
    assert_eq!(client.get(ASSIGNMENTS).await.values().len(), 3);
    client.simulator.tenant().restore(cast::GRACE);
    assert_eq!(client.get(ASSIGNMENTS).await.values().len(), 4);
    let grace = client.get(&format!("/users/{}/memberOf", cast::GRACE)).await;
    let role = grace.values().iter().find(|one| one["roleTemplateId"] != Value::Null).unwrap();
    assert_eq!(role["displayName"], "Global Administrator");
}
