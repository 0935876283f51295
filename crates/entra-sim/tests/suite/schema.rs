//! Everything that the simulator says exists in Microsoft's own schema, with a fitting type.

use std::path::Path;

use entra_sim::{Kind, cast, properties_of};
use serde_json::Value;

use crate::client::Client;
use crate::csdl::{SUBSET, Schema};
use crate::signer::Signer;

#[tokio::test]
async fn every_property_exists_with_a_fitting_type() {
    let client = Client::signed_in().await;
    let schema = Schema::read(SUBSET);
    for (kind, paths) in [
        (Kind::User, vec![format!("/users/{}", cast::ALICE), format!("/users/{}", cast::ERIN)]),
        (
            Kind::Group,
            [
                cast::FINANCE,
                cast::ALL_STAFF,
                cast::WAREHOUSE,
                cast::PRESS,
                cast::PROJECT_PHOENIX,
                cast::TIER_0_OPERATORS,
                cast::PAYROLL_VAULT,
            ]
            .map(|id| format!("/groups/{id}"))
            .to_vec(),
        ),
        (
            Kind::ServicePrincipal,
            vec![format!("/servicePrincipals/{}", cast::SERVICE_PRINCIPAL_ID)],
        ),
        (Kind::Device, vec![format!("/devices/{}", cast::LAPTOP)]),
        (Kind::OrgContact, vec![format!("/contacts/{}", cast::NINA)]),
        (
            Kind::AdministrativeUnit,
            vec![
                format!("/directoryObjects/{}", cast::RESTRICTED_UNIT),
                format!("/directory/administrativeUnits/{}", cast::UNIT_EMEA),
            ],
        ),
    ] {
        for path in paths {
            let got = client.get(&path).await;
            schema.check_object(kind.type_name(), &got.json);
            let names = properties_of(kind);
            let got = client.get(&format!("{path}?$select={}", names.join(","))).await;
            schema.check_object(kind.type_name(), &got.json);
            let absent: Vec<_> =
                names.iter().filter(|name| got.json.get(**name).is_none()).collect();
            assert!(absent.is_empty(), "{path} lacks {absent:?}: {}", got.text);
        }
    }
    let role = client.get(&format!("/users/{}/memberOf", cast::ALICE)).await;
    let role = role
        .values()
        .iter()
        .find(|value| value["@odata.type"] == "#microsoft.graph.directoryRole")
        .unwrap();
    schema.check_object("directoryRole", role);
    let organization = client.get("/organization").await;
    schema.check_object("organization", &organization.values()[0]);
    client.simulator.tenant().add_certificate(cast::CLIENT_ID, &Signer::new().certificate).unwrap();
    let application = client.get(&format!("/applications/{}", cast::APPLICATION_OBJECT_ID)).await;
    schema.check_object("application", &application.json);
}

#[tokio::test]
async fn role_management_and_units_fit_the_schema() {
    let client = Client::signed_in().await;
    let schema = Schema::read(SUBSET);
    let unit = format!("/directory/administrativeUnits/{}", cast::UNIT_EMEA);
    client.simulator.tenant().assign_role(
        cast::USER_ADMINISTRATOR,
        cast::BOB,
        Some(cast::UNIT_EMEA),
    );
    for (type_name, path) in [
        ("unifiedRoleAssignment", "/roleManagement/directory/roleAssignments"),
        ("unifiedRoleDefinition", "/roleManagement/directory/roleDefinitions"),
        ("administrativeUnit", "/directory/administrativeUnits"),
        ("scopedRoleMembership", &format!("{unit}/scopedRoleMembers")),
        ("user", "/directory/deletedItems/microsoft.graph.user"),
        ("group", "/directory/deletedItems/microsoft.graph.group"),
    ] {
        let got = client.get(path).await;
        assert!(!got.values().is_empty(), "{path}");
        for value in got.values() {
            let mut value = value.clone();
            if let Some(member) =
                value.pointer_mut("/roleMemberInfo").and_then(Value::as_object_mut)
            {
                // `identity` is an open type: this one comes on top for users (facts §3.8).
                member.remove("userPrincipalName");
            }
            schema.check_object(type_name, &value);
        }
    }
    let ids =
        [cast::ALICE, cast::FINANCE, cast::BUILD_ROBOT, cast::LAPTOP, cast::NINA, cast::UNIT_EMEA];
    let got = client.post("/directoryObjects/getByIds", serde_json::json!({ "ids": ids })).await;
    assert_eq!(got.values().len(), ids.len());
    for value in got.values() {
        let type_name =
            value["@odata.type"].as_str().unwrap().trim_start_matches("#microsoft.graph.");
        schema.check_object(type_name, value);
    }
}

