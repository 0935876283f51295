//! The addresses that an integration reaches, for the operator to approve.

use doorward_core::{Endpoint, Reach, Scheme};
use doorward_http::ProxyUrl;
use serde_json::json;

use super::Console;

impl Console {
    /// Shows which addresses are reached, and with which credential.
    pub(crate) fn reach(&self, reach: &Reach) {
        if self.is_json() {
            self.json_note("Reach", reach);
            return;
        }
        self.note_line("It reaches these addresses, and no others:");
        for endpoint in &reach.endpoints {
            for line in lines(endpoint) {
                self.note_line(format!("  {line}"));
            }
        }
    }
}

/// One endpoint in lines.
pub(crate) fn lines(endpoint: &Endpoint) -> Vec<String> {
    let mut lines = vec![format!("{}: {}", endpoint.name, endpoint.origin)];
    lines.extend(credential(&endpoint.scheme).into_iter().map(|line| format!("  {line}")));
    let mut named = Vec::new();
    if endpoint.named_by_connection {
        named.push(endpoint.origin.as_str());
    }
    named.extend(named_token_url(endpoint));
    lines.extend(named.into_iter().map(|address| {
        format!(
            "  NOTE: the connection names this address itself; it is not the provider's own: \
             {address}"
        )
    }));
    lines
}

/// Where the endpoint's tokens come from, if the connection itself names it.
pub(crate) fn named_token_url(endpoint: &Endpoint) -> Option<&str> {
    endpoint.scheme.token_url().filter(|(_, named)| *named).map(|(token_url, _)| token_url)
}

fn credential(scheme: &Scheme) -> Vec<String> {
    match scheme {
        Scheme::Oauth2ClientSecret { token_url, client_id, secret, .. } => vec![
            format!("with a token for the client {client_id}"),
            format!("which {token_url} gives for the secret at {}", secret.pointer),
        ],
        Scheme::Oauth2PrivateKeyJwt { token_url, client_id, key, audience, .. } => vec![
            format!("with a token for the client {client_id}"),
            format!(
                "which {token_url} gives for an assertion for {audience} that Doorward signs with the \
                 key at {}",
                key.pointer
            ),
        ],
        Scheme::Oauth2ClientAssertion { token_url, client_id, assertion, .. } => vec![
            format!("with a token for the client {client_id}"),
            format!("which {token_url} gives for the assertion at {}", assertion.pointer),
        ],
        Scheme::Header { header, secret, .. } => {
            vec![format!("with the secret at {} in the header {header}", secret.pointer)]
        }
        Scheme::Basic { username, secret } => {
            vec![format!("as the user {username} with the password at {}", secret.pointer)]
        }
        Scheme::None => vec!["without a credential".to_owned()],
    }
}

/// One endpoint for programs, with the proxy by which it is reached.
pub(crate) fn summary(endpoint: &Endpoint, proxy: Option<&ProxyUrl>) -> serde_json::Value {
    json!({
        "name": endpoint.name,
        "origin": endpoint.origin,
        "namedByConnection": endpoint.named_by_connection,
        "tokenUrlNamedByConnection": named_token_url(endpoint).is_some(),
        "proxy": proxy.map(ToString::to_string),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_that_the_connection_names_is_noted() {
        for (api, login) in [(false, false), (true, false), (false, true), (true, true)] {
            let endpoint: Endpoint = serde_json::from_value(json!({
                "name": "api", "origin": "https://api.example", "namedByConnection": api,
                "scheme": {
                    "type": "oauth2-client-secret", "tokenUrl": "https://login.example/token",
                    "tokenUrlNamedByConnection": login, "clientId": "c",
                    "secret": {"pointer": "/secret"}, "scope": "s",
                },
            }))
            .unwrap();
            let notes = |address: &str| {
                let noted = |line: &String| line.contains("NOTE") && line.ends_with(address);
                lines(&endpoint).iter().filter(|line| noted(line)).count()
            };
            assert_eq!(notes("https://api.example"), usize::from(api));
            assert_eq!(notes("https://login.example/token"), usize::from(login));
            let summary = summary(&endpoint, None);
            assert_eq!(summary["namedByConnection"], json!(api));
            assert_eq!(summary["tokenUrlNamedByConnection"], json!(login));
        }
    }
}
