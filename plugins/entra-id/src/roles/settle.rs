//! What came of a change of a role whose answer was lost, or which was not finished.
//!
//! - A request that waits is looked up by its id. Where that is refused, or the request is gone, the
//!   target decides, as after a lost answer.
//! - An active role is shown by two lists, so that one that is empty for a moment (facts §9: while
//!   somebody replaces a schedule) takes nothing away. Of eligibility there is only one: that it is gone
//!   is believed at once only when the service said so, too.
//! - An assignment may be listed before its schedule: what was given for a time is not told as held for
//!   good while that may be so.
//! - After its end, nobody can tell from the target whether a role was given.

use doorward_core::{Context, GrantKind, Outcome, OutcomeKind, Result, SettleRequest};

use super::look::held;
use super::request::{self, Handle};
use crate::apply::Change;
use crate::grant::Presence;
use crate::settle::{judge, may_lag};

/// Looks at the request, or at the target.
pub(crate) async fn settle(
    cx: &Context,
    role: &str,
    change: &Change<'_>,
    request: &SettleRequest,
) -> Result<Outcome> {
    let handle: Option<Handle> =
        request.handle.clone().and_then(|handle| serde_json::from_value(handle).ok());
    if let Some(handle) = &handle
        && let Some(outcome) = request::settle(cx, handle, change).await?
    {
        return Ok(outcome);
    }
    let found = held(cx, role, change.key).await?;
    if let Some(error) = found.unseen(change.key) {
        return Err(error.clone());
    }
    let now = cx.now();
    let presence = if found.grant.is_some() { Presence::Held } else { Presence::NotHeld };
    if change.adds && presence == Presence::NotHeld && change.until.is_some_and(|end| end <= now) {
        return Ok(Outcome::new(OutcomeKind::Unknown));
    }
    let is_undated =
        change.until.is_some() && found.grant.as_ref().is_some_and(|grant| grant.ends.is_none());
    if change.adds && is_undated && may_lag(request, now) {
        return Ok(Outcome::new(OutcomeKind::Unknown));
    }
    let may_be_empty = change.key.kind == GrantKind::Eligible && handle != Some(Handle::Missing);
    let mut outcome = judge(request, presence, may_be_empty, now)?;
    if let Some(grant) = found.grant.filter(|_| change.adds && outcome.kind.is_final()) {
        outcome.until = grant.ends;
        outcome.provider_id = grant.provider_id;
    }
    Ok(outcome)
}
