//! What a connection may be for, each use with the smallest set of permissions (facts §0).

use doorward_core::{Ability, SetupGuide, Use, WantedAbility};

use crate::authority::{
    GRANT_ELIGIBLE, GRANT_UNTIL, HIDDEN_MEMBERSHIP, REVOKE, REVOKE_ELIGIBLE, TENANT,
};
use crate::kinds::{ASSIGNED, Kind, MEMBER, OWNER};
use crate::manageability::{MICROSOFT_365, ROLE_ASSIGNABLE, SECURITY};
use crate::permissions::{
    APPLICATION_READ, APPLICATION_WRITE, ASSIGNMENT_SCHEDULE_REMOVE, ASSIGNMENT_SCHEDULE_WRITE,
    CONTACT_READ, DEVICE_READ, DEVICE_WRITE, DIRECTORY_WRITE, ELIGIBILITY_SCHEDULE_REMOVE,
    ELIGIBILITY_SCHEDULE_WRITE, GROUP_MEMBER_READ, GROUP_MEMBER_WRITE, GROUP_WRITE, HIDDEN_READ,
    ORGANIZATION_READ, ROLE_READ, ROLE_WRITE, UNIT_READ, USER_READ,
};
use crate::setup;

/// The one with an Entra role instead of a permission.
pub(crate) const GROUPS_SCOPED: &str = "groups-scoped";
/// Roles through PIM.
pub(crate) const ROLES_JIT: &str = "roles-jit";
/// The same, and only to take.
pub(crate) const ROLES_REMOVE: &str = "roles-remove";
/// The one of the integration guide.
pub(crate) const GUIDE: &str = "guide";

/// The descriptor's list. Uses that this connector cannot serve yet (PIM for groups, app roles, risk)
/// are not in it: their permissions would lie idle.
pub(crate) fn uses() -> Vec<Use> {
    let members = || changes(MEMBER, &[GROUP_MEMBER_WRITE]);
    vec![
        of(
            "read",
            "See users, groups with their members and owners, and who holds which role.",
            reads(),
        ),
        of(
            "read-hidden",
            "See the members of groups with hidden membership as well.",
            and_reads([WantedAbility {
                classes: vec![HIDDEN_MEMBERSHIP.to_owned()],
                ..read(Kind::Group, Some(MEMBER), HIDDEN_READ)
            }]),
        ),
        of(
            "read-units",
            "See administrative units as well.",
            and_reads([read(Kind::Unit, None, UNIT_READ)]),
        ),
        of(
            "read-applications",
            "See service principals and applications as well, and when the secret ends.",
            and_reads([
                read(Kind::ServicePrincipal, None, APPLICATION_READ),
                read(Kind::Application, None, APPLICATION_READ),
            ]),
        ),
        of(
            "read-devices",
            "See devices as well.",
            and_reads([read(Kind::Device, None, DEVICE_READ)]),
        ),
        of(
            "read-contacts",
            "See organizational contacts as well.",
            and_reads([read(Kind::Contact, None, CONTACT_READ)]),
        ),
        of(
            GROUPS_SCOPED,
            "Change the members of the groups in one administrative unit, and of no other: by an Entra role, without a permission to write.",
            and_reads(changes(MEMBER, &[]).map(|wanted| WantedAbility {
                within: Some(Kind::Unit.name().to_owned()),
                classes: Vec::new(),
                ..wanted
            })),
        ),
        of("groups", "Change which users and groups are members of a group.", and_reads(members())),
        of(
            "groups-service-principals",
            "Change which service principals are members of a group.",
            and_reads(members().into_iter().chain([
                read(Kind::ServicePrincipal, None, APPLICATION_WRITE),
                adds(Kind::ServicePrincipal, APPLICATION_WRITE),
            ])),
        ),
        of(
            "groups-devices",
            "Change which devices are members of a group.",
            and_reads(
                members().into_iter().chain([
                    read(Kind::Device, None, DEVICE_WRITE),
                    adds(Kind::Device, DEVICE_WRITE),
                ]),
            ),
        ),
        of(
            "groups-contacts",
            "Change which organizational contacts are members of a group.",
            and_reads(members().into_iter().chain([
                read(Kind::Contact, None, CONTACT_READ),
                adds(Kind::Contact, CONTACT_READ),
            ])),
        ),
        of("owners", "Change the owners of groups.", and_reads(changes(OWNER, &[GROUP_WRITE]))),
        of(
            "role-assignable",
            "Change the members of groups that can be assigned to a role.",
            and_reads(changes(MEMBER, &[GROUP_MEMBER_WRITE, ROLE_WRITE]).map(of_role_assignable)),
        ),
        of(
            "roles-permanent",
            "Give and take directory roles for good.",
            and_reads(changes_roles()),
        ),
        of(
            ROLES_JIT,
            "Give directory roles for a time or as eligibility, and take them, through Privileged Identity Management.",
            and_reads(by_pim(ASSIGNMENT_SCHEDULE_WRITE, ELIGIBILITY_SCHEDULE_WRITE)),
        ),
        of(
            ROLES_REMOVE,
            "Take directory roles and eligibility for them, and give none.",
            and_reads(
                by_pim(ASSIGNMENT_SCHEDULE_REMOVE, ELIGIBILITY_SCHEDULE_REMOVE)
                    .into_iter()
                    .filter(|wanted| wanted.ability.action.starts_with(REVOKE)),
            ),
        ),
        of(
            GUIDE,
            "What the integration guide asks for: read, and change members, owners and roles.",
            guide(),
        ),
    ]
}

