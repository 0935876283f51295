//! The kinds of directory objects and how Graph addresses them.

use doorward_core::{Error, ErrorKind, ObjectRef, Path, Result};

use crate::permissions::{
    Purpose, READ_APPLICATIONS, READ_CONTACTS, READ_DEVICES, READ_GROUPS, READ_MEMBERSHIPS,
    READ_OTHER_MEMBERSHIPS, READ_ROLES, READ_SERVICE_PRINCIPALS, READ_UNITS, READ_USERS,
};

/// The right to be a member.
pub(crate) const MEMBER: &str = "member";
/// The right to own.
pub(crate) const OWNER: &str = "owner";
/// The right of a role to those whom it is assigned to.
pub(crate) const ASSIGNED: &str = "assigned";

/// A kind of object: those that can hold access (facts §3.2), roles (§3.4), and what a role can be
/// limited to (§3.4, §3.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    User,
    ServicePrincipal,
    Group,
    Device,
    Contact,
    Role,
    Unit,
    Application,
}

/// The `@odata.type` of an administrative unit, which is no principal.
pub(crate) const UNIT_TYPE: &str = "#microsoft.graph.administrativeUnit";

const SELECT_USER: &str = "id,displayName,userPrincipalName,mail,accountEnabled,userType,department,createdDateTime,onPremisesSyncEnabled";
/// Facts §2.1: what tells the kinds of groups apart.
const SELECT_GROUP: &str = "id,displayName,description,groupTypes,mailEnabled,securityEnabled,mail,mailNickname,onPremisesSyncEnabled,membershipRule,membershipRuleProcessingState,isAssignableToRole,isManagementRestricted,visibility,resourceProvisioningOptions,assignedLicenses,createdDateTime";
const SELECT_SERVICE_PRINCIPAL: &str = "id,displayName,appId,accountEnabled,servicePrincipalType";
const SELECT_DEVICE: &str = "id,displayName,accountEnabled";
const SELECT_CONTACT: &str = "id,displayName,mail";
const SELECT_UNIT: &str =
    "id,displayName,description,visibility,isMemberManagementRestricted,membershipType";
const SELECT_APPLICATION: &str = "id,displayName,appId,createdDateTime";
/// What a list of several kinds is asked for: what users, groups and the others are told by.
pub(crate) const SELECT_MIXED: &str = "id,displayName,userPrincipalName,mail,accountEnabled,userType,createdDateTime,description,groupTypes,mailEnabled,securityEnabled,mailNickname,onPremisesSyncEnabled,membershipRule,membershipRuleProcessingState,isAssignableToRole,isManagementRestricted,visibility,resourceProvisioningOptions";

impl Kind {
    pub(crate) const ALL: [Self; 8] = [
        Self::User,
        Self::ServicePrincipal,
        Self::Group,
        Self::Device,
        Self::Contact,
        Self::Role,
        Self::Unit,
        Self::Application,
    ];

