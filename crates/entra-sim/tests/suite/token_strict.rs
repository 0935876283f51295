//! Facts §1.1, §1.3, §1.4, §1.5, §9: what a token is asked for, what proves who asks, and when that is known.

use entra_sim::{Lag, Settings, Size, cast};
use serde_json::{Value, json};

use crate::assertion::claims_of;
use crate::client::{Client, form};

const GRAPH: &str = "https%3A%2F%2Fgraph.microsoft.com%2F.default";

fn asking(scope: &str) -> String {
    let scope: String = url::form_urlencoded::byte_serialize(scope.as_bytes()).collect();
    form(cast::CLIENT_ID, cast::SECRET).replace(GRAPH, &scope)
}

#[tokio::test]
async fn a_scope_names_the_root_of_graph_and_nothing_else() {
    let client = Client::new(&Size::default(), Settings::default());
    for (resource, known) in [
        ("https://graph.microsoft.com", true),
        ("00000003-0000-0000-c000-000000000000", true),
        ("https://localhost", true),
        ("https://localhost:7443", true),
        ("http://127.0.0.1:7443", true),
        ("https://graph.microsoft.com/v1.0", false),
        ("https://graph.microsoft.com/", false),
        ("http://graph.microsoft.com", false),
        ("https://graph.microsoft.com:8443", false),
        ("https://somebody@graph.microsoft.com", false),
        ("https://graph.microsoft.com?x", false),
        ("https://graph.microsoft.us", false),
        ("https://localhost/v1.0", false),
        ("graph.microsoft.com", false),
    ] {
        let got = client.sign_in(&asking(&format!("{resource}/.default"))).await;
        if known {
            assert_eq!(claims_of(&got)["aud"], resource);
            let mut client = client.clone();
            client.token = Some(got.json["access_token"].as_str().unwrap().to_owned());
            assert_eq!(client.get("/organization").await.status, 200, "{resource}");
        } else {
            assert_eq!(got.json["error"], "invalid_resource", "{resource} {}", got.text);
            assert_eq!(got.json["error_codes"], json!([500_011]), "{resource}");
        }
    }
}

/// Facts §1.5: tokens of one cloud are worth nothing in another.
#[tokio::test]
async fn a_token_of_another_cloud() {
    let client = Client::signed_in().await;
    client.simulator.change_settings(|settings| {
        settings.graph_hosts = vec!["graph.microsoft.us".to_owned()];
    });
    let got = client.get("https://graph.microsoft.us/v1.0/organization").await;
    let message = "Access token validation failure. Invalid audience.";
    assert_eq!(got.error(), (401, "InvalidAuthenticationToken", message));
}

#[tokio::test]
async fn a_secret_counts_from_its_start() {
    let client = Client::signed_in_with(Settings::default(), &["Application.ReadWrite.All"]).await;
    let path = format!("/applications(appId='{}')/addPassword", cast::CLIENT_ID);
    let body = json!({ "passwordCredential": { "startDateTime": "2026-11-23T09:00:00Z" } });
    let got = client.post(&path, body).await;
    let secret = got.json["secretText"].as_str().expect(&got.text).to_owned();
    let early =
        async || client.sign_in(&form(cast::CLIENT_ID, &secret)).await.json["error_codes"].clone();
    client.pass(3599);
    assert_eq!(early().await, json!([7_000_215]));
    client.simulator.change_settings(|settings| settings.secrets_wait_for_start = false);
    assert_eq!(early().await, Value::Null);
    client.simulator.change_settings(|settings| settings.secrets_wait_for_start = true);
    client.pass(1);
    assert_eq!(early().await, Value::Null);
}

#[tokio::test]
async fn a_new_secret_is_wrong_at_some_replicas_for_some_seconds() {
    let settings = Settings { lag: Some(Lag::default()), seed: 2, ..Settings::default() };
    let client = Client::signed_in_with(settings, &[]).await;
    client.pass(60);
    client.simulator.tenant().add_secret("fresh");
    let codes = async || {
        let mut codes = Vec::new();
        for _ in 0..20 {
            let got = client.sign_in(&form(cast::CLIENT_ID, "fresh")).await;
            codes.push(got.json["error_codes"].clone());
        }
        codes
    };
    assert!(codes().await.contains(&json!([7_000_215])));
    client.pass(11);
    assert!(codes().await.iter().all(Value::is_null));
}

#[tokio::test]
async fn a_disabled_principal_goes_on_for_minutes() {
    let settings = Settings { lag: Some(Lag::default()), seed: 2, ..Settings::default() };
    let client = Client::signed_in_with(settings, &cast::GUIDE_ROLES).await;
    client.pass(600);
    let told = async || {
        let (mut graph, mut login) = (Vec::new(), Vec::new());
        for _ in 0..20 {
            graph.push(client.get("/organization").await.status);
            login.push(client.sign_in(&form(cast::CLIENT_ID, cast::SECRET)).await.status);
        }
        (graph, login)
    };
    client.simulator.tenant().set_enabled(cast::SERVICE_PRINCIPAL_ID, false);
    let (graph, login) = told().await;
    assert!(graph.contains(&200) && login.contains(&200), "{graph:?} {login:?}");
    client.pass(181);
    let (graph, login) = told().await;
    assert!(graph.iter().all(|status| *status == 401), "{graph:?}");
    assert!(login.contains(&200), "longer at the login host: {login:?}");
    client.pass(120);
    assert!(told().await.1.iter().all(|status| *status == 400));
    // Enabling it takes as long, and saying so twice changes nothing.
    client.simulator.tenant().set_enabled(cast::SERVICE_PRINCIPAL_ID, true);
    let before = client.simulator.tenant().revision();
    client.simulator.tenant().set_enabled(cast::SERVICE_PRINCIPAL_ID, true);
    assert_eq!(client.simulator.tenant().revision(), before);
    assert!(told().await.0.contains(&401));
    client.pass(301);
    let (graph, login) = told().await;
    assert!(graph.iter().chain(&login).all(|status| *status == 200), "{graph:?} {login:?}");
}
