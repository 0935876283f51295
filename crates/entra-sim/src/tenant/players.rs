//! Puts the fixed cast on the stage.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{
    Application, Body, Contact, Device, Group, GroupKind, Handle, Secret, ServicePrincipal, Tenant,
    Unit, User, administrators,
};
use crate::cast;

/// Contoso with its cast and nothing else, made around this instant.
pub(super) fn contoso(seed: u64, epoch: Timestamp) -> Tenant {
    // A year old, so that no replica is still learning about the cast.
    let founded = epoch.saturating_sub(SignedDuration::from_hours(24 * 365)).unwrap_or(epoch);
    let mut tenant = Tenant::empty(seed, id(cast::TENANT_ID), founded);
    tenant.set_app_roles(cast::GUIDE_ROLES);
    people(&mut tenant);
    things(&mut tenant);
    groups(&mut tenant);
    administrators::enter(&mut tenant);
    links(&mut tenant);
    administrators::link(&mut tenant);
    tenant.now = epoch;
    applications(&mut tenant);
    if let Some(zoe) = tenant.handle(cast::ZOE) {
        tenant.delete_softly(zoe);
    }
    if let Some(old) = tenant.handle(cast::OLD_FINANCE) {
        tenant.delete_softly(old);
    }
    tenant
}

