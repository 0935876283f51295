//! Signing in without a client secret: by a certificate, or by a token of somebody else.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as Signer;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use entra_sim::{FederatedCredential, PublicKey, cast};
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::{Value, json};

use crate::bench::{Bench, add, files, now};

const PASSWORD: &str = "Fak3-canary-password";

/// A key with its certificate.
struct Pair {
    key: KeyPair,
    certificate: rcgen::Certificate,
}

impl Pair {
    fn new() -> Self {
        let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
        let certificate = CertificateParams::new(["app".to_owned()]).unwrap();
        let certificate = certificate.self_signed(&key).unwrap();
        Self { key, certificate }
    }

    fn pem(&self) -> String {
        format!("{}{}", self.key.serialize_pem(), self.certificate.pem())
    }

    fn pfx(&self) -> Vec<u8> {
        let key = PrivateKey::from_der(self.key.serialized_der()).unwrap();
        let certificate = Certificate::from_der(self.certificate.der()).unwrap();
        let mut store = KeyStore::new();
        let chain = PrivateKeyChain::new(vec![1_u8], key, [certificate]);
        store.add_entry("app", KeyStoreEntry::PrivateKeyChain(chain));
        store.writer(PASSWORD).write().unwrap()
    }

    fn register(&self, bench: &Bench) -> String {
        let mut tenant = bench.simulator.tenant();
        tenant.add_certificate(cast::CLIENT_ID, self.certificate.der()).unwrap()
    }

