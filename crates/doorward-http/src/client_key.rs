//! A client's private key with its certificate, out of PEM or PFX.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PSS_SHA256;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use doorward_core::{Error, Result};
use p12_keystore::error::Error as PfxError;
use p12_keystore::{CertificateBag, Pkcs12Archive, PrivateKeyBag};
use rustls::pki_types::pem::{PemObject, SectionKind};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::errors;

/// What every block of PEM begins with (RFC 7468 §2).
const BLOCK_BEGINS: &str = "-----BEGIN ";

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
        let parts = if text.contains(BLOCK_BEGINS) { pem(text) } else { pfx(text, password) };
        let Parts { keys, certificates } = parts.map_err(|problem| problem.error(pointer))?;
        if keys.is_empty() {
            return Err(Problem::NoKey.error(pointer));
        }
        let pair = |key: &Der| KeyPair::from_pkcs8(key).or_else(|_| KeyPair::from_der(key)).ok();
        let pairs: Vec<KeyPair> = keys.iter().filter_map(pair).collect();
        if pairs.is_empty() {
            return Err(Problem::NotRsa.error(pointer));
        }
        // Of a chain, the certificate that belongs to a key.
        let found = pairs.into_iter().find_map(|pair| {
            let certificate = certificates.iter().find(|certificate| holds(certificate, &pair))?;
            let thumbprint = URL_SAFE_NO_PAD.encode(Sha256::digest(certificate));
            Some(Self { pair, thumbprint })
        });
        found.ok_or_else(|| Problem::Certificate(!certificates.is_empty()).error(pointer))
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

/// A private key in DER.
type Der = Zeroizing<Vec<u8>>;

/// What a file holds; certificates in DER, too.
struct Parts {
    keys: Vec<Der>,
    certificates: Vec<Vec<u8>>,
}

enum Problem {
    NotPem,
    Encrypted,
    NoKey,
    NotRsa,
    /// Whether there is one at all.
    Certificate(bool),
    NotPfx,
    UnreadablePfx,
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
                "Take it as PFX with its password, or decrypt it: openssl pkey -in KEY.pem -out PLAIN.pem.",
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
            Self::UnreadablePfx => (
                "is a PFX that is damaged, or encrypted in a way that is not known here",
                "Export it again, encrypted with AES.",
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
    let (mut keys, mut certificates) = (Vec::new(), Vec::new());
    let mut blocks = 0;
    for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(text.as_bytes()) {
        blocks += 1;
        match section.map_err(|_| Problem::NotPem)? {
            (SectionKind::Certificate, der) => certificates.push(der),
            (SectionKind::PrivateKey | SectionKind::RsaPrivateKey, der) => {
                keys.push(Zeroizing::new(der));
            }
            (SectionKind::EcPrivateKey, _) => return Err(Problem::NotRsa),
            _ => {}
        }
    }
    // A block without its end is passed over.
    if blocks != text.matches(BLOCK_BEGINS).count() {
        return Err(Problem::NotPem);
    }
    Ok(Parts { keys, certificates })
}

fn pfx(text: &str, password: Option<&SecretString>) -> std::result::Result<Parts, Problem> {
    let text: Zeroizing<String> =
        Zeroizing::new(text.chars().filter(|letter| !letter.is_ascii_whitespace()).collect());
    let bytes = STANDARD.decode(text.as_bytes()).map(Zeroizing::new).ok();
    // Every PFX is an ASN.1 sequence.
    let bytes = bytes.filter(|bytes| bytes.first() == Some(&0x30)).ok_or(Problem::NotPfx)?;
    let given = password.is_some();
    let password = password.map_or("", |password| password.expose_secret());
    // Not its key store: that leaves out keys without an id, which many tools write.
    let archive = Pkcs12Archive::from_pkcs12(&bytes, password).map_err(|error| match error {
        PfxError::MacError(_) | PfxError::UnpadError | PfxError::Pkcs5Error(_) => {
            Problem::Password { given }
        }
        _ => Problem::UnreadablePfx,
    })?;
    let key = |bag: &PrivateKeyBag| Zeroizing::new(bag.key.as_der().to_vec());
    let certificate = |bag: &CertificateBag| bag.cert.as_der().to_vec();
    Ok(Parts {
        keys: archive.keys.iter().map(key).collect(),
        certificates: archive.certs.iter().map(certificate).collect(),
    })
}

/// Whether a certificate is for this key: it holds the public key, byte for byte.
fn holds(certificate: &[u8], pair: &KeyPair) -> bool {
    use aws_lc_rs::signature::KeyPair as _;
    let public = pair.public_key();
    let public: &[u8] = public.as_ref();
    !public.is_empty() && certificate.windows(public.len()).any(|part| part == public)
}
