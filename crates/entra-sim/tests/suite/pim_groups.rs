//! Facts §3.11, §9: Privileged Identity Management for groups.

use entra_sim::{EnablementRule, GroupKind, Lag, PimPolicy, Privilege, Settings, cast};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::client::{Client, Got};

const ROOT: &str = "/identityGovernance/privilegedAccess/group";
const HOUR: i64 = 3600;
const STRANGER: &str = "11111111-2222-4333-8444-555555555555";
const GROUP: &str = cast::EMPTY_ROOM;
/// The use `pim-groups` with what `read` has (facts §0).
const PIM: [&str; 5] = [
    "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup",
    "PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup",
    "RoleManagementPolicy.Read.AzureADGroup",
    "GroupMember.Read.All",
    "User.Read.All",
];

fn kind(eligible: bool) -> &'static str {
    if eligible { "eligibility" } else { "assignment" }
}

fn requests(eligible: bool) -> String {
    format!("{ROOT}/{}ScheduleRequests", kind(eligible))
}

fn schedules(eligible: bool) -> String {
    format!("{ROOT}/{}Schedules", kind(eligible))
}

fn instances(eligible: bool) -> String {
    format!("{ROOT}/{}ScheduleInstances", kind(eligible))
}

fn wish(action: &str, group: &str, access: &str, principal: &str) -> Value {
    json!({
        "action": action,
        "groupId": group,
        "accessId": access,
        "principalId": principal,
        "justification": "On call",
        "scheduleInfo": { "expiration": { "type": "afterDuration", "duration": "PT2H" } },
    })
}

async fn of(client: &Client, path: &str, filter: &str) -> Got {
    client.get(&format!("{path}?$filter={}", filter.replace(' ', "%20"))).await
}

async fn rows(client: &Client, path: &str) -> Vec<Value> {
    of(client, path, &format!("groupId eq '{GROUP}'")).await.values().clone()
}

async fn signed_in() -> Client {
    Client::signed_in_with(Settings::default(), &PIM).await
}

#[tokio::test]
async fn while_it_lives_the_principal_is_in_the_group() {
    for (access, list) in [("member", "members"), ("owner", "owners")] {
        let mut client = signed_in().await;
        let got =
            client.post(&requests(false), wish("adminAssign", GROUP, access, cast::BOB)).await;
        assert_eq!((got.status, &got.json["status"]), (201, &json!("Provisioned")), "{}", got.text);
        let id = format!("{GROUP}_{access}_{}", got.json["id"].as_str().unwrap());
        assert_eq!(got.json["targetScheduleId"], id, "facts §3.11");
        let found = rows(&client, &schedules(false)).await;
        assert_eq!((found.len(), &found[0]["id"]), (1, &json!(id)));
        // In lower case here (facts §9).
        assert_eq!(
            (&found[0]["memberType"], &found[0]["assignmentType"]),
            (&json!("direct"), &json!("assigned"))
        );
        assert_eq!(found[0]["accessId"], access);
        let expiration = &found[0]["scheduleInfo"]["expiration"];
        assert_eq!(expiration["endDateTime"], "2026-11-23T10:00:00Z");
        let found = rows(&client, &instances(false)).await;
        assert_eq!(found[0]["assignmentScheduleId"], id);
        assert_eq!(
            client.get(&format!("{}/{id}", schedules(false))).await.json["principalId"],
            cast::BOB
        );
        let path = format!("/groups/{GROUP}/{list}?$select=id");
        assert_eq!(client.get(&path).await.ids(), [cast::BOB]);
        client.pass(2 * HOUR);
        client.become_holder_of(&PIM).await;
        assert!(client.get(&path).await.ids().is_empty());
        assert!(rows(&client, &schedules(false)).await.is_empty());
        assert!(client.simulator.tenant().access().iter().all(|held| held.on != GROUP));
        assert_eq!(rows(&client, &requests(false)).await.len(), 1);
    }
}

