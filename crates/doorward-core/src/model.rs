//! Who, what, and who has what: the records that connectors deliver.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;

use crate::Attributes;

/// Names one object of a provider: its kind and the provider's own id.
///
/// Ids are compared byte for byte and never parsed.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct ObjectRef {
    /// A kind that the descriptor declares, e.g. `user` or `group`.
    pub kind: String,
    /// The provider's own id.
    pub id: String,
}

impl ObjectRef {
    /// The object of this kind with this id.
    pub fn new(kind: impl Into<String>, id: impl Into<String>) -> Self {
        Self { kind: kind.into(), id: id.into() }
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:id={}", self.kind, self.id)
    }
}

/// Somebody or something that can hold access.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// Its kind and id.
    pub key: ObjectRef,
    /// The name for people.
    pub name: String,
    /// The name it signs in with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// The mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
    /// Whether it may sign in; absent when not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Whether it belongs to somebody outside, e.g. a guest.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub external: bool,
    /// Whether the provider shows no more than its key, so that nothing else here is known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub limited: bool,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// More, in the connector's words.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
}

/// Something that access is held on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// Its kind and id.
    pub key: ObjectRef,
    /// The name for people.
    pub name: String,
    /// What sort of its kind it is, e.g. `microsoft-365`; one of those the descriptor declares.
    pub class: String,
    /// The name that it signs in with, where it does, e.g. an app registration with its client id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// The mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// What cannot be changed here, and why; what no rule covers can be changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<RefusalRule>,
    /// Whether holding it gives power over the provider itself.
    #[serde(default)]
    pub privileged: bool,
    /// The entitlements whose last holder must stay.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keeps_last_holder: Vec<KeptHolder>,
    /// More, in the connector's words.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
}

impl Resource {
    /// Why this entitlement cannot be given to (`gives`) or taken from a principal of this kind;
    /// `None` when it can. The first rule that fits decides, so connectors list rules in their
    /// precedence.
    pub fn refusal(
        &self,
        entitlement: &str,
        principal_kind: &str,
        gives: bool,
    ) -> Option<&Refusal> {
        self.refusals
            .iter()
            .filter(|rule| gives || !rule.can_be_taken)
            .find(|rule| {
                rule.entitlements.iter().any(|name| name == entitlement)
                    && (rule.principals.is_empty()
                        || rule.principals.iter().any(|kind| kind == principal_kind))
            })
            .map(|rule| &rule.refusal)
    }

    /// What to know before a change of it: the attribute [`NOTICES`].
    pub fn notices(&self) -> Vec<Notice> {
        let told = self.attributes.get(NOTICES);
        told.and_then(|told| serde_json::from_value(told.clone()).ok()).unwrap_or_default()
    }

    /// The rule by which one holder of this entitlement must stay.
    pub fn kept_holder(&self, entitlement: &str) -> Option<&KeptHolder> {
        self.keeps_last_holder.iter().find(|kept| kept.entitlement == entitlement)
    }
}

/// The attribute of a resource that lists what to know before a change of it, as [`Notice`]s.
pub const NOTICES: &str = "notices";

/// What to know before a change: it forbids nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// A stable code, e.g. `carries-licences`.
    pub code: String,
    /// What, in one sentence.
    pub message: String,
}

/// An entitlement that a resource must not lose its last holder of. Who holds it through a group
/// holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeptHolder {
    /// Which.
    pub entitlement: String,
    /// The kinds of principals of which one must stay; empty means any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub principals: Vec<String>,
    /// Whether only those count that may sign in.
    #[serde(default)]
    pub active: bool,
}

impl KeptHolder {
    /// Whether this principal is one of those of which the last must stay.
    pub fn counts(&self, principal: &ObjectRef) -> bool {
        self.principals.is_empty() || self.principals.contains(&principal.kind)
    }
}

/// Where a [`Refusal`] applies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefusalRule {
    /// The entitlements that cannot be changed.
    pub entitlements: Vec<String>,
    /// The kinds of principals that this holds for; empty means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub principals: Vec<String>,
    /// Whether it cannot be given only, and who holds it can lose it.
    #[serde(default)]
    pub can_be_taken: bool,
    /// Why not, and where to go instead.
    pub refusal: Refusal,
}

/// Why access cannot be changed here, and where to go instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// A stable code, e.g. `synced-from-active-directory`.
    pub code: String,
    /// Why, in one sentence.
    pub message: String,
    /// Where to go instead.
    pub remedy: String,
}

/// An account or a resource. A group is a resource and can be a principal, too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "object")]
pub enum Object {
    /// An account.
    Account(Account),
    /// A resource.
    Resource(Resource),
}

impl Object {
    /// Its kind and id.
    pub fn key(&self) -> &ObjectRef {
        match self {
            Self::Account(account) => &account.key,
            Self::Resource(resource) => &resource.key,
        }
    }

    /// The name for people.
    pub fn name(&self) -> &str {
        match self {
            Self::Account(account) => &account.name,
            Self::Resource(resource) => &resource.name,
        }
    }

