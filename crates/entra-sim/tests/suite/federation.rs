//! Facts §1.1 and §1.4: federated credentials in place of a secret.

use entra_sim::{FederatedCredential, PublicKey, Settings, Size, cast};
use serde_json::{Value, json};

use crate::assertion::{NOW, check, claims_of, form, with};
use crate::client::{Client, SIGN_IN};
use crate::signer::Signer;

const ISSUER: &str = "https://token.actions.example/";
const SUBJECT: &str = "repo:Contoso/Access:ref:refs/heads/main";

fn trusting(signer: &Signer, settings: Settings) -> Client {
    let client = Client::new(&Size::default(), settings);
    let credential = FederatedCredential {
        issuer: ISSUER.into(),
        subject: SUBJECT.into(),
        audience: FederatedCredential::AUDIENCE.into(),
        key: PublicKey::from_pem(&signer.public_key_pem).unwrap(),
    };
    let entra = FederatedCredential {
        issuer: format!("{SIGN_IN}/{}/v2.0", cast::TENANT_ID),
        ..credential.clone()
    };
    let mut tenant = client.simulator.tenant();
    tenant.add_federated_credential(cast::CLIENT_ID, credential).unwrap();
    tenant.add_federated_credential(cast::CLIENT_ID, entra).unwrap();
    drop(tenant);
    client
}

fn federated() -> Value {
    json!({
        "iss": ISSUER,
        "sub": SUBJECT,
        "aud": FederatedCredential::AUDIENCE,
        "iat": NOW - 60,
        "exp": NOW + 300,
    })
}

#[tokio::test]
async fn the_rows_about_federated_credentials() {
    let (signer, stranger) = (Signer::new(), Signer::new());
    let client = trusting(&signer, Settings::default());
    let header = json!({ "alg": "RS256", "typ": "JWT", "kid": "of the issuer" });
    let got = client.sign_in(&form(&signer.sign(&header, &federated()))).await;
    assert_eq!(claims_of(&got)["appidacr"], "2");
    let one = json!([FederatedCredential::AUDIENCE]);
    let several = json!([FederatedCredential::AUDIENCE, "another"]);
    for (strict, audience, status) in
        [(false, &one, 200), (true, &one, 200), (false, &several, 200), (true, &several, 401)]
    {
        client.simulator.change_settings(|settings| settings.strict_assertions = strict);
        let listed = with(federated(), "aud", audience.clone());
        let got = client.sign_in(&form(&signer.sign(&header, &listed))).await;
        assert_eq!(got.status, status, "{audience} {strict}: {}", got.text);
    }
    // A clock may be five minutes ahead or behind.
    for (name, time) in [("iat", NOW + 300), ("exp", NOW - 299)] {
        let claims = with(federated(), name, json!(time));
        let got = client.sign_in(&form(&signer.sign(&header, &claims))).await;
        assert_eq!(got.status, 200, "{name}: {}", got.text);
    }
    let text = |what: &str, value: &str| {
        format!(
            "No matching federated identity record found for presented assertion {what} '{value}'. "
        )
    };
    let entra = format!("{SIGN_IN}/{}/v2.0", cast::TENANT_ID);
    let lower = SUBJECT.to_lowercase();
    for (name, value, code, text) in [
        ("sub", "repo:other", 700_213, text("subject", "repo:other")),
        ("sub", &lower, 7_002_138, text("subject", &lower)),
        (
            "iss",
            "https://token.actions.example",
            700_211,
            text("issuer", "https://token.actions.example"),
        ),
        (
            "aud",
            "api://azureadtokenexchange",
            700_212,
            text("audience", "api://azureadtokenexchange"),
        ),
    ] {
        let claims = with(federated(), name, json!(value));
        let got = client.sign_in(&form(&signer.sign(&header, &claims))).await;
        check(&got, value, 401, "invalid_client", code, &text);
    }
    let claims = with(with(federated(), "iss", json!(entra)), "sub", json!("another"));
    let got = client.sign_in(&form(&signer.sign(&header, &claims))).await;
    check(&got, "Entra's own", 401, "invalid_client", 7_002_137, &text("subject", "another"));
    let got = client.sign_in(&form(&stranger.sign(&header, &federated()))).await;
    check(&got, "another's key", 401, "invalid_client", 700_027, "Client assertion contains");
    let old = with(federated(), "exp", json!(NOW - 300));
    let got = client.sign_in(&form(&signer.sign(&header, &old))).await;
    check(&got, "over", 401, "invalid_client", 700_024, "Client assertion is not within");
    client.simulator.change_settings(|settings| {
        settings.old_federation_errors = true;
    });
    let claims = with(federated(), "sub", json!("another"));
    let got = client.sign_in(&form(&signer.sign(&header, &claims))).await;
    check(&got, "as before", 400, "invalid_request", 70_021, &text("subject", "another"));
    assert!(client.simulator.tenant().remove_federated_credentials(ISSUER));
    assert!(!client.simulator.tenant().remove_federated_credentials(ISSUER));
}

/// While an issuer rotates its keys there are two records; and an issuer need not be a URL.
#[tokio::test]
async fn any_record_that_fits_will_do() {
    let (old, new) = (Signer::new(), Signer::new());
    let header = json!({ "alg": "RS256", "typ": "JWT", "kid": "of the issuer" });
    for issuer in [ISSUER, "accounts.example"] {
        let client = Client::new(&Size::default(), Settings::default());
        let with_key = |key: PublicKey| FederatedCredential {
            issuer: issuer.into(),
            subject: SUBJECT.into(),
            audience: FederatedCredential::AUDIENCE.into(),
            key,
        };
        let [modulus, exponent] = new.components();
        let jwk = json!({ "kty": "RSA", "n": modulus, "e": exponent });
        for key in
            [PublicKey::from_pem(&old.public_key_pem).unwrap(), PublicKey::from_jwk(&jwk).unwrap()]
        {
            let mut tenant = client.simulator.tenant();
            tenant.add_federated_credential(cast::CLIENT_ID, with_key(key)).unwrap();
        }
        let claims = with(federated(), "iss", json!(issuer));
        for (signer, status) in [(&old, 200), (&new, 200), (&Signer::new(), 401)] {
            let got = client.sign_in(&form(&signer.sign(&header, &claims))).await;
            assert_eq!(got.status, status, "{issuer}: {}", got.text);
        }
    }
}

/// The key in RFC 7517, appendix A.1.
#[test]
fn keys_are_read_from_jwk_and_pem() {
    let modulus = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3\
                   oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQ\
                   vRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    assert!(PublicKey::from_jwk(&json!({ "kty": "RSA", "n": modulus, "e": "AQAB" })).is_ok());
    let short = json!({ "n": modulus.get(..340).unwrap(), "e": "AQAB" });
    let told = PublicKey::from_jwk(&short).unwrap_err().to_string();
    assert!(told.starts_with("its key has 2040 bits; "), "{told}");
    for wrong in [json!({}), json!({ "n": modulus }), json!({ "n": "!", "e": "AQAB" })] {
        assert!(PublicKey::from_jwk(&wrong).is_err(), "{wrong}");
    }
    for wrong in ["", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"] {
        assert!(PublicKey::from_pem(wrong).is_err(), "{wrong}");
    }
}