    /// The kind in records and selectors.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::ServicePrincipal => "service-principal",
            Self::Group => "group",
            Self::Device => "device",
            Self::Contact => "contact",
            Self::Role => "role",
            Self::Unit => "au",
            Self::Application => "application",
        }
    }

    /// The kind with an article, for messages.
    pub(crate) const fn article_name(self) -> &'static str {
        match self {
            Self::User => "a user",
            Self::ServicePrincipal => "a service principal",
            Self::Group => "a group",
            Self::Device => "a device",
            Self::Contact => "a contact",
            Self::Role => "a role",
            Self::Unit => "an administrative unit",
            Self::Application => "an application",
        }
    }

    pub(crate) fn parse(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidRequest,
                "unknown-kind",
                format!("Microsoft Entra ID has no objects of the kind `{name}` here."),
            )
            .remedy("Use user, group, service-principal, device, contact, role, au or application.")
        })
    }

    /// The kind of somebody who holds access.
    pub(crate) fn of_principal(principal: &ObjectRef) -> Result<Self> {
        let kind = Self::parse(&principal.kind)?;
        if !matches!(kind, Self::Role | Self::Unit | Self::Application) {
            return Ok(kind);
        }
        Err(Error::new(
            ErrorKind::InvalidRequest,
            "not-a-principal",
            format!("{principal} is {}, which holds no access.", kind.article_name()),
        )
        .remedy("Name a user, a group or a service principal."))
    }

    /// The kind of a principal that an `@odata.type` names; `None` for all others, which evolve.
    pub(crate) fn of_type(odata_type: &str) -> Option<Self> {
        match odata_type {
            "#microsoft.graph.user" => Some(Self::User),
            "#microsoft.graph.servicePrincipal" => Some(Self::ServicePrincipal),
            "#microsoft.graph.group" => Some(Self::Group),
            "#microsoft.graph.device" => Some(Self::Device),
            "#microsoft.graph.orgContact" => Some(Self::Contact),
            _ => None,
        }
    }

    /// The collection.
    pub(crate) fn collection(self) -> Path {
        Path::new(match self {
            Self::User => "/v1.0/users",
            Self::ServicePrincipal => "/v1.0/servicePrincipals",
            Self::Group => "/v1.0/groups",
            Self::Device => "/v1.0/devices",
            Self::Contact => "/v1.0/contacts",
            Self::Role => "/v1.0/roleManagement/directory/roleDefinitions",
            Self::Unit => "/v1.0/directory/administrativeUnits",
            Self::Application => "/v1.0/applications",
        })
    }

    /// Asks at this path for the properties that records are made of. Of role definitions the whole
    /// comes unasked, and no document says that they take `$select` (facts §3.4).
    pub(crate) fn selected(self, path: Path) -> Path {
        let names = match self {
            Self::User => SELECT_USER,
            Self::ServicePrincipal => SELECT_SERVICE_PRINCIPAL,
            Self::Group => SELECT_GROUP,
            Self::Device => SELECT_DEVICE,
            Self::Contact => SELECT_CONTACT,
            Self::Unit => SELECT_UNIT,
            Self::Application => SELECT_APPLICATION,
            Self::Role => return path,
        };
        path.query("$select", names)
    }

    /// What reading such objects needs.
    pub(crate) const fn purpose(self) -> &'static Purpose {
        match self {
            Self::User => &READ_USERS,
            Self::ServicePrincipal => &READ_SERVICE_PRINCIPALS,
            Self::Group => &READ_GROUPS,
            Self::Device => &READ_DEVICES,
            Self::Contact => &READ_CONTACTS,
            Self::Role => &READ_ROLES,
            Self::Unit => &READ_UNITS,
            Self::Application => &READ_APPLICATIONS,
        }
    }

    /// What reading the groups of such an object needs.
    pub(crate) const fn memberships_purpose(self) -> &'static Purpose {
        match self {
            Self::User | Self::Group => &READ_MEMBERSHIPS,
            Self::ServicePrincipal => &READ_SERVICE_PRINCIPALS,
            _ => &READ_OTHER_MEMBERSHIPS,
        }
    }

    /// Whether such an object can own groups (facts §2.1: users and service principals).
    pub(crate) const fn can_own(self) -> bool {
        matches!(self, Self::User | Self::ServicePrincipal)
    }

    /// Whether such an object can hold a role (facts §3.4).
    pub(crate) const fn can_hold_roles(self) -> bool {
        matches!(self, Self::User | Self::ServicePrincipal | Self::Group)
    }

    pub(crate) fn key(self, id: &str) -> ObjectRef {
        ObjectRef::new(self.name(), id)
    }
}

/// Whether the text has the shape of a directory id. Anything else cannot be an object and must
/// never become a part of a path that changes something.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// What access is held on, with its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    Group(&'a str),
    Role(&'a str),
}

/// What a question or change is about; the entitlement must be one that it has.
pub(crate) fn target<'a>(resource: &'a ObjectRef, entitlement: &str) -> Result<Target<'a>> {
    let (target, name, known): (_, _, &[&str]) = match Kind::parse(&resource.kind)? {
        Kind::Group => (Target::Group(&resource.id), "Groups", &[MEMBER, OWNER]),
        Kind::Role => (Target::Role(&resource.id), "Roles", &[ASSIGNED]),
        _ => return Err(not_a_target(resource)),
    };
    if known.contains(&entitlement) {
        return Ok(target);
    }
    Err(Error::new(
        ErrorKind::InvalidRequest,
        "unknown-entitlement",
        format!("{name} have no entitlement `{entitlement}`."),
    )
    .remedy(format!("Use {}.", known.join(" or "))))
}

fn not_a_target(resource: &ObjectRef) -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        "unknown-kind",
        format!("Access is held on groups and roles, not on {resource}."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_guids_are_ids() {
        assert!(is_id("a11ce000-0000-4000-8000-000000000001"));
        for text in [
            "",
            ".",
            "a11ce000-0000-4000-8000-00000000000",
            "a11ce000/0000-4000-8000-000000000001",
            "alice@contoso.com",
        ] {
            assert!(!is_id(text), "{text}");
        }
    }

    #[test]
    fn access_is_held_on_groups_and_roles_by_their_own_entitlements() {
        let table = [
            ("group", MEMBER, Ok(Target::Group("x"))),
            ("group", OWNER, Ok(Target::Group("x"))),
            ("group", ASSIGNED, Err("unknown-entitlement")),
            ("role", ASSIGNED, Ok(Target::Role("x"))),
            ("role", MEMBER, Err("unknown-entitlement")),
            ("au", MEMBER, Err("unknown-kind")),
            ("user", MEMBER, Err("unknown-kind")),
            ("planet", MEMBER, Err("unknown-kind")),
        ];
        for (kind, entitlement, expected) in table {
            let resource = ObjectRef::new(kind, "x");
            let found = target(&resource, entitlement).map_err(|error| error.reason);
            assert_eq!(found, expected.map_err(str::to_owned), "{kind} {entitlement}");
        }
    }
}
