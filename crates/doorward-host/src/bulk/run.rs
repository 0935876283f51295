//! Writes what is permitted: batch after batch, each journaled, judged and settled.

use doorward_core::{Error, ErrorKind, GrantKey, Outcome, OutcomeKind, Result};
use futures::StreamExt;
use futures::stream;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::batches::batches;
use super::requests::{Singly, needed, put, singly};
use super::{
    BulkOptions, BulkProgress, BulkReport, Line, LineEnd, State, Stop, concerns_all, ended,
};
use crate::carry::{Carried, Together};
use crate::change::report;
use crate::prepare::Prepared;
use crate::store::{Claim, Integration, JournalState};
use crate::{ChangeReport, Opened, Verb};

/// How long a write that left is waited for when somebody wishes to stop.
const GRACE: Duration = Duration::from_secs(10);
/// So many changes in a row whose outcome cannot be found out are a sign that nothing can be.
const MOST_DOUBTS: u32 = 3;
/// Questions that are asked at the same time once all is written.
const AT_ONCE: usize = 8;

/// Changes on their way.
pub(super) struct Run<'a> {
    opened: &'a Opened,
    claim: Option<Arc<Claim>>,
    judged_by: Integration,
    options: BulkOptions<'a>,
    lines: Vec<Line>,
    one_by_one: Singly,
    /// What was taken so far: replicas may still show it.
    gone: BTreeSet<GrantKey>,
    /// Lines that are over, and all that need a write.
    done: (usize, usize),
    /// Changes in a row whose outcome could not be found out.
    doubts: u32,
    stopped: Option<Error>,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        opened: &'a Opened,
        claim: Arc<Claim>,
        judged_by: Integration,
        options: BulkOptions<'a>,
        lines: Vec<Line>,
    ) -> Self {
        let all = lines.iter().filter(|line| matches!(line.state, State::Needed(_))).count();
        Self {
            opened,
            claim: Some(claim),
            judged_by,
            options,
            lines,
            one_by_one: Singly::new(),
            gone: BTreeSet::new(),
            done: (0, all),
            doubts: 0,
            stopped: None,
        }
    }

    /// Writes all that needs to be, until something stops it.
    pub(super) async fn drive(&mut self) {
        let stop = self.options.stop;
        stop.hear();
        let batches = batches(&self.lines, self.opened.descriptor.max_batch);
        for batch in batches {
            if self.is_over() {
                break;
            }
            let is_over = tokio::select! {
                biased;
                () = self.batch(&batch) => false,
                () = patience(stop) => true,
            };
            if is_over {
                self.look_into_journal(&batch);
                break;
            }
        }
        // What follows only reads; others need not wait for it.
        self.claim = None;
    }

    fn is_over(&self) -> bool {
        self.stopped.is_some() || self.options.stop.is_asked()
    }

    fn tell(&self) {
        let (done, of) = self.done;
        (self.options.progress)(BulkProgress::Writing { done, of });
    }

    async fn batch(&mut self, batch: &[usize]) {
        self.tell();
        let Some(claim) = self.claim.clone() else { return };
        let waiting = needed(&self.lines, batch);
        let Some((_, first)) = waiting.first() else { return };
        let kind = singly(first);
        if waiting.len() > 1 && !self.one_by_one.contains(&kind) {
            let prepared: Vec<Prepared> =
                waiting.iter().map(|(_, prepared)| prepared.clone()).collect();
            let attempt =
                || self.opened.carry_together(&claim, self.judged_by.clone(), prepared.clone());
            let together = self.opened.with_patience(attempt, together_error).await;
            match together {
                Ok(Together::Ended(reports)) => {
                    for (place, report) in batch.iter().zip(reports) {
                        self.end(*place, report, true);
                    }
                    return;
                }
                Ok(Together::Refused(error)) if !concerns_all(&error) => {
                    if error.kind == ErrorKind::Unsupported {
                        self.one_by_one.insert(kind);
                    }
                }
                Ok(Together::Refused(error)) => return self.end_all(batch, &error),
                Err(error) => return self.end_all(batch, &error),
            }
        }
        for (place, prepared) in waiting {
            if self.is_over() {
                return;
            }
            let Carried { report, took } = self.single(&claim, prepared).await;
            self.end(place, report, took);
            self.tell();
        }
    }

    async fn single(&self, claim: &Arc<Claim>, prepared: Prepared) -> Carried {
        if let Err(error) = self.still_permitted(&prepared).await {
            return Carried { report: Err(error), took: false };
        }
        let attempt = || self.opened.carry(claim, self.judged_by.clone(), prepared.clone());
        let carried = self.opened.with_patience(attempt, carried_error).await;
        carried.unwrap_or_else(|error| Carried { report: Err(error), took: false })
    }

    /// Looks once more whether a last holder would go: minutes may have passed, and others work, too.
    async fn still_permitted(&self, prepared: &Prepared) -> Result<()> {
        if prepared.verb == Verb::Grant {
            return Ok(());
        }
        let mut gone = self.gone.clone();
        gone.insert(prepared.key.clone());
        self.opened.permit_taking(&prepared.key, &prepared.resource, &gone).await
    }

    fn end_all(&mut self, batch: &[usize], error: &Error) {
        for place in batch {
            self.end(*place, Err(error.clone()), false);
        }
    }

    /// Writes down what came of a line.
    fn end(&mut self, place: usize, report: Result<ChangeReport>, took: bool) {
        self.done.0 += 1;
        let state = match report {
            Ok(report) => {
                let is_known =
                    report.outcome.as_ref().is_some_and(|outcome| outcome.kind.is_final());
                self.doubts = if is_known { 0 } else { self.doubts + 1 };
                if report.action == Verb::Revoke {
                    self.gone.insert(report.key());
                }
                State::Ended { report: Box::new(report), took, needed: true }
            }
            Err(error) => {
                if concerns_all(&error) {
                    self.stopped.get_or_insert_with(|| error.clone());
                }
                State::Failed(Box::new(error))
            }
        };
        put(&mut self.lines, place, state);
        if self.doubts >= MOST_DOUBTS {
            self.stopped.get_or_insert_with(in_doubt);
        }
    }

    /// What was sent and not waited for is not known; what was not sent was not tried.
    fn look_into_journal(&mut self, batch: &[usize]) {
        let Ok(store) = self.opened.writable_store() else { return };
        for (place, prepared) in needed(&self.lines, batch) {
            let id = prepared.operation.id.clone();
            let entry = store.journal_entries(&id).ok().and_then(|mut entries| entries.pop());
            if entry.is_some_and(|entry| entry.state != JournalState::Settled) {
                let report = ChangeReport {
                    outcome: Some(Outcome::new(OutcomeKind::Unknown)),
                    journal: Some(id),
                    ..report(prepared)
                };
                let report = Box::new(report);
                put(&mut self.lines, place, State::Ended { report, took: false, needed: true });
            }
        }
    }

    /// What came of all lines, with the access that remains after a revoke.
    pub(super) async fn report(mut self) -> BulkReport {
        let not_tried: BTreeSet<u64> = self
            .lines
            .iter()
            .filter(|line| matches!(line.state, State::Needed(_)))
            .map(|line| line.number)
            .collect();
        self.settle_for_already();
        let stop = self.options.stop;
        if !self.is_over() {
            (self.options.progress)(BulkProgress::Looking);
            let reader = self.opened.remembering();
            let look = self.lines.iter_mut().filter_map(|line| match &mut line.state {
                State::Ended { report, took, .. } => {
                    Some(async { reader.add_remaining(report, *took).await })
                }
                _ => None,
            });
            let all = stream::iter(look).buffer_unordered(AT_ONCE).count();
            // The changes are made; who does not want to wait need not.
            tokio::select! {
                biased;
                _ = all => {}
                () = stop.asked() => {}
            }
        }
        let mut lines = ended(self.lines);
        for line in &mut lines {
            if let (LineEnd::Ended(report), true) =
                (&line.end, not_tried.contains(&line.same_as.unwrap_or(line.number)))
            {
                line.end = LineEnd::NotTried(report.clone());
            }
        }
        BulkReport { lines, requests: Vec::new(), stopped: self.stopped }
    }

    /// What was so already has the outcome of a change that found it so.
    fn settle_for_already(&mut self) {
        for line in &mut self.lines {
            if let State::Already(prepared) = &line.state {
                let kind = match prepared.verb {
                    Verb::Grant => OutcomeKind::AlreadyGranted,
                    Verb::Revoke => OutcomeKind::AlreadyRevoked,
                };
                let until = prepared.prior.as_ref().and_then(|grant| grant.ends);
                let outcome = Outcome { until, ..Outcome::new(kind) };
                let report =
                    ChangeReport { outcome: Some(outcome), ..report((**prepared).clone()) };
                let report = Box::new(report);
                line.state = State::Ended { report, took: false, needed: false };
            }
        }
    }
}

/// Completes when somebody wished to stop, and has waited long enough for what was sent.
async fn patience(stop: &Stop) {
    stop.asked().await;
    tokio::time::sleep(GRACE).await;
}

fn together_error(together: &Result<Together>) -> Option<&Error> {
    match together {
        Err(error) => Some(error),
        Ok(Together::Refused(error)) => Some(error),
        Ok(Together::Ended(_)) => None,
    }
}

fn carried_error(carried: &Result<Carried>) -> Option<&Error> {
    match carried {
        Err(error) | Ok(Carried { report: Err(error), .. }) => Some(error),
        Ok(_) => None,
    }
}

fn in_doubt() -> Error {
    Error::new(
        ErrorKind::OutcomeUnknown,
        "changes-in-doubt",
        "What came of several changes in a row could not be found out.",
    )
    .remedy("Look whether the provider works, and run the command again: it goes on where it was.")
}
