//! Facts §3.8, §9: administrative units.

use entra_sim::{Settings, Size, cast};
use serde_json::{Value, json};

use crate::client::{Client, DENIED, GRAPH, not_found, sorted};

const UNITS: &str = "/directory/administrativeUnits";

#[tokio::test]
async fn listed_filtered_selected_and_paged() {
    let client = Client::signed_in().await;
    let got = client.get(UNITS).await;
    assert_eq!(got.ids(), [cast::RESTRICTED_UNIT, cast::UNIT_EMEA]);
    assert_eq!(
        got.json["@odata.context"],
        format!("{GRAPH}/$metadata#directory/administrativeUnits")
    );
    for (filter, expect) in [
        ("displayName eq 'EMEA'", vec![cast::UNIT_EMEA]),
        ("displayName eq 'emea'", vec![cast::UNIT_EMEA]),
        ("startswith(displayName,'Restricted')", vec![cast::RESTRICTED_UNIT]),
        ("displayName eq 'nowhere'", vec![]),
    ] {
        let path = format!("{UNITS}?$filter={}&$select=id", filter.replace(' ', "%20"));
        assert_eq!(client.get(&path).await.ids(), expect, "{filter}");
    }
    for number in 0..5 {
        client.simulator.tenant().add_unit(&format!("Unit {number}"), false);
    }
    let (ids, pages) = client.all_ids(&format!("{UNITS}?$top=3&$select=id,displayName")).await;
    assert_eq!((ids.len(), pages), (7, 3));
}

#[tokio::test]
async fn one_unit_and_what_it_says() {
    let client = Client::signed_in().await;
    let select = "displayName,isMemberManagementRestricted,membershipType,visibility";
    let row = async |unit: &str| {
        let got = client.get(&format!("{UNITS}/{unit}?$select={select}")).await;
        let values: Vec<Value> = select.split(',').map(|name| got.json[name].clone()).collect();
        Value::Array(values)
    };
    assert_eq!(row(cast::UNIT_EMEA).await, json!(["EMEA", false, "Assigned", null]));
    assert_eq!(
        row(cast::RESTRICTED_UNIT).await,
        json!(["Restricted Vaults", true, "Assigned", null])
    );
    let hidden = client.simulator.tenant().add_unit("Hidden", false);
    client.simulator.tenant().set_hidden_membership(&hidden, true);
    client.simulator.tenant().set_unit_rule(&hidden, "user.country -eq \"DE\"");
    assert_eq!(row(&hidden).await, json!(["Hidden", false, "Dynamic", "HiddenMembership"]));
    for missing in [cast::FINANCE, cast::TENANT_ID] {
        let got = client.get(&format!("{UNITS}/{missing}")).await;
        assert_eq!(got.error(), (404, "Request_ResourceNotFound", not_found(missing).as_str()));
    }
}

#[tokio::test]
async fn members_of_every_kind() {
    let client = Client::signed_in().await;
    let members = format!("{UNITS}/{}/members", cast::UNIT_EMEA);
    let got = client.get(&format!("{members}?$select=id")).await;
    assert_eq!(got.ids(), sorted(&[cast::FINANCE, cast::EMEA_SALES, cast::INES]));
    assert!(got.values().iter().all(|one| one["@odata.type"].is_string()));
    let got = client.get(&format!("{members}/microsoft.graph.user")).await;
    assert_eq!(got.ids(), [cast::INES]);
    assert!(got.values()[0].get("@odata.type").is_none());
    let got = client.get(&format!("{members}/microsoft.graph.group?$select=id")).await;
    assert_eq!(got.ids(), sorted(&[cast::FINANCE, cast::EMEA_SALES]));
    assert_eq!(client.get_eventual(&format!("{members}/$count")).await.text, "3");
    let (ids, pages) = client.all_ids(&format!("{members}?$top=1")).await;
    assert_eq!((ids.len(), pages), (3, 3));
    // The other side names the unit.
    let ines = client.get(&format!("/users/{}/memberOf?$select=id", cast::INES)).await;
    let expect = sorted(&[
        cast::UNIT_EMEA,
        cast::EMEA_SALES,
        cast::APAC_SALES,
        cast::ALL_STAFF,
        cast::ALL_STAFF_PAUSED,
    ]);
    assert_eq!(ines.ids(), expect);
    let typed = format!("/users/{}/memberOf/microsoft.graph.administrativeUnit", cast::INES);
    assert_eq!(client.get(&typed).await.ids(), [cast::UNIT_EMEA]);
    let group = client.get(&format!("/groups/{}/memberOf", cast::EMEA_SALES)).await;
    assert_eq!(group.values()[0]["@odata.type"], "#microsoft.graph.administrativeUnit");
}

