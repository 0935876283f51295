//! The words of requests to PIM (facts §3.5).

use jiff::{Span, Timestamp, tz::TimeZone};
use uuid::Uuid;

use super::{Handle, On};

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Assign,
    Update,
    Remove,
    Activate,
    Deactivate,
}

impl Action {
    /// As the wire spells it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Assign => "adminAssign",
            Self::Update => "adminUpdate",
            Self::Remove => "adminRemove",
            Self::Activate => "selfActivate",
            Self::Deactivate => "selfDeactivate",
        }
    }
}

/// What became of a request (facts §3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Provisioned,
    Revoked,
    Granted,
    PendingApproval,
    Canceled,
    Failed,
}

impl Status {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Provisioned => "Provisioned",
            Self::Revoked => "Revoked",
            Self::Granted => "Granted",
            Self::PendingApproval => "PendingApproval",
            Self::Canceled => "Canceled",
            Self::Failed => "Failed",
        }
    }
}

/// When it ends, as it was asked for.
#[derive(Clone, Debug)]
pub(crate) enum Expiry {
    Never,
    At(Timestamp),
    /// With the text as sent.
    For(Span, String),
}

impl Expiry {
    /// The instant, when there is one; an error when it lies outside of time.
    pub(super) fn end(&self, start: Timestamp) -> Result<Option<Timestamp>, Refusal> {
        let end = match self {
            Self::Never => return Ok(None),
            Self::At(end) => *end,
            Self::For(span, _) => {
                let end = start.to_zoned(TimeZone::UTC).checked_add(*span);
                end.map_err(|_| Refusal::InvalidSchedule)?.timestamp()
            }
        };
        if end > start { Ok(Some(end)) } else { Err(Refusal::InvalidSchedule) }
    }
}

/// What somebody wishes.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) eligible: bool,
    pub(crate) on: On,
    pub(crate) principal: Handle,
    pub(crate) action: Action,
    /// When it shall begin, when it shall end.
    pub(crate) term: Option<(Option<Timestamp>, Expiry)>,
    pub(crate) justification: Option<String>,
    /// `ticketNumber` and `ticketSystem`.
    pub(crate) ticket: (Option<String>, Option<String>),
    /// Who asks.
    pub(crate) by: Uuid,
}

/// A request as it is kept: the audit trail.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) id: Uuid,
    pub(crate) eligible: bool,
    pub(crate) on: On,
    pub(crate) principal: Handle,
    pub(crate) action: Action,
    pub(crate) status: Status,
    pub(crate) term: Option<(Timestamp, Expiry)>,
    pub(crate) justification: Option<String>,
    pub(crate) ticket: (Option<String>, Option<String>),
    pub(crate) created: Timestamp,
    pub(crate) completed: Option<Timestamp>,
    /// The schedule that it is about.
    pub(crate) target: Option<Uuid>,
    pub(crate) by: Uuid,
    pub(crate) validation_only: bool,
}

/// Why a request is refused (facts §3.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Exists,
    DoesNotExist,
    Pending,
    Policy(Vec<&'static str>),
    TooShort,
    InvalidSchedule,
}

/// What the facts leave open; switches of the settings.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Quirks {
    /// An update takes away the other kind of the same role too (facts §9: seen once).
    pub(crate) update_takes_both: bool,
    /// Removing an eligibility ends what was activated out of it.
    pub(crate) removal_ends_activation: bool,
}
