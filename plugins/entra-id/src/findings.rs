//! What the operator should know about a connection that works.

use doorward_core::{Ability, Authority, AuthorityEntry, Finding, Severity};
use std::collections::BTreeSet;

use crate::authority::Own;
use crate::config::{Credential, Settings};
use crate::kinds::Kind;
use crate::permissions::{APPLICATION_READ, HIDDEN_READ, READ_GROUPS, READ_USERS, UNIT_READ};

fn finding(severity: Severity, code: &str, message: String, remedy: Option<String>) -> Finding {
    Finding { severity, code: code.to_owned(), message, remedy }
}

/// Findings from the token's roles, and from what we may do.
pub(crate) fn of_roles(roles: &BTreeSet<&str>, authority: &[AuthorityEntry]) -> Vec<Finding> {
    let mut findings = missing(authority);
    if !roles.contains(HIDDEN_READ) {
        findings.push(finding(
            Severity::Info,
            "hidden-membership",
            "Members of groups with hidden membership are not visible; what somebody holds may lack such groups, too.".to_owned(),
            Some("Grant Member.Read.Hidden, if they shall be read.".to_owned()),
        ));
    }
    findings
}

/// Without users or groups hardly a question can be answered. That it cannot be known, since our own
/// roles cannot be read either, comes to the same.
fn missing(authority: &[AuthorityEntry]) -> Vec<Finding> {
    let reads = |kind: Kind| {
        authority.iter().any(|entry| {
            let Ability { action, kind: on, entitlement, .. } = &entry.ability;
            let is_it = action == "read" && on == kind.name() && entitlement.is_none();
            is_it
                && matches!(
                    entry.authority,
                    Authority::Everywhere { .. } | Authority::OnlyIn { .. }
                )
        })
    };
    [(Kind::User, &READ_USERS), (Kind::Group, &READ_GROUPS)]
        .into_iter()
        .filter(|(kind, _)| !reads(*kind))
        .map(|(_, purpose)| {
            let smallest = purpose.needs.first().copied().unwrap_or_default();
            finding(
                Severity::Problem,
                "missing-permission",
                format!("Nothing that is known lets the application read {}.", purpose.what),
                Some(format!("Grant the application permission {smallest} with admin consent, unless an Entra role of the application allows it. Permissions work with the next token, within about an hour.")),
            )
        })
        .collect()
}

/// Findings from the connection itself.
pub(crate) fn of_settings(settings: &Settings) -> Vec<Finding> {
    if !settings.overrides() {
        return Vec::new();
    }
    vec![finding(
        Severity::Warning,
        "endpoint-override",
        format!(
            "THIS CONNECTION DOES NOT GO TO MICROSOFT: sign-in goes to {}, and Graph to {}. Whoever runs them receives the secret and every token.",
            settings.login_origin(),
            settings.graph_origin()
        ),
        Some("Remove endpoints from the connection, unless this is a proxy or a simulator of your own.".to_owned()),
    )]
}

/// Findings from comparing the connection's tenant with the one that answered.
pub(crate) fn of_tenant(
    settings: &Settings,
    tid: Option<&str>,
    domains: &[String],
) -> Vec<Finding> {
    let tenant = settings.tenant.as_str();
    let same = |other: &str| other.eq_ignore_ascii_case(tenant);
    let Some(tid) = tid.filter(|tid| !same(tid)) else {
        return Vec::new();
    };
    if crate::kinds::is_id(tenant) {
        return vec![finding(
            Severity::Warning,
            "another-tenant",
            format!("The connection names the tenant {tenant}, but the token is for {tid}."),
            Some("Check what answers at the sign-in endpoint.".to_owned()),
        )];
    }
    if domains.is_empty() || domains.iter().any(|domain| same(domain)) {
        return Vec::new();
    }
    vec![finding(
        Severity::Info,
        "unlisted-domain",
        format!("The domain {tenant} is not among the tenant's verified domains."),
        Some(format!("Use the tenant's id, {tid}: ids never change.")),
    )]
}

