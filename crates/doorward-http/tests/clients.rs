//! Clients that prove themselves by a key or by somebody else's word (RFC 7523).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use aws_lc_rs::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use doorward_core::{Scheme, SecretReference};
use doorward_http::{CallEnd, Secrets, Session, SessionOptions};
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256, PublicKeyData, RsaKeySize};
use secrecy::SecretString;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use support::*;

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

    fn pfx(&self, password: &str) -> String {
        let key = PrivateKey::from_der(self.key.serialized_der()).unwrap();
        let certificate = Certificate::from_der(self.certificate.der()).unwrap();
        let mut store = KeyStore::new();
        let chain = PrivateKeyChain::new(vec![1_u8], key, [certificate]);
        store.add_entry("app", KeyStoreEntry::PrivateKeyChain(chain));
        STANDARD.encode(store.writer(password).write().unwrap())
    }
}

// Making a key takes a while.
static OURS: LazyLock<Pair> = LazyLock::new(Pair::new);
static OTHER: LazyLock<Pair> = LazyLock::new(Pair::new);

fn at(pointer: &str) -> SecretReference {
    SecretReference { pointer: pointer.to_owned() }
}

fn private_key(password: bool) -> Scheme {
    Scheme::Oauth2PrivateKeyJwt {
        token_url: "https://login.example/tenant/token".to_owned(),
        token_url_named_by_connection: false,
        client_id: "client id".to_owned(),
        key: at("/key"),
        password: password.then(|| at("/password")),
        audience: "https://login.example/tenant/token".to_owned(),
        scope: "https://api.example/.default".to_owned(),
    }
}

fn assertion() -> Scheme {
    Scheme::Oauth2ClientAssertion {
        token_url: "https://login.example/tenant/token".to_owned(),
        token_url_named_by_connection: false,
        client_id: "client id".to_owned(),
        assertion: at("/token"),
        scope: "https://api.example/.default".to_owned(),
    }
}

fn open(provider: &Provider, scheme: Scheme, secrets: Secrets) -> Session {
    let options = SessionOptions { secrets, ..options(provider.transport(), endpoint(scheme)) };
    Session::new(options).unwrap()
}

fn kept(secrets: &[(&str, &str)]) -> Secrets {
    secrets.iter().map(|(at, text)| (*at, SecretString::from(*text))).collect()
}

