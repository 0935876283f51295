//! The connection as this connector reads it.

use doorward_core::{Connection, Result, SecretReference};
use serde::Deserialize;

/// A connection of the schema `entra-id.connection.schema.json`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Settings {
    pub(crate) client_id: String,
    pub(crate) secret: SecretReference,
    pub(crate) tenant: String,
    #[serde(default)]
    pub(crate) cloud: Cloud,
    #[serde(default)]
    pub(crate) endpoints: Overrides,
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
