//! From lines to changes that may be written: every question is asked once, and every line is judged
//! as a single change is.

use doorward_core::{
    Error, ErrorKind, Grant, GrantKey, ObjectRef, Query, Record, Result, Timestamp,
};
use futures::StreamExt;
use futures::stream;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{BulkLine, BulkProgress, Line, State, concerns_all};
use crate::change::EARLIER;
use crate::prepare::{Named, Prepared, Prior};
use crate::store::{Claim, JournalEntry};
use crate::{ChangeRequest, Opened, Verb, intent, judge};

/// Questions that are asked at the same time.
const AT_ONCE: usize = 8;
/// From so many lines about one right on one resource on, all that hold it are read, instead of one
/// grant after the other.
const MANY: usize = 8;

/// A line while it is read.
enum Read {
    /// The line at this place asks for the same.
    Same(usize),
    Named(Box<Named>),
}

type Progress<'a> = &'a (dyn Fn(BulkProgress) + Send + Sync);
/// Who holds one right on one resource.
type Right = (ObjectRef, String);

impl Opened {
    /// Resolves, reads and judges all lines. With a claim, changes whose outcome is not known yet are
    /// looked up before, where a line is about the same access.
    ///
    /// # Errors
    /// What concerns all lines.
    pub(super) async fn prepare_bulk(
        &self,
        lines: Vec<BulkLine>,
        claim: Option<&Arc<Claim>>,
        progress: Progress<'_>,
    ) -> Result<Vec<Line>> {
        let reader = self.remembering();
        let (numbers, mut operations): (Vec<u64>, Vec<Option<String>>) =
            lines.iter().map(|line| (line.number, line.operation.clone())).unzip();
        let asked: Vec<Result<ChangeRequest>> = lines.into_iter().map(|line| line.asked).collect();
        if asked.iter().any(Result::is_ok) {
            reader.identity().await?;
        }
        let of = asked.len();
        let named = each(
            asked,
            |asked| async { reader.name(asked?).await },
            |done| {
                progress(BulkProgress::Reading { done: done / 2, of });
            },
        );
        let read = compared(named.await?, &numbers);
        let held = reader.held(&read).await?;
        let judged = each(
            read,
            |read| reader.judged(read, &held),
            |done| progress(BulkProgress::Reading { done: (of + done) / 2, of }),
        );
        let mut states = Vec::with_capacity(of);
        for (place, judged) in judged.await?.into_iter().enumerate() {
            states.push(match judged {
                Ok(Judged::Same(first)) => State::Same(first),
                Ok(Judged::Permitted(permitted)) => {
                    let (request, prepared) = *permitted;
                    let settled = self.settled(claim, prepared, request).await?;
                    let id = operations.get_mut(place).and_then(Option::take);
                    self.state(settled.map(|prepared| self.with_id(prepared, id)))?
                }
                Err(error) => State::Failed(Box::new(error)),
            });
        }
        reader.keep_last_holders(&mut states).await?;
        let lines = numbers.into_iter().zip(states);
        Ok(lines.map(|(number, state)| Line { number, state }).collect())
    }

    /// What holds each right that many lines are about.
    async fn held(&self, read: &[Result<Read>]) -> Result<BTreeMap<Right, Held>> {
        let mut counts: BTreeMap<Right, usize> = BTreeMap::new();
        for read in read {
            if let Ok(Read::Named(named)) = read {
                *counts.entry(right(&named.key)).or_default() += 1;
            }
        }
        let many = counts.into_iter().filter(|(_, count)| *count >= MANY);
        let asked = many.map(|(right, _)| async move {
            let holders = self.holders_of(&right).await;
            (right, holders)
        });
        let answers: Vec<_> = stream::iter(asked).buffered(AT_ONCE).collect().await;
        let mut held = BTreeMap::new();
        for (right, answer) in answers {
            match answer {
                Ok(found) => _ = held.insert(right, found),
                Err(error) if concerns_all(&error) => return Err(error),
                // What cannot be read as a whole may still be read one by one.
                Err(_) => {}
            }
        }
        Ok(held)
    }

