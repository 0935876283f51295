//! Journal entries in words.

use doorward_host::{JournalEntry, JournalState};

use crate::output::text;

/// `grant Alice Archer (alice@contoso.com): member of Finance`.
pub(crate) fn change(entry: &JournalEntry) -> String {
    let action = entry.operation.action.name();
    let (who, what) = (&entry.principal_name, &entry.resource_name);
    match entry.operation.action.grant() {
        Some((key, _)) => {
            let within = entry.scope_name.as_ref().map(|scope| format!(" within {scope}"));
            let right = text::right(&key.entitlement, key.kind);
            format!("{action} {who}: {right} of {what}{}", within.unwrap_or_default())
        }
        None => format!("{action} {who}"),
    }
}

/// What came of it: `Granted`, `failed (…)`, `not known yet`.
pub(crate) fn outcome(entry: &JournalEntry) -> String {
    let Some(settlement) = &entry.settlement else {
        return "not known yet".to_owned();
    };
    if let Some(error) = &settlement.error {
        return format!("failed ({})", error.reason);
    }
    match (&settlement.outcome, entry.state) {
        (Some(outcome), JournalState::Settled) => text::outcome(outcome),
        (Some(outcome), _) => format!("{}, not known yet", outcome.kind.label()),
        (None, _) => "not known yet".to_owned(),
    }
}
