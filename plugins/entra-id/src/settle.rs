//! What came of a change whose answer was lost: by looking, never by guessing.
//!
//! A read may show the state before the write for some tens of seconds (facts §7). So what is seen
//! decides at once only when it is what the change leads to. The opposite decides only after
//! [`WINDOW`]; until then the outcome stays unknown and the host asks again. After it, an error
//! says that the change was not carried out; nothing was changed, and the host or the person may
//! order it anew.

use doorward_core::{Context, Error, ErrorKind, Outcome, OutcomeKind, Result, SettleRequest};

use jiff::SignedDuration;

use crate::apply::{Change, change};
use crate::grant::{Presence, look};
use crate::holders::HIDDEN;

/// Longer than every lag that was seen (facts §7, §9: 2–30 s).
const WINDOW: SignedDuration = SignedDuration::from_secs(60);

/// Looks at the target.
pub(crate) async fn settle(cx: &Context, request: SettleRequest) -> Result<Outcome> {
    let change = change(&request.operation)?;
    let presence = look(cx, change.key).await?;
    let young = cx.now().duration_since(request.sent) < WINDOW;
    judge(&change, presence, request.prior.is_some(), young)
}

fn judge(
    change: &Change<'_>,
    presence: Presence,
    held_before: bool,
    young: bool,
) -> Result<Outcome> {
    let kind = match (presence, change.adds, held_before) {
        (Presence::Hidden, ..) => return Err(hidden()),
        (Presence::Held, true, false) => OutcomeKind::Granted,
        (Presence::Held, true, true) => OutcomeKind::AlreadyGranted,
        (Presence::NotHeld, false, true) => OutcomeKind::Revoked,
        (Presence::NotHeld, false, false) => OutcomeKind::AlreadyRevoked,
        (Presence::NotHeld, true, _) | (Presence::Held, false, _) if young => OutcomeKind::Unknown,
        (Presence::NotHeld, true, _) | (Presence::Held, false, _) => {
            return Err(not_applied(change));
        }
    };
    Ok(Outcome::new(kind))
}

fn not_applied(change: &Change<'_>) -> Error {
    let state = if change.adds { "is not there" } else { "is still there" };
    Error::new(
        ErrorKind::Unavailable,
        "not-applied",
        format!("The change was not carried out: a minute later the access {state}."),
    )
    .remedy("Order the change again.")
}

fn hidden() -> Error {
    Error::new(
        ErrorKind::PermissionDenied,
        HIDDEN,
        "The group hides its members from the application, so that nobody can look whether the change was carried out.",
    )
    .remedy("Grant the application permission Member.Read.Hidden, or order the change again: repeating it does no harm.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorward_core::{GrantKey, ObjectRef, Resource};
    use serde_json::json;

    #[test]
    fn only_the_expected_state_decides_at_once() {
        let key =
            GrantKey::new(ObjectRef::new("user", "u"), ObjectRef::new("group", "g"), "member");
        let resource: Resource = serde_json::from_value(
            json!({"key": {"kind": "group", "id": "g"}, "name": "G", "class": "security"}),
        )
        .unwrap();
        use OutcomeKind::{AlreadyGranted, AlreadyRevoked, Granted, Revoked, Unknown};
        let table = [
            (true, Presence::Held, false, true, Ok(Granted)),
            (true, Presence::Held, true, true, Ok(AlreadyGranted)),
            (true, Presence::NotHeld, false, true, Ok(Unknown)),
            (true, Presence::NotHeld, false, false, Err("not-applied")),
            (false, Presence::NotHeld, true, true, Ok(Revoked)),
            (false, Presence::NotHeld, false, true, Ok(AlreadyRevoked)),
            (false, Presence::Held, true, true, Ok(Unknown)),
            (false, Presence::Held, true, false, Err("not-applied")),
            (true, Presence::Hidden, false, false, Err("hidden-membership")),
        ];
        for (adds, presence, before, young, expected) in table {
            let change = Change { adds, key: &key, resource: &resource };
            let judged = judge(&change, presence, before, young);
            let judged = judged.map(|outcome| outcome.kind).map_err(|error| error.reason);
            assert_eq!(
                judged,
                expected.map_err(str::to_owned),
                "{adds} {presence:?} {before} {young}"
            );
        }
    }
}
