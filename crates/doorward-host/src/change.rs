//! One change of access, from names to a settled outcome.

use doorward_core::{
    AccessPath, ApplyRequest, Error, ErrorKind, Grant, GrantKey, GrantKind, Object, Operation,
    Outcome, Resource, Result, Skipped, Timestamp,
};
use doorward_http::{CallEnd, CallOptions, Mode, PlannedRequest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

use crate::Selector;
use crate::carry::Carried;
use crate::judge;
use crate::opened::{CALL_DEADLINE, Opened};
use crate::prepare::{People, Prepared};
use crate::store::Store;

/// Give or take.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Give access.
    Grant,
    /// Take access.
    Revoke,
}

/// What somebody asks for.
#[derive(Clone, Debug)]
pub struct ChangeRequest {
    /// Give or take.
    pub verb: Verb,
    /// Whose access.
    pub principal: Selector,
    /// On what.
    pub resource: Selector,
    /// Which right; absent means the first that the resource's kind has.
    pub right: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The ticket that asks for it.
    pub ticket: Option<String>,
    /// Access now, or the right to activate it.
    pub kind: GrantKind,
    /// Until when access is given; the provider itself ends it.
    pub until: Option<Timestamp>,
    /// Whether access for good is meant, where that must be said and no end is.
    pub permanent: bool,
    /// Whether a change of a privileged resource is meant.
    pub allow_tier0: bool,
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeReport {
    /// Give or take.
    pub action: Verb,
    /// Whose access.
    pub principal: Object,
    /// On what.
    pub resource: Resource,
    /// Which right.
    pub entitlement: String,
    /// Access, or the right to activate it.
    pub kind: GrantKind,
    /// Where it holds; absent: everywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<Resource>,
    /// Until when it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// How many people a group brings that is given access.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brings: Option<People>,
    /// The grant before, when there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prior: Option<Grant>,
    /// Why it could not be seen whether there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prior_unknown: Option<Skipped>,
    /// In a dry run: the exact request that would be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<PlannedRequest>,
    /// What happened; absent in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Whether the outcome was found out by looking, because the answer was lost or contradicted
    /// what is known.
    pub by_looking: bool,
    /// Why the outcome could not be written into the journal: the next command finds it out by
    /// looking.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_journaled: Option<Error>,
    /// After a revoke: the other ways by which the principal still has the access.
    pub remaining: Vec<AccessPath>,
    /// Why the other ways could not be read, so that there may be more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining_unknown: Option<Error>,
    /// The journal entry's id; absent when nothing was sent, as in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journal: Option<String>,
    /// The provider's id of the write request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Opened {
    /// Shows what [`change`](Self::change) would send, by the same code, and sends no write.
    ///
    /// # Errors
    /// As [`change`](Self::change).
    pub async fn plan(&self, request: ChangeRequest) -> Result<ChangeReport> {
        let prepared = self.prepare(request).await?;
        let request = self.plan_request(vec![prepared.operation.clone()], None).await?;
        Ok(ChangeReport { request, ..report(prepared) })
    }

    /// Carries one change out: names are resolved exactly, then manageability, then policy, then
    /// the intent is journaled, then one write, then its outcome is journaled. A lost answer is
    /// settled by looking.
    ///
    /// # Errors
    /// `NotFound`, `Ambiguous`, `NotManageable` and `DeniedByPolicy` before anything is sent; those
    /// of the provider, with the journal entry's id as the attribute `journal`.
    pub async fn change(&self, request: ChangeRequest) -> Result<ChangeReport> {
        self.writable_store()?;
        let claim = Arc::new(self.claim().await?);
        let mut judged_by = self.refresh()?;
        let mut prepared = self.prepare(request.clone()).await?;
        if self.settle_same(&claim, &prepared.key).await? {
            // That may have taken minutes.
            judged_by = self.refresh()?;
            prepared = self.prepare(request).await?;
        }
        let Carried { report, took } = self.carry(&claim, judged_by, prepared).await?;
        // What follows only reads; others need not wait for it.
        drop(claim);
        let mut report = report?;
        self.add_remaining(&mut report, took).await;
        Ok(report)
    }

    /// Adds to a revoke that is over by which other ways the access is still held.
    pub(crate) async fn add_remaining(&self, report: &mut ChangeReport, took: bool) {
        let is_over = report.outcome.as_ref().is_some_and(|outcome| outcome.kind.is_final());
        if report.action == Verb::Revoke && is_over {
            let (remaining, unknown) = self.remaining(&report.key(), took).await;
            report.remaining = remaining;
            report.remaining_unknown = unknown;
        }
    }

    pub(crate) fn writable_store(&self) -> Result<&Arc<dyn Store>> {
        self.store.as_ref().ok_or_else(not_stored)
    }

    /// The one write request that the operations will send, found by running the same code in plan
    /// mode, of this moment or of now. `None` when the connector needs no request.
    pub(crate) async fn plan_request(
        &self,
        operations: Vec<Operation>,
        moment: Option<Timestamp>,
    ) -> Result<Option<PlannedRequest>> {
        let options = CallOptions::new(Mode::Plan, CALL_DEADLINE);
        let call = self.session()?.call(CallOptions { told_moment: moment, ..options });
        let request = ApplyRequest { operations };
        let connector = Arc::clone(&self.connector);
        let ended = call
            .run(|cx| {
                let (connector, request) = (Arc::clone(&connector), request.clone());
                async move { connector.apply(&cx, request).await }
            })
            .await;
        match ended {
            Ok(_) => Ok(None),
            Err(CallEnd::Planned(request)) => Ok(Some(request)),
            Err(end) => Err(self.ended(end)),
        }
    }

    /// The other ways by which the principal still has the access.
    async fn remaining(&self, key: &GrantKey, took: bool) -> (Vec<AccessPath>, Option<Error>) {
        match self.ways(key).await {
            Ok((mut ways, gap)) => {
                // A replica that lags may still show what we just took.
                ways.retain(|way| !took || way.grants.as_slice() != std::slice::from_ref(key));
                (ways, gap)
            }
            Err(error) => (Vec::new(), Some(error)),
        }
    }
}

impl ChangeReport {
    /// The grant that it is about.
    pub(crate) fn key(&self) -> GrantKey {
        GrantKey {
            principal: self.principal.key().clone(),
            resource: self.resource.key.clone(),
            entitlement: self.entitlement.clone(),
            scope: self.scope.as_ref().map(|scope| scope.key.clone()),
            kind: self.kind,
        }
    }

