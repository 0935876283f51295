//! Changes of members, owners and roles: one write request for all operations of a call.

use doorward_core::{
    Action, ApplyRequest, Context, Error, ErrorKind, GrantKey, GrantKind, HttpRequest,
    HttpResponse, Method, Operation, Outcome, OutcomeKind, Path, Resource, Result, Timestamp,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

use crate::config::Settings;
use crate::errors::Denial;
use crate::find::by_id;
use crate::graph::ENDPOINT;
use crate::kinds::{Kind, OWNER, Target, is_id, target};
use crate::refusals::{Verdict, verdict};
use crate::roles;

/// The most links that one request may change; members and owners count together (facts §2.2).
pub(crate) const MOST_LINKS: u32 = 20;

/// A change of one link or role.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change<'a> {
    pub(crate) adds: bool,
    pub(crate) target: Target<'a>,
    pub(crate) key: &'a GrantKey,
    pub(crate) resource: &'a Resource,
    /// Until when it is given; `None`: for good.
    pub(crate) until: Option<Timestamp>,
    pub(crate) reason: Option<&'a str>,
    pub(crate) ticket: Option<&'a str>,
}

/// One operation by `POST …/$ref` or `DELETE …/$ref`; several grants of one entitlement on one
/// group by one PATCH, which is atomic (facts §2.2). An error of the PATCH is an error as a whole:
/// nothing was changed. Roles are given and taken one by one, members and owners taken so.
pub(crate) async fn apply(
    settings: &Settings,
    cx: &Context,
    request: ApplyRequest,
) -> Result<Vec<Result<Outcome>>> {
    let changes: Vec<Change<'_>> = request.operations.iter().map(change).collect::<Result<_>>()?;
    match changes.as_slice() {
        [] => Ok(Vec::new()),
        [only] => Ok(vec![Ok(single(settings, cx, only).await?)]),
        several if several.iter().any(is_single) => Err(Error::new(
            ErrorKind::Unsupported,
            "one-by-one",
            "Microsoft Graph gives roles, and takes anything, one by one.",
        )),
        [first, ..] => {
            let request = bind(settings, first, &changes)?;
            let response = cx.http().send(request).await?;
            if response.status == 204 {
                return Ok(changes
                    .iter()
                    .map(|_| Ok(Outcome::new(OutcomeKind::Granted)))
                    .collect());
            }
            Err(batch_error(cx, first, &changes, &response).await)
        }
    }
}

/// Whether no request changes it together with others.
fn is_single(change: &Change<'_>) -> bool {
    !change.adds || matches!(change.target, Target::Role(_))
}

/// The change that an operation asks for.
pub(crate) fn change(operation: &Operation) -> Result<Change<'_>> {
    let (key, resource) = operation.action.grant().ok_or_else(|| unsupported(&operation.action))?;
    let kind = Kind::of_principal(&key.principal)?;
    let target = target(&key.resource, &key.entitlement)?;
    let until = until(&operation.action);
    match target {
        Target::Group(_) if key.kind != GrantKind::Active || until.is_some() => {
            return Err(unsupported_grant(
                "Eligible members and owners, and those with an end, are not supported yet.",
            ));
        }
        Target::Group(_) if key.scope.is_some() => {
            return Err(unsupported_grant("Members and owners of groups have no scope."));
        }
        Target::Role(_) if roles::directory_scope(key.scope.as_ref()).is_none() => {
            return Err(unsupported_grant(
                "A role holds everywhere, in an administrative unit, or at an application.",
            ));
        }
        Target::Group(_) | Target::Role(_) => {}
    }
    if !is_id(&key.resource.id) || !is_id(&key.principal.id) {
        return Err(invalid(format!(
            "`{}` or `{}` ({}) is not the id of a directory object.",
            key.resource.id,
            key.principal.id,
            kind.article_name()
        )));
    }
    Ok(Change {
        adds: matches!(operation.action, Action::Grant { .. }),
        target,
        key,
        resource,
        until,
        reason: operation.reason.as_deref(),
        ticket: operation.ticket.as_deref(),
    })
}

fn until(action: &Action) -> Option<Timestamp> {
    match action {
        Action::Grant { until, .. } => *until,
        _ => None,
    }
}

fn unsupported_grant(message: &str) -> Error {
    Error::new(ErrorKind::Unsupported, "unsupported-grant", message)
}

/// An action that is not about access.
pub(crate) fn unsupported(action: &Action) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        "unsupported",
        format!("This connector does not offer `{}`.", action.name()),
    )
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidRequest, "invalid-operation", message)
}

