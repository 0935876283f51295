//! Lost answers and crashes are settled by looking, never by guessing.

use doorward_core::{
    Error, ErrorKind, GrantKey, Outcome, OutcomeKind, Result, Retry, SettleRequest, Timestamp,
};
use doorward_http::{CallOptions, Mode};
use jiff::SignedDuration;
use std::sync::Arc;
use std::time::Duration;

use crate::Opened;
use crate::change::EARLIER;
use crate::judge::{ANSWERED_ALREADY, by_hand, is_doubted};
use crate::opened::CALL_DEADLINE;
use crate::store::{Claim, Closing, Integration, JournalEntry, JournalState, Settlement, Store};

/// How long to wait before each look: replicas lag for seconds to tens of seconds
/// (facts §7), so the looks get rarer.
pub(crate) const LOOKS: [Duration; 9] = [
    Duration::ZERO,
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
    Duration::from_secs(15),
    Duration::from_secs(30),
    Duration::from_secs(30),
    Duration::from_secs(30),
];

/// How long one change is looked for, all looks together.
const PATIENCE: Duration = Duration::from_secs(150);
/// How long one look may take.
const LOOK_DEADLINE: Duration = Duration::from_secs(15);
/// How long to wait for another process that is changing the same integration.
const CLAIM_PATIENCE: Duration = Duration::from_secs(30);
const CLAIM_STEP: Duration = Duration::from_millis(100);

impl Opened {
    /// Claims the right to change this integration, waiting a while for another process.
    pub(crate) async fn claim(&self) -> Result<Claim> {
        let Some(store) = &self.store else {
            return Err(Error::internal("An integration that is not stored cannot be claimed."));
        };
        let integration = self.integration();
        let mut waited = Duration::ZERO;
        loop {
            if let Some(claim) = store.claim(&integration.id)? {
                return Ok(claim);
            }
            if waited >= CLAIM_PATIENCE {
                return Err(busy(&integration, store.as_ref()));
            }
            if waited.is_zero() {
                let name = &integration.name;
                self.environment.observer.note(&format!(
                    "Another Doorward is changing `{name}`; waiting for it, up to half a minute."
                ));
            }
            tokio::time::sleep(CLAIM_STEP).await;
            waited += CLAIM_STEP;
        }
    }

    /// Settles what an earlier command left open, after a crash or a lost answer: one look each.
    /// When another process is changing the integration, its entries are not ours to settle.
    ///
    /// Gives the entries that were open, as they are now.
    ///
    /// # Errors
    /// Those of the store. What the provider does not tell stays open.
    pub async fn settle(&self) -> Result<Vec<JournalEntry>> {
        let Some(store) = &self.store else { return Ok(Vec::new()) };
        let id = self.integration().id;
        if store.unsettled(&id)?.is_empty() {
            return Ok(Vec::new());
        }
        match store.claim(&id)? {
            Some(claim) => self.settle_unsettled(&claim).await,
            None => Ok(Vec::new()),
        }
    }

    async fn settle_unsettled(&self, claim: &Claim) -> Result<Vec<JournalEntry>> {
        let Some(store) = &self.store else { return Ok(Vec::new()) };
        let mut entries = store.unsettled(&claim.integration)?;
        for entry in &mut entries {
            match self.look(entry).await {
                Ok(outcome) => {
                    let settlement = self.settlement(entry, outcome);
                    store.settle(claim, &[(&entry.id, &settlement)])?;
                    entry.state = settlement.state();
                    entry.settlement = Some(settlement);
                }
                // What was known stays; the next command looks again.
                Err(error) => {
                    tracing::warn!(
                        journal = entry.id,
                        reason = error.reason,
                        "an open change could not be settled: {error}"
                    );
                    // A provider that cannot be reached is not asked once for each entry.
                    // Nor is a secret that cannot be had.
                    if matches!(
                        error.kind,
                        ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::InvalidConnection
                    ) {
                        break;
                    }
                }
            }
        }
        Ok(entries)
    }

