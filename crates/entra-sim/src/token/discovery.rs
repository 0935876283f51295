//! What clients read before they ask for a token: the OpenID configuration, the keys, and which hosts are Entra's.
//! The facts have no section on it; the bodies are those that Microsoft's libraries read.

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};
use url::Url;

use super::error::TokenError;
use super::signing::SigningKey;
use super::{Desk, Version, check_tenant};
use crate::answer;

/// Tenants that stand for any tenant.
const ANY: [&str; 2] = ["common", "organizations"];

/// `/{tenant}/v2.0/.well-known/openid-configuration`, and without `v2.0` that of the old endpoint.
pub(super) fn configuration(
    desk: &Desk<'_>,
    tenant: &str,
    version: Version,
) -> Result<Response<Bytes>, TokenError> {
    let any = ANY.iter().any(|name| name.eq_ignore_ascii_case(tenant));
    let shown = if any {
        tenant.to_ascii_lowercase()
    } else {
        check_tenant(desk, tenant).map_err(TokenError::on_discovery)?;
        desk.tenant.id.to_string()
    };
    let owner = if any { "{tenantid}".to_owned() } else { shown.clone() };
    let root = desk.root;
    let base = format!("{root}/{shown}");
    let (middle, keys, issuer) = match version {
        Version::V1 => {
            ("oauth2", "common/discovery/keys", format!("https://sts.windows.net/{owner}/"))
        }
        Version::V2 => ("oauth2/v2.0", "discovery/v2.0/keys", format!("{root}/{owner}/v2.0")),
    };
    let keys = match version {
        Version::V1 => format!("{root}/{keys}"),
        Version::V2 => format!("{base}/{keys}"),
    };
    Ok(page(&json!({
        "token_endpoint": format!("{base}/{middle}/token"),
        "token_endpoint_auth_methods_supported":
            ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": keys,
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": issuer,
        "request_uri_parameter_supported": false,
        "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
        "authorization_endpoint": format!("{base}/{middle}/authorize"),
        "device_authorization_endpoint": format!("{base}/{middle}/devicecode"),
        "http_logout_supported": true,
        "frontchannel_logout_supported": true,
        "end_session_endpoint": format!("{base}/{middle}/logout"),
        "claims_supported": [
            "sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name",
            "msgraph_host", "aud", "exp", "iat", "auth_time", "acr", "nonce", "preferred_username",
            "name", "tid", "ver", "at_hash", "c_hash", "email",
        ],
        "kerberos_endpoint": format!("{base}/kerberos"),
        "tenant_region_scope": if any { Value::Null } else { json!("EU") },
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
        "rbac_url": "https://pas.windows.net",
    })))
}

/// `/{tenant}/discovery/v2.0/keys` and `/common/discovery/keys`: one key signs for all.
pub(super) fn keys(desk: &Desk<'_>, tenant: &str) -> Result<Response<Bytes>, TokenError> {
    let any = ANY.iter().any(|name| name.eq_ignore_ascii_case(tenant));
    if !any {
        check_tenant(desk, tenant).map_err(TokenError::on_discovery)?;
    }
    let owner = if any { "{tenantid}".to_owned() } else { desk.tenant.id.to_string() };
    let key = SigningKey::get().ok_or_else(TokenError::damaged_key)?;
    Ok(page(&json!({ "keys": [key.jwk(&format!("{}/{owner}/v2.0", desk.root))] })))
}

/// `/common/discovery/instance`: whether the host of an authorization endpoint is Entra's, and its aliases.
pub(super) fn instances(desk: &Desk<'_>, query: &str) -> Result<Response<Bytes>, TokenError> {
    let option = |name: &str| {
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    let endpoint = option("authorization_endpoint").and_then(|text| Url::parse(&text).ok());
    let known =
        endpoint.as_ref().and_then(|url| Some((url, url.host_str()?))).filter(|(_, host)| {
            desk.settings.login_hosts.iter().any(|known| known.eq_ignore_ascii_case(host))
        });
    let Some((endpoint, host)) = known else { return Err(TokenError::unknown_instance()) };
    let here = Url::parse(desk.root).ok();
    let port = endpoint.port().or_else(|| {
        // MSAL for Python leaves the port of the authority out: whoever asks this host means this port.
        here.filter(|here| here.host_str() == Some(host)).and_then(|here| here.port())
    });
    let name = port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let aliases = if name == host { vec![host] } else { vec![name.as_str(), host] };
    let path = endpoint.path().trim_end_matches("/authorize").trim_end_matches('/');
    let path = path.strip_suffix("/oauth2/v2.0").map_or_else(
        || path.trim_end_matches("/oauth2").to_owned(),
        |tenant| format!("{tenant}/v2.0"),
    );
    let scheme = endpoint.scheme();
    Ok(page(&json!({
        "tenant_discovery_endpoint":
            format!("{scheme}://{name}{path}/.well-known/openid-configuration"),
        "api-version": "1.1",
        "metadata": [{ "preferred_network": name, "preferred_cache": name, "aliases": aliases }],
    })))
}

fn page(body: &Value) -> Response<Bytes> {
    let mut response = answer::json(200, answer::TOKEN_JSON, body);
    // Libraries of the browser read these pages too.
    answer::put(&mut response, "access-control-allow-origin", "*");
    answer::put(&mut response, "cache-control", "max-age=86400, private");
    response
}
