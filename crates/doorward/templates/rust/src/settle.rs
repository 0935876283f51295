//! What came of a change whose answer was lost: by looking, never by guessing, and never by writing.

use doorward_core::{Context, Outcome, OutcomeKind, Result, SettleRequest, Timestamp};

use crate::apply::Change;
use crate::connection::Service;
use crate::read::is_member;

/// How long after a write a read may still show what was before it. The Teams service promises
/// nothing; find out for yours, and take more than that.
const WINDOW_SECONDS: i64 = 60;

pub(crate) async fn settle(
    service: &Service,
    context: &Context,
    request: &SettleRequest,
) -> Result<Outcome> {
    let change = Change::of(&request.operation)?;
    let is_there = is_member(service, context, change.key).await?;
    Ok(judge(request, is_there, context.now()))
}

/// What the change leads to is believed at once, unless it may be left from an earlier change. That
/// nothing was changed is believed only when no read can be late any more.
fn judge(request: &SettleRequest, is_there: bool, now: Timestamp) -> Outcome {
    let unknown = Outcome::new(OutcomeKind::Unknown);
    let Some(outcome) = request.outcome(is_there) else { return unknown };
    let is_within =
        |from: Timestamp, to: Timestamp| to.as_second() - from.as_second() < WINDOW_SECONDS;
    let may_be_late = is_within(request.given_up, now);
    let may_be_older = request.last_changed.is_some_and(|changed| is_within(changed, request.sent));
    if may_be_late && (may_be_older || outcome.kind == OutcomeKind::NotApplied) {
        return unknown;
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Fake, operation, page_for_people, service, wait};
    use doorward_core::{ErrorKind, Grant};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn request(gives: bool, before: bool, last_changed: Option<i64>) -> SettleRequest {
        let operation = operation(gives, "alice", "sandbox");
        let key = Change::of(&operation).unwrap().key.clone();
        SettleRequest {
            prior: before.then(|| Grant::new(key)),
            operation,
            handle: None,
            sent: at(1_000),
            given_up: at(1_000),
            last_changed: last_changed.map(at),
        }
    }

    #[test]
    fn only_what_cannot_be_late_or_older_decides() {
        use OutcomeKind::{AlreadyGranted, Granted, NotApplied, Revoked, Unknown};
        // (gives, was there before, is there now, last changed, seconds until now, outcome)
        let table = [
            (true, false, true, None, 1, Granted),
            (true, true, true, None, 1, AlreadyGranted),
            (true, false, false, None, 59, Unknown),
            (true, false, false, None, 60, NotApplied),
            (false, true, false, None, 1, Revoked),
            (false, true, true, None, 59, Unknown),
            (false, true, true, None, 60, NotApplied),
            (true, false, true, Some(990), 1, Unknown),
            (true, false, true, Some(990), 60, Granted),
            (true, false, true, Some(940), 1, Granted),
        ];
        for (gives, before, now, changed, seconds, kind) in table {
            let request = request(gives, before, changed);
            let outcome = judge(&request, now, at(1_000 + seconds));
            assert_eq!(outcome.kind, kind, "{gives} {before} {now} {changed:?} {seconds}");
        }
    }

    #[test]
    fn a_page_that_is_not_the_services_removes_nobody() {
        let fake = Fake::answering([page_for_people(404)]);
        let service = service("https://teams.example/api/v1");
        let outcome = wait(settle(&service, &fake.context(), &request(false, true, None)));
        assert_eq!(outcome.unwrap_err().kind, ErrorKind::ContractViolation);
    }
}
