//! What authorised a request: facts §0 from the other side.

use entra_sim::cast;
use serde_json::{Value, json};

use crate::client::{Client, GRAPH, reference};

/// Permissions granted, method, path, body, and what must be named.
type Row = (&'static [&'static str], &'static str, String, Option<Value>, Vec<String>);

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

fn rows() -> Vec<Row> {
    let guide: &[&str] = &cast::GUIDE_ROLES;
    let read: &[&str] = &cast::READ_ROLES;
    let both: &[&str] =
        &["GroupMember.ReadWrite.All", "Directory.ReadWrite.All", "Application.ReadWrite.All"];
    let group = |group: &str, rest: &str| format!("/groups/{group}{rest}");
    let finance = |rest: &str| group(cast::FINANCE, rest);
    let assignments = "/roleManagement/directory/roleAssignments".to_owned();
    let member = Some(reference(cast::ALICE));
    let robot = Some(reference(cast::BUILD_ROBOT));
    let bind = Some(json!({ "members@odata.bind": [format!("{GRAPH}/users/{}", cast::FRANK)] }));
    vec![
        (read, "GET", "/users".to_owned(), None, names(&["User.Read.All"])),
        (read, "GET", "/organization".to_owned(), None, names(&["Organization.Read.All"])),
        (read, "GET", finance(""), None, names(&["GroupMember.Read.All"])),
        (read, "GET", finance("/members?$select=id"), None, names(&["GroupMember.Read.All"])),
        (
            read,
            "GET",
            finance("/members?$select=id,displayName"),
            None,
            names(&["GroupMember.Read.All", "User.Read.All"]),
        ),
        (read, "GET", assignments.clone(), None, names(&["RoleManagement.Read.Directory"])),
        (read, "GET", "/directory/administrativeUnits".to_owned(), None, vec![]),
        (guide, "GET", "/users".to_owned(), None, names(&["Directory.ReadWrite.All"])),
        (guide, "GET", assignments, None, names(&["RoleManagement.ReadWrite.Directory"])),
        (
            guide,
            "POST",
            finance("/members/$ref"),
            member.clone(),
            names(&["Directory.ReadWrite.All"]),
        ),
        (
            guide,
            "POST",
            group(cast::TIER_0_OPERATORS, "/members/$ref"),
            Some(reference(cast::FRANK)),
            names(&["Directory.ReadWrite.All", "RoleManagement.ReadWrite.Directory"]),
        ),
        (both, "POST", finance("/members/$ref"), member, names(&["GroupMember.ReadWrite.All"])),
        (
            both,
            "POST",
            finance("/members/$ref"),
            robot,
            names(&["Application.ReadWrite.All", "GroupMember.ReadWrite.All"]),
        ),
        (both, "PATCH", finance(""), bind, names(&["GroupMember.ReadWrite.All"])),
        (
            &["GroupMember.Read.All", "Member.Read.Hidden"],
            "GET",
            group(cast::WORKS_COUNCIL, "/members?$select=id"),
            None,
            names(&["GroupMember.Read.All", "Member.Read.Hidden"]),
        ),
        (
            &["GroupMember.Read.All", "Member.Read.Hidden"],
            "GET",
            finance("/members?$select=id"),
            None,
            names(&["GroupMember.Read.All"]),
        ),
    ]
}

#[tokio::test]
async fn the_smallest_of_what_was_granted_is_named() {
    for (granted, method, path, body, expect) in rows() {
        let mut client = Client::signed_in().await;
        client.become_holder_of(granted).await;
        let sent = client.ask(method.parse().unwrap(), &path, &[], body).await.unwrap();
        let entry = client.simulator.trace().pop().unwrap();
        assert_eq!(entry.authorised_by, expect, "{granted:?} {method} {path}: {}", sent.status());
        assert_eq!(entry.authorised_by.is_empty(), sent.status() == 403);
    }
}

#[tokio::test]
async fn roles_ownership_and_membership_are_named() {
    let mut client = Client::signed_in().await;
    client.become_holder_of(&[]).await;
    let (me, group) = (cast::SERVICE_PRINCIPAL_ID, cast::APAC_SALES);
    client.simulator.tenant().add_member(group, me);
    client.get(&format!("/groups/{group}")).await;
    assert_eq!(client.authorised_by(), [format!("member of {group}")]);
    client.simulator.tenant().add_owner(group, me);
    client.add_member(group, cast::BOB).await;
    assert_eq!(client.authorised_by(), [format!("owner of {group}")]);
    client.simulator.tenant().assign_role(cast::GROUPS_ADMINISTRATOR, me, None);
    client.add_member(group, cast::CAROL).await;
    assert_eq!(client.authorised_by(), ["role Groups Administrator at /"]);
    let vault = cast::PAYROLL_VAULT;
    client.simulator.tenant().assign_role(
        cast::GROUPS_ADMINISTRATOR,
        me,
        Some(cast::RESTRICTED_UNIT),
    );
    client.become_holder_of(&cast::GUIDE_ROLES).await;
    client.add_member(vault, cast::BOB).await;
    let inside =
        format!("role Groups Administrator at /administrativeUnits/{}", cast::RESTRICTED_UNIT);
    assert_eq!(client.authorised_by(), [inside], "the permissions had no part in it");
}

#[tokio::test]
async fn the_token_endpoint_needs_nothing() {
    let client = Client::signed_in().await;
    let entry = client.simulator.trace().pop().unwrap();
    assert!(entry.path.ends_with("/token"));
    assert_eq!((entry.authorised_by.len(), entry.resource_units, entry.batch), (0, 0, None));
}
