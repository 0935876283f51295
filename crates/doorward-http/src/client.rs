//! How an OAuth client proves who it is: by a secret, by a key, or by somebody else's word.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use doorward_core::{Clock, Random, Result, SecretPlacement};
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use sha2::{Digest, Sha256};
use url::form_urlencoded::byte_serialize;
use zeroize::Zeroizing;

use crate::client_key::ClientKey;
use crate::redact::Redactor;
use crate::session::{basic, basic_pair, sensitive};
use crate::{Secrets, errors, prepare};

/// How long an assertion that the host signs is good for, in seconds. Entra ID asks for five to ten
/// minutes (graph-facts §1.1).
const LIFE: i64 = 600;

/// Says that an assertion is a JWT (RFC 7523 §2.2).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What a client proves itself with; pointers name its secrets.
pub(crate) enum ClientCredential {
    /// RFC 6749 §2.3.1.
    Secret { pointer: String, placement: SecretPlacement },
    /// RFC 7523 §2.2, signed here.
    PrivateKey { key: String, password: Option<String>, audience: String },
    /// RFC 7523 §2.2, issued elsewhere.
    Assertion { pointer: String },
}

/// What is sent to prove it, once.
pub(crate) struct Proof {
    /// Fields of the form.
    pub(crate) fields: Vec<(&'static str, SecretString)>,
    /// The `Authorization` header.
    pub(crate) authorization: Option<HeaderValue>,
    /// Cuts out what must not be told of the answer.
    pub(crate) redactor: Redactor,
    /// Tells a secret or key from the one that takes its place; `None` for what changes all the time.
    pub(crate) digest: Option<[u8; 32]>,
}

impl ClientCredential {
    /// Refuses a secret that is missing for sure.
    ///
    /// # Errors
    /// `InvalidConnection`.
    pub(crate) fn expect(&self, secrets: &Secrets) -> Result<()> {
        self.pointers().into_iter().try_for_each(|pointer| secrets.expect(pointer))
    }

    fn pointers(&self) -> Vec<&str> {
        match self {
            Self::Secret { pointer, .. } | Self::Assertion { pointer } => vec![pointer],
            Self::PrivateKey { key, password, .. } => {
                std::iter::once(key).chain(password).map(String::as_str).collect()
            }
        }
    }

    /// A proof that holds now.
    ///
    /// # Errors
    /// `InvalidConnection` when a secret is missing or cannot be used; the errors of whoever gives
    /// the secrets.
    pub(crate) fn prove(
        &self,
        client_id: &str,
        secrets: &Secrets,
        clock: &dyn Clock,
        random: &dyn Random,
    ) -> Result<Proof> {
        let mut given = secrets.get(self.pointers())?.into_iter();
        // `get` gives one secret for each pointer, and there is one at least.
        let (first, second) = (given.next().unwrap_or_default(), given.next());
        let redactor = Redactor::NONE.and(first.clone());
        let digest = Some(Sha256::digest(first.expose_secret()).into());
        match self {
            Self::Secret { placement: SecretPlacement::Body, .. } => Ok(Proof {
                fields: vec![
                    ("client_id", SecretString::from(client_id)),
                    ("client_secret", first),
                ],
                authorization: None,
                redactor,
                digest,
            }),
            Self::Secret { placement: SecretPlacement::Basic, .. } => {
                let pair = pair(client_id, &first);
                let header = sensitive(&basic(&pair)).ok_or_else(|| {
                    errors::invalid("token-request", "The client id or secret cannot be sent.")
                })?;
                let redactor = redactor.and(pair.as_str());
                Ok(Proof { fields: Vec::new(), authorization: Some(header), redactor, digest })
            }
            Self::PrivateKey { key, audience, .. } => {
                let key = ClientKey::read(&first, second.as_ref(), key)?;
                let assertion = signed(&key, client_id, audience, clock, random)?;
                // The key is never sent, so nothing can quote it.
                Ok(Proof { digest, ..asserted(client_id, assertion, Redactor::NONE) })
            }
            Self::Assertion { .. } => Ok(asserted(client_id, first, redactor)),
        }
    }
}

fn asserted(client_id: &str, assertion: SecretString, redactor: Redactor) -> Proof {
    Proof {
        redactor: redactor.and(assertion.clone()),
        fields: vec![
            ("client_id", SecretString::from(client_id)),
            ("client_assertion_type", SecretString::from(ASSERTION_TYPE)),
            ("client_assertion", assertion),
        ],
        authorization: None,
        digest: None,
    }
}

/// The client's credential as HTTP Basic sends it: encoded as in a form before (RFC 6749 §2.3.1).
fn pair(client_id: &str, secret: &SecretString) -> Zeroizing<String> {
    let encode = |text: &str| Zeroizing::new(byte_serialize(text.as_bytes()).collect::<String>());
    basic_pair(&encode(client_id), &encode(secret.expose_secret()))
}

/// RFC 7523 §3, with the fields that Entra ID asks for (graph-facts §1.1).
fn signed(
    key: &ClientKey,
    client_id: &str,
    audience: &str,
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<SecretString> {
    let now = clock.now().as_second();
    let header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": key.thumbprint()});
    let claims = json!({
        "aud": audience, "iss": client_id, "sub": client_id, "jti": prepare::uuid(random),
        "nbf": now, "iat": now, "exp": now + LIFE,
    });
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let mut token = Zeroizing::new(format!("{}.{}", part(&header), part(&claims)));
    let signature = key.sign(token.as_bytes())?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(SecretString::from(token.as_str()))
}