    /// Whether the provider's answer contradicted what was known, so that a look decided.
    pub fn is_doubted(&self) -> bool {
        self.outcome.as_ref().is_some_and(judge::is_doubted)
    }
}

/// A change through a connection that is not stored. Who knows how to store it says so as the
/// remedy.
pub fn not_stored() -> Error {
    Error::new(
        ErrorKind::DeniedByPolicy,
        "not-stored",
        "Nothing is changed through a connection that is not stored: it has no policy and no \
         journal. Nothing was sent.",
    )
    .remedy("Store it with `doorward integration add`, then allow what may be changed.")
}

/// How many earlier changes of the same grant are looked at.
pub(crate) const EARLIER: u32 = 20;

pub(crate) fn report(prepared: Prepared) -> ChangeReport {
    let until = prepared.until();
    ChangeReport {
        action: prepared.verb,
        principal: prepared.principal,
        resource: prepared.resource,
        entitlement: prepared.key.entitlement,
        kind: prepared.key.kind,
        scope: prepared.scope,
        until,
        brings: prepared.brings,
        prior: prepared.prior,
        prior_unknown: prepared.prior_unknown,
        request: None,
        outcome: None,
        by_looking: false,
        not_journaled: None,
        remaining: Vec::new(),
        remaining_unknown: None,
        journal: None,
        request_id: None,
    }
}
