//! Facts §1.1 and §1.4: certificates in place of a secret.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entra_sim::{Settings, Size, cast};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::client::{Client, Got, SIGN_IN};
use crate::signer::Signer;

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// [`cast::EPOCH`]
pub(crate) const NOW: i64 = 1_795_420_800;

pub(crate) fn form(assertion: &str) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", cast::CLIENT_ID)
        .append_pair("scope", "https://graph.microsoft.com/.default")
        .append_pair("client_assertion_type", TYPE)
        .append_pair("client_assertion", assertion)
        .append_pair("grant_type", "client_credentials")
        .finish()
}

fn endpoint() -> String {
    format!("{SIGN_IN}/{}/oauth2/v2.0/token", cast::TENANT_ID)
}

fn claims() -> Value {
    json!({
        "aud": endpoint(),
        "iss": cast::CLIENT_ID,
        "sub": cast::CLIENT_ID,
        "jti": "6f5b1c5e-0000-4000-8000-000000000001",
        "nbf": NOW,
        "iat": NOW,
        "exp": NOW + 600,
    })
}

pub(crate) fn with(mut value: Value, name: &str, new: Value) -> Value {
    if new.is_null() {
        value.as_object_mut().unwrap().remove(name);
    } else {
        value[name] = new;
    }
    value
}

pub(crate) fn claims_of(got: &Got) -> Value {
    let token = got.json["access_token"].as_str().expect(&got.text);
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&claims).unwrap()
}

/// Case, assertion, status and error, code, and how the text begins.
type Row = (&'static str, String, (u16, &'static str), u64, String);

/// What a row of the table says.
pub(crate) fn check(got: &Got, case: &str, status: u16, error: &str, code: u64, text: &str) {
    assert_eq!(
        (got.status, got.json["error"].as_str()),
        (status, Some(error)),
        "{case}: {}",
        got.text
    );
    assert_eq!(got.json["error_codes"], json!([code]), "{case}");
    let description = got.json["error_description"].as_str().unwrap();
    assert!(description.starts_with(&format!("AADSTS{code}: {text}")), "{case}: {description}");
    assert_eq!(got.json.get("error_uri").is_none(), code == 700_211, "{case}");
}

fn registered(signer: &Signer) -> Client {
    let client = Client::new(&Size::default(), Settings::default());
    client.simulator.tenant().add_certificate(cast::CLIENT_ID, &signer.certificate).unwrap();
    client
}

#[tokio::test]
async fn a_certificate_signs_in_by_either_algorithm_thumbprint_and_audience() {
    let signer = Signer::new();
    let client = registered(&signer);
    let headers = [
        json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": signer.x5t_s256() }),
        json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": format!("{}=", signer.x5t_s256()) }),
        json!({ "alg": "RS256", "typ": "JWT", "x5t": signer.x5t() }),
        json!({ "alg": "RS256", "typ": "JWT", "x5t": signer.x5t(), "x5t#S256": signer.x5t_s256() }),
        json!({ "alg": "RS256", "typ": "JWT", "kid": signer.hexadecimal() }),
    ];
    for header in headers {
        let got = client.sign_in(&form(&signer.sign(&header, &claims()))).await;
        assert_eq!(claims_of(&got)["appidacr"], "2", "{header}");
    }
    let header = json!({ "alg": "RS256", "x5t": signer.x5t() });
    let fraction = with(claims(), "exp", json!(1_795_421_400.25));
    assert_eq!(client.sign_in(&form(&signer.sign(&header, &fraction))).await.status, 200);
    // A clock may be five minutes ahead or behind.
    for (name, time) in [("nbf", NOW + 300), ("exp", NOW - 299)] {
        let claims = with(with(claims(), "nbf", json!(NOW - 900)), name, json!(time));
        let got = client.sign_in(&form(&signer.sign(&header, &claims))).await;
        assert_eq!(got.status, 200, "{name}: {}", got.text);
    }
}

