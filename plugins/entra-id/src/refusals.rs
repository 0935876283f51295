//! What a refused write means (facts §2.2): by status and code, by the message where codes are
//! shared, and by the group as it was read, since a bare 403 does not say why.

use doorward_core::{Context, Error, ErrorKind, Refusal, Retry, Timestamp};
use jiff::SignedDuration;
use std::collections::BTreeSet;

use crate::apply::Change;
use crate::authority::{read_own, units_of_links};
use crate::errors::Denial;
use crate::fragments::Meaning;
use crate::kinds::OWNER;
use crate::manageability::{mail_enabled, no_nesting, restricted, synced, users_only};
use crate::permissions::{ROLE_WRITE, WRITE_MEMBERS, WRITE_OWNERS, extra_for_member};
use crate::token::Claims;

/// As long as a new object may be unknown to a replica: some tens of seconds were seen (facts §7);
/// this leaves room.
const REPLICATION: SignedDuration = SignedDuration::from_mins(5);

/// What a refused write comes to.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The link was so before.
    Already,
    /// The link was so before, unless it is the group that is missing.
    AlreadyIfGroupExists,
    Failed(Box<Error>),
}

impl From<Error> for Verdict {
    fn from(error: Error) -> Self {
        Self::Failed(Box::new(error))
    }
}

/// Judges a refused write.
pub(crate) async fn verdict(cx: &Context, change: &Change<'_>, denial: &Denial) -> Verdict {
    if change.adds && denial.is("Request_MultipleObjectsWithSameKeyValue") {
        return Verdict::Already;
    }
    if let Some(error) = denial.general() {
        return error.into();
    }
    match denial.status {
        403 => forbidden(cx, change, denial).await.into(),
        404 if denial.code.is_empty() => denial.unexpected().into(),
        404 => missing(change, denial, cx.now()),
        _ => bad_request(change, denial),
    }
}

fn bad_request(change: &Change<'_>, denial: &Denial) -> Verdict {
    match denial.meaning() {
        Some(Meaning::AlreadyLinked) if change.adds => Verdict::Already,
        Some(Meaning::LinkMissing) if !change.adds => Verdict::AlreadyIfGroupExists,
        Some(Meaning::NotReplicated) => not_replicated(denial).into(),
        Some(Meaning::LastOwner) => last_owner(denial).into(),
        Some(Meaning::Synced) => refused(denial, &synced()).into(),
        Some(Meaning::MailEnabled) => refused(denial, &exchange_owned(change)).into(),
        Some(Meaning::MemberType) => refused(denial, &users_only()).into(),
        Some(Meaning::Nesting) => refused(denial, &no_nesting()).into(),
        Some(Meaning::RestrictedUnit) => refused(denial, &restricted()).into(),
        _ if change.adds && change.key.principal.kind == "group" => {
            refused(denial, &nesting_refused()).into()
        }
        _ => denial
            .error(
                ErrorKind::InvalidRequest,
                "refused-request",
                format!(
                    "Microsoft Graph did not accept the change of the group {}.",
                    change.resource.name
                ),
            )
            .remedy("Microsoft's own words are among the causes. If they do not help, report this message.")
            .into(),
    }
}

/// The message's id tells which object is missing.
fn missing(change: &Change<'_>, denial: &Denial, now: Timestamp) -> Verdict {
    let (group, principal) = (&change.key.resource, &change.key.principal);
    if denial.names(&group.id) && !denial.names(&principal.id) {
        return made_moments_ago(change, denial, now)
            .unwrap_or_else(|| group_missing(change, denial))
            .into();
    }
    if !change.adds {
        return match denial.names(&principal.id) {
            true => Verdict::Already,
            false => Verdict::AlreadyIfGroupExists,
        };
    }
    if let Some(error) = made_moments_ago(change, denial, now) {
        return error.into();
    }
    denial
        .error(
            ErrorKind::NotFound,
            "principal-not-found",
            format!("There is no {principal} in the tenant, or it is deleted."),
        )
        .remedy("Check the name. An object made moments ago can take half a minute to be seen: then try again.")
        .into()
}

/// The group is missing, and not a member of it.
pub(crate) fn group_missing(change: &Change<'_>, denial: &Denial) -> Error {
    denial
        .error(
            ErrorKind::NotFound,
            "resource-not-found",
            format!("The group {} does not exist any more.", change.resource.name),
        )
        .remedy("Look for the group again. A deleted group can be restored within 30 days.")
}

/// A 404 while a replica may not know a new group yet (facts §2.2).
fn made_moments_ago(change: &Change<'_>, denial: &Denial, now: Timestamp) -> Option<Error> {
    let created = change.resource.created?;
    (now.duration_since(created) < REPLICATION).then(|| not_replicated(denial))
}

fn not_replicated(denial: &Denial) -> Error {
    denial
        .error(
            ErrorKind::NotFound,
            "not-replicated",
            "The group or the principal is not known everywhere at Microsoft yet.",
        )
        .remedy("Wait half a minute and try again: it was made moments ago, or does not exist.")
        .retry(Retry::Backoff)
}

fn last_owner(denial: &Denial) -> Error {
    denial
        .error(
            ErrorKind::Conflict,
            "last-owner",
            "The last user among the owners of a group cannot be removed; service principals do not count.",
        )
        .remedy("Make another user an owner first.")
}

