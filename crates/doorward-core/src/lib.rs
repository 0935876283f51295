//! The contract between Doorward's host and its connectors.
//!
//! A connector is protocol logic and nothing else: it implements [`Factory`] and [`Connector`],
//! reaches the outside only through its [`Context`], and never sees a secret. Everything here is
//! plain, owned, serialisable data, so that the same connector runs natively, as a WebAssembly
//! component, and in a simulation under paused time.

mod attributes;
mod check;
mod connection;
mod connector;
mod context;
mod cursor;
mod descriptor;
mod error;
mod http;
mod model;
mod operation;
mod reach;
mod read;
mod registry;
#[cfg(not(target_family = "wasm"))]
pub mod validation;

pub use attributes::Attributes;
pub use check::{
    Authority, AuthorityEntry, CheckReport, CredentialExpiry, Finding, Identity, Severity,
};
pub use connection::{Connection, SecretReference};
pub use connector::{Connector, Factory};
pub use context::{Clock, Context, Level, Log, Random};
pub use cursor::{Cursor, Next, Page, StartRequest, SyncRequest, Usage};
pub use descriptor::{
    Ability, Capability, Descriptor, Entitlement, Need, Pacing, Permission, PrincipalKind,
    ResourceKind, Script, SetupGuide, SetupStep, Use, WantedAbility,
};
pub use error::{Error, ErrorKind, Result, Retry};
pub use http::{Effect, Http, HttpRequest, HttpResponse, MOST_AT_ONCE, Method, Path};
pub use model::{
    AccessPath, Account, ENDS_UNKNOWN, Expected, GoneGrant, GoneObject, Grant, GrantKey, GrantKind,
    KeptHolder, NOTICES, Notice, Object, ObjectRef, Record, Refusal, RefusalRule, Resource,
    Skipped,
};
pub use operation::{
    Action, ApplyRequest, CAN_ACTIVATE_AGAIN, Operation, Outcome, OutcomeKind, REQUEST_STATUS,
    SettleRequest,
};
pub use reach::{AuthFailure, AuthStage, Endpoint, Reach, Scheme, SecretPlacement};
pub use read::{Answer, Query, ReadRequest, Term};
pub use registry::{Registration, Registry};

/// What a connector crate needs to register itself; re-exported so that it names one dependency.
pub use async_trait::async_trait;
#[doc(hidden)]
pub use inventory;
/// A moment in time, in UTC.
pub use jiff::Timestamp;
