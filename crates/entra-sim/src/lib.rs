//! Microsoft Entra ID's token endpoint and Microsoft Graph v1.0, imitated in memory.
//!
//! Everything that it says on the wire follows the project's facts file (`graph-facts.md`); the
//! documentation of each item names the section, as "facts §n". It depends on none of our crates, so
//! that it cannot share the connector's mistakes.
//!
//! Deterministic: the same seed, settings, clock and order of requests give the same bytes.

mod answer;
mod authority;
pub mod cast;
mod delta;
mod faults;
mod graph;
mod keys;
mod quota;
mod random;
mod self_signed;
mod serve;
mod settings;
mod simulator;
mod tenant;
mod token;
mod trace;

pub use faults::{Answer, Fault, Matcher};
pub use graph::property_names::properties_of;
pub use keys::{CredentialError, PublicKey};
pub use self_signed::{SelfSigned, SelfSignedError};
pub use serve::serve;
pub use settings::{
    AppRoleDuplicate, DeadToken, Delta, Lag, Latency, RetryAfter, Settings, Throttling, Trailer,
};
pub use simulator::{SimulatedFault, Simulator, TenantGuard};
pub use tenant::{
    EnablementRule, EnterpriseApplication, ExpirationRule, FederatedCredential, GroupKind, Held,
    HeldAppRole, HeldRole, HeldSchedule, Kind, PimPolicy, PimRefusal, Privilege, RiskLevel,
    RiskState, RiskyUser, Size, Tenant, Tenure,
};
pub use trace::TraceEntry;
