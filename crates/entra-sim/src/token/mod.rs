//! The login host: the token endpoint of either version (facts §1), and what clients read before they ask it.

mod assertion;
mod assertion_error;
mod claims;
mod discovery;
mod error;
mod form;
mod signing;

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Response};
use jiff::Timestamp;
use serde_json::json;
use url::Url;
use uuid::Uuid;

pub(crate) use claims::{Bearer, Here, verify};
use error::TokenError;
use form::Form;

use crate::answer;
use crate::settings::Settings;
use crate::tenant::{Application, Secret, Tenant, View};

/// What a token request needs to know beside itself.
pub(crate) struct Desk<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) settings: &'a Settings,
    pub(crate) now: Timestamp,
    pub(crate) view: View,
    pub(crate) request_id: Uuid,
    /// `scheme://host[:port]` of this request.
    pub(crate) root: &'a str,
    /// Whether the request came to a host where this tenant lives (facts §1.5).
    pub(crate) right_cloud: bool,
}

/// Graph's application id, which names it too (facts §1.3).
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";

/// Which endpoint: the old one takes a `resource`, the new one a `scope`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    V1,
    V2,
}

/// A page of the login host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    Token(String, Version),
    Configuration(String, Version),
    Keys(String),
    Instances,
}

impl Page {
    /// The page behind a path.
    pub(crate) fn at(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        let (tenant, below) = parts.split_first()?;
        let tenant = percent_encoding::percent_decode_str(tenant).decode_utf8_lossy().into_owned();
        match below {
            ["oauth2", "v2.0", "token"] => Some(Self::Token(tenant, Version::V2)),
            ["oauth2", "token"] => Some(Self::Token(tenant, Version::V1)),
            ["v2.0", ".well-known", "openid-configuration"] => {
                Some(Self::Configuration(tenant, Version::V2))
            }
            [".well-known", "openid-configuration"] => {
                Some(Self::Configuration(tenant, Version::V1))
            }
            ["discovery", "v2.0", "keys"] | ["discovery", "keys"] => Some(Self::Keys(tenant)),
            ["discovery", "instance"] => Some(Self::Instances),
            _ => None,
        }
    }
}

/// How a client proved who it is: `appidacr` of its token (facts §1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Proof {
    Secret,
    Assertion,
}