/// [`cast::EPOCH`], parsed.
pub(super) fn epoch() -> Timestamp {
    cast::EPOCH.parse().unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A constant of the cast, parsed; a unit test proves that all are GUIDs.
pub(super) fn id(text: &str) -> Uuid {
    Uuid::try_parse(text).unwrap_or(Uuid::nil())
}

fn people(tenant: &mut Tenant) {
    let members = [
        (cast::ALICE, "Alice", "Archer", true),
        (cast::BOB, "Bob", "Berg", true),
        (cast::CAROL, "Carol", "Cruz", true),
        (cast::DAVE, "Dave", "Dunn", false),
        (cast::FRANK, "Frank", "Ferro", true),
        (cast::ZOE, "Zoe", "Zimmer", true),
    ];
    for (object_id, given, surname, enabled) in members {
        let nickname = given.to_lowercase();
        let address = format!("{nickname}@{}", cast::DOMAIN);
        let user = User {
            display_name: format!("{given} {surname}"),
            given_name: Some(given.into()),
            surname: Some(surname.into()),
            user_principal_name: address.clone(),
            mail: Some(address),
            mail_nickname: nickname,
            department: Some("Finance".into()),
            enabled,
            ..User::default()
        };
        add(tenant, object_id, Body::User(Box::new(user)));
    }
    let erin = User {
        display_name: "Erin Ek".into(),
        user_principal_name: cast::ERIN_USER_PRINCIPAL_NAME.into(),
        mail: Some("erin@fabrikam.com".into()),
        mail_nickname: "erin_fabrikam.com#EXT#".into(),
        enabled: true,
        guest: true,
        ..User::default()
    };
    add(tenant, cast::ERIN, Body::User(Box::new(erin)));
}

fn things(tenant: &mut Tenant) {
    let home_tenant = tenant.id;
    let mut principal = |object_id, name: &str, application_id| {
        let body = ServicePrincipal {
            display_name: name.into(),
            application_id,
            enabled: true,
            home_tenant,
            ..ServicePrincipal::default()
        };
        add(tenant, object_id, Body::ServicePrincipal(Box::new(body)));
    };
    principal(cast::SERVICE_PRINCIPAL_ID, cast::APPLICATION_NAME, id(cast::CLIENT_ID));
    principal(cast::BUILD_ROBOT, "Build Robot", id("5e000000-0000-4000-8000-00000000a001"));
    let laptop = Device {
        display_name: "LAPTOP-0001".into(),
        device_id: id("de000000-0000-4000-8000-00000000d001"),
        enabled: true,
    };
    add(tenant, cast::LAPTOP, Body::Device(Box::new(laptop)));
    let nina = Contact { display_name: "Nina News".into(), mail: "nina@news.example".into() };
    add(tenant, cast::NINA, Body::OrgContact(Box::new(nina)));
    add(tenant, cast::RESTRICTED_UNIT, unit("Restricted Vaults", true));
    add(tenant, cast::UNIT_EMEA, unit("EMEA", false));
    let role = Body::Role("Global Administrator".into(), id(cast::GLOBAL_ADMINISTRATOR));
    add(tenant, "d1000000-0000-4000-8000-000000000001", role);
}

fn unit(name: &str, restricted: bool) -> Body {
    Body::Unit(Unit { display_name: name.into(), restricted, ..Unit::default() })
}

fn groups(tenant: &mut Tenant) {
    let everyone = "user.accountEnabled -eq true";
    let dynamic = |paused| GroupKind::DynamicSecurity { rule: everyone.into(), paused };
    let groups = [
        (cast::FINANCE, "Finance", GroupKind::Security),
        (cast::FINANCE_LEADS, "Finance Leads", GroupKind::Security),
        (cast::ENGINEERING, "Engineering", GroupKind::Security),
        (cast::PLATFORM, "Platform", GroupKind::Security),
        (cast::ALL_STAFF, "All Staff", dynamic(false)),
        (cast::ALL_STAFF_PAUSED, "All Staff Paused", dynamic(true)),
        (cast::WAREHOUSE, "Warehouse", GroupKind::Synced),
        (cast::PRESS, "Press", GroupKind::Distribution),
        (cast::BUILDING_SECURITY, "Building Security", GroupKind::MailEnabledSecurity),
        (cast::PROJECT_PHOENIX, "Project Phoenix", GroupKind::Team),
        (cast::WORKS_COUNCIL, "Works Council", GroupKind::HiddenMembership),
        (cast::TIER_0_OPERATORS, "Tier 0 Operators", GroupKind::RoleAssignable),
        (cast::PAYROLL_VAULT, "Payroll Vault", GroupKind::Restricted),
        (cast::OLD_FINANCE, "Old Finance", GroupKind::Security),
        (cast::CIRCLE_A, "Circle A", GroupKind::Security),
        (cast::CIRCLE_B, "Circle B", GroupKind::Security),
        (cast::EMPTY_ROOM, "Empty Room", GroupKind::Security),
        (cast::LAB_MACHINES, "Lab Machines", GroupKind::Security),
    ];
    for (object_id, name, kind) in groups {
        let body = Group::named(name, kind, Some(format!("{name} (Contoso)")));
        add(tenant, object_id, Body::Group(Box::new(body)));
    }
}

fn links(tenant: &mut Tenant) {
    let members = [
        (cast::FINANCE, cast::BOB),
        (cast::FINANCE, cast::CAROL),
        (cast::FINANCE, cast::FINANCE_LEADS),
        (cast::FINANCE_LEADS, cast::FRANK),
        (cast::ENGINEERING, cast::PLATFORM),
        (cast::ENGINEERING, cast::BUILD_ROBOT),
        (cast::PLATFORM, cast::BOB),
        (cast::WAREHOUSE, cast::DAVE),
        (cast::PRESS, cast::ALICE),
        (cast::PRESS, cast::NINA),
        (cast::BUILDING_SECURITY, cast::BOB),
        (cast::PROJECT_PHOENIX, cast::ALICE),
        (cast::PROJECT_PHOENIX, cast::BOB),
        (cast::PROJECT_PHOENIX, cast::ERIN),
        (cast::WORKS_COUNCIL, cast::CAROL),
        (cast::TIER_0_OPERATORS, cast::ALICE),
        (cast::PAYROLL_VAULT, cast::CAROL),
        (cast::OLD_FINANCE, cast::BOB),
        (cast::CIRCLE_A, cast::CIRCLE_B),
        (cast::CIRCLE_B, cast::CIRCLE_A),
        (cast::CIRCLE_B, cast::FRANK),
        (cast::LAB_MACHINES, cast::LAPTOP),
        (cast::RESTRICTED_UNIT, cast::PAYROLL_VAULT),
        (cast::UNIT_EMEA, cast::FINANCE),
    ];
    for (group, member) in members {
        tenant.add_member(group, member);
    }
    for person in [cast::ALICE, cast::BOB, cast::CAROL, cast::ERIN, cast::FRANK] {
        tenant.add_member(cast::ALL_STAFF, person);
        tenant.add_member(cast::ALL_STAFF_PAUSED, person);
    }
    tenant.add_owner(cast::FINANCE, cast::CAROL);
    tenant.add_owner(cast::PROJECT_PHOENIX, cast::ALICE);
}

fn applications(tenant: &mut Tenant) {
    let now = tenant.now;
    let days =
        |count: i64| now.saturating_add(SignedDuration::from_hours(24 * count)).unwrap_or(now);
    let secret = |secret_id, value: &str, name: &str, start, end| Secret {
        id: id(secret_id),
        value: value.into(),
        name: name.into(),
        created: days(start),
        start: days(start),
        end: days(end),
    };
    tenant.applications.push(Application {
        object_id: id(cast::APPLICATION_OBJECT_ID),
        application_id: id(cast::CLIENT_ID),
        display_name: cast::APPLICATION_NAME.into(),
        created: days(-400),
        secrets: vec![
            secret(cast::SECRET_ID, cast::SECRET, "Doorward production", -30, 700),
            secret(cast::EXPIRED_SECRET_ID, cast::EXPIRED_SECRET, "Doorward first", -400, -35),
        ],
        keys: Vec::new(),
        federated: Vec::new(),
    });
    tenant.applications.push(Application {
        object_id: id("d0080000-0000-4000-8000-000000000007"),
        application_id: id(cast::ORPHAN_CLIENT_ID),
        display_name: "Orphan".into(),
        created: days(-400),
        secrets: Vec::new(),
        keys: Vec::new(),
        federated: Vec::new(),
    });
    tenant.applications.push(Application {
        object_id: id(cast::SCOPED_APPLICATION_OBJECT_ID),
        application_id: id(cast::SCOPED_CLIENT_ID),
        display_name: cast::SCOPED_APPLICATION_NAME.into(),
        created: days(-400),
        secrets: vec![secret(cast::SCOPED_SECRET_ID, cast::SCOPED_SECRET, "EMEA", -30, 700)],
        keys: Vec::new(),
        federated: Vec::new(),
    });
}

pub(super) fn add(tenant: &mut Tenant, object_id: &str, body: Body) -> Handle {
    tenant.insert(id(object_id), body)
}