#[tokio::test]
async fn the_audience_is_the_token_endpoint() {
    let signer = Signer::new();
    let client = registered(&signer);
    let tenant = cast::TENANT_ID;
    for (audience, strictly, loosely) in [
        (json!(endpoint()), true, true),
        (json!(format!("{SIGN_IN}/contoso.com/oauth2/v2.0/token")), true, true),
        (json!(format!("https://localhost:8443/{tenant}/oauth2/v2.0/token")), true, true),
        (json!(format!("http://127.0.0.1:80/{tenant}/oauth2/v2.0/token")), true, true),
        (json!(format!("{SIGN_IN}/{tenant}/oauth2/token")), false, true),
        (json!(format!("{SIGN_IN}/{tenant}/v2.0")), false, true),
        (json!(format!("{SIGN_IN}/{tenant}/")), false, true),
        (json!(format!("https://sts.windows.net/{tenant}/")), false, true),
        (json!(format!("{SIGN_IN}/{tenant}/oauth2/v2.0/token/")), false, true),
        (json!(format!("{SIGN_IN}/{tenant}/oauth2/v2.0/token?x")), false, true),
        (json!(endpoint().replace("https", "http")), false, true),
        (json!(endpoint().replace(".com", ".com:8443")), false, true),
        (json!([endpoint()]), false, true),
        (json!("nonsense"), false, false),
    ] {
        for (strict, passes) in [(true, strictly), (false, loosely)] {
            client.simulator.change_settings(|settings| settings.strict_assertions = strict);
            let header = json!({ "alg": "PS256", "x5t#S256": signer.x5t_s256() });
            let claims = with(claims(), "aud", audience.clone());
            let got = client.sign_in(&form(&signer.sign(&header, &claims))).await;
            let expect = if passes { Value::Null } else { json!([700_023]) };
            assert_eq!(got.json["error_codes"], expect, "{audience} {strict}: {}", got.text);
        }
    }
}

/// Facts §1.1: what the claims of a certificate's assertion are.
#[tokio::test]
async fn other_claims_are_held_to_their_form() {
    let signer = Signer::new();
    let client = registered(&signer);
    let header = json!({ "alg": "PS256", "x5t#S256": signer.x5t_s256() });
    for (name, value, code) in [
        ("jti", Value::Null, 90_014),
        ("nbf", json!("now"), 700_024),
        ("iat", json!("now"), 700_024),
        ("iat", json!([NOW]), 700_024),
    ] {
        for (strict, expect) in [(true, json!([code])), (false, Value::Null)] {
            client.simulator.change_settings(|settings| settings.strict_assertions = strict);
            let claims = with(claims(), name, value.clone());
            let got = client.sign_in(&form(&signer.sign(&header, &claims))).await;
            assert_eq!(got.json["error_codes"], expect, "{name} {strict}: {}", got.text);
        }
    }
    client.simulator.change_settings(|settings| settings.strict_assertions = true);
    // A thumbprint in base64 is compared with case.
    let thumbprint = signer.x5t();
    let other = thumbprint.chars().map(|letter| {
        if letter.is_lowercase() {
            letter.to_ascii_uppercase()
        } else {
            letter.to_ascii_lowercase()
        }
    });
    for (kid, status) in [(signer.x5t(), 200), (other.collect(), 401)] {
        let header = json!({ "alg": "PS256", "kid": kid });
        let got = client.sign_in(&form(&signer.sign(&header, &claims()))).await;
        assert_eq!(got.status, status, "{kid}");
    }
}

