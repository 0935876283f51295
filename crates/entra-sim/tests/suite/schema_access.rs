//! What PIM, app roles, risk and accounts say exists in Microsoft's own schema, with a fitting type.

use entra_sim::{Privilege, RiskLevel, RiskState, cast};
use serde_json::Value;

use crate::client::Client;
use crate::csdl::{SUBSET, Schema};

#[tokio::test]
async fn accounts_fit_the_schema() {
    let client = Client::signed_in().await;
    let schema = Schema::read(SUBSET);
    let user = serde_json::json!({
        "accountEnabled": true,
        "displayName": "Hugo Haas",
        "mailNickname": "hugo",
        "userPrincipalName": "hugo@contoso.com",
        "passwordProfile": { "password": "correct horse battery" },
    });
    let guest = serde_json::json!({
        "invitedUserEmailAddress": "hana@fabrikam.com",
        "inviteRedirectUrl": "https://contoso.com",
    });
    for (type_name, path, body) in [("user", "/users", user), ("invitation", "/invitations", guest)]
    {
        let got = client.post(path, body).await;
        assert_eq!(got.status, 201, "{}", got.text);
        schema.check_object(type_name, &got.json);
    }
}

#[tokio::test]
async fn risks_fit_the_schema() {
    let roles = ["IdentityRiskyUser.Read.All"];
    let client = Client::signed_in_with(entra_sim::Settings::default(), &roles).await;
    let schema = Schema::read(SUBSET);
    for (user, level, state) in [
        (cast::BOB, RiskLevel::High, RiskState::AtRisk),
        (cast::CAROL, RiskLevel::Hidden, RiskState::Remediated),
        (cast::ALICE, RiskLevel::None, RiskState::Dismissed),
        (cast::ZOE, RiskLevel::Low, RiskState::ConfirmedSafe),
        (cast::GRACE, RiskLevel::Medium, RiskState::ConfirmedCompromised),
    ] {
        assert!(client.simulator.tenant().set_risk(user, level, state));
    }
    let got = client.get("/identityProtection/riskyUsers").await;
    assert_eq!(got.values().len(), 5);
    for value in got.values() {
        schema.check_object("riskyUser", value);
    }
}

#[tokio::test]
async fn app_roles_fit_the_schema() {
    let client = Client::signed_in().await;
    let schema = Schema::read(SUBSET);
    client.simulator.tenant().add_payroll();
    let principal = client.get(&format!("/servicePrincipals/{}", cast::PAYROLL)).await;
    assert_eq!(principal.json["appRoles"].as_array().unwrap().len(), 2);
    schema.check_object("servicePrincipal", &principal.json);
    for path in [
        format!("/servicePrincipals/{}/appRoleAssignedTo", cast::PAYROLL),
        format!("/users/{}/appRoleAssignments", cast::BOB),
        format!("/groups/{}/appRoleAssignments", cast::FINANCE),
        format!("/servicePrincipals/{}/appRoleAssignments", cast::BUILD_ROBOT),
    ] {
        let got = client.get(&path).await;
        assert!(!got.values().is_empty(), "{path}");
        for value in got.values() {
            schema.check_object("appRoleAssignment", value);
        }
    }
}

#[tokio::test]
async fn pim_fits_the_schema() {
    let roles = [
        "RoleManagement.ReadWrite.Directory",
        "PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup",
        "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup",
        "RoleManagementPolicy.Read.AzureADGroup",
        "Directory.Read.All",
    ];
    let client = Client::signed_in_with(entra_sim::Settings::default(), &roles).await;
    let schema = Schema::read(SUBSET);
    let until: jiff::Timestamp = "2026-12-24T00:00:00Z".parse().unwrap();
    for on in [
        Privilege::role(cast::USER_ADMINISTRATOR),
        Privilege::member_of(cast::EMPTY_ROOM),
        Privilege::owner_of(cast::EMPTY_ROOM),
    ] {
        let mut tenant = client.simulator.tenant();
        tenant.make_eligible(&on, cast::BOB, Some(until)).unwrap();
        tenant.make_active(&on, cast::CAROL, Some(until)).unwrap();
        tenant.activate_eligible(&on, cast::BOB, jiff::SignedDuration::from_hours(1)).unwrap();
    }
    let role = "/roleManagement/directory/role";
    let group = "/identityGovernance/privilegedAccess/group/";
    let filter = format!("?$filter=groupId%20eq%20'{}'", cast::EMPTY_ROOM);
    let mut asked = Vec::new();
    for kind in ["Eligibility", "Assignment"] {
        for sort in ["ScheduleRequest", "Schedule", "ScheduleInstance"] {
            let body = |more: Value| {
                let mut body = serde_json::json!({
                    "action": "adminAssign",
                    "justification": "Because",
                    "principalId": cast::FRANK,
                    "scheduleInfo": { "expiration": { "type": "afterDuration", "duration": "PT8H" } },
                });
                body.as_object_mut().unwrap().append(&mut more.as_object().unwrap().clone());
                body
            };
            let lower = kind.to_lowercase();
            if sort == "ScheduleRequest" {
                for (path, type_name, more) in [
                    (
                        format!("{role}{kind}{sort}s"),
                        format!("unifiedRole{kind}{sort}"),
                        serde_json::json!({
                            "roleDefinitionId": cast::GROUPS_ADMINISTRATOR, "directoryScopeId": "/"
                        }),
                    ),
                    (
                        format!("{group}{lower}{sort}s"),
                        format!("privilegedAccessGroup{kind}{sort}"),
                        serde_json::json!({ "groupId": cast::EMPTY_ROOM, "accessId": "member" }),
                    ),
                ] {
                    let got = client.post(&path, body(more)).await;
                    assert_eq!(got.status, 201, "{}", got.text);
                    schema.check_object(&type_name, &got.json);
                }
            }
            let both =
                if sort == "ScheduleRequest" { "" } else { "?$expand=principal,roleDefinition" };
            asked.push((format!("unifiedRole{kind}{sort}"), format!("{role}{kind}{sort}s{both}")));
            let type_name = format!("privilegedAccessGroup{kind}{sort}");
            asked.push((
                type_name,
                format!("{group}{lower}{sort}s{filter}&$expand=principal,group"),
            ));
        }
    }
    let policies =
        "/policies/roleManagementPolicyAssignments?$expand=policy($expand=rules)&$filter=";
    for (scope, kind) in [("/", "DirectoryRole"), (cast::FINANCE, "Group")] {
        asked.push((
            "unifiedRoleManagementPolicyAssignment".to_owned(),
            format!("{policies}scopeId%20eq%20'{scope}'%20and%20scopeType%20eq%20'{kind}'"),
        ));
    }
    for (type_name, path) in asked {
        let got = client.get(&path).await;
        assert!(
            got.json["value"].as_array().is_some_and(|all| !all.is_empty()),
            "{path} {}",
            got.text
        );
        for value in got.values() {
            schema.check_object(&type_name, value);
        }
    }
}
