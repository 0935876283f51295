//! A tenant in which everything that the schema has a type for exists.

use entra_sim::{Kind, PimPolicy, Privilege, RiskLevel, RiskState, Settings, cast, properties_of};
use jiff::SignedDuration;
use serde_json::json;

use crate::client::{Client, Got};
use crate::signer::Signer;

/// Nothing is refused for lack of a permission.
const ROLES: [&str; 13] = [
    "Directory.ReadWrite.All",
    "RoleManagement.ReadWrite.Directory",
    "Group.ReadWrite.All",
    "User.ReadWrite.All",
    "User.DeleteRestore.All",
    "Application.Read.All",
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "IdentityRiskyUser.ReadWrite.All",
    "Member.Read.Hidden",
    "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup",
    "PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup",
    "RoleManagementPolicy.Read.AzureADGroup",
];

/// The group that PIM gives and takes.
pub(super) const PIM_GROUP: &str = cast::EMPTY_ROOM;

/// The cast, and what it lacks.
pub(super) async fn furnished() -> Client {
    let client = Client::signed_in_with(Settings::default(), &ROLES).await;
    let mut tenant = client.simulator.tenant();
    tenant.add_payroll();
    tenant.add_certificate(cast::CLIENT_ID, &Signer::new().certificate).unwrap();
    let unit = tenant.add_unit("Dynamic Unit", false);
    assert!(tenant.set_unit_rule(&unit, "user.department -eq \"IT\""));
    tenant.add_role_definition("Custom", &["microsoft.directory/groups/members/update"]);
    for (group, owner) in [(cast::PLATFORM, cast::BUILD_ROBOT), (cast::FINANCE, cast::ALICE)] {
        assert!(tenant.add_owner(group, owner));
    }
    for (unit, member) in [
        (cast::UNIT_EMEA, cast::ALICE),
        (cast::UNIT_EMEA, cast::LAPTOP),
        (cast::UNIT_EMEA, cast::TIER_0_OPERATORS),
    ] {
        assert!(tenant.add_member(unit, member));
    }
    assert!(tenant.add_member(cast::FINANCE, cast::LAPTOP));
    assert!(tenant.add_member(cast::FINANCE, cast::TIER_0_OPERATORS));
    assert!(tenant.add_member(cast::FINANCE, cast::NINA));
    assert!(tenant.add_member(cast::FINANCE, cast::BUILD_ROBOT));
    for principal in [cast::BOB, cast::TIER_0_OPERATORS, cast::BUILD_ROBOT] {
        assert!(tenant.assign_role(cast::USER_ADMINISTRATOR, principal, Some(cast::UNIT_EMEA)));
        assert!(tenant.assign_role(cast::DIRECTORY_READERS, principal, None));
    }
    let scope = format!("/{}", cast::APPLICATION_OBJECT_ID);
    tenant.assign_role_at(cast::APPLICATION_ADMINISTRATOR, cast::CAROL, &scope).unwrap();
    for (user, level, state) in [
        (cast::BOB, RiskLevel::High, RiskState::AtRisk),
        (cast::CAROL, RiskLevel::Hidden, RiskState::Remediated),
        (cast::ALICE, RiskLevel::None, RiskState::Dismissed),
        (cast::ZOE, RiskLevel::Low, RiskState::ConfirmedSafe),
        (cast::GRACE, RiskLevel::Medium, RiskState::ConfirmedCompromised),
    ] {
        assert!(tenant.set_risk(user, level, state));
    }
    for on in [
        Privilege::role(cast::USER_ADMINISTRATOR),
        Privilege::member_of(PIM_GROUP),
        Privilege::owner_of(PIM_GROUP),
    ] {
        let until = "2026-12-24T00:00:00Z".parse().unwrap();
        tenant.make_eligible(&on, cast::FRANK, Some(until)).unwrap();
        tenant.make_eligible(&on, cast::INES, None).unwrap();
        tenant.make_active(&on, cast::CAROL, Some(until)).unwrap();
        tenant.activate_eligible(&on, cast::FRANK, SignedDuration::from_hours(1)).unwrap();
        let waiting = PimPolicy { approval_end_user_assignment: true, ..PimPolicy::default() };
        tenant.set_pim_policy(&on, waiting);
        tenant.activate_eligible(&on, cast::INES, SignedDuration::from_hours(1)).unwrap();
    }
    // An application that is gone for now, and a former member.
    let gone = tenant.add_service_principal("Retired Robot");
    assert!(tenant.soft_delete(&gone));
    assert!(tenant.remove_member(cast::FINANCE, cast::CAROL));
    drop(tenant);
    for (path, about) in [
        (
            "/roleManagement/directory/roleEligibilityScheduleRequests",
            json!({ "roleDefinitionId": cast::USER_ADMINISTRATOR, "directoryScopeId": "/" }),
        ),
        (
            "/identityGovernance/privilegedAccess/group/eligibilityScheduleRequests",
            json!({ "groupId": PIM_GROUP, "accessId": "owner" }),
        ),
    ] {
        let mut wish = json!({
            "action": "adminAssign",
            "principalId": cast::DAVE,
            "justification": "On call",
            "scheduleInfo": { "expiration": { "type": "afterDuration", "duration": "PT8H" } },
        });
        wish.as_object_mut().unwrap().append(&mut about.as_object().unwrap().clone());
        let got = client.post(path, wish).await;
        assert_eq!(got.status, 201, "{}", got.text);
    }
    client
}

/// What `$select` may name: all that a kind of directory object has, else what an answer showed.
pub(super) fn names(kind: &str, got: &Got) -> String {
    let own = Kind::ALL.into_iter().find(|one| one.type_name() == kind);
    if let Some(own) = own {
        return properties_of(own).join(",");
    }
    if kind == "directoryObject" {
        return "id,displayName,deletedDateTime,accountEnabled,groupTypes".to_owned();
    }
    let item = got.json.get("value").map_or(&got.json, |value| &value[0]);
    let fields = item.as_object().into_iter().flatten();
    let plain = fields.map(|(name, _)| name.as_str()).filter(|name| {
        let navigations =
            ["principal", "roleDefinition", "directoryScope", "group", "activatedUsing", "policy"];
        !name.starts_with('@') && !navigations.contains(name) && *name != "inheritsPermissionsFrom"
    });
    plain.collect::<Vec<_>>().join(",")
}

/// Who stands behind the first key of a path.
pub(super) fn somebody(template: &str) -> Option<&'static str> {
    let sets = [
        ("users/", cast::ALICE),
        ("groups/", cast::FINANCE),
        ("servicePrincipals/", cast::BUILD_ROBOT),
        ("devices/", cast::LAPTOP),
        ("contacts/", cast::NINA),
        ("applications/", cast::APPLICATION_OBJECT_ID),
        ("directoryObjects/", cast::ALICE),
        ("directory/administrativeUnits/", cast::UNIT_EMEA),
        ("directory/deletedItems/", cast::ZOE),
    ];
    sets.into_iter().find(|(set, _)| template.starts_with(set)).map(|(_, id)| id)
}
