//! Facts §3.4: giving and taking roles.

use entra_sim::{Settings, cast};
use serde_json::{Value, json};

use crate::client::{Client, DENIED, GRAPH, not_found};

const ASSIGNMENTS: &str = "/roleManagement/directory/roleAssignments";
const STRANGER: &str = "11111111-2222-4333-8444-555555555555";

fn assignment(role: &str, principal: &str, scope: &str) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.unifiedRoleAssignment",
        "roleDefinitionId": role,
        "principalId": principal,
        "directoryScopeId": scope,
    })
}

#[tokio::test]
async fn given_and_taken_at_each_scope() {
    let client = Client::signed_in().await;
    let unit = format!("/administrativeUnits/{}", cast::UNIT_EMEA);
    let application = format!("/{}", cast::APPLICATION_OBJECT_ID);
    for (role, principal, scope) in [
        (cast::USER_ADMINISTRATOR, cast::BOB, "/"),
        (cast::USER_ADMINISTRATOR, cast::BOB, &unit),
        (cast::APPLICATION_ADMINISTRATOR, cast::BOB, &application),
        (cast::GROUPS_ADMINISTRATOR, cast::BUILD_ROBOT, "/"),
        (cast::GROUPS_ADMINISTRATOR, cast::TIER_0_OPERATORS, "/"),
    ] {
        let got = client.post(ASSIGNMENTS, assignment(role, principal, scope)).await;
        assert_eq!(got.status, 201, "{}", got.text);
        assert_eq!(got.json["directoryScopeId"], scope);
        assert_eq!(
            got.json["@odata.context"],
            format!("{GRAPH}/$metadata#{}/$entity", &ASSIGNMENTS[1..])
        );
        let id = got.json["id"].as_str().unwrap();
        let held = client.simulator.tenant().role_assignments();
        assert!(held.iter().any(|one| one.id == id && one.principal == principal));
        let again = client.get(&format!("{ASSIGNMENTS}/{id}")).await;
        assert_eq!(again.json, got.json);
        let gone = client.delete(&format!("{ASSIGNMENTS}/{id}")).await;
        assert_eq!((gone.status, gone.text.as_str()), (204, ""));
        let gone = client.delete(&format!("{ASSIGNMENTS}/{id}")).await;
        assert_eq!(gone.error(), (404, "Request_ResourceNotFound", not_found(id).as_str()));
    }
}

#[tokio::test]
async fn a_role_at_the_tenant_shows_in_member_of() {
    let client = Client::signed_in().await;
    let roles = async || {
        let path = format!("/users/{}/memberOf/microsoft.graph.directoryRole", cast::BOB);
        client.get(&path).await.ids().len()
    };
    assert_eq!(roles().await, 0);
    let body = assignment(cast::USER_ADMINISTRATOR, cast::BOB, "/");
    let got = client.post(ASSIGNMENTS, body).await;
    assert_eq!(roles().await, 1);
    client.delete(&format!("{ASSIGNMENTS}/{}", got.json["id"].as_str().unwrap())).await;
    assert_eq!(roles().await, 0);
}

