//! RSA keys and certificates, for checking what others signed and signing what we issue.

use std::fmt;

use aws_lc_rs::digest;
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaParameters, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::Value;
use x509_parser::prelude::{FromDer as _, SubjectPublicKeyInfo, X509Certificate};
use x509_parser::public_key;

/// Why a key or certificate cannot be registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialError(pub(crate) String);

impl fmt::Display for CredentialError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for CredentialError {}

fn no(what: impl fmt::Display) -> CredentialError {
    CredentialError(format!(
        "{what}; a certificate or public key with RSA of 2048 bits or more is needed"
    ))
}

/// How an assertion is signed (facts §1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Ps256,
    Rs256,
}

impl Algorithm {
    /// By the name in a header, whose case counts (RFC 7515 §4.1.1).
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "PS256" => Some(Self::Ps256),
            "RS256" => Some(Self::Rs256),
            _ => None,
        }
    }

    fn parameters(self) -> &'static RsaParameters {
        match self {
            Self::Ps256 => &RSA_PSS_2048_8192_SHA256,
            Self::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
        }
    }
}

/// A public RSA key: what an issuer of federated assertions signs with (facts §1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// A SubjectPublicKeyInfo.
    der: Vec<u8>,
}

impl PublicKey {
    /// Reads `-----BEGIN PUBLIC KEY-----`.
    ///
    /// # Errors
    ///
    /// When it is no RSA key in PEM.
    pub fn from_pem(pem: &str) -> Result<Self, CredentialError> {
        let der = SubjectPublicKeyInfoDer::from_pem_slice(pem.as_bytes())
            .map_err(|error| no(format!("no public key in PEM: {error}")))?;
        let (_, info) = SubjectPublicKeyInfo::from_der(&der).map_err(no)?;
        Self::of(&info)
    }

    /// Reads a JWK with `n` and `e`, as an issuer's JWKS has them.
    ///
    /// # Errors
    ///
    /// When it is no RSA key.
    pub fn from_jwk(jwk: &Value) -> Result<Self, CredentialError> {
        let number = |name: &str| {
            let text = jwk.get(name).and_then(Value::as_str).unwrap_or_default();
            URL_SAFE_NO_PAD
                .decode(text)
                .map_err(|error| no(format!("`{name}` of the JWK: {error}")))
        };
        let components = RsaPublicKeyComponents { n: number("n")?, e: number("e")? };
        long_enough(&components.n)?;
        let der = components.as_der().map_err(|_| no("`n` and `e` of the JWK make no RSA key"))?;
        Ok(Self { der: der.as_ref().to_vec() })
    }

    fn of(info: &SubjectPublicKeyInfo<'_>) -> Result<Self, CredentialError> {
        match info.parsed() {
            Ok(public_key::PublicKey::RSA(key)) => {
                long_enough(key.modulus)?;
                Ok(Self { der: info.raw.to_vec() })
            }
            Ok(_) => Err(no("it is not RSA")),
            Err(error) => Err(no(error)),
        }
    }

    pub(crate) fn der(&self) -> &[u8] {
        &self.der
    }

    pub(crate) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(algorithm.parameters(), &self.der);
        key.verify(message, signature).is_ok()
    }
}

/// An X.509 certificate, and what of it is asked here.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    pub(crate) der: Vec<u8>,
    pub(crate) subject: String,
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    pub(crate) key: PublicKey,
    /// Modulus and exponent, big-endian.
    pub(crate) components: (Vec<u8>, Vec<u8>),
}

impl Certificate {
    pub(crate) fn from_der(der: &[u8]) -> Result<Self, CredentialError> {
        let (rest, read) = X509Certificate::from_der(der).map_err(no)?;
        if !rest.is_empty() {
            return Err(no("something follows the certificate"));
        }
        let moment = |at: x509_parser::time::ASN1Time| {
            Timestamp::from_second(at.timestamp())
                .map_err(|error| no(format!("its dates: {error}")))
        };
        let components = match read.public_key().parsed() {
            Ok(public_key::PublicKey::RSA(key)) => {
                (unsigned(key.modulus).to_vec(), unsigned(key.exponent).to_vec())
            }
            _ => return Err(no("it is not RSA")),
        };
        Ok(Self {
            der: der.to_vec(),
            subject: read.subject().to_string(),
            start: moment(read.validity().not_before)?,
            end: moment(read.validity().not_after)?,
            key: PublicKey::of(read.public_key())?,
            components,
        })
    }

    /// `x5t`: base64url of SHA-1 (facts §1.1).
    pub(crate) fn x5t(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.sha1())
    }

    /// `x5t#S256`: base64url of SHA-256 (facts §1.1).
    pub(crate) fn x5t_s256(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, &self.der))
    }

    /// SHA-1 as the portal shows it: capital hexadecimal digits.
    pub(crate) fn thumbprint(&self) -> String {
        self.sha1().as_ref().iter().map(|byte| format!("{byte:02X}")).collect()
    }

    fn sha1(&self) -> digest::Digest {
        digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &self.der)
    }
}

/// Shorter keys verify nothing: better told when they are added.
fn long_enough(modulus: &[u8]) -> Result<(), CredentialError> {
    let [first, rest @ ..] = unsigned(modulus) else { return Err(no("the modulus is empty")) };
    let bits = 8 * rest.len() + (u8::BITS - first.leading_zeros()) as usize;
    if bits < 2048 { Err(no(format!("its key has {bits} bits"))) } else { Ok(()) }
}

/// A DER integer without the zero that keeps it positive.
fn unsigned(number: &[u8]) -> &[u8] {
    number.strip_prefix(&[0]).unwrap_or(number)
}
