//! Facts §0, §2.2, §3.1, §9: accounts over the wire.

use entra_sim::{Kind, Lag, Settings, cast};
use serde_json::{Value, json};

use crate::client::{Client, DENIED, not_found};

const WRITE: &str = "User.ReadWrite.All";
const STRANGER: &str = "11111111-2222-4333-8444-555555555555";

fn user(name: &str) -> Value {
    json!({
        "accountEnabled": true,
        "displayName": "Hugo Haas",
        "mailNickname": "hugo",
        "userPrincipalName": name,
        "passwordProfile": { "password": "correct horse battery", "forceChangePasswordNextSignIn": true },
    })
}

fn guest(mail: &str) -> Value {
    json!({
        "invitedUserEmailAddress": mail,
        "inviteRedirectUrl": "https://contoso.com",
        "sendInvitationMessage": true,
    })
}

async fn with(roles: &[&str]) -> Client {
    Client::signed_in_with(Settings::default(), roles).await
}

#[tokio::test]
async fn made_disabled_deleted_and_brought_back() {
    let client = with(&[WRITE]).await;
    let got = client.post("/users", user("hugo@contoso.com")).await;
    assert_eq!(got.status, 201, "{}", got.text);
    assert!(!got.text.contains("battery"), "no password in an answer");
    let id = got.json["id"].as_str().unwrap().to_owned();
    let path = format!("/users/{id}");
    let enabled = async || {
        client.get(&format!("{path}?$select=accountEnabled")).await.json["accountEnabled"].clone()
    };
    for wanted in [false, true] {
        let got = client.patch(&path, json!({ "accountEnabled": wanted })).await;
        assert_eq!((got.status, got.text.as_str()), (204, ""));
        assert_eq!(enabled().await, wanted);
    }
    client.simulator.tenant().add_member(cast::EMPTY_ROOM, &id);
    assert_eq!(client.delete("/users/hugo@contoso.com").await.status, 204);
    assert!(client.simulator.tenant().deleted(Kind::User).contains(&id), "softly");
    assert_eq!(client.get(&path).await.status, 404);
    assert_eq!(client.delete(&path).await.status, 404);
    let got = client.post(&format!("/directory/deletedItems/{id}/restore"), json!({})).await;
    assert_eq!(got.status, 200, "{}", got.text);
    assert_eq!(client.simulator.tenant().members(cast::EMPTY_ROOM), [id], "links come back");
}

#[tokio::test]
async fn a_guest_is_invited_once() {
    let client = with(&["User.Invite.All", "User.Read.All"]).await;
    let got = client.post("/invitations", guest("hana@fabrikam.com")).await;
    assert_eq!(
        (got.status, &got.json["status"]),
        (201, &json!("PendingAcceptance")),
        "{}",
        got.text
    );
    let id = got.json["invitedUser"]["id"].as_str().unwrap().to_owned();
    let got = client
        .get(&format!("/users/{id}?$select=userType,externalUserState,userPrincipalName"))
        .await;
    assert_eq!(
        (&got.json["userType"], &got.json["externalUserState"]),
        (&json!("Guest"), &json!("PendingAcceptance"))
    );
    assert_eq!(got.json["userPrincipalName"], "hana_fabrikam.com#EXT#@contoso.onmicrosoft.com");
    let again = client.post("/invitations", guest("HANA@fabrikam.com")).await;
    assert_eq!(again.json["invitedUser"]["id"], id);
    let erin = client.post("/invitations", guest("erin@fabrikam.com")).await;
    assert_eq!(
        (&erin.json["invitedUser"]["id"], &erin.json["status"]),
        (&json!(cast::ERIN), &json!("Completed"))
    );
}

#[tokio::test]
async fn refusals() {
    let client = with(&[WRITE]).await;
    let without = |name: &str| {
        let mut body = user("hugo@contoso.com");
        body.as_object_mut().unwrap().remove(name);
        body
    };
    let mut odd = user("hugo@contoso.com");
    odd["employeeType"] = json!("x");
    for (path, body, text) in [
        (
            "/users",
            user("bob@contoso.com"),
            "Another object with the same value for property userPrincipalName",
        ),
        (
            "/users",
            user("hugo@elsewhere.com"),
            "The domain portion of the userPrincipalName property is invalid.",
        ),
        ("/users", without("passwordProfile"), "A password must be specified"),
        ("/users", without("displayName"), "A value is required for property 'displayName'"),
        ("/users", without("accountEnabled"), "A value is required for property 'accountEnabled'"),
        ("/users", odd, "entra-sim: 'employeeType'"),
        ("/invitations", guest("nobody"), "The invited user email address is invalid."),
        ("/invitations", json!({ "invitedUserEmailAddress": "a@b.com" }), "A value is required"),
    ] {
        let got = client.post(path, body).await;
        assert_eq!((got.status, got.error().1), (400, "Request_BadRequest"));
        assert!(got.error().2.starts_with(text), "{}", got.text);
    }
    let off = || json!({ "accountEnabled": false });
    let got = client.patch(&format!("/users/{}", cast::BOB), json!({ "jobTitle": "x" })).await;
    assert!(got.error().2.starts_with("entra-sim:"));
    let got = client.patch(&format!("/users/{STRANGER}"), off()).await;
    assert_eq!(got.error(), (404, "Request_ResourceNotFound", not_found(STRANGER).as_str()));
    assert_eq!(client.post(&format!("/users/{}", cast::BOB), json!({})).await.status, 405);
    // In a restricted unit (facts §2.2).
    client.simulator.tenant().add_member(cast::RESTRICTED_UNIT, cast::CAROL);
    for got in [
        client.patch(&format!("/users/{}", cast::CAROL), off()).await,
        client.delete(&format!("/users/{}", cast::CAROL)).await,
    ] {
        assert_eq!(got.status, 403);
        assert!(got.error().2.contains("restricted management administrative unit"));
    }
}

