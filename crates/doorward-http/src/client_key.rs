//! A client's private key with its certificate, out of PEM or PFX.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PSS_SHA256;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use doorward_core::{Error, Result};
use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use rustls::pki_types::pem::{PemObject, SectionKind};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::errors;

/// A key that signs for a client.
pub(crate) struct ClientKey {
    pair: KeyPair,
    /// SHA-256 of the certificate's DER, in base64url without padding.
    thumbprint: String,
}

impl ClientKey {
    /// Reads PEM with a private key and its certificate, or PFX in base64. `pointer` is where the
    /// text is in the connection, for messages.
    ///
    /// # Errors
    /// `InvalidConnection`, which says what is wrong and never quotes the text.
    pub(crate) fn read(
        text: &SecretString,
        password: Option<&SecretString>,
        pointer: &str,
    ) -> Result<Self> {
        let text = text.expose_secret();
        let parts = if text.contains("-----BEGIN ") { pem(text) } else { pfx(text, password) };
        let (key, certificates) = parts.map_err(|problem| problem.error(pointer))?;
        let pair = KeyPair::from_pkcs8(&key)
            .or_else(|_| KeyPair::from_der(&key))
            .map_err(|_| Problem::NotRsa.error(pointer))?;
        let own = |certificate: &&Vec<u8>| holds(certificate, &pair);
        // Of a chain, the one that belongs to the key.
        let certificate = certificates
            .iter()
            .find(own)
            .ok_or_else(|| Problem::Certificate(!certificates.is_empty()).error(pointer))?;
        let thumbprint = URL_SAFE_NO_PAD.encode(Sha256::digest(certificate));
        Ok(Self { pair, thumbprint })
    }

    pub(crate) fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// Signs by RSASSA-PSS with SHA-256 (PS256, RFC 7518 §3.5).
    ///
    /// # Errors
    /// `Internal` when the operating system gives no randomness.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PSS_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| Error::internal("An assertion could not be signed."))?;
        Ok(signature)
    }
}

/// A private key, and certificates; all in DER.
type Parts = (Zeroizing<Vec<u8>>, Vec<Vec<u8>>);

enum Problem {
    NotPem,
    Encrypted,
    NoKey,
    NotRsa,
    /// Whether there is one at all.
    Certificate(bool),
    NotPfx,
    Password {
        given: bool,
    },
}

impl Problem {
    fn error(&self, pointer: &str) -> Error {
        let (what, remedy) = match self {
            Self::NotPem => (
                "is damaged: a block of the PEM cannot be read",
                "Export it again, and take every line from the first -----BEGIN to the last -----END.",
            ),
            Self::Encrypted => (
                "is encrypted, and a PEM's password cannot be given here",
                "Take it as PFX with its password, or decrypt it: openssl pkcs8 -in KEY.pem -out PLAIN.pem.",
            ),
            Self::NoKey => (
                "holds no private key",
                "A certificate alone cannot sign. Take the file that holds the private key, too: cat KEY.pem CERTIFICATE.pem > BOTH.pem.",
            ),
            Self::NotRsa => (
                "holds a private key that is not RSA of 2,048 to 8,192 bits",
                "Make a certificate with an RSA key, and register it with the application.",
            ),
            Self::Certificate(false) => (
                "holds no certificate",
                "Append the certificate that is registered with the application: cat KEY.pem CERTIFICATE.pem > BOTH.pem.",
            ),
            Self::Certificate(true) => (
                "holds a certificate that does not belong to its private key",
                "Take key and certificate of one pair.",
            ),
            Self::NotPfx => (
                "is neither PEM nor a PFX in base64",
                "Name the PFX as a file, {\"file\": \"app.pfx\"}, or paste the output of: base64 -w0 app.pfx.",
            ),
            Self::Password { given: true } => (
                "cannot be opened with the password that stands beside it",
                "Check the password, or export the PFX again.",
            ),
            Self::Password { given: false } => {
                ("needs a password, and none stands beside it", "Set the password of the PFX.")
            }
        };
        errors::invalid(
            "client-key-unusable",
            format!("The private key at `{pointer}` cannot be used: it {what}."),
        )
        .remedy(remedy)
    }
}

fn pem(text: &str) -> std::result::Result<Parts, Problem> {
    if text.contains("ENCRYPTED") {
        return Err(Problem::Encrypted);
    }
    let (mut key, mut certificates) = (None, Vec::new());
    for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(text.as_bytes()) {
        match section.map_err(|_| Problem::NotPem)? {
            (SectionKind::Certificate, der) => certificates.push(der),
            (SectionKind::PrivateKey | SectionKind::RsaPrivateKey, der) => {
                key = Some(Zeroizing::new(der));
            }
            (SectionKind::EcPrivateKey, _) => return Err(Problem::NotRsa),
            _ => {}
        }
    }
    Ok((key.ok_or(Problem::NoKey)?, certificates))
}

fn pfx(text: &str, password: Option<&SecretString>) -> std::result::Result<Parts, Problem> {
    let text: Zeroizing<String> =
        Zeroizing::new(text.chars().filter(|letter| !letter.is_ascii_whitespace()).collect());
    let bytes = STANDARD.decode(text.as_bytes()).map(Zeroizing::new).ok();
    // Every PFX is an ASN.1 sequence.
    let bytes = bytes.filter(|bytes| bytes.first() == Some(&0x30)).ok_or(Problem::NotPfx)?;
    let given = password.is_some();
    let password = password.map_or("", |password| password.expose_secret());
    let store = KeyStore::from_pkcs12(&bytes, password, Pkcs12ImportPolicy::Relaxed)
        .map_err(|_| Problem::Password { given })?;
    let (_, chain) = store.private_key_chain().ok_or(Problem::NoKey)?;
    let certificates = chain.certs().iter().map(|one| one.as_der().to_vec()).collect();
    Ok((Zeroizing::new(chain.key().as_der().to_vec()), certificates))
}

/// Whether a certificate is for this key: it holds the public key, byte for byte.
fn holds(certificate: &[u8], pair: &KeyPair) -> bool {
    use aws_lc_rs::signature::KeyPair as _;
    let public = pair.public_key();
    let public: &[u8] = public.as_ref();
    !public.is_empty() && certificate.windows(public.len()).any(|part| part == public)
}
