//! Facts §2.2 and §0: changing members and owners.

use entra_sim::{GroupKind, Settings, cast};
use http::Method;
use serde_json::{Value, json};

use crate::client::{Client, DENIED, GRAPH, Got, not_found, read, reference};

const STRANGER: &str = "11111111-2222-4333-8444-555555555555";

fn bind(members: &[&str], owners: &[&str]) -> Value {
    let urls = |ids: &[&str]| {
        ids.iter().map(|id| format!("{GRAPH}/directoryObjects/{id}")).collect::<Vec<_>>()
    };
    let mut body = json!({});
    if !members.is_empty() {
        body["members@odata.bind"] = json!(urls(members));
    }
    if !owners.is_empty() {
        body["owners@odata.bind"] = json!(urls(owners));
    }
    body
}

fn done(got: &Got) {
    assert_eq!((got.status, got.text.as_str()), (204, ""));
    assert_eq!(got.header("content-type"), "");
    assert!(!got.header("request-id").is_empty());
}

#[tokio::test]
async fn add_and_remove() {
    let client = Client::signed_in().await;
    done(&client.add_member(cast::PLATFORM, cast::ALICE).await);
    let mut expect = vec![cast::ALICE, cast::BOB];
    expect.sort_unstable();
    assert_eq!(client.simulator.tenant().members(cast::PLATFORM), expect);
    assert!(client.simulator.trace().last().unwrap().wrote);
    done(&client.remove_member(cast::PLATFORM, cast::ALICE).await);
    assert_eq!(client.simulator.tenant().members(cast::PLATFORM), [cast::BOB]);
    let path = format!("/groups/{}/owners/$ref", cast::PLATFORM);
    let by_set = json!({ "@odata.id": format!("{GRAPH}/users/{}", cast::ALICE) });
    done(&client.post(&path, by_set).await);
    assert_eq!(client.simulator.tenant().owners(cast::PLATFORM), [cast::ALICE]);
}

#[tokio::test]
async fn the_error_table_of_additions() {
    let client = Client::signed_in().await;
    let check = async |group: &str, member: &str, expect: (u16, &str, &str)| {
        let before = client.simulator.tenant().dump();
        let got = client.add_member(group, member).await;
        assert_eq!(got.error(), expect, "POST {group} {member}");
        let got = client.patch(&format!("/groups/{group}"), bind(&[member], &[])).await;
        assert_eq!(got.error(), expect, "PATCH {group} {member}");
        assert_eq!(client.simulator.tenant().dump(), before);
        assert!(!client.simulator.trace().last().unwrap().wrote);
    };
    let bad = |text: &'static str| (400, "Request_BadRequest", text);
    check(
        cast::FINANCE,
        cast::BOB,
        bad("One or more added object references already exist for the following modified properties: 'members'."),
    )
    .await;
    check(cast::FINANCE, STRANGER, (404, "Request_ResourceNotFound", &not_found(STRANGER))).await;
    check(STRANGER, cast::BOB, (404, "Request_ResourceNotFound", &not_found(STRANGER))).await;
    check(
        cast::OLD_FINANCE,
        cast::ALICE,
        (404, "Request_ResourceNotFound", &not_found(cast::OLD_FINANCE)),
    )
    .await;
    check(cast::FINANCE, cast::ZOE, (404, "Request_ResourceNotFound", &not_found(cast::ZOE))).await;
    check(
        cast::WAREHOUSE,
        cast::BOB,
        bad(
            "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects \
             currently undergoing migration.",
        ),
    )
    .await;
    let mail = bad("Cannot Update a mail-enabled security groups and or distribution list.");
    check(cast::BUILDING_SECURITY, cast::ALICE, mail).await;
    check(cast::PRESS, cast::BOB, mail).await;
    check(cast::ALL_STAFF, cast::DAVE, DENIED).await;
    check(cast::ALL_STAFF_PAUSED, cast::DAVE, DENIED).await;
    let restricted = "Insufficient privileges to complete the operation. Target object is a member of a restricted \
                      management administrative unit and can only be modified by administrators scoped to that \
                      administrative unit. Check that you are assigned a role that has permission to perform the \
                      operation for this restricted management administrative unit. Learn more: \
                      https://go.microsoft.com/fwlink/?linkid=2197831";
    check(cast::PAYROLL_VAULT, cast::BOB, (403, "Authorization_RequestDenied", restricted)).await;
    check(
        cast::PROJECT_PHOENIX,
        cast::BUILD_ROBOT,
        bad(
            "Directory object type: ServicePrincipal cannot be added to Unified Groups. paramName: Members, \
             paramValue: , objectType: Microsoft.Online.DirectoryServices.Group",
        ),
    )
    .await;
    check(
        cast::PROJECT_PHOENIX,
        cast::WORKS_COUNCIL,
        bad(
            "Unified Groups cannot be added to Unified Groups. paramName: Members, paramValue: , objectType: \
             Microsoft.Online.DirectoryServices.Group",
        ),
    )
    .await;
    check(
        cast::TIER_0_OPERATORS,
        cast::PLATFORM,
        bad("Nesting is currently not supported for groups that can be assigned to a role."),
    )
    .await;
    assert_eq!(client.add_member(cast::FINANCE, cast::PROJECT_PHOENIX).await.status, 400);
    // The reverse of nesting is allowed, and a hidden membership is writable.
    done(&client.add_member(cast::FINANCE, cast::TIER_0_OPERATORS).await);
    done(&client.add_member(cast::TIER_0_OPERATORS, cast::BOB).await);
    done(&client.add_member(cast::WORKS_COUNCIL, cast::BOB).await);
}

