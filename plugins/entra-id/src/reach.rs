//! Where the connector wants to go: Graph, with a token of the login host.

use doorward_core::{Endpoint, Path, Reach, Scheme, SecretPlacement};

use crate::config::Settings;
use crate::graph::ENDPOINT;

/// One endpoint (facts §1.1, §1.5). The scope is the cloud's own Graph even when requests go to an
/// override: a token is for an audience, not for a way.
pub(crate) fn reach(settings: &Settings) -> Reach {
    Reach {
        endpoints: vec![Endpoint {
            name: ENDPOINT.to_owned(),
            origin: settings.graph_origin().to_owned(),
            scheme: Scheme::Oauth2ClientSecret {
                token_url: token_url(settings),
                token_url_named_by_connection: settings.endpoints.login.is_some(),
                client_id: settings.client_id.clone(),
                secret: settings.secret.clone(),
                scope: format!("{}/.default", settings.cloud.graph_origin()),
                placement: SecretPlacement::Body,
            },
            read_posts: Vec::new(),
            claims: ["oid", "tid", "roles", "app_displayname", "appid"].map(String::from).to_vec(),
            named_by_connection: settings.endpoints.graph.is_some(),
        }],
    }
}

fn token_url(settings: &Settings) -> String {
    let path =
        Path::new("").value(&settings.tenant).literal("oauth2").literal("v2.0").literal("token");
    format!("{}{}", settings.login_origin(), path.as_str())
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