/// A single operation that is refused is refused as a whole, so that the host may try again what is
/// worth it.
async fn single(settings: &Settings, cx: &Context, change: &Change<'_>) -> Result<Outcome> {
    if let Target::Role(role) = change.target {
        return roles::apply(cx, role, change).await;
    }
    let response = cx.http().send(single_request(settings, change)).await?;
    if response.status == 204 {
        return Ok(Outcome::new(done(change)));
    }
    outcome(cx, change, &response).await
}

fn done(change: &Change<'_>) -> OutcomeKind {
    if change.adds { OutcomeKind::Granted } else { OutcomeKind::Revoked }
}

async fn outcome(cx: &Context, change: &Change<'_>, response: &HttpResponse) -> Result<Outcome> {
    let denial = Denial::read(response, cx.now());
    match verdict(cx, change, &denial).await {
        Verdict::Already => Ok(Outcome::new(already(change))),
        Verdict::AlreadyIfGroupExists => if_group_exists(cx, change, &denial).await,
        Verdict::Failed(error) => Err(*error),
    }
}

fn already(change: &Change<'_>) -> OutcomeKind {
    if change.adds { OutcomeKind::AlreadyGranted } else { OutcomeKind::AlreadyRevoked }
}

/// A missing link and a missing group look alike (facts §2.2).
async fn if_group_exists(cx: &Context, change: &Change<'_>, denial: &Denial) -> Result<Outcome> {
    if by_id(cx, Kind::Group, &change.key.resource.id).await?.is_some() {
        return Ok(Outcome::new(already(change)));
    }
    Err(crate::refusals::group_missing(change, denial))
}