#[tokio::test]
async fn malformed_writes() {
    let client = Client::signed_in().await;
    let group = cast::FINANCE;
    let members = format!("/groups/{group}/members/$ref");
    let raw = async |method: Method, path: &str, body: Option<Value>| {
        read(client.ask(method, path, &[], body).await.unwrap())
    };
    let got = raw(Method::POST, &members, None).await;
    let text = "An unexpected 'EndOfInput' node was found when reading from the JSON reader. A 'StartObject' node was \
                expected.";
    assert_eq!(got.error(), (400, "Request_BadRequest", text));
    let got =
        raw(Method::POST, &format!("/groups/{group}/members"), Some(reference(cast::ALICE))).await;
    assert_eq!(
        got.error(),
        (400, "BadRequest", "Write requests are only supported on contained entities")
    );
    let got = raw(Method::PATCH, &members, Some(reference(cast::ALICE))).await;
    let text = "The request is currently not supported on the targeted entity set";
    assert_eq!(got.error(), (400, "BadRequest", text));
    let invalid = (400, "Request_BadRequest", "Invalid object identifier 'alice'.");
    assert_eq!(raw(Method::POST, &members, Some(reference("alice"))).await.error(), invalid);
    assert_eq!(
        client.delete(&format!("/groups/{group}/members/alice/$ref")).await.error(),
        invalid
    );
    assert_eq!(client.add_member("alice", cast::BOB).await.error(), invalid);
}

#[tokio::test]
async fn binds_are_atomic_and_at_most_twenty() {
    let client = Client::signed_in().await;
    let people: Vec<String> = (0..21)
        .map(|number| client.simulator.tenant().add_user("X", &format!("x{number}@contoso.com")))
        .collect();
    let people: Vec<&str> = people.iter().map(String::as_str).collect();
    let path = format!("/groups/{}", cast::EMPTY_ROOM);
    let got = client.patch(&path, bind(&people[..20], &people[20..])).await;
    assert_eq!(
        got.error(),
        (400, "Request_BadRequest", "A resource cannot contain more than 20 link changes")
    );
    let got = client.patch(&path, bind(&[people[0], STRANGER, people[1]], &[])).await;
    assert_eq!(got.error(), (404, "Request_ResourceNotFound", not_found(STRANGER).as_str()));
    let got = client.patch(&path, bind(&[people[0], people[0]], &[])).await;
    assert_eq!((got.status, got.error().1), (400, "Request_BadRequest"));
    assert!(
        got.error().2.contains("can only be present once as an add/remove change."),
        "{}",
        got.text
    );
    assert!(client.simulator.tenant().members(cast::EMPTY_ROOM).is_empty());
    done(&client.patch(&path, bind(&people[..19], &people[20..])).await);
    assert_eq!(client.simulator.tenant().members(cast::EMPTY_ROOM).len(), 19);
    assert_eq!(client.simulator.tenant().owners(cast::EMPTY_ROOM), [people[20]]);
}

#[tokio::test]
async fn removals() {
    let client = Client::signed_in().await;
    let got = client.remove_member(cast::FINANCE, cast::ALICE).await;
    assert_eq!(got.error(), (404, "Request_ResourceNotFound", not_found(cast::ALICE).as_str()));
    let got = client.remove_member(STRANGER, cast::ALICE).await;
    assert_eq!(got.error(), (404, "Request_ResourceNotFound", not_found(STRANGER).as_str()));
    client
        .simulator
        .change_settings(|settings| settings.removal_of_non_member_is_bad_request = true);
    let text = "One or more removed object references do not exist for the following modified properties: 'members'.";
    let got = client.remove_member(cast::FINANCE, cast::ALICE).await;
    assert_eq!(got.error(), (400, "Request_BadRequest", text));
    for (group, status) in [(cast::ALL_STAFF, 403), (cast::WAREHOUSE, 400), (cast::PRESS, 400)] {
        assert_eq!(client.remove_member(group, cast::ALICE).await.status, status, "{group}");
    }
    client.simulator.change_settings(|settings| settings.mail_enabled_is_forbidden = true);
    assert_eq!(client.remove_member(cast::PRESS, cast::ALICE).await.error(), DENIED);
}

