//! What came of a change: what the connector says, the writes that were really sent, and what was
//! known before, together.

use doorward_core::{Action, Error, ErrorKind, Outcome, OutcomeKind, Resource, Result, Timestamp};
use doorward_http::WriteRecord;
use jiff::SignedDuration;

use crate::store::{JournalEntry, Settlement};

/// Marks an outcome that a look must confirm: the provider answered "was so already", against what
/// is known.
pub(crate) const ANSWERED_ALREADY: &str = "answeredAlready";

/// How long our own change of a grant tells more about it than a read: longer than replicas lag.
const OWN_CHANGE_COUNTS: SignedDuration = SignedDuration::from_mins(2);

/// The settlement of one operation. When answer and writes leave room for doubt, the outcome is
/// unknown, whatever the connector returned.
pub(crate) fn judge(
    action: &Action,
    answer: Result<Outcome>,
    writes: &[WriteRecord],
    now: Timestamp,
) -> Settlement {
    let is_lost = writes.iter().any(|write| write.lost);
    let is_accepted = is_accepted(writes);
    let answer = answer.and_then(|outcome| plausible(action, outcome, is_accepted));
    let (outcome, error) = match answer {
        _ if is_lost => (Some(Outcome::new(OutcomeKind::Unknown)), None),
        Ok(outcome) => (Some(outcome), None),
        Err(_) if is_accepted => (Some(Outcome::new(OutcomeKind::Unknown)), None),
        Err(error) => (None, Some(error)),
    };
    Settlement {
        at: now,
        given_up: outcome.as_ref().filter(|outcome| !outcome.kind.is_final()).map(|_| now),
        outcome,
        error,
        request_id: last_request(writes),
        by_looking: false,
        by_hand: None,
    }
}

fn is_accepted(writes: &[WriteRecord]) -> bool {
    writes.iter().any(|write| write.status.is_some_and(|status| (200..300).contains(&status)))
}

/// Why several operations were refused as a whole, so that nothing was changed; `None` when
/// something may have been.
pub(crate) fn refused_as_a_whole(
    result: &Result<Vec<Result<Outcome>>>,
    writes: &[WriteRecord],
) -> Option<Error> {
    let error = result.as_ref().err()?;
    let is_open = is_accepted(writes) || writes.iter().any(|write| write.lost);
    (!is_open).then(|| error.clone())
}

/// The settlement of an operation that was refused together with others.
pub(crate) fn refused(error: Error, writes: &[WriteRecord], now: Timestamp) -> Settlement {
    Settlement {
        at: now,
        outcome: None,
        error: Some(error),
        request_id: last_request(writes),
        by_looking: false,
        given_up: None,
        by_hand: None,
    }
}

fn last_request(writes: &[WriteRecord]) -> Option<String> {
    writes.iter().rev().find_map(|write| write.request_id.clone())
}

/// One answer for each of so many operations: what concerns them all concerns each.
pub(crate) fn answers(
    result: Result<Vec<Result<Outcome>>>,
    operations: usize,
) -> Vec<Result<Outcome>> {
    let error = match result {
        Ok(outcomes) if outcomes.len() == operations => return outcomes,
        Ok(outcomes) => violation(
            "outcome-count",
            format!(
                "The connector gave {} for {}.",
                counted(outcomes.len(), "outcome"),
                counted(operations, "operation")
            ),
        ),
        Err(error) => error,
    };
    vec![Err(error); operations]
}

