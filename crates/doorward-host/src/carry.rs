//! A change that is permitted is carried out: its intent journaled, its write sent, its outcome judged
//! and journaled. Several that are alike go by one write.

use doorward_core::{ApplyRequest, Error, Operation, Outcome, Result};
use doorward_http::{CallOptions, Mode, Session, WriteRecord};
use futures::future::join_all;
use std::sync::Arc;

use crate::change::{ChangeReport, EARLIER, report};
use crate::intent::{self, Intent};
use crate::judge::{self, judge};
use crate::opened::{CALL_DEADLINE, Opened};
use crate::prepare::Prepared;
use crate::settle::LOOKS;
use crate::store::{Claim, Integration, JournalEntry, JournalState, Settlement, Store};

/// One change that was carried out.
pub(crate) struct Carried {
    pub(crate) report: Result<ChangeReport>,
    /// Whether it, or one of ours a moment ago, took the grant: a replica may still show it.
    pub(crate) took: bool,
}

/// Several changes that were carried out by one write.
pub(crate) enum Together {
    /// What came of each.
    Ended(Vec<Result<ChangeReport>>),
    /// They were refused as a whole; nothing was changed.
    Refused(Box<Error>),
}

impl Opened {
    /// Carries one change out that is permitted.
    ///
    /// # Errors
    /// Those of the store before anything is sent.
    pub(crate) async fn carry(
        &self,
        claim: &Arc<Claim>,
        judged_by: Integration,
        prepared: Prepared,
    ) -> Result<Carried> {
        let store = self.writable_store()?;
        let draft = intent::draft(self, &judged_by, &prepared);
        let intent = self.intent(claim, judged_by, vec![draft.clone()])?;
        let earlier = store.earlier(&draft, EARLIER)?;
        let session = self.session()?;
        let settlement =
            self.carry_out_patiently(session, &intent, &prepared, &draft, &earlier).await;
        let entry = intent.written().pop();
        let took = entry.is_some() || judge::ours(&draft, &earlier) == Some(false);
        let report = self.recorded(claim, prepared, entry, settlement).await;
        Ok(Carried { report, took })
    }

    /// Carries several changes out with one write, which the host knows to be alike: grants or
    /// revokes of one entitlement on one resource.
    ///
    /// # Errors
    /// Those of the store before anything is sent.
    pub(crate) async fn carry_together(
        &self,
        claim: &Arc<Claim>,
        judged_by: Integration,
        batch: Vec<Prepared>,
    ) -> Result<Together> {
        let drafts = batch.iter().map(|prepared| intent::draft(self, &judged_by, prepared));
        let intent = self.intent(claim, judged_by.clone(), drafts.collect())?;
        let session = self.session()?;
        let operations = batch.iter().map(|prepared| prepared.operation.clone()).collect();
        let (result, writes) = self.apply(session, &intent, operations).await;
        let written = intent.written();
        let now = self.environment.clock.now();
        if let Some(error) = judge::refused_as_a_whole(&result, &writes) {
            // Nothing was changed, and the journal knows it before they are tried one by one.
            let refused = judge::refused(error.clone(), &writes, now);
            let refused: Vec<_> =
                written.iter().map(|entry| (entry.id.as_str(), &refused)).collect();
            self.writable_store()?.settle(claim, &refused)?;
            return Ok(Together::Refused(Box::new(error)));
        }
        let answers = judge::answers(result, batch.len());
        let mut entries = written.into_iter();
        let ended = batch.into_iter().zip(answers).map(|(prepared, answer)| {
            let settlement = judge(&prepared.operation.action, answer, &writes, now);
            self.recorded(claim, prepared, entries.next(), settlement)
        });
        // A lost answer is looked up for each of them, which takes as long as for one.
        Ok(Together::Ended(join_all(ended).await))
    }

    fn intent(
        &self,
        claim: &Arc<Claim>,
        judged_by: Integration,
        drafts: Vec<JournalEntry>,
    ) -> Result<Arc<Intent>> {
        let store = Arc::clone(self.writable_store()?);
        Ok(Arc::new(Intent::new(store, Arc::clone(claim), self, judged_by, drafts)))
    }

    /// What came of a change, once it is in the journal.
    async fn recorded(
        &self,
        claim: &Claim,
        prepared: Prepared,
        entry: Option<JournalEntry>,
        mut settlement: Settlement,
    ) -> Result<ChangeReport> {
        let store = self.writable_store()?;
        let mut not_journaled = None;
        if let Some(entry) = &entry {
            let recorded = self.record(store.as_ref(), claim, entry, &mut settlement).await;
            not_journaled = recorded.err();
        }
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
        Ok(ChangeReport {
            outcome: Some(outcome),
            by_looking: settlement.by_looking,
            not_journaled,
            journal,
            request_id: settlement.request_id,
            ..report(prepared)
        })
    }

    /// Carries the change out. A connector that must read before it can write may find nothing to
    /// change because a replica lags: it is asked again while that contradicts what is known, and
    /// believed when no replica can lag any more. So far nothing was sent.
    async fn carry_out_patiently(
        &self,
        session: &Session,
        intent: &Arc<Intent>,
        prepared: &Prepared,
        draft: &JournalEntry,
        earlier: &[JournalEntry],
    ) -> Settlement {
        let mut delays = LOOKS.into_iter().enumerate().skip(1);
        loop {
            let mut settlement = self.carry_out(session, intent, prepared).await;
            let is_sent = !intent.written().is_empty();
            if is_sent || !judge::is_contradicted(&settlement, draft, earlier) {
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
        let operations = vec![prepared.operation.clone()];
        let (result, writes) = self.apply(session, intent, operations).await;
        let now = self.environment.clock.now();
        let answer = judge::answers(result, 1).pop().unwrap_or_else(|| {
            Err(Error::internal("A change ended without an answer of the connector."))
        });
        judge(&prepared.operation.action, answer, &writes, now)
    }

    /// Lets the connector apply the operations, and gives the writes that left.
    async fn apply(
        &self,
        session: &Session,
        intent: &Arc<Intent>,
        operations: Vec<Operation>,
    ) -> (Result<Vec<Result<Outcome>>>, Vec<WriteRecord>) {
        let mut options = CallOptions::new(Mode::Live, CALL_DEADLINE);
        let before_write = Arc::clone(intent);
        options.before_write = Some(Arc::new(move |write| before_write.write(write)));
        let call = session.call(options);
        let request = ApplyRequest { operations };
        let result = self
            .run(&call, |cx, connector| {
                let request = request.clone();
                async move { connector.apply(&cx, request).await }
            })
            .await;
        (result, call.writes())
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
        store.settle(claim, &[(&entry.id, settlement)])?;
        if settlement.state() == JournalState::Open {
            let mut open = entry.clone();
            open.settlement = Some(settlement.clone());
            if let Some(found) = self.settle_patiently(claim, &open).await? {
                *settlement = found;
            }
        }
        Ok(())
    }
}
