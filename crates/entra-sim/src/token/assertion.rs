//! Client assertions: a JWT signed with a registered certificate, or by an issuer that the application trusts
//! (facts §1.1, §1.4).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::Value;
use url::Url;

use super::error::TokenError;
use super::{Desk, is_at, is_our_tenant};
use crate::keys::Algorithm;
use crate::tenant::{Application, FederatedCredential, KeyCredential};

/// The only kind of assertion there is (facts §1.1).
pub(super) const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// An assertion, taken apart.
struct Assertion<'a> {
    signed: &'a str,
    signature: Vec<u8>,
    header: Value,
    claims: Value,
}

impl<'a> Assertion<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let json = |part: &str| -> Option<Value> {
            let value: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()?;
            value.is_object().then_some(value)
        };
        Some(Self {
            signed,
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
            header: json(header)?,
            claims: json(claims)?,
        })
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }

    fn required(&self, name: &str) -> Result<&Value, TokenError> {
        let found = self.claims.get(name).filter(|value| !value.is_null());
        found.ok_or_else(|| TokenError::missing_claim(name))
    }

    fn text(&self, name: &str) -> Result<&str, TokenError> {
        Ok(self.required(name)?.as_str().unwrap_or_default())
    }

    /// One audience, or the first of a list where that may pass. The one entry of a list passes in what another
    /// issuer signed: Kubernetes writes no other form.
    fn audience(&self, desk: &Desk<'_>) -> Result<&str, TokenError> {
        let audience = self.required("aud")?;
        let is_own = self.text("iss")? == self.text("sub")?;
        let passes =
            |list: &Vec<Value>| !desk.settings.strict_assertions || (list.len() == 1 && !is_own);
        let list = audience.as_array().filter(|list| passes(list));
        let one = list.and_then(|list| list.first()).unwrap_or(audience);
        Ok(one.as_str().unwrap_or_default())
    }

    /// The clocks of those who sign may be a little ahead or behind.
    fn check_time(&self, desk: &Desk<'_>) -> Result<(), TokenError> {
        let end = seconds(self.required("exp")?).unwrap_or_default();
        let starts = ["nbf", "iat"].map(|name| self.claims.get(name).map(seconds));
        let odd = desk.settings.strict_assertions && starts.contains(&Some(None));
        let start = starts.into_iter().flatten().flatten().next();
        // A time that is none is never within its range; the facts do not say so.
        let start = if odd { i64::MAX } else { start.unwrap_or_default() };
        let (now, skew) = (desk.now.as_second(), desk.settings.assertion_clock_skew);
        if now < start.saturating_sub(skew) || now >= end.saturating_add(skew) {
            let moment = |second| Timestamp::from_second(second).unwrap_or_default();
            return Err(TokenError::assertion_time(desk.now, moment(start), moment(end)));
        }
        Ok(())
    }
}

/// A NumericDate, which may have a fraction (RFC 7519 §2): MSAL for Python sends one.
fn seconds(date: &Value) -> Option<i64> {
    date.as_i64().or_else(|| date.as_f64().map(|seconds| seconds as i64))
}

/// Checks an assertion. The order of the checks is inferred: form, algorithm, claims, who signed, for whom, when.
pub(super) fn check(
    desk: &Desk<'_>,
    application: &Application,
    client: &str,
    text: &str,
) -> Result<(), TokenError> {
    let unparsable = || TokenError::unparsable_assertion(desk.settings.unparsable_assertion_status);
    let assertion = Assertion::parse(text).ok_or_else(unparsable)?;
    let named = assertion.header("alg").unwrap_or_default();
    let algorithm = Algorithm::named(named).ok_or_else(|| TokenError::algorithm(named))?;
    let issuer = assertion.text("iss")?;
    let subject = assertion.text("sub")?;
    assertion.audience(desk)?;
    assertion.required("exp")?;
    // An application names itself by its id; every other issuer is a URL, or is registered.
    let registered = application.federated.iter().any(|known| known.issuer == issuer);
    if registered || issuer.contains("://") {
        return federated(desk, application, &assertion, algorithm);
    }
    if desk.settings.strict_assertions {
        assertion.required("jti")?;
    }
    let key = find_key(application, &assertion)?;
    let is_client = |id: &str| id.eq_ignore_ascii_case(client);
    if !is_client(issuer) || !is_client(subject) {
        return Err(TokenError::assertion_client());
    }
    let key = key.ok_or_else(TokenError::unregistered_certificate)?;
    if !key.certificate.key.verifies(algorithm, assertion.signed.as_bytes(), &assertion.signature) {
        return Err(TokenError::assertion_signature(key));
    }
    if desk.now < key.start || desk.now >= key.end {
        return Err(TokenError::expired_certificate(key));
    }
    if !is_our_endpoint(desk, assertion.audience(desk)?) {
        return Err(TokenError::assertion_audience());
    }
    assertion.check_time(desk)
}