    /// A JWT of an issuer that this key belongs to.
    fn token(&self, subject: &str) -> String {
        let from = now().as_second();
        let claims = json!({
            "iss": "https://cluster.example", "sub": subject, "aud": FederatedCredential::AUDIENCE,
            "iat": from, "nbf": from, "exp": from + 3600,
        });
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text =
            format!("{}.{}", part(json!({"alg": "RS256", "typ": "JWT", "kid": "k"})), part(claims));
        let signer = Signer::from_pkcs8(self.key.serialized_der()).unwrap();
        let mut signature = vec![0; signer.public_modulus_len()];
        signer
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .unwrap();
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// A connection with this credential instead of a secret.
fn connection(bench: &Bench, credential: Value) -> String {
    let mut connection = json!({
        "client_id": cast::CLIENT_ID, "tenant": cast::TENANT_ID,
        "endpoints": {"login": bench.base, "graph": bench.base},
    });
    connection.as_object_mut().unwrap().extend(credential.as_object().unwrap().clone());
    bench.file("credential.json", &connection.to_string())
}

#[test]
fn a_certificate_signs_in_and_its_key_is_told_nowhere() {
    let bench = Bench::new();
    let pair = Pair::new();
    let id = pair.register(&bench);
    let pem = bench.file("both.pem", &pair.pem());
    let pfx = bench.data().parent().unwrap().join("app.pfx");
    let bytes = pair.pfx();
    std::fs::write(&pfx, &bytes).unwrap();
    let forms = [
        json!({"certificate": {"pem": {"file": pem}}}),
        json!({"certificate": {"pem": pair.pem()}}),
        json!({"certificate": {"pfx": {"file": pfx}, "password": PASSWORD}}),
        json!({"certificate": {"pfx": STANDARD.encode(&bytes), "password": PASSWORD}}),
    ];
    for (number, form) in forms.into_iter().enumerate() {
        let file = connection(&bench, form);
        let name = format!("certificate-{number}");
        bench.run(&["validate", "entra-id", &file]).ends(0);
        bench
            .run(&add(&name, &file))
            .ends(0)
            .notes("that Doorward signs with the key at /certificate/p");
        bench.run(&["check", "--integration", &name]).ends(0).says("Connected to Contoso");
        bench.run(&["integration", "allow", "--all-groups", "--integration", &name]).ends(0);
        for verb in [["grant", "--to"], ["revoke", "--from"]] {
            let mut words = verb.to_vec();
            words.extend(["alice@contoso.com", "--on", "group:Finance", "--yes"]);
            words.extend(["--integration", &name]);
            bench.run(&words).ends(0);
        }
    }
    let secrets: Vec<String> = vec![
        PASSWORD.to_owned(),
        pair.key.serialize_pem().lines().nth(1).unwrap().to_owned(),
        STANDARD.encode(&bytes).chars().skip(200).take(60).collect(),
    ];
    for file in files(&bench.data()) {
        let content = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
        for secret in &secrets {
            assert!(!content.contains(secret), "{}", file.display());
        }
    }
    let other = Pair::new();
    let file = connection(&bench, json!({"certificate": {"pem": other.pem()}}));
    let error = bench.fails(&["check", "--connector", "entra-id", "--connection", &file], 4);
    assert_eq!(error["reason"], "unknown-certificate", "{error}");
    assert!(bench.simulator.tenant().remove_certificate(&id));
    let error = bench.fails(&["check", "--integration", "certificate-0"], 4);
    assert_eq!(error["reason"], "unknown-certificate", "{error}");
    let (start, end) = (
        now() - jiff::SignedDuration::from_hours(48),
        now() - jiff::SignedDuration::from_hours(24),
    );
    bench
        .simulator
        .tenant()
        .add_certificate_for(cast::CLIENT_ID, pair.certificate.der(), start, end)
        .unwrap();
    let error = bench.fails(&["check", "--integration", "certificate-0"], 4);
    assert_eq!(error["reason"], "expired-certificate", "{error}");
}

#[test]
fn when_credentials_end_is_told_for_every_integration() {
    let bench = Bench::new();
    bench.run(&["credential", "status"]).ends(0).says("There is no integration yet.");
    bench.add();
    // The cast's secret is good for months.
    let listed = bench.json(&["credential", "status"], "CredentialStatusList");
    let item = &listed["items"][0];
    assert_eq!((&item["integration"], &item["state"]), (&json!("contoso"), &json!("good")));
    assert!(item["ends"].is_string() && listed["warnDays"] == 30, "{listed}");
    assert!(item["daysLeft"].as_i64().unwrap() > 300, "{listed}");
    bench
        .run(&["credential", "status", "--warn-days", "5000"])
        .ends(5)
        .says("ends soon")
        .says("doorward integration update contoso --secret -");
    let pair = Pair::new();
    let (start, end) = (now(), now() + jiff::SignedDuration::from_hours(24 * 20 + 12));
    bench
        .simulator
        .tenant()
        .add_certificate_for(cast::CLIENT_ID, pair.certificate.der(), start, end)
        .unwrap();
    let file = connection(&bench, json!({"certificate": {"pem": pair.pem()}}));
    bench.run(&add("by-certificate", &file)).ends(0);
    bench
        .run(&["credential", "status", "-o", "csv", "--columns", "integration,state,left"])
        .ends(5)
        .says("by-certificate,ends soon,in 20 days");
    let words = ["credential", "status", "-i", "by-certificate", "--warn-days", "14"];
    bench.run(&words).ends(0).says("good");
    // One of several cannot be asked, and the others are told.
    assert!(bench.simulator.tenant().remove_secret(cast::SECRET));
    bench.run(&["credential", "status"]).ends(12).says("failed").says("ends soon");
    let error = bench.fails(&["credential", "status", "-i", "contoso"], 4);
    assert_eq!(error["reason"], "wrong-secret");
}

#[test]
fn a_key_that_cannot_sign_is_refused_before_anything_is_sent() {
    let bench = Bench::new();
    let (pair, other) = (Pair::new(), Pair::new());
    let strange = format!("{}{}", pair.key.serialize_pem(), other.certificate.pem());
    let wrong = json!({"pfx": STANDARD.encode(pair.pfx()), "password": "another"});
    for (certificate, said) in [
        (json!({"pem": strange}), "does not belong to its private key"),
        (wrong, "cannot be opened with the password"),
    ] {
        let file = connection(&bench, json!({"certificate": certificate}));
        let error = bench.fails(&["check", "--connector", "entra-id", "--connection", &file], 3);
        assert_eq!(error["reason"], "client-key-unusable");
        assert!(error["message"].as_str().unwrap().contains(said), "{error}");
    }
    assert_eq!(bench.simulator.trace().len(), 0);
    let both = json!({"secret": "Fak3~AnotherSecret0", "certificate": {"pem": pair.pem()}});
    bench
        .run(&["validate", "entra-id", &connection(&bench, both)])
        .ends(3)
        .notes("Only one of `secret` (Client secret value)");
}

#[test]
fn a_federated_token_is_read_anew_for_every_command() {
    let bench = Bench::new();
    let issuer = Pair::new();
    let subject = "system:serviceaccount:doorward:host";
    bench
        .simulator
        .tenant()
        .add_federated_credential(
            cast::CLIENT_ID,
            FederatedCredential {
                issuer: "https://cluster.example".to_owned(),
                subject: subject.to_owned(),
                audience: FederatedCredential::AUDIENCE.to_owned(),
                key: PublicKey::from_pem(&issuer.key.public_key_pem()).unwrap(),
            },
        )
        .unwrap();
    let token = bench.file("token", &issuer.token("somebody else"));
    let file = connection(&bench, json!({"federated_token": {"file": token}}));
    bench.run(&add("workload", &file)).ends(0);
    let error = bench.fails(&["check"], 4);
    assert_eq!(error["reason"], "unknown-federated-credential", "{error}");
    assert!(error["causes"].to_string().contains("somebody else"), "{error}");
    bench.file("token", &issuer.token(subject));
    bench.run(&["check"]).ends(0).says("its issuer renews it");
    // Its platform puts another into its place.
    bench.file("token", "not.a.token");
    let error = bench.fails(&["check"], 4);
    assert_eq!(
        error["provider_code"].as_str().or(error["providerCode"].as_str()),
        Some("AADSTS50027"),
        "{error}"
    );
    bench.file("token", &issuer.token(subject));
    bench.run(&["check"]).ends(0);
}
