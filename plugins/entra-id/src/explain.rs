//! The provider's refusal of our credential, in words that help (facts §1.4, §5.2).
//!
//! Numbers decide, then `error`; the English text is only quoted.

use doorward_core::{Attributes, AuthFailure, AuthStage, Error, ErrorKind, Retry};
use serde_json::Value;

use crate::config::Settings;

/// An explanation; `{client_id}`, `{tenant}` and `{cloud}` are filled in.
struct Explanation {
    reason: &'static str,
    message: &'static str,
    remedy: &'static str,
    /// What of the connection the remedy changes, if anything: a field's JSON pointer, or the whole
    /// connection's, which is empty. How a connection is changed, only the host's user interface
    /// knows.
    changes: Option<&'static str>,
}

const SECRET: Option<&str> = Some("/secret");
const CLIENT: Option<&str> = Some("/client_id");
const TENANT: Option<&str> = Some("/tenant");
const CLOUD: Option<&str> = Some("/cloud");
const SEVERAL_FIELDS: Option<&str> = Some("");

const WRONG_SECRET: Explanation = Explanation {
    reason: "wrong-secret",
    message: "Microsoft Entra ID does not know this secret of the application {client_id}.",
    remedy: "Copy the secret's Value, not its Secret ID (often pasted by mistake; it looks like the other ids), under Certificates & secrets. The value is shown only once: if it was not kept, create a new secret. A new secret may need some seconds to work.",
    changes: SECRET,
};
const EXPIRED_SECRET: Explanation = Explanation {
    reason: "expired-secret",
    message: "The secret of the application {client_id} has expired.",
    remedy: "Under Certificates & secrets, create a new secret.",
    changes: SECRET,
};
const NO_CREDENTIAL: Explanation = Explanation {
    reason: "no-credential",
    message: "No secret was sent to Microsoft Entra ID.",
    remedy: "Set the secret: the Value of a client secret under Certificates & secrets.",
    changes: SECRET,
};
const UNKNOWN_APPLICATION: Explanation = Explanation {
    reason: "unknown-application",
    message: "There is no application {client_id} in the tenant {tenant}.",
    remedy: "Compare client_id with Application (client) ID and tenant with Directory (tenant) ID on the app registration's overview page. They must not be the Object ID.",
    changes: SEVERAL_FIELDS,
};
const INVALID_CLIENT_ID: Explanation = Explanation {
    reason: "invalid-client-id",
    message: "{client_id} cannot be the id of an application.",
    remedy: "Copy Application (client) ID from the app registration's overview page into client_id.",
    changes: CLIENT,
};
const NO_SERVICE_PRINCIPAL: Explanation = Explanation {
    reason: "missing-service-principal",
    message: "The application {client_id} exists, but not as an enterprise application of the tenant {tenant}.",
    remedy: "Grant admin consent for the application, which creates it there, or run `az ad sp create --id {client_id}`.",
    changes: None,
};
const UNKNOWN_TENANT: Explanation = Explanation {
    reason: "unknown-tenant",
    message: "There is no tenant {tenant} in Microsoft's cloud `{cloud}`.",
    remedy: "Copy Directory (tenant) ID from the app registration's overview page into tenant. If the tenant belongs to another of Microsoft's clouds (us-gov, us-gov-dod, china), set cloud.",
    changes: SEVERAL_FIELDS,
};
const MALFORMED_TENANT: Explanation = Explanation {
    reason: "malformed-tenant",
    message: "{tenant} is neither a tenant's id nor a domain name.",
    remedy: "Copy Directory (tenant) ID from the app registration's overview page into tenant.",
    changes: TENANT,
};
const NO_TENANT: Explanation = Explanation {
    reason: "unusable-tenant",
    message: "{tenant} does not name one tenant, which an application needs.",
    remedy: "Use the tenant's id or one of its domains, not `common` or `organizations`.",
    changes: TENANT,
};
const DISABLED: Explanation = Explanation {
    reason: "application-disabled",
    message: "The application {client_id} is disabled in the tenant {tenant}.",
    remedy: "Enable it: Enterprise applications, the application, Properties, Enabled for users to sign-in. It takes some minutes to work.",
    changes: None,
};
const BLOCKED: Explanation = Explanation {
    reason: "conditional-access",
    message: "A Conditional Access policy for workload identities blocks the application.",
    remedy: "Look at the service principal's sign-in logs for the policy, and exclude the application or allow this host's network.",
    changes: None,
};
const NO_GRAPH: Explanation = Explanation {
    reason: "unknown-resource",
    message: "The tenant {tenant} does not know Microsoft Graph of the cloud `{cloud}`.",
    remedy: "Set cloud to the one the tenant belongs to: global, us-gov, us-gov-dod or china.",
    changes: CLOUD,
};
const OTHER_CLOUD: Explanation = Explanation {
    reason: "wrong-cloud",
    message: "The tenant {tenant} belongs to another of Microsoft's clouds than `{cloud}`.",
    remedy: "Set cloud to the one the tenant belongs to: global, us-gov, us-gov-dod or china.",
    changes: CLOUD,
};
const BUSY: Explanation = Explanation {
    reason: "sign-in-unavailable",
    message: "Microsoft Entra ID cannot issue tokens at this moment.",
    remedy: "Try again later.",
    changes: None,
};
const SCOPE: Explanation = Explanation {
    reason: "refused-scope",
    message: "Microsoft Entra ID does not accept the scope that was asked for.",
    remedy: "This is a defect of the connector. Please report it with this message.",
    changes: None,
};
const REJECTED: Explanation = Explanation {
    reason: "rejected-credential",
    message: "Microsoft Entra ID does not accept the credential of the application {client_id}.",
    remedy: "Check client_id, tenant and secret against the app registration.",
    changes: SEVERAL_FIELDS,
};
const FAILED: Explanation = Explanation {
    reason: "sign-in-failed",
    message: "Microsoft Entra ID gave no token for the application {client_id}.",
    remedy: "Check client_id, tenant and cloud against the app registration. The causes hold Microsoft's own words.",
    changes: SEVERAL_FIELDS,
};
const IDENTITY_NOT_FOUND: Explanation = Explanation {
    reason: "identity-not-found",
    message: "Microsoft Graph does not know the application {client_id} in the tenant {tenant}.",
    remedy: "If its enterprise application was made moments ago, try again in a minute. If it was deleted, grant admin consent again or restore it.",
    changes: None,
};
const CLAIMS: Explanation = Explanation {
    reason: "token-revoked",
    message: "Microsoft Graph revoked the access token and asks for more than a new one.",
    remedy: "Look at the service principal's sign-in logs: it may be disabled, risky, or outside an allowed network.",
    changes: None,
};
const TOKEN_REJECTED: Explanation = Explanation {
    reason: "token-rejected",
    message: "Microsoft Graph does not accept a fresh token.",
    remedy: "Check cloud, and endpoints if the connection sets them: the token may be meant for another cloud, or a proxy may change requests.",
    changes: SEVERAL_FIELDS,
};