#[tokio::test]
async fn owners_have_a_floor_and_a_ceiling() {
    let client = Client::signed_in().await;
    let owners = format!("/groups/{}/owners", cast::FINANCE);
    let remove = async |id: &str| client.delete(&format!("{owners}/{id}/$ref")).await;
    let add = async |id: &str| client.post(&format!("{owners}/$ref"), reference(id)).await;
    let last = (
        400,
        "Request_BadRequest",
        "The group must have at least one owner, hence this owner cannot be removed.",
    );
    assert_eq!(remove(cast::CAROL).await.error(), last);
    done(&add(cast::BUILD_ROBOT).await);
    assert_eq!(remove(cast::CAROL).await.error(), last, "a service principal does not count");
    done(&remove(cast::BUILD_ROBOT).await);
    done(&add(cast::ALICE).await);
    done(&remove(cast::CAROL).await);
    let duplicate = "One or more added object references already exist for the following modified properties: 'owners'.";
    assert_eq!(add(cast::ALICE).await.error(), (400, "Request_BadRequest", duplicate));
    for number in 0..99 {
        let id = client.simulator.tenant().add_user("O", &format!("o{number}@contoso.com"));
        client.simulator.tenant().add_owner(cast::FINANCE, &id);
    }
    let quota = "Unable to perform operation as '101' would exceed the maximum quota count '100' for forward-link \
                 'owners'.";
    assert_eq!(add(cast::BOB).await.error(), (403, "Directory_QuotaExceeded", quota));
    // A dynamic group's owners may change.
    done(
        &client
            .post(&format!("/groups/{}/owners/$ref", cast::ALL_STAFF), reference(cast::ALICE))
            .await,
    );
    // On a role-assignable group any other owner will do.
    let tier = cast::TIER_0_OPERATORS;
    client.simulator.tenant().add_owner(tier, cast::ALICE);
    client.simulator.tenant().add_owner(tier, cast::BUILD_ROBOT);
    done(&client.delete(&format!("/groups/{tier}/owners/{}/$ref", cast::ALICE)).await);
}

#[tokio::test]
async fn permissions_by_operation() {
    let mut client = Client::signed_in().await;
    let group = cast::EMPTY_ROOM;
    // Permissions, then the status of: POST user, PATCH user, DELETE, POST service principal, POST owner,
    // POST into the role-assignable group.
    let rows: [(&[&str], [u16; 6]); 7] = [
        (&["Directory.ReadWrite.All"], [204, 204, 204, 204, 204, 403]),
        (&cast::GUIDE_ROLES, [204, 204, 204, 204, 204, 204]),
        (&["GroupMember.ReadWrite.All"], [204, 204, 204, 403, 403, 403]),
        (
            &["GroupMember.ReadWrite.All", "Application.ReadWrite.All"],
            [204, 204, 204, 204, 403, 403],
        ),
        (&["Group.ReadWrite.All"], [204, 204, 204, 403, 204, 403]),
        (
            &["Group.ReadWrite.All", "RoleManagement.ReadWrite.Directory"],
            [204, 204, 204, 403, 204, 204],
        ),
        (
            &["Directory.Read.All", "RoleManagement.ReadWrite.Directory"],
            [403, 403, 403, 403, 403, 403],
        ),
    ];
    for (roles, expect) in rows {
        client.become_holder_of(roles).await;
        let statuses = [
            client.add_member(group, cast::ALICE).await.status,
            client.patch(&format!("/groups/{group}"), bind(&[cast::BOB], &[])).await.status,
            {
                client.simulator.tenant().add_member(group, cast::CAROL);
                client.remove_member(group, cast::CAROL).await.status
            },
            client.add_member(group, cast::BUILD_ROBOT).await.status,
            client
                .post(&format!("/groups/{group}/owners/$ref"), reference(cast::FRANK))
                .await
                .status,
            client.add_member(cast::TIER_0_OPERATORS, cast::FRANK).await.status,
        ];
        assert_eq!(statuses, expect, "{roles:?}");
        let mut tenant = client.simulator.tenant();
        for id in [cast::ALICE, cast::BOB, cast::CAROL, cast::BUILD_ROBOT] {
            tenant.remove_member(group, id);
        }
        tenant.remove_owner(group, cast::FRANK);
        tenant.remove_member(cast::TIER_0_OPERATORS, cast::FRANK);
    }
    client.simulator.change_settings(|settings| {
        settings.directory_write_posts_members = false;
        settings.group_member_write_patches_members = false;
    });
    client.become_holder_of(&cast::GUIDE_ROLES).await;
    assert_eq!(client.add_member(group, cast::ALICE).await.error(), DENIED);
    client.become_holder_of(&["GroupMember.ReadWrite.All"]).await;
    assert_eq!(
        client.patch(&format!("/groups/{group}"), bind(&[cast::BOB], &[])).await.error(),
        DENIED
    );
}