#[tokio::test]
async fn refusals() {
    let client = Client::signed_in().await;
    let unit = format!("/administrativeUnits/{}", cast::UNIT_EMEA);
    let nowhere = format!("/administrativeUnits/{STRANGER}");
    let application = format!("/{STRANGER}");
    let bad = "Request_BadRequest";
    let (role, bob) = (cast::USER_ADMINISTRATOR, cast::BOB);
    for (body, status, code, text) in [
        (
            assignment(role, cast::FINANCE, "/"),
            400,
            bad,
            "Groups without IsAssignableToRole property set cannot be assigned to roles.".to_owned(),
        ),
        (assignment(role, STRANGER, "/"), 404, "Request_ResourceNotFound", not_found(STRANGER)),
        (assignment(role, cast::ZOE, "/"), 404, "Request_ResourceNotFound", not_found(cast::ZOE)),
        (assignment(STRANGER, bob, "/"), 404, "Request_ResourceNotFound", not_found(STRANGER)),
        (assignment(role, bob, &nowhere), 404, "Request_ResourceNotFound", not_found(STRANGER)),
        (assignment(role, bob, &application), 404, "Request_ResourceNotFound", not_found(STRANGER)),
        (assignment(role, "bob", "/"), 400, bad, "Invalid object identifier 'bob'.".to_owned()),
        (assignment(role, bob, "here"), 400, bad, "Invalid directory scope 'here'.".to_owned()),
        (
            assignment(cast::GLOBAL_ADMINISTRATOR, cast::ALICE, "/"),
            400,
            bad,
            "A conflicting object with one or more of the specified property values is present in the directory."
                .to_owned(),
        ),
    ] {
        let got = client.post(ASSIGNMENTS, body).await;
        assert_eq!(got.error(), (status, code, text.as_str()));
    }
    for body in [
        json!({ "roleDefinitionId": role, "principalId": bob }),
        json!({ "roleDefinitionId": role, "principalId": bob, "directoryScopeId": "/", "appScopeId": "/" }),
        json!({ "principalId": bob, "directoryScopeId": "/" }),
    ] {
        assert_eq!(client.post(ASSIGNMENTS, body).await.error().0, 400);
    }
    // A built-in role that units do not take, in the envelope of the documentation, then in the usual one.
    let text =
        "The given built-in role is not supported to be assigned to a single resource scope.";
    let got = client.post(ASSIGNMENTS, assignment(cast::GLOBAL_ADMINISTRATOR, bob, &unit)).await;
    assert_eq!((got.status, &got.json["odata.error"]["code"]), (400, &json!(bad)));
    assert_eq!(got.json["odata.error"]["message"]["value"], text);
    client.simulator.change_settings(|settings| {
        settings.legacy_scope_error = false;
        settings.duplicate_role_assignment_is_conflict = true;
    });
    let got = client.post(ASSIGNMENTS, assignment(cast::GLOBAL_ADMINISTRATOR, bob, &unit)).await;
    assert_eq!(got.error(), (400, bad, text));
    let got =
        client.post(ASSIGNMENTS, assignment(cast::GLOBAL_ADMINISTRATOR, cast::ALICE, "/")).await;
    assert_eq!((got.status, got.error().1), (409, "Request_MultipleObjectsWithSameKeyValue"));
    assert_eq!(got.json["error"]["details"][0]["code"], "ConflictingObjects");
}

#[tokio::test]
async fn a_custom_role_may_be_held_anywhere() {
    let client = Client::signed_in().await;
    let custom = client
        .simulator
        .tenant()
        .add_role_definition("Group Keeper", &["microsoft.directory/groups/members/update"]);
    let unit = format!("/administrativeUnits/{}", cast::UNIT_EMEA);
    for scope in ["/", &unit] {
        let got = client.post(ASSIGNMENTS, assignment(&custom, cast::BOB, scope)).await;
        assert_eq!(got.status, 201, "{}", got.text);
    }
}

#[tokio::test]
async fn the_last_global_administrator_stays() {
    let client = Client::signed_in().await;
    let of = |principal: &str| {
        let held = client.simulator.tenant().role_assignments();
        let one = held
            .into_iter()
            .find(|held| held.principal == principal && held.role == cast::GLOBAL_ADMINISTRATOR);
        format!("{ASSIGNMENTS}/{}", one.unwrap().id)
    };
    // A service principal does not count as one.
    client.simulator.tenant().assign_role(cast::GLOBAL_ADMINISTRATOR, cast::BUILD_ROBOT, None);
    assert_eq!(client.delete(&of(cast::ALICE)).await.status, 204);
    assert_eq!(client.delete(&of(cast::GRACE)).await.status, 204);
    let last = of(cast::BREAK_GLASS);
    let got = client.delete(&last).await;
    assert_eq!((got.status, got.error().1), (400, "Request_BadRequest"));
    client.simulator.change_settings(|settings| settings.keep_last_global_administrator = false);
    assert_eq!(client.delete(&last).await.status, 204);
}

#[tokio::test]
async fn who_may_give_roles() {
    let body = || assignment(cast::USER_ADMINISTRATOR, cast::BOB, "/");
    let me = cast::SERVICE_PRINCIPAL_ID;
    for roles in [
        &["RoleManagement.Read.Directory"][..],
        &["Directory.ReadWrite.All"],
        &["RoleAssignmentSchedule.ReadWrite.Directory"],
    ] {
        let client = Client::signed_in_with(Settings::default(), roles).await;
        assert_eq!(client.post(ASSIGNMENTS, body()).await.error(), DENIED, "{roles:?}");
        assert_eq!(client.delete(&format!("{ASSIGNMENTS}/x")).await.error(), DENIED);
    }
    for (role, unit, status) in [
        (cast::PRIVILEGED_ROLE_ADMINISTRATOR, None, 201),
        (cast::GLOBAL_ADMINISTRATOR, None, 201),
        (cast::PRIVILEGED_ROLE_ADMINISTRATOR, Some(cast::UNIT_EMEA), 403),
        (cast::USER_ADMINISTRATOR, None, 403),
    ] {
        let client = Client::signed_in_with(Settings::default(), &[]).await;
        client.simulator.tenant().assign_role(role, me, unit);
        assert_eq!(client.post(ASSIGNMENTS, body()).await.status, status, "{role} {unit:?}");
    }
}
