//! The journal's entry of a change, written right before its write leaves.

use doorward_core::{Error, ErrorKind, Result};
use doorward_http::WriteRecord;
use std::sync::{Arc, Mutex, PoisonError};

use crate::environment::Observer;
use crate::opened::{Opened, changed, display_name, stored_now};
use crate::prepare::Prepared;
use crate::store::{Claim, Integration, JournalEntry, JournalState, RequestSummary, Store};

/// Journals a change right before its write leaves: nothing is sent that the journal does not know.
pub(crate) struct Intent {
    store: Arc<dyn Store>,
    claim: Arc<Claim>,
    /// The integration by whose policy the change was permitted.
    judged_by: Integration,
    /// The entry but for the write itself.
    draft: JournalEntry,
    observer: Arc<dyn Observer>,
    written: Mutex<Option<JournalEntry>>,
}

impl Intent {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        claim: Arc<Claim>,
        opened: &Opened,
        judged_by: Integration,
        prepared: &Prepared,
    ) -> Self {
        let draft = JournalEntry {
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
        };
        let observer = Arc::clone(&opened.environment.observer);
        Self { store, claim, judged_by, draft, observer, written: Mutex::default() }
    }

    /// The entry as it will be, but for the write.
    pub(crate) fn draft(&self) -> &JournalEntry {
        &self.draft
    }

    /// The entry, once it was written.
    pub(crate) fn written(&self) -> Option<JournalEntry> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The same request may leave again, after a fresh token or a pause; another one may not: a
    /// lost answer to the first of two writes could not be told from one to the second.
    pub(crate) fn write(&self, write: &WriteRecord) -> Result<()> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if written.as_ref().is_some_and(|entry| entry.request.digest != write.digest) {
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
        let entry = JournalEntry { at: write.sent, request, ..self.draft.clone() };
        self.store.intent(&self.claim, &entry)?;
        self.observer.journaled(&entry.id);
        *written = Some(entry);
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
