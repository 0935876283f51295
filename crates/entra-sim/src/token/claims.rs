//! Access tokens for Graph: v1.0 claims (facts §1.3), signed with the key that discovery publishes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::signing::SigningKey;
use super::{Desk, GRAPH, Proof, TokenError, is_root};
use crate::random;
use crate::tenant::Application;

/// Seconds between `nbf` and the true time of issue (facts §1.3: about five minutes).
pub(super) const BACKDATED: i64 = 300;

/// Bakes today's permissions into a token; later grants need a new one (facts §0).
pub(super) fn issue(
    desk: &Desk<'_>,
    application: &Application,
    proof: Proof,
    resource: &str,
) -> Result<String, TokenError> {
    let key = SigningKey::get().ok_or_else(TokenError::damaged_key)?;
    let tenant = desk.tenant;
    let now = desk.now.as_second();
    let issuer = format!("https://sts.windows.net/{}/", tenant.id);
    let mut claims = Map::new();
    let mut set = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    set("aud", json!(resource));
    set("iss", json!(issuer));
    set("iat", json!(now - BACKDATED));
    set("nbf", json!(now - BACKDATED));
    set("exp", json!(now + desk.settings.token_lifetime + 1));
    set("aio", json!(opaque(desk, "aio")));
    set("app_displayname", json!(application.display_name));
    set("appid", json!(application.application_id.to_string()));
    set(
        "appidacr",
        json!(match proof {
            Proof::Secret => "1",
            Proof::Assertion => "2",
        }),
    );
    set("idp", json!(issuer));
    set("idtyp", json!("app"));
    if let Some(principal) = tenant.service_principal_of(application.application_id) {
        let id = tenant.object(principal).id.to_string();
        set("oid", json!(id));
        set("sub", json!(id));
    }
    set("rh", json!(opaque(desk, "rh")));
    let granted = tenant.granted(application.application_id);
    if !granted.is_empty() {
        set("roles", json!(granted));
    }
    set("tenant_region_scope", json!("EU"));
    set("tid", json!(tenant.id.to_string()));
    set("uti", json!(opaque(desk, "uti")));
    set("ver", json!("1.0"));
    set("wids", json!(["0997a1d0-0d1d-4acb-b408-d5ca73121e90"]));
    set("xms_tcdt", json!(1_577_836_800));
    let header = json!({
        "typ": "JWT",
        "nonce": opaque(desk, "nonce"),
        "alg": "RS256",
        "x5t": key.id(),
        "kid": key.id(),
    });
    let signed = format!("{}.{}", encode(&header), encode(&Value::Object(claims)));
    let signature = key.sign(&signed).ok_or_else(TokenError::damaged_key)?;
    Ok(format!("{signed}.{signature}"))
}

fn opaque(desk: &Desk<'_>, purpose: &str) -> String {
    let number = desk.request_id.as_u64_pair().0;
    URL_SAFE_NO_PAD.encode(random::guid(desk.settings.seed, purpose, number).as_bytes())
}

fn encode(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

/// Who calls, by a token that we issued and that is still valid.
#[derive(Debug, Clone)]
pub(crate) struct Bearer {
    pub(crate) roles: Vec<String>,
    pub(crate) object_id: Option<String>,
    /// The application (client) id: whose quota the request uses.
    pub(crate) application_id: String,
}

/// Why a token is refused; the texts of facts §5.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denied {
    Empty,
    NoDots,
    Malformed,
    Expired,
    Audience,
}

impl Denied {
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::Empty => "Access token is empty.",
            Self::NoDots => "IDX14100: JWT is not well formed, there are no dots (.).",
            Self::Malformed => "CompactToken parsing failed with error code: 80049217",
            Self::Expired => "Lifetime validation failed, the token is expired.",
            Self::Audience => "Access token validation failure. Invalid audience.",
        }
    }
}

/// Where a token is to be worth something.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Here<'a> {
    pub(crate) tenant: Uuid,
    pub(crate) hosts: &'a [String],
}

/// Checks an `Authorization` header; tokens of other clouds and tenants are worth nothing (facts §1.5).
pub(crate) fn verify(now: i64, header: Option<&str>, here: &Here<'_>) -> Result<Bearer, Denied> {
    let token = header
        .and_then(|header| header.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer"))
        .map(|(_, token)| token.trim())
        .filter(|token| !token.is_empty())
        .ok_or(Denied::Empty)?;
    if !token.contains('.') {
        return Err(Denied::NoDots);
    }
    let (signed, given) = token.rsplit_once('.').ok_or(Denied::NoDots)?;
    let claims = signed
        .split_once('.')
        .and_then(|(_, claims)| URL_SAFE_NO_PAD.decode(claims).ok())
        .and_then(|claims| serde_json::from_slice::<Value>(&claims).ok())
        .ok_or(Denied::Malformed)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let ours = |audience: &str| audience == GRAPH || is_root(audience, here.hosts);
    let tenant = here.tenant.to_string();
    if !text("aud").is_some_and(ours) || text("tid") != Some(tenant.as_str()) {
        return Err(Denied::Audience);
    }
    if !SigningKey::get().is_some_and(|key| key.signed(signed, given)) {
        return Err(Denied::Malformed);
    }
    if claims.get("exp").and_then(Value::as_i64).is_none_or(|end| now >= end) {
        return Err(Denied::Expired);
    }
    let roles = claims.get("roles").and_then(Value::as_array).into_iter().flatten();
    Ok(Bearer {
        roles: roles.filter_map(|role| role.as_str().map(str::to_owned)).collect(),
        object_id: text("oid").map(str::to_owned),
        application_id: text("appid").unwrap_or_default().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;
    use crate::tenant::{Size, Tenant, View};

    /// Facts §1.5: tokens are not interchangeable.
    #[test]
    fn a_token_counts_in_its_tenant_and_cloud_alone() {
        let (settings, tenant) = (Settings::default(), Tenant::generate(&Size::default()));
        let now = tenant.now;
        let desk = Desk {
            tenant: &tenant,
            settings: &settings,
            now,
            view: View { now, lag: None, seed: 0, replica: 0 },
            request_id: Uuid::nil(),
            root: "https://login.microsoftonline.com",
            right_cloud: true,
        };
        let graph = "https://graph.microsoft.com";
        let issued = |application| issue(&desk, application, Proof::Secret, graph).ok();
        let token = tenant.applications.first().and_then(issued).unwrap_or_default();
        let header = format!("Bearer {token}");
        let foreign = ["graph.microsoft.us".to_owned()];
        let here = Here { tenant: tenant.id, hosts: &settings.graph_hosts };
        for (here, expect) in [
            (here, None),
            (Here { tenant: Uuid::nil(), ..here }, Some(Denied::Audience)),
            (Here { hosts: &foreign, ..here }, Some(Denied::Audience)),
        ] {
            assert_eq!(verify(now.as_second(), Some(&header), &here).err(), expect);
        }
    }
}
