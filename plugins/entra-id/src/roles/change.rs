//! Giving and taking a role.

use doorward_core::{
    Context, Error, ErrorKind, GrantKey, HttpRequest, Method, Outcome, OutcomeKind, Result,
};
use serde::Deserialize;
use serde_json::json;

use super::assignment::{collection, directory_scope};
use super::look::held;
use super::refusals::verdict;
use crate::apply::Change;
use crate::errors::Denial;
use crate::graph::ENDPOINT;
use crate::refusals::Verdict;

/// One change. A role that is taken is named by its assignment's id, which only a read tells (facts
/// §3.4: it is opaque), so that taking one is a read and a write. What the read does not show cannot
/// be taken; that a replica lags is for the host to doubt.
pub(crate) async fn apply(cx: &Context, role: &str, change: &Change<'_>) -> Result<Outcome> {
    let (request, done, known) = if change.adds {
        (create(role, change.key)?, OutcomeKind::Granted, None)
    } else {
        let id = held(cx, role, change.key).await?.assignment;
        let Some(id) = id else { return Ok(Outcome::new(OutcomeKind::AlreadyRevoked)) };
        (delete(&id), OutcomeKind::Revoked, Some(id))
    };
    let response = cx.http().send(request).await?;
    if matches!(response.status, 201 | 204) {
        let mut outcome = Outcome::new(done);
        outcome.provider_id = known.or_else(|| made(&response.body));
        return Ok(outcome);
    }
    match verdict(cx, change, &Denial::read(&response, cx.now())).await {
        Verdict::Failed(error) => Err(*error),
        Verdict::Already | Verdict::AlreadyIfGroupExists if change.adds => {
            Ok(Outcome::new(OutcomeKind::AlreadyGranted))
        }
        Verdict::Already | Verdict::AlreadyIfGroupExists => {
            Ok(Outcome::new(OutcomeKind::AlreadyRevoked))
        }
    }
}

fn create(role: &str, key: &GrantKey) -> Result<HttpRequest> {
    let scope = directory_scope(key.scope.as_ref()).ok_or_else(|| {
        Error::new(ErrorKind::Unsupported, "unsupported-grant", "A role has no such scope.")
    })?;
    Ok(HttpRequest::new(ENDPOINT, Method::Post, collection()).json(json!({
        "@odata.type": "#microsoft.graph.unifiedRoleAssignment",
        "roleDefinitionId": role,
        "principalId": key.principal.id,
        "directoryScopeId": scope,
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
