//! What it means when PIM refuses a request (facts §3.5): by its code, and for policies by the rules
//! that the message names.

use doorward_core::{Context, Error, ErrorKind, GrantKind, Result, Retry, Timestamp};
use jiff::SignedDuration;
use std::time::Duration;

use super::pim::Pim;
use crate::apply::Change;
use crate::errors::Denial;
use crate::fragments::{Rule, broken_rules};

/// The code of what is held already, eligibility too.
pub(super) const EXISTS: &str = "RoleAssignmentExists";
/// The code of what is not there; also when it was taken away just now (facts §9).
pub(super) const MISSING: &str = "RoleAssignmentDoesNotExist";
/// The code of the five-minute rule.
pub(super) const TOO_YOUNG: &str = "ActiveDurationTooShort";
const POLICY: &str = "RoleAssignmentRequestPolicyValidationFailed";

/// The rule counts five minutes, by its own clock (facts §3.5: try again at 5 min 30 s).
const LEAST_AGE: SignedDuration = SignedDuration::from_secs(330);

/// When it should be over and is not, the clocks differ.
const LEAST_WAIT: Duration = Duration::from_secs(30);

/// Code, kind, reason, message, remedy. `{role}` and `{principal}` are filled in.
const TABLE: &[(&str, ErrorKind, &str, &str, &str)] = &[
    (
        "PendingRoleAssignmentRequest",
        ErrorKind::Conflict,
        "request-pending",
        "PIM has a request about the role {role} of {principal} that is not decided yet.",
        "Have it approved, denied or canceled in the Microsoft Entra admin center, under Privileged Identity Management, then try again.",
    ),
    (
        "RoleAssignmentRequestAcrsValidationFailed",
        ErrorKind::NotManageable,
        "authentication-context",
        "PIM wants a sign-in of its own before anybody changes the role {role}; an application can never do that.",
        "In the PIM settings of the role, take away the authentication context that an active assignment requires, or let a person make the change.",
    ),
    (
        "InvalidRoleAssignmentRequestSchedule",
        ErrorKind::InvalidRequest,
        "invalid-schedule",
        "PIM does not accept the time for which the role {role} was to be given.",
        "Choose an end that lies ahead by five minutes or more. If it does, compare the clock of this machine.",
    ),
    (
        "SubjectNotFound",
        ErrorKind::NotFound,
        "principal-not-found",
        "PIM does not know {principal}.",
        "Check the name. Somebody who was made moments ago can take half a minute to be seen: then try again.",
    ),
    (
        "RoleNotFound",
        ErrorKind::NotFound,
        "resource-not-found",
        "The role {role} does not exist any more.",
        "Look for the role again.",
    ),
    (
        "ResourceIsLocked",
        ErrorKind::Conflict,
        "locked",
        "PIM is at work on the same assignment of the role {role}.",
        "Try again in a moment.",
    ),
];

/// The codes of the table that another attempt may get past: what is new is known everywhere in some
/// tens of seconds (facts §7).
const PASSING: [&str; 2] = ["SubjectNotFound", "ResourceIsLocked"];

/// The error that one of PIM's own codes is.
pub(super) fn refusal(change: &Change<'_>, denial: &Denial) -> Option<Error> {
    if denial.is(POLICY) {
        return Some(policy(change, denial));
    }
    let (code, kind, reason, message, remedy) =
        TABLE.iter().find(|(code, ..)| denial.is(code)).copied()?;
    let message = message
        .replace("{role}", &change.resource.name)
        .replace("{principal}", &change.key.principal.to_string());
    let error = denial.error(kind, reason, message).remedy(remedy);
    let passes = PASSING.contains(&code);
    Some(if passes { error.retry(Retry::Backoff) } else { error })
}

/// The name, whether another request could keep it, and what to do.
fn rule(rule: Rule) -> (&'static str, bool, &'static str) {
    match rule {
        Rule::Mfa => (
            "mfa-rule",
            false,
            "The role's PIM settings require multifactor authentication of whoever assigns it, which an application can never do: take that off there, make the person eligible instead, or let a person assign the role.",
        ),
        Rule::Eligibility => (
            "eligibility-rule",
            true,
            "Only who is eligible for the role can have it so: make the person eligible first.",
        ),
        Rule::Expiration => (
            "expiration-rule",
            true,
            "Choose a shorter time: the role's PIM settings say how long it may be held or be eligible, and whether for good.",
        ),
        Rule::Ticketing => ("ticketing-rule", true, "Name the ticket that asks for it."),
        Rule::Justification => ("justification-rule", true, "Give a reason."),
    }
}

fn policy(change: &Change<'_>, denial: &Denial) -> Error {
    let role = &change.resource.name;
    let rules: Vec<_> = broken_rules(&denial.message).into_iter().map(rule).collect();
    let Some((first, ..)) = rules.first() else {
        return denial
            .error(
                ErrorKind::InvalidRequest,
                "pim-policy",
                format!("The PIM settings of the role {role} do not allow the request."),
            )
            .remedy("Microsoft's own words are among the causes: they name the rule.");
    };
    let possible = rules.iter().all(|(_, possible, _)| *possible);
    let kind = if possible { ErrorKind::InvalidRequest } else { ErrorKind::NotManageable };
    let names: Vec<&str> = rules.iter().map(|(name, ..)| *name).collect();
    let remedies: Vec<&str> = rules.iter().map(|(.., remedy)| *remedy).collect();
    denial
        .error(
            kind,
            first,
            format!(
                "The PIM settings of the role {role} do not allow the request ({}).",
                names.join(", ")
            ),
        )
        .remedy(remedies.join(" "))
        .attribute("rules", names)
}

/// The five-minute rule: nothing of a principal and role is taken, eligible or active and at whatever
/// scope, while its active assignment is younger (facts §3.5). When that is over is read.
pub(super) async fn too_young(
    cx: &Context,
    role: &str,
    change: &Change<'_>,
    denial: &Denial,
) -> Error {
    let now = cx.now();
    // Without the start it is as if it had begun this moment.
    let youngest = youngest(cx, role, &change.key.principal.id, now).await.ok().flatten();
    let ready = youngest.unwrap_or(now).saturating_add(LEAST_AGE).unwrap_or(now);
    let wait = Duration::try_from(ready.duration_since(now)).unwrap_or_default();
    denial
        .error(
            ErrorKind::Conflict,
            "too-young",
            format!(
                "PIM takes nothing of the role {} from {} within five minutes after it was given or activated.",
                change.resource.name, change.key.principal
            ),
        )
        .remedy(format!("Try again after {ready}."))
        .retry(Retry::after(wait.max(LEAST_WAIT)))
        .attribute("notBefore", ready.to_string())
}

/// When the youngest active assignment began.
async fn youngest(
    cx: &Context,
    role: &str,
    principal: &str,
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    let filters = [("principalId", principal), ("roleDefinitionId", role)];
    let pim = Pim::read(cx, &[GrantKind::Active], &filters).await?;
    let own = pim.of(GrantKind::Active).iter().filter(|row| row.held.is_of(role, principal));
    Ok(own.filter_map(|row| row.since(now)).max())
}