#[tokio::test]
async fn entra_roles_and_ownership_authorise_too() {
    let client = Client::signed_in_with(Settings::default(), &["User.Read.All"]).await;
    let me = cast::SERVICE_PRINCIPAL_ID;
    assert_eq!(client.add_member(cast::FINANCE, cast::ALICE).await.error(), DENIED);
    client.simulator.tenant().assign_role(cast::GROUPS_ADMINISTRATOR, me, Some(cast::UNIT_EMEA));
    done(&client.add_member(cast::FINANCE, cast::ALICE).await);
    assert_eq!(client.add_member(cast::PLATFORM, cast::ALICE).await.error(), DENIED);
    assert_eq!(client.add_member(cast::PAYROLL_VAULT, cast::ALICE).await.status, 403);
    client.simulator.tenant().assign_role(
        cast::GROUPS_ADMINISTRATOR,
        me,
        Some(cast::RESTRICTED_UNIT),
    );
    done(&client.add_member(cast::PAYROLL_VAULT, cast::ALICE).await);
    client.simulator.tenant().add_owner(cast::PLATFORM, me);
    done(&client.add_member(cast::PLATFORM, cast::ALICE).await);
    assert_eq!(client.get(&format!("/groups/{}", cast::PLATFORM)).await.status, 200);
    assert_eq!(client.get(&format!("/groups/{}/members", cast::PLATFORM)).await.error(), DENIED);
    let cast = format!("/groups/{}/members/microsoft.graph.servicePrincipal", cast::PLATFORM);
    assert_eq!(client.get(&cast).await.status, 200);
    assert_eq!(client.get(&format!("/groups/{}/owners", cast::PLATFORM)).await.error(), DENIED);
}

#[tokio::test]
async fn delete_without_ref_deletes_the_object_where_it_may() {
    let mut client = Client::signed_in().await;
    let delete = |group: &str, member: &str| format!("/groups/{group}/members/{member}");
    assert_eq!(client.delete(&delete(cast::FINANCE, cast::BOB)).await.error(), DENIED);
    assert!(client.simulator.trace().last().unwrap().note.as_ref().unwrap().contains("DANGER"));
    done(&client.delete(&delete(cast::ENGINEERING, cast::BUILD_ROBOT)).await);
    let entry = client.simulator.trace().pop().unwrap();
    assert!(entry.wrote && entry.note.unwrap().contains("DELETED THE ServicePrincipal ITSELF"));
    assert_eq!(client.simulator.tenant().members(cast::ENGINEERING), [cast::PLATFORM]);
    client.become_holder_of(&["User.ReadWrite.All"]).await;
    done(&client.delete(&delete(cast::FINANCE, cast::BOB)).await);
    assert!(!client.simulator.tenant().members(cast::PLATFORM).contains(&cast::BOB.to_owned()));
    assert!(client.simulator.tenant().restore(cast::BOB));
    assert_eq!(client.simulator.tenant().members(cast::PLATFORM), [cast::BOB], "links come back");
}

#[tokio::test]
async fn every_kind_of_group_can_be_added_by_the_oracle() {
    let client = Client::signed_in().await;
    let rule = || "user.department -eq \"IT\"".to_owned();
    for (kind, status) in [
        (GroupKind::Security, 204),
        (GroupKind::Microsoft365, 204),
        (GroupKind::Team, 204),
        (GroupKind::FormerlySynced, 204),
        (GroupKind::RoleAssignable, 204),
        (GroupKind::HiddenMembership, 204),
        (GroupKind::MailEnabledSecurity, 400),
        (GroupKind::Distribution, 400),
        (GroupKind::Synced, 400),
        (GroupKind::SyncedDistribution, 400),
        (GroupKind::DynamicSecurity { rule: rule(), paused: true }, 403),
        (GroupKind::DynamicMicrosoft365 { rule: rule(), paused: false }, 403),
        (GroupKind::Restricted, 403),
    ] {
        let group = client.simulator.tenant().add_group("New Group", kind.clone());
        assert_eq!(client.add_member(&group, cast::ALICE).await.status, status, "{kind:?}");
    }
}
