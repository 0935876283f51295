//! Giving and taking a role.
//!
//! For good, and active, it is an assignment (`roleAssignments`), as without PIM. For a time, or as
//! eligibility, it is a request to PIM, which tells when it ends. It is taken the way it was given.

use doorward_core::{
    CAN_ACTIVATE_AGAIN, Context, Error, ErrorKind, Grant, GrantKey, GrantKind, HttpRequest,
    HttpResponse, Method, Outcome, OutcomeKind, Result, Timestamp,
};
use serde::Deserialize;
use serde_json::json;

use super::assignment::{collection, directory_scope};
use super::look::{Found, held, look};
use super::pim::KINDS;
use super::pim_refusals::{MISSING, TOO_YOUNG, too_young};
use super::refusals::verdict;
use super::request::{self, Handle};
use crate::apply::Change;
use crate::errors::Denial;
use crate::graph::ENDPOINT;
use crate::permissions::{
    REMOVE_ACTIVE, REMOVE_ELIGIBLE, ROLE_WRITE, WRITE_ACTIVE, WRITE_ELIGIBLE, WRITE_ROLES,
};
use crate::refusals::Verdict;
use crate::token::Claims;

/// One change: one write, after the reads that it takes.
pub(crate) async fn apply(cx: &Context, role: &str, change: &Change<'_>) -> Result<Outcome> {
    if change.adds { give(cx, role, change).await } else { take(cx, role, change).await }
}

async fn give(cx: &Context, role: &str, change: &Change<'_>) -> Result<Outcome> {
    let key = change.key;
    let (request, needs) = match (key.kind, change.until) {
        (GrantKind::Active, None) => (create(role, key)?, WRITE_ROLES),
        (GrantKind::Active, _) => (ask(cx, role, change)?, WRITE_ACTIVE),
        (GrantKind::Eligible, _) => (ask(cx, role, change)?, WRITE_ELIGIBLE),
    };
    let response = cx.http().send(request).await?;
    if response.status == 201 && needs == WRITE_ROLES {
        let provider_id = made(&response.body);
        return Ok(Outcome { provider_id, ..Outcome::new(OutcomeKind::Granted) });
    }
    if response.status == 201 {
        return request::outcome(&response.body, change);
    }
    match refused(cx, role, change, &response, needs).await {
        Verdict::Failed(error) => Err(*error),
        Verdict::Already | Verdict::AlreadyIfGroupExists => Ok(already(cx, role, key).await),
    }
}

/// What is held already may end by itself: a look tells when, and what it does not tell is left out.
async fn already(cx: &Context, role: &str, key: &GrantKey) -> Outcome {
    let outcome = Outcome::new(OutcomeKind::AlreadyGranted);
    match held(cx, role, key).await {
        Ok(Found { grant: Some(grant), .. }) => Outcome {
            until: grant.ends,
            provider_id: grant.provider_id,
            attributes: grant.attributes,
            ..outcome
        },
        Ok(_) | Err(_) => outcome,
    }
}

/// What the reads do not show cannot be taken; that a replica lags is for the host to doubt.
async fn take(cx: &Context, role: &str, change: &Change<'_>) -> Result<Outcome> {
    let key = change.key;
    let kinds = if key.kind == GrantKind::Active { &KINDS[..] } else { &[GrantKind::Eligible] };
    let found = look(cx, role, key, kinds).await?;
    if let Some(error) = found.unseen(key) {
        return Err(error.clone());
    }
    let Some(grant) = &found.grant else {
        return Ok(also(Outcome::new(OutcomeKind::AlreadyRevoked), cx.now(), &found, key));
    };
    let (request, needs) = match (key.kind, &found.assignment) {
        (GrantKind::Eligible, _) => (ask(cx, role, change)?, REMOVE_ELIGIBLE),
        (_, Some(id)) if is_deleted(cx, grant, id).await => (delete(id), WRITE_ROLES),
        _ => (ask(cx, role, change)?, REMOVE_ACTIVE),
    };
    let response = cx.http().send(request).await?;
    let outcome = match response.status {
        201 => request::outcome(&response.body, change)?,
        204 => {
            Outcome { provider_id: found.assignment.clone(), ..Outcome::new(OutcomeKind::Revoked) }
        }
        _ if Denial::read(&response, cx.now()).is(MISSING) => said_missing(),
        _ => match refused(cx, role, change, &response, needs).await {
            Verdict::Failed(error) => return Err(*error),
            Verdict::Already | Verdict::AlreadyIfGroupExists => {
                Outcome::new(OutcomeKind::AlreadyRevoked)
            }
        },
    };
    Ok(also(outcome, cx.now(), &found, key))
}

