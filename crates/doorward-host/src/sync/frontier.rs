//! The frontier of a sync: which cursors wait, which may be read now, and what a page must not do.

use doorward_core::{Cursor, Error, ErrorKind, Page, Result, Timestamp};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Forks of forks, one below the other. A chain is noticed when it repeats a page, but each fork
/// begins a chain of its own: without an end, a page that forks to itself is read for ever.
const MOST_FORKS: usize = 100;
/// Pages of one chain: a hundred million rows of 999. Beyond it somebody sends us on for ever, each
/// time to a page that was not there before.
const LONGEST_CHAIN: u32 = 100_000;

/// Where a page stands in the merge: the completion order of pages never matters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// Pages of a lower phase are merged before those of a higher one.
    pub(crate) phase: u32,
    /// The path of forks that led here.
    pub(crate) chain: Vec<u32>,
    /// The number of the page within its chain.
    pub(crate) sequence: u32,
}

/// A cursor and where its page will stand.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub(crate) place: Place,
    pub(crate) cursor: Cursor,
    pub(crate) not_before: Option<Timestamp>,
    /// How often it was tried.
    pub(crate) attempts: u32,
}

/// The cursors of a sync that are not read yet.
#[derive(Default)]
pub(crate) struct Frontier {
    waiting: BTreeMap<Place, Waiting>,
    in_flight: BTreeMap<Place, String>,
    /// What was read in each chain, to notice one that goes in circles.
    seen: BTreeMap<Vec<u32>, HashSet<[u8; 32]>>,
    chains: u32,
    restarted: BTreeSet<String>,
    /// Pages that are in flight and whose stream begins anew.
    void: BTreeSet<Place>,
}

impl Frontier {
    /// Adds the cursors that a sync, or one stream of it, begins with.
    pub(crate) fn start(&mut self, cursors: Vec<Cursor>) {
        for cursor in cursors {
            let chain = vec![self.chains];
            self.chains += 1;
            self.add(Place { phase: cursor.phase, chain, sequence: 0 }, cursor, None);
        }
    }

    fn add(&mut self, place: Place, cursor: Cursor, not_before: Option<Timestamp>) {
        let waiting = Waiting { place: place.clone(), cursor, not_before, attempts: 0 };
        self.waiting.insert(place, waiting);
    }

    /// Takes a cursor that may be read now: of the lowest phase that is waiting or in flight.
    pub(crate) fn take(&mut self, now: Timestamp) -> Option<Waiting> {
        let phase = self.phase()?;
        let place = self
            .waiting
            .iter()
            .take_while(|(place, _)| place.phase == phase)
            .find(|(_, waiting)| waiting.not_before.is_none_or(|moment| moment <= now))
            .map(|(place, _)| place.clone())?;
        let waiting = self.waiting.remove(&place)?;
        self.in_flight.insert(place, waiting.cursor.stream.clone());
        Some(waiting)
    }

    /// The phase that is being read; `None` when all is done.
    pub(crate) fn phase(&self) -> Option<u32> {
        let waiting = self.waiting.keys().next().map(|place| place.phase);
        let in_flight = self.in_flight.keys().next().map(|place| place.phase);
        waiting.into_iter().chain(in_flight).min()
    }

