//! What a check of a connection finds.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Ability, Attributes, ObjectRef};

/// Who we are at the provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// Our own object there; its access is never changed.
    pub key: ObjectRef,
    /// The name that we sign in with, where there is one: whatever else has it is ours, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// Our own name there.
    pub name: String,
    /// The name of the place: a tenant, an organisation, a server.
    pub place: String,
    /// More, in the connector's words.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
}

/// Where we may do something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "authority")]
pub enum Authority {
    /// Everywhere but on some resources.
    Everywhere {
        /// Their classes, and what else sets resources apart, e.g. `hidden-membership`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        except: Vec<String>,
    },
    /// Only on or within these.
    OnlyIn {
        /// The resources.
        resources: Vec<ObjectRef>,
    },
    /// Nowhere.
    No {
        /// What is missing: any one of these is enough.
        needs: Vec<String>,
    },
    /// It could not be found out.
    Unknown {
        /// Why not.
        because: String,
    },
}

/// What we may do, and where. A missing authority is a report; it never blocks an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuthorityEntry {
    /// What.
    #[serde(flatten)]
    pub ability: Ability,
    /// Where.
    #[serde(flatten)]
    pub authority: Authority,
    /// What gives it: the credential's permissions by their names, anything else in words, e.g.
    /// `the role Groups Administrator in au:id=…`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub through: Vec<String>,
}

/// When the credential ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "known")]
pub enum CredentialExpiry {
    /// Then.
    At {
        /// When.
        time: Timestamp,
    },
    /// It could not be found out.
    Unknown {
        /// Why not.
        because: String,
    },
}

/// How much a finding matters.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Somebody should look.
    Warning,
    /// Something will not work.
    Problem,
}

/// Something that the operator should know about the connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// A stable code, e.g. `over-granted`.
    pub code: String,
    /// What was found.
    pub message: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// What a check of a connection found. It was authenticated, or there would be an error instead.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckReport {
    /// Who we are.
    pub identity: Identity,
    /// The permissions that the credential carries, in the provider's own names.
    #[serde(default)]
    pub permissions: Vec<String>,
    /// What we may do, and where.
    pub authority: Vec<AuthorityEntry>,
    /// What the operator should know.
    pub findings: Vec<Finding>,
    /// When the credential ends.
    pub credential_expiry: CredentialExpiry,
    /// More, in the connector's words.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
}