fn exchange_owned(change: &Change<'_>) -> Refusal {
    mail_enabled(change.resource.class != crate::manageability::DISTRIBUTION)
}

fn nesting_refused() -> Refusal {
    Refusal {
        code: "nesting-refused".to_owned(),
        message: "The group does not take this group as a member.".to_owned(),
        remedy: "Only security groups can be members, and only of security groups that allow nesting. Add the members of the group themselves.".to_owned(),
    }
}

fn refused(denial: &Denial, refusal: &Refusal) -> Error {
    denial
        .error(ErrorKind::NotManageable, &refusal.code, refusal.message.clone())
        .remedy(refusal.remedy.clone())
}

/// A 403 on a group means a quota, the group's own nature, or a missing permission (facts §2.2).
async fn forbidden(cx: &Context, change: &Change<'_>, denial: &Denial) -> Error {
    if denial.is("Directory_QuotaExceeded") {
        return quota(change, denial);
    }
    match denial.meaning() {
        Some(Meaning::RestrictedUnit) => return refused(denial, &restricted()),
        Some(Meaning::MailEnabled) => return refused(denial, &exchange_owned(change)),
        Some(Meaning::Synced) => return refused(denial, &synced()),
        _ => {}
    }
    let (entitlement, kind) = (&change.key.entitlement, &change.key.principal.kind);
    if let Some(refusal) = change.resource.refusal(entitlement, kind, change.adds) {
        return refused(denial, refusal);
    }
    // Only the explanation depends on the claims: without them it is less exact.
    let claims = Claims::read(cx).await.unwrap_or_default();
    let roles = claims.roles();
    let is_permitted = needs(change).iter().any(|needed| roles.contains(needed));
    if !is_permitted && let Some(oid) = claims.text("oid") {
        let outside = outside_scope(cx, change, denial, oid).await;
        if let Some(error) = outside {
            return error;
        }
    }
    permission_denied(change, denial, &roles)
}

/// The error of a group where no role of ours holds, when one holds in a unit (facts §2.2). It names
/// the units as well as we may read.
async fn outside_scope(
    cx: &Context,
    change: &Change<'_>,
    denial: &Denial,
    oid: &str,
) -> Option<Error> {
    let own = read_own(cx, oid).await.ok()?;
    let units = units_of_links(&own, &change.key.entitlement);
    if units.is_empty() {
        return None;
    }
    let words: Vec<String> = units.iter().map(|unit| own.words(unit)).collect();
    let ids: Vec<String> = units.iter().map(ToString::to_string).collect();
    let (what, group) = (&change.key.entitlement, &change.resource.name);
    Some(
        denial
            .error(
                ErrorKind::PermissionDenied,
                "outside-scope",
                format!(
                    "Microsoft Graph refused to change the group {group}: the application may change a group's {what}s only in {}.",
                    words.join(", ")
                ),
            )
            .remedy(format!(
                "If the group belongs there, have it put into the administrative unit. Otherwise have the application's role assigned at a unit with the group, or grant one of these application permissions: {}.",
                needs(change).join(", ")
            ))
            .attribute("scopes", ids)
            .attribute("needs", needs(change).to_vec()),
    )
}

fn quota(change: &Change<'_>, denial: &Denial) -> Error {
    let remedy = if change.key.entitlement == OWNER {
        "A group has at most 100 owners. Remove one first."
    } else {
        "Remove members first, or use another group."
    };
    denial
        .error(ErrorKind::Conflict, "quota", format!("The group {} is full.", change.resource.name))
        .remedy(remedy)
}

fn permission_denied(change: &Change<'_>, denial: &Denial, roles: &BTreeSet<&str>) -> Error {
    if change.resource.privileged && !roles.contains(ROLE_WRITE) {
        return denial
            .missing_permission(
                "to change a group that can be assigned to a role, which needs one more permission",
                &[ROLE_WRITE],
            )
            .attribute("class", change.resource.class.clone());
    }
    let needs = needs(change);
    if needs.iter().any(|needed| roles.contains(needed)) {
        return with_permission(change, denial, roles);
    }
    denial.missing_permission(&format!("to change the group {}", change.resource.name), needs)
}

fn needs(change: &Change<'_>) -> &'static [&'static str] {
    if change.key.entitlement == OWNER { WRITE_OWNERS } else { WRITE_MEMBERS }
}

/// The token carries what should be enough.
fn with_permission(change: &Change<'_>, denial: &Denial, roles: &BTreeSet<&str>) -> Error {
    let extra = extra_for_member(&change.key.principal.kind)
        .filter(|extra| change.key.entitlement != OWNER && !roles.contains(extra));
    if let Some(extra) = extra {
        return denial.missing_permission(
            &format!("to change a {} as a member", change.key.principal.kind),
            &[extra],
        );
    }
    denial
        .error(
            ErrorKind::PermissionDenied,
            "refused",
            format!("Microsoft Graph refused to change the group {}, though the application's permissions should be enough.", change.resource.name),
        )
        .remedy("Read the group again: it may have become dynamic, mail-enabled or restricted. If only Directory.ReadWrite.All is granted, add GroupMember.ReadWrite.All, which Microsoft documents for adding members.")
}

#[cfg(test)]
mod tests;