    /// When the next cursor may be read, while none may be now.
    pub(crate) fn next_moment(&self) -> Option<Timestamp> {
        let phase = self.phase()?;
        self.waiting
            .iter()
            .take_while(|(place, _)| place.phase == phase)
            .filter_map(|(_, waiting)| waiting.not_before)
            .min()
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Puts a cursor back, to be tried again.
    pub(crate) fn put_back(&mut self, mut waiting: Waiting, not_before: Timestamp) {
        self.in_flight.remove(&waiting.place);
        if self.void.remove(&waiting.place) {
            return;
        }
        waiting.attempts += 1;
        waiting.not_before = Some(not_before);
        self.waiting.insert(waiting.place.clone(), waiting);
    }

    /// Takes the cursors that a page leads to. Says whether the page counts: not when its stream
    /// began anew while it was in flight.
    ///
    /// # Errors
    /// `ContractViolation` for a cursor that was read in this chain before, a lower phase, forks
    /// or pages without an end, or a page that continues twice.
    pub(crate) fn read(&mut self, waiting: &Waiting, page: &Page) -> Result<bool> {
        self.in_flight.remove(&waiting.place);
        if self.void.remove(&waiting.place) {
            return Ok(false);
        }
        let (place, cursor) = (&waiting.place, &waiting.cursor);
        let seen = self.seen.entry(place.chain.clone()).or_default();
        seen.insert(digest(cursor));
        if page.next.iter().filter(|next| next.continues).count() > 1 {
            return Err(violation("two-continuations", cursor, "goes on with two cursors"));
        }
        let mut forks = 0;
        for next in &page.next {
            if next.cursor.phase < place.phase {
                return Err(violation("phase-back", cursor, "leads back to an earlier phase"));
            }
            let (chain, sequence) = if next.continues {
                let seen = self.seen.entry(place.chain.clone()).or_default();
                if next.not_before.is_none() && !seen.insert(digest(&next.cursor)) {
                    return Err(violation("cursor-loop", cursor, "leads to a page that was read"));
                }
                if place.sequence + 1 >= LONGEST_CHAIN {
                    return Err(violation("endless-chain", cursor, "goes on without an end"));
                }
                (place.chain.clone(), place.sequence + 1)
            } else {
                // A chain begins with one number, and each fork adds two.
                if place.chain.len() > 2 * MOST_FORKS {
                    return Err(violation("fork-loop", cursor, "forks without an end"));
                }
                let mut chain = place.chain.clone();
                chain.extend([place.sequence, forks]);
                forks += 1;
                (chain, 0)
            };
            let place = Place { phase: next.cursor.phase, chain, sequence };
            self.add(place, next.cursor.clone(), next.not_before);
        }
        if !page.next.iter().any(|next| next.continues) {
            self.seen.remove(&place.chain);
        }
        Ok(true)
    }

    /// Drops a stream whose cursor expired, to begin it anew. Says whether that may be: once.
    pub(crate) fn restart(&mut self, expired: &Waiting) -> bool {
        let stream = &expired.cursor.stream;
        self.in_flight.remove(&expired.place);
        if self.void.remove(&expired.place) {
            return true;
        }
        if !self.restarted.insert(stream.clone()) {
            return false;
        }
        self.waiting.retain(|_, waiting| waiting.cursor.stream != *stream);
        let void = self.in_flight.iter().filter(|(_, other)| *other == stream);
        self.void.extend(void.map(|(place, _)| place.clone()));
        true
    }

    /// Whether the stream of this cursor was begun anew while it was in flight.
    pub(crate) fn is_void(&self, waiting: &Waiting) -> bool {
        self.void.contains(&waiting.place)
    }
}

fn digest(cursor: &Cursor) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(cursor.stream.as_bytes());
    hash.update(cursor.phase.to_be_bytes());
    hash.update(cursor.body.to_string().as_bytes());
    hash.finalize().into()
}

