//! A certificate authority and a server certificate for loopback TLS.

use std::fmt;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// A fresh authority and the configuration of a server that it vouches for. Keys are the one thing here that
/// comes from the operating system's randomness; nothing that a client reads depends on them.
#[derive(Clone, Debug)]
pub struct SelfSigned {
    /// The authority's certificate: what goes into `SSL_CERT_FILE` or `--ca-file`.
    pub certificate_pem: String,
    /// For [`crate::serve`].
    pub server_config: ServerConfig,
}

/// Why no certificate could be made.
#[derive(Debug)]
pub struct SelfSignedError(String);

impl fmt::Display for SelfSignedError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "no certificate: {}", self.0)
    }
}

impl std::error::Error for SelfSignedError {}

impl From<rcgen::Error> for SelfSignedError {
    fn from(error: rcgen::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<rustls::Error> for SelfSignedError {
    fn from(error: rustls::Error) -> Self {
        Self(error.to_string())
    }
}

impl SelfSigned {
    /// For these DNS names and addresses, e.g. `["localhost", "127.0.0.1"]`.
    ///
    /// # Errors
    ///
    /// When a name is not a valid DNS name or address.
    pub fn generate<Name: Into<String>>(
        names: impl IntoIterator<Item = Name>,
    ) -> Result<Self, SelfSignedError> {
        let mut authority = CertificateParams::new(Vec::new())?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        authority.distinguished_name.push(DnType::CommonName, "entra-sim authority");
        let authority_key = KeyPair::generate()?;
        let certificate_pem = authority.self_signed(&authority_key)?.pem();
        let issuer = Issuer::new(authority, authority_key);
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        let server = CertificateParams::new(names)?;
        let server_key = KeyPair::generate()?;
        let certificate = server.signed_by(&server_key, &issuer)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(server_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut server_config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        server_config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { certificate_pem, server_config })
    }
}
