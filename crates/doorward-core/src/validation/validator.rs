//! A connection schema, compiled.

use jsonschema::{PatternOptions, ValidationError};
use serde_json::Value;

use super::MAX_FINDINGS;
use super::document::Document;
use super::finding::Finding;
use super::printed::printed;
use super::review::Review;
use super::schema::Field;
use super::valid::ValidConnection;
use crate::{Error, Result, Severity};

/// A connector's connection schema, compiled once for many connections.
pub struct Validator {
    schema: Value,
    compiled: jsonschema::Validator,
    root: Field,
    secrets: Vec<String>,
}

impl Validator {
    /// Compiles a schema: JSON Schema 2020-12 with Doorward's `x-doorward` keyword. No reference is
    /// ever fetched.
    ///
    /// # Errors
    /// `Internal` when the schema is wrong: that is a defect of the connector.
    pub fn new(schema: &Value) -> Result<Self> {
        let root = Field::read(schema)?;
        // The linear-time engine: patterns come from plugins, values from anybody.
        let compiled = jsonschema::draft202012::options()
            .offline()
            .with_pattern_options(PatternOptions::regex())
            .build(schema)
            .map_err(|error| {
                Error::internal("The connection schema cannot be compiled.").cause(error)
            })?;
        Ok(Self { schema: schema.clone(), compiled, secrets: root.secrets(), root })
    }

    /// Validates a connection: everything that is wrong with it, syntax included, in the order of
    /// the text.
    ///
    /// # Errors
    /// All findings, when at least one of them is a problem. Else they are with the connection.
    pub fn validate(&self, document: &Document) -> Result<ValidConnection, Vec<Finding>> {
        let (value, findings) = Review::new(self, document).run();
        if findings.iter().any(|finding| finding.severity == Severity::Problem) {
            return Err(findings);
        }
        Ok(ValidConnection::new(value, &self.secrets, findings))
    }

    /// The schema for people, editors and forms: as the connector declares it, but each secret may
    /// also be a reference (`env`, `file`, `command`), and without the keyword of Doorward.
    pub fn printed_schema(&self) -> Value {
        printed(&self.schema)
    }

    /// The JSON pointers of the secrets.
    pub fn secret_pointers(&self) -> impl Iterator<Item = &str> {
        self.secrets.iter().map(String::as_str)
    }

    pub(super) fn root(&self) -> &Field {
        &self.root
    }

    pub(super) fn errors<'a>(
        &'a self,
        value: &'a Value,
    ) -> impl Iterator<Item = ValidationError<'a>> {
        self.compiled.iter_errors(value).take(10 * MAX_FINDINGS)
    }
}

impl std::fmt::Debug for Validator {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Validator").field("secrets", &self.secrets).finish_non_exhaustive()
    }
}