/// Findings from our own Entra roles.
pub(crate) fn of_own(own: &Own) -> Vec<Finding> {
    let mut findings = Vec::new();
    let nameless: Vec<String> = own.nameless().into_iter().map(ToString::to_string).collect();
    if !nameless.is_empty() {
        findings.push(finding(
            Severity::Info,
            "unit-names",
            format!(
                "Administrative units in which the application holds a role are known by id only: {}.",
                nameless.join(", ")
            ),
            Some(format!("Grant {UNIT_READ}, if their names shall be shown.")),
        ));
    }
    if own.owned.is_none() {
        findings.push(finding(
            Severity::Info,
            "group-roles",
            "Roles that the application holds through a group, and groups that it owns, are not known: it may be allowed more than is shown.".to_owned(),
            Some(format!("Grant {APPLICATION_READ}, if that shall be shown.")),
        ));
    }
    findings
}

/// Says that one of several secrets or certificates is meant.
pub(crate) fn several_credentials(settings: &Settings, count: usize) -> Finding {
    let (code, what) = match settings.credential {
        Credential::Certificate { .. } => ("several-certificates", "certificates"),
        _ => ("several-secrets", "secrets"),
    };
    finding(
        Severity::Info,
        code,
        format!(
            "The app registration has {count} valid {what}. Microsoft does not tell which one this connection uses; the earliest expiry is shown."
        ),
        Some(format!("Remove {what} that are not used.")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn codes(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|finding| finding.code.as_str()).collect()
    }

    #[test]
    fn what_cannot_be_read_is_a_problem_however_it_could_be_given() {
        let own = Own { owned: Some(Vec::new()), ..Own::default() };
        for (roles, problems) in [
            (&[][..], 2),
            (&["User.Read.All"], 1),
            (&["GroupMember.Read.All"], 1),
            (&["User.Read.All", "GroupMember.Read.All"], 0),
            (&["User.Read.All", "GroupMember.ReadWrite.All", "Member.Read.Hidden"], 0),
            (&["Directory.Read.All"], 0),
        ] {
            let roles: BTreeSet<&str> = roles.iter().copied().collect();
            let findings = of_roles(&roles, &crate::authority::authority(&roles, Ok(&own)));
            let found = findings.iter().filter(|one| one.severity == Severity::Problem).count();
            assert_eq!(found, problems, "{roles:?}");
            let hidden = findings.iter().any(|one| one.code == "hidden-membership");
            assert_eq!(hidden, !roles.contains("Member.Read.Hidden"));
        }
    }

    #[test]
    fn an_override_is_loud_and_a_wrong_tenant_is_seen() {
        let settings = |tenant: &str, endpoints: serde_json::Value| -> Settings {
            serde_json::from_value(json!({"client_id": "c", "secret": {"pointer": "/secret"}, "tenant": tenant, "endpoints": endpoints})).unwrap()
        };
        let id = "c0470500-0000-4000-8000-000000000001";
        let domains = ["contoso.com".to_owned()];
        assert_eq!(codes(&of_settings(&settings(id, json!({})))), [""; 0]);
        assert_eq!(
            codes(&of_settings(&settings(id, json!({"login": "http://localhost"})))),
            ["endpoint-override"]
        );
        let of = |tenant: &str, tid: Option<&str>| {
            of_tenant(&settings(tenant, json!({})), tid, &domains)
        };
        assert_eq!(codes(&of(id, Some(id))), [""; 0]);
        assert_eq!(codes(&of("Contoso.com", Some(id))), [""; 0]);
        assert_eq!(codes(&of("other.com", Some(id))), ["unlisted-domain"]);
        assert_eq!(
            codes(&of(id, Some("c0470500-0000-4000-8000-000000000002"))),
            ["another-tenant"]
        );
        assert_eq!(codes(&of(id, None)), [""; 0]);
    }
}
