//! The journal's entries of the changes of one write, written right before it leaves.

use doorward_core::{Error, ErrorKind, Result};
use doorward_http::WriteRecord;
use std::sync::{Arc, Mutex, PoisonError};

use crate::environment::Observer;
use crate::opened::{Opened, changed, display_name, stored_now};
use crate::prepare::Prepared;
use crate::store::{Claim, Integration, JournalEntry, JournalState, RequestSummary, Store};

/// Journals changes right before their write leaves: nothing is sent that the journal does not know.
pub(crate) struct Intent {
    store: Arc<dyn Store>,
    claim: Arc<Claim>,
    /// The integration by whose policy the changes were permitted.
    judged_by: Integration,
    /// The entries but for the write itself.
    drafts: Vec<JournalEntry>,
    observer: Arc<dyn Observer>,
    /// The entries as they were written; none before the write left.
    written: Mutex<Vec<JournalEntry>>,
}

/// The journal's entry of a change, but for its write.
pub(crate) fn draft(opened: &Opened, judged_by: &Integration, prepared: &Prepared) -> JournalEntry {
    JournalEntry {
        id: prepared.operation.id.clone(),
        integration: judged_by.id.clone(),
        integration_name: judged_by.name.clone(),
        at: opened.environment.clock.now(),
        actor: opened.environment.actor.clone(),
        operation: prepared.operation.clone(),
        principal_name: display_name(&prepared.principal),
        resource_name: prepared.resource.name.clone(),
        scope_name: prepared.scope.as_ref().map(|scope| scope.name.clone()),
        prior: prepared.prior.clone(),
        prior_unknown: prepared.prior_unknown.clone(),
        request: RequestSummary::default(),
        state: JournalState::Intent,
        settlement: None,
    }
}

impl Intent {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        claim: Arc<Claim>,
        opened: &Opened,
        judged_by: Integration,
        drafts: Vec<JournalEntry>,
    ) -> Self {
        let observer = Arc::clone(&opened.environment.observer);
        Self { store, claim, judged_by, drafts, observer, written: Mutex::default() }
    }

    /// The entries in the order of the changes; none before the write left.
    pub(crate) fn written(&self) -> Vec<JournalEntry> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The same request may leave again, after a fresh token or a pause; another one may not: a
    /// lost answer to the first of two writes could not be told from one to the second.
    pub(crate) fn write(&self, write: &WriteRecord) -> Result<()> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if written.first().is_some_and(|entry| entry.request.digest != write.digest) {
            return Err(Error::new(
                ErrorKind::ContractViolation,
                "second-write",
                "The connector tried to send a second write for one change.",
            )
            .remedy("This is a defect of the connector. Please report it."));
        }
        self.still_permitted()?;
        let request = RequestSummary {
            method: write.method.name().to_owned(),
            url: write.url.clone(),
            digest: write.digest.clone(),
        };
        let with_write = |draft: &JournalEntry| JournalEntry {
            at: write.sent,
            request: request.clone(),
            ..draft.clone()
        };
        let entries: Vec<JournalEntry> = self.drafts.iter().map(with_write).collect();
        self.store.intent(&self.claim, &entries)?;
        for entry in &entries {
            self.observer.journaled(&entry.id);
        }
        *written = entries;
        Ok(())
    }

    /// Names were looked up, replicas waited for, a throttled write repeated: whoever changed the
    /// policy meanwhile did not mean this change to slip through.
    fn still_permitted(&self) -> Result<()> {
        let stored = stored_now(self.store.as_ref(), &self.judged_by)?;
        if stored.policy == self.judged_by.policy {
            return Ok(());
        }
        Err(changed("policy-changed", format!("The policy of `{}`", stored.name)))
    }
}