fn of(name: &str, purpose: &str, abilities: impl IntoIterator<Item = WantedAbility>) -> Use {
    Use {
        name: name.to_owned(),
        purpose: purpose.to_owned(),
        abilities: abilities.into_iter().collect(),
        setup: match name {
            GROUPS_SCOPED => setup::scoped(),
            ROLES_JIT | ROLES_REMOVE => setup::pim_warnings(),
            GUIDE => setup::guide_warnings(),
            _ => SetupGuide::default(),
        },
    }
}

fn wanted(
    action: &str,
    kind: &str,
    entitlement: Option<&str>,
    permissions: &[&str],
) -> WantedAbility {
    WantedAbility {
        ability: Ability {
            action: action.to_owned(),
            kind: kind.to_owned(),
            entitlement: entitlement.map(str::to_owned),
            principal: None,
        },
        permissions: permissions.iter().map(|name| (*name).to_owned()).collect(),
        classes: Vec::new(),
        within: None,
    }
}

fn read(kind: Kind, entitlement: Option<&str>, permission: &str) -> WantedAbility {
    wanted("read", kind.name(), entitlement, &[permission])
}

/// The use `read`, which every other one but the guide's builds on.
fn reads() -> [WantedAbility; 7] {
    [
        read(Kind::User, None, USER_READ),
        read(Kind::Group, None, GROUP_MEMBER_READ),
        read(Kind::Group, Some(MEMBER), GROUP_MEMBER_READ),
        read(Kind::Group, Some(OWNER), GROUP_MEMBER_READ),
        read(Kind::Role, None, ROLE_READ),
        read(Kind::Role, Some(ASSIGNED), ROLE_READ),
        wanted("read", TENANT, None, &[ORGANIZATION_READ]),
    ]
}

fn and_reads(more: impl IntoIterator<Item = WantedAbility>) -> impl Iterator<Item = WantedAbility> {
    reads().into_iter().chain(more)
}

/// Both ways, on every group that anything of ours changes, but for those that can hold roles.
fn changes(entitlement: &str, permissions: &[&str]) -> [WantedAbility; 2] {
    let classes = [SECURITY, MICROSOFT_365].map(str::to_owned).to_vec();
    ["grant", "revoke"].map(|action| WantedAbility {
        classes: classes.clone(),
        ..wanted(action, Kind::Group.name(), Some(entitlement), permissions)
    })
}

fn of_role_assignable(wanted: WantedAbility) -> WantedAbility {
    WantedAbility { classes: vec![ROLE_ASSIGNABLE.to_owned()], ..wanted }
}

fn changes_roles() -> [WantedAbility; 2] {
    ["grant", "revoke"]
        .map(|action| wanted(action, Kind::Role.name(), Some(ASSIGNED), &[ROLE_WRITE]))
}

/// What PIM changes, with the permissions for what is active and what is eligible.
fn by_pim(active: &str, eligible: &str) -> [WantedAbility; 4] {
    [
        (GRANT_UNTIL, active),
        (GRANT_ELIGIBLE, eligible),
        (REVOKE, active),
        (REVOKE_ELIGIBLE, eligible),
    ]
    .map(|(action, permission)| wanted(action, Kind::Role.name(), Some(ASSIGNED), &[permission]))
}

/// What members of these kinds need on top (facts §0).
fn adds(principal: Kind, extra: &str) -> WantedAbility {
    let [mut grant, _] = changes(MEMBER, &[GROUP_MEMBER_WRITE, extra]);
    grant.ability.principal = Some(principal.name().to_owned());
    grant
}

/// Everything, by two permissions.
fn guide() -> Vec<WantedAbility> {
    let by_directory = |one: WantedAbility| {
        let name = if one.ability.kind == Kind::Role.name() { ROLE_WRITE } else { DIRECTORY_WRITE };
        WantedAbility { permissions: vec![name.to_owned()], ..one }
    };
    let links = [MEMBER, OWNER].into_iter().flat_map(|entitlement| changes(entitlement, &[]));
    let units = [read(Kind::Unit, None, "")];
    let plain = reads().into_iter().chain(units).chain(links).chain(changes_roles());
    let assignable = [MEMBER, OWNER].into_iter().flat_map(|entitlement| {
        changes(entitlement, &[DIRECTORY_WRITE, ROLE_WRITE]).map(of_role_assignable)
    });
    plain.map(by_directory).chain(assignable).collect()
}
