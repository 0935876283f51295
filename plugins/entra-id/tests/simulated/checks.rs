//! `check`, and credentials that are refused.

use doorward_core::{Authority, CheckReport, CredentialExpiry, Error, ErrorKind, Severity};
use doorward_http::Mode;
use entra_sim::{Answer, Settings, Size, cast};
use serde_json::{Value, json};

use crate::world::{Ended, World};

pub(crate) async fn check(world: &World) -> Result<CheckReport, Error> {
    let checked =
        world.run(Mode::Read, |cx, connector| async move { connector.check(&cx).await }).await;
    checked.map_err(|ended| match ended {
        Ended::Error(error) => *error,
        Ended::Other(end) => panic!("{end}"),
    })
}

pub(crate) fn codes(report: &CheckReport) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.code.as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn the_guides_two_permissions_work() {
    let world = World::new();
    let report = check(&world).await.unwrap();
    assert_eq!(report.identity.key.id, cast::SERVICE_PRINCIPAL_ID);
    assert_eq!(
        (report.identity.name.as_str(), report.identity.place.as_str()),
        ("Doorward", "Contoso")
    );
    assert_eq!(
        report.permissions,
        ["Directory.ReadWrite.All", "RoleManagement.ReadWrite.Directory"]
    );
    assert_eq!(codes(&report), ["hidden-membership"]);
    for entry in &report.authority {
        // What adding these takes is written down for smaller permissions only.
        let is_known = entry.ability.principal.is_none();
        let is_everywhere = matches!(entry.authority, Authority::Everywhere { .. });
        assert_eq!(is_everywhere, is_known, "{entry:?}");
    }
    assert!(
        matches!(report.credential_expiry, CredentialExpiry::At { time } if time > world.now())
    );
}

#[tokio::test(start_paused = true)]
async fn no_permission_at_all_is_a_report_and_not_an_error() {
    let world = World::with_roles(&[]);
    let report = check(&world).await.unwrap();
    assert_eq!(report.identity.key.id, cast::SERVICE_PRINCIPAL_ID);
    assert_eq!(report.identity.place, cast::TENANT_ID);
    assert_eq!(codes(&report), ["missing-permission", "missing-permission", "hidden-membership"]);
    assert!(report.findings.iter().take(2).all(|one| one.severity == Severity::Problem));
    assert!(
        report.authority.iter().all(|entry| matches!(entry.authority, Authority::Unknown { .. }))
    );
    assert!(matches!(report.credential_expiry, CredentialExpiry::Unknown { .. }));
}

#[tokio::test(start_paused = true)]
async fn several_secrets_are_said_to_be_several() {
    let world = World::new();
    world.simulator.tenant().add_secret("another");
    let report = check(&world).await.unwrap();
    assert!(codes(&report).contains(&"several-secrets"));
}

#[tokio::test(start_paused = true)]
async fn an_override_is_loud() {
    let endpoints =
        json!({"endpoints": {"login": "http://localhost:8400", "graph": "http://localhost:8400"}});
    let world = World::open(&Size::default(), Settings::default(), endpoints, cast::SECRET);
    let report = check(&world).await.unwrap();
    assert_eq!(codes(&report)[0], "endpoint-override");
}

#[tokio::test(start_paused = true)]
async fn a_domain_is_a_tenant_too() {
    let tenant = json!({"tenant": cast::DOMAIN});
    let world = World::open(&Size::default(), Settings::default(), tenant, cast::SECRET);
    assert!(!codes(&check(&world).await.unwrap()).contains(&"unlisted-domain"));
}

async fn explained(changes: Value, secret: &str) -> Error {
    let world = World::open(&Size::default(), Settings::default(), changes, secret);
    check(&world).await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn each_refused_credential_has_its_remedy() {
    let other = "c0470500-0000-4000-8000-0000000000ff";
    let table = [
        (json!({}), "wrong", "wrong-secret"),
        (json!({}), cast::SECRET_ID, "wrong-secret"),
        (json!({}), cast::EXPIRED_SECRET, "expired-secret"),
        (json!({"tenant": other}), cast::SECRET, "unknown-tenant"),
        (json!({"tenant": "not a tenant"}), cast::SECRET, "malformed-tenant"),
        (json!({"tenant": "common"}), cast::SECRET, "unusable-tenant"),
        (json!({"client_id": other}), cast::SECRET, "unknown-application"),
        (
            json!({"client_id": "00000000-0000-0000-0000-000000000000"}),
            cast::SECRET,
            "invalid-client-id",
        ),
        (json!({"cloud": "china"}), cast::SECRET, "unknown-tenant"),
    ];
    for (changes, secret, reason) in table {
        let error = explained(changes.clone(), secret).await;
        assert_eq!(error.reason, reason, "{changes}");
        assert_eq!(error.kind, ErrorKind::Unauthenticated);
        let text = serde_json::to_string(&error).unwrap();
        assert!(!text.contains(cast::EXPIRED_SECRET) && !text.contains(cast::SECRET));
        assert!(!text.contains("Trace ID") && error.request_id.is_some(), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_application_that_is_gone_or_disabled_is_named() {
    let world = World::new();
    check(&world).await.unwrap();
    world.simulator.tenant().set_enabled(cast::SERVICE_PRINCIPAL_ID, false);
    assert_eq!(check(&world).await.unwrap_err().reason, "application-disabled");
    world.simulator.tenant().set_enabled(cast::SERVICE_PRINCIPAL_ID, true);
    world.fault_always("/v1.0", Answer::ContinuousAccessChallenge);
    assert_eq!(check(&world).await.unwrap_err().reason, "token-revoked");
    world.simulator.clear_faults();
    world.fault_always("/v1.0", Answer::Unauthorized);
    assert_eq!(check(&world).await.unwrap_err().reason, "token-rejected");
}

#[test]
fn the_connector_registers_itself() {
    let registry = doorward_core::Registry::native().unwrap();
    let ids: Vec<&str> = registry.iter().map(|factory| factory.descriptor().id.as_str()).collect();
    assert_eq!(ids, ["entra-id"]);
}