#[tokio::test]
async fn who_holds_a_role_there() {
    let client = Client::signed_in().await;
    let path = format!("{UNITS}/{}/scopedRoleMembers", cast::UNIT_EMEA);
    let got = client.get(&path).await;
    let one = &got.values()[0];
    assert_eq!(got.values().len(), 1);
    assert_eq!(one["administrativeUnitId"], cast::UNIT_EMEA);
    assert_eq!(one["roleMemberInfo"]["id"], cast::SCOPED_SERVICE_PRINCIPAL);
    assert_ne!(one["roleId"], cast::GROUPS_ADMINISTRATOR, "the activated role, not the template");
    client.simulator.tenant().assign_role(
        cast::USER_ADMINISTRATOR,
        cast::BOB,
        Some(cast::UNIT_EMEA),
    );
    let got = client.get(&path).await;
    let bob = got.values().iter().find(|one| one["roleMemberInfo"]["id"] == cast::BOB).unwrap();
    assert_eq!(bob["roleMemberInfo"]["userPrincipalName"], "bob@contoso.com");
    let id = bob["id"].as_str().unwrap();
    assert!(id.len() == 65 && id.ends_with('U'), "{id}");
}

#[tokio::test]
async fn who_may_read_units() {
    let mut client = Client::signed_in().await;
    let one = format!("{UNITS}/{}", cast::UNIT_EMEA);
    let (members, roles) = (format!("{one}/members"), format!("{one}/scopedRoleMembers"));
    for (roles_of_token, expect) in [
        (&["AdministrativeUnit.Read.All"][..], [200; 4]),
        (&["Directory.Read.All"], [200; 4]),
        (&["Directory.ReadWrite.All"], [200; 4]),
        (&["RoleManagement.Read.Directory"], [403, 403, 403, 200]),
        (&cast::READ_ROLES, [403, 403, 403, 200]),
        (&["GroupMember.Read.All", "User.Read.All"], [403; 4]),
    ] {
        client.become_holder_of(roles_of_token).await;
        let mut statuses = Vec::new();
        for path in [UNITS, &one, &members, &roles] {
            let got = client.get(path).await;
            statuses.push(got.status);
            if got.status != 200 {
                assert_eq!(got.error(), DENIED);
            }
        }
        assert_eq!(statuses, expect, "{roles_of_token:?}");
    }
    client.become_holder_of(&["AdministrativeUnit.Read.All"]).await;
    let got = client.get(&format!("{members}?$select=id,displayName")).await;
    assert!(got.values().iter().all(|one| one["displayName"].is_null()), "limited information");
    client.simulator.tenant().set_hidden_membership(cast::UNIT_EMEA, true);
    assert!(client.get(&members).await.ids().is_empty());
    client.become_holder_of(&["AdministrativeUnit.Read.All", "Member.Read.Hidden"]).await;
    assert_eq!(client.get(&members).await.ids().len(), 3);
    // Under `read` alone, a unit in memberOf is an id and no name.
    client.become_holder_of(&cast::READ_ROLES).await;
    let got = client.get(&format!("/groups/{}/memberOf", cast::EMEA_SALES)).await;
    assert_eq!(
        (&got.values()[0]["id"], &got.values()[0]["displayName"]),
        (&json!(cast::UNIT_EMEA), &Value::Null)
    );
}

#[tokio::test]
async fn restricted_units_show_on_what_is_inside() {
    let client = Client::signed_in().await;
    let restricted = async |path: String| {
        client.get(&format!("{path}?$select=isManagementRestricted")).await.json
            ["isManagementRestricted"]
            .clone()
    };
    assert_eq!(restricted(format!("/groups/{}", cast::PAYROLL_VAULT)).await, json!(true));
    assert_eq!(restricted(format!("/users/{}", cast::INES)).await, Value::Null);
    client.simulator.tenant().add_member(cast::RESTRICTED_UNIT, cast::INES);
    assert_eq!(restricted(format!("/users/{}", cast::INES)).await, json!(true));
    // Adding a restricted user to an ordinary group is allowed (§2.1).
    assert_eq!(client.add_member(cast::EMPTY_ROOM, cast::INES).await.status, 204);
}

#[tokio::test]
async fn generated_units_hold_users_and_groups() {
    let size = Size { users: 2_000, groups: 400, seed: 4, ..Size::default() };
    let mut client = Client::new(&size, Settings::default());
    client.become_holder_of(&cast::GUIDE_ROLES).await;
    let units =
        client.get(&format!("{UNITS}?$filter=startswith(displayName,'Region')")).await.ids();
    assert!(!units.is_empty());
    let (mut users, mut groups) = (0, 0);
    for unit in units {
        let members = format!("{UNITS}/{unit}/members");
        users += client.get(&format!("{members}/microsoft.graph.user")).await.values().len();
        groups += client.get(&format!("{members}/microsoft.graph.group")).await.values().len();
    }
    assert!((10..=20).contains(&users) && (2..=4).contains(&groups), "{users} {groups}");
}