#[tokio::test]
async fn who_may_do_what() {
    let small = "User.EnableDisableAccount.All";
    let read = "User.Read.All";
    // make, invite, disable, delete
    for (roles, statuses) in [
        (&cast::GUIDE_ROLES[..], [201, 201, 204, 403]),
        (&[WRITE], [201, 201, 204, 204]),
        (&[small], [403, 403, 403, 403]),
        (&[small, read], [403, 403, 204, 403]),
        (&["User.DeleteRestore.All"], [403, 403, 403, 204]),
        (&["User.Invite.All"], [403, 201, 403, 403]),
        (&[read], [403, 403, 403, 403]),
    ] {
        let client = with(roles).await;
        let bob = format!("/users/{}", cast::BOB);
        let got = [
            client.post("/users", user("hugo@contoso.com")).await,
            client.post("/invitations", guest("hana@fabrikam.com")).await,
            client.patch(&bob, json!({ "accountEnabled": false })).await,
            client.delete(&bob).await,
        ];
        for (got, status) in got.iter().zip(statuses) {
            assert_eq!(got.status, status, "{roles:?} {}", got.text);
            if status == 403 {
                assert_eq!(got.error(), DENIED);
            }
        }
    }
    // Nobody privileged is reached by a permission (facts §9), nor by a lesser administrator.
    for (role, status) in [(cast::GLOBAL_ADMINISTRATOR, 204), (cast::USER_ADMINISTRATOR, 403)] {
        let client = with(&[WRITE]).await;
        let alice = format!("/users/{}", cast::ALICE);
        let off = json!({ "accountEnabled": false });
        assert_eq!(client.patch(&alice, off.clone()).await.status, 403);
        client.simulator.tenant().assign_role(role, cast::SERVICE_PRINCIPAL_ID, None);
        assert_eq!(client.patch(&alice, off).await.status, status);
        assert_eq!(client.delete(&alice).await.status, status);
    }
    // A role at a unit reaches who is in it.
    let client = with(&[]).await;
    let me = cast::SERVICE_PRINCIPAL_ID;
    client.simulator.tenant().assign_role(cast::USER_ADMINISTRATOR, me, Some(cast::UNIT_EMEA));
    for (who, status) in [(cast::INES, 204), (cast::BOB, 403)] {
        let got = client.patch(&format!("/users/{who}"), json!({ "accountEnabled": false })).await;
        assert_eq!(got.status, status, "{who}");
    }
}

/// Who may do it to somebody hears that there is nobody; who may not learns nothing.
#[tokio::test]
async fn a_missing_user() {
    let small = "User.EnableDisableAccount.All";
    let read = "User.Read.All";
    for (roles, disable, delete) in [
        (&[small, read][..], 404, 403),
        (&[small], 403, 403),
        (&[read], 403, 403),
        (&[WRITE], 404, 404),
        (&["User.DeleteRestore.All"], 403, 404),
    ] {
        let client = with(roles).await;
        let path = format!("/users/{STRANGER}");
        let got = client.patch(&path, json!({ "accountEnabled": false })).await;
        assert_eq!(got.status, disable, "{roles:?}");
        assert_eq!(client.delete(&path).await.status, delete, "{roles:?}");
    }
    let client = with(&[]).await;
    client.simulator.tenant().assign_role(
        cast::USER_ADMINISTRATOR,
        cast::SERVICE_PRINCIPAL_ID,
        None,
    );
    assert_eq!(client.delete(&format!("/users/{STRANGER}")).await.status, 404);
}

#[tokio::test]
async fn a_name_is_held_once() {
    let client = with(&[WRITE]).await;
    let got = client.post("/invitations", guest("bob@contoso.com")).await;
    assert_eq!((got.status, got.error().1), (400, "BadRequest"), "a member");
    assert!(got.error().2.contains(cast::BOB), "{}", got.text);
    let first = client.post("/invitations", guest("hana@fabrikam.com")).await;
    let first = first.json["invitedUser"]["id"].as_str().unwrap().to_owned();
    assert_eq!(client.delete(&format!("/users/{first}")).await.status, 204);
    let second = client.post("/invitations", guest("hana@fabrikam.com")).await;
    let second = second.json["invitedUser"]["id"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    let restore = format!("/directory/deletedItems/{first}/restore");
    let got = client.post(&restore, json!({})).await;
    assert_eq!(got.status, 400);
    assert!(got.error().2.starts_with("Another object with the same value"), "{}", got.text);
    assert_eq!(client.delete(&format!("/users/{second}")).await.status, 204);
    assert_eq!(client.post(&restore, json!({})).await.status, 200);
}

#[tokio::test]
async fn a_new_user_is_missing_on_some_reads() {
    let settings = Settings { lag: Some(Lag::default()), seed: 1, ..Settings::default() };
    let client = Client::signed_in_with(settings, &[WRITE]).await;
    client.pass(60);
    let got = client.post("/users", user("hugo@contoso.com")).await;
    let path = format!("/users/{}", got.json["id"].as_str().unwrap());
    let mut statuses = Vec::new();
    for _ in 0..20 {
        statuses.push(client.get(&path).await.status);
    }
    assert!(statuses.contains(&404), "{statuses:?}");
    client.pass(31);
    assert_eq!(client.get(&path).await.status, 200);
}
