//! Facts §1.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use entra_sim::{Settings, Size, Trailer, cast};
use http::Request;
use serde_json::{Value, json};

use crate::client::{Client, SIGN_IN, form, read};

fn bare() -> Client {
    Client::new(&Size::default(), Settings::default())
}

async fn check(
    client: &Client,
    tenant: &str,
    body: &str,
    expect: (u16, &str, u64, &str),
    uri: bool,
) {
    let got = client.sign_in_at(tenant, body).await;
    let (status, error, code, text) = expect;
    assert_eq!((got.status, got.json["error"].as_str()), (status, Some(error)), "{}", got.text);
    assert_eq!(got.json["error_codes"], json!([code]));
    let description = got.json["error_description"].as_str().unwrap();
    let stamp = got.json["timestamp"].as_str().unwrap();
    assert_eq!(stamp, "2026-11-23 08:00:00Z");
    let trailer = format!(
        " Trace ID: {} Correlation ID: {} Timestamp: {stamp}",
        got.json["trace_id"].as_str().unwrap(),
        got.json["correlation_id"].as_str().unwrap()
    );
    assert_eq!(description, format!("AADSTS{code}: {text}{trailer}"));
    let expected = uri.then(|| format!("https://login.microsoftonline.com/error?code={code}"));
    assert_eq!(got.json["error_uri"].as_str(), expected.as_deref());
    assert_eq!(got.header("content-type"), "application/json; charset=utf-8");
    assert_eq!(got.header("x-ms-request-id"), got.json["trace_id"].as_str().unwrap());
}

#[tokio::test]
async fn success_has_the_recorded_shape() {
    let client = bare();
    let got = client.sign_in(&form(cast::CLIENT_ID, cast::SECRET)).await;
    assert_eq!(got.status, 200, "{}", got.text);
    let keys: Vec<_> = got.json.as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["token_type", "expires_in", "ext_expires_in", "access_token"]);
    assert_eq!(
        (&got.json["token_type"], &got.json["expires_in"]),
        (&json!("Bearer"), &json!(3599))
    );
    assert_eq!(got.header("cache-control"), "no-store, no-cache");
    assert_eq!((got.header("pragma"), got.header("expires")), ("no-cache", "-1"));
    let token = got.json["access_token"].as_str().unwrap();
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    let issuer = format!("https://sts.windows.net/{}/", cast::TENANT_ID);
    for (name, expect) in [
        ("aud", json!("https://graph.microsoft.com")),
        ("iss", json!(issuer)),
        ("idp", json!(issuer)),
        ("appid", json!(cast::CLIENT_ID)),
        ("app_displayname", json!("Doorward")),
        ("appidacr", json!("1")),
        ("idtyp", json!("app")),
        ("oid", json!(cast::SERVICE_PRINCIPAL_ID)),
        ("sub", json!(cast::SERVICE_PRINCIPAL_ID)),
        ("roles", json!(cast::GUIDE_ROLES)),
        ("tid", json!(cast::TENANT_ID)),
        ("ver", json!("1.0")),
        ("wids", json!(["0997a1d0-0d1d-4acb-b408-d5ca73121e90"])),
    ] {
        assert_eq!(claims[name], expect, "{name}");
    }
    let lifetime = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert_eq!((lifetime, &claims["iat"]), (3900, &claims["nbf"]));
}

#[tokio::test]
async fn secrets_end_relative_to_the_year_in_which_the_tenant_is_made() {
    for start in ["1999-12-31T23:59:59Z", cast::EPOCH, "2061-07-28T12:00:00Z"] {
        let client = Client::starting(start, &Size::default(), Settings::default());
        let good = client.sign_in(&form(cast::CLIENT_ID, cast::SECRET)).await;
        assert_eq!(good.status, 200, "{start}: {}", good.text);
        let old = client.sign_in(&form(cast::CLIENT_ID, cast::EXPIRED_SECRET)).await;
        assert_eq!(old.json["error_codes"], json!([7_000_222]), "{start}: {}", old.text);
    }
}

