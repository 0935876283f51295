//! Extensions of a record.

/// What a record says beyond its own fields: names and JSON values, in the connector's words.
///
/// Every record of the contract ends with attributes, so that a connector can say more without a
/// new version of the contract.
pub type Attributes = serde_json::Map<String, serde_json::Value>;
