//! The provider's refusal of our credential, in words that help (facts §1.4, §5.2).
//!
//! Numbers decide, then `error`; the English text is only quoted.

use doorward_core::{Attributes, AuthFailure, AuthStage, Error, ErrorKind, Retry};
use serde_json::Value;

use crate::config::Settings;
use crate::explanations::{
    BUSY, BY_CODE, BY_ERROR, BY_NUMBER, CLAIMS, EXPIRED_CERTIFICATE, Explanation, FAILED, NO_TRUST,
    TOKEN_REJECTED, UNKNOWN_CERTIFICATE,
};
use crate::fragments::{Saying, saying};

/// The error of a refused credential.
pub(crate) fn explain(settings: &Settings, failure: &AuthFailure) -> Error {
    match failure.stage {
        AuthStage::Token => token(settings, failure),
        AuthStage::Endpoint => endpoint(settings, failure),
    }
}

fn token(settings: &Settings, failure: &AuthFailure) -> Error {
    let numbers = numbers(&failure.body);
    let error = text(&failure.body, "error");
    let said = saying(text(&failure.body, "error_description"));
    let explanation = numbers
        .iter()
        .find_map(|number| lookup(BY_NUMBER, number))
        // One number stands for two situations.
        .map(|one| match said {
            Some(Saying::KeyExpired) if one.reason == UNKNOWN_CERTIFICATE.reason => {
                &EXPIRED_CERTIFICATE
            }
            _ => one,
        })
        // And the numbers of this one change (facts §1.4).
        .or_else(|| (said == Some(Saying::NoFederatedIdentity)).then_some(&NO_TRUST))
        .or_else(|| lookup(BY_ERROR, &error))
        .unwrap_or(if failure.status >= 500 { &BUSY } else { &FAILED });
    let code = numbers.first().map_or_else(|| error.to_owned(), |number| format!("AADSTS{number}"));
    let description = without_trailer(text(&failure.body, "error_description"));
    filled(explanation, settings, failure, code, description)
}

fn endpoint(settings: &Settings, failure: &AuthFailure) -> Error {
    let none = Attributes::new();
    let error = failure.body.get("error").and_then(Value::as_object).unwrap_or(&none);
    let code = text(error, "code");
    let explanation = BY_CODE
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(code))
        .map_or(&TOKEN_REJECTED, |(_, explanation)| explanation);
    let explanation = if asks_for_claims(failure) { &CLAIMS } else { explanation };
    filled(explanation, settings, failure, code.to_owned(), text(error, "message"))
}

fn filled(
    explanation: &Explanation,
    settings: &Settings,
    failure: &AuthFailure,
    code: String,
    description: &str,
) -> Error {
    let fill = |text: &str| {
        text.replace("{client_id}", &settings.client_id)
            .replace("{tenant}", &settings.tenant)
            .replace("{cloud}", settings.cloud.name())
    };
    let busy = explanation.reason == BUSY.reason;
    let kind = if busy { ErrorKind::Unavailable } else { ErrorKind::Unauthenticated };
    let mut error = Error::new(kind, explanation.reason, fill(explanation.message))
        .remedy(fill(explanation.remedy))
        .retry(if busy { Retry::Backoff } else { Retry::Never })
        .provider_code(code)
        .request_id(failure.request_id.clone().or_else(|| trace_id(&failure.body)));
    if let Some(pointer) = explanation.changes {
        error = error.attribute("pointer", pointer);
    }
    if description.is_empty() {
        return error.cause(format!("The answer was {}.", failure.status));
    }
    error.cause(description)
}

fn lookup<K: PartialEq>(
    table: &[(K, &'static Explanation)],
    key: &K,
) -> Option<&'static Explanation> {
    table.iter().find(|(known, _)| known == key).map(|(_, explanation)| *explanation)
}

fn numbers(body: &Attributes) -> Vec<u64> {
    body.get("error_codes")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|number| number.as_u64().or_else(|| number.as_str()?.parse().ok()))
        .collect()
}