#[tokio::test]
async fn the_rows_about_certificates() {
    let (signer, stranger) = (Signer::new(), Signer::new());
    let client = registered(&signer);
    let header = json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": signer.x5t_s256() });
    let signed = |claims: &Value| signer.sign(&header, claims);
    let invalid = (401, "invalid_client");
    let missing =
        |name: &str| format!("The required field '{name}' is missing from the credential. ");
    let unregistered = "The certificate with identifier used to sign the client assertion is not registered on \
                        application. [Reason - The key was not found.]";
    let other = json!("11111111-2222-4333-8444-555555555555");
    let id_text = "Client assertion application identifier doesn't match 'client_id' parameter.";
    let audience_text = "Client assertion audience claim does not match Realm issuer.";
    let time_text = "Client assertion is not within its valid time range. Current time: \
                     2026-11-23T08:00:00.0000000Z, assertion valid from ";
    let cases: Vec<Row> = vec![
        (
            "another's certificate",
            stranger.sign(&with(header.clone(), "x5t#S256", json!(stranger.x5t_s256())), &claims()),
            invalid,
            700_027,
            unregistered.to_owned(),
        ),
        (
            "another's key behind our thumbprint",
            stranger.sign(&header, &claims()),
            invalid,
            700_027,
            "Client assertion contains an invalid signature. [Reason - ".to_owned(),
        ),
        (
            "PKCS #1 under the name of PSS",
            {
                let right = signer.sign(&with(header.clone(), "alg", json!("RS256")), &claims());
                let body = signed(&claims());
                let head = body.rsplit_once('.').unwrap().0;
                format!("{head}.{}", right.rsplit_once('.').unwrap().1)
            },
            invalid,
            700_027,
            "Client assertion contains an invalid signature. [Reason - ".to_owned(),
        ),
        (
            "not yet",
            signed(&with(claims(), "nbf", json!(NOW + 301))),
            invalid,
            700_024,
            format!("{time_text}2026-11-23T08:05:01.0000000Z, expiry time of assertion "),
        ),
        (
            "over",
            signed(&with(with(claims(), "nbf", json!(NOW - 900)), "exp", json!(NOW - 300))),
            invalid,
            700_024,
            format!("{time_text}2026-11-23T07:45:00.0000000Z, expiry time of assertion "),
        ),
        ("issuer", signed(&with(claims(), "iss", other.clone())), invalid, 700_021, id_text.into()),
        ("subject", signed(&with(claims(), "sub", other.clone())), invalid, 700_021, id_text.into()),
        (
            "audience of another tenant",
            signed(&with(
                claims(),
                "aud",
                json!(format!("{SIGN_IN}/{}/oauth2/v2.0/token", other.as_str().unwrap())),
            )),
            invalid,
            700_023,
            audience_text.into(),
        ),
        (
            "audience of another cloud",
            signed(&with(claims(), "aud", json!(endpoint().replace(".com", ".us")))),
            invalid,
            700_023,
            audience_text.into(),
        ),
        (
            "no audience",
            signed(&with(claims(), "aud", Value::Null)),
            (400, "invalid_request"),
            90_014,
            missing("aud"),
        ),
        (
            "no end",
            signed(&with(claims(), "exp", Value::Null)),
            (400, "invalid_request"),
            90_014,
            missing("exp"),
        ),
        (
            "no subject",
            signed(&with(claims(), "sub", Value::Null)),
            (400, "invalid_request"),
            90_014,
            missing("sub"),
        ),
        (
            "algorithm",
            signer.sign(&with(header.clone(), "alg", json!("HS256")), &claims()),
            invalid,
            5_002_738,
            "Invalid JWT token. 'HS256' is not a supported signature algorithm. ".into(),
        ),
        (
            "no signature at all",
            signer.sign(&with(header.clone(), "alg", json!("none")), &claims()),
            invalid,
            5_002_738,
            "Invalid JWT token. 'none' is not a supported signature algorithm. ".into(),
        ),
        (
            "no thumbprint",
            signer.sign(&with(header.clone(), "x5t#S256", Value::Null), &claims()),
            invalid,
            5_002_723,
            "Invalid JWT token. No certificate SHA-1 thumbprint, certificate SHA-256 thumbprint, nor keyId \
             specified in token header."
                .into(),
        ),
        ("no JWT", "a.b.c".into(), invalid, 50_027, String::new()),
        ("no dots", "nonsense".into(), invalid, 50_027, String::new()),
    ];
    for (case, assertion, (status, error), code, text) in &cases {
        let got = client.sign_in(&form(assertion)).await;
        check(&got, case, *status, error, *code, text);
    }
    client.simulator.change_settings(|settings| settings.unparsable_assertion_status = 400);
    check(&client.sign_in(&form("a.b.c")).await, "400", 400, "invalid_client", 50_027, "");
    let without = form("a.b.c").replace("client_assertion_type", "other");
    let text = "The request body must contain the following parameter: 'client_assertion_type'.";
    check(&client.sign_in(&without).await, "no type", 400, "invalid_request", 900_144, text);
    let strange = form("a.b.c").replace("jwt-bearer", "saml2-bearer");
    check(&client.sign_in(&strange).await, "another type", 401, "invalid_client", 7_000_216, "");
}

#[tokio::test]
async fn a_registered_certificate_ends_with_its_registration() {
    let signer = Signer::new();
    let client = Client::new(&Size::default(), Settings::default());
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let (start, end) = (at("2025-02-03T04:05:06Z"), at("2026-02-03T04:05:06Z"));
    let id = client
        .simulator
        .tenant()
        .add_certificate_for(cast::CLIENT_ID, &signer.certificate, start, end)
        .unwrap();
    let header = json!({ "alg": "RS256", "x5t": signer.x5t() });
    let body = form(&signer.sign(&header, &claims()));
    let text = format!(
        "Client assertion contains an invalid signature. [Reason - The key used is expired., Thumbprint of key used by \
         client: '{}', Found key 'Start=02/03/2025 04:05:06, End=02/03/2026 04:05:06']",
        signer.hexadecimal()
    );
    check(&client.sign_in(&body).await, "expired", 401, "invalid_client", 700_027, &text);
    assert!(client.simulator.tenant().remove_certificate(&id));
    assert!(!client.simulator.tenant().remove_certificate(&id));
    check(
        &client.sign_in(&body).await,
        "removed",
        401,
        "invalid_client",
        700_027,
        "The certificate",
    );
    let mut tenant = client.simulator.tenant();
    let nobody = tenant.add_certificate("nobody", &signer.certificate).unwrap_err();
    assert_eq!(nobody.to_string(), "there is no app registration nobody");
    assert!(tenant.add_certificate(cast::CLIENT_ID, b"nonsense").is_err());
}
