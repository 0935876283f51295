//! Administrative units and role assignments of a generated tenant.

use uuid::Uuid;

use super::{Body, Handle, Kind, Link, Scope, Size, Tenant, Unit};
use crate::cast;
use crate::random::{below, draw, guid};

/// Members of one unit, at most.
const UNIT_SIZE: usize = 200;

/// Roles that generated principals hold; never Global Administrator, whose holders the cast names.
const AT_TENANT: [&str; 5] = [
    "Directory Readers",
    "Helpdesk Administrator",
    "User Administrator",
    "Security Reader",
    "Global Reader",
];
const AT_UNIT: [&str; 3] =
    ["Helpdesk Administrator", "User Administrator", "License Administrator"];

/// About one user and one group in a hundred is in a unit, one user in two hundred holds a role.
pub(super) fn generate(tenant: &mut Tenant, size: &Size, users: &[Handle], groups: &[Handle]) {
    let seed = size.seed;
    let mut members = pick(seed, "unit user", users, users.len().div_ceil(100));
    members.extend(pick(seed, "unit group", groups, groups.len().div_ceil(100)));
    members.retain(|member| tenant.object(*member).is_live());
    // Dealt out, so that each unit holds users and groups.
    let count = members.len().div_ceil(UNIT_SIZE);
    let units: Vec<Handle> = (0..count as u64).map(|number| unit(tenant, seed, number)).collect();
    for (place, member) in members.into_iter().enumerate() {
        if let Some(unit) = place.checked_rem(count).and_then(|place| units.get(place)) {
            tenant.link(Link::Member, *unit, member);
        }
    }
    roles(tenant, seed, users, groups, &units);
}

fn unit(tenant: &mut Tenant, seed: u64, number: u64) -> Handle {
    let body = Unit {
        display_name: format!("Region {number}"),
        description: number.is_multiple_of(2).then(|| format!("Region {number} of Contoso")),
        ..Unit::default()
    };
    let born = super::generate::created(tenant, number);
    tenant.insert_unnamed(guid(seed, "unit", number), born, Body::Unit(body))
}

fn roles(tenant: &mut Tenant, seed: u64, users: &[Handle], groups: &[Handle], units: &[Handle]) {
    let holders = pick(seed, "role holder", users, users.len().div_ceil(200));
    for (number, holder) in (0_u64..).zip(holders) {
        assign(tenant, &AT_TENANT, draw(seed, "role", number), holder, Scope::Tenant);
    }
    let assignable = groups.iter().copied().filter(|group| {
        let group = tenant.object(*group);
        group.is_live()
            && matches!(&group.body, Body::Group(group) if group.kind == crate::GroupKind::RoleAssignable)
    });
    for (number, group) in (0_u64..).zip(assignable.collect::<Vec<_>>()) {
        assign(tenant, &AT_TENANT, draw(seed, "group role", number), group, Scope::Tenant);
    }
    for (number, unit) in (0_u64..).zip(units) {
        let scope = Scope::Unit(tenant.object(*unit).id);
        for holder in pick(seed ^ number, "unit administrator", users, 1) {
            assign(tenant, &AT_UNIT, draw(seed, "unit role", number), holder, scope);
        }
    }
    let application = Uuid::try_parse(cast::APPLICATION_OBJECT_ID).unwrap_or_default();
    for holder in pick(seed, "application administrator", users, 1) {
        let scope = Scope::Application(application);
        assign(tenant, &["Application Administrator"], 0, holder, scope);
    }
}

fn assign(tenant: &mut Tenant, names: &[&str], draw: u64, holder: Handle, scope: Scope) {
    let place = draw.checked_rem(names.len() as u64).unwrap_or(0);
    let name = usize::try_from(place).ok().and_then(|place| names.get(place)).copied();
    let role = name.and_then(|name| tenant.role_definition(name));
    let fits = matches!(tenant.object(holder).kind(), Kind::User | Kind::Group);
    if let (Some(role), true) = (role.and_then(|role| Uuid::try_parse(&role).ok()), fits) {
        tenant.assign(role, holder, scope);
    }
}

/// So many of a list, by seed, each at most once, ascending.
fn pick(seed: u64, purpose: &str, list: &[Handle], wanted: usize) -> Vec<Handle> {
    let mut picked: Vec<Handle> = (0..wanted as u64)
        .filter_map(|number| {
            let place = below(seed, purpose, number, list.len() as u64);
            usize::try_from(place).ok().and_then(|place| list.get(place)).copied()
        })
        .collect();
    picked.sort_unstable();
    picked.dedup();
    picked
}
