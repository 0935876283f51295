//! Who, what, who has what, and what went wrong.

use doorward_core as core;

use super::{IntoCore, IntoWit, Malformed, enumeration, record};
use crate::bindings::doorward::connector::types;

record!(types::ObjectRef: kind, id);
record!(types::Account: key, name, login, mail, enabled, external, limited, created; attributes);
record!(types::Resource: key, name, class, login, mail, created, refusals, privileged,
    keeps_last_holder; attributes);
record!(types::KeptHolder: entitlement, principals, active; reserved);
record!(types::RefusalRule: entitlements, principals, can_be_taken, refusal; reserved);
record!(types::Refusal: code, message, remedy; reserved);
record!(types::GrantKey: principal, resource, entitlement, scope, kind);
record!(types::Grant: key, starts, ends, via, provider_id; attributes);
record!(types::GoneObject: key, restorable; attributes);
record!(types::GoneGrant: key; attributes);
record!(types::Expected: what, count; attributes);
record!(types::Skipped: object, code, message; attributes);
record!(types::AccessPath: grants, names; attributes);
record!(types::Error: kind, reason, message, remedy, retry, provider_code, request_id, causes;
    attributes);

enumeration!(types::GrantKind = GrantKind: Active, Eligible);
enumeration!(types::ErrorKind = ErrorKind: InvalidConnection, Unauthenticated, PermissionDenied,
    NotFound, Ambiguous, NotManageable, Conflict, OutcomeUnknown, InvalidRequest, RateLimited,
    Unavailable, Timeout, CursorExpired, Unsupported, DeniedByPolicy, ContractViolation, Internal);

impl IntoCore for types::Record {
    type Core = core::Record;
    fn into_core(self) -> Result<core::Record, Malformed> {
        Ok(match self {
            Self::Account(account) => core::Record::Account(account.into_core()?),
            Self::Resource(resource) => core::Record::Resource(resource.into_core()?),
            Self::Grant(grant) => core::Record::Grant(grant.into_core()?),
            Self::GoneObject(object) => core::Record::GoneObject(object.into_core()?),
            Self::GoneGrant(grant) => core::Record::GoneGrant(grant.into_core()?),
            Self::Expected(expected) => core::Record::Expected(expected.into_core()?),
            Self::Skipped(skipped) => core::Record::Skipped(skipped.into_core()?),
        })
    }
}

impl IntoWit for core::Record {
    type Wit = types::Record;
    fn into_wit(self) -> types::Record {
        match self {
            Self::Account(account) => types::Record::Account(account.into_wit()),
            Self::Resource(resource) => types::Record::Resource(resource.into_wit()),
            Self::Grant(grant) => types::Record::Grant(grant.into_wit()),
            Self::GoneObject(object) => types::Record::GoneObject(object.into_wit()),
            Self::GoneGrant(grant) => types::Record::GoneGrant(grant.into_wit()),
            Self::Expected(expected) => types::Record::Expected(expected.into_wit()),
            Self::Skipped(skipped) => types::Record::Skipped(skipped.into_wit()),
        }
    }
}

impl IntoCore for types::Retry {
    type Core = core::Retry;
    fn into_core(self) -> Result<core::Retry, Malformed> {
        Ok(match self {
            Self::Never => core::Retry::Never,
            Self::Backoff => core::Retry::Backoff,
            Self::After(milliseconds) => core::Retry::After { milliseconds },
        })
    }
}

impl IntoWit for core::Retry {
    type Wit = types::Retry;
    fn into_wit(self) -> types::Retry {
        match self {
            Self::Never => types::Retry::Never,
            Self::Backoff => types::Retry::Backoff,
            Self::After { milliseconds } => types::Retry::After(milliseconds),
        }
    }
}
