//! The rows of facts §1.4 about client assertions.

use jiff::Timestamp;

use super::Desk;
use super::error::TokenError;
use crate::tenant::KeyCredential;

impl TokenError {
    fn client(code: u64, description: impl Into<String>) -> Self {
        Self::new(401, "invalid_client", code, description)
    }

    pub(super) fn unregistered_certificate() -> Self {
        Self::client(
            700_027,
            "The certificate with identifier used to sign the client assertion is not registered on application. \
             [Reason - The key was not found.]",
        )
    }

    /// Out of its time on either side; the facts only have the expired one.
    pub(super) fn expired_certificate(key: &KeyCredential) -> Self {
        Self::signature("The key used is expired.", key)
    }

    /// The reason is not in the facts.
    pub(super) fn assertion_signature(key: &KeyCredential) -> Self {
        let reason = "The provided signature value did not match the expected signature value.";
        Self::signature(reason, key)
    }

    fn signature(reason: &str, key: &KeyCredential) -> Self {
        let stamp = |at: Timestamp| at.strftime("%m/%d/%Y %H:%M:%S").to_string();
        Self::client(
            700_027,
            format!(
                "Client assertion contains an invalid signature. [Reason - {reason}, Thumbprint of key used by client: \
                 '{}', Found key 'Start={}, End={}']",
                key.certificate.thumbprint(),
                stamp(key.start),
                stamp(key.end)
            ),
        )
    }

    /// Not in the facts.
    pub(super) fn federated_signature() -> Self {
        Self::client(700_027, "Client assertion contains an invalid signature.")
    }

    pub(super) fn assertion_time(now: Timestamp, start: Timestamp, end: Timestamp) -> Self {
        let stamp = |at: Timestamp| at.strftime("%Y-%m-%dT%H:%M:%S.0000000Z").to_string();
        Self::client(
            700_024,
            format!(
                "Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, \
                 expiry time of assertion {}.",
                stamp(now),
                stamp(start),
                stamp(end)
            ),
        )
    }

    pub(super) fn assertion_client() -> Self {
        let text = "Client assertion application identifier doesn't match 'client_id' parameter.";
        Self::client(700_021, text)
    }

    pub(super) fn assertion_audience() -> Self {
        Self::client(700_023, "Client assertion audience claim does not match Realm issuer.")
    }

    pub(super) fn missing_claim(name: &str) -> Self {
        Self::new(
            400,
            "invalid_request",
            90_014,
            format!(
                "The required field '{name}' is missing from the credential. Ensure that you have all the necessary \
                 parameters for the login request."
            ),
        )
    }

    pub(super) fn algorithm(name: &str) -> Self {
        Self::client(
            5_002_738,
            format!(
                "Invalid JWT token. '{name}' is not a supported signature algorithm. Supported signing algorithms are: \
                 'RS256, PS256'."
            ),
        )
    }

    pub(super) fn no_thumbprint() -> Self {
        Self::client(
            5_002_723,
            "Invalid JWT token. No certificate SHA-1 thumbprint, certificate SHA-256 thumbprint, nor keyId specified in \
             token header.",
        )
    }

    /// The text is not in the facts.
    pub(super) fn unparsable_assertion(status: u16) -> Self {
        Self::new(status, "invalid_client", 50_027, "JWT token is invalid or malformed.")
    }

    /// No federated credential with this issuer, subject or audience. Before 2023 all three were one number.
    pub(super) fn no_federated_match(desk: &Desk<'_>, what: &str, value: &str, code: u64) -> Self {
        let text = format!(
            "No matching federated identity record found for presented assertion {what} '{value}'. Check your federated \
             identity credential Subject, Audience and Issuer against the presented assertion."
        );
        if desk.settings.old_federation_errors {
            return Self::new(400, "invalid_request", 70_021, text);
        }
        Self::client(code, text)
    }
}
