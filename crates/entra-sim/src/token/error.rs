//! The error table of facts §1.4: status, error, code and text, and which have no `error_uri`.

use bytes::Bytes;
use http::{HeaderMap, Method, Response};
use serde_json::{Map, Value, json};

use super::Desk;
use crate::answer::{self, header_of};
use crate::settings::Trailer;

/// Codes whose answers have no `error_uri` (facts §1.4).
const WITHOUT_PAGE: [u64; 4] = [700_038, 70_003, 700_211, 500_181];

/// One row of the table with its words filled in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TokenError {
    status: u16,
    error: &'static str,
    code: u64,
    description: String,
}

impl TokenError {
    pub(super) fn new(
        status: u16,
        error: &'static str,
        code: u64,
        description: impl Into<String>,
    ) -> Self {
        Self { status, error, code, description: description.into() }
    }

    pub(super) fn wrong_secret(client: &str) -> Self {
        Self::new(
            401,
            "invalid_client",
            7_000_215,
            format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret \
             value, not the client secret ID, for a secret added to app '{client}'."
            ),
        )
    }

    pub(super) fn expired_secret(client: &str) -> Self {
        Self::new(
            401,
            "invalid_client",
            7_000_222,
            format!(
                "The provided client secret keys for app '{client}' are expired. Visit the Azure portal to create new \
             keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for \
             added security: https://aka.ms/certCreds."
            ),
        )
    }

    pub(super) fn no_credential() -> Self {
        Self::new(
            401,
            "invalid_client",
            7_000_216,
            "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
        )
    }

    pub(super) fn unknown_application(client: &str, tenant: &str) -> Self {
        Self::new(
            400,
            "unauthorized_client",
            700_016,
            format!(
                "Application with identifier '{client}' was not found in the directory '{tenant}'. This can happen if \
             the application has not been installed by the administrator of the tenant or consented to by any \
             user in the tenant. You may have sent your authentication request to the wrong tenant."
            ),
        )
    }

    pub(super) fn invalid_client_id(client: &str) -> Self {
        Self::new(
            400,
            "unauthorized_client",
            700_038,
            format!("{client} is not a valid application identifier."),
        )
    }

    pub(super) fn missing_service_principal(client: &str, tenant: &str) -> Self {
        Self::new(
            401,
            "invalid_client",
            7_000_229,
            format!(
                "The client application {client} is missing service principal in the tenant {tenant}. See instructions \
             here: https://go.microsoft.com/fwlink/?linkid=2225119"
            ),
        )
    }

    pub(super) fn disabled(client: &str, name: &str, status: u16) -> Self {
        Self::new(
            status,
            "unauthorized_client",
            7_000_112,
            format!("Application '{client}'({name}) is disabled."),
        )
    }

    pub(super) fn unknown_tenant(tenant: &str) -> Self {
        Self::new(
            400,
            "invalid_request",
            90_002,
            format!(
                "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into \
             the correct cloud. Check with your subscription administrator, this may happen if there are no active \
             subscriptions for the tenant."
            ),
        )
    }

    pub(super) fn malformed_tenant(tenant: &str) -> Self {
        Self::new(
            400,
            "invalid_request",
            900_023,
            format!(
                "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external domain."
            ),
        )
    }

    pub(super) fn no_tenant() -> Self {
        Self::new(
            400,
            "invalid_request",
            50_059,
            "No tenant-identifying information found in either the request or implied by any provided credentials.",
        )
    }

    pub(super) fn missing_parameter(name: &str) -> Self {
        Self::new(
            400,
            "invalid_request",
            900_144,
            format!("The request body must contain the following parameter: '{name}'."),
        )
    }

    pub(super) fn scope_without_default(scope: &str) -> Self {
        Self::new(
            400,
            "invalid_scope",
            1_002_012,
            format!(
                "The provided value for scope {scope} is not valid. Client credential flows must have a scope value \
             with /.default suffixed to the resource identifier (application ID URI)."
            ),
        )
    }

    pub(super) fn malformed_scope(scope: &str) -> Self {
        Self::new(
            400,
            "invalid_scope",
            70_011,
            format!(
                "The provided value for the input parameter 'scope' is not valid. The scope {scope} is not valid."
            ),
        )
    }

    pub(super) fn two_resources(scope: &str) -> Self {
        Self::new(
            400,
            "invalid_scope",
            70_011,
            format!(
                "The provided request must include a 'scope' input parameter. The provided value for the input \
             parameter 'scope' is not valid. The scope {scope} is not valid."
            ),
        )
    }

    pub(super) fn unknown_resource(resource: &str, tenant: &str) -> Self {
        Self::new(
            400,
            "invalid_resource",
            500_011,
            format!(
                "The resource principal named {resource} was not found in the tenant named {tenant}. This can happen \
             if the application has not been installed by the administrator of the tenant or consented to by any \
             user in the tenant. You might have sent your authentication request to the wrong tenant."
            ),
        )
    }

    pub(super) fn grant_type(grant: &str) -> Self {
        Self::new(
            400,
            "unsupported_grant_type",
            70_003,
            format!("The app requested an unsupported grant type '{grant}'."),
        )
    }

    /// Discovery says `invalid_tenant` where the token endpoint says `invalid_request` (facts §1.4).
    pub(super) fn on_discovery(self) -> Self {
        Self { error: "invalid_tenant", ..self }
    }

    /// Not in the facts; what MSAL looks for is the error.
    pub(super) fn unknown_instance() -> Self {
        Self::new(400, "invalid_instance", 50_049, "Unknown or invalid instance.")
    }

    /// Cannot happen: the key is part of the program.
    pub(super) fn damaged_key() -> Self {
        Self::new(500, "temporarily_unavailable", 90_033, "entra-sim: the signing key is damaged.")
    }

    /// Not in the facts; recorded by many since 2018 as AADSTS900561.
    pub(super) fn only_post(method: &Method) -> Self {
        Self::new(
            400,
            "invalid_request",
            900_561,
            format!("The endpoint only accepts POST requests. Received a {method} request."),
        )
    }

    /// The body of facts §1.4.
    pub(super) fn response(&self, desk: &Desk<'_>, headers: &HeaderMap) -> Response<Bytes> {
        let stamp = desk.now.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let trace = desk.request_id.to_string();
        let correlation =
            header_of(headers, "client-request-id").map_or_else(|| trace.clone(), str::to_owned);
        let gap = match desk.settings.trailer {
            Trailer::Spaces => " ",
            Trailer::LineBreaks => "\r\n",
        };
        let description = format!(
            "AADSTS{}: {}{gap}Trace ID: {trace}{gap}Correlation ID: {correlation}{gap}Timestamp: {stamp}",
            self.code, self.description
        );
        let mut body = Map::new();
        body.insert("error".into(), json!(self.error));
        body.insert("error_description".into(), json!(description));
        body.insert("error_codes".into(), json!([self.code]));
        body.insert("timestamp".into(), json!(stamp));
        body.insert("trace_id".into(), json!(trace));
        body.insert("correlation_id".into(), json!(correlation));
        if !WITHOUT_PAGE.contains(&self.code) {
            let page = format!("https://login.microsoftonline.com/error?code={}", self.code);
            body.insert("error_uri".into(), json!(page));
        }
        answer::json(self.status, answer::TOKEN_JSON, &Value::Object(body))
    }
}