fn counted(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

/// Believes an outcome that fits the action, and a change only when a write was accepted.
fn plausible(action: &Action, outcome: Outcome, is_accepted: bool) -> Result<Outcome> {
    use OutcomeKind::{AlreadyGranted, AlreadyRevoked, Granted, Pending, Revoked, Unknown};
    let fits = match (action, outcome.kind) {
        (Action::Grant { .. }, Granted) | (Action::Revoke { .. }, Revoked) | (_, Pending) => {
            is_accepted
        }
        (Action::Grant { .. }, AlreadyGranted) | (Action::Revoke { .. }, AlreadyRevoked) => true,
        (_, kind) => kind == Unknown,
    };
    if fits {
        return Ok(outcome);
    }
    Err(violation(
        "implausible-outcome",
        format!(
            "The connector said `{}` of a {}, which does not fit what was sent.",
            outcome.kind.label(),
            action.name()
        ),
    ))
}

fn violation(reason: &str, message: String) -> Error {
    Error::new(ErrorKind::ContractViolation, reason, message)
        .remedy("This is a defect of the connector. Please report it.")
}

/// Whether a provider says "was so already" against what is known: it may have asked a replica that
/// lags. `earlier` are the changes of the same grant before this one, newest first.
pub(crate) fn is_contradicted(
    settlement: &Settlement,
    entry: &JournalEntry,
    earlier: &[JournalEntry],
) -> bool {
    let Some(outcome) = &settlement.outcome else { return false };
    // Our own last change tells more than a read.
    let known = ours(entry, earlier)
        .or_else(|| entry.prior_unknown.is_none().then_some(entry.prior.is_some()));
    match outcome.kind {
        OutcomeKind::AlreadyGranted => known == Some(false),
        OutcomeKind::AlreadyRevoked => known == Some(true),
        _ => false,
    }
}

/// What contradicts what is known must not pass for the truth: a look decides.
pub(crate) fn doubt(settlement: &mut Settlement, entry: &JournalEntry, earlier: &[JournalEntry]) {
    if !is_contradicted(settlement, entry, earlier) {
        return;
    }
    settlement.given_up = Some(settlement.at);
    if let Some(outcome) = &mut settlement.outcome {
        outcome.kind = OutcomeKind::Unknown;
        outcome.attributes.insert(ANSWERED_ALREADY.to_owned(), true.into());
    }
}

/// What contradicts what is known has been said for longer than replicas lag: so it is true.
pub(crate) fn confirm(settlement: &mut Settlement) {
    settlement.by_looking = true;
    if let Some(outcome) = &mut settlement.outcome {
        outcome.attributes.insert(ANSWERED_ALREADY.to_owned(), true.into());
    }
}

/// Whether our own changes of a moment ago left the grant there.
pub(crate) fn ours(entry: &JournalEntry, earlier: &[JournalEntry]) -> Option<bool> {
    earlier.iter().find_map(|earlier| left_behind(earlier, entry.at))
}

/// Whether a change of a moment ago left the grant there.
fn left_behind(earlier: &JournalEntry, now: Timestamp) -> Option<bool> {
    let settlement = earlier.settlement.as_ref()?;
    if now.duration_since(settlement.at) > OWN_CHANGE_COUNTS {
        return None;
    }
    match settlement.outcome.as_ref()?.kind {
        OutcomeKind::Granted | OutcomeKind::AlreadyGranted => Some(true),
        OutcomeKind::Revoked | OutcomeKind::AlreadyRevoked => Some(false),
        _ => None,
    }
}

/// The outcome of a change as a person saw it.
pub(crate) fn by_hand(entry: &JournalEntry, applied: bool) -> OutcomeKind {
    let held_before = entry.prior.is_some() || entry.prior_unknown.is_some();
    match (&entry.operation.action, applied) {
        (_, false) => OutcomeKind::NotApplied,
        (Action::Grant { .. }, true) if entry.prior.is_some() => OutcomeKind::AlreadyGranted,
        (Action::Grant { .. }, true) => OutcomeKind::Granted,
        (Action::Revoke { .. }, true) if held_before => OutcomeKind::Revoked,
        (Action::Revoke { .. }, true) => OutcomeKind::AlreadyRevoked,
        _ => OutcomeKind::Done,
    }
}

/// Whether the provider's "already" is what a look must confirm.
pub(crate) fn is_doubted(outcome: &Outcome) -> bool {
    outcome.attributes.contains_key(ANSWERED_ALREADY)
}

/// The outcome of a change that is over, or why there is none.
pub(crate) fn ended(settlement: &Settlement, resource: &Resource) -> Result<Outcome> {
    match (&settlement.outcome, &settlement.error) {
        (_, Some(error)) => Err(error.clone()),
        (Some(outcome), None) if outcome.kind == OutcomeKind::NotApplied => {
            let what = if is_doubted(outcome) {
                "The provider answered that it was so already"
            } else {
                "The answer was lost on the way"
            };
            Err(Error::new(
                ErrorKind::Unavailable,
                "not-applied",
                format!("{what}, and {} shows that nothing was changed.", resource.name),
            )
            .remedy("Run the command again."))
        }
        (Some(outcome), None) => Ok(outcome.clone()),
        (None, None) => Err(Error::internal("A change ended without an outcome.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorward_core::{GrantKey, ObjectRef};
    use serde_json::json;

    fn action(name: &str) -> Action {
        let key =
            GrantKey::new(ObjectRef::new("user", "u"), ObjectRef::new("group", "g"), "member");
        serde_json::from_value(json!({"action": name, "key": key, "resource":
            {"key": {"kind": "group", "id": "g"}, "name": "G", "class": "c"}}))
        .unwrap()
    }

    #[test]
    fn an_outcome_is_believed_only_when_it_fits_the_action_and_the_writes() {
        use OutcomeKind::{
            AlreadyGranted, AlreadyRevoked, Done, Granted, NotApplied, Pending, Revoked, Unknown,
        };
        let table = [
            ("grant", Granted, true, true),
            ("grant", Granted, false, false),
            ("grant", AlreadyGranted, false, true),
            ("grant", Revoked, true, false),
            ("grant", AlreadyRevoked, false, false),
            ("revoke", Revoked, true, true),
            ("revoke", Revoked, false, false),
            ("revoke", AlreadyRevoked, false, true),
            ("revoke", Granted, true, false),
            ("revoke", Pending, true, true),
            ("revoke", Pending, false, false),
            ("grant", Unknown, false, true),
            ("grant", NotApplied, true, false),
            ("grant", Done, true, false),
        ];
        for (name, kind, is_accepted, expect) in table {
            let believed = plausible(&action(name), Outcome::new(kind), is_accepted);
            assert_eq!(believed.is_ok(), expect, "{name} {kind:?} {is_accepted}");
        }
    }

    const NOW: &str = "2026-11-23T08:00:00Z";

    /// What was known before: whether the grant was there, or that nobody can see it.
    #[derive(Clone, Copy, Debug)]
    enum Before {
        Held,
        NotHeld,
        Hidden,
    }

    fn entry(name: &str, before: Before) -> JournalEntry {
        let key = action(name).grant().unwrap().0.clone();
        let mut entry = json!({
            "id": "e", "integration": "i", "integrationName": "n", "at": NOW, "actor": "a",
            "operation": {"id": "e", "action": name, "key": key, "resource":
                {"key": {"kind": "group", "id": "g"}, "name": "G", "class": "c"}},
            "principalName": "U", "resourceName": "G", "state": "intent",
            "request": {"method": "POST", "url": "u", "digest": "d"},
        });
        match before {
            Before::Held => entry["prior"] = json!({"key": key}),
            Before::Hidden => entry["priorUnknown"] = json!({"code": "c", "message": "m"}),
            Before::NotHeld => {}
        }
        serde_json::from_value(entry).unwrap()
    }

    fn settlement(kind: OutcomeKind, seconds_ago: i64) -> Settlement {
        let at: Timestamp = NOW.parse().unwrap();
        Settlement {
            at: at - SignedDuration::from_secs(seconds_ago),
            outcome: Some(Outcome::new(kind)),
            error: None,
            request_id: None,
            by_looking: false,
            given_up: None,
            by_hand: None,
        }
    }

    fn earlier(kind: OutcomeKind, seconds_ago: i64) -> JournalEntry {
        let settlement = Some(settlement(kind, seconds_ago));
        JournalEntry { settlement, ..entry("grant", Before::NotHeld) }
    }

    #[test]
    fn an_already_against_what_is_known_is_doubted() {
        use Before::{Held, Hidden, NotHeld};
        use OutcomeKind::{
            AlreadyGranted, AlreadyRevoked, Granted, NotApplied, Pending, Revoked, Unknown,
        };
        // (action, what the provider answered, what a read showed, earlier changes, in doubt)
        type Row<'a> = (&'a str, OutcomeKind, Before, &'a [(OutcomeKind, i64)], bool);
        let table: [Row<'_>; 17] = [
            ("grant", AlreadyGranted, Held, &[], false),
            ("grant", AlreadyGranted, NotHeld, &[], true),
            ("grant", AlreadyGranted, Hidden, &[], false),
            ("revoke", AlreadyRevoked, NotHeld, &[], false),
            ("revoke", AlreadyRevoked, Held, &[], true),
            ("revoke", AlreadyRevoked, Hidden, &[], false),
            // Our own change of a moment ago tells more than a read, the newest most.
            ("revoke", AlreadyRevoked, NotHeld, &[(Granted, 5)], true),
            ("revoke", AlreadyRevoked, Hidden, &[(AlreadyGranted, 5)], true),
            ("revoke", AlreadyRevoked, Held, &[(Revoked, 5), (Granted, 9)], false),
            ("grant", AlreadyGranted, Held, &[(Revoked, 5)], true),
            ("grant", AlreadyGranted, NotHeld, &[(Granted, 5)], false),
            // What changed nothing tells nothing; what is long ago neither.
            ("revoke", AlreadyRevoked, NotHeld, &[(NotApplied, 5), (Granted, 9)], true),
            ("revoke", AlreadyRevoked, NotHeld, &[(Granted, 121)], false),
            // A change is what the provider says of its own write.
            ("grant", Granted, Held, &[], false),
            ("revoke", Revoked, NotHeld, &[(Revoked, 5)], false),
            ("revoke", Pending, NotHeld, &[], false),
            ("grant", Unknown, Held, &[], false),
        ];
        for (name, kind, before, changes, is_doubted_now) in table {
            let mut judged = settlement(kind, 0);
            let changes: Vec<_> = changes.iter().map(|(kind, ago)| earlier(*kind, *ago)).collect();
            doubt(&mut judged, &entry(name, before), &changes);
            let case = format!("{name} {kind:?} {before:?} {changes:?}");
            let outcome = judged.outcome.as_ref().unwrap();
            assert_eq!(outcome.kind, if is_doubted_now { Unknown } else { kind }, "{case}");
            assert_eq!(is_doubted(outcome), is_doubted_now, "{case}");
            assert_eq!(judged.given_up.is_some(), is_doubted_now, "{case}");
        }
    }

    #[test]
    fn our_own_change_tells_for_two_minutes_what_it_left_behind() {
        use OutcomeKind::{
            AlreadyDone, AlreadyGranted, AlreadyRevoked, Done, Granted, NotApplied, Pending,
            Revoked, Unknown,
        };
        let now: Timestamp = NOW.parse().unwrap();
        let table = [
            (Granted, Some(true)),
            (AlreadyGranted, Some(true)),
            (Revoked, Some(false)),
            (AlreadyRevoked, Some(false)),
            (NotApplied, None),
            (Pending, None),
            (Unknown, None),
            (Done, None),
            (AlreadyDone, None),
        ];
        for (kind, expected) in table {
            for (ago, counts) in [(0, true), (120, true), (121, false)] {
                let found = left_behind(&earlier(kind, ago), now);
                assert_eq!(found, expected.filter(|_| counts), "{kind:?} {ago}");
            }
        }
        let open = entry("grant", Before::NotHeld);
        assert_eq!(left_behind(&open, now), None);
        let refused = Settlement { outcome: None, ..settlement(Granted, 0) };
        let refused = JournalEntry { settlement: Some(refused), ..open };
        assert_eq!(left_behind(&refused, now), None);
    }

    #[test]
    fn a_person_says_whether_it_is_so_and_what_was_known_says_the_rest() {
        use Before::{Held, Hidden, NotHeld};
        use OutcomeKind::{AlreadyGranted, AlreadyRevoked, Granted, NotApplied, Revoked};
        let table = [
            ("grant", NotHeld, Granted),
            ("grant", Hidden, Granted),
            ("grant", Held, AlreadyGranted),
            ("revoke", NotHeld, AlreadyRevoked),
            ("revoke", Hidden, Revoked),
            ("revoke", Held, Revoked),
        ];
        for (name, before, expected) in table {
            let entry = entry(name, before);
            assert_eq!(by_hand(&entry, true), expected, "{name} {before:?}");
            assert_eq!(by_hand(&entry, false), NotApplied, "{name} {before:?}");
        }
    }
}
