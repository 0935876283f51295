//! What a refused change of a role means (facts §3.4; what PIM alone says is in [`pim_refusals`]).

use doorward_core::{Context, Error, ErrorKind, Retry};

use super::pim_refusals;
use crate::apply::Change;
use crate::errors::Denial;
use crate::fragments::Meaning;
use crate::refusals::Verdict;
use crate::token::Claims;

/// Judges a refused write, which `needs` one of these permissions.
pub(super) async fn verdict(
    cx: &Context,
    change: &Change<'_>,
    denial: &Denial,
    needs: &[&str],
) -> Verdict {
    if change.adds && is_duplicate(denial) {
        return Verdict::Already;
    }
    let known = denial.unlicensed().or_else(|| pim_refusals::refusal(change, denial));
    if let Some(error) = known.or_else(|| denial.general()) {
        return error.into();
    }
    match denial.status {
        403 => forbidden(cx, change, denial, needs).await.into(),
        404 if denial.code.is_empty() => denial.unexpected().into(),
        404 if !change.adds => Verdict::Already,
        404 => missing(change, denial).into(),
        _ => bad_request(change, denial).into(),
    }
}

/// Of an assignment without PIM recorded as a 400 whose code says nothing, documented elsewhere as a 409 (facts §3.4).
fn is_duplicate(denial: &Denial) -> bool {
    denial.is(pim_refusals::EXISTS)
        || denial.is("Request_MultipleObjectsWithSameKeyValue")
        || (matches!(denial.status, 400 | 409) && denial.meaning() == Some(Meaning::Conflicting))
}

async fn forbidden(cx: &Context, change: &Change<'_>, denial: &Denial, needs: &[&str]) -> Error {
    let role = &change.resource.name;
    if denial.is("Directory_QuotaExceeded") {
        return denial
            .error(ErrorKind::Conflict, "quota", format!("The role {role} is full."))
            .remedy("Take the role from somebody first, or give it to a group.");
    }
    // Only the explanation depends on the claims: without them it is less exact.
    let claims = Claims::read(cx).await.unwrap_or_default();
    let doing = format!("to change who holds the role {role}");
    if denial.meaning() == Some(Meaning::PermissionMissing)
        || !needs.iter().any(|needed| claims.roles().contains(needed))
    {
        return denial.missing_permission(&doing, needs);
    }
    denial
        .error(
            ErrorKind::PermissionDenied,
            "refused",
            format!("Microsoft Graph refused to change who holds the role {role}, though the application's permissions should be enough."),
        )
        .remedy("Microsoft's own words are among the causes. If the scope lies in a restricted management administrative unit, only a role at that unit allows changes there.")
}

/// The message's id tells what is missing.
fn missing(change: &Change<'_>, denial: &Denial) -> Error {
    let (principal, role) = (&change.key.principal, &change.resource.name);
    let scope = change.key.scope.as_ref().filter(|scope| denial.names(&scope.id));
    let (reason, message) = match scope {
        Some(scope) => ("scope-not-found", format!("There is no {scope} in the tenant.")),
        None if denial.names(&change.key.resource.id) => {
            ("resource-not-found", format!("The role {role} does not exist any more."))
        }
        None => (
            "principal-not-found",
            format!(
                "There is no {principal} in the tenant, or it is deleted, or cannot hold roles."
            ),
        ),
    };
    denial
        .error(ErrorKind::NotFound, reason, message)
        .remedy("Check the name. An object made moments ago can take half a minute to be seen: then try again.")
}

fn bad_request(change: &Change<'_>, denial: &Denial) -> Error {
    let role = &change.resource.name;
    match denial.meaning() {
        Some(Meaning::NotRoleAssignable) => denial
            .error(
                ErrorKind::NotManageable,
                "not-role-assignable",
                format!("{} cannot hold a role: it was not made for that.", change.key.principal),
            )
            .remedy("Only a group that was made with \"Microsoft Entra roles can be assigned to the group\" can hold a role; a group cannot be changed into one. Use such a group, or give the role to people."),
        Some(Meaning::ScopeNotSupported) => denial
            .error(
                ErrorKind::NotManageable,
                "scope-not-supported",
                format!("The role {role} cannot be limited to {}.", scope(change)),
            )
            .remedy("Give the role without a scope, or use a role that can be limited so, such as Groups Administrator or User Administrator for administrative units."),
        Some(Meaning::NotReplicated) => denial
            .error(
                ErrorKind::NotFound,
                "not-replicated",
                "The principal or the scope is not known everywhere at Microsoft yet.",
            )
            .remedy("Wait half a minute and try again: it was made moments ago, or does not exist.")
            .retry(Retry::Backoff),
        _ if !change.adds && !change.resource.keeps_last_holder.is_empty() => refused(denial, role)
            .remedy("If this is the last one who holds the role, give it to somebody else first. Microsoft's own words are among the causes."),
        _ => refused(denial, role)
            .remedy("Microsoft's own words are among the causes. If they do not help, report this message."),
    }
}

fn refused(denial: &Denial, role: &str) -> Error {
    let message =
        format!("Microsoft Graph did not accept the change of who holds the role {role}.");
    denial.error(ErrorKind::InvalidRequest, "refused-request", message)
}

fn scope(change: &Change<'_>) -> String {
    change.key.scope.as_ref().map_or_else(|| "the directory".to_owned(), ToString::to_string)
}
