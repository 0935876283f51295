//! Directory objects and what distinguishes their kinds (facts §2.1).

use std::borrow::Cow;

use jiff::Timestamp;
use uuid::Uuid;

use super::{AppRole, Field, Link};

/// An object's place in the arena; ascending in order of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Handle(u32);

impl Handle {
    pub(crate) const FIRST: Self = Self(0);
    pub(crate) const LAST: Self = Self(u32::MAX);

    /// The handle of an arena position; the arena cannot outgrow memory long before `u32` ends.
    pub(crate) fn at(position: usize) -> Self {
        Self(u32::try_from(position).unwrap_or(u32::MAX))
    }

    /// The handle whose [`number`](Self::number) this is.
    pub(crate) fn of_number(number: u32) -> Self {
        Self(number)
    }

    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }

    pub(crate) fn number(self) -> u64 {
        u64::from(self.0)
    }
}

/// The types of directory object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `microsoft.graph.user`
    User,
    /// `microsoft.graph.group`
    Group,
    /// `microsoft.graph.servicePrincipal`
    ServicePrincipal,
    /// `microsoft.graph.device`
    Device,
    /// `microsoft.graph.orgContact`
    OrgContact,
    /// `microsoft.graph.administrativeUnit`
    AdministrativeUnit,
    /// `microsoft.graph.directoryRole`
    DirectoryRole,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::User,
        Self::Group,
        Self::ServicePrincipal,
        Self::Device,
        Self::OrgContact,
        Self::AdministrativeUnit,
        Self::DirectoryRole,
    ];

    /// The type's name in the schema, without its namespace.
    #[must_use]
    pub fn type_name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::ServicePrincipal => "servicePrincipal",
            Self::Device => "device",
            Self::OrgContact => "orgContact",
            Self::AdministrativeUnit => "administrativeUnit",
            Self::DirectoryRole => "directoryRole",
        }
    }

    /// The entity set that a context names.
    #[must_use]
    pub fn set_name(self) -> &'static str {
        match self {
            Self::User => "users",
            Self::Group => "groups",
            Self::ServicePrincipal => "servicePrincipals",
            Self::Device => "devices",
            Self::OrgContact => "contacts",
            Self::AdministrativeUnit => "directory/administrativeUnits",
            Self::DirectoryRole => "directoryRoles",
        }
    }

    /// The type as error messages spell it, with a capital letter.
    #[must_use]
    pub fn capital_name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
            Self::ServicePrincipal => "ServicePrincipal",
            Self::Device => "Device",
            Self::OrgContact => "OrgContact",
            Self::AdministrativeUnit => "AdministrativeUnit",
            Self::DirectoryRole => "DirectoryRole",
        }
    }
}

/// The kinds of group (facts §2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupKind {
    /// Security, assigned.
    Security,
    /// Microsoft 365 without a team.
    Microsoft365,
    /// Microsoft 365 with a team.
    Team,
    /// Mail-enabled security, owned by Exchange.
    MailEnabledSecurity,
    /// Distribution list, owned by Exchange.
    Distribution,
    /// Dynamic security.
    DynamicSecurity {
        /// `membershipRule`
        rule: String,
        /// `membershipRuleProcessingState` is `Paused`.
        paused: bool,
    },
    /// Dynamic Microsoft 365.
    DynamicMicrosoft365 {
        /// `membershipRule`
        rule: String,
        /// `membershipRuleProcessingState` is `Paused`.
        paused: bool,
    },
    /// Security, synced from Active Directory.
    Synced,
    /// Distribution list, synced from Active Directory.
    SyncedDistribution,
    /// Security, once synced and now mastered in the cloud: `onPremisesSyncEnabled` false.
    FormerlySynced,
    /// Security, `isAssignableToRole`.
    RoleAssignable,
    /// Security, in a restricted management administrative unit.
    Restricted,
    /// Microsoft 365 with `visibility` `HiddenMembership`.
    HiddenMembership,
}

impl GroupKind {
    pub(crate) fn is_unified(&self) -> bool {
        matches!(
            self,
            Self::Microsoft365
                | Self::Team
                | Self::DynamicMicrosoft365 { .. }
                | Self::HiddenMembership
        )
    }

    pub(crate) fn rule(&self) -> Option<(&str, bool)> {
        match self {
            Self::DynamicSecurity { rule, paused } | Self::DynamicMicrosoft365 { rule, paused } => {
                Some((rule, *paused))
            }
            _ => None,
        }
    }

    pub(crate) fn mail_enabled(&self) -> bool {
        self.is_unified()
            || matches!(
                self,
                Self::MailEnabledSecurity | Self::Distribution | Self::SyncedDistribution
            )
    }

    pub(crate) fn security_enabled(&self) -> bool {
        !(self.is_unified() || matches!(self, Self::Distribution | Self::SyncedDistribution))
    }

    pub(crate) fn synced(&self) -> Option<bool> {
        match self {
            Self::Synced | Self::SyncedDistribution => Some(true),
            Self::FormerlySynced => Some(false),
            _ => None,
        }
    }

    pub(crate) fn visibility(&self) -> Option<&'static str> {
        match self {
            Self::HiddenMembership => Some("HiddenMembership"),
            Self::RoleAssignable => Some("Private"),
            _ if self.is_unified() => Some("Public"),
            _ => None,
        }
    }
}

