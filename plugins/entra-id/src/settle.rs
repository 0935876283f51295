//! What came of a change whose answer was lost: by looking, never by guessing.
//!
//! A read may show the state before the write for some tens of seconds (facts §7). So what is seen
//! decides at once only when it is what the change leads to, when it cannot be the state before an
//! earlier change of the same grant, and when principal and group are there: new ones are missing on some
//! replicas. Otherwise it decides [`WINDOW`] after the answer was given up: until then the outcome
//! stays unknown and the host asks again.

use doorward_core::{
    Context, Error, ErrorKind, Outcome, OutcomeKind, Result, SettleRequest, Timestamp,
};
use jiff::SignedDuration;

use crate::apply::{change, unsupported};
use crate::grant::{Presence, look};
use crate::holders::HIDDEN;
use crate::kinds::Target;
use crate::roles;

/// Longer than every lag that was seen (facts §7, §9: 2–30 s).
const WINDOW: SignedDuration = SignedDuration::from_secs(60);

/// Looks at the target.
pub(crate) async fn settle(cx: &Context, request: SettleRequest) -> Result<Outcome> {
    let change = change(&request.operation)?;
    if let Target::Role(role) = change.target {
        return roles::settle(cx, role, &change, &request).await;
    }
    let presence = look(cx, change.key).await?;
    judge(&request, presence, false, cx.now())
}

/// `may_be_empty`: that nothing is seen may be so for a moment only.
pub(crate) fn judge(
    request: &SettleRequest,
    presence: Presence,
    may_be_empty: bool,
    now: Timestamp,
) -> Result<Outcome> {
    if presence == Presence::Hidden {
        return Err(hidden());
    }
    let outcome = request
        .outcome(presence == Presence::Held)
        .ok_or_else(|| unsupported(&request.operation.action))?;
    let may_lag = may_lag(request, now);
    let may_be_older =
        request.last_changed.is_some_and(|changed| request.sent.duration_since(changed) < WINDOW);
    let may_be_hidden = match presence {
        Presence::Missing => true,
        presence => may_be_empty && presence == Presence::NotHeld,
    };
    if may_lag && (may_be_older || may_be_hidden || outcome.kind == OutcomeKind::NotApplied) {
        return Ok(Outcome::new(OutcomeKind::Unknown));
    }
    Ok(outcome)
}

/// Whether a replica may still show the state before the write.
pub(crate) fn may_lag(request: &SettleRequest, now: Timestamp) -> bool {
    now.duration_since(request.given_up) < WINDOW
}

fn hidden() -> Error {
    Error::new(
        ErrorKind::PermissionDenied,
        HIDDEN,
        "The group hides its members from the application, so that nobody can look whether the change was carried out.",
    )
    .remedy("Grant the application the permission Member.Read.Hidden, or look in the Microsoft Entra admin center.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn request(adds: bool, held_before: bool) -> SettleRequest {
        let key = json!({"principal": {"kind": "user", "id": "u"}, "resource": {"kind": "group", "id": "g"}, "entitlement": "member"});
        let resource =
            json!({"key": {"kind": "group", "id": "g"}, "name": "G", "class": "security"});
        let action = if adds { "grant" } else { "revoke" };
        let mut request = json!({
            "operation": {"id": "o", "action": action, "key": key, "resource": resource},
            "sent": "2026-11-23T08:00:00Z", "givenUp": "2026-11-23T08:00:00Z",
        });
        if held_before {
            request["prior"] = json!({"key": key});
        }
        serde_json::from_value(request).unwrap()
    }

    #[test]
    fn only_the_expected_state_decides_at_once() {
        use OutcomeKind::{AlreadyGranted, AlreadyRevoked, Granted, NotApplied, Revoked, Unknown};
        use Presence::{Held, Hidden, Missing, NotHeld};
        let table = [
            (true, Held, false, 1, Ok(Granted)),
            (true, Held, true, 1, Ok(AlreadyGranted)),
            (true, NotHeld, false, 59, Ok(Unknown)),
            (true, NotHeld, false, 60, Ok(NotApplied)),
            (false, NotHeld, true, 1, Ok(Revoked)),
            (false, NotHeld, false, 1, Ok(AlreadyRevoked)),
            (false, Held, true, 59, Ok(Unknown)),
            (false, Held, true, 60, Ok(NotApplied)),
            (false, Missing, true, 1, Ok(Unknown)),
            (false, Missing, true, 60, Ok(Revoked)),
            (true, Missing, false, 60, Ok(NotApplied)),
            (true, Hidden, false, 60, Err("hidden-membership")),
        ];
        for (adds, presence, held_before, seconds, expected) in table {
            let request = request(adds, held_before);
            let now = request.sent + SignedDuration::from_secs(seconds);
            let judged = judge(&request, presence, false, now)
                .map(|outcome| outcome.kind)
                .map_err(|error| error.reason);
            assert_eq!(
                judged,
                expected.map_err(str::to_owned),
                "{adds} {presence:?} {held_before} {seconds}"
            );
        }
    }

    /// A write may take effect until its answer is given up, not only when it leaves.
    #[test]
    fn the_wait_counts_from_when_the_answer_was_given_up() {
        let mut request = request(true, false);
        request.given_up = request.sent + SignedDuration::from_secs(100);
        for (seconds, expected) in [(101, OutcomeKind::Unknown), (160, OutcomeKind::NotApplied)] {
            let now = request.sent + SignedDuration::from_secs(seconds);
            assert_eq!(judge(&request, Presence::NotHeld, false, now).unwrap().kind, expected);
        }
    }

    /// Right after an earlier change of the same grant a replica may show the state before that.
    #[test]
    fn an_earlier_change_moments_ago_lets_nothing_be_decided_at_once() {
        let table = [
            (Some(-10), 5, OutcomeKind::Unknown),
            (Some(-10), 60, OutcomeKind::Granted),
            (Some(-60), 5, OutcomeKind::Granted),
            (None, 5, OutcomeKind::Granted),
        ];
        for (changed, seconds, expected) in table {
            let mut request = request(true, false);
            request.last_changed =
                changed.map(|changed| request.sent + SignedDuration::from_secs(changed));
            let now = request.sent + SignedDuration::from_secs(seconds);
            assert_eq!(judge(&request, Presence::Held, false, now).unwrap().kind, expected);
        }
    }
}
