//! A connection as a connector sees it.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Error, ErrorKind, Result};

/// Stands for a secret that the host keeps: `{"pointer": "/secret"}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct SecretReference {
    /// The JSON pointer of the secret within the connection.
    pub pointer: String,
}

/// A validated connection in which the host has replaced every secret by a [`SecretReference`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Connection(Map<String, Value>);

impl Connection {
    /// A connection whose secrets have been replaced. Hosts do this, connectors do not.
    pub fn new(values: Map<String, Value>) -> Self {
        Self(values)
    }

    /// The values.
    pub fn values(&self) -> &Map<String, Value> {
        &self.0
    }

    /// The connection as the connector's own type; secrets are [`SecretReference`]s there.
    ///
    /// # Errors
    /// `InvalidConnection` when schema and type disagree, which is a defect of the connector.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_value(Value::Object(self.0.clone())).map_err(|error| {
            Error::new(
                ErrorKind::InvalidConnection,
                "connection-type",
                "The connection fits its schema but not the connector.",
            )
            .remedy("This is a defect of the connector. Please report it with this message.")
            .cause(error)
        })
    }
}