fn text<'a>(body: &'a Attributes, name: &str) -> &'a str {
    body.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn trace_id(body: &Attributes) -> Option<String> {
    Some(text(body, "trace_id")).filter(|id| !id.is_empty()).map(str::to_owned)
}

/// The description without its trailer, which is set apart by spaces or, formerly, line breaks.
fn without_trailer(description: &str) -> &str {
    description.split("Trace ID:").next().unwrap_or(description).trim()
}

/// A challenge of continuous access evaluation. The header may hold several challenges; the
/// parameter is Microsoft's own and appears in the Bearer one only (facts §5.2).
fn asks_for_claims(failure: &AuthFailure) -> bool {
    failure
        .challenge
        .as_deref()
        .is_some_and(|challenge| challenge.contains("error=\"insufficient_claims\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn settings() -> Settings {
        serde_json::from_value(json!({
            "client_id": "CLIENT", "secret": {"pointer": "/secret"}, "tenant": "TENANT", "cloud": "us-gov",
        }))
        .unwrap()
    }

    fn failure(stage: AuthStage, status: u16, body: Value) -> AuthFailure {
        AuthFailure {
            endpoint: "graph".to_owned(),
            stage,
            status,
            body: body.as_object().cloned().unwrap_or_default(),
            challenge: None,
            request_id: None,
        }
    }

    #[test]
    fn each_number_has_its_reason() {
        let table = [
            (401, "invalid_client", 7_000_215, "wrong-secret"),
            (401, "invalid_client", 7_000_222, "expired-secret"),
            (401, "invalid_client", 7_000_216, "no-credential"),
            (401, "invalid_client", 7_000_229, "missing-service-principal"),
            (401, "invalid_client", 700_027, "unknown-certificate"),
            (401, "invalid_client", 700_024, "assertion-time"),
            (401, "invalid_client", 700_021, "assertion-client"),
            (401, "invalid_client", 700_023, "assertion-audience"),
            (400, "invalid_request", 90_014, "unusable-assertion"),
            (401, "invalid_client", 5_002_738, "unusable-assertion"),
            (401, "invalid_client", 5_002_723, "unusable-assertion"),
            (401, "invalid_client", 50_027, "unusable-assertion"),
            (401, "invalid_client", 700_213, "unknown-federated-credential"),
            (401, "invalid_client", 7_002_138, "unknown-federated-credential"),
            (401, "invalid_client", 7_002_137, "unknown-federated-credential"),
            (401, "invalid_client", 700_211, "unknown-federated-credential"),
            (401, "invalid_client", 700_212, "unknown-federated-credential"),
            (400, "invalid_request", 70_021, "unknown-federated-credential"),
            (400, "unauthorized_client", 700_016, "unknown-application"),
            (400, "unauthorized_client", 700_038, "invalid-client-id"),
            (400, "unauthorized_client", 7_000_112, "application-disabled"),
            (401, "unauthorized_client", 7_000_112, "application-disabled"),
            (400, "invalid_request", 90_002, "unknown-tenant"),
            (400, "invalid_request", 900_023, "malformed-tenant"),
            (400, "invalid_request", 50_059, "unusable-tenant"),
            (400, "anything", 53_003, "conditional-access"),
            (400, "invalid_resource", 500_011, "unknown-resource"),
            (400, "invalid_client", 999, "rejected-credential"),
            (400, "invalid_tenant", 999, "unknown-tenant"),
            (400, "something_new", 999, "sign-in-failed"),
        ];
        for (status, error, number, reason) in table {
            let body = json!({
                "error": error, "error_codes": [number], "trace_id": "T",
                "error_description": format!("AADSTS{number}: Words. Trace ID: T Correlation ID: C Timestamp: now"),
            });
            let explained = explain(&settings(), &failure(AuthStage::Token, status, body));
            assert_eq!(explained.reason, reason);
            assert_eq!(explained.kind, ErrorKind::Unauthenticated);
            assert_eq!(explained.provider_code, Some(format!("AADSTS{number}")));
            assert_eq!(explained.causes, [format!("AADSTS{number}: Words.")]);
            assert_eq!(explained.request_id.as_deref(), Some("T"));
            assert!(!explained.message.contains('{') && explained.remedy.is_some());
        }
    }

    /// Where a number stands for several situations, or several numbers for one (facts §1.4).
    #[test]
    fn a_fragment_tells_what_a_number_does_not() {
        let table = [
            (
                700_027,
                "Client assertion contains an invalid signature. [Reason - The key used is expired., Thumbprint of key used by client: 'A', Found key 'Start=…, End=…']",
                "expired-certificate",
            ),
            (
                700_027,
                "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was not found.]",
                "unknown-certificate",
            ),
            (
                999,
                "No matching federated identity record found for presented assertion subject 's'.",
                "unknown-federated-credential",
            ),
            (999, "Something else.", "rejected-credential"),
        ];
        for (number, words, reason) in table {
            let body = json!({
                "error": "invalid_client", "error_codes": [number],
                "error_description": format!("AADSTS{number}: {words}"),
            });
            let explained = explain(&settings(), &failure(AuthStage::Token, 401, body));
            assert_eq!(explained.reason, reason, "{words}");
        }
    }

    #[test]
    fn a_busy_sign_in_is_worth_another_try() {
        for (status, body) in [
            (400, json!({"error": "temporarily_unavailable", "error_codes": [90_033]})),
            (400, json!({"error": "temporarily_unavailable"})),
            (503, json!({})),
        ] {
            let explained = explain(&settings(), &failure(AuthStage::Token, status, body));
            assert_eq!((explained.kind, explained.retry), (ErrorKind::Unavailable, Retry::Backoff));
        }
    }

    #[test]
    fn remedies_say_what_the_field_asked_for() {
        let explained = |number: u64| {
            explain(&settings(), &failure(AuthStage::Token, 401, json!({"error_codes": [number]})))
                .remedy
                .unwrap()
        };
        assert!(explained(7_000_222).contains("create a new secret"));
        assert!(explained(7_000_215).contains("not its Secret ID"));
        assert!(explained(90_002).contains("set cloud"));
    }

    #[test]
    fn what_changes_in_the_connection_is_named() {
        let pointer = |number: u64| {
            explain(&settings(), &failure(AuthStage::Token, 401, json!({"error_codes": [number]})))
                .attributes
                .get("pointer")
                .cloned()
        };
        assert_eq!(pointer(7_000_222), Some(json!("/secret")));
        assert_eq!(pointer(900_023), Some(json!("/tenant")));
        assert_eq!(pointer(700_016), Some(json!("")));
        assert_eq!(pointer(53_003), None, "nothing in the connection helps");
    }

    #[test]
    fn both_trailers_are_left_out() {
        for description in [
            "A: b. Trace ID: x Correlation ID: y",
            "A: b.\r\nTrace ID: x\r\nCorrelation ID: y",
            "A: b.",
        ] {
            assert_eq!(without_trailer(description), "A: b.");
        }
    }

    #[test]
    fn a_401_of_graph_is_told_by_its_code() {
        let table = [
            ("Authorization_IdentityNotFound", None, "identity-not-found"),
            ("authorization_identitydisabled", None, "application-disabled"),
            ("InvalidAuthenticationToken", None, "token-rejected"),
            ("", None, "token-rejected"),
            (
                "InvalidAuthenticationToken",
                Some(
                    "PoP realm=\"\", Bearer realm=\"\", error=\"insufficient_claims\", claims=\"e30=\"",
                ),
                "token-revoked",
            ),
        ];
        for (code, challenge, reason) in table {
            let mut failure =
                failure(AuthStage::Endpoint, 401, json!({"error": {"code": code, "message": "m"}}));
            failure.challenge = challenge.map(str::to_owned);
            assert_eq!(explain(&settings(), &failure).reason, reason);
        }
    }
}
