//! The engine: opens integrations, answers who has access to what, and changes access.
//!
//! What is the same for every connector lives here: approval of reach, name resolution, policy,
//! the journal, settling of lost answers. Data flows one way: the binary gives a [`Host`] its
//! parts, the host opens an [`Integration`] as an [`Opened`] one, and that one answers.

mod access;
mod bulk;
mod carry;
mod change;
mod environment;
mod host;
mod intent;
mod judge;
mod opened;
mod permit;
mod policy;
mod prepare;
mod private;
mod rekey;
mod remember;
mod resolve;
mod secrets;
mod selector;
mod settle;
mod sqlite;
mod store;
mod sync;
mod terms;
mod uses;
mod vault;

pub use access::{AccessList, AccessRow, Explanation};
pub use bulk::{
    BulkLine, BulkOptions, BulkProgress, BulkReport, ChangePlan, LineEnd, LineReport, PLAN_LIVES,
    PlanFlags, PlannedBatch, PlannedChange, PlannedError, PlannedFor, Prior, Stop,
};
pub use change::{ChangeReport, ChangeRequest, Verb, not_stored};
pub use environment::{Environment, Observer, SystemClock, SystemRandom, TracingLog};
pub use host::{Host, Proposal, check_name, connector, stored};
pub use opened::Opened;
pub use policy::{AllowedResource, GUEST, Policy};
pub use prepare::People;
pub use private::{make_directory as make_private_directory, new_file as new_private_file};
pub use rekey::{finish_rotation, reseal, rotate_key_file};
pub use resolve::{Candidate, candidates};
pub use secrets::{SecretSources, SourceResolver};
pub use selector::{Selector, SelectorRole};
pub use sqlite::{Holder, KeyUse, SqliteStore};
pub use store::{
    Claim, Closing, Integration, JournalEntry, JournalState, RequestSummary, Run, SealedSecret,
    Settlement, Store, StoredPage, SyncStore,
};
pub use sync::{KnownName, Ledger, Progress, Snapshot};
pub use uses::{Excess, JudgedAbility, Judgement, Uses, Verdict};
pub use vault::Vault;
