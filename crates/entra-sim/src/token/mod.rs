//! The token endpoint `POST /{tenant}/oauth2/v2.0/token` (facts §1).

mod claims;
mod error;
mod form;

use bytes::Bytes;
use http::{Method, Response};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

pub(crate) use claims::{Bearer, verify};
use error::TokenError;
use form::Form;

use crate::answer;
use crate::settings::Settings;
use crate::tenant::{Application, Body, Tenant};

/// What a token request needs to know beside itself.
pub(crate) struct Desk<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) settings: &'a Settings,
    pub(crate) now: Timestamp,
    pub(crate) request_id: Uuid,
    /// Whether the request came to a host where this tenant lives (facts §1.5).
    pub(crate) right_cloud: bool,
}

/// Answers a request to the token endpoint.
pub(crate) fn answer(
    desk: &Desk<'_>,
    tenant: &str,
    request: &http::Request<Bytes>,
) -> Response<Bytes> {
    let mut response = match grant(desk, tenant, request) {
        Ok(token) => answer::json(
            200,
            answer::TOKEN_JSON,
            &json!({
                "token_type": "Bearer",
                "expires_in": desk.settings.token_lifetime,
                "ext_expires_in": desk.settings.token_lifetime,
                "access_token": token,
            }),
        ),
        Err(error) => error.response(desk, request.headers()),
    };
    for (name, value) in [
        ("cache-control", "no-store, no-cache"),
        ("pragma", "no-cache"),
        ("expires", "-1"),
        ("strict-transport-security", "max-age=31536000; includeSubDomains"),
        ("x-ms-ests-server", "2.1.22345.6 - SIM ProdSlices"),
        ("x-ms-request-id", &desk.request_id.to_string()),
    ] {
        answer::put(&mut response, name, value);
    }
    response
}

/// The order of the checks is inferred: tenant, form, application, resource, credential, service principal.
fn grant(
    desk: &Desk<'_>,
    tenant: &str,
    request: &http::Request<Bytes>,
) -> Result<String, TokenError> {
    if request.method() != Method::POST {
        return Err(TokenError::only_post(request.method()));
    }
    check_tenant(desk, tenant)?;
    let form = Form::read(request);
    let grant_type = form.required("grant_type")?;
    let client = form.required("client_id")?;
    if grant_type != "client_credentials" {
        return Err(TokenError::grant_type(&grant_type));
    }
    let scope = form.required("scope")?;
    let resource = check_scope(&scope)?;
    let application = find_application(desk, tenant, &client)?;
    check_resource(desk, tenant, resource)?;
    check_credential(desk, &form, application, &client)?;
    claims::issue(desk, application)
}

fn check_tenant(desk: &Desk<'_>, tenant: &str) -> Result<(), TokenError> {
    if ["common", "organizations", "consumers"].contains(&tenant.to_ascii_lowercase().as_str()) {
        return Err(TokenError::no_tenant());
    }
    if !is_guid(tenant) && !is_domain(tenant) {
        return Err(TokenError::malformed_tenant(tenant));
    }
    let known = Uuid::try_parse(tenant).is_ok_and(|id| id == desk.tenant.id)
        || [crate::cast::DOMAIN, crate::cast::INITIAL_DOMAIN]
            .iter()
            .any(|name| name.eq_ignore_ascii_case(tenant));
    if known && desk.right_cloud { Ok(()) } else { Err(TokenError::unknown_tenant(tenant)) }
}

fn is_guid(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
    };
    text.contains('.') && text.split('.').all(label)
}

/// One resource plus `/.default` (facts §1.1); returns the resource.
fn check_scope(scope: &str) -> Result<&str, TokenError> {
    let mut parts = scope.split_whitespace();
    let (Some(only), None) = (parts.next(), parts.next()) else {
        return Err(TokenError::two_resources(scope));
    };
    if only
        .chars()
        .any(|letter| matches!(letter, '"' | '\\' | '<' | '>') || !letter.is_ascii_graphic())
    {
        return Err(TokenError::malformed_scope(only));
    }
    match only.strip_suffix("/.default") {
        Some(resource) if !resource.is_empty() && !only.contains('%') => Ok(resource),
        _ => Err(TokenError::scope_without_default(only)),
    }
}

fn find_application<'a>(
    desk: &Desk<'a>,
    tenant: &str,
    client: &str,
) -> Result<&'a Application, TokenError> {
    if !is_guid(client) || Uuid::try_parse(client).is_ok_and(|id| id.is_nil()) {
        return Err(TokenError::invalid_client_id(client));
    }
    let id = Uuid::try_parse(client).ok();
    let found =
        desk.tenant.applications.iter().find(|application| Some(application.application_id) == id);
    // A display name is only known for the tenant that was found, which is always ours here.
    let shown = if is_guid(tenant) { crate::cast::TENANT_NAME } else { tenant };
    found.ok_or_else(|| TokenError::unknown_application(client, shown))
}

fn check_resource(desk: &Desk<'_>, tenant: &str, resource: &str) -> Result<(), TokenError> {
    const GRAPH: &str = "00000003-0000-0000-c000-000000000000";
    let host = url::Url::parse(resource).ok().and_then(|url| url.host_str().map(str::to_owned));
    let known = resource == GRAPH
        || host.is_some_and(|host| {
            desk.settings.graph_hosts.iter().any(|graph| graph.eq_ignore_ascii_case(&host))
        });
    if known { Ok(()) } else { Err(TokenError::unknown_resource(resource, tenant)) }
}

fn check_credential(
    desk: &Desk<'_>,
    form: &Form,
    application: &Application,
    client: &str,
) -> Result<(), TokenError> {
    let Some(principal) = desk.tenant.service_principal_of(application.application_id) else {
        return Err(TokenError::missing_service_principal(client, &desk.tenant.id.to_string()));
    };
    if let Body::ServicePrincipal(principal) = &desk.tenant.object(principal).body
        && !principal.enabled
    {
        return Err(TokenError::disabled(
            client,
            &application.display_name,
            desk.settings.disabled_status,
        ));
    }
    let Some(secret) = form.get("client_secret") else {
        // No certificate or federated credential is registered in this tenant yet.
        return Err(if form.get("client_assertion").is_some() {
            TokenError::unregistered_certificate()
        } else {
            TokenError::no_credential()
        });
    };
    let Some(found) = application.secrets.iter().find(|known| known.value == secret) else {
        return Err(TokenError::wrong_secret(client));
    };
    if desk.now >= found.end { Err(TokenError::expired_secret(client)) } else { Ok(()) }
}
