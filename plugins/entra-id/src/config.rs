//! The connection as this connector reads it.

use doorward_core::{Connection, Result, SecretReference};
use serde::Deserialize;

/// A connection of the schema `entra-id.connection.schema.json`.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Written")]
pub(crate) struct Settings {
    pub(crate) client_id: String,
    pub(crate) credential: Credential,
    pub(crate) tenant: String,
    pub(crate) cloud: Cloud,
    pub(crate) endpoints: Overrides,
}

/// How the application proves who it is (facts §1.1).
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    Secret(SecretReference),
    /// A private key with its certificate, and the password of a PFX.
    Certificate {
        key: SecretReference,
        password: Option<SecretReference>,
    },
    /// A token of another issuer, such as a Kubernetes service account's.
    FederatedToken(SecretReference),
}

/// A connection as it is written.
#[derive(Deserialize)]
struct Written {
    client_id: String,
    secret: Option<SecretReference>,
    certificate: Option<Certificate>,
    federated_token: Option<SecretReference>,
    tenant: String,
    #[serde(default)]
    cloud: Cloud,
    #[serde(default)]
    endpoints: Overrides,
}

#[derive(Deserialize)]
struct Certificate {
    pem: Option<SecretReference>,
    pfx: Option<SecretReference>,
    password: Option<SecretReference>,
}

impl TryFrom<Written> for Settings {
    type Error = &'static str;

    /// The schema asks for exactly one credential, and for exactly one form of a certificate.
    fn try_from(written: Written) -> std::result::Result<Self, Self::Error> {
        let Written { client_id, tenant, cloud, endpoints, .. } = written;
        let credential = match (written.secret, written.certificate, written.federated_token) {
            (Some(secret), None, None) => Credential::Secret(secret),
            (None, Some(Certificate { pem, pfx, password }), None) => {
                let key = pem.xor(pfx).ok_or("exactly one of pem and pfx")?;
                Credential::Certificate { key, password }
            }
            (None, None, Some(token)) => Credential::FederatedToken(token),
            _ => return Err("exactly one of secret, certificate and federated_token"),
        };
        Ok(Self { client_id, credential, tenant, cloud, endpoints })
    }
}

/// Origins that replace the cloud's own: a proxy or a simulator.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Overrides {
    #[serde(default)]
    pub(crate) login: Option<String>,
    #[serde(default)]
    pub(crate) graph: Option<String>,
}

/// Microsoft's clouds; their tokens are not interchangeable (facts §1.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Cloud {
    #[default]
    Global,
    UsGov,
    UsGovDod,
    China,
}

impl Cloud {
    /// The name in a connection.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::UsGov => "us-gov",
            Self::UsGovDod => "us-gov-dod",
            Self::China => "china",
        }
    }

    /// Where tokens come from (facts §1.5).
    pub(crate) const fn login_origin(self) -> &'static str {
        match self {
            Self::Global => "https://login.microsoftonline.com",
            Self::UsGov | Self::UsGovDod => "https://login.microsoftonline.us",
            Self::China => "https://login.chinacloudapi.cn",
        }
    }

    /// Where Graph answers; also the resource of the scope and of `@odata.id` (facts §1.5).
    pub(crate) const fn graph_origin(self) -> &'static str {
        match self {
            Self::Global => "https://graph.microsoft.com",
            Self::UsGov => "https://graph.microsoft.us",
            Self::UsGovDod => "https://dod-graph.microsoft.us",
            Self::China => "https://microsoftgraph.chinacloudapi.cn",
        }
    }
}

impl Settings {
    pub(crate) fn parse(connection: &Connection) -> Result<Self> {
        connection.parse()
    }

    pub(crate) fn login_origin(&self) -> &str {
        origin(self.endpoints.login.as_deref(), self.cloud.login_origin())
    }

    pub(crate) fn graph_origin(&self) -> &str {
        origin(self.endpoints.graph.as_deref(), self.cloud.graph_origin())
    }

    /// Whether the connection itself names a place to go.
    pub(crate) fn overrides(&self) -> bool {
        self.endpoints.login.is_some() || self.endpoints.graph.is_some()
    }

    /// The reference by which a write names a directory object (facts §2.2). It names the cloud's
    /// own Graph even when requests go elsewhere: the reference is data, not an address.
    pub(crate) fn reference(&self, id: &str) -> String {
        format!("{}/v1.0/directoryObjects/{id}", self.cloud.graph_origin())
    }
}

fn origin<'a>(named: Option<&'a str>, own: &'static str) -> &'a str {
    named.map_or(own, |origin| origin.trim_end_matches('/'))
}
