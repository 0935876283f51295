//! The part of the cast that administers: global administrators, a break-glass user, and a service principal
//! whose role ends at the border of a unit.

use super::players::{add, id};
use super::{Body, Group, GroupKind, ServicePrincipal, Tenant, User};
use crate::cast;

/// Puts them on the stage, behind everybody else.
pub(super) fn enter(tenant: &mut Tenant) {
    for (object_id, given, surname) in
        [(cast::GRACE, "Grace", "Gold"), (cast::INES, "Ines", "Ivers")]
    {
        let nickname = given.to_lowercase();
        let address = format!("{nickname}@{}", cast::DOMAIN);
        let user = User {
            display_name: format!("{given} {surname}"),
            given_name: Some(given.into()),
            surname: Some(surname.into()),
            user_principal_name: address.clone(),
            mail: Some(address),
            mail_nickname: nickname,
            department: Some("Sales".into()),
            enabled: true,
            ..User::default()
        };
        add(tenant, object_id, Body::User(Box::new(user)));
    }
    // Break-glass accounts live in the initial domain and have no mailbox.
    let break_glass = User {
        display_name: cast::BREAK_GLASS_NAME.into(),
        user_principal_name: format!("breakglass@{}", cast::INITIAL_DOMAIN),
        mail_nickname: "breakglass".into(),
        enabled: true,
        ..User::default()
    };
    add(tenant, cast::BREAK_GLASS, Body::User(Box::new(break_glass)));
    for (object_id, name) in [(cast::EMEA_SALES, "EMEA Sales"), (cast::APAC_SALES, "APAC Sales")] {
        let description = Some(format!("{name} (Contoso)"));
        let body = Group::named(name, GroupKind::Security, description);
        add(tenant, object_id, Body::Group(Box::new(body)));
    }
    let principal = ServicePrincipal {
        display_name: cast::SCOPED_APPLICATION_NAME.into(),
        application_id: id(cast::SCOPED_CLIENT_ID),
        enabled: true,
        home_tenant: tenant.id,
        ..ServicePrincipal::default()
    };
    add(tenant, cast::SCOPED_SERVICE_PRINCIPAL, Body::ServicePrincipal(Box::new(principal)));
}

/// Gives them what they hold.
pub(super) fn link(tenant: &mut Tenant) {
    for (group, member) in [
        (cast::EMEA_SALES, cast::INES),
        (cast::APAC_SALES, cast::INES),
        (cast::UNIT_EMEA, cast::EMEA_SALES),
        (cast::UNIT_EMEA, cast::INES),
    ] {
        tenant.add_member(group, member);
    }
    for person in [cast::GRACE, cast::INES, cast::BREAK_GLASS] {
        tenant.add_member(cast::ALL_STAFF, person);
        tenant.add_member(cast::ALL_STAFF_PAUSED, person);
    }
    for person in [cast::ALICE, cast::GRACE, cast::BREAK_GLASS] {
        tenant.assign_role(cast::GLOBAL_ADMINISTRATOR, person, None);
    }
    let (role, scoped) = (cast::GROUPS_ADMINISTRATOR, cast::SCOPED_SERVICE_PRINCIPAL);
    tenant.assign_role(role, scoped, Some(cast::UNIT_EMEA));
    tenant.set_app_roles_of(cast::SCOPED_CLIENT_ID, cast::READ_ROLES);
}
