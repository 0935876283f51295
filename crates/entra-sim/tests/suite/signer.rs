//! Somebody with an RSA key and a certificate: a client with certificates, or an issuer of federated assertions.

use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, date_time_ymd};
use serde_json::Value;

pub(crate) struct Signer {
    /// DER
    pub(crate) certificate: Vec<u8>,
    pub(crate) certificate_pem: String,
    pub(crate) private_key_pem: String,
    pub(crate) public_key_pem: String,
    pair: RsaKeyPair,
}

impl Signer {
    /// With a certificate from 2020 to 2060.
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.distinguished_name.push(DnType::CommonName, "entra-sim test");
        parameters.not_before = date_time_ymd(2020, 1, 1);
        parameters.not_after = date_time_ymd(2060, 1, 1);
        let certificate = parameters.self_signed(&key).unwrap();
        Self {
            certificate: certificate.der().to_vec(),
            certificate_pem: certificate.pem(),
            private_key_pem: key.serialize_pem(),
            public_key_pem: key.public_key_pem(),
            pair: RsaKeyPair::from_pkcs8(&key.serialize_der()).unwrap(),
        }
    }

    pub(crate) fn x5t(&self) -> String {
        self.thumbprint(&digest::SHA1_FOR_LEGACY_USE_ONLY)
    }

    pub(crate) fn x5t_s256(&self) -> String {
        self.thumbprint(&digest::SHA256)
    }

    /// As the portal shows it.
    pub(crate) fn hexadecimal(&self) -> String {
        let sha1 = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &self.certificate);
        sha1.as_ref().iter().map(|byte| format!("{byte:02X}")).collect()
    }

    fn thumbprint(&self, algorithm: &'static digest::Algorithm) -> String {
        URL_SAFE_NO_PAD.encode(digest::digest(algorithm, &self.certificate))
    }

    /// `n` and `e` of its JWK.
    pub(crate) fn components(&self) -> [String; 2] {
        // An RSAPublicKey of 2048 bits is always laid out so.
        let der = self.pair.public_key().as_ref();
        assert_eq!((der.len(), &der[265..267]), (270, &[2, 3][..]));
        [&der[9..265], &der[267..]].map(|number| URL_SAFE_NO_PAD.encode(number))
    }

    /// A JWT with this header and these claims, signed as `alg` says; PKCS #1 for what is neither.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let scheme = if header["alg"] == "PS256" { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(scheme, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}