    /// Writes down what a person found out about a change that Doorward cannot look up. It looks
    /// once more before: what can be seen counts, not what is said.
    ///
    /// # Errors
    /// `InvalidRequest` when its outcome is known, or is found now; `InvalidConnection` when a secret
    /// cannot be had; `NotFound` when its integration was removed; `Unavailable` while another process changes access through it.
    pub async fn close(&self, id: &str, applied: bool, reason: &str) -> Result<JournalEntry> {
        let claim = self.claim().await?;
        let Some(store) = &self.store else { return Err(known(id, None)) };
        // Without them nothing could be seen.
        self.has_secrets()?;
        let mut entries = self.settle_unsettled(&claim).await?;
        entries.retain(|entry| entry.id == id);
        let Some(mut entry) = entries.pop() else { return Err(known(id, None)) };
        if entry.state == JournalState::Settled {
            return Err(known(id, entry.settlement.and_then(|found| found.outcome)));
        }
        let settlement = Settlement {
            at: self.environment.clock.now(),
            outcome: Some(Outcome::new(by_hand(&entry, applied))),
            error: None,
            request_id: entry.settlement.as_ref().and_then(|known| known.request_id.clone()),
            by_looking: false,
            given_up: None,
            by_hand: Some(Closing {
                actor: self.environment.actor.clone(),
                reason: reason.to_owned(),
            }),
        };
        store.settle(&claim, &[(&entry.id, &settlement)])?;
        entry.state = settlement.state();
        entry.settlement = Some(settlement);
        Ok(entry)
    }

    /// Settles the open changes of this grant before it is changed again: afterwards nobody could
    /// tell which of them took effect. Says whether there were any.
    pub(crate) async fn settle_same(&self, claim: &Claim, key: &GrantKey) -> Result<bool> {
        let Some(store) = &self.store else { return Ok(false) };
        let mut entries = store.unsettled(&claim.integration)?;
        entries.retain(|entry| entry.operation.action.grant().is_some_and(|(same, _)| same == key));
        for entry in &entries {
            let settlement = self.settle_patiently(claim, entry).await?;
            if settlement.is_none_or(|settlement| settlement.state() != JournalState::Settled) {
                return Err(still_open(entry));
            }
        }
        Ok(!entries.is_empty())
    }

    /// Looks, and looks again until the outcome is known, looking is refused, or patience ends.
    /// Gives what is known.
    pub(crate) async fn settle_patiently(
        &self,
        claim: &Claim,
        entry: &JournalEntry,
    ) -> Result<Option<Settlement>> {
        let mut entry = entry.clone();
        let looks = self.look_until_settled(claim, &mut entry);
        match tokio::time::timeout(PATIENCE, looks).await {
            Ok(Err(error)) => Err(error),
            Ok(Ok(())) | Err(_) => Ok(entry.settlement),
        }
    }

