//! The kinds of directory objects and how Graph addresses them.

use doorward_core::{Error, ErrorKind, ObjectRef, Path, Result};

use crate::permissions::{
    Purpose, READ_CONTACTS, READ_DEVICES, READ_GROUPS, READ_MEMBERSHIPS, READ_OTHER_MEMBERSHIPS,
    READ_SERVICE_PRINCIPALS, READ_USERS,
};

/// The right to be a member.
pub(crate) const MEMBER: &str = "member";
/// The right to own.
pub(crate) const OWNER: &str = "owner";

/// A kind of directory object that can hold access (facts §3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    User,
    ServicePrincipal,
    Group,
    Device,
    Contact,
}

const SELECT_USER: &str = "id,displayName,userPrincipalName,mail,accountEnabled,userType,createdDateTime,onPremisesSyncEnabled";
/// Facts §2.1: what tells the kinds of groups apart.
const SELECT_GROUP: &str = "id,displayName,description,groupTypes,mailEnabled,securityEnabled,mail,mailNickname,onPremisesSyncEnabled,membershipRule,membershipRuleProcessingState,isAssignableToRole,isManagementRestricted,visibility,resourceProvisioningOptions,createdDateTime";
const SELECT_SERVICE_PRINCIPAL: &str = "id,displayName,appId,accountEnabled,servicePrincipalType";
const SELECT_DEVICE: &str = "id,displayName,accountEnabled";
const SELECT_CONTACT: &str = "id,displayName,mail";
/// What a list of several kinds is asked for: what users, groups and the others are told by.
pub(crate) const SELECT_MIXED: &str = "id,displayName,userPrincipalName,mail,accountEnabled,userType,createdDateTime,description,groupTypes,mailEnabled,securityEnabled,mailNickname,onPremisesSyncEnabled,membershipRule,membershipRuleProcessingState,isAssignableToRole,isManagementRestricted,visibility,resourceProvisioningOptions";

impl Kind {
    pub(crate) const ALL: [Self; 5] =
        [Self::User, Self::ServicePrincipal, Self::Group, Self::Device, Self::Contact];

    /// The kind in records and selectors.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::ServicePrincipal => "service-principal",
            Self::Group => "group",
            Self::Device => "device",
            Self::Contact => "contact",
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
        }
    }

    pub(crate) fn parse(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidRequest,
                "unknown-kind",
                format!("Microsoft Entra ID has no objects of the kind `{name}` here."),
            )
            .remedy("Use user, group, service-principal, device or contact.")
        })
    }

    /// The kind that an `@odata.type` names; `None` for all others, which evolve.
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
        })
    }

    pub(crate) const fn select(self) -> &'static str {
        match self {
            Self::User => SELECT_USER,
            Self::ServicePrincipal => SELECT_SERVICE_PRINCIPAL,
            Self::Group => SELECT_GROUP,
            Self::Device => SELECT_DEVICE,
            Self::Contact => SELECT_CONTACT,
        }
    }

    /// What reading such objects needs.
    pub(crate) const fn purpose(self) -> &'static Purpose {
        match self {
            Self::User => &READ_USERS,
            Self::ServicePrincipal => &READ_SERVICE_PRINCIPALS,
            Self::Group => &READ_GROUPS,
            Self::Device => &READ_DEVICES,
            Self::Contact => &READ_CONTACTS,
        }
    }

    /// What reading the groups of such an object needs.
    pub(crate) const fn memberships_purpose(self) -> &'static Purpose {
        match self {
            Self::User | Self::Group => &READ_MEMBERSHIPS,
            Self::ServicePrincipal => &READ_SERVICE_PRINCIPALS,
            Self::Device | Self::Contact => &READ_OTHER_MEMBERSHIPS,
        }
    }

    /// Whether such an object can own groups (facts §2.1: users and service principals).
    pub(crate) const fn can_own(self) -> bool {
        matches!(self, Self::User | Self::ServicePrincipal)
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

/// The group that a question is about.
pub(crate) fn group_id(resource: &ObjectRef) -> Result<&str> {
    if Kind::parse(&resource.kind)? == Kind::Group {
        return Ok(&resource.id);
    }
    Err(Error::new(
        ErrorKind::InvalidRequest,
        "unknown-kind",
        format!("Access is held on groups, not on {resource}."),
    ))
}

/// Holds an entitlement to the two that groups have.
pub(crate) fn known_entitlement(entitlement: &str) -> Result<()> {
    if matches!(entitlement, MEMBER | OWNER) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidRequest,
        "unknown-entitlement",
        format!("Groups have no entitlement `{entitlement}`."),
    )
    .remedy("Use member or owner."))
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
}