/// A user; strings that repeat in a generated tenant are borrowed.
#[derive(Clone, Debug, Default)]
pub(crate) struct User {
    pub display_name: String,
    pub given_name: Option<Cow<'static, str>>,
    pub surname: Option<Cow<'static, str>>,
    pub user_principal_name: String,
    pub mail: Option<String>,
    pub mail_nickname: String,
    pub job_title: Option<Cow<'static, str>>,
    pub department: Option<Cow<'static, str>>,
    pub office: Option<Cow<'static, str>>,
    pub employee_id: Option<String>,
    pub enabled: bool,
    pub guest: bool,
    /// A guest who was invited and has not come yet.
    pub pending: bool,
    pub synced: Option<bool>,
}

/// A group.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub display_name: String,
    pub description: Option<String>,
    pub mail: Option<String>,
    pub mail_nickname: String,
    pub kind: GroupKind,
}

/// A service principal.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServicePrincipal {
    pub display_name: String,
    pub application_id: Uuid,
    pub enabled: bool,
    pub home_tenant: Uuid,
    pub app_roles: Vec<AppRole>,
    /// `appRoleAssignmentRequired`
    pub assignment_required: bool,
}

/// A device.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    pub display_name: String,
    pub device_id: Uuid,
    pub enabled: bool,
}

/// An organizational contact.
#[derive(Clone, Debug)]
pub(crate) struct Contact {
    pub display_name: String,
    pub mail: String,
}

/// An administrative unit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unit {
    pub display_name: String,
    pub description: Option<String>,
    /// `isMemberManagementRestricted`
    pub restricted: bool,
    /// `visibility` is `HiddenMembership`.
    pub hidden: bool,
    /// The rule of a dynamic unit, and whether its processing is paused.
    pub rule: Option<(String, bool)>,
}

/// What an object is.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    User(Box<User>),
    Group(Box<Group>),
    ServicePrincipal(Box<ServicePrincipal>),
    Device(Box<Device>),
    OrgContact(Box<Contact>),
    Unit(Unit),
    /// An activated directory role: its name and the role template behind it.
    Role(String, Uuid),
}

/// A directory object with its links in both directions, each list in ascending order.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub id: Uuid,
    pub created: Timestamp,
    pub deleted: Option<Timestamp>,
    pub gone: bool,
    pub body: Body,
    pub members: Vec<Handle>,
    pub owners: Vec<Handle>,
    pub member_of: Vec<Handle>,
    pub owner_of: Vec<Handle>,
}

impl Object {
    pub(crate) fn new(id: Uuid, created: Timestamp, body: Body) -> Self {
        Self {
            id,
            created,
            deleted: None,
            gone: false,
            body,
            members: Vec::new(),
            owners: Vec::new(),
            member_of: Vec::new(),
            owner_of: Vec::new(),
        }
    }

    pub(crate) fn is_live(&self) -> bool {
        self.deleted.is_none() && !self.gone
    }

    pub(crate) fn is_soft_deleted(&self) -> bool {
        self.deleted.is_some() && !self.gone
    }

    pub(crate) fn kind(&self) -> Kind {
        match self.body {
            Body::User(_) => Kind::User,
            Body::Group(_) => Kind::Group,
            Body::ServicePrincipal(_) => Kind::ServicePrincipal,
            Body::Device(_) => Kind::Device,
            Body::OrgContact(_) => Kind::OrgContact,
            Body::Unit(_) => Kind::AdministrativeUnit,
            Body::Role(..) => Kind::DirectoryRole,
        }
    }

    pub(crate) fn display_name(&self) -> &str {
        match &self.body {
            Body::User(user) => &user.display_name,
            Body::Group(group) => &group.display_name,
            Body::ServicePrincipal(principal) => &principal.display_name,
            Body::Device(device) => &device.display_name,
            Body::OrgContact(contact) => &contact.display_name,
            Body::Unit(unit) => &unit.display_name,
            Body::Role(name, _) => name,
        }
    }

    /// The objects that this one holds by a link, in whatever state they are.
    pub(crate) fn targets(&self, link: Link) -> &[Handle] {
        match link {
            Link::Member => &self.members,
            Link::Owner => &self.owners,
        }
    }

    /// The objects that hold this one by a link, in whatever state they are.
    pub(crate) fn holders(&self, link: Link) -> &[Handle] {
        match link {
            Link::Member => &self.member_of,
            Link::Owner => &self.owner_of,
        }
    }

    pub(super) fn targets_mut(&mut self, link: Link) -> &mut Vec<Handle> {
        match link {
            Link::Member => &mut self.members,
            Link::Owner => &mut self.owners,
        }
    }

    pub(super) fn holders_mut(&mut self, link: Link) -> &mut Vec<Handle> {
        match link {
            Link::Member => &mut self.member_of,
            Link::Owner => &mut self.owner_of,
        }
    }

    /// The names under which a filter finds this object quickly.
    pub(crate) fn names(&self) -> impl Iterator<Item = (Field, String)> + use<> {
        let (mail, principal_name, nickname) = match &self.body {
            Body::User(user) => (
                user.mail.clone(),
                Some(user.user_principal_name.clone()),
                Some(user.mail_nickname.clone()),
            ),
            Body::Group(group) => (group.mail.clone(), None, Some(group.mail_nickname.clone())),
            Body::OrgContact(contact) => (Some(contact.mail.clone()), None, None),
            _ => (None, None, None),
        };
        [
            (Field::DisplayName, Some(self.display_name().to_owned())),
            (Field::Mail, mail),
            (Field::UserPrincipalName, principal_name),
            (Field::MailNickname, nickname),
        ]
        .into_iter()
        .filter_map(|(field, name)| Some((field, name?)))
    }
}
