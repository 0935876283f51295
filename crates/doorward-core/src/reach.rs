//! Where a connector wants to go, for the operator to approve.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Attributes, SecretReference};

/// The endpoints that a connection needs. The connector proposes them, the operator approves
/// them, the host pins them; any widening asks again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reach {
    /// The endpoints, in the order in which they are shown.
    pub endpoints: Vec<Endpoint>,
}

/// One origin with the credential that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// The name by which requests refer to it.
    pub name: String,
    /// Scheme, host and port, e.g. `https://graph.microsoft.com`.
    pub origin: String,
    /// How the host authenticates there.
    pub scheme: Scheme,
    /// The path templates whose POST only reads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read_posts: Vec<String>,
    /// The token claims that the connector may read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<String>,
    /// Whether the connection itself, not the connector, names this origin. Only then may it lead
    /// to a loopback or private address, and only to a loopback address may it be plain HTTP. It
    /// says nothing about the token endpoint, which has its own flag.
    #[serde(default)]
    pub named_by_connection: bool,
}

/// How the host authenticates at an endpoint. A closed list that grows in the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", tag = "type")]
pub enum Scheme {
    /// OAuth 2.0 client credentials with a client secret (RFC 6749 §4.4).
    Oauth2ClientSecret {
        /// The token endpoint; approved with the scheme, and no connector can call it.
        token_url: String,
        /// As [`Endpoint::named_by_connection`], for the token endpoint. It has no default: what
        /// was approved without it was approved for both addresses at once.
        token_url_named_by_connection: bool,
        /// The client's id.
        client_id: String,
        /// The client's secret.
        secret: SecretReference,
        /// The scope to ask for.
        scope: String,
        /// How the secret is sent.
        #[serde(default)]
        placement: SecretPlacement,
    },
    /// OAuth 2.0 client credentials with an assertion that the host signs with the client's private
    /// key: PS256, with the certificate's SHA-256 thumbprint in the header (RFC 7523 §2.2, RFC 7515
    /// §4.1.8).
    Oauth2PrivateKeyJwt {
        /// As [`Oauth2ClientSecret`](Self::Oauth2ClientSecret)'s.
        token_url: String,
        /// As [`Oauth2ClientSecret`](Self::Oauth2ClientSecret)'s.
        token_url_named_by_connection: bool,
        /// The client's id, also the assertion's `iss` and `sub`.
        client_id: String,
        /// The private key with its certificate: PEM, or PFX (PKCS #12) in base64.
        key: SecretReference,
        /// The password of a PFX.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        password: Option<SecretReference>,
        /// The assertion's `aud`.
        audience: String,
        /// The scope to ask for.
        scope: String,
    },
    /// OAuth 2.0 client credentials with an assertion that somebody else issued, such as a workload's
    /// platform (RFC 7523 §2.2). It is fetched anew for every token: such assertions are short-lived.
    Oauth2ClientAssertion {
        /// As [`Oauth2ClientSecret`](Self::Oauth2ClientSecret)'s.
        token_url: String,
        /// As [`Oauth2ClientSecret`](Self::Oauth2ClientSecret)'s.
        token_url_named_by_connection: bool,
        /// The client's id.
        client_id: String,
        /// The assertion.
        assertion: SecretReference,
        /// The scope to ask for.
        scope: String,
    },
    /// A header that carries the secret after a fixed prefix.
    Header {
        /// The header's name.
        header: String,
        /// The text before the secret, e.g. `Bearer `.
        #[serde(default)]
        prefix: String,
        /// The secret.
        secret: SecretReference,
    },
    /// HTTP Basic (RFC 7617).
    Basic {
        /// The user name.
        username: String,
        /// The password.
        secret: SecretReference,
    },
    /// No credential.
    None,
}

impl Scheme {
    /// The token endpoint, and whether the connection itself names it; `None` without tokens.
    pub fn token_url(&self) -> Option<(&str, bool)> {
        match self {
            Self::Oauth2ClientSecret { token_url, token_url_named_by_connection, .. }
            | Self::Oauth2PrivateKeyJwt { token_url, token_url_named_by_connection, .. }
            | Self::Oauth2ClientAssertion { token_url, token_url_named_by_connection, .. } => {
                Some((token_url, *token_url_named_by_connection))
            }
            Self::Header { .. } | Self::Basic { .. } | Self::None => None,
        }
    }

    /// The secrets that it refers to.
    pub fn secrets(&self) -> Vec<&SecretReference> {
        match self {
            Self::Oauth2ClientSecret { secret, .. }
            | Self::Header { secret, .. }
            | Self::Basic { secret, .. } => vec![secret],
            Self::Oauth2PrivateKeyJwt { key, password, .. } => {
                std::iter::once(key).chain(password).collect()
            }
            Self::Oauth2ClientAssertion { assertion, .. } => vec![assertion],
            Self::None => Vec::new(),
        }
    }
}

/// How an OAuth client sends its secret (RFC 6749 §2.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SecretPlacement {
    /// In the form body.
    #[default]
    Body,
    /// As HTTP Basic.
    Basic,
}

/// Where an authentication failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AuthStage {
    /// The token endpoint gave no token.
    Token,
    /// The endpoint itself refused a fresh credential with 401.
    Endpoint,
}

/// A provider's refusal of the host's credential, for the connector to explain. It holds the
/// provider's error answer, never a successful one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuthFailure {
    /// The endpoint whose credential was refused.
    pub endpoint: String,
    /// Where it failed.
    pub stage: AuthStage,
    /// The HTTP status.
    pub status: u16,
    /// The JSON object of the answer; empty when the answer was none.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub body: Attributes,
    /// The `WWW-Authenticate` header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<String>,
    /// The provider's request id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn who_named_the_token_endpoint_is_never_assumed() {
        let mut scheme = json!({
            "type": "oauth2-client-secret", "tokenUrl": "https://login.example/token",
            "clientId": "c", "secret": {"pointer": "/secret"}, "scope": "s",
        });
        let error = serde_json::from_value::<Scheme>(scheme.clone()).unwrap_err();
        assert!(error.to_string().contains("tokenUrlNamedByConnection"), "{error}");
        scheme["tokenUrlNamedByConnection"] = json!(false);
        serde_json::from_value::<Scheme>(scheme).unwrap();
    }
}