/// By AADSTS number (facts §1.4).
const BY_NUMBER: &[(u64, &Explanation)] = &[
    (7_000_215, &WRONG_SECRET),
    (7_000_222, &EXPIRED_SECRET),
    (7_000_216, &NO_CREDENTIAL),
    (700_016, &UNKNOWN_APPLICATION),
    (700_038, &INVALID_CLIENT_ID),
    (7_000_229, &NO_SERVICE_PRINCIPAL),
    (7_000_112, &DISABLED),
    (90_002, &UNKNOWN_TENANT),
    (900_023, &MALFORMED_TENANT),
    (50_059, &NO_TENANT),
    (53_003, &BLOCKED),
    (500_011, &NO_GRAPH),
    (90_038, &OTHER_CLOUD),
    (90_024, &BUSY),
    (90_033, &BUSY),
    (90_055, &BUSY),
    (70_011, &SCOPE),
    (1_002_012, &SCOPE),
];

/// By `error`, when no number is known.
const BY_ERROR: &[(&str, &Explanation)] = &[
    ("invalid_client", &REJECTED),
    ("unauthorized_client", &REJECTED),
    ("invalid_tenant", &UNKNOWN_TENANT),
    ("invalid_resource", &NO_GRAPH),
    ("invalid_scope", &SCOPE),
    ("temporarily_unavailable", &BUSY),
];

/// By Graph's code, for a 401 of the endpoint (facts §5.2).
const BY_CODE: &[(&str, &Explanation)] = &[
    ("Authorization_IdentityNotFound", &IDENTITY_NOT_FOUND),
    ("Authorization_IdentityDisabled", &DISABLED),
    ("InvalidAuthenticationToken", &TOKEN_REJECTED),
];

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
    let explanation = numbers
        .iter()
        .find_map(|number| lookup(BY_NUMBER, number))
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
