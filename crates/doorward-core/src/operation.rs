//! Changes of access and what came of them.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Account, Attributes, Grant, GrantKey, ObjectRef, Resource, SecretReference};

/// What to do, with all that it needs: the resource as it was read, so that a refusal is explained
/// without another read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "action")]
pub enum Action {
    /// Give access.
    Grant {
        /// Which.
        key: GrantKey,
        /// The resource as it was read.
        resource: Resource,
        /// Until when; absent means for good.
        #[serde(default)]
        until: Option<Timestamp>,
    },
    /// Take access.
    Revoke {
        /// Which.
        key: GrantKey,
        /// The resource as it was read.
        resource: Resource,
    },
    /// Make an account. The provider gives its id.
    CreateAccount {
        /// What it shall be; the id is empty.
        account: Account,
        /// The first password, minted by the host.
        #[serde(default)]
        password: Option<SecretReference>,
    },
    /// Let an account sign in.
    Enable {
        /// Which.
        account: ObjectRef,
    },
    /// Keep an account from signing in.
    Disable {
        /// Which.
        account: ObjectRef,
    },
    /// Delete an object.
    Delete {
        /// Which.
        object: ObjectRef,
    },
    /// Bring a deleted object back.
    Restore {
        /// Which.
        object: ObjectRef,
    },
}

impl Action {
    /// The action's name, as in JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Grant { .. } => "grant",
            Self::Revoke { .. } => "revoke",
            Self::CreateAccount { .. } => "create-account",
            Self::Enable { .. } => "enable",
            Self::Disable { .. } => "disable",
            Self::Delete { .. } => "delete",
            Self::Restore { .. } => "restore",
        }
    }

    /// The grant that is given or taken, with its resource; `None` for actions on objects.
    pub fn grant(&self) -> Option<(&GrantKey, &Resource)> {
        match self {
            Self::Grant { key, resource, .. } | Self::Revoke { key, resource } => {
                Some((key, resource))
            }
            _ => None,
        }
    }
}

/// One change that somebody asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// The host's id of this change, as in its journal.
    pub id: String,
    /// What to do.
    #[serde(flatten)]
    pub action: Action,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The ticket that asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeKind {
    /// Given by this operation.
    Granted,
    /// Was there before; nothing was changed.
    AlreadyGranted,
    /// Taken by this operation.
    Revoked,
    /// Was not there before; nothing was changed.
    AlreadyRevoked,
    /// Done: for the actions on objects.
    Done,
    /// Was so before: for the actions on objects.
    AlreadyDone,
    /// The provider accepted it and has not finished.
    Pending,
    /// The answer was lost and could not be settled yet.
    Unknown,
    /// The answer was lost; by looking it was found that nothing was changed. Only
    /// [`settle`](crate::Connector::settle) says so, once the provider's replication can no longer
    /// explain what it sees.
    NotApplied,
}

impl OutcomeKind {
    /// The outcome's name in the field's spelling, e.g. `AlreadyGranted`, as tables show it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Granted => "Granted",
            Self::AlreadyGranted => "AlreadyGranted",
            Self::Revoked => "Revoked",
            Self::AlreadyRevoked => "AlreadyRevoked",
            Self::Done => "Done",
            Self::AlreadyDone => "AlreadyDone",
            Self::Pending => "Pending",
            Self::Unknown => "Unknown",
            Self::NotApplied => "NotApplied",
        }
    }

    /// Whether nothing more needs to be found out.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::Unknown)
    }
}

/// What came of an operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// What happened.
    pub kind: OutcomeKind,
    /// When the access ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// What [`settle`](crate::Connector::settle) needs to look a pending operation up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<Value>,
    /// The provider's id of the grant or object, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// More, in the connector's words.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
}

/// The attribute of an outcome that took access: the principal can activate it again: `true`.
pub const CAN_ACTIVATE_AGAIN: &str = "canActivateAgain";
/// The attribute of an outcome: how far the provider says that its request is, in its own words.
pub const REQUEST_STATUS: &str = "requestStatus";

impl Outcome {
    /// An outcome of which no more is known than its kind.
    pub fn new(kind: OutcomeKind) -> Self {
        Self { kind, until: None, handle: None, provider_id: None, attributes: Attributes::new() }
    }
}

/// Asks for changes, in one write request to the provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApplyRequest {
    /// At most the descriptor's `max_batch`, never two that must be serialised.
    pub operations: Vec<Operation>,
}

/// Asks what came of an operation whose outcome is pending or unknown, also after a crash.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SettleRequest {
    /// The operation, as journaled.
    pub operation: Operation,
    /// The grant before the operation, when there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior: Option<Grant>,
    /// The pending outcome's handle; without one, settle looks at the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<Value>,
    /// When the write was sent, or about to be sent.
    pub sent: Timestamp,
    /// Since when nobody waits for its answer any more: it may have taken effect at any moment
    /// between, and replicas show it later still.
    pub given_up: Timestamp,
    /// When the host last changed the same grant before this operation: until the provider's
    /// replicas have caught up with that, what they show may be older than it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_changed: Option<Timestamp>,
}

impl SettleRequest {
    /// The outcome of a grant or revoke, from whether the grant is there now. `None` for actions
    /// on objects.
    ///
    /// `NotApplied` is certain only at a provider whose reads show every earlier write; where
    /// replicas lag, say `Unknown` instead until they have caught up.
    pub fn outcome(&self, is_present: bool) -> Option<Outcome> {
        let kind = match (&self.operation.action, is_present, self.prior.is_some()) {
            (Action::Grant { .. }, true, false) => OutcomeKind::Granted,
            (Action::Grant { .. }, true, true) => OutcomeKind::AlreadyGranted,
            (Action::Revoke { .. }, false, true) => OutcomeKind::Revoked,
            (Action::Revoke { .. }, false, false) => OutcomeKind::AlreadyRevoked,
            (Action::Grant { .. } | Action::Revoke { .. }, _, _) => OutcomeKind::NotApplied,
            _ => return None,
        };
        Some(Outcome::new(kind))
    }
}
