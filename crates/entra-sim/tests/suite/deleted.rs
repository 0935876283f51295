//! Facts §7, §8.18: soft-deleted objects.

use entra_sim::{Kind, Settings, Size, cast};
use serde_json::json;

use crate::client::{Client, DENIED, not_found, sorted};

const BIN: &str = "/directory/deletedItems";

#[tokio::test]
async fn they_appear_nowhere_else() {
    let client = Client::signed_in().await;
    client.simulator.tenant().soft_delete(cast::BOB);
    let bob = cast::BOB.to_owned();
    for path in [
        "/users".to_owned(),
        format!("/groups/{}/members", cast::FINANCE),
        format!("/groups/{}/transitiveMembers", cast::ENGINEERING),
        format!("/groups/{}/members/microsoft.graph.user", cast::PLATFORM),
        "/users?$filter=displayName%20eq%20'Bob%20Berg'".to_owned(),
    ] {
        assert!(!client.get(&path).await.ids().contains(&bob), "{path}");
    }
    for path in [
        format!("/users/{bob}"),
        "/users/bob@contoso.com".to_owned(),
        format!("/directoryObjects/{bob}"),
        format!("/users/{bob}/memberOf"),
    ] {
        assert_eq!(client.get(&path).await.status, 404, "{path}");
    }
    let body = json!({ "ids": [bob] });
    assert!(client.post("/directoryObjects/getByIds", body).await.ids().is_empty());
    assert!(client.get(&format!("{BIN}/microsoft.graph.user")).await.ids().contains(&bob));
    let got = client.get(&format!("{BIN}/{bob}")).await;
    assert_eq!(got.json["@odata.type"], "#microsoft.graph.user");
    // A soft-deleted group leads nowhere.
    client.simulator.tenant().soft_delete(cast::FINANCE_LEADS);
    let inside = client.get(&format!("/groups/{}/transitiveMembers", cast::FINANCE)).await;
    assert_eq!(inside.ids(), [cast::CAROL]);
}

#[tokio::test]
async fn restored_with_their_links() {
    let mut client = Client::signed_in().await;
    let restore = |id: &str| format!("{BIN}/{id}/restore");
    assert_eq!(client.post(&restore(cast::ZOE), json!({})).await.error(), DENIED);
    client.become_holder_of(&["User.DeleteRestore.All", "Group.ReadWrite.All"]).await;
    let got = client.post(&restore(cast::OLD_FINANCE), json!({})).await;
    assert_eq!((got.status, &got.json["@odata.type"]), (200, &json!("#microsoft.graph.group")));
    assert_eq!(
        client.get(&format!("/groups/{}/members?$select=id", cast::OLD_FINANCE)).await.ids(),
        [cast::BOB]
    );
    assert_eq!(client.post(&restore(cast::ZOE), json!({})).await.status, 200);
    assert!(client.simulator.tenant().deleted(Kind::User).is_empty());
    for gone in [cast::ZOE, cast::TENANT_ID] {
        let got = client.post(&restore(gone), json!({})).await;
        assert_eq!(got.error(), (404, "Request_ResourceNotFound", not_found(gone).as_str()));
    }
}

#[tokio::test]
async fn deleted_for_ever() {
    let mut client = Client::signed_in().await;
    client.become_holder_of(&["User.DeleteRestore.All"]).await;
    let zoe = format!("{BIN}/{}", cast::ZOE);
    assert_eq!(client.delete(&zoe).await.status, 204);
    assert_eq!(client.delete(&zoe).await.status, 404);
    assert!(!client.simulator.tenant().restore(cast::ZOE));
}

#[tokio::test]
async fn listed_by_type_and_paged() {
    let mut client = Client::new(
        &Size { users: 1_000, groups: 400, seed: 9, ..Size::default() },
        Settings::default(),
    );
    client.become_holder_of(&cast::READ_ROLES).await;
    for (kind, path) in
        [(Kind::User, "microsoft.graph.user"), (Kind::Group, "microsoft.graph.group")]
    {
        let (mut ids, pages) = client.all_ids(&format!("{BIN}/{path}?$select=id&$top=3")).await;
        ids.sort();
        assert_eq!(ids, client.simulator.tenant().deleted(kind));
        assert!(pages > 1, "{pages}");
    }
    assert_eq!(client.get(&format!("{BIN}/microsoft.graph.device")).await.error(), DENIED);
}

/// Facts §7: thirty days, then for ever.
#[tokio::test]
async fn gone_after_thirty_days() {
    const DAY: i64 = 24 * 60 * 60;
    let rights = ["User.DeleteRestore.All", "User.Read.All"];
    let mut client = Client::signed_in_with(Settings::default(), &rights).await;
    let bin = format!("{BIN}/microsoft.graph.user");
    client.pass(DAY);
    client.simulator.tenant().soft_delete(cast::BOB);
    client.simulator.tenant().soft_delete(cast::CAROL);
    client.simulator.tenant().restore(cast::CAROL);
    let groups = client.simulator.tenant().member_of(cast::BOB);
    assert!(!groups.is_empty());
    // Zoe was deleted a day before Bob.
    for (pass, left) in [
        (29 * DAY - 1, vec![cast::BOB, cast::ZOE]),
        (1, vec![cast::BOB]),
        (DAY - 1, vec![cast::BOB]),
        (1, vec![]),
    ] {
        client.pass(pass);
        client.become_holder_of(&rights).await;
        assert_eq!(client.get(&bin).await.ids(), sorted(&left));
    }
    let got = client.post(&format!("{BIN}/{}/restore", cast::BOB), json!({})).await;
    assert_eq!(got.status, 404);
    assert!(client.simulator.tenant().members(&groups[0]).iter().all(|one| one != cast::BOB));
    assert_eq!(client.get(&format!("/users/{}", cast::CAROL)).await.status, 200);
}
