//! Which application permissions allow what (facts §0, §2.2), each list from what can do least to what can do
//! most: the first that a token carries is what authorised the request.

use super::deeds::Deed;
use crate::settings::Settings;
use crate::tenant::{Kind, Link};

/// Things that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    Kind(Kind),
    /// Members and transitive members of groups.
    Members,
    /// Owners of groups.
    Owners,
    /// What an object is a member or owner of.
    Holders(Kind),
    Organization,
    Applications,
    /// `/servicePrincipals` and `/applications` as collections.
    PrincipalCollections,
    RoleAssignments,
    RoleDefinitions,
    /// Members of an administrative unit.
    UnitMembers,
    /// Who holds a role at an administrative unit.
    ScopedRoleMembers,
    AnyObject,
    HiddenMembers,
    /// Who holds the app roles of an application.
    AppRoleAssignedTo,
    /// The app roles that objects of a kind hold.
    AppRoleAssignments(Kind),
    /// Users at risk.
    Risk,
}

const DIRECTORY: [&str; 2] = ["Directory.Read.All", "Directory.ReadWrite.All"];
const USERS: [&str; 4] =
    ["User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];
const GROUPS: [&str; 6] = [
    "GroupMember.Read.All",
    "Group.Read.All",
    "GroupMember.ReadWrite.All",
    "Directory.Read.All",
    "Group.ReadWrite.All",
    "Directory.ReadWrite.All",
];
const LINKS: [&str; 6] = [
    "GroupMember.ReadBasic.All",
    "GroupMember.Read.All",
    "Group.Read.All",
    "GroupMember.ReadWrite.All",
    "Directory.Read.All",
    "Group.ReadWrite.All",
];
const HOLDERS_OF_USERS: [&str; 8] = [
    "User.Read.All",
    "GroupMember.Read.All",
    "Group.Read.All",
    "User.ReadWrite.All",
    "GroupMember.ReadWrite.All",
    "Directory.Read.All",
    "Group.ReadWrite.All",
    "Directory.ReadWrite.All",
];
const APPLICATIONS: [&str; 5] = [
    "Application.Read.All",
    "Application.ReadWrite.OwnedBy",
    "Application.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
const DEVICES: [&str; 4] =
    ["Device.Read.All", "Device.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];
const CONTACTS: [&str; 3] =
    ["OrgContact.Read.All", "Directory.Read.All", "Directory.ReadWrite.All"];
const UNITS: [&str; 4] = [
    "AdministrativeUnit.Read.All",
    "AdministrativeUnit.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
const ROLES: [&str; 3] = [
    "RoleManagement.Read.Directory",
    "RoleManagement.Read.All",
    "RoleManagement.ReadWrite.Directory",
];
const DIRECTORY_ROLES: [&str; 4] = [
    "RoleManagement.Read.Directory",
    "Directory.Read.All",
    "RoleManagement.ReadWrite.Directory",
    "Directory.ReadWrite.All",
];
const ORGANIZATION: [&str; 4] = [
    "Organization.Read.All",
    "Organization.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
/// The only one that gives and takes roles (facts §0).
pub(super) const ROLE_ASSIGNERS: [&str; 1] = ["RoleManagement.ReadWrite.Directory"];
/// Who changes the credentials of any app registration; not in the facts.
pub(crate) const APPLICATION_WRITERS: [&str; 1] = ["Application.ReadWrite.All"];

/// Who makes users and changes them.
pub(crate) const USER_WRITERS: [&str; 2] = ["User.ReadWrite.All", "Directory.ReadWrite.All"];
/// Who invites guests.
pub(crate) const INVITERS: [&str; 3] =
    ["User.Invite.All", "User.ReadWrite.All", "Directory.ReadWrite.All"];

impl Read {
    /// The permissions that allow it by the facts.
    pub(super) fn permissions(self) -> &'static [&'static str] {
        match self {
            Self::Kind(Kind::User) => &USERS,
            Self::Kind(Kind::Group) | Self::Holders(Kind::Group) => &GROUPS,
            Self::Kind(Kind::ServicePrincipal)
            | Self::Holders(Kind::ServicePrincipal)
            | Self::Applications => &APPLICATIONS,
            Self::Kind(Kind::Device) => &DEVICES,
            Self::Kind(Kind::OrgContact) => &CONTACTS,
            Self::Kind(Kind::AdministrativeUnit) | Self::UnitMembers => &UNITS,
            Self::Kind(Kind::DirectoryRole) => &DIRECTORY_ROLES,
            Self::Members | Self::Owners => &LINKS,
            Self::Holders(Kind::User) => &HOLDERS_OF_USERS,
            Self::Holders(_) | Self::AnyObject => &DIRECTORY,
            Self::Organization => &ORGANIZATION,
            // Without the last one, which is a switch.
            Self::PrincipalCollections => &[
                "Application.Read.All",
                "Application.ReadWrite.OwnedBy",
                "Application.ReadWrite.All",
                "Directory.Read.All",
            ],
            Self::RoleAssignments | Self::RoleDefinitions => &ROLES,
            // Who may read them is not in the facts: whoever may read roles, as for roleAssignments, or units.
            Self::ScopedRoleMembers => &[
                "RoleManagement.Read.Directory",
                "AdministrativeUnit.Read.All",
                "Directory.Read.All",
                "RoleManagement.ReadWrite.Directory",
                "Directory.ReadWrite.All",
            ],
            Self::HiddenMembers => &["Member.Read.Hidden"],
            Self::AppRoleAssignedTo | Self::AppRoleAssignments(Kind::ServicePrincipal) => {
                &APPLICATIONS
            }
            Self::Risk => &["IdentityRiskyUser.Read.All", "IdentityRiskyUser.ReadWrite.All"],
            Self::AppRoleAssignments(_) => &[
                "Directory.Read.All",
                "AppRoleAssignment.ReadWrite.All",
                "Directory.ReadWrite.All",
            ],
        }
    }

    /// `Directory.ReadWrite.All` where the facts call it UNCONFIRMED.
    pub(super) fn switched(self, settings: &Settings) -> Option<&'static str> {
        let on = match self {
            Self::Members | Self::Owners => settings.directory_write_reads_members,
            Self::PrincipalCollections => settings.directory_write_lists_principals,
            _ => false,
        };
        on.then_some("Directory.ReadWrite.All")
    }

    /// The deeds of which one must be allowed by a role; hidden members need their permission.
    pub(super) fn deeds(self) -> &'static [Deed] {
        const READ: &str = "standard/read";
        match self {
            Self::Kind(Kind::User) => &[Deed("users", READ)],
            Self::Kind(Kind::Group) => &[Deed("groups", READ)],
            Self::Kind(Kind::ServicePrincipal) | Self::PrincipalCollections => {
                &[Deed("servicePrincipals", READ)]
            }
            Self::Kind(Kind::Device) => &[Deed("devices", READ)],
            Self::Kind(Kind::OrgContact) => &[Deed("contacts", READ)],
            Self::Kind(Kind::AdministrativeUnit) => &[Deed("administrativeUnits", READ)],
            Self::Kind(Kind::DirectoryRole) => &[Deed("directoryRoles", READ)],
            Self::Members => &[Deed("groups", "members/read")],
            Self::Owners => &[Deed("groups", "owners/read")],
            Self::Holders(Kind::User) => &[Deed("users", "memberOf/read")],
            Self::Holders(Kind::Group) => &[Deed("groups", "memberOf/read")],
            Self::Holders(Kind::ServicePrincipal) => &[Deed("servicePrincipals", "memberOf/read")],
            Self::Holders(Kind::Device) => &[Deed("devices", "memberOf/read")],
            Self::Holders(_) => &[Deed("contacts", "memberOf/read")],
            Self::Organization => &[Deed("organization", READ)],
            Self::Applications => &[Deed("applications", READ)],
            Self::RoleAssignments => &[Deed("roleAssignments", READ)],
            Self::RoleDefinitions => &[Deed("roleDefinitions", READ)],
            Self::UnitMembers => &[Deed("administrativeUnits", "members/read")],
            Self::ScopedRoleMembers => {
                &[Deed("roleAssignments", READ), Deed("administrativeUnits", "members/read")]
            }
            // Whoever may read users by a role may read all that Directory Readers may.
            Self::AnyObject => &[Deed("users", READ)],
            // Which Entra roles read risks over Graph is not in the facts.
            Self::HiddenMembers | Self::Risk => &[],
            Self::AppRoleAssignedTo => &[Deed("servicePrincipals", "appRoleAssignedTo/read")],
            Self::AppRoleAssignments(Kind::User) => &[Deed("users", "appRoleAssignments/read")],
            Self::AppRoleAssignments(Kind::Group) => &[Deed("groups", "appRoleAssignments/read")],
            Self::AppRoleAssignments(_) => &[Deed("servicePrincipals", "appRoleAssignments/read")],
        }
    }
}

/// Changes of a group's links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    PostMember,
    BindMember,
    RemoveMember,
    Owner,
}

impl Change {
    /// Owners are changed by the same permissions whatever the method is.
    pub(crate) fn or_owner(self, link: Link) -> Self {
        match link {
            Link::Member => self,
            Link::Owner => Self::Owner,
        }
    }

    /// The permissions of facts §0 for this kind of write.
    pub(crate) fn permissions(self, settings: &Settings) -> Vec<&'static str> {
        let (small, large) = match self {
            Self::PostMember => (true, settings.directory_write_posts_members),
            Self::BindMember => (settings.group_member_write_patches_members, true),
            Self::RemoveMember => (true, true),
            Self::Owner => (false, true),
        };
        let all = [
            (small, "GroupMember.ReadWrite.All"),
            (true, "Group.ReadWrite.All"),
            (large, "Directory.ReadWrite.All"),
        ];
        all.into_iter().filter(|(allows, _)| *allows).map(|(_, name)| name).collect()
    }
}

/// Who deletes and restores objects of a kind (facts §2.2, danger).
pub(crate) fn deleters(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::User => &["User.DeleteRestore.All", "User.ReadWrite.All"],
        Kind::Group => &["Group.ReadWrite.All"],
        Kind::Device => &["Device.ReadWrite.All"],
        Kind::ServicePrincipal => &["Application.ReadWrite.All", "Directory.ReadWrite.All"],
        Kind::OrgContact | Kind::AdministrativeUnit | Kind::DirectoryRole => &[],
    }
}

/// The entity of a kind in a role's actions.
pub(crate) fn entity_of(kind: Kind) -> &'static str {
    match kind {
        Kind::User => "users",
        Kind::Group => "groups",
        Kind::ServicePrincipal => "servicePrincipals",
        Kind::Device => "devices",
        Kind::OrgContact => "contacts",
        Kind::AdministrativeUnit => "administrativeUnits",
        Kind::DirectoryRole => "directoryRoles",
    }
}
