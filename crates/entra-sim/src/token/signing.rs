//! The key that signs every token, RS256. It is part of the program, fixed and public: RS256 has no randomness,
//! so that the same request gives the same bytes.
//!
//! Graph's real tokens have a `nonce` in their header whose digest is signed instead, so that nobody but Graph can
//! check them. These can be checked by anybody with the published keys.

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};

use crate::keys::Certificate;

const PEM: &[u8] = include_bytes!("worthless_key.pem");

pub(super) struct SigningKey {
    pair: RsaKeyPair,
    public: ParsedPublicKey,
    certificate: Certificate,
}

impl SigningKey {
    /// `None` only if the file beside this one is damaged; a test proves that it is not.
    pub(super) fn get() -> Option<&'static Self> {
        static KEY: LazyLock<Option<SigningKey>> = LazyLock::new(SigningKey::read);
        KEY.as_ref()
    }

    fn read() -> Option<Self> {
        let private = PrivatePkcs8KeyDer::from_pem_slice(PEM).ok()?;
        let pair = RsaKeyPair::from_pkcs8(private.secret_pkcs8_der()).ok()?;
        let certificate = CertificateDer::from_pem_slice(PEM).ok()?;
        let certificate = Certificate::from_der(&certificate).ok()?;
        let key = certificate.key.der();
        let public = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key).ok()?;
        Some(Self { pair, public, certificate })
    }

    /// `kid` and `x5t` of what it signs.
    pub(super) fn id(&self) -> String {
        self.certificate.x5t()
    }

    /// The signature in base64url.
    pub(super) fn sign(&self, message: &str) -> Option<String> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        // PKCS #1 asks for randomness to hide the time that it takes, not for the signature.
        let random = SystemRandom::new();
        self.pair.sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature).ok()?;
        Some(URL_SAFE_NO_PAD.encode(signature))
    }

    pub(super) fn signed(&self, message: &str, signature: &str) -> bool {
        URL_SAFE_NO_PAD
            .decode(signature)
            .is_ok_and(|bytes| self.public.verify_sig(message.as_bytes(), &bytes).is_ok())
    }

    /// The public half as in `/discovery/v2.0/keys`.
    pub(super) fn jwk(&self, issuer: &str) -> Value {
        let (modulus, exponent) = &self.certificate.components;
        json!({
            "kty": "RSA",
            "use": "sig",
            "kid": self.id(),
            "x5t": self.id(),
            "n": URL_SAFE_NO_PAD.encode(modulus),
            "e": URL_SAFE_NO_PAD.encode(exponent),
            "x5c": [STANDARD.encode(&self.certificate.der)],
            "cloud_instance_name": "microsoftonline.com",
            "issuer": issuer,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_whole_and_signs_the_same_twice() {
        let key = SigningKey::get().unwrap();
        let signature = key.sign("message").unwrap();
        assert_eq!(key.sign("message"), Some(signature.clone()));
        assert!(key.signed("message", &signature));
        assert!(!key.signed("massage", &signature));
    }
}
