//! What a caller may do: from the roles in its token (facts §0), then from Entra roles and ownership (§2.2).

use uuid::Uuid;

use crate::cast;
use crate::settings::Settings;
use crate::tenant::{Handle, Kind, Link, Tenant};
use crate::token::Bearer;

/// The caller of a Graph request.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) bearer: Bearer,
    pub(crate) principal: Handle,
}

/// Things that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    Kind(Kind),
    /// Members, transitive members and owners of groups.
    Links,
    /// What an object is a member or owner of.
    Holders(Kind),
    Organization,
    Applications,
    /// `/servicePrincipals` and `/applications` as collections.
    PrincipalCollections,
    RoleAssignments,
    AnyObject,
    HiddenMembers,
}

const DIRECTORY: [&str; 2] = ["Directory.Read.All", "Directory.ReadWrite.All"];
const GROUPS: [&str; 4] =
    ["GroupMember.Read.All", "GroupMember.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All"];
const USERS: [&str; 2] = ["User.Read.All", "User.ReadWrite.All"];
const APPLICATIONS: [&str; 3] =
    ["Application.Read.All", "Application.ReadWrite.All", "Application.ReadWrite.OwnedBy"];

impl Caller {
    /// Whether the token carries any of these.
    pub(crate) fn has(&self, permissions: &[&str]) -> bool {
        self.bearer.roles.iter().any(|role| permissions.contains(&role.as_str()))
    }

    /// Whether the token, or a tenant-wide role of the service principal, allows to read this.
    pub(crate) fn may_read(&self, tenant: &Tenant, settings: &Settings, what: Read) -> bool {
        let directory = self.has(&DIRECTORY);
        let allowed = match what {
            Read::Kind(Kind::User) => directory || self.has(&USERS),
            Read::Kind(Kind::Group) => directory || self.has(&GROUPS),
            Read::Kind(Kind::ServicePrincipal) | Read::Applications => {
                directory || self.has(&APPLICATIONS)
            }
            Read::Kind(Kind::Device) => {
                directory || self.has(&["Device.Read.All", "Device.ReadWrite.All"])
            }
            Read::Kind(Kind::OrgContact) => directory || self.has(&["OrgContact.Read.All"]),
            Read::Kind(Kind::AdministrativeUnit) => {
                directory
                    || self
                        .has(&["AdministrativeUnit.Read.All", "AdministrativeUnit.ReadWrite.All"])
            }
            Read::Kind(Kind::DirectoryRole) => {
                directory
                    || self.has(&[
                        "RoleManagement.Read.Directory",
                        "RoleManagement.ReadWrite.Directory",
                    ])
            }
            Read::Links => {
                self.has(&GROUPS)
                    || self.has(&["GroupMember.ReadBasic.All", "Directory.Read.All"])
                    || (settings.directory_write_reads_members
                        && self.has(&["Directory.ReadWrite.All"]))
            }
            Read::Holders(Kind::User) => directory || self.has(&GROUPS) || self.has(&USERS),
            Read::Holders(Kind::Group) => directory || self.has(&GROUPS),
            Read::Holders(Kind::ServicePrincipal) => directory || self.has(&APPLICATIONS),
            Read::Holders(_) | Read::AnyObject => directory,
            Read::Organization => {
                directory || self.has(&["Organization.Read.All", "Organization.ReadWrite.All"])
            }
            Read::PrincipalCollections => {
                self.has(&APPLICATIONS)
                    || self.has(&["Directory.Read.All"])
                    || (settings.directory_write_lists_principals
                        && self.has(&["Directory.ReadWrite.All"]))
            }
            Read::RoleAssignments => self.has(&[
                "RoleManagement.Read.Directory",
                "RoleManagement.ReadWrite.Directory",
                "RoleManagement.Read.All",
            ]),
            Read::HiddenMembers => self.has(&["Member.Read.Hidden"]),
        };
        let by_role = what != Read::HiddenMembers
            && self.holds_role(tenant, cast::GLOBAL_ADMINISTRATOR, None);
        allowed || by_role
    }

    /// Whether the service principal holds an Entra role at `/`, or at the given unit.
    pub(crate) fn holds_role(&self, tenant: &Tenant, role: &str, unit: Option<Uuid>) -> bool {
        tenant.role_assignments.iter().any(|assignment| {
            assignment.principal == self.principal
                && assignment.role.to_string() == role
                && (assignment.unit.is_none() || assignment.unit == unit)
        })
    }

    pub(crate) fn owns(&self, tenant: &Tenant, group: Handle) -> bool {
        tenant.holds(Link::Owner, group, self.principal)
    }

    /// Whether a role at `/` or at a unit that holds the group lets this caller change its links.
    pub(crate) fn administers(&self, tenant: &Tenant, group: Handle) -> bool {
        let at = |unit| {
            self.holds_role(tenant, cast::GROUPS_ADMINISTRATOR, unit)
                || self.holds_role(tenant, cast::GLOBAL_ADMINISTRATOR, unit)
        };
        at(None)
            || tenant
                .object(group)
                .holders(Link::Member)
                .iter()
                .any(|unit| at(Some(tenant.object(*unit).id)))
    }

    /// Whether a role is held exactly at a restricted unit of the group: the only way in (facts §0).
    pub(crate) fn administers_restricted(&self, tenant: &Tenant, group: Handle) -> bool {
        tenant.restricting_units(group).any(|unit| {
            tenant.role_assignments.iter().any(|assignment| {
                assignment.principal == self.principal
                    && assignment.unit == Some(unit.id)
                    && [cast::GROUPS_ADMINISTRATOR, cast::GLOBAL_ADMINISTRATOR]
                        .contains(&assignment.role.to_string().as_str())
            })
        })
    }
}
