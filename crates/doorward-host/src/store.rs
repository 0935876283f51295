//! What the host remembers: integrations, their sealed secrets, and the journal.

use doorward_core::{
    Error, ErrorKind, Grant, Identity, Operation, Outcome, Reach, Record, Result, Skipped,
    Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs::File;

use crate::Policy;
use crate::sqlite::Holder;
use crate::sync::{KnownName, Snapshot};

/// A named connector with a connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Integration {
    /// Our own id; never reused, also when the name is.
    pub id: String,
    /// The name that people chose.
    pub name: String,
    /// The connector's id.
    pub connector: String,
    /// The connection, every secret replaced by `{"pointer": …}`.
    pub connection: Map<String, Value>,
    /// Where secrets that are not stored come from, by pointer: `{"env": …}` or `{"file": …}`.
    #[serde(default)]
    pub sources: BTreeMap<String, Value>,
    /// The reach that the operator approved.
    pub reach: Reach,
    /// What may be changed.
    #[serde(default)]
    pub policy: Policy,
    /// Who we are there, as the last check found.
    #[serde(default)]
    pub identity: Option<Identity>,
    /// When it was added.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
}

impl Integration {
    /// Whether another connection leads to the same place by the same way; secrets may differ.
    pub(crate) fn leads_where(&self, other: &Self) -> bool {
        self.connection == other.connection && self.reach == other.reach
    }
}

/// There is an integration of this name.
pub(crate) fn name_taken(name: &str) -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        "name-taken",
        format!("There is an integration `{name}` already."),
    )
    .remedy("Choose another name, or change it with `doorward integration update`.")
}

/// A secret as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedSecret {
    /// Its place in the connection.
    pub pointer: String,
    /// The cipher's nonce.
    pub nonce: Vec<u8>,
    /// The sealed text with its tag.
    pub ciphertext: Vec<u8>,
}

/// How far a journal entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JournalState {
    /// The write is about to leave, or left and its answer was not seen.
    Intent,
    /// The outcome is pending or unknown and must still be found out.
    Open,
    /// The outcome is known.
    Settled,
}

/// The request that a change sends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestSummary {
    /// The method.
    pub method: String,
    /// The URL.
    pub url: String,
    /// SHA-256 over method, URL and body, in hexadecimal.
    pub digest: String,
}

/// One change: who wanted what, what stood there before, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JournalEntry {
    /// The operation's id.
    pub id: String,
    /// The integration's id.
    pub integration: String,
    /// The integration's name then.
    pub integration_name: String,
    /// When the write left, or was about to.
    pub at: Timestamp,
    /// The operating system's user.
    pub actor: String,
    /// The change, with ids, reason and ticket.
    pub operation: Operation,
    /// The principal's name then.
    pub principal_name: String,
    /// The resource's name then.
    pub resource_name: String,
    /// The name then of what the right was limited to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope_name: Option<String>,
    /// The grant before, when there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior: Option<Grant>,
    /// Why it could not be seen whether there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior_unknown: Option<Skipped>,
    /// The request that carries it out.
    pub request: RequestSummary,
    /// How far it is.
    pub state: JournalState,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settlement: Option<Settlement>,
}

/// What came of a change, as far as it is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settlement {
    /// When this was found out.
    pub at: Timestamp,
    /// The outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The error, when it was not carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Error>,
    /// The provider's id of the write request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Whether it was found out by looking, after a lost answer or a crash.
    #[serde(default)]
    pub by_looking: bool,
    /// Since when nobody waits for the answer any more; until then the write may have been on its
    /// way. Absent when the answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_up: Option<Timestamp>,
    /// Who said so, when nobody can look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_hand: Option<Closing>,
}

/// An outcome that a person found out and wrote down, because Doorward cannot look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Closing {
    /// The operating system's user.
    pub actor: String,
    /// How they know.
    pub reason: String,
}

impl Settlement {
    /// The journal's state with this settlement.
    pub(crate) fn state(&self) -> JournalState {
        match &self.outcome {
            Some(outcome) if !outcome.kind.is_final() => JournalState::Open,
            _ => JournalState::Settled,
        }
    }
}

/// The right to change one integration. While it lives, no other process gets one; a write with an
/// older fence is refused.
pub struct Claim {
    pub(crate) integration: String,
    pub(crate) fence: i64,
    /// The operating system releases the lock when the file is closed, also after `kill -9`.
    pub(crate) _lock: Option<File>,
}

/// A sync under way. While it lives, no other process begins one of the same integration; a commit
/// of one that was replaced is refused.
pub struct Run {
    /// Our own id.
    pub(crate) id: String,
    pub(crate) integration: String,
    /// The operating system releases the lock when the file is closed, also after `kill -9`.
    pub(crate) _lock: Option<File>,
}