/// Answers a request to the login host.
pub(crate) fn answer(
    desk: &Desk<'_>,
    page: &Page,
    request: &http::Request<Bytes>,
) -> Response<Bytes> {
    let answered = match page {
        Page::Token(tenant, version) => token(desk, tenant, *version, request),
        Page::Configuration(tenant, version) => discovery::configuration(desk, tenant, *version),
        Page::Keys(tenant) => discovery::keys(desk, tenant),
        Page::Instances => discovery::instances(desk, request.uri().query().unwrap_or_default()),
    };
    let mut response = answered.unwrap_or_else(|error| error.response(desk, request.headers()));
    if !response.headers().contains_key("cache-control") {
        answer::put(&mut response, "cache-control", "no-store, no-cache");
    }
    for (name, value) in [
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

fn token(
    desk: &Desk<'_>,
    tenant: &str,
    version: Version,
    request: &http::Request<Bytes>,
) -> Result<Response<Bytes>, TokenError> {
    let (token, resource) = grant(desk, tenant, version, request)?;
    let lifetime = desk.settings.token_lifetime;
    let now = desk.now.as_second();
    let body = match version {
        Version::V2 => json!({
            "token_type": "Bearer",
            "expires_in": lifetime,
            "ext_expires_in": lifetime,
            "access_token": token,
        }),
        // Not in the facts: the old endpoint writes numbers as text.
        Version::V1 => json!({
            "token_type": "Bearer",
            "expires_in": lifetime.to_string(),
            "ext_expires_in": lifetime.to_string(),
            "expires_on": (now + lifetime).to_string(),
            "not_before": (now - claims::BACKDATED).to_string(),
            "resource": resource,
            "access_token": token,
        }),
    };
    Ok(answer::json(200, answer::TOKEN_JSON, &body))
}

/// The token and the resource that it was asked for. The order of the checks is inferred: tenant, form,
/// application, resource, credential, service principal. `claims`, which declares capabilities or answers a
/// challenge (facts §5.2), changes nothing.
fn grant(
    desk: &Desk<'_>,
    tenant: &str,
    version: Version,
    request: &http::Request<Bytes>,
) -> Result<(String, String), TokenError> {
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
    let resource = match version {
        Version::V1 => form.required("resource")?,
        Version::V2 => check_scope(&form.required("scope")?)?.to_owned(),
    };
    let application = find_application(desk, tenant, &client)?;
    let resource = check_resource(desk, tenant, &resource, version)?.to_owned();
    let proof = check_credential(desk, &form, application, &client)?;
    Ok((claims::issue(desk, application, proof, &resource)?, resource))
}

fn check_tenant(desk: &Desk<'_>, tenant: &str) -> Result<(), TokenError> {
    if ["common", "organizations", "consumers"].contains(&tenant.to_ascii_lowercase().as_str()) {
        return Err(TokenError::no_tenant());
    }
    if !is_guid(tenant) && !is_domain(tenant) {
        return Err(TokenError::malformed_tenant(tenant));
    }
    if is_our_tenant(desk, tenant) && desk.right_cloud {
        Ok(())
    } else {
        Err(TokenError::unknown_tenant(tenant))
    }
}

/// By id or by a verified domain (facts §1.1).
fn is_our_tenant(desk: &Desk<'_>, tenant: &str) -> bool {
    Uuid::try_parse(tenant).is_ok_and(|id| id == desk.tenant.id)
        || [crate::cast::DOMAIN, crate::cast::INITIAL_DOMAIN]
            .iter()
            .any(|name| name.eq_ignore_ascii_case(tenant))
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

/// The resource without the slash at its end, which the old endpoint takes; not in the facts.
fn check_resource<'a>(
    desk: &Desk<'_>,
    tenant: &str,
    resource: &'a str,
    version: Version,
) -> Result<&'a str, TokenError> {
    let root = if version == Version::V1 { resource.trim_end_matches('/') } else { resource };
    if root == GRAPH || is_root(root, &desk.settings.graph_hosts) {
        return Ok(root);
    }
    Err(TokenError::unknown_resource(resource, tenant))
}

/// Whether this is the root of one of these hosts and nothing more (facts §1.1, §1.5): on loopback with any scheme and
/// port.
fn is_root(text: &str, hosts: &[String]) -> bool {
    is_at(text, hosts).is_some_and(|url| url.path() == "/") && !text.ends_with('/')
}

/// A URL without query and the like at one of these hosts.
fn is_at(text: &str, hosts: &[String]) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let host = url.host_str()?;
    let loopback = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
    let plain = url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    let usual = url.scheme() == "https" && url.port().is_none();
    let known = hosts.iter().any(|known| known.eq_ignore_ascii_case(host));
    (known && plain && (usual || loopback)).then_some(url)
}

fn check_credential(
    desk: &Desk<'_>,
    form: &Form,
    application: &Application,
    client: &str,
) -> Result<Proof, TokenError> {
    let Some(principal) = desk.tenant.service_principal_of(application.application_id) else {
        return Err(TokenError::missing_service_principal(client, &desk.tenant.id.to_string()));
    };
    let longest = desk.view.lag.map_or(Duration::ZERO, |lag| lag.principals_at_login);
    if !desk.tenant.is_enabled(&desk.view, principal, longest) {
        return Err(TokenError::disabled(
            client,
            &application.display_name,
            desk.settings.disabled_status,
        ));
    }
    if let Some(text) = form.get("client_assertion") {
        return match form.required("client_assertion_type")?.as_str() {
            assertion::TYPE => {
                assertion::check(desk, application, client, &text)?;
                Ok(Proof::Assertion)
            }
            // Not in the facts.
            _ => Err(TokenError::no_credential()),
        };
    }
    let Some(secret) = form.get("client_secret") else {
        return Err(TokenError::no_credential());
    };
    let waits = |known: &Secret| desk.settings.secrets_wait_for_start && desk.now < known.start;
    let counts =
        |known: &&Secret| known.value == secret && known.is_known(&desk.view) && !waits(known);
    let Some(found) = application.secrets.iter().find(counts) else {
        return Err(TokenError::wrong_secret(client));
    };
    if desk.now >= found.end { Err(TokenError::expired_secret(client)) } else { Ok(Proof::Secret) }
}