/// It was there a moment ago. So the service has just taken it away and says otherwise (facts §9), or
/// somebody else has: a look decides, and this answer is one of two that it is gone.
fn said_missing() -> Outcome {
    Outcome { handle: Some(json!(Handle::Missing)), ..Outcome::new(OutcomeKind::Unknown) }
}

/// Whether the assignment itself is deleted. What PIM gave is taken through PIM, so that its schedule
/// goes, too. PIM also takes what it did not give; that is the way of somebody who may only take.
async fn is_deleted(cx: &Context, grant: &Grant, assignment: &str) -> bool {
    if grant.provider_id.as_deref() != Some(assignment) {
        return false;
    }
    let claims = Claims::read(cx).await.unwrap_or_default();
    let permissions = claims.roles();
    let takes_by_pim = REMOVE_ACTIVE.iter().any(|one| permissions.contains(one));
    permissions.contains(ROLE_WRITE) || !takes_by_pim
}

/// Says beside the outcome of taking an active role that the principal, itself or through a group,
/// can activate it.
fn also(mut outcome: Outcome, now: Timestamp, found: &Found, key: &GrantKey) -> Outcome {
    let may_activate = found.pim.of(GrantKind::Eligible).iter().any(|row| {
        let scope = row.held.scope();
        row.holds(now) && (scope == Ok(None) || scope.as_ref() == Ok(&key.scope))
    });
    if key.kind == GrantKind::Active && may_activate {
        outcome.attributes.insert(CAN_ACTIVATE_AGAIN.to_owned(), json!(true));
    }
    outcome
}

async fn refused(
    cx: &Context,
    role: &str,
    change: &Change<'_>,
    response: &HttpResponse,
    needs: &[&str],
) -> Verdict {
    let denial = Denial::read(response, cx.now());
    if denial.is(TOO_YOUNG) {
        return too_young(cx, role, change, &denial).await.into();
    }
    verdict(cx, change, &denial, needs).await
}

fn ask(cx: &Context, role: &str, change: &Change<'_>) -> Result<HttpRequest> {
    Ok(request::ask(cx.now(), role, &scope(change.key)?, change))
}

fn scope(key: &GrantKey) -> Result<String> {
    directory_scope(key.scope.as_ref()).ok_or_else(|| {
        Error::new(ErrorKind::Unsupported, "unsupported-grant", "A role has no such scope.")
    })
}

fn create(role: &str, key: &GrantKey) -> Result<HttpRequest> {
    Ok(HttpRequest::new(ENDPOINT, Method::Post, collection()).json(json!({
        "@odata.type": "#microsoft.graph.unifiedRoleAssignment",
        "roleDefinitionId": role,
        "principalId": key.principal.id,
        "directoryScopeId": scope(key)?,
    })))
}

fn delete(id: &str) -> HttpRequest {
    HttpRequest::new(ENDPOINT, Method::Delete, collection().value(id))
}

/// The id of a new assignment; that it was made is said by the status alone.
fn made(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Made {
        id: String,
    }
    serde_json::from_slice::<Made>(body).ok().map(|made| made.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::ASSIGNED;
    use doorward_core::ObjectRef;

    const ROLE: &str = "fe930be7-5e62-47db-91af-98c3a49a38b1";
    const USER: &str = "a11ce000-0000-4000-8000-000000000001";
    const UNIT: &str = "a0000000-0000-4000-8000-000000000002";

    #[test]
    fn a_role_is_given_at_exactly_its_scope() {
        let table = [
            (None, "/".to_owned()),
            (Some(ObjectRef::new("au", UNIT)), format!("/administrativeUnits/{UNIT}")),
            (Some(ObjectRef::new("application", UNIT)), format!("/{UNIT}")),
        ];
        for (scope, expected) in table {
            let key =
                GrantKey::new(ObjectRef::new("user", USER), ObjectRef::new("role", ROLE), ASSIGNED);
            let request = create(ROLE, &GrantKey { scope, ..key }).unwrap();
            assert_eq!(
                (request.method, request.path.as_str()),
                (Method::Post, "/v1.0/roleManagement/directory/roleAssignments")
            );
            let body = json!({
                "@odata.type": "#microsoft.graph.unifiedRoleAssignment", "roleDefinitionId": ROLE,
                "principalId": USER, "directoryScopeId": expected,
            });
            assert_eq!(request.body, Some(body));
        }
    }

    #[test]
    fn a_role_is_taken_by_its_assignments_id() {
        let request = delete("-lAPpYv/x");
        assert_eq!(
            (request.method, request.path.as_str()),
            (Method::Delete, "/v1.0/roleManagement/directory/roleAssignments/-lAPpYv%2Fx")
        );
        assert_eq!(request.body, None);
    }
}
