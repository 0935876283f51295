//! What a check of a connection finds.

use doorward_core as core;

use super::{IntoCore, IntoWit, Malformed, enumeration, record};
use crate::bindings::doorward::connector::report;

record!(report::Identity: key, login, name, place; attributes);
record!(report::Ability: action, kind, entitlement, principal; reserved);
record!(report::AuthorityEntry: ability, authority, through; reserved);
record!(report::Finding: severity, code, message, remedy; reserved);
record!(report::CheckReport: identity, permissions, authority, findings, credential_expiry;
    attributes);

enumeration!(report::Severity = Severity: Info, Warning, Problem);

impl IntoCore for report::Authority {
    type Core = core::Authority;
    fn into_core(self) -> Result<core::Authority, Malformed> {
        Ok(match self {
            Self::Everywhere(except) => core::Authority::Everywhere { except },
            Self::OnlyIn(resources) => {
                core::Authority::OnlyIn { resources: resources.into_core()? }
            }
            Self::No(needs) => core::Authority::No { needs },
            Self::Unknown(because) => core::Authority::Unknown { because },
        })
    }
}

impl IntoWit for core::Authority {
    type Wit = report::Authority;
    fn into_wit(self) -> report::Authority {
        match self {
            Self::Everywhere { except } => report::Authority::Everywhere(except),
            Self::OnlyIn { resources } => report::Authority::OnlyIn(resources.into_wit()),
            Self::No { needs } => report::Authority::No(needs),
            Self::Unknown { because } => report::Authority::Unknown(because),
        }
    }
}

impl IntoCore for report::CredentialExpiry {
    type Core = core::CredentialExpiry;
    fn into_core(self) -> Result<core::CredentialExpiry, Malformed> {
        Ok(match self {
            Self::At(time) => core::CredentialExpiry::At { time: time.into_core()? },
            Self::Unknown(because) => core::CredentialExpiry::Unknown { because },
        })
    }
}

impl IntoWit for core::CredentialExpiry {
    type Wit = report::CredentialExpiry;
    fn into_wit(self) -> report::CredentialExpiry {
        match self {
            Self::At { time } => report::CredentialExpiry::At(time.into_wit()),
            Self::Unknown { because } => report::CredentialExpiry::Unknown(because),
        }
    }
}