#[tokio::test]
async fn no_roles_means_no_claim() {
    let client = bare();
    client.simulator.tenant().set_app_roles(Vec::<String>::new());
    let got = client.sign_in(&form(cast::CLIENT_ID, cast::SECRET)).await;
    let token = got.json["access_token"].as_str().unwrap().to_owned();
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    assert!(serde_json::from_slice::<Value>(&claims).unwrap().get("roles").is_none());
}

#[tokio::test]
async fn the_error_table() {
    let client = bare();
    let id = cast::CLIENT_ID;
    let tenant = cast::TENANT_ID;
    let good = form(id, cast::SECRET);
    let scope = |scope: &str| good.replace("https%3A%2F%2Fgraph.microsoft.com%2F.default", scope);
    let wrong = format!(
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not \
         the client secret ID, for a secret added to app '{id}'."
    );
    check(&client, tenant, &form(id, "nonsense"), (401, "invalid_client", 7_000_215, &wrong), true)
        .await;
    check(
        &client,
        tenant,
        &form(id, cast::SECRET_ID),
        (401, "invalid_client", 7_000_215, &wrong),
        true,
    )
    .await;
    let expired = format!(
        "The provided client secret keys for app '{id}' are expired. Visit the Azure portal to create new keys for \
         your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: \
         https://aka.ms/certCreds."
    );
    check(
        &client,
        tenant,
        &form(id, cast::EXPIRED_SECRET),
        (401, "invalid_client", 7_000_222, &expired),
        true,
    )
    .await;
    let none = "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.";
    let without = good.replace("client_secret", "other");
    check(&client, tenant, &without, (401, "invalid_client", 7_000_216, none), true).await;
    let stranger = "11111111-2222-4333-8444-555555555555";
    let unknown = format!(
        "Application with identifier '{stranger}' was not found in the directory 'Contoso'. This can happen if the \
         application has not been installed by the administrator of the tenant or consented to by any user in the \
         tenant. You may have sent your authentication request to the wrong tenant."
    );
    check(
        &client,
        tenant,
        &form(stranger, "x"),
        (400, "unauthorized_client", 700_016, &unknown),
        true,
    )
    .await;
    let zero = "00000000-0000-0000-0000-000000000000";
    let text = format!("{zero} is not a valid application identifier.");
    check(&client, tenant, &form(zero, "x"), (400, "unauthorized_client", 700_038, &text), false)
        .await;
    let orphan = cast::ORPHAN_CLIENT_ID;
    let text = format!(
        "The client application {orphan} is missing service principal in the tenant {tenant}. See instructions here: \
         https://go.microsoft.com/fwlink/?linkid=2225119"
    );
    check(&client, tenant, &form(orphan, "x"), (401, "invalid_client", 7_000_229, &text), true)
        .await;
    let text = format!(
        "Tenant '{stranger}' not found. Check to make sure you have the correct tenant ID and are signing into the \
         correct cloud. Check with your subscription administrator, this may happen if there are no active \
         subscriptions for the tenant."
    );
    check(&client, stranger, &good, (400, "invalid_request", 90_002, &text), true).await;
    let text = "Specified tenant identifier 'contoso' is neither a valid DNS name, nor a valid external domain.";
    check(&client, "contoso", &good, (400, "invalid_request", 900_023, text), true).await;
    let text = "No tenant-identifying information found in either the request or implied by any provided credentials.";
    check(&client, "common", &good, (400, "invalid_request", 50_059, text), true).await;
    check(&client, "organizations", &good, (400, "invalid_request", 50_059, text), true).await;
    for name in ["scope", "client_id", "grant_type"] {
        let text = format!("The request body must contain the following parameter: '{name}'.");
        let body = good.replace(&format!("{name}="), "other=");
        check(&client, tenant, &body, (400, "invalid_request", 900_144, &text), true).await;
    }
    for bad in
        ["https://graph.microsoft.com/User.Read", "https%3A%2F%2Fgraph.microsoft.com%2F.default"]
    {
        let text = format!(
            "The provided value for scope {bad} is not valid. Client credential flows must have a scope value with \
             /.default suffixed to the resource identifier (application ID URI)."
        );
        let encoded: String = url::form_urlencoded::byte_serialize(bad.as_bytes()).collect();
        check(&client, tenant, &scope(&encoded), (400, "invalid_scope", 1_002_012, &text), true)
            .await;
    }
    let text = "The provided value for the input parameter 'scope' is not valid. The scope a<b is not valid.";
    check(&client, tenant, &scope("a%3Cb"), (400, "invalid_scope", 70_011, text), true).await;
    let text = "The provided request must include a 'scope' input parameter. The provided value for the input \
                parameter 'scope' is not valid. The scope a/.default b/.default is not valid.";
    check(
        &client,
        tenant,
        &scope("a/.default+b/.default"),
        (400, "invalid_scope", 70_011, text),
        true,
    )
    .await;
    let text = format!(
        "The resource principal named https://nowhere.example was not found in the tenant named {tenant}. This can \
         happen if the application has not been installed by the administrator of the tenant or consented to by any \
         user in the tenant. You might have sent your authentication request to the wrong tenant."
    );
    let body = scope("https://nowhere.example/.default");
    check(&client, tenant, &body, (400, "invalid_resource", 500_011, &text), true).await;
    let text = "The app requested an unsupported grant type 'client_credential'.";
    let body = good.replace("client_credentials", "client_credential");
    check(&client, tenant, &body, (400, "unsupported_grant_type", 70_003, text), false).await;
    client.simulator.tenant().set_enabled(cast::SERVICE_PRINCIPAL_ID, false);
    let text = format!("Application '{id}'(Doorward) is disabled.");
    check(&client, tenant, &good, (400, "unauthorized_client", 7_000_112, &text), true).await;
    client.simulator.tenant().delete(cast::SERVICE_PRINCIPAL_ID);
    let text = format!(
        "The client application {id} is missing service principal in the tenant {tenant}. See instructions here: \
         https://go.microsoft.com/fwlink/?linkid=2225119"
    );
    check(&client, tenant, &good, (401, "invalid_client", 7_000_229, &text), true).await;
}