#[tokio::test]
async fn eligible_becomes_a_member_by_activation_alone() {
    let client = signed_in().await;
    let on = Privilege::member_of(GROUP);
    let got = client.post(&requests(true), wish("adminAssign", GROUP, "member", cast::BOB)).await;
    assert_eq!(got.status, 201, "{}", got.text);
    assert_eq!(client.simulator.tenant().eligible(&on), [cast::BOB]);
    assert!(client.simulator.tenant().members(GROUP).is_empty());
    let instance = &rows(&client, &instances(true)).await[0];
    assert_eq!((&instance["memberType"], instance.get("assignmentType")), (&json!("direct"), None));
    assert_eq!(instance["eligibilityScheduleId"], instance["id"]);
    let hour = SignedDuration::from_hours(1);
    client.simulator.tenant().activate_eligible(&on, cast::BOB, hour).unwrap();
    assert_eq!(client.simulator.tenant().members(GROUP), [cast::BOB]);
    let found = rows(&client, &schedules(false)).await;
    assert_eq!(found[0]["assignmentType"], "activated");
    client.pass(HOUR);
    assert!(client.simulator.tenant().members(GROUP).is_empty());
    assert_eq!(client.simulator.tenant().eligible(&on), [cast::BOB]);
}

/// It was measured for roles alone (facts §9).
#[tokio::test]
async fn a_removal_here_is_never_said_to_be_missing() {
    let settings = Settings { pim_removal_says_missing: true, ..Settings::default() };
    let client = Client::signed_in_with(settings, &PIM).await;
    client.simulator.tenant().add_member(GROUP, cast::CAROL);
    let body = wish("adminRemove", GROUP, "member", cast::CAROL);
    assert_eq!(client.post(&requests(false), body).await.status, 201);
}

#[tokio::test]
async fn a_membership_of_its_own_outlives_what_pim_gave() {
    let client = signed_in().await;
    client.post(&requests(false), wish("adminAssign", GROUP, "member", cast::BOB)).await;
    // Taken away and given again in the directory: PIM has forgotten it.
    assert!(client.simulator.tenant().remove_member(GROUP, cast::BOB));
    assert!(client.simulator.tenant().schedules().is_empty());
    assert!(client.simulator.tenant().add_member(GROUP, cast::BOB));
    client.pass(2 * HOUR);
    assert_eq!(client.simulator.tenant().members(GROUP), [cast::BOB]);
}

#[tokio::test]
async fn permanent_members_are_listed_without_times() {
    let client = signed_in().await;
    client.simulator.tenant().add_member(GROUP, cast::CAROL);
    let found = rows(&client, &instances(false)).await;
    assert_eq!(
        (&found[0]["startDateTime"], &found[0]["principalId"]),
        (&Value::Null, &json!(cast::CAROL))
    );
    let id = found[0]["id"].as_str().unwrap();
    assert!(id.starts_with(&format!("{GROUP}_member_")), "{id}");
    assert_eq!(client.get(&format!("{}/{id}", instances(false))).await.status, 200);
    let by_principal =
        of(&client, &schedules(false), &format!("principalId eq '{}'", cast::CAROL)).await;
    assert!(by_principal.values().iter().any(|row| row["id"] == id));
    client.simulator.change_settings(|settings| settings.pim_lists_permanent_members = false);
    assert!(rows(&client, &instances(false)).await.is_empty());
    // PIM can take them away.
    let got =
        client.post(&requests(false), wish("adminRemove", GROUP, "member", cast::CAROL)).await;
    assert_eq!((got.status, &got.json["status"]), (201, &json!("Revoked")));
    assert!(client.simulator.tenant().members(GROUP).is_empty());
}

#[tokio::test]
async fn a_list_needs_a_group_or_a_principal() {
    let client = signed_in().await;
    let (group, bob) = (format!("groupId eq '{GROUP}'"), format!("principalId eq '{}'", cast::BOB));
    client.simulator.tenant().make_eligible(&Privilege::member_of(GROUP), cast::BOB, None).unwrap();
    client.simulator.tenant().make_eligible(&Privilege::owner_of(GROUP), cast::BOB, None).unwrap();
    for (filter, status, count) in [
        (group.clone(), 200, 2),
        (bob.clone(), 200, 2),
        (format!("{group} and {bob}"), 200, 2),
        (format!("{group} and accessId eq 'owner'"), 200, 1),
        (format!("groupId eq '{STRANGER}'"), 200, 0),
        ("accessId eq 'owner'".to_owned(), 400, 0),
        (format!("{group} or {bob}"), 400, 0),
    ] {
        let got = of(&client, &schedules(true), &filter).await;
        assert_eq!(got.status, status, "{filter}");
        assert_eq!(got.json["value"].as_array().map_or(0, Vec::len), count, "{filter}");
    }
    for path in [schedules(true), instances(false), requests(true)] {
        assert_eq!(client.get(&path).await.status, 400, "{path}");
    }
}