#[test]
fn every_navigation_in_a_path_exists() {
    let schema = Schema::read(SUBSET);
    for (type_name, names) in [
        ("group", vec!["members", "owners", "transitiveMembers", "memberOf", "transitiveMemberOf"]),
        ("user", vec!["memberOf", "transitiveMemberOf", "ownedObjects"]),
        (
            "servicePrincipal",
            vec![
                "memberOf",
                "transitiveMemberOf",
                "ownedObjects",
                "appRoleAssignedTo",
                "appRoleAssignments",
            ],
        ),
        ("user", vec!["appRoleAssignments"]),
        ("identityProtectionRoot", vec!["riskyUsers"]),
        ("group", vec!["appRoleAssignments"]),
        ("device", vec!["memberOf", "transitiveMemberOf"]),
        ("orgContact", vec!["memberOf", "transitiveMemberOf"]),
        ("directory", vec!["deletedItems", "administrativeUnits"]),
        ("administrativeUnit", vec!["members", "scopedRoleMembers"]),
        ("roleManagement", vec!["directory"]),
        (
            "rbacApplication",
            vec![
                "roleAssignments",
                "roleDefinitions",
                "roleEligibilityScheduleRequests",
                "roleAssignmentScheduleRequests",
                "roleEligibilitySchedules",
                "roleAssignmentSchedules",
                "roleEligibilityScheduleInstances",
                "roleAssignmentScheduleInstances",
            ],
        ),
        ("unifiedRoleAssignmentSchedule", vec!["principal", "roleDefinition", "activatedUsing"]),
        ("policyRoot", vec!["roleManagementPolicyAssignments"]),
        ("unifiedRoleManagementPolicyAssignment", vec!["policy"]),
        ("unifiedRoleManagementPolicy", vec!["rules"]),
        ("identityGovernance", vec!["privilegedAccess"]),
        ("privilegedAccessRoot", vec!["group"]),
        (
            "privilegedAccessGroup",
            vec![
                "eligibilityScheduleRequests",
                "assignmentScheduleRequests",
                "eligibilitySchedules",
                "assignmentSchedules",
                "eligibilityScheduleInstances",
                "assignmentScheduleInstances",
            ],
        ),
        ("unifiedRoleAssignment", vec!["principal", "roleDefinition", "directoryScope"]),
        ("unifiedRoleDefinition", vec!["inheritsPermissionsFrom"]),
    ] {
        for name in names {
            let found =
                schema.lineage(type_name).iter().any(|one| one.navigations.contains_key(name));
            assert!(found, "{type_name} has no navigation {name}");
        }
    }
}

/// The drift check: each element of the subset stands in the whole schema, word for word.
#[test]
fn the_subset_is_verbatim() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("../../../shared/data/microsoft-graph-v1.0.csdl.xml");
    let Ok(whole) = std::fs::read_to_string(&path) else {
        eprintln!("!!! DRIFT CHECK NOT RUN: {} is not there", path.display());
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "in CI the drift check must run");
        return;
    };
    let mut checked = 0;
    for (start, _) in SUBSET
        .match_indices("      <EntityType Name=")
        .chain(SUBSET.match_indices("      <ComplexType Name="))
        .chain(SUBSET.match_indices("      <EnumType Name="))
    {
        let element = &SUBSET[start..];
        let close = match element.trim_start() {
            entity if entity.starts_with("<EntityType") => "</EntityType>",
            complex if complex.starts_with("<ComplexType") => "</ComplexType>",
            _ => "</EnumType>",
        };
        let element = &element[..element.find(close).unwrap() + close.len()];
        assert!(
            whole.contains(element),
            "differs from the whole schema: {}",
            element.lines().next().unwrap()
        );
        checked += 1;
    }
    assert_eq!(checked, Schema::read(SUBSET).0.len());
    assert!(checked > 15, "{checked}");
}
