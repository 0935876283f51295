//! The two traits that a connector implements.

use async_trait::async_trait;
use std::sync::Arc;

use crate::{
    Answer, ApplyRequest, AuthFailure, CheckReport, Connection, Context, Cursor, Descriptor, Error,
    ErrorKind, Outcome, Page, Reach, ReadRequest, Result, SettleRequest, StartRequest, SyncRequest,
};

/// Describes a connector and opens connections. Pure: no network, no clock, no state.
pub trait Factory: Send + Sync {
    /// What the connector says about itself.
    fn descriptor(&self) -> &Descriptor;

    /// Opens a validated connection whose secrets have been replaced by references. Pure and
    /// cheap; the network is first touched by [`Connector::check`].
    ///
    /// # Errors
    /// `InvalidConnection` when the connection cannot be used for a reason that a schema cannot
    /// say.
    fn open(&self, connection: Connection) -> Result<Arc<dyn Connector>>;
}

/// One open connection. Stateless between calls: everything that a call needs is in its request.
///
/// All errors may be `Unavailable`, `Timeout`, `RateLimited` or `PermissionDenied` beside those
/// that a method names. A refused credential is not an error of these methods: the host drops the
/// call and asks [`explain`](Self::explain).
#[async_trait]
pub trait Connector: Send + Sync {
    /// The endpoints that the connection needs. Pure.
    fn reach(&self) -> Reach;

    /// Where a sync begins: one cursor at least for each stream asked for. Pure.
    ///
    /// Without [`Capability::Sync`](crate::Capability::Sync): none.
    ///
    /// # Errors
    /// `ContractViolation` when the connector itself failed, as a component can.
    fn start(&self, request: StartRequest) -> Result<Vec<Cursor>> {
        let _ = request;
        Ok(Vec::new())
    }

    /// Says who we are there, what we may do and where, and what the operator should know.
    ///
    /// Needs [`Capability::Check`](crate::Capability::Check).
    async fn check(&self, cx: &Context) -> Result<CheckReport>;

    /// Reads the page of one cursor.
    ///
    /// Needs [`Capability::Sync`](crate::Capability::Sync).
    ///
    /// # Errors
    /// `CursorExpired` when the stream must be read again from its start.
    async fn sync(&self, cx: &Context, request: SyncRequest) -> Result<Page> {
        let _ = (cx, request);
        Err(unsupported("sync"))
    }

    /// Answers one question, one page at a time.
    ///
    /// Needs [`Capability::Read`](crate::Capability::Read). Missing targets: `Find`, `Objects` and
    /// `Grant` answer with nothing; `Holders`, `Holdings` and `Paths` give `NotFound`.
    async fn read(&self, cx: &Context, request: ReadRequest) -> Result<Answer>;

    /// Carries the operations out with **one** write request, and says of each, in the same order,
    /// what happened. An operation that was carried out before is an "already" outcome, not an
    /// error.
    ///
    /// Needs [`Capability::Grant`](crate::Capability::Grant) or
    /// [`Capability::Revoke`](crate::Capability::Revoke).
    ///
    /// # Errors
    /// As a whole when the provider refused the request as a whole: then nothing was changed, and
    /// the host calls again with single operations. A missing resource or principal is `NotFound`.
    async fn apply(&self, cx: &Context, request: ApplyRequest) -> Result<Vec<Result<Outcome>>> {
        let _ = (cx, request);
        Err(unsupported("apply"))
    }

    /// Finds out what came of an operation that is pending or whose answer was lost, by looking.
    /// Never writes.
    ///
    /// `Unknown` (or `Pending`) while it cannot be told yet, for example because the provider's
    /// replicas may lag; `NotApplied` once it is certain that nothing was changed. A missing
    /// target means, once replicas have caught up: not applied (after a grant), revoked (after a
    /// revoke). An error means that it could not look, and settles nothing.
    async fn settle(&self, cx: &Context, request: SettleRequest) -> Result<Outcome> {
        let _ = (cx, request);
        Err(unsupported("settle"))
    }

    /// Turns the provider's refusal of our credential into an error with its remedy. Pure.
    fn explain(&self, failure: AuthFailure) -> Error;
}

fn unsupported(operation: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        "unsupported",
        format!("This connector does not offer `{operation}`."),
    )
}