    async fn holders_of(&self, (resource, entitlement): &Right) -> Result<Held> {
        let query =
            Query::Holders { resource: resource.clone(), entitlement: Some(entitlement.clone()) };
        let mut held = Held { grants: BTreeMap::new(), is_complete: true };
        for record in self.read_all(query).await?.records {
            match record {
                Record::Grant(grant) if grant.via.is_none() => {
                    held.grants.insert(grant.key.clone(), grant);
                }
                Record::Skipped(_) => held.is_complete = false,
                _ => {}
            }
        }
        Ok(held)
    }

    /// Reads the state before, and asks manageability and policy.
    async fn judged(&self, read: Result<Read>, held: &BTreeMap<Right, Held>) -> Result<Judged> {
        let named = match read? {
            Read::Same(first) => return Ok(Judged::Same(first)),
            Read::Named(named) => *named,
        };
        let known = held.get(&right(&named.key)).and_then(|held| held.prior(&named.key));
        let prior = match known {
            Some(prior) => prior,
            None => self.read_grant(&named.key).await?,
        };
        let request = named.request.clone();
        let prepared = self.permit(named, prior).await?;
        Ok(Judged::Permitted(Box::new((request, prepared))))
    }

    /// Looks up what an earlier change of the same access came to, and judges anew when that was
    /// open: nobody could tell afterwards which of them took effect.
    async fn settled(
        &self,
        claim: Option<&Arc<Claim>>,
        prepared: Prepared,
        request: ChangeRequest,
    ) -> Result<Result<Prepared>> {
        let Some(claim) = claim else { return Ok(Ok(prepared)) };
        let ended = match self.settle_same(claim, &prepared.key).await {
            Ok(false) => return Ok(Ok(prepared)),
            Ok(true) => self.prepare(request).await,
            Err(error) => Err(error),
        };
        match ended {
            Err(error) if concerns_all(&error) => Err(error),
            ended => Ok(ended),
        }
    }

    /// With the id that a plan gave it, unless the journal has that already.
    fn with_id(&self, mut prepared: Prepared, id: Option<String>) -> Prepared {
        let is_new = |id: &String| {
            let known = self.store.as_ref().map(|store| store.journal_entries(id));
            known.is_none_or(|known| known.is_ok_and(|known| known.is_empty()))
        };
        if let Some(id) = id.filter(is_new) {
            prepared.operation.id = id;
        }
        prepared
    }

    fn state(&self, prepared: Result<Prepared>) -> Result<State> {
        Ok(match prepared {
            Err(error) => State::Failed(Box::new(error)),
            Ok(prepared) => {
                let wanted = prepared.verb == Verb::Grant;
                if self.known(&prepared)? == Some(wanted) {
                    State::Already(Box::new(prepared))
                } else {
                    State::Needed(Box::new(prepared))
                }
            }
        })
    }

    /// Whether the access is there, as far as is known. What we did a moment ago tells more than a
    /// read.
    pub(super) fn known(&self, prepared: &Prepared) -> Result<Option<bool>> {
        let own = match &self.store {
            None => None,
            Some(store) => {
                let draft: JournalEntry = intent::draft(self, &self.integration(), prepared);
                judge::ours(&draft, &store.earlier(&draft, EARLIER)?)
            }
        };
        let now = self.environment.clock.now();
        let is_held = prepared.prior.as_ref().is_some_and(|grant| grant.gives_access(now));
        let read = prepared.prior_unknown.is_none().then_some(is_held);
        Ok(own.or(read))
    }

    /// Keeps the last holder of what must keep one: each line passes for itself, but all of them
    /// together may not.
    async fn keep_last_holders(&self, states: &mut [State]) -> Result<()> {
        let mut gone = BTreeSet::new();
        for state in states {
            let State::Needed(prepared) = state else { continue };
            if prepared.verb != Verb::Revoke {
                continue;
            }
            gone.insert(prepared.key.clone());
            let permitted = self.permit_taking(&prepared.key, &prepared.resource, &gone).await;
            match permitted {
                Ok(()) => {}
                Err(error) if concerns_all(&error) => return Err(error),
                Err(error) => {
                    gone.remove(&prepared.key);
                    *state = State::Failed(Box::new(error));
                }
            }
        }
        Ok(())
    }
}

