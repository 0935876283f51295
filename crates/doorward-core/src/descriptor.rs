//! What a connector says about itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Attributes;

/// What a connector says about itself: one JSON document, the same for native connectors and
/// components.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// The connector's id: lower case letters, digits and `-`.
    pub id: String,
    /// The connector's version.
    pub version: String,
    /// The name for people.
    pub name: String,
    /// What it does, in one sentence.
    pub summary: String,
    /// What it needs from the host beside clock, random and log.
    pub needs: Vec<Need>,
    /// The JSON Schema (2020-12) of a connection. Secrets are `writeOnly`.
    pub connection_schema: Value,
    /// The kinds of accounts and other principals.
    pub principal_kinds: Vec<PrincipalKind>,
    /// The kinds of resources.
    pub resource_kinds: Vec<ResourceKind>,
    /// What it can do.
    pub capabilities: Vec<Capability>,
    /// The provider's permissions that it can make use of, and those that are dangerous to hold.
    pub permissions: Vec<Permission>,
    /// What an operator may want of it; the first is the one to begin with.
    pub uses: Vec<Use>,
    /// How to set the provider up, whatever the use.
    pub setup: SetupGuide,
    /// How hard the provider may be asked.
    pub pacing: Pacing,
    /// The most operations that one `apply` takes.
    pub max_batch: u32,
    /// More, in the connector's words.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
}

impl Descriptor {
    /// The resource kind of this name.
    pub fn resource_kind(&self, kind: &str) -> Option<&ResourceKind> {
        self.resource_kinds.iter().find(|candidate| candidate.kind == kind)
    }

    /// Whether a principal or resource kind of this name is declared.
    pub fn declares(&self, kind: &str) -> bool {
        self.resource_kind(kind).is_some()
            || self.principal_kinds.iter().any(|candidate| candidate.kind == kind)
    }

    /// Whether the connector can do this.
    pub fn can(&self, capability: Capability) -> bool {
        self.capabilities.contains(&capability)
    }
}

/// Something that a connector needs from the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// HTTP to the approved endpoints.
    Http,
}

/// A kind of principal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PrincipalKind {
    /// The kind, e.g. `user`; also the prefix of selectors.
    pub kind: String,
    /// The name for people, singular.
    pub name: String,
    /// Whether [`Query::Find`](crate::Query::Find) finds it by name.
    #[serde(default)]
    pub searchable: bool,
    /// Whether it is a person. What is none (a group, a machine) is given access only when the
    /// operator allows its kind.
    #[serde(default)]
    pub person: bool,
}

/// A kind of resource with its entitlements.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceKind {
    /// The kind, e.g. `group`; also the prefix of selectors.
    pub kind: String,
    /// The name for people, singular.
    pub name: String,
    /// The classes that resources of this kind fall into.
    pub classes: Vec<String>,
    /// The rights on it; the first is the default of the command line.
    pub entitlements: Vec<Entitlement>,
    /// The kinds of resources that lie in one of this kind, e.g. groups in an administrative unit;
    /// empty: it is no container.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contains: Vec<String>,
}

/// A right on a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Entitlement {
    /// Its id, e.g. `member`.
    pub id: String,
    /// What it gives, in one sentence.
    pub summary: String,
    /// The kinds of principals that can hold it.
    pub principals: Vec<String>,
    /// Whether it is passed on through nested resources.
    #[serde(default)]
    pub transitive: bool,
    /// The kinds of resources that a grant of it can be limited to; empty: it always holds
    /// everywhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// Whether a grant without an end must be asked for by name, since such access is better given
    /// for a time.
    #[serde(default)]
    pub standing_by_name: bool,
    /// Whether it can be given until an instant, so that the provider itself ends it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ends: bool,
    /// Whether somebody can be eligible for it: hold the right to activate it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub eligible: bool,
}

/// Something that a connector can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// Check a connection.
    Check,
    /// Read everything, page by page.
    Sync,
    /// Read only what changed since the last sync.
    IncrementalSync,
    /// Answer questions about single objects and grants.
    Read,
    /// Give access.
    Grant,
    /// Take access.
    Revoke,
    /// Make, change and delete accounts.
    ManageAccounts,
}

/// A permission of the provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Permission {
    /// The provider's own name.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// What fails without it.
    pub without: String,
    /// What it allows beyond its purpose, when somebody should know before granting it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub danger: Option<String>,
}

/// Something that a connection can do.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub struct Ability {
    /// `read`, `grant`, `revoke`, …
    pub action: String,
    /// On which kind; a word of the provider for what is no object, e.g. `tenant`.
    pub kind: String,
    /// Which right; absent when the action is not about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entitlement: Option<String>,
    /// For which kind of principal; absent: for all that are not told apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
}

/// What an operator may want to do with a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Use {
    /// Its name: lower case letters and `-`.
    pub name: String,
    /// What can be done then, in one sentence.
    pub purpose: String,
    /// What works then. The permissions of all of these, and no other, are the set to grant.
    pub abilities: Vec<WantedAbility>,
    /// What to do beside [`Descriptor::setup`].
    #[serde(default)]
    pub setup: SetupGuide,
}

/// An ability that a use is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WantedAbility {
    /// Which.
    #[serde(flatten)]
    pub ability: Ability,
    /// The permissions that it takes: all of these, the smallest that do. Empty when a role of the
    /// provider gives it.
    pub permissions: Vec<String>,
    /// What must not be among the exceptions of
    /// [`Authority::Everywhere`](crate::Authority::Everywhere).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// The kind of a resource that somebody chooses, when it is wanted within one of these only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
}

/// How to set the provider up for this connector. In a line of a step that is `{permissions}` alone,
/// this stands for the permissions that were chosen, a line each; in a script, for their names with one
/// space between.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetupGuide {
    /// What to know before.
    pub warnings: Vec<String>,
    /// What to do, in order.
    pub steps: Vec<SetupStep>,
    /// The same as scripts.
    pub scripts: Vec<Script>,
}

/// One step of a setup guide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetupStep {
    /// The step in a few words.
    pub title: String,
    /// What to do, line by line.
    pub lines: Vec<String>,
}

/// A script that does what a setup guide says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Script {
    /// What it is written for, e.g. `az`.
    pub tool: String,
    /// The script.
    pub text: String,
}

/// How hard the provider may be asked; hints, the provider's answers decide.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pacing {
    /// Requests in flight at most; 0 leaves it to the host.
    pub max_in_flight: u32,
}
