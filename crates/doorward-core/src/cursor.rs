//! Sync as a frontier of cursors: one cursor in, one page out.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

use crate::{Attributes, Record};

/// A place in a sync. The host keeps it; only the connector reads its body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Cursor {
    /// What a full read of this stream replaces, e.g. `groups`.
    pub stream: String,
    /// Pages of a lower phase are read, and merged, before those of a higher one.
    pub phase: u32,
    /// The connector's own data.
    pub body: Value,
}

/// A cursor that a page leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Next {
    /// The place. Its phase is never lower than that of the page it comes from.
    pub cursor: Cursor,
    /// Whether it goes on with the same chain; at most one of a page's cursors does, the others
    /// fork. Forks of forks end after 100.
    pub continues: bool,
    /// Not to be read before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
}

/// What a call cost, so that the host paces without knowing the provider's headers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// The cost in the provider's own units; absent when not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
    /// How much of the quota is used: 1.0 is all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub utilisation: Option<f64>,
    /// The pause that the provider asks for, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_milliseconds: Option<u64>,
}

/// What one cursor gave.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    /// What was seen.
    pub records: Vec<Record>,
    /// Where to go on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next: Vec<Next>,
    /// Where the next, incremental sync of this stream begins. Exactly one page of a stream sets
    /// it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bookmark: Option<Value>,
    /// Facts learned about the provider: they change how pages are fetched, never what they say.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub facts: BTreeSet<String>,
    /// What it cost.
    #[serde(default)]
    pub usage: Usage,
    /// More, in the connector's words.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
}

/// Asks where a sync begins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StartRequest {
    /// Only this stream, after its cursor expired; absent means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    /// The bookmarks of the last sealed sync, by stream; none means a full read.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub bookmarks: BTreeMap<String, Value>,
    /// The facts known so far.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub facts: BTreeSet<String>,
}

/// Asks for the page of one cursor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SyncRequest {
    /// Where.
    pub cursor: Cursor,
    /// The facts known so far.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub facts: BTreeSet<String>,
}
