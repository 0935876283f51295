//! Changes of access, and what came of them.

use doorward_core as core;
use doorward_core::SecretReference;

use super::{IntoCore, IntoWit, Malformed, enumeration, record};
use crate::bindings::doorward::connector::changes;

record!(changes::Operation: id, action, reason, ticket; reserved);
record!(changes::ApplyRequest: operations; reserved);
record!(changes::Outcome: kind, until, provider_id; optional_json handle; attributes);
record!(changes::SettleRequest: operation, prior, sent, given_up, last_changed;
    optional_json handle; reserved);

enumeration!(changes::OutcomeKind = OutcomeKind: Granted, AlreadyGranted, Revoked, AlreadyRevoked,
    Done, AlreadyDone, Pending, Unknown, NotApplied);

impl IntoCore for changes::Action {
    type Core = core::Action;
    fn into_core(self) -> Result<core::Action, Malformed> {
        Ok(match self {
            Self::Grant(action) => core::Action::Grant {
                key: action.key.into_core()?,
                resource: action.resource.into_core()?,
                until: action.until.into_core()?,
            },
            Self::Revoke(action) => core::Action::Revoke {
                key: action.key.into_core()?,
                resource: action.resource.into_core()?,
            },
            Self::CreateAccount(action) => core::Action::CreateAccount {
                account: action.account.into_core()?,
                password: action.password.map(|pointer| SecretReference { pointer }),
            },
            Self::Enable(account) => core::Action::Enable { account: account.into_core()? },
            Self::Disable(account) => core::Action::Disable { account: account.into_core()? },
            Self::Delete(object) => core::Action::Delete { object: object.into_core()? },
            Self::Restore(object) => core::Action::Restore { object: object.into_core()? },
        })
    }
}

impl IntoWit for core::Action {
    type Wit = changes::Action;
    fn into_wit(self) -> changes::Action {
        match self {
            Self::Grant { key, resource, until } => changes::Action::Grant(changes::GrantAction {
                key: key.into_wit(),
                resource: resource.into_wit(),
                until: until.into_wit(),
                attributes: String::new(),
            }),
            Self::Revoke { key, resource } => changes::Action::Revoke(changes::RevokeAction {
                key: key.into_wit(),
                resource: resource.into_wit(),
                attributes: String::new(),
            }),
            Self::CreateAccount { account, password } => {
                changes::Action::CreateAccount(changes::CreateAccountAction {
                    account: account.into_wit(),
                    password: password.map(|reference| reference.pointer),
                    attributes: String::new(),
                })
            }
            Self::Enable { account } => changes::Action::Enable(account.into_wit()),
            Self::Disable { account } => changes::Action::Disable(account.into_wit()),
            Self::Delete { object } => changes::Action::Delete(object.into_wit()),
            Self::Restore { object } => changes::Action::Restore(object.into_wit()),
        }
    }
}
