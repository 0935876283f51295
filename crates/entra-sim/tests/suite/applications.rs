//! App registrations and their credentials (facts §3.9).

use entra_sim::{Settings, cast};
use serde_json::json;

use crate::client::{Client, DENIED, form};
use crate::signer::Signer;

#[tokio::test]
async fn credentials_show_without_what_proves_them() {
    let client = Client::signed_in().await;
    let signer = Signer::new();
    let id =
        client.simulator.tenant().add_certificate(cast::CLIENT_ID, &signer.certificate).unwrap();
    let path = format!(
        "/applications(appId='{}')?$select=id,displayName,passwordCredentials,keyCredentials",
        cast::CLIENT_ID
    );
    let got = client.get(&path).await;
    assert_eq!(got.json["keyCredentials"].as_array().unwrap().len(), 1, "{}", got.text);
    assert_eq!(
        got.json["keyCredentials"][0],
        json!({
            "customKeyIdentifier": signer.hexadecimal(),
            "displayName": "CN=entra-sim test",
            "endDateTime": "2060-01-01T00:00:00Z",
            "key": null,
            "keyId": id,
            "startDateTime": "2020-01-01T00:00:00Z",
            "type": "AsymmetricX509Cert",
            "usage": "Verify",
        })
    );
    let secrets = got.json["passwordCredentials"].as_array().unwrap();
    assert_eq!(secrets.len(), 2);
    for secret in secrets {
        assert_eq!(secret["secretText"], json!(null));
        assert_eq!(secret["hint"].as_str().unwrap().len(), 3);
    }
}

#[tokio::test]
async fn a_secret_is_told_once_works_and_can_be_removed() {
    let roles = ["Application.ReadWrite.All"];
    let client = Client::signed_in_with(Settings::default(), &roles).await;
    let path = format!("/applications/{}", cast::APPLICATION_OBJECT_ID);
    let wish = json!({ "passwordCredential": {
        "displayName": "rotated",
        "endDateTime": "2027-01-01T00:00:00Z",
    }});
    let got = client.post(&format!("{path}/addPassword"), wish.clone()).await;
    assert_eq!(got.status, 200, "{}", got.text);
    assert_eq!(
        [&got.json["displayName"], &got.json["endDateTime"], &got.json["startDateTime"]],
        [&json!("rotated"), &json!("2027-01-01T00:00:00Z"), &json!(cast::EPOCH)]
    );
    let value = got.json["secretText"].as_str().unwrap();
    assert_eq!((value.len(), &got.json["hint"]), (40, &json!(&value[..3])));
    assert_eq!(client.sign_in(&form(cast::CLIENT_ID, value)).await.status, 200);
    let shown = client.get(&path).await;
    assert!(!shown.text.contains(value), "{}", shown.text);
    let key = json!({ "keyId": got.json["keyId"] });
    assert_eq!(client.post(&format!("{path}/removePassword"), key.clone()).await.status, 204);
    assert_eq!(client.sign_in(&form(cast::CLIENT_ID, value)).await.status, 401);
    assert_eq!(client.post(&format!("{path}/removePassword"), key).await.status, 400);
    for wrong in [json!("tomorrow"), json!("")] {
        let wish = json!({ "passwordCredential": { "endDateTime": wrong } });
        assert_eq!(client.post(&format!("{path}/addPassword"), wish).await.status, 400, "{wrong}");
    }
    let reader = Client::signed_in().await;
    assert_eq!(reader.post(&format!("{path}/addPassword"), wish).await.error(), DENIED);
}