async fn batch_error(
    cx: &Context,
    first: &Change<'_>,
    changes: &[Change<'_>],
    response: &HttpResponse,
) -> Error {
    let denial = Denial::read(response, cx.now());
    let named = changes.iter().find(|change| denial.names(&change.key.principal.id));
    match verdict(cx, named.unwrap_or(first), &denial).await {
        Verdict::Failed(error) => *error,
        Verdict::Already | Verdict::AlreadyIfGroupExists => denial
            .error(
                ErrorKind::Conflict,
                "partly-granted",
                "Some of them hold it already, so that nothing was changed.",
            )
            .remedy("Grant them one by one."),
    }
}

/// The request of one change. A removal always ends with `/$ref`: without it, Graph deletes the
/// member itself (facts §2.2).
fn single_request(settings: &Settings, change: &Change<'_>) -> HttpRequest {
    let relation = if change.key.entitlement == OWNER { "owners" } else { "members" };
    let path = Path::new("/v1.0/groups").value(&change.key.resource.id).literal(relation);
    if change.adds {
        return HttpRequest::new(ENDPOINT, Method::Post, path.literal("$ref"))
            .json(json!({ "@odata.id": settings.reference(&change.key.principal.id) }));
    }
    let path = path.value(&change.key.principal.id).literal("$ref");
    HttpRequest::new(ENDPOINT, Method::Delete, path)
}

/// The one request of several grants.
fn bind(settings: &Settings, first: &Change<'_>, changes: &[Change<'_>]) -> Result<HttpRequest> {
    if changes.len() > MOST_LINKS as usize {
        return Err(invalid(format!(
            "One request changes at most {MOST_LINKS} members or owners."
        )));
    }
    let alike = |change: &&Change<'_>| {
        change.adds
            && change.key.resource == first.key.resource
            && change.key.entitlement == first.key.entitlement
    };
    let principals: BTreeSet<&str> =
        changes.iter().filter(alike).map(|change| change.key.principal.id.as_str()).collect();
    if principals.len() != changes.len() {
        return Err(invalid(
            "Only grants of one entitlement on one group, to different principals, fit into one request.",
        ));
    }
    let name =
        if first.key.entitlement == OWNER { "owners@odata.bind" } else { "members@odata.bind" };
    let links: Vec<Value> =
        changes.iter().map(|change| json!(settings.reference(&change.key.principal.id))).collect();
    let path = Path::new("/v1.0/groups").value(&first.key.resource.id);
    Ok(HttpRequest::new(ENDPOINT, Method::Patch, path).json(json!({ name: links })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::MEMBER;
    use doorward_core::ObjectRef;

    const GROUP: &str = "60000000-0000-4000-8000-000000000001";

    fn settings() -> Settings {
        serde_json::from_value(json!({
            "client_id": "c", "secret": {"pointer": "/secret"}, "tenant": "t",
            "endpoints": {"graph": "http://localhost:1"},
        }))
        .unwrap()
    }

    fn user(number: usize) -> String {
        format!("a11ce000-0000-4000-8000-{number:012}")
    }

    fn operation(adds: bool, group: &str, principal: &str, entitlement: &str) -> Operation {
        let key = GrantKey::new(
            ObjectRef::new("user", principal),
            ObjectRef::new("group", group),
            entitlement,
        );
        let resource: Resource = serde_json::from_value(
            json!({"key": {"kind": "group", "id": group}, "name": "G", "class": "security"}),
        )
        .unwrap();
        let action = if adds {
            Action::Grant { key, resource, until: None }
        } else {
            Action::Revoke { key, resource }
        };
        Operation { id: "o".to_owned(), action, reason: None, ticket: None }
    }

    #[test]
    fn a_removal_always_ends_with_ref() {
        for (entitlement, relation) in [(MEMBER, "members"), (OWNER, "owners")] {
            let operation = operation(false, GROUP, &user(1), entitlement);
            let request = single_request(&settings(), &change(&operation).unwrap());
            assert_eq!(request.method, Method::Delete);
            assert_eq!(
                request.path.as_str(),
                format!("/v1.0/groups/{GROUP}/{relation}/{}/$ref", user(1))
            );
            assert_eq!(request.body, None);
        }
    }

    #[test]
    fn nothing_but_an_id_becomes_a_part_of_a_write() {
        for principal in ["", ".", "..", "alice@contoso.com", "a/b", "a?b"] {
            for (group, principal) in [(GROUP, principal), (principal, GROUP)] {
                let operation = operation(false, group, principal, MEMBER);
                assert_eq!(change(&operation).unwrap_err().kind, ErrorKind::InvalidRequest);
            }
        }
    }

    #[test]
    fn a_grant_names_the_object_at_the_clouds_own_graph() {
        let operation = operation(true, GROUP, &user(1), MEMBER);
        let request = single_request(&settings(), &change(&operation).unwrap());
        assert_eq!(request.path.as_str(), format!("/v1.0/groups/{GROUP}/members/$ref"));
        let body = json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{}", user(1))});
        assert_eq!(request.body, Some(body));
    }

    fn bound(operations: &[Operation]) -> Result<HttpRequest> {
        let changes: Vec<_> =
            operations.iter().map(|operation| change(operation).unwrap()).collect();
        bind(&settings(), &changes[0], &changes)
    }

    #[test]
    fn twenty_grants_fit_into_one_patch_and_twenty_one_do_not() {
        let many = |count: usize| -> Vec<Operation> {
            (0..count).map(|number| operation(true, GROUP, &user(number), OWNER)).collect()
        };
        let request = bound(&many(20)).unwrap();
        assert_eq!(
            (request.method, request.path.as_str()),
            (Method::Patch, format!("/v1.0/groups/{GROUP}").as_str())
        );
        assert_eq!(request.body.unwrap()["owners@odata.bind"].as_array().unwrap().len(), 20);
        assert_eq!(bound(&many(21)).unwrap_err().kind, ErrorKind::InvalidRequest);
    }

    #[test]
    fn members_and_owners_are_neither_eligible_nor_for_a_time() {
        for (name, value) in
            [("until", json!("2026-11-23T16:00:00Z")), ("key", json!({"kind": "eligible"}))]
        {
            let mut told = json!(operation(true, GROUP, &user(1), MEMBER));
            match value.as_object() {
                Some(fields) => told[name].as_object_mut().unwrap().extend(fields.clone()),
                None => told[name] = value,
            }
            let error = change(&serde_json::from_value(told).unwrap()).unwrap_err();
            assert_eq!(error.reason, "unsupported-grant", "{name}");
        }
    }

    #[test]
    fn what_cannot_be_one_request_is_refused() {
        let other = "60000000-0000-4000-8000-000000000002";
        let first = || operation(true, GROUP, &user(1), MEMBER);
        for second in [
            operation(true, other, &user(2), MEMBER),
            operation(true, GROUP, &user(2), OWNER),
            operation(false, GROUP, &user(2), MEMBER),
            operation(true, GROUP, &user(1), MEMBER),
        ] {
            assert_eq!(bound(&[first(), second]).unwrap_err().kind, ErrorKind::InvalidRequest);
        }
    }
}
