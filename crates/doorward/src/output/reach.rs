//! The addresses that an integration reaches, for the operator to approve.

use doorward_core::{Endpoint, Reach, Scheme};
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
    if endpoint.named_by_connection {
        lines.push(
            "  NOTE: the connection names this address itself; it is not the provider's own."
                .to_owned(),
        );
    }
    lines
}

fn credential(scheme: &Scheme) -> Vec<String> {
    match scheme {
        Scheme::Oauth2ClientSecret { token_url, client_id, secret, .. } => vec![
            format!("with a token for the client {client_id}"),
            format!("which {token_url} gives for the secret at {}", secret.pointer),
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

/// One endpoint for programs.
pub(crate) fn summary(endpoint: &Endpoint) -> serde_json::Value {
    json!({
        "name": endpoint.name,
        "origin": endpoint.origin,
        "namedByConnection": endpoint.named_by_connection,
    })
}
