//! Giving and taking membership: one request, which says by itself whether it changed anything.
//!
//! The request is sent in any case, also when a read would say that nothing has to be done: only its
//! answer proves that we may do it. In a dry run the host stops at it, in this same code.

use doorward_core::{
    Action, ApplyRequest, Context, Error, ErrorKind, GrantKey, HttpRequest, HttpResponse, Method,
    Operation, Outcome, OutcomeKind, Path, Result,
};

use crate::client::named;
use crate::connection::{ENDPOINT, Service};
use crate::errors::{Denial, refusal, request_id, unreadable};
use crate::records::is_membership;

/// A change that the service knows.
pub(crate) struct Change<'a> {
    adds: bool,
    pub(crate) key: &'a GrantKey,
}

/// An error as a whole says that nothing was changed. What leaves that open is the error of the
/// operation.
pub(crate) async fn apply(
    service: &Service,
    context: &Context,
    request: &ApplyRequest,
) -> Result<Vec<Result<Outcome>>> {
    let [operation] = request.operations.as_slice() else {
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            "batch-size",
            "The Teams service takes one change at a time.",
        )
        .remedy("Send the operations one by one."));
    };
    let change = Change::of(operation)?;
    let method = if change.adds { Method::Put } else { Method::Delete };
    let request = HttpRequest::new(ENDPOINT, method, change.path(service)?);
    match context.http().send(request).await {
        Ok(response) => change.outcome(&response),
        Err(lost) => Ok(vec![Err(lost)]),
    }
}

impl<'a> Change<'a> {
    pub(crate) fn of(operation: &'a Operation) -> Result<Self> {
        let (adds, key, until) = match &operation.action {
            Action::Grant { key, until, .. } => (true, key, *until),
            Action::Revoke { key, .. } => (false, key, None),
            other => {
                return Err(Error::new(
                    ErrorKind::Unsupported,
                    "unsupported",
                    format!("This connector does not offer `{}`.", other.name()),
                )
                .remedy("Do it in the Teams service itself."));
            }
        };
        if until.is_some() || !is_membership(key) {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "unsupported-grant",
                "The Teams service knows only users as members of teams, for good.",
            )
            .remedy("Ask for the entitlement `member` of a team, for a user, without an end."));
        }
        Ok(Self { adds, key })
    }

    fn path(&self, service: &Service) -> Result<Path> {
        // What cannot be the id of a user must not become a part of a write.
        service.user(&self.key.principal)?;
        let team = service.team(&self.key.resource)?;
        Ok(team.literal("members").value(&self.key.principal.id))
    }

    fn outcome(&self, response: &HttpResponse) -> Result<Vec<Result<Outcome>>> {
        let (user, team) = (named(&self.key.principal), named(&self.key.resource));
        let doing = if self.adds {
            format!("to add {user} to {team}")
        } else {
            format!("to remove {user} from {team}")
        };
        let status = response.status;
        if matches!(status, 200..300) && request_id(response).is_none() {
            let why = "it has no X-Request-Id";
            return Ok(vec![Err(unreadable(response, &doing, why))]);
        }
        let kind = match (self.adds, status) {
            (true, 201) => OutcomeKind::Granted,
            (true, 200) => OutcomeKind::AlreadyGranted,
            (false, 204) => OutcomeKind::Revoked,
            // Of the two that are not found here, this one is no failure: nobody has to be removed.
            (false, 404) if Denial::read(response).code == "not_a_member" => {
                OutcomeKind::AlreadyRevoked
            }
            (_, 400..500) => return Err(refusal(response, &doing)),
            _ => return Ok(vec![Err(refusal(response, &doing))]),
        };
        Ok(vec![Ok(Outcome::new(kind))])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Fake, answer, denied, operation, service, wait};

    fn carry_out(gives: bool, response: HttpResponse) -> (Vec<String>, Result<Outcome>) {
        let fake = Fake::answering([response]);
        let request = ApplyRequest { operations: vec![operation(gives, "alice", "sandbox")] };
        let service = service("https://teams.example/api/v1");
        let outcomes = wait(apply(&service, &fake.context(), &request));
        (fake.asked(), outcomes.and_then(|mut outcomes| outcomes.remove(0)))
    }

    #[test]
    fn what_was_so_already_is_an_outcome_and_no_error() {
        use OutcomeKind::{AlreadyGranted, AlreadyRevoked, Granted, Revoked};
        let table = [
            (true, answer(201, None), Granted),
            (true, answer(200, None), AlreadyGranted),
            (false, answer(204, None), Revoked),
            (false, denied(404, "not_a_member"), AlreadyRevoked),
        ];
        for (gives, response, kind) in table {
            let (asked, outcome) = carry_out(gives, response);
            assert_eq!(outcome, Ok(Outcome::new(kind)));
            let method = if gives { "PUT" } else { "DELETE" };
            assert_eq!(asked, [format!("{method} /api/v1/teams/sandbox/members/alice")]);
        }
    }

    #[test]
    fn what_is_refused_is_an_error() {
        let table = [
            (403, "read_only", ErrorKind::PermissionDenied),
            (404, "not_found", ErrorKind::NotFound),
            (404, "", ErrorKind::ContractViolation),
            (409, "managed_by_directory", ErrorKind::NotManageable),
        ];
        for (status, code, kind) in table {
            for gives in [true, false] {
                let (_, outcome) = carry_out(gives, denied(status, code));
                assert_eq!(outcome.unwrap_err().kind, kind, "{status} {code}");
            }
        }
    }

    /// Then nobody knows whether something was changed, and the host asks `settle`.
    #[test]
    fn an_answer_that_is_not_the_services_is_no_success() {
        let mut response = answer(200, None);
        response.headers.clear();
        let (_, outcome) = carry_out(true, response);
        assert_eq!(outcome.unwrap_err().kind, ErrorKind::ContractViolation);
    }

    #[test]
    fn what_is_no_id_is_never_sent() {
        for user in ["", ".", ".."] {
            let fake = Fake::answering([]);
            let request = ApplyRequest { operations: vec![operation(true, user, "sandbox")] };
            let service = service("https://teams.example/api/v1");
            let error = wait(apply(&service, &fake.context(), &request)).unwrap_err();
            assert_eq!((error.kind, fake.asked()), (ErrorKind::NotFound, Vec::new()));
        }
    }
}
