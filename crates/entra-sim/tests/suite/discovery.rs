//! What clients read before they ask for a token, and that tokens are signed by what is published there.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use entra_sim::{Settings, Size, cast};
use http::Request;
use serde_json::json;

use crate::client::{Client, Got, SIGN_IN, form, read};

async fn fetch(client: &Client, url: &str) -> Got {
    read(client.send(Request::get(url).body(Bytes::new()).unwrap()).await.unwrap())
}

#[tokio::test]
async fn configurations_name_the_endpoints_of_the_host_that_was_asked() {
    let client = Client::new(&Size::default(), Settings::default());
    let tenant = cast::TENANT_ID;
    for (path, issuer, token, keys) in [
        (
            format!("{SIGN_IN}/{tenant}/v2.0"),
            format!("{SIGN_IN}/{tenant}/v2.0"),
            format!("{SIGN_IN}/{tenant}/oauth2/v2.0/token"),
            format!("{SIGN_IN}/{tenant}/discovery/v2.0/keys"),
        ),
        (
            format!("{SIGN_IN}/contoso.com/v2.0"),
            format!("{SIGN_IN}/{tenant}/v2.0"),
            format!("{SIGN_IN}/{tenant}/oauth2/v2.0/token"),
            format!("{SIGN_IN}/{tenant}/discovery/v2.0/keys"),
        ),
        (
            format!("{SIGN_IN}/{tenant}"),
            format!("https://sts.windows.net/{tenant}/"),
            format!("{SIGN_IN}/{tenant}/oauth2/token"),
            format!("{SIGN_IN}/common/discovery/keys"),
        ),
        (
            "https://localhost:8443/common/v2.0".to_owned(),
            "https://localhost:8443/{tenantid}/v2.0".to_owned(),
            "https://localhost:8443/common/oauth2/v2.0/token".to_owned(),
            "https://localhost:8443/common/discovery/v2.0/keys".to_owned(),
        ),
    ] {
        let got = fetch(&client, &format!("{path}/.well-known/openid-configuration")).await;
        assert_eq!(got.status, 200, "{path}: {}", got.text);
        assert_eq!(
            [&got.json["issuer"], &got.json["token_endpoint"], &got.json["jwks_uri"]],
            [&json!(issuer), &json!(token), &json!(keys)],
            "{path}"
        );
        assert_eq!(fetch(&client, &keys).await.json["keys"].as_array().unwrap().len(), 1);
    }
    let stranger = "11111111-2222-4333-8444-555555555555";
    for (tenant, code) in [(stranger, 90_002), ("contoso", 900_023)] {
        let url = format!("{SIGN_IN}/{tenant}/v2.0/.well-known/openid-configuration");
        let got = fetch(&client, &url).await;
        assert_eq!((got.status, got.json["error"].as_str()), (400, Some("invalid_tenant")));
        assert_eq!(got.json["error_codes"], json!([code]));
    }
}

#[tokio::test]
async fn instances_are_the_hosts_where_one_signs_in() {
    let client = Client::new(&Size::default(), Settings::default());
    let tenant = cast::TENANT_ID;
    let found = |asked: &str, endpoint: String| {
        let endpoint: String = url::form_urlencoded::byte_serialize(endpoint.as_bytes()).collect();
        format!(
            "{asked}/common/discovery/instance?api-version=1.1&authorization_endpoint={endpoint}"
        )
    };
    let own = "https://localhost:8443";
    for (url, discovery) in [
        (
            found(SIGN_IN, format!("{SIGN_IN}/{tenant}/oauth2/v2.0/authorize")),
            format!("{SIGN_IN}/{tenant}/v2.0/.well-known/openid-configuration"),
        ),
        (
            found(SIGN_IN, format!("{SIGN_IN}/{tenant}/oauth2/authorize")),
            format!("{SIGN_IN}/{tenant}/.well-known/openid-configuration"),
        ),
        (
            found(own, format!("{own}/{tenant}/oauth2/v2.0/authorize")),
            format!("{own}/{tenant}/v2.0/.well-known/openid-configuration"),
        ),
        (
            // As MSAL for Python asks: without the port.
            found(own, format!("https://localhost/{tenant}/oauth2/v2.0/authorize")),
            format!("{own}/{tenant}/v2.0/.well-known/openid-configuration"),
        ),
    ] {
        let got = fetch(&client, &url).await;
        assert_eq!(got.json["tenant_discovery_endpoint"], json!(discovery), "{url}: {}", got.text);
        assert_eq!(fetch(&client, &discovery).await.status, 200);
    }
    let url = found(own, format!("https://login.nowhere.example/{tenant}/oauth2/v2.0/authorize"));
    let got = fetch(&client, &url).await;
    assert_eq!((got.status, got.json["error"].as_str()), (400, Some("invalid_instance")));
}

#[tokio::test]
async fn tokens_are_signed_by_the_published_key() {
    let client = Client::new(&Size::default(), Settings::default());
    let keys = fetch(&client, &format!("{SIGN_IN}/common/discovery/keys")).await;
    let key = &keys.json["keys"][0];
    let got = client.sign_in(&form(cast::CLIENT_ID, cast::SECRET)).await;
    let token = got.json["access_token"].as_str().unwrap();
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
    assert_eq!(
        (&header["alg"], &header["kid"], &header["x5t"]),
        (&json!("RS256"), &key["kid"], &key["x5t"])
    );
    let number = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
    let components =
        aws_lc_rs::signature::RsaPublicKeyComponents { n: number("n"), e: number("e") };
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let scheme = &aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256;
    components.verify(scheme, message.as_bytes(), &signature).expect("signed by the published key");
    let certificate = STANDARD.decode(key["x5c"][0].as_str().unwrap()).unwrap();
    let sha1 =
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, &certificate);
    assert_eq!(key["x5t"], json!(URL_SAFE_NO_PAD.encode(sha1)));
    let again = Client::new(&Size::default(), Settings::default());
    let same = again.sign_in(&form(cast::CLIENT_ID, cast::SECRET)).await;
    let other = client.sign_in(&form(cast::CLIENT_ID, cast::SECRET)).await;
    assert_ne!(
        other.json["access_token"], same.json["access_token"],
        "tokens are of their request"
    );
}