/// One page of a sync, and where it stands in the merge.
#[derive(Clone, Debug)]
pub struct StoredPage {
    /// The stream.
    pub stream: String,
    /// The phase.
    pub phase: u32,
    /// The path of forks.
    pub chain: Vec<u32>,
    /// The number within the chain.
    pub sequence: u32,
    /// What the page said.
    pub records: Vec<Record>,
}

/// The host's memory of syncs.
pub trait SyncStore: Send + Sync {
    /// Begins a sync; what an unfinished one left is gone. `None` while another process syncs.
    ///
    /// # Errors
    /// `NotFound` when the integration was removed.
    fn begin_run(&self, integration: &str, id: &str) -> Result<Option<Run>>;
    /// Writes pages down, all or none.
    ///
    /// # Errors
    /// `Unavailable` when another sync took over.
    fn commit_pages(&self, run: &Run, pages: &[StoredPage]) -> Result<()>;
    /// Drops the pages of a stream that begins anew.
    fn drop_stream(&self, run: &Run, stream: &str) -> Result<()>;
    /// Gives the records of every page, in merge order.
    fn each_page(&self, run: &Run, take: &mut dyn FnMut(Vec<Record>)) -> Result<()>;
    /// Puts the snapshot, and the names in it, in place of the last ones, at once or not at all, and
    /// drops the pages.
    ///
    /// # Errors
    /// As [`commit_pages`](Self::commit_pages).
    fn seal(&self, run: &Run, snapshot: &Snapshot) -> Result<()>;
    /// The snapshot of the last finished sync.
    fn snapshot(&self, integration: &str) -> Result<Option<Snapshot>>;
    /// The names of the last finished sync, of objects of this kind, that begin so, without regard
    /// to case: in alphabetical order, and at most so many. Takes an instant.
    fn names(
        &self,
        integration: &str,
        kind: &str,
        beginning: &str,
        limit: u32,
    ) -> Result<Vec<KnownName>>;
}

/// The host's memory: coarse, synchronous operations.
pub trait Store: SyncStore {
    /// Every integration, by name.
    fn integrations(&self) -> Result<Vec<Integration>>;
    /// The integration of this name.
    fn integration(&self, name: &str) -> Result<Option<Integration>>;
    /// Adds an integration with its secrets.
    ///
    /// # Errors
    /// `InvalidRequest` when the name is taken.
    fn add(&self, integration: &Integration, secrets: &[SealedSecret]) -> Result<()>;
    /// Reads an integration, changes it, and writes it, with its secrets when given, in one
    /// transaction: what another process stored meanwhile is not lost. One that leads elsewhere then
    /// forgets its snapshot, and a sync under way comes to nothing. Gives it as it is stored.
    ///
    /// # Errors
    /// `NotFound` when it was removed meanwhile.
    fn modify(
        &self,
        id: &str,
        secrets: Option<&[SealedSecret]>,
        change: &mut dyn FnMut(&mut Integration),
    ) -> Result<Integration>;
    /// Removes an integration and its secrets. Its journal stays.
    fn remove(&self, id: &str) -> Result<()>;
    /// The secrets of an integration.
    fn secrets(&self, id: &str) -> Result<Vec<SealedSecret>>;
    /// The name of the integration that commands use by default.
    fn current(&self) -> Result<Option<String>>;
    /// Sets it.
    fn set_current(&self, name: Option<&str>) -> Result<()>;
    /// Claims the right to change an integration; `None` while another process has it.
    ///
    /// # Errors
    /// `NotFound` when it was removed meanwhile.
    fn claim(&self, id: &str) -> Result<Option<Claim>>;
    /// The process that has the claim, as far as can be seen. Whoever asks knows that one has it.
    fn holder(&self, id: &str) -> Option<Holder>;
    /// Writes the changes of one request down right before it is sent, all or none; once more, with
    /// a new time, when it is sent again. Durable when it returns.
    fn intent(&self, claim: &Claim, entries: &[JournalEntry]) -> Result<()>;
    /// Writes down what came of changes, by their ids, all or none.
    fn settle(&self, claim: &Claim, settled: &[(&str, &Settlement)]) -> Result<()>;
    /// The journal, newest first; of all integrations that had this name, also removed ones, or
    /// all.
    fn journal(&self, integration: Option<&str>, limit: u32) -> Result<Vec<JournalEntry>>;
    /// The entries whose id starts so.
    fn journal_entries(&self, id_prefix: &str) -> Result<Vec<JournalEntry>>;
    /// The changes of the same grant before this one, newest first; none for an action on an
    /// object. One that is not written yet comes after all.
    fn earlier(&self, entry: &JournalEntry, limit: u32) -> Result<Vec<JournalEntry>>;
    /// The entries of an integration that are not settled, oldest first.
    fn unsettled(&self, integration: &str) -> Result<Vec<JournalEntry>>;
}
