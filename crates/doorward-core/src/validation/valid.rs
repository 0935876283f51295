//! A connection that fits its schema.

use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::document::Wiped;
use super::finding::Finding;
use crate::{Connection, SecretReference};

/// A connection that fits its schema, with its secrets apart.
pub struct ValidConnection {
    connection: Connection,
    secrets: Vec<(String, Zeroizing<String>)>,
    warnings: Vec<Finding>,
}

impl ValidConnection {
    /// `value` has been validated: it is an object, and there is text at each pointer in `secrets`
    /// that leads anywhere.
    pub(super) fn new(mut value: Wiped, secrets: &[String], warnings: Vec<Finding>) -> Self {
        let mut found = Vec::new();
        for pointer in secrets {
            if let Some(secret) = value.0.pointer_mut(pointer) {
                let reference = SecretReference { pointer: pointer.clone() };
                if let Value::String(secret) = secret.take() {
                    found.push((pointer.clone(), Zeroizing::new(secret)));
                }
                *secret = json!(reference);
            }
        }
        let mut values = match value.0.take() {
            Value::Object(values) => values,
            _ => Map::new(),
        };
        // For editors, not for connectors.
        values.shift_remove("$schema");
        Self { connection: Connection::new(values), secrets: found, warnings }
    }

    /// The values, each secret replaced by a reference to it.
    pub fn values(&self) -> &Map<String, Value> {
        self.connection.values()
    }

    /// What should be changed about the text though it can be used, e.g. its encoding.
    pub fn warnings(&self) -> &[Finding] {
        &self.warnings
    }

    /// The connection as the connector sees it, and the secrets by JSON pointer for the host.
    pub fn split(self) -> (Connection, Vec<(String, Zeroizing<String>)>) {
        (self.connection, self.secrets)
    }
}

impl std::fmt::Debug for ValidConnection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ValidConnection")
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}