/// The registered certificate that the header names, by either thumbprint or by its key id.
fn find_key<'a>(
    application: &'a Application,
    assertion: &Assertion<'_>,
) -> Result<Option<&'a KeyCredential>, TokenError> {
    // MSAL for Python pads them, although the facts say not to.
    let thumbprint = |name: &str| assertion.header(name).map(|text| text.trim_end_matches('='));
    let (sha256, sha1) = (thumbprint("x5t#S256"), thumbprint("x5t"));
    let id = assertion.header("kid");
    if (sha256, sha1, id) == (None, None, None) {
        return Err(TokenError::no_thumbprint());
    }
    let names = |key: &&KeyCredential| match (sha256, sha1, id) {
        (Some(sha256), _, _) => key.certificate.x5t_s256() == sha256,
        (_, Some(sha1), _) => key.certificate.x5t() == sha1,
        // Libraries put the key's id there, or the thumbprint as the portal shows it.
        (_, _, Some(id)) => {
            let own = [key.id.to_string(), key.certificate.thumbprint()];
            own.iter().any(|own| own.eq_ignore_ascii_case(id)) || key.certificate.x5t() == id
        }
        _ => false,
    };
    Ok(application.keys.iter().find(names))
}

/// Whether an audience is our token endpoint of version 2 (facts §1.1); where that may pass, also the other one, or
/// our issuer: what clients send.
fn is_our_endpoint(desk: &Desk<'_>, audience: &str) -> bool {
    if desk.settings.strict_assertions {
        let url = is_at(audience, &desk.settings.login_hosts);
        let path = url.as_ref().map(Url::path).unwrap_or_default();
        let tenant =
            path.strip_suffix("/oauth2/v2.0/token").and_then(|path| path.strip_prefix('/'));
        return tenant.is_some_and(|tenant| is_our_tenant(desk, tenant));
    }
    let Ok(url) = Url::parse(audience) else { return false };
    let host = url.host_str().unwrap_or_default();
    let segments: Vec<&str> = url.path().trim_matches('/').split('/').collect();
    let [tenant, below @ ..] = segments.as_slice() else { return false };
    let here = desk.settings.login_hosts.iter().any(|known| known.eq_ignore_ascii_case(host));
    let endpoint =
        matches!(below, ["oauth2", "v2.0", "token"] | ["oauth2", "token"] | ["v2.0"] | []);
    let old_issuer = host == "sts.windows.net" && below.is_empty();
    is_our_tenant(desk, tenant) && ((here && endpoint) || old_issuer)
}

/// Matches issuer, subject and audience, exactly and by case (facts §1.1).
fn federated(
    desk: &Desk<'_>,
    application: &Application,
    assertion: &Assertion<'_>,
    algorithm: Algorithm,
) -> Result<(), TokenError> {
    let (issuer, subject) = (assertion.text("iss")?, assertion.text("sub")?);
    let audience = assertion.audience(desk)?;
    let no_match =
        |what, value: &str, code| TokenError::no_federated_match(desk, what, value, code);
    let trusted: Vec<&FederatedCredential> =
        application.federated.iter().filter(|known| known.issuer == issuer).collect();
    if trusted.is_empty() {
        return Err(no_match("issuer", issuer, 700_211));
    }
    let named: Vec<_> = trusted.iter().filter(|known| known.subject == subject).collect();
    if named.is_empty() {
        let alike = trusted.iter().any(|known| known.subject.eq_ignore_ascii_case(subject));
        let code = match alike {
            _ if is_entra(desk, issuer) => 7_002_137,
            true => 7_002_138,
            false => 700_213,
        };
        return Err(no_match("subject", subject, code));
    }
    let named: Vec<_> = named.into_iter().filter(|known| known.audience == audience).collect();
    if named.is_empty() {
        return Err(no_match("audience", audience, desk.settings.federated_audience_code));
    }
    // While an issuer rotates its keys there are two records.
    let (signed, signature) = (assertion.signed.as_bytes(), &assertion.signature);
    if !named.iter().any(|known| known.key.verifies(algorithm, signed, signature)) {
        return Err(TokenError::federated_signature());
    }
    assertion.check_time(desk)
}

/// Whether Entra itself issued it: a managed identity's token (facts §1.4).
fn is_entra(desk: &Desk<'_>, issuer: &str) -> bool {
    let host = Url::parse(issuer).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.is_some_and(|host| {
        host == "sts.windows.net"
            || desk.settings.login_hosts.iter().any(|known| known.eq_ignore_ascii_case(&host))
    })
}