fn violation(reason: &str, cursor: &Cursor, what: &str) -> Error {
    Error::new(
        ErrorKind::ContractViolation,
        reason,
        format!("A page of the stream `{}` {what}.", cursor.stream),
    )
    .remedy("This is a defect of the connector. Please report it.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorward_core::Next;
    use serde_json::json;

    fn cursor(phase: u32, body: &str) -> Cursor {
        Cursor { stream: "things".to_owned(), phase, body: json!(body) }
    }

    fn page(next: &[(u32, &str, bool)]) -> Page {
        let next = next.iter().map(|(phase, body, continues)| Next {
            cursor: cursor(*phase, body),
            continues: *continues,
            not_before: None,
        });
        Page { next: next.collect(), ..Page::default() }
    }

    fn taken(frontier: &mut Frontier) -> Option<String> {
        let taken = frontier.take(Timestamp::UNIX_EPOCH)?;
        Some(taken.cursor.body.as_str().unwrap_or_default().to_owned())
    }

    #[test]
    fn a_higher_phase_waits_for_all_pages_of_the_lower_one() {
        let mut frontier = Frontier::default();
        frontier.start(vec![cursor(0, "a"), cursor(0, "b"), cursor(1, "later")]);
        let first = frontier.take(Timestamp::UNIX_EPOCH).unwrap();
        let second = frontier.take(Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(taken(&mut frontier), None);
        assert!(frontier.read(&first, &page(&[(1, "fork", false), (0, "a2", true)])).unwrap());
        assert!(frontier.read(&second, &page(&[])).unwrap());
        assert_eq!(taken(&mut frontier).as_deref(), Some("a2"));
        assert_eq!(taken(&mut frontier), None, "a2 is still in flight");
    }

    #[test]
    fn a_page_that_breaks_the_contract_is_refused() {
        let table = [
            (page(&[(0, "a", true)]), "cursor-loop"),
            (page(&[(0, "x", true), (0, "y", true)]), "two-continuations"),
        ];
        for (page, reason) in table {
            let mut frontier = Frontier::default();
            frontier.start(vec![cursor(0, "a")]);
            let waiting = frontier.take(Timestamp::UNIX_EPOCH).unwrap();
            assert_eq!(frontier.read(&waiting, &page).unwrap_err().reason, reason);
        }
        let mut frontier = Frontier::default();
        frontier.start(vec![cursor(1, "a")]);
        let waiting = frontier.take(Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(
            frontier.read(&waiting, &page(&[(0, "b", false)])).unwrap_err().reason,
            "phase-back"
        );
    }

    /// A fork begins a chain of its own, so that a page that forks to itself repeats in none.
    #[test]
    fn a_page_that_forks_to_itself_ends() {
        for forks in [1, 3] {
            let mut frontier = Frontier::default();
            frontier.start(vec![cursor(0, "a")]);
            let again = vec![(0, "a", false); forks];
            let ended = (0..10_000).find_map(|_| {
                let waiting = frontier.take(Timestamp::UNIX_EPOCH)?;
                frontier.read(&waiting, &page(&again)).err()
            });
            assert_eq!(ended.unwrap().reason, "fork-loop");
        }
    }

    /// Each page is one that was not there before.
    #[test]
    fn a_chain_without_an_end_ends() {
        let mut frontier = Frontier::default();
        frontier.start(vec![cursor(0, "0")]);
        let ended = (1..=LONGEST_CHAIN).find_map(|number| {
            let waiting = frontier.take(Timestamp::UNIX_EPOCH)?;
            let next = [(0, &*number.to_string(), true)];
            frontier.read(&waiting, &page(&next)).err().map(|error| (number, error))
        });
        let (number, error) = ended.unwrap();
        assert_eq!((number, error.reason.as_str()), (LONGEST_CHAIN, "endless-chain"));
    }

    /// A stream is begun anew once; what was in flight then does not count.
    #[test]
    fn an_expired_stream_begins_anew_once() {
        let mut frontier = Frontier::default();
        frontier.start(vec![cursor(0, "a"), cursor(0, "b")]);
        let first = frontier.take(Timestamp::UNIX_EPOCH).unwrap();
        let second = frontier.take(Timestamp::UNIX_EPOCH).unwrap();
        assert!(frontier.restart(&first));
        frontier.start(vec![cursor(0, "a")]);
        assert!(!frontier.read(&second, &page(&[(0, "b2", true)])).unwrap());
        let again = frontier.take(Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(again.cursor.body, json!("a"));
        assert!(!frontier.restart(&again));
        assert_eq!(frontier.phase(), None);
    }
}