fn form(seen: &Seen) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(&seen.body).into_owned().collect()
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_assertion_is_signed_with_the_key() {
    let (pem, pfx, bare) = (OURS.pem(), OURS.pfx("p4ss wörd"), OURS.pfx(""));
    let chain = format!(
        "{}{}{}",
        OTHER.certificate.pem(),
        OURS.certificate.pem(),
        OURS.key.serialize_pem()
    );
    let wrapped: String = pfx
        .as_bytes()
        .chunks(64)
        .flat_map(|line| [line, b"\r\n"])
        .flatten()
        .map(|byte| char::from(*byte))
        .collect();
    let table = [
        (vec![("/key", pem.as_str())], "PEM"),
        (vec![("/key", chain.as_str())], "PEM, the certificate within a chain"),
        (vec![("/key", pfx.as_str()), ("/password", "p4ss wörd")], "PFX"),
        (vec![("/key", wrapped.as_str()), ("/password", "p4ss wörd")], "PFX in lines"),
        (vec![("/key", bare.as_str())], "PFX without a password"),
    ];
    for (secrets, what) in table {
        let provider = Provider::new([]);
        let session = open(&provider, private_key(secrets.len() == 2), kept(&secrets));
        plain(&live(&session), get()).await.unwrap();
        let form = form(&provider.token_requests()[0]);
        assert_eq!(form["grant_type"], "client_credentials", "{what}");
        assert_eq!(form["client_id"], "client id");
        assert_eq!(
            form["client_assertion_type"],
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        );
        assert!(!form.contains_key("client_secret"));
        let token = &form["client_assertion"];
        let header = part(token, 0);
        assert_eq!((&header["alg"], &header["typ"]), (&"PS256".into(), &"JWT".into()));
        let thumbprint = URL_SAFE_NO_PAD.encode(Sha256::digest(OURS.certificate.der()));
        assert_eq!(header["x5t#S256"], thumbprint, "{what}");
        let claims = part(token, 1);
        for (name, value) in [
            ("aud", "https://login.example/tenant/token"),
            ("iss", "client id"),
            ("sub", "client id"),
        ] {
            assert_eq!(claims[name], value);
        }
        let (from, to) = (claims["nbf"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
        assert_eq!((from, to - from), (784_111_777, 600));
        assert_eq!(claims["jti"].as_str().unwrap().len(), 36);
        let (message, signature) = token.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, OURS.key.der_bytes())
            .verify(message.as_bytes(), &signature)
            .expect(what);
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_cannot_be_used_says_why() {
    let (pem, pfx) = (OURS.pem(), OURS.pfx("right"));
    let curve = KeyPair::generate().unwrap();
    let curve = format!(
        "{}{}",
        curve.serialize_pem(),
        CertificateParams::new(["app".to_owned()]).unwrap().self_signed(&curve).unwrap().pem()
    );
    let strange = format!("{}{}", OURS.key.serialize_pem(), OTHER.certificate.pem());
    let encrypted = pem.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let key = OURS.key.serialize_pem();
    let certificate = OURS.certificate.pem();
    let damaged = pem.replacen("-----END PRIVATE KEY-----", "", 1);
    let table: [(&str, Option<&str>, &str); 11] = [
        (&key, None, "holds no certificate"),
        (&certificate, None, "holds no private key"),
        (&strange, None, "does not belong to its private key"),
        (&encrypted, None, "is encrypted"),
        (&curve, None, "not RSA"),
        (&damaged, None, "is damaged"),
        ("canary text", None, "neither PEM nor a PFX"),
        ("Y2FuYXJ5", None, "neither PEM nor a PFX"),
        ("MIIC", None, "is a PFX that is damaged"),
        (&pfx, Some("wrong"), "cannot be opened with the password"),
        (&pfx, None, "needs a password"),
    ];
    for (text, password, expected) in table {
        let provider = Provider::new([]);
        let mut secrets = kept(&[("/key", text)]);
        if let Some(password) = password {
            secrets.insert("/password", SecretString::from(password));
        }
        let session = open(&provider, private_key(password.is_some()), secrets);
        let error = error(plain(&live(&session), get()).await.unwrap_err());
        assert_eq!(error.reason, "client-key-unusable", "{expected}");
        assert!(error.message.contains(expected), "{}: {expected}", error.message);
        assert!(error.message.contains("`/key`") && error.remedy.is_some());
        let shown = format!("{error:?}");
        assert!(!shown.contains("canary") && !shown.contains("MII"), "{shown}");
        assert_eq!(provider.all().len(), 0, "nothing is sent");
    }
}

/// A workload's token lives for an hour, and its platform puts a new one into its place.
#[tokio::test(start_paused = true)]
async fn an_assertion_of_somebody_else_is_read_anew_for_each_token() {
    let provider = Provider::new([status(200), status(401), status(200)]);
    let read = Arc::new(AtomicU64::new(0));
    let reads = Arc::clone(&read);
    let secrets = Secrets::asked(move || {
        let number = reads.fetch_add(1, Ordering::Relaxed);
        Ok([("/token".to_owned(), SecretString::from(format!("canary.jwt.{number}")))].into())
    });
    let session = open(&provider, assertion(), secrets);
    assert_eq!(read.load(Ordering::Relaxed), 0, "nobody is asked before it is needed");
    for _ in 0..2 {
        plain(&live(&session), get()).await.unwrap();
    }
    let sent: Vec<String> = provider
        .token_requests()
        .iter()
        .map(|seen| form(seen)["client_assertion"].clone())
        .collect();
    assert_eq!(sent, ["canary.jwt.0", "canary.jwt.1"]);
}

/// A secret that was replaced meanwhile counts from the next token on.
#[tokio::test(start_paused = true)]
async fn a_new_secret_counts_without_a_new_session() {
    let refusal = answer(401, &[], r#"{"error": "invalid_client", "error_codes": [7000222]}"#);
    let provider = Provider::new([]).tokens([refusal]);
    let old = Arc::new(std::sync::Mutex::new("old".to_owned()));
    let now = Arc::clone(&old);
    let secrets = Secrets::asked(move || {
        Ok([("/secret".to_owned(), SecretString::from(now.lock().unwrap().clone()))].into())
    });
    let session = open(&provider, oauth(doorward_core::SecretPlacement::Body), secrets);
    let ended = plain(&live(&session), get()).await.unwrap_err();
    assert!(matches!(ended, CallEnd::AuthFailed(failure) if failure.status == 401));
    "new".clone_into(&mut old.lock().unwrap());
    plain(&live(&session), get()).await.unwrap();
    let sent: Vec<String> =
        provider.token_requests().iter().map(|seen| form(seen)["client_secret"].clone()).collect();
    assert_eq!(sent, ["old", "new"]);
}

/// What a provider quotes of an assertion is not told.
#[tokio::test(start_paused = true)]
async fn an_assertion_is_never_told() {
    let quote = answer(
        401,
        &[],
        r#"{"error": "invalid_client", "error_description": "canary.jwt.token is not valid"}"#,
    );
    let provider = Provider::new([]).tokens([quote]);
    let session = open(&provider, assertion(), kept(&[("/token", "canary.jwt.token")]));
    let (log, _guard) = capture();
    let ended = plain(&live(&session), get()).await.unwrap_err();
    let shown = format!("{ended:?}{}", log.text());
    assert!(!shown.contains("canary"), "{shown}");
    assert!(shown.contains("[redacted]"));
}

#[test]
fn a_missing_secret_is_told_at_once() {
    for (scheme, secrets) in [
        (private_key(false), kept(&[])),
        (private_key(true), kept(&[("/key", "x")])),
        (assertion(), kept(&[("/key", "x")])),
    ] {
        let provider = Provider::new([]);
        let options = SessionOptions { secrets, ..options(provider.transport(), endpoint(scheme)) };
        assert_eq!(Session::new(options).unwrap_err().reason, "missing-secret");
    }
}

/// Continuous access evaluation: the new token is asked for with what the endpoint demands, once.
#[tokio::test(start_paused = true)]
async fn demanded_claims_are_asked_for() {
    let challenge = r#"Bearer realm="", error="insufficient_claims", claims="eyJhIjoxfQ==""#;
    let demanded = answer(401, &[("www-authenticate", challenge)], "{}");
    let provider = Provider::new([demanded, status(200), status(401), status(200)]);
    let session = open(&provider, assertion(), kept(&[("/token", "canary.jwt")]));
    for _ in 0..2 {
        plain(&live(&session), get()).await.unwrap();
    }
    let sent: Vec<Option<String>> =
        provider.token_requests().iter().map(|seen| form(seen).remove("claims")).collect();
    assert_eq!(sent, [None, Some(r#"{"a":1}"#.to_owned()), None]);
    // A token endpoint that refuses them is not asked with them for ever.
    let provider = Provider::new([answer(401, &[("www-authenticate", challenge)], "{}")]).tokens([
        token_answer("canary-1", 3599),
        answer(400, &[], r#"{"error": "invalid_request"}"#),
    ]);
    let session = open(&provider, assertion(), kept(&[("/token", "canary.jwt")]));
    plain(&live(&session), get()).await.unwrap_err();
    plain(&live(&session), get()).await.unwrap();
    let sent: Vec<bool> =
        provider.token_requests().iter().map(|seen| form(seen).contains_key("claims")).collect();
    assert_eq!(sent, [false, true, false]);
}

/// Where secrets are kept is told to whoever runs the host, and to no connector; and while a token is
/// good, nobody notices.
#[tokio::test(start_paused = true)]
async fn a_secret_that_cannot_be_had_ends_the_call() {
    let provider = Provider::new([]).tokens([token_answer("canary-1", 1000)]);
    let locked = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let is_locked = Arc::clone(&locked);
    let secrets = Secrets::asked(move || {
        if is_locked.load(Ordering::Relaxed) {
            let message = "The file /run/secrets/app cannot be read.";
            return Err(doorward_core::Error::new(
                doorward_core::ErrorKind::InvalidConnection,
                "secret-file-unreadable",
                message,
            ));
        }
        Ok([("/token".to_owned(), SecretString::from("canary.jwt"))].into())
    });
    let session = open(&provider, assertion(), secrets);
    plain(&live(&session), get()).await.unwrap();
    locked.store(true, Ordering::Relaxed);
    // Within the margin, and after the end.
    tokio::time::advance(std::time::Duration::from_secs(950)).await;
    plain(&live(&session), get()).await.unwrap();
    tokio::time::advance(std::time::Duration::from_secs(60)).await;
    let call = live(&session);
    let ended = call
        .run(|cx| async move {
            // A connector that takes every error for an answer.
            Ok(cx.http().send(get()).await.is_ok())
        })
        .await;
    let Err(CallEnd::Error(error)) = ended else { panic!("{ended:?}") };
    assert_eq!(error.reason, "secret-file-unreadable");
}

/// A provider's servers learn of a new secret one after another: only then is a refusal worth another
/// try.
#[tokio::test(start_paused = true)]
async fn a_new_secret_is_given_time_and_a_wrong_one_none() {
    let refusal = || answer(401, &[], r#"{"error": "invalid_client", "error_codes": [7000215]}"#);
    let secret = Arc::new(std::sync::Mutex::new("wrong"));
    let now = Arc::clone(&secret);
    let asked =
        move || Ok([("/secret".to_owned(), SecretString::from(*now.lock().unwrap()))].into());
    let provider = Provider::new([]).tokens([refusal(), refusal(), refusal()]);
    let scheme = oauth(doorward_core::SecretPlacement::Body);
    let session = open(&provider, scheme, Secrets::asked(asked));
    let ended = plain(&live(&session), get()).await.unwrap_err();
    assert!(matches!(ended, CallEnd::AuthFailed(_)));
    assert_eq!(provider.token_requests().len(), 1, "a wrong secret is told at once");
    *secret.lock().unwrap() = "new";
    plain(&live(&session), get()).await.unwrap();
    let at: Vec<u64> = provider.token_requests().iter().map(|seen| seen.at.as_secs()).collect();
    assert_eq!(at, [0, 0, 5, 10]);
    // In time it is wrong.
    provider.tokens.lock().unwrap().extend((0..20).map(|_| refusal()));
    *secret.lock().unwrap() = "newer, and wrong";
    provider.replies.lock().unwrap().extend([status(401)]);
    let ended = plain(&live(&session), get()).await.unwrap_err();
    assert!(matches!(ended, CallEnd::AuthFailed(failure) if failure.status == 401));
    let waited = provider.token_requests().last().unwrap().at.as_secs() - 10;
    assert!((20..=35).contains(&waited), "{waited}");
}

/// Whoever gets an assertion could use it at its audience.
#[test]
fn an_assertion_goes_to_its_audience_or_where_the_connection_says() {
    for (named, audience, is_refused) in [
        (false, "https://login.example/tenant", false),
        (false, "https://login.real/tenant/token", true),
        (false, "tenant", true),
        (true, "https://login.real/tenant/token", false),
    ] {
        let mut scheme = private_key(false);
        if let Scheme::Oauth2PrivateKeyJwt { token_url_named_by_connection, audience: to, .. } =
            &mut scheme
        {
            *token_url_named_by_connection = named;
            audience.clone_into(to);
        }
        let secrets = kept(&[("/key", "k")]);
        let provider = Provider::new([]);
        let options = SessionOptions { secrets, ..options(provider.transport(), endpoint(scheme)) };
        let refused = Session::new(options).err().map(|error| error.reason);
        assert_eq!(refused.as_deref(), is_refused.then_some("assertion-audience"), "{audience}");
    }
}
