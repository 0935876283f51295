//! Where the connector wants to go: Graph, with a token of the login host.

use doorward_core::{Endpoint, Path, Reach, Scheme, SecretPlacement};

use crate::config::{Credential, Settings};
use crate::graph::ENDPOINT;

/// One endpoint (facts §1.1, §1.5). The scope is the cloud's own Graph even when requests go to an
/// override: a token is for an audience, not for a way.
pub(crate) fn reach(settings: &Settings) -> Reach {
    Reach {
        endpoints: vec![Endpoint {
            name: ENDPOINT.to_owned(),
            origin: settings.graph_origin().to_owned(),
            scheme: scheme(settings),
            read_posts: Vec::new(),
            claims: ["oid", "tid", "roles", "app_displayname", "appid"].map(String::from).to_vec(),
            named_by_connection: settings.endpoints.graph.is_some(),
        }],
    }
}

fn scheme(settings: &Settings) -> Scheme {
    let token_url = token_url(settings, settings.login_origin());
    let token_url_named_by_connection = settings.endpoints.login.is_some();
    let client_id = settings.client_id.clone();
    let scope = format!("{}/.default", settings.cloud.graph_origin());
    match settings.credential.clone() {
        Credential::Secret(secret) => Scheme::Oauth2ClientSecret {
            token_url,
            token_url_named_by_connection,
            client_id,
            secret,
            scope,
            placement: SecretPlacement::Body,
        },
        Credential::Certificate { key, password } => Scheme::Oauth2PrivateKeyJwt {
            token_url,
            token_url_named_by_connection,
            client_id,
            key,
            password,
            audience: self::token_url(settings, settings.cloud.login_origin()),
            scope,
        },
        Credential::FederatedToken(assertion) => Scheme::Oauth2ClientAssertion {
            token_url,
            token_url_named_by_connection,
            client_id,
            assertion,
            scope,
        },
    }
}

/// The tenant's token endpoint (facts §1.1).
fn token_url(settings: &Settings, origin: &str) -> String {
    let path =
        Path::new("").value(&settings.tenant).literal("oauth2").literal("v2.0").literal("token");
    format!("{origin}{}", path.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn settings(value: serde_json::Value) -> Settings {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn each_cloud_has_its_own_hosts() {
        let table = [
            ("global", "https://login.microsoftonline.com", "https://graph.microsoft.com"),
            ("us-gov", "https://login.microsoftonline.us", "https://graph.microsoft.us"),
            ("us-gov-dod", "https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
            ("china", "https://login.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn"),
        ];
        for (cloud, login, graph) in table {
            let reach = reach(&settings(json!({
                "client_id": "c", "secret": {"pointer": "/secret"}, "tenant": "t", "cloud": cloud,
            })));
            let endpoint = &reach.endpoints[0];
            assert_eq!(endpoint.origin, graph);
            let Scheme::Oauth2ClientSecret { token_url, scope, .. } = &endpoint.scheme else {
                panic!("another scheme");
            };
            assert_eq!(token_url, &format!("{login}/t/oauth2/v2.0/token"));
            assert_eq!(scope, &format!("{graph}/.default"));
        }
    }

    #[test]
    fn an_override_keeps_the_scope_of_the_cloud() {
        let reach = reach(&settings(json!({
            "client_id": "c", "secret": {"pointer": "/secret"}, "tenant": "a/../b",
            "endpoints": {"login": "http://localhost:1/", "graph": "http://localhost:2"},
        })));
        let endpoint = &reach.endpoints[0];
        assert_eq!(endpoint.origin, "http://localhost:2");
        let Scheme::Oauth2ClientSecret { token_url, scope, .. } = &endpoint.scheme else {
            panic!("another scheme");
        };
        assert_eq!(token_url, "http://localhost:1/a%2F..%2Fb/oauth2/v2.0/token");
        assert_eq!(scope, "https://graph.microsoft.com/.default");
    }

    #[test]
    fn each_credential_has_its_scheme() {
        let reference = |pointer: &str| json!({"pointer": pointer});
        // (what the connection holds, the scheme's type, its secrets)
        let table = [
            (json!({"secret": reference("/secret")}), "oauth2-client-secret", vec!["/secret"]),
            (
                json!({"certificate": {"pem": reference("/certificate/pem")}}),
                "oauth2-private-key-jwt",
                vec!["/certificate/pem"],
            ),
            (
                json!({"certificate": {
                    "pfx": reference("/certificate/pfx"),
                    "password": reference("/certificate/password"),
                }}),
                "oauth2-private-key-jwt",
                vec!["/certificate/pfx", "/certificate/password"],
            ),
            (
                json!({"federated_token": reference("/federated_token")}),
                "oauth2-client-assertion",
                vec!["/federated_token"],
            ),
        ];
        for (credential, name, secrets) in table {
            let mut connection = json!({
                "client_id": "c", "tenant": "t", "endpoints": {"login": "http://localhost:1"},
            });
            connection.as_object_mut().unwrap().extend(credential.as_object().unwrap().clone());
            let scheme = reach(&settings(connection)).endpoints.remove(0).scheme;
            let used: Vec<&str> =
                scheme.secrets().into_iter().map(|secret| secret.pointer.as_str()).collect();
            assert_eq!(used, secrets);
            assert_eq!(scheme.token_url(), Some(("http://localhost:1/t/oauth2/v2.0/token", true)));
            // An assertion is for the cloud's own token endpoint, by whatever way it travels.
            if let Scheme::Oauth2PrivateKeyJwt { audience, .. } = &scheme {
                assert_eq!(audience, "https://login.microsoftonline.com/t/oauth2/v2.0/token");
            }
            assert_eq!(serde_json::to_value(&scheme).unwrap()["type"], name);
        }
    }

    #[test]
    fn two_credentials_are_refused() {
        for credentials in [
            json!({}),
            json!({"secret": {"pointer": "/secret"}, "federated_token": {"pointer": "/f"}}),
            json!({"certificate": {}}),
            json!({"certificate": {"pem": {"pointer": "/a"}, "pfx": {"pointer": "/b"}}}),
        ] {
            let mut connection = json!({"client_id": "c", "tenant": "t"});
            connection.as_object_mut().unwrap().extend(credentials.as_object().unwrap().clone());
            assert!(serde_json::from_value::<Settings>(connection).is_err(), "{credentials}");
        }
    }

    #[test]
    fn only_what_is_overridden_is_named_by_the_connection() {
        // (override, Graph is named, the token endpoint is named)
        let table = [
            (json!({}), false, false),
            (json!({"graph": "http://localhost:2"}), true, false),
            (json!({"login": "http://localhost:1"}), false, true),
            (json!({"login": "http://localhost:1", "graph": "http://localhost:2"}), true, true),
        ];
        for (endpoints, graph, login) in table {
            let reach = reach(&settings(json!({
                "client_id": "c", "secret": {"pointer": "/secret"}, "tenant": "t",
                "endpoints": endpoints,
            })));
            let endpoint = &reach.endpoints[0];
            assert_eq!(endpoint.named_by_connection, graph, "{endpoints}");
            let Scheme::Oauth2ClientSecret { token_url_named_by_connection, .. } = endpoint.scheme
            else {
                panic!("another scheme");
            };
            assert_eq!(token_url_named_by_connection, login, "{endpoints}");
        }
    }
}