enum Judged {
    Same(usize),
    Permitted(Box<(ChangeRequest, Prepared)>),
}

/// Who holds one right on one resource directly.
struct Held {
    grants: BTreeMap<GrantKey, Grant>,
    is_complete: bool,
}

impl Held {
    /// The state before; `None` when this does not tell.
    fn prior(&self, key: &GrantKey) -> Option<Prior> {
        match self.grants.get(key) {
            Some(grant) => Some((Some(grant.clone()), None)),
            None => self.is_complete.then_some((None, None)),
        }
    }
}

fn right(key: &GrantKey) -> Right {
    (key.resource.clone(), key.entitlement.clone())
}

/// Does something with each, several at once, in their order.
///
/// # Errors
/// The first that concerns all.
async fn each<A, B, F>(
    items: Vec<A>,
    work: impl Fn(A) -> F,
    progress: impl Fn(usize),
) -> Result<Vec<Result<B>>>
where
    F: Future<Output = Result<B>>,
{
    let mut done = Vec::with_capacity(items.len());
    let work = stream::iter(items.into_iter().map(work)).buffered(AT_ONCE);
    futures::pin_mut!(work);
    while let Some(ended) = work.next().await {
        match ended {
            Err(error) if concerns_all(&error) => return Err(error),
            ended => done.push(ended),
        }
        progress(done.len());
    }
    Ok(done)
}

/// Finds lines that ask for the same, and those that contradict each other.
fn compared(named: Vec<Result<Named>>, numbers: &[u64]) -> Vec<Result<Read>> {
    let number = |place: usize| numbers.get(place).copied().unwrap_or_default();
    let mut asked: BTreeMap<GrantKey, [Option<usize>; 2]> = BTreeMap::new();
    let side = |verb: Verb| usize::from(verb == Verb::Revoke);
    for (place, named) in named.iter().enumerate() {
        let Ok(named) = named else { continue };
        let first = asked.entry(named.key.clone()).or_default();
        if let Some(first) = first.get_mut(side(named.request.verb)) {
            first.get_or_insert(place);
        }
    }
    let ends: Vec<Option<Timestamp>> = named
        .iter()
        .map(|named| named.as_ref().ok().and_then(|named| named.request.until))
        .collect();
    let ends = |place: usize| ends.get(place).copied().flatten();
    let compare = |(place, named): (usize, Result<Named>)| {
        let named = named?;
        let [gives, takes] = asked.get(&named.key).copied().unwrap_or_default();
        match (named.request.verb, gives, takes) {
            (Verb::Grant, Some(_), Some(other)) | (Verb::Revoke, Some(other), Some(_)) => {
                Err(contradiction(named.request.verb, number(other)))
            }
            (Verb::Grant, Some(first), _) if ends(first) != named.request.until => {
                Err(other_end(number(first)))
            }
            (Verb::Grant, Some(first), _) | (Verb::Revoke, _, Some(first)) if first != place => {
                Ok(Read::Same(first))
            }
            _ => Ok(Read::Named(Box::new(named))),
        }
    };
    named.into_iter().enumerate().map(compare).collect()
}

fn other_end(other: u64) -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        "contradicting-lines",
        format!("It gives what line {other} gives, and ends at another time."),
    )
    .remedy("Leave one of them out.")
}

fn contradiction(verb: Verb, other: u64) -> Error {
    let (does, undoes) = match verb {
        Verb::Grant => ("gives", "takes"),
        Verb::Revoke => ("takes", "gives"),
    };
    Error::new(
        ErrorKind::InvalidRequest,
        "contradicting-lines",
        format!("It {does} what line {other} {undoes}. Neither was done."),
    )
    .remedy("Leave one of them out.")
}
