//! Facts §0, §2.1, §2.2: what Entra roles and ownership allow beside the permissions of the token.

use entra_sim::{GroupKind, Settings, cast};
use serde_json::json;

use crate::client::{Client, DENIED, GRAPH, Got, reference};

const ME: &str = cast::SERVICE_PRINCIPAL_ID;

async fn powerless() -> Client {
    Client::signed_in_with(Settings::default(), &[]).await
}

fn members(group: &str) -> String {
    format!("/groups/{group}/members")
}

#[tokio::test]
async fn the_scoped_service_principal_ends_at_the_border() {
    let mut client = Client::signed_in().await;
    client.become_scoped().await;
    for (group, added, removed) in [(cast::EMEA_SALES, 204, 204), (cast::APAC_SALES, 403, 403)] {
        assert_eq!(client.add_member(group, cast::BOB).await.status, added, "{group}");
        let bind =
            json!({ "members@odata.bind": [format!("{GRAPH}/directoryObjects/{}", cast::CAROL)] });
        assert_eq!(client.patch(&format!("/groups/{group}"), bind).await.status, added);
        let owners = format!("/groups/{group}/owners/$ref");
        assert_eq!(client.post(&owners, reference(cast::BOB)).await.status, added);
        assert_eq!(client.remove_member(group, cast::INES).await.status, removed);
    }
    // Reading it may everywhere, by its permissions.
    assert_eq!(client.get(&members(cast::APAC_SALES)).await.status, 200);
    // A group that moves out of the unit is out of reach.
    client.simulator.tenant().remove_member(cast::UNIT_EMEA, cast::EMEA_SALES);
    assert_eq!(client.add_member(cast::EMEA_SALES, cast::ALICE).await.error(), DENIED);
    // A unit that is deleted gives nothing.
    client.simulator.tenant().soft_delete(cast::UNIT_EMEA);
    assert_eq!(client.add_member(cast::FINANCE, cast::ALICE).await.error(), DENIED);
}

#[tokio::test]
async fn roles_by_what_they_reach() {
    let unit = Some(cast::UNIT_EMEA);
    let tier = cast::TIER_0_OPERATORS;
    // Role and unit; then the status of adding to a group in the unit, to one outside, to a role-assignable one.
    for (role, scope, expect) in [
        (cast::GROUPS_ADMINISTRATOR, None, [204, 204, 403]),
        (cast::GROUPS_ADMINISTRATOR, unit, [204, 403, 403]),
        (cast::USER_ADMINISTRATOR, None, [204, 204, 403]),
        (cast::USER_ADMINISTRATOR, unit, [204, 403, 403]),
        (cast::GLOBAL_ADMINISTRATOR, None, [204, 204, 204]),
        (cast::PRIVILEGED_ROLE_ADMINISTRATOR, None, [403, 403, 204]),
        (cast::DIRECTORY_READERS, None, [403, 403, 403]),
        (cast::APPLICATION_ADMINISTRATOR, None, [403, 403, 403]),
    ] {
        let client = powerless().await;
        assert!(client.simulator.tenant().assign_role(role, ME, scope));
        let mut statuses = Vec::new();
        for group in [cast::EMEA_SALES, cast::APAC_SALES, tier] {
            statuses.push(client.add_member(group, cast::BOB).await.status);
        }
        assert_eq!(statuses, expect, "{role} {scope:?}");
    }
}

#[tokio::test]
async fn roles_are_held_through_role_assignable_groups_too() {
    let client = powerless().await;
    let mut tenant = client.simulator.tenant();
    let group = tenant.add_group("Keepers", GroupKind::RoleAssignable);
    tenant.assign_role(cast::GROUPS_ADMINISTRATOR, &group, None);
    drop(tenant);
    assert_eq!(client.add_member(cast::APAC_SALES, cast::BOB).await.error(), DENIED);
    client.simulator.tenant().add_member(&group, ME);
    assert_eq!(client.add_member(cast::APAC_SALES, cast::BOB).await.status, 204);
}

#[tokio::test]
async fn custom_roles_allow_their_actions_and_nothing_else() {
    let unit = format!("/administrativeUnits/{}", cast::UNIT_EMEA);
    // Actions; then the status of adding a member, adding an owner, reading the group, listing its members.
    for (actions, expect) in [
        (&["microsoft.directory/groups/members/update"][..], [204, 403, 403, 403]),
        (&["microsoft.directory/groups/owners/update"], [403, 204, 403, 403]),
        (&["microsoft.directory/groups.security/members/update"], [204, 403, 403, 403]),
        (&["microsoft.directory/groups.unified/members/update"], [403, 403, 403, 403]),
        (&["microsoft.directory/groups/standard/read"], [403, 403, 200, 403]),
        (
            &[
                "microsoft.directory/groups/members/update",
                "microsoft.directory/groups/members/read",
            ],
            [204, 403, 403, 200],
        ),
    ] {
        let client = powerless().await;
        let role = client.simulator.tenant().add_role_definition("Custom", actions);
        client.simulator.tenant().assign_role_at(&role, ME, &unit).unwrap();
        let group = format!("/groups/{}", cast::EMEA_SALES);
        let statuses = [
            client.add_member(cast::EMEA_SALES, cast::BOB).await.status,
            client.post(&format!("{group}/owners/$ref"), reference(cast::BOB)).await.status,
            client.get(&group).await.status,
            client.get(&format!("{group}/members")).await.status,
        ];
        assert_eq!(statuses, expect, "{actions:?}");
        assert_eq!(client.add_member(cast::APAC_SALES, cast::BOB).await.error(), DENIED);
    }
}