    /// The mail address.
    pub fn mail(&self) -> Option<&str> {
        match self {
            Self::Account(account) => account.mail.as_deref(),
            Self::Resource(resource) => resource.mail.as_deref(),
        }
    }

    /// The name it signs in with; few resources have one.
    pub fn login(&self) -> Option<&str> {
        match self {
            Self::Account(account) => account.login.as_deref(),
            Self::Resource(resource) => resource.login.as_deref(),
        }
    }

    /// When it was made.
    pub fn created(&self) -> Option<Timestamp> {
        match self {
            Self::Account(account) => account.created,
            Self::Resource(resource) => resource.created,
        }
    }
}

/// Whether a grant gives access now or the right to activate it.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum GrantKind {
    /// Access now.
    #[default]
    Active,
    /// The right to activate it.
    Eligible,
}

/// What makes two grants the same grant.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub struct GrantKey {
    /// Who holds it.
    pub principal: ObjectRef,
    /// On what.
    pub resource: ObjectRef,
    /// Which right, e.g. `member`.
    pub entitlement: String,
    /// Where it holds, for rights that have a scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<ObjectRef>,
    /// Access now, or the right to activate it.
    #[serde(default)]
    pub kind: GrantKind,
}

impl GrantKey {
    /// An active grant without a scope.
    pub fn new(principal: ObjectRef, resource: ObjectRef, entitlement: impl Into<String>) -> Self {
        Self {
            principal,
            resource,
            entitlement: entitlement.into(),
            scope: None,
            kind: GrantKind::Active,
        }
    }
}

/// A principal holds an entitlement on a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// Who, what, which right, where.
    pub key: GrantKey,
    /// From when; absent means always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts: Option<Timestamp>,
    /// Until when; absent means for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Timestamp>,
    /// The object through which the principal holds it; absent when held directly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<ObjectRef>,
    /// The provider's id of the grant itself, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// More, in the connector's words.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
}

impl Grant {
    /// A grant of which no more is known than that it exists.
    pub fn new(key: GrantKey) -> Self {
        Self {
            key,
            starts: None,
            ends: None,
            via: None,
            provider_id: None,
            attributes: Attributes::new(),
        }
    }

    /// Whether it gives access at this moment: it is no mere right to activate access, has begun, and
    /// is not over.
    pub fn gives_access(&self, now: Timestamp) -> bool {
        self.key.kind == GrantKind::Active
            && self.starts.is_none_or(|start| start <= now)
            && self.ends.is_none_or(|end| now < end)
    }

    /// Whether it is known neither that it ends nor that it does not: the attribute [`ENDS_UNKNOWN`].
    pub fn ends_unknown(&self) -> bool {
        self.ends.is_none()
            && self.attributes.get(ENDS_UNKNOWN).and_then(|told| told.as_bool()) == Some(true)
    }
}

/// The attribute of a grant of which the provider did not show whether it ends by itself: `true`.
pub const ENDS_UNKNOWN: &str = "endsUnknown";

/// One way by which a principal has an entitlement on a resource: each object holds the
/// entitlement on the next one, from the principal to the resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessPath {
    /// The grants, from the principal's own to the one on the resource.
    pub grants: Vec<GrantKey>,
    /// The names of the principal and of each resource on the way, as read; for display only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// More, in the connector's words.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
}

impl AccessPath {
    /// The shortest first, then by name; ids make the order total.
    pub fn order(&self, other: &Self) -> Ordering {
        (self.grants.len(), &self.names, &self.grants).cmp(&(
            other.grants.len(),
            &other.names,
            &other.grants,
        ))
    }
}

/// An object that is gone since the bookmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GoneObject {
    /// Its kind and id.
    pub key: ObjectRef,
    /// Whether it can be brought back.
    pub restorable: bool,
    /// More, in the connector's words.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
}

/// A grant that is gone since the bookmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GoneGrant {
    /// Which grant.
    pub key: GrantKey,
    /// More, in the connector's words.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
}

/// How many records the provider says there are, for the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Expected {
    /// Of what, e.g. `user`.
    pub what: String,
    /// How many.
    pub count: u64,
    /// More, in the connector's words.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
}

/// Something that was not read, and why. Nothing is left out silently.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Skipped {
    /// Of what; absent when the gap is not within one object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectRef>,
    /// A stable code, e.g. `hidden-membership`.
    pub code: String,
    /// Why, in one sentence.
    pub message: String,
    /// More, in the connector's words.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
}

/// One thing that a connector saw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "record")]
pub enum Record {
    /// An account.
    Account(Account),
    /// A resource.
    Resource(Resource),
    /// A grant.
    Grant(Grant),
    /// An object that is gone since the bookmark.
    GoneObject(GoneObject),
    /// A grant that is gone since the bookmark.
    GoneGrant(GoneGrant),
    /// How many records the provider says there are.
    Expected(Expected),
    /// Something that was not read.
    Skipped(Skipped),
}

impl From<Object> for Record {
    fn from(object: Object) -> Self {
        match object {
            Object::Account(account) => Self::Account(account),
            Object::Resource(resource) => Self::Resource(resource),
        }
    }
}
