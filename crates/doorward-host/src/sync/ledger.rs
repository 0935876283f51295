//! What a sync expected, received, and could not read: nothing is left out silently.

use doorward_core::{ObjectRef, Skipped, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The account of one sync.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ledger {
    /// How many records the provider said there are, by what; its count may lag behind.
    pub expected: BTreeMap<String, u64>,
    /// How many objects of each kind were received, and `grants`.
    pub received: BTreeMap<String, u64>,
    /// Objects that grants name and that could not be read, also when looked up one by one.
    pub unresolved: Vec<ObjectRef>,
    /// What could not be read, and why.
    pub skipped: Vec<Skipped>,
    /// How many pages were read.
    pub pages: u64,
    /// What they cost, in the provider's own units, as far as it says.
    pub cost: f64,
    /// How many pages were tried again.
    pub repeats: u64,
}

impl Ledger {
    /// Whether everything was read.
    pub fn is_complete(&self) -> bool {
        self.skipped.is_empty() && self.unresolved.is_empty()
    }
}

/// How far a sync is.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// The phase that is being read.
    pub phase: u32,
    /// Pages read so far.
    pub pages: u64,
    /// Pages that are known to follow.
    pub waiting: usize,
    /// Objects received so far.
    pub objects: u64,
    /// Grants received so far.
    pub grants: u64,
    /// Set while the provider asks to wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused_until: Option<Timestamp>,
}