#[tokio::test]
async fn domains_name_the_tenant_and_other_clouds_do_not_know_it() {
    let client = bare();
    let good = form(cast::CLIENT_ID, cast::SECRET);
    for tenant in ["contoso.com", "Contoso.OnMicrosoft.com", cast::TENANT_ID] {
        assert_eq!(client.sign_in_at(tenant, &good).await.status, 200, "{tenant}");
    }
    let request = Request::post(format!(
        "https://login.microsoftonline.us/{}/oauth2/v2.0/token",
        cast::TENANT_ID
    ))
    .body(Bytes::from(good))
    .unwrap();
    let got = read(client.send(request).await.unwrap());
    assert_eq!(got.json["error_codes"], json!([90_002]));
}

#[tokio::test]
async fn secrets_with_special_characters_survive_form_and_basic() {
    let client = bare();
    let secret = "a+b&c%d~e=f g.h-i_j'k\"l/ö";
    client.simulator.tenant().add_secret(secret);
    assert_eq!(client.sign_in(&form(cast::CLIENT_ID, secret)).await.status, 200);
    let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let basic = STANDARD.encode(format!("{}:{encoded}", cast::CLIENT_ID));
    let request = Request::post(format!("{SIGN_IN}/contoso.com/oauth2/v2.0/token"))
        .header("authorization", format!("Basic {basic}"))
        .body(Bytes::from(
            "grant_type=client_credentials&scope=https://graph.microsoft.com/.default",
        ))
        .unwrap();
    assert_eq!(client.send(request).await.unwrap().status(), 200);
    client.simulator.tenant().expire_secret(secret);
    let got = client.sign_in(&form(cast::CLIENT_ID, secret)).await;
    assert_eq!(got.json["error_codes"], json!([7_000_222]));
    client.simulator.tenant().remove_secret(secret);
    let got = client.sign_in(&form(cast::CLIENT_ID, secret)).await;
    assert_eq!(got.json["error_codes"], json!([7_000_215]));
}

#[tokio::test]
async fn the_old_trailer_has_line_breaks() {
    let settings = Settings { trailer: Trailer::LineBreaks, ..Settings::default() };
    let got = Client::new(&Size::default(), settings).sign_in(&form(cast::CLIENT_ID, "x")).await;
    assert!(got.json["error_description"].as_str().unwrap().contains("\r\nTrace ID: "));
}