#[tokio::test]
async fn refusals() {
    for (eligible, body, status, code) in [
        (false, wish("adminAssign", STRANGER, "member", cast::BOB), 404, "ResourceNotFound"),
        (false, wish("adminAssign", GROUP, "member", STRANGER), 400, "SubjectNotFound"),
        (false, wish("adminAssign", GROUP, "admin", cast::BOB), 400, "BadRequest"),
        (
            false,
            wish("adminAssign", cast::FINANCE, "member", cast::BOB),
            400,
            "RoleAssignmentExists",
        ),
        (true, wish("adminAssign", cast::FINANCE, "member", cast::BOB), 201, ""),
        (false, wish("adminRemove", GROUP, "member", cast::BOB), 404, "RoleAssignmentDoesNotExist"),
        // Facts §2.1: PIM refuses these.
        (
            true,
            wish("adminAssign", cast::PAYROLL_VAULT, "member", cast::BOB),
            400,
            "Request_BadRequest",
        ),
        (
            true,
            wish("adminAssign", cast::ALL_STAFF, "member", cast::BOB),
            400,
            "Request_BadRequest",
        ),
        (
            true,
            wish("adminAssign", cast::WAREHOUSE, "member", cast::BOB),
            400,
            "Request_BadRequest",
        ),
        (true, wish("adminAssign", cast::TIER_0_OPERATORS, "member", cast::BOB), 201, ""),
    ] {
        let client = signed_in().await;
        let got = client.post(&requests(eligible), body).await;
        assert_eq!((got.status, got.error().1), (status, code), "{}", got.text);
    }
    let client = signed_in().await;
    let policy = PimPolicy {
        enablement_admin_assignment: EnablementRule {
            ticketing: true,
            ..EnablementRule::default()
        },
        ..PimPolicy::default()
    };
    client.simulator.tenant().set_pim_policy(&Privilege::member_of(GROUP), policy);
    for (access, status) in [("member", 400), ("owner", 201)] {
        let got =
            client.post(&requests(false), wish("adminAssign", GROUP, access, cast::BOB)).await;
        assert_eq!(got.status, status, "a policy for members, one for owners");
    }
    let filter =
        format!("scopeId eq '{GROUP}' and scopeType eq 'Group' and roleDefinitionId eq 'member'");
    let path = "/policies/roleManagementPolicyAssignments?$expand=policy($expand=rules)&$filter=";
    let got = client.get(&format!("{path}{}", filter.replace(' ', "%20"))).await;
    let rules = got.values()[0]["policy"]["rules"].as_array().unwrap();
    let rule = rules.iter().find(|rule| rule["id"] == "Enablement_Admin_Assignment").unwrap();
    assert_eq!(rule["enabledRules"], json!(["Ticketing"]));
}

/// Facts §2.1, §2.2: a group takes whom it takes, whoever asks. Microsoft's documentation of PIM for groups lets a
/// group be *eligible* for a role-assignable one.
#[tokio::test]
async fn only_those_who_fit_into_the_group() {
    let quota = "Unable to perform operation as '101' would exceed the maximum quota count '100'";
    for (eligible, group, access, principal, status, text) in [
        (false, cast::PROJECT_PHOENIX, "member", cast::FRANK, 201, ""),
        (
            false,
            cast::PROJECT_PHOENIX,
            "member",
            cast::BUILD_ROBOT,
            400,
            "Directory object type: ServicePrincipal cannot be added to Unified Groups.",
        ),
        (
            true,
            cast::PROJECT_PHOENIX,
            "member",
            cast::BUILD_ROBOT,
            400,
            "Directory object type: ServicePrincipal cannot be added to Unified Groups.",
        ),
        (
            false,
            cast::PROJECT_PHOENIX,
            "member",
            cast::FINANCE,
            400,
            "Directory object type: Group cannot be added to Unified Groups.",
        ),
        (false, cast::PROJECT_PHOENIX, "owner", cast::BUILD_ROBOT, 201, ""),
        (false, GROUP, "member", cast::BUILD_ROBOT, 201, ""),
        (false, GROUP, "member", cast::FINANCE, 201, ""),
        (
            false,
            GROUP,
            "member",
            cast::PROJECT_PHOENIX,
            400,
            "Unified Groups cannot be added to Security Groups.",
        ),
        (
            false,
            GROUP,
            "owner",
            cast::FINANCE,
            400,
            "Directory object type: Group cannot be an owner of a group.",
        ),
        (
            true,
            GROUP,
            "owner",
            cast::FINANCE,
            400,
            "Directory object type: Group cannot be an owner of a group.",
        ),
        (
            false,
            cast::TIER_0_OPERATORS,
            "member",
            cast::FINANCE,
            400,
            "Nesting is currently not supported",
        ),
        (true, cast::TIER_0_OPERATORS, "member", cast::FINANCE, 201, ""),
        (false, cast::PLATFORM, "owner", cast::BOB, 403, quota),
        (true, cast::PLATFORM, "owner", cast::BOB, 201, ""),
    ] {
        let client = signed_in().await;
        {
            let mut tenant = client.simulator.tenant();
            for owner in tenant.owners(cast::PLATFORM) {
                tenant.remove_owner(cast::PLATFORM, &owner);
            }
            for number in 0..100 {
                let owner = tenant.add_user("Owner", &format!("owner{number}@contoso.com"));
                assert!(tenant.add_owner(cast::PLATFORM, &owner));
            }
        }
        let body = wish("adminAssign", group, access, principal);
        let got = client.post(&requests(eligible), body).await;
        assert_eq!(got.status, status, "{group} {access} {principal} {}", got.text);
        let told = got.error().2;
        assert!(status == 201 || told.starts_with(text), "{told}");
        let made = client.simulator.tenant().schedules().len();
        assert_eq!(made, usize::from(status == 201));
    }
}

