//! One change of access, from names to a settled outcome.

use doorward_core::{
    AccessPath, ApplyRequest, Error, ErrorKind, Grant, GrantKey, Object, Operation, Outcome,
    Resource, Result, Skipped,
};
use doorward_http::{CallEnd, CallOptions, Mode, PlannedRequest, Session};
use serde::Serialize;
use std::sync::Arc;

use crate::Selector;
use crate::intent::Intent;
use crate::judge::{self, judge};
use crate::opened::{CALL_DEADLINE, Opened};
use crate::prepare::{People, Prepared};
use crate::settle::LOOKS;
use crate::store::{Claim, JournalEntry, JournalState, Settlement, Store};

/// Give or take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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
    /// Whether access for good is meant, where that must be said.
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
    /// Where it holds; absent: everywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<Resource>,
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
        let verb = request.verb;
        let prepared = self.prepare(request).await?;
        let request = self.plan_request(&prepared.operation).await?;
        Ok(ChangeReport { request, ..report(verb, prepared) })
    }

    /// Carries one change out: names are resolved exactly, then manageability, then policy, then
    /// the intent is journaled, then one write, then its outcome is journaled. A lost answer is
    /// settled by looking.
    ///
    /// # Errors
    /// `NotFound`, `Ambiguous`, `NotManageable` and `DeniedByPolicy` before anything is sent; those
    /// of the provider, with the journal entry's id as the attribute `journal`.
    pub async fn change(&self, request: ChangeRequest) -> Result<ChangeReport> {
        let verb = request.verb;
        let store = self.writable_store()?;
        let claim = Arc::new(self.claim().await?);
        let mut judged_by = self.refresh()?;
        let mut prepared = self.prepare(request.clone()).await?;
        if self.settle_same(&claim, &prepared.key).await? {
            // That may have taken minutes.
            judged_by = self.refresh()?;
            prepared = self.prepare(request).await?;
        }
        let intent = Intent::new(Arc::clone(store), Arc::clone(&claim), self, judged_by, &prepared);
        let intent = Arc::new(intent);
        let earlier = store.earlier(intent.draft(), EARLIER)?;
        let session = self.session()?;
        let mut settlement = self.carry_out_patiently(session, &intent, &prepared, &earlier).await;
        let entry = intent.written();
        let mut not_journaled = None;
        if let Some(entry) = &entry {
            let recorded = self.record(store.as_ref(), &claim, entry, &mut settlement).await;
            not_journaled = recorded.err();
        }
        let took = entry.is_some() || judge::ours(intent.draft(), &earlier) == Some(false);
        // What follows only reads; others need not wait for it.
        drop((intent, claim));
        let journal = entry.map(|entry| entry.id);
        let outcome = judge::ended(&settlement, &prepared.resource).map_err(|mut error| {
            if let Some(unwritten) = &not_journaled {
                error = error.cause(unwritten);
            }
            match &journal {
                Some(id) => error.attribute("journal", id.clone()),
                None => error,
            }
        })?;
        let (remaining, remaining_unknown) = match verb {
            Verb::Revoke if outcome.kind.is_final() => self.remaining(&prepared.key, took).await,
            _ => (Vec::new(), None),
        };
        Ok(ChangeReport {
            outcome: Some(outcome),
            by_looking: settlement.by_looking,
            not_journaled,
            remaining,
            remaining_unknown,
            journal,
            request_id: settlement.request_id,
            ..report(verb, prepared)
        })
    }

    fn writable_store(&self) -> Result<&Arc<dyn Store>> {
        self.store.as_ref().ok_or_else(not_stored)
    }

    /// The one write request that the operation will send, found by running the same code in plan
    /// mode. `None` when the connector needs no request.
    async fn plan_request(&self, operation: &Operation) -> Result<Option<PlannedRequest>> {
        let call = self.call(Mode::Plan)?;
        let request = ApplyRequest { operations: vec![operation.clone()] };
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

    /// Carries the change out. A connector that must read before it can write may find nothing to
    /// change because a replica lags: it is asked again while that contradicts what is known, and
    /// believed when no replica can lag any more. So far nothing was sent.
    async fn carry_out_patiently(
        &self,
        session: &Session,
        intent: &Arc<Intent>,
        prepared: &Prepared,
        earlier: &[JournalEntry],
    ) -> Settlement {
        let mut delays = LOOKS.into_iter().enumerate().skip(1);
        loop {
            let mut settlement = self.carry_out(session, intent, prepared).await;
            let is_sent = intent.written().is_some();
            if is_sent || !judge::is_contradicted(&settlement, intent.draft(), earlier) {
                return settlement;
            }
            let Some((number, delay)) = delays.next() else {
                judge::confirm(&mut settlement);
                return settlement;
            };
            if number == 1 {
                self.environment.observer.note(
                    "The provider does not show what is known to be there; it is asked again, for \
                     up to two minutes. Nothing was sent yet.",
                );
            }
            tokio::time::sleep(delay).await;
        }
    }

    /// Sends the write, after its intent is journaled, and judges what came of it.
    async fn carry_out(
        &self,
        session: &Session,
        intent: &Arc<Intent>,
        prepared: &Prepared,
    ) -> Settlement {
        let mut options = CallOptions::new(Mode::Live, CALL_DEADLINE);
        let before_write = Arc::clone(intent);
        options.before_write = Some(Arc::new(move |write| before_write.write(write)));
        let call = session.call(options);
        let request = ApplyRequest { operations: vec![prepared.operation.clone()] };
        let result = self
            .run(&call, |cx, connector| {
                let request = request.clone();
                async move { connector.apply(&cx, request).await }
            })
            .await;
        let now = self.environment.clock.now();
        judge(&prepared.operation.action, result, &call.writes(), now)
    }

    /// Writes down what came of the change, and looks when that is in doubt. What is known is in
    /// `settlement`, also when the store fails.
    async fn record(
        &self,
        store: &dyn Store,
        claim: &Claim,
        entry: &JournalEntry,
        settlement: &mut Settlement,
    ) -> Result<()> {
        judge::doubt(settlement, entry, &store.earlier(entry, EARLIER)?);
        store.settle(claim, &entry.id, settlement)?;
        if settlement.state() == JournalState::Open {
            let mut open = entry.clone();
            open.settlement = Some(settlement.clone());
            if let Some(found) = self.settle_patiently(claim, &open).await? {
                *settlement = found;
            }
        }
        Ok(())
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

fn report(verb: Verb, prepared: Prepared) -> ChangeReport {
    ChangeReport {
        action: verb,
        principal: prepared.principal,
        resource: prepared.resource,
        entitlement: prepared.key.entitlement,
        scope: prepared.scope,
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
