//! Facts §3.7, §0: app roles of enterprise applications, and who holds them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entra_sim::{AppRoleDuplicate, Settings, cast};
use serde_json::{Value, json};

use crate::client::{Client, DENIED, GRAPH, keys, not_found, sorted};

const STRANGER: &str = "11111111-2222-4333-8444-555555555555";
/// The use `app-roles` (facts §0).
const APP_ROLES: [&str; 3] =
    ["AppRoleAssignment.ReadWrite.All", "Application.Read.All", "Directory.Read.All"];

fn assigned_to() -> String {
    format!("/servicePrincipals/{}/appRoleAssignedTo", cast::PAYROLL)
}

fn wish(role: &str, principal: &str) -> Value {
    json!({ "principalId": principal, "resourceId": cast::PAYROLL, "appRoleId": role })
}

async fn with(roles: &[&str]) -> Client {
    let client = Client::signed_in_with(Settings::default(), roles).await;
    client.simulator.tenant().add_payroll();
    client
}

#[tokio::test]
async fn an_application_and_who_holds_its_roles() {
    let client = with(&APP_ROLES).await;
    let select = "$select=id,appId,displayName,appRoles,appRoleAssignmentRequired";
    let by_id = client.get(&format!("/servicePrincipals/{}?{select}", cast::PAYROLL)).await;
    let by_app = client
        .get(&format!("/servicePrincipals(appId='{}')?{select}", cast::PAYROLL_CLIENT_ID))
        .await;
    assert_eq!(by_id.json, by_app.json);
    assert_eq!(by_id.json["appRoleAssignmentRequired"], true);
    let roles = by_id.json["appRoles"].as_array().unwrap();
    let ids: Vec<&str> = roles.iter().map(|role| role["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [cast::PAYROLL_READER, cast::PAYROLL_APPROVER]);
    let got = client.get(&assigned_to()).await;
    assert_eq!(
        got.json["@odata.context"],
        format!("{GRAPH}/$metadata#servicePrincipals('{}')/appRoleAssignedTo", cast::PAYROLL)
    );
    let told: Vec<(&str, &str)> = got
        .values()
        .iter()
        .map(|one| (one["principalId"].as_str().unwrap(), one["principalType"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            (cast::BOB, "User"),
            (cast::BUILD_ROBOT, "ServicePrincipal"),
            (cast::FINANCE, "Group"),
            (cast::ALICE, "User"),
        ]
    );
    let alice = &got.values()[3];
    assert_eq!(alice["appRoleId"], cast::DEFAULT_ACCESS);
    assert_eq!(
        keys(alice),
        [
            "appRoleId",
            "createdDateTime",
            "deletedDateTime",
            "id",
            "principalDisplayName",
            "principalId",
            "principalType",
            "resourceDisplayName",
            "resourceId"
        ]
    );
    // The id is the principal's, little-endian, and sixteen random bytes.
    let bytes = URL_SAFE_NO_PAD.decode(alice["id"].as_str().unwrap()).unwrap();
    assert_eq!(bytes.len(), 32);
    assert_eq!(uuid::Uuid::from_slice_le(&bytes[..16]).unwrap().to_string(), cast::ALICE);
    let one = client.get(&format!("{}/{}", assigned_to(), alice["id"].as_str().unwrap())).await;
    assert_eq!(one.json["principalDisplayName"], "Alice Archer");
}

#[tokio::test]
async fn only_what_is_held_directly() {
    let client = with(&APP_ROLES).await;
    for (path, count) in [
        (format!("/users/{}", cast::BOB), 1),
        (format!("/groups/{}", cast::FINANCE), 1),
        (format!("/servicePrincipals/{}", cast::BUILD_ROBOT), 1),
        // In "Finance" directly, and in "Finance Leads" inside it: nested members do not inherit.
        (format!("/users/{}", cast::CAROL), 0),
        (format!("/users/{}", cast::FRANK), 0),
        (format!("/groups/{}", cast::FINANCE_LEADS), 0),
    ] {
        let got = client.get(&format!("{path}/appRoleAssignments")).await;
        assert_eq!(got.values().len(), count, "{path}");
    }
    client.simulator.change_settings(|settings| settings.user_app_roles_through_groups = true);
    for (user, count) in [(cast::BOB, 2), (cast::CAROL, 1), (cast::FRANK, 0)] {
        let got = client.get(&format!("/users/{user}/appRoleAssignments")).await;
        assert_eq!(got.values().len(), count, "{user}");
    }
    // Deleted holders do not show, and come back with what they held.
    client.simulator.tenant().soft_delete(cast::BOB);
    assert_eq!(client.get(&assigned_to()).await.values().len(), 3);
    client.simulator.tenant().restore(cast::BOB);
    assert_eq!(client.get(&assigned_to()).await.values().len(), 4);
    client.simulator.tenant().delete(cast::BOB);
    assert_eq!(client.simulator.tenant().app_role_assignments().len(), 3);
}

#[tokio::test]
async fn given_and_taken() {
    let client = with(&APP_ROLES).await;
    for (role, principal) in [
        (cast::PAYROLL_APPROVER, cast::BOB),
        (cast::DEFAULT_ACCESS, cast::BOB),
        (cast::PAYROLL_READER, cast::ENGINEERING),
        (cast::PAYROLL_READER, cast::SERVICE_PRINCIPAL_ID),
    ] {
        let got = client.post(&assigned_to(), wish(role, principal)).await;
        assert_eq!((got.status, &got.json["appRoleId"]), (201, &json!(role)), "{}", got.text);
        let id = got.json["id"].as_str().unwrap();
        let held = client.simulator.tenant().app_role_assignments();
        assert!(
            held.iter().any(|one| one.id == id && one.principal == principal && one.role == role)
        );
        let gone = client.delete(&format!("{}/{id}", assigned_to())).await;
        assert_eq!((gone.status, gone.text.as_str()), (204, ""));
        // 400, not 404 (facts §3.7).
        let again = client.delete(&format!("{}/{id}", assigned_to())).await;
        let text = "EntitlementGrant being updated or deleted is not found.";
        assert_eq!(again.error(), (400, "Request_BadRequest", text));
    }
}

#[tokio::test]
async fn refusals() {
    let bad = "Request_BadRequest";
    let unknown =
        format!("Permission being assigned was not found on application '{}'", cast::PAYROLL);
    let missing = not_found(STRANGER);
    let exists = "Permission being assigned already exists on the object";
    let mut other = wish(cast::PAYROLL_READER, cast::CAROL);
    other["resourceId"] = json!(cast::BUILD_ROBOT);
    for (body, status, code, text) in [
        (wish(cast::PAYROLL_READER, cast::BOB), 400, bad, exists),
        (wish(STRANGER, cast::CAROL), 400, bad, unknown.as_str()),
        (wish(cast::PAYROLL_READER, STRANGER), 404, "Request_ResourceNotFound", &missing),
        (other, 400, bad, ""),
        (json!({ "principalId": cast::CAROL }), 400, bad, ""),
    ] {
        let client = with(&APP_ROLES).await;
        let got = client.post(&assigned_to(), body).await;
        assert_eq!((got.status, got.error().1), (status, code), "{}", got.text);
        assert!(text.is_empty() || got.error().2 == text, "{}", got.text);
    }
    for (how, status, code) in [
        (AppRoleDuplicate::GrantExists, 400, "Request_MultipleObjectsWithSameKeyValue"),
        (AppRoleDuplicate::GrantConflicts, 409, "Request_MultipleObjectsWithSameKeyValue"),
    ] {
        let client = with(&APP_ROLES).await;
        client.simulator.change_settings(|settings| settings.app_role_duplicate = how);
        let got = client.post(&assigned_to(), wish(cast::PAYROLL_READER, cast::BOB)).await;
        assert_eq!(got.error(), (status, code, "EntitlementGrant entry already exists."));
    }
    let client = with(&APP_ROLES).await;
    assert_eq!(
        client.get(&format!("/servicePrincipals/{STRANGER}/appRoleAssignedTo")).await.status,
        404
    );
    assert_eq!(client.patch(&assigned_to(), json!({})).await.status, 405);
    assert_eq!(client.get(&format!("{}?$filter=id%20eq%20'x'", assigned_to())).await.status, 400);
}

#[tokio::test]
async fn who_may_do_what() {
    for (roles, reads, gives, takes) in [
        (&cast::GUIDE_ROLES[..], 200, 403, 403),
        (&["Application.Read.All"], 200, 403, 403),
        (&["AppRoleAssignment.ReadWrite.All"], 403, 403, 204),
        (&["AppRoleAssignment.ReadWrite.All", "Application.Read.All"], 200, 201, 204),
        (&["AppRoleAssignment.ReadWrite.All", "Directory.Read.All"], 200, 201, 204),
        (&["User.Read.All"], 403, 403, 403),
    ] {
        let client = with(roles).await;
        let got = client.get(&assigned_to()).await;
        assert_eq!(got.status, reads, "{roles:?}");
        let got = client.post(&assigned_to(), wish(cast::PAYROLL_READER, cast::CAROL)).await;
        assert_eq!(got.status, gives, "{roles:?} {}", got.text);
        if gives == 403 {
            assert_eq!(got.error(), DENIED);
        }
        let held = client.simulator.tenant().app_role_assignments();
        let id = held.iter().find(|one| one.principal == cast::BOB).unwrap().id.clone();
        let got = client.delete(&format!("{}/{id}", assigned_to())).await;
        assert_eq!(got.status, takes, "{roles:?}");
    }
    // By an Entra role: everywhere, or at one application alone.
    let task = "microsoft.directory/servicePrincipals/appRoleAssignedTo/update";
    for (scope, status) in [
        ("/".to_owned(), 201),
        (format!("/{}", cast::PAYROLL), 201),
        (format!("/{}", cast::BUILD_ROBOT), 403),
    ] {
        let client = with(&[]).await;
        let role = client.simulator.tenant().add_role_definition("App Keeper", &[task]);
        let me = cast::SERVICE_PRINCIPAL_ID;
        client.simulator.tenant().assign_role_at(&role, me, &scope).unwrap();
        let got = client.post(&assigned_to(), wish(cast::PAYROLL_READER, cast::CAROL)).await;
        assert_eq!(got.status, status, "{scope}");
        assert_eq!(client.authorised_by().len(), usize::from(status == 201));
    }
    for (set, id) in [("users", cast::BOB), ("groups", cast::FINANCE)] {
        let path = format!("/{set}/{id}/appRoleAssignments");
        for (roles, status) in [("Directory.Read.All", 200), ("Application.Read.All", 403)] {
            assert_eq!(with(&[roles]).await.get(&path).await.status, status, "{path} {roles}");
        }
    }
}

#[tokio::test]
async fn pages_of_a_large_application() {
    let client = with(&APP_ROLES).await;
    let (resource, role, users) = {
        let mut tenant = client.simulator.tenant();
        let made = tenant.add_application_with_roles("Wiki", &["Wiki Reader", "Wiki Editor"]);
        let mut users = Vec::new();
        for number in 0..25 {
            let user =
                tenant.add_user(&format!("User {number}"), &format!("u{number}@contoso.com"));
            tenant.assign_app_role(&made.id, &made.roles[number % 2], &user).unwrap();
            users.push(user);
        }
        (made.id, made.roles[0].clone(), users)
    };
    let path = format!("/servicePrincipals/{resource}/appRoleAssignedTo");
    let (ids, pages) = client.all_ids(&format!("{path}?$top=7&$select=id")).await;
    assert_eq!((ids.len(), pages), (25, 4));
    let got = client.get(&path).await;
    let mut holders: Vec<_> =
        got.values().iter().map(|one| one["principalId"].as_str().unwrap()).collect();
    holders.sort_unstable();
    assert_eq!(holders, sorted(&users.iter().map(String::as_str).collect::<Vec<_>>()));
    assert!(client.simulator.tenant().remove_app_role(&resource, &role, &users[0]));
    assert!(!client.simulator.tenant().remove_app_role(&resource, &role, &users[0]));
    // By seed: many applications at once.
    let many = client.simulator.tenant().add_applications(3, 5);
    assert_eq!(many.len(), 3);
    let held = client.simulator.tenant().app_role_assignments();
    assert!(many.iter().all(|one| held.iter().any(|held| held.resource == one.id)));
}