#[tokio::test]
async fn who_may_do_what() {
    let read = ["PrivilegedEligibilitySchedule.Read.AzureADGroup"];
    let guide = cast::GUIDE_ROLES;
    let grant = || wish("adminAssign", GROUP, "member", cast::BOB);
    for (roles, reads, writes) in [
        (&guide[..], 403, 403),
        (&read, 200, 403),
        (&["PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup"], 200, 201),
        (&["PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup"], 403, 403),
    ] {
        let client = Client::signed_in_with(Settings::default(), roles).await;
        let got = of(&client, &requests(true), &format!("groupId eq '{GROUP}'")).await;
        assert_eq!(got.status, reads, "{roles:?}");
        let got = client.post(&requests(true), grant()).await;
        assert_eq!(got.status, writes, "{roles:?}");
        if writes == 403 {
            assert_eq!(got.error().1, "UnauthorizedAccessException", "facts §9");
            assert!(got.error().2.contains("PermissionScopeNotGranted"));
        }
    }
    // The policies of groups need a permission of their own.
    let path = format!(
        "/policies/roleManagementPolicyAssignments?$filter=scopeId%20eq%20'{GROUP}'%20and%20scopeType%20eq%20'Group'"
    );
    let client =
        Client::signed_in_with(Settings::default(), &["RoleManagement.Read.Directory"]).await;
    assert_eq!(client.get(&path).await.error().1, "UnknownError");
    let mut client = client;
    client.become_holder_of(&["RoleManagementPolicy.Read.AzureADGroup"]).await;
    assert_eq!(client.get(&path).await.values().len(), 2, "members and owners");
}

#[tokio::test]
async fn a_group_made_moments_ago_is_missing_then_fails_then_works() {
    let settings = Settings { lag: Some(Lag::default()), ..Settings::default() };
    let client = Client::signed_in_with(settings, &PIM).await;
    client.pass(60);
    let group = client.simulator.tenant().add_group("Just made", GroupKind::Security);
    let ask = async || {
        client.post(&requests(false), wish("adminAssign", &group, "member", cast::BOB)).await
    };
    let mut told = Vec::new();
    for wait in [0, 2, 4, 8, 16] {
        client.pass(wait);
        let got = ask().await;
        let status = got.json["status"].as_str().unwrap_or(got.error().1).to_owned();
        told.push((got.status, status));
        let members = client.simulator.tenant().members(&group);
        let made = told.last().is_some_and(|last| last.1 == "Provisioned");
        assert_eq!(members.len(), usize::from(made), "a failed request creates nothing");
    }
    let told: Vec<_> = told.iter().map(|(status, told)| (*status, told.as_str())).collect();
    assert_eq!(
        told,
        [
            (404, "ResourceNotFound"),
            (404, "ResourceNotFound"),
            (201, "Failed"),
            (201, "Failed"),
            (201, "Provisioned"),
        ]
    );
}