    async fn look_until_settled(&self, claim: &Claim, entry: &mut JournalEntry) -> Result<()> {
        let Some(store) = &self.store else { return Ok(()) };
        for (number, delay) in LOOKS.into_iter().enumerate() {
            if number == 1 {
                self.environment.observer.note(
                    "What came of the change is being looked up; this can take two minutes and a \
                     half. Ctrl-C leaves it to the next command.",
                );
            }
            tokio::time::sleep(delay).await;
            match self.look(entry).await {
                Ok(outcome) => {
                    let settlement = self.settlement(entry, outcome);
                    store.settle(claim, &[(&entry.id, &settlement)])?;
                    let is_over = settlement.state() == JournalState::Settled;
                    entry.settlement = Some(settlement);
                    if is_over {
                        break;
                    }
                }
                Err(error) => {
                    tracing::info!(
                        journal = entry.id,
                        reason = error.reason,
                        "the outcome of a change could not be looked up: {error}"
                    );
                    if error.retry == Retry::Never && error.kind == ErrorKind::PermissionDenied {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    async fn look(&self, entry: &JournalEntry) -> Result<Outcome> {
        let outcome = entry.settlement.as_ref().and_then(|settlement| settlement.outcome.as_ref());
        let request = SettleRequest {
            operation: entry.operation.clone(),
            prior: entry.prior.clone(),
            handle: outcome.and_then(|outcome| outcome.handle.clone()),
            sent: entry.at,
            given_up: self.given_up(entry),
            last_changed: self.last_changed(entry)?,
        };
        let call = self.session()?.call(CallOptions::new(Mode::Read, LOOK_DEADLINE));
        self.run(&call, |cx, connector| {
            let (connector, request) = (Arc::clone(&connector), request.clone());
            async move { connector.settle(&cx, request).await }
        })
        .await
    }

    /// When the write's answer was given up. A process that died waited no longer than until now,
    /// and no longer than a call may take.
    fn given_up(&self, entry: &JournalEntry) -> Timestamp {
        let known = entry.settlement.as_ref().and_then(|settlement| settlement.given_up);
        known.unwrap_or_else(|| {
            let longest = SignedDuration::try_from(CALL_DEADLINE).unwrap_or(SignedDuration::MAX);
            let end = entry.at.saturating_add(longest).unwrap_or(Timestamp::MAX);
            self.environment.clock.now().clamp(entry.at, end)
        })
    }

    /// When the same grant was last changed before. A provider that answered "was so already" of a
    /// grant that seemed otherwise shows replicas that lag behind somebody else's change.
    fn last_changed(&self, entry: &JournalEntry) -> Result<Option<Timestamp>> {
        let Some(store) = &self.store else { return Ok(None) };
        let earlier = store.earlier(entry, EARLIER)?.into_iter();
        let outcome = entry.settlement.as_ref().and_then(|settlement| settlement.outcome.as_ref());
        let doubted = outcome.filter(|outcome| is_doubted(outcome)).map(|_| entry.at);
        Ok(earlier
            .map(|other| other.settlement.map_or(other.at, |settlement| settlement.at))
            .chain(doubted)
            .max())
    }

    fn settlement(&self, entry: &JournalEntry, mut outcome: Outcome) -> Settlement {
        let before = entry.settlement.as_ref();
        let known = before.and_then(|settlement| settlement.outcome.as_ref());
        if !outcome.kind.is_final() && outcome.handle.is_none() {
            outcome.handle = known.and_then(|known| known.handle.clone());
        }
        if known.is_some_and(is_doubted) {
            outcome.attributes.insert(ANSWERED_ALREADY.to_owned(), true.into());
            outcome.kind = match outcome.kind {
                OutcomeKind::Revoked => OutcomeKind::AlreadyRevoked,
                OutcomeKind::Granted => OutcomeKind::AlreadyGranted,
                kind => kind,
            };
        }
        Settlement {
            at: self.environment.clock.now(),
            outcome: Some(outcome),
            error: None,
            request_id: before.and_then(|settlement| settlement.request_id.clone()),
            by_looking: true,
            given_up: Some(self.given_up(entry)),
            by_hand: None,
        }
    }
}

fn known(id: &str, outcome: Option<Outcome>) -> Error {
    let message = match outcome {
        Some(outcome) => {
            format!("What came of {id} was found just now by looking: {}.", outcome.kind.label())
        }
        None => format!("What came of {id} is known already."),
    };
    Error::new(ErrorKind::InvalidRequest, "entry-settled", message)
        .remedy(format!("Look at it with `doorward journal show {id}`."))
}

fn still_open(entry: &JournalEntry) -> Error {
    Error::new(
        ErrorKind::OutcomeUnknown,
        "earlier-change-open",
        format!("What came of an earlier change of the same access, {}, is not known yet.", entry.id),
    )
    .remedy(format!(
        "Run the command again in a minute. If it stays so, look in the provider's own console, and \
         write down what you see with `doorward journal close {} --outcome applied|not-applied \
         --reason TEXT`.",
        entry.id
    ))
}

/// Another process has the claim.
pub(crate) fn busy(integration: &Integration, store: &dyn Store) -> Error {
    let holder = store.holder(&integration.id).map(|holder| format!(" ({holder})"));
    Error::new(
        ErrorKind::Unavailable,
        "integration-busy",
        format!(
            "Another Doorward{} is changing `{}` right now.",
            holder.unwrap_or_default(),
            integration.name
        ),
    )
    .remedy("Wait until it has finished, and run the command again.")
}
