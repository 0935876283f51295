//! What our own Entra roles allow: what `check` says of it, and what refusals say.

use doorward_core::{Authority, CheckReport, ErrorKind, ObjectRef, OutcomeKind, Severity};
use entra_sim::cast;

use crate::checks::{check, codes};
use crate::world::{World, assigned, member, owner, unit, user};

fn on(report: &CheckReport, action: &str, kind: &str, entitlement: Option<&str>) -> Authority {
    let entry = report.authority.iter().find(|entry| {
        let ability = &entry.ability;
        (ability.action.as_str(), ability.kind.as_str(), ability.entitlement.as_deref())
            == (action, kind, entitlement)
            && ability.principal.is_none()
    });
    entry.unwrap().authority.clone()
}

fn only_in(resources: &[ObjectRef]) -> Authority {
    Authority::OnlyIn { resources: resources.to_vec() }
}

/// The roles of the use `read`, and more.
fn read_and(more: &[&'static str]) -> Vec<&'static str> {
    [&cast::READ_ROLES[..], more].concat()
}

#[tokio::test(start_paused = true)]
async fn a_role_in_one_unit_is_said_to_hold_only_there() {
    let world = World::scoped();
    // Whether such a role reads its unit is not in the facts: here it does not.
    world.simulator.change_settings(|settings| settings.scoped_roles_read = false);
    let report = check(&world).await.unwrap();
    assert_eq!(report.identity.key.id, cast::SCOPED_SERVICE_PRINCIPAL);
    for action in ["grant", "revoke"] {
        for entitlement in ["member", "owner"] {
            let authority = on(&report, action, "group", Some(entitlement));
            assert_eq!(authority, only_in(&[unit(cast::UNIT_EMEA)]), "{action} {entitlement}");
        }
        let roles = on(&report, action, "role", Some("assigned"));
        assert!(matches!(roles, Authority::Unknown { .. }), "{roles:?}");
    }
    for (kind, entitlement) in
        [("user", None), ("group", None), ("group", Some("owner")), ("role", Some("assigned"))]
    {
        let authority = on(&report, "read", kind, entitlement);
        assert!(matches!(authority, Authority::Everywhere { .. }), "{kind} {authority:?}");
    }
    // The unit has no name without its permission, and the finding says which one that is.
    let nameless = report.findings.iter().find(|one| one.code == "unit-names").unwrap();
    assert_eq!(nameless.severity, Severity::Info);
    assert!(nameless.message.contains(&format!("au:id={}", cast::UNIT_EMEA)));
    assert!(nameless.remedy.as_ref().unwrap().contains("AdministrativeUnit.Read.All"));
    assert_eq!(report.attributes["entraRoles"][0]["role"], "Groups Administrator");
}

#[tokio::test(start_paused = true)]
async fn with_its_permission_the_unit_has_a_name_and_no_is_said_when_all_is_known() {
    let world = World::scoped();
    let roles = read_and(&["AdministrativeUnit.Read.All", "Application.Read.All"]);
    world.simulator.tenant().set_app_roles_of(cast::SCOPED_CLIENT_ID, roles);
    let report = check(&world).await.unwrap();
    assert_eq!(codes(&report), ["hidden-membership"]);
    let name = &report.attributes["scopeNames"][format!("au:id={}", cast::UNIT_EMEA)];
    assert_eq!(name, "EMEA");
    let Authority::No { needs } = on(&report, "grant", "role", Some("assigned")) else {
        panic!("{report:?}")
    };
    assert_eq!(needs, ["RoleManagement.ReadWrite.Directory"]);
}

#[tokio::test(start_paused = true)]
async fn the_unit_is_a_border_for_changes() {
    let world = World::scoped();
    world.simulator.change_settings(|settings| settings.scoped_roles_read = false);
    let inside = member(user(cast::FRANK), cast::EMEA_SALES);
    for (adds, expected) in [(true, OutcomeKind::Granted), (false, OutcomeKind::Revoked)] {
        assert_eq!(world.change(adds, inside.clone()).await.unwrap(), expected);
    }
    for key in
        [member(user(cast::FRANK), cast::APAC_SALES), owner(user(cast::FRANK), cast::APAC_SALES)]
    {
        let error = world.change(true, key).await.unwrap_err();
        assert_eq!(
            (error.kind, error.reason.as_str()),
            (ErrorKind::PermissionDenied, "outside-scope")
        );
        assert!(error.message.contains("APAC Sales"), "{}", error.message);
        assert!(error.message.contains(cast::UNIT_EMEA), "{}", error.message);
        assert_eq!(error.attributes["scopes"][0], format!("au:id={}", cast::UNIT_EMEA));
    }
    let roles = read_and(&["AdministrativeUnit.Read.All"]);
    let world = World::scoped();
    world.simulator.tenant().set_app_roles_of(cast::SCOPED_CLIENT_ID, roles);
    let key = member(user(cast::FRANK), cast::APAC_SALES);
    let error = world.change(true, key).await.unwrap_err();
    assert!(error.message.contains("EMEA (au:id="), "{}", error.message);
    assert!(error.remedy.unwrap().contains("GroupMember.ReadWrite.All"));
}

#[tokio::test(start_paused = true)]
async fn custom_roles_count_by_their_actions() {
    let table = [
        ("microsoft.directory/groups/members/update", "member", true),
        ("microsoft.directory/groups/members/update", "owner", false),
        ("microsoft.directory/groups/allProperties/update", "owner", true),
        ("microsoft.directory/users/basic/update", "member", false),
    ];
    for (action, entitlement, allowed) in table {
        let world = World::with_roles(&read_and(&["Application.Read.All"]));
        {
            let mut tenant = world.simulator.tenant();
            let custom = tenant.add_role_definition("Custom", &[action]);
            tenant.assign_role(&custom, cast::SERVICE_PRINCIPAL_ID, Some(cast::UNIT_EMEA));
        }
        let report = check(&world).await.unwrap();
        let authority = on(&report, "grant", "group", Some(entitlement));
        if allowed {
            assert_eq!(authority, only_in(&[unit(cast::UNIT_EMEA)]), "{action} {entitlement}");
        } else {
            assert!(matches!(authority, Authority::No { .. }), "{action} {authority:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_disabled_role_allows_nothing() {
    let world = World::with_roles(&read_and(&["Application.Read.All"]));
    let custom = {
        let mut tenant = world.simulator.tenant();
        let custom =
            tenant.add_role_definition("Custom", &["microsoft.directory/groups/members/update"]);
        tenant.assign_role(&custom, cast::SERVICE_PRINCIPAL_ID, None);
        custom
    };
    let members = |report| on(&report, "grant", "group", Some("member"));
    let enabled = members(check(&world).await.unwrap());
    assert!(matches!(enabled, Authority::Everywhere { .. }), "{enabled:?}");
    assert!(world.simulator.tenant().set_role_enabled(&custom, false));
    let disabled = members(check(&world).await.unwrap());
    assert!(matches!(disabled, Authority::No { .. }), "{disabled:?}");
    // And so it is.
    world.change(true, member(user(cast::FRANK), cast::APAC_SALES)).await.unwrap_err();
}

/// An owner changes members, where anybody can.
#[tokio::test(start_paused = true)]
async fn ownership_of_what_nobody_changes_here_is_no_authority() {
    let world = World::with_roles(&read_and(&["Application.Read.All"]));
    let fixed = [
        cast::WAREHOUSE,
        cast::PRESS,
        cast::BUILDING_SECURITY,
        cast::ALL_STAFF,
        cast::PAYROLL_VAULT,
    ];
    for group in fixed {
        world.simulator.tenant().add_owner(group, cast::SERVICE_PRINCIPAL_ID);
    }
    let members = |report| on(&report, "revoke", "group", Some("member"));
    let none = members(check(&world).await.unwrap());
    assert!(matches!(none, Authority::No { .. }), "{none:?}");
    world.simulator.tenant().add_owner(cast::PROJECT_PHOENIX, cast::SERVICE_PRINCIPAL_ID);
    let phoenix = ObjectRef::new("group", cast::PROJECT_PHOENIX);
    assert_eq!(members(check(&world).await.unwrap()), only_in(&[phoenix]));
}

#[tokio::test(start_paused = true)]
async fn roles_through_a_group_and_ownership_count() {
    let world = World::with_roles(&read_and(&["Application.Read.All"]));
    {
        let mut tenant = world.simulator.tenant();
        tenant.add_member(cast::TIER_0_OPERATORS, cast::SERVICE_PRINCIPAL_ID);
        tenant.assign_role(
            cast::GROUPS_ADMINISTRATOR,
            cast::TIER_0_OPERATORS,
            Some(cast::UNIT_EMEA),
        );
        tenant.add_owner(cast::ENGINEERING, cast::SERVICE_PRINCIPAL_ID);
    }
    let report = check(&world).await.unwrap();
    let members = on(&report, "grant", "group", Some("member"));
    let engineering = ObjectRef::new("group", cast::ENGINEERING);
    assert_eq!(members, only_in(&[unit(cast::UNIT_EMEA), engineering]));
    let owners = on(&report, "grant", "group", Some("owner"));
    assert_eq!(owners, only_in(&[unit(cast::UNIT_EMEA)]));
    // And so it is.
    for group in [cast::EMEA_SALES, cast::ENGINEERING] {
        let outcome = world.change(true, member(user(cast::FRANK), group)).await.unwrap();
        assert_eq!(outcome, OutcomeKind::Granted);
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_everywhere_is_everywhere_also_to_read() {
    let world = World::with_roles(&["RoleManagement.Read.Directory"]);
    world.simulator.tenant().assign_role(
        cast::PRIVILEGED_ROLE_ADMINISTRATOR,
        cast::SERVICE_PRINCIPAL_ID,
        None,
    );
    let report = check(&world).await.unwrap();
    // Built-in administrators may read what Directory Readers may.
    for (action, kind, entitlement) in [
        ("read", "user", None),
        ("read", "group", Some("member")),
        ("read", "au", None),
        ("grant", "role", Some("assigned")),
    ] {
        let authority = on(&report, action, kind, entitlement);
        assert!(matches!(authority, Authority::Everywhere { .. }), "{action} {kind} {authority:?}");
    }
    let Authority::Everywhere { except } = on(&report, "grant", "group", Some("member")) else {
        panic!("role-assignable groups")
    };
    assert!(except.iter().any(|class| class == "security"));
    assert!(!except.iter().any(|class| class == "role-assignable"));
    let key = assigned(user(cast::BOB), cast::USER_ADMINISTRATOR, None);
    assert_eq!(world.change(true, key).await.unwrap(), OutcomeKind::Granted);
}

#[tokio::test(start_paused = true)]
async fn without_sight_of_roles_nothing_is_called_impossible() {
    let world = World::with_roles(&["User.Read.All", "GroupMember.Read.All"]);
    let report = check(&world).await.unwrap();
    let Authority::Unknown { because } = on(&report, "grant", "group", Some("member")) else {
        panic!("{report:?}")
    };
    assert!(because.contains("could not be read"), "{because}");
    let error = world.change(true, member(user(cast::FRANK), cast::APAC_SALES)).await.unwrap_err();
    assert_eq!(error.reason, "missing-permission");
}

/// We see that we are in a group, and not that it holds a role.
#[tokio::test(start_paused = true)]
async fn a_group_of_ours_that_is_shown_by_its_id_only_leaves_our_roles_unknown() {
    let world = World::with_roles(&["RoleManagement.Read.Directory", "Application.Read.All"]);
    let no = on(&check(&world).await.unwrap(), "grant", "group", Some("member"));
    assert!(matches!(no, Authority::No { .. }), "{no:?}");
    {
        let mut tenant = world.simulator.tenant();
        tenant.add_member(cast::TIER_0_OPERATORS, cast::SERVICE_PRINCIPAL_ID);
        // One that does not let us read the group.
        let role = tenant.add_role_definition("C", &["microsoft.directory/groups/members/update"]);
        assert!(tenant.assign_role(&role, cast::TIER_0_OPERATORS, None));
    }
    let unknown = on(&check(&world).await.unwrap(), "grant", "group", Some("member"));
    assert!(matches!(unknown, Authority::Unknown { .. }), "{unknown:?}");
}