#[tokio::test]
async fn a_role_at_a_unit_reads_what_is_in_it() {
    let client = powerless().await;
    client.simulator.tenant().assign_role(cast::USER_ADMINISTRATOR, ME, Some(cast::UNIT_EMEA));
    let paths = [
        format!("/users/{}", cast::INES),
        format!("/users/{}", cast::BOB),
        "/users".to_owned(),
        format!("/groups/{}/members", cast::EMEA_SALES),
        format!("/groups/{}/members", cast::APAC_SALES),
        format!("/directory/administrativeUnits/{}", cast::UNIT_EMEA),
        format!("/users/{}/memberOf", cast::INES),
    ];
    let statuses = async || {
        let mut statuses = Vec::new();
        for path in &paths {
            statuses.push(client.get(path).await.status);
        }
        statuses
    };
    assert_eq!(statuses().await, [200, 403, 403, 200, 403, 200, 200]);
    // Members outside the unit are limited to their id.
    client.simulator.tenant().add_member(cast::EMEA_SALES, cast::BOB);
    let got = client.get(&format!("{}?$select=id,displayName", paths[3])).await;
    let name =
        |id: &str| got.values().iter().find(|one| one["id"] == id).unwrap()["displayName"].clone();
    assert_eq!((name(cast::INES), name(cast::BOB)), (json!("Ines Ivers"), json!(null)));
    client.simulator.change_settings(|settings| settings.scoped_roles_read = false);
    assert_eq!(statuses().await, [403; 7]);
    client.simulator.tenant().assign_role(cast::DIRECTORY_READERS, ME, None);
    assert_eq!(statuses().await, [200; 7]);
}

#[tokio::test]
async fn nothing_but_a_role_at_the_unit_reaches_into_a_restricted_one() {
    let mut client = Client::signed_in().await;
    let vault = cast::PAYROLL_VAULT;
    let refused = |got: &Got| {
        assert_eq!(got.status, 403, "{}", got.text);
        got.error().2.contains("restricted management administrative unit")
    };
    assert!(refused(&client.add_member(vault, cast::BOB).await), "permissions do not");
    client.simulator.tenant().add_owner(vault, ME);
    client.simulator.tenant().assign_role(cast::GLOBAL_ADMINISTRATOR, ME, None);
    client.become_holder_of(&[]).await;
    assert!(
        refused(&client.add_member(vault, cast::BOB).await),
        "ownership and wider roles do not"
    );
    client.simulator.tenant().assign_role(
        cast::GROUPS_ADMINISTRATOR,
        ME,
        Some(cast::RESTRICTED_UNIT),
    );
    assert_eq!(client.add_member(vault, cast::BOB).await.status, 204);
    // The membership of a role-assignable group in there is fixed.
    client.simulator.tenant().add_member(cast::RESTRICTED_UNIT, cast::TIER_0_OPERATORS);
    assert!(refused(&client.add_member(cast::TIER_0_OPERATORS, cast::BOB).await));
    assert!(refused(&client.remove_member(cast::TIER_0_OPERATORS, cast::ALICE).await));
}

#[tokio::test]
async fn owners_change_members_and_list_nothing() {
    let client = powerless().await;
    let group = cast::APAC_SALES;
    client.simulator.tenant().add_owner(group, ME);
    assert_eq!(client.add_member(group, cast::BOB).await.status, 204);
    assert_eq!(client.authorised_by(), [format!("owner of {group}")]);
    assert_eq!(client.remove_member(group, cast::BOB).await.status, 204);
    assert_eq!(client.get(&format!("/groups/{group}")).await.status, 200);
    for denied in ["members", "owners"] {
        assert_eq!(client.get(&format!("/groups/{group}/{denied}")).await.error(), DENIED);
    }
    let owners = format!("/groups/{group}/owners/$ref");
    assert_eq!(client.post(&owners, reference(cast::BOB)).await.error(), DENIED);
    client.simulator.tenant().add_owner(cast::TIER_0_OPERATORS, ME);
    assert_eq!(client.add_member(cast::TIER_0_OPERATORS, cast::BOB).await.status, 204);
}

#[tokio::test]
async fn a_privileged_user_is_deleted_by_no_permission() {
    let mut client = Client::signed_in().await;
    client.become_holder_of(&["User.ReadWrite.All"]).await;
    let tier = cast::TIER_0_OPERATORS;
    client.simulator.tenant().add_member(tier, cast::BOB);
    let bob = format!("/groups/{}/members/{}", cast::FINANCE, cast::BOB);
    assert_eq!(client.delete(&bob).await.error(), DENIED);
    // Also while that group is soft-deleted (§9).
    client.simulator.tenant().soft_delete(tier);
    assert_eq!(client.delete(&bob).await.error(), DENIED);
    client.simulator.tenant().assign_role(cast::USER_ADMINISTRATOR, ME, None);
    assert_eq!(client.delete(&bob).await.error(), DENIED, "nor by a lesser administrator");
    client.simulator.tenant().remove_member(tier, cast::BOB);
    assert_eq!(client.delete(&bob).await.status, 204);
}