#[tokio::test]
async fn graph_refuses_bad_tokens() {
    let mut client = Client::signed_in().await;
    let good = client.token.clone().unwrap();
    let tampered = good.replacen(good.split('.').nth(1).unwrap(), "e30", 1);
    let foreign =
        format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(r#"{"aud":"https://graph.microsoft.us"}"#));
    for (token, message) in [
        (String::new(), "Access token is empty."),
        ("nodots".to_owned(), "IDX14100: JWT is not well formed, there are no dots (.)."),
        (good.clone() + "x", "CompactToken parsing failed with error code: 80049217"),
        (tampered, "Access token validation failure. Invalid audience."),
        (foreign, "Access token validation failure. Invalid audience."),
    ] {
        client.token = Some(token);
        let got = client.get("/organization").await;
        assert_eq!(got.error(), (401, "InvalidAuthenticationToken", message));
        assert_eq!(
            got.header("www-authenticate"),
            "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", \
             client_id=\"00000003-0000-0000-c000-000000000000\""
        );
    }
    client.token = Some(good);
    client.pass(3599);
    assert_eq!(client.get("/organization").await.status, 200);
    client.pass(1);
    let expect =
        (401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.");
    assert_eq!(client.get("/organization").await.error(), expect);
}

#[tokio::test]
async fn a_disabled_or_deleted_principal_is_known_by_its_code() {
    let client = Client::signed_in().await;
    client.simulator.tenant().set_enabled(cast::SERVICE_PRINCIPAL_ID, false);
    let expect = (
        401,
        "Authorization_IdentityDisabled",
        "The authenticating application principal is disabled.",
    );
    assert_eq!(client.get("/organization").await.error(), expect);
    client.simulator.tenant().soft_delete(cast::SERVICE_PRINCIPAL_ID);
    let expect = (
        401,
        "Authorization_IdentityNotFound",
        "The identity of the calling application could not be established.",
    );
    assert_eq!(client.get("/organization").await.error(), expect);
}

#[tokio::test]
async fn roles_are_baked_in_at_issue() {
    let mut client = Client::signed_in_with(Settings::default(), &["User.Read.All"]).await;
    client.simulator.tenant().set_app_roles(["Directory.Read.All"]);
    let expect =
        (403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.");
    assert_eq!(client.get("/groups").await.error(), expect);
    client.become_holder_of(&["Directory.Read.All"]).await;
    assert_eq!(client.get("/groups").await.status, 200);
}

#[tokio::test]
async fn claims_and_queries_are_tolerated_and_the_old_endpoint_takes_a_resource() {
    let client = Client::new(&Size::default(), Settings::default());
    let secret = form(cast::CLIENT_ID, cast::SECRET);
    let capability = r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#;
    let encoded: String = url::form_urlencoded::byte_serialize(capability.as_bytes()).collect();
    let got = client.sign_in(&format!("{secret}&claims={encoded}")).await;
    assert_eq!(got.status, 200, "{}", got.text);
    let old =
        secret.replace("scope=https%3A%2F%2Fgraph.microsoft.com%2F.default", "resource=RESOURCE");
    for (path, body, status) in [
        ("/oauth2/v2.0/token?client-request-id=1", secret.clone(), 200),
        ("/oauth2/token", old.replace("RESOURCE", "https://graph.microsoft.com"), 200),
        (
            "/oauth2/token?api-version=1.0",
            old.replace("RESOURCE", "https://graph.microsoft.com/"),
            200,
        ),
        ("/oauth2/token", old.replace("RESOURCE", "https://nowhere.example"), 400),
        ("/oauth2/token", secret.clone(), 400),
    ] {
        let request = Request::post(format!("{SIGN_IN}/{}{path}", cast::TENANT_ID))
            .body(Bytes::from(body))
            .unwrap();
        let got = read(client.send(request).await.unwrap());
        assert_eq!(got.status, status, "{path}: {}", got.text);
        match (path.contains("v2.0"), status) {
            (false, 200) => assert_eq!(got.json["expires_on"], (1_795_420_800 + 3599).to_string()),
            (false, _) => assert!(
                ["AADSTS500011", "AADSTS900144"].iter().any(|code| got.text.contains(code)),
                "{}",
                got.text
            ),
            _ => {}
        }
    }
}
