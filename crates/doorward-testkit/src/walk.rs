//! A whole sync, page by page, with all that was wrong about its cursors.

use doorward_core::{Cursor, ErrorKind, Record, StartRequest};
use doorward_http::CallEnd;
use std::collections::{BTreeMap, BTreeSet};
use tokio::time::sleep;

use crate::bench::{Bench, failed};
use crate::probe::{Probe, Told};
use crate::rule::{Seen, Stop, left};

/// Pages that are read. What has more is judged by these.
const MOST_PAGES: usize = 300;
/// As in the host: forks of forks, one below the other.
const MOST_FORKS: usize = 100;

/// A page that was read.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    /// How it was asked for.
    pub(crate) probe: Probe,
    pub(crate) cursor: Cursor,
    pub(crate) told: Told,
}

/// A sync from its start.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    pub(crate) pages: Vec<Read>,
    /// Why it did not come to its end: the page, and what it ended with.
    pub(crate) failure: Option<(String, CallEnd)>,
    /// There are more pages than were read.
    pub(crate) cut: bool,
    /// Cursors that lead back to where their chain was before, or fork without an end.
    pub(crate) loops: Vec<String>,
    /// Cursors that are read in another chain, too.
    pub(crate) repeats: Vec<String>,
    /// The facts that the pages told.
    pub(crate) facts: BTreeSet<String>,
}

struct Waiting {
    cursor: Cursor,
    chain: usize,
    forks: usize,
    not_before: Option<doorward_core::Timestamp>,
}

impl Walk {
    /// Every record, with the phase of its page.
    pub(crate) fn records(&self) -> impl Iterator<Item = (u32, &Record)> {
        self.pages
            .iter()
            .flat_map(|read| read.told.records().iter().map(|record| (read.cursor.phase, record)))
    }

    /// Makes sure that everything was read.
    pub(crate) fn is_whole(&self) -> Seen {
        if self.cut {
            return left(format!(
                "The sync has more than {MOST_PAGES} pages. Try a smaller system."
            ));
        }
        match self.failure.is_some() || !self.loops.is_empty() || !self.repeats.is_empty() {
            true => left("The sync did not come to its end."),
            false => Ok(()),
        }
    }
}

impl Bench<'_> {
    /// A whole sync; read once, and remembered.
    pub(crate) async fn walk(&self) -> &Walk {
        self.walk.get_or_init(|| self.walk_now()).await
    }

    async fn walk_now(&self) -> Walk {
        let mut walk = Walk::default();
        // By phase, then in the order in which they came.
        let mut waiting: BTreeMap<(u32, usize), Waiting> = BTreeMap::new();
        let mut seen: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
        let mut came = 0;
        let cursors = self.connector.start(StartRequest::default()).unwrap_or_else(|error| {
            walk.failure = Some(("start".to_owned(), CallEnd::Error(error)));
            Vec::new()
        });
        for cursor in cursors {
            let place = (cursor.phase, came);
            waiting.insert(place, Waiting { cursor, chain: came, forks: 0, not_before: None });
            came += 1;
        }
        let mut chains = came;
        while let Some((_, next)) = waiting.pop_first() {
            if walk.pages.len() >= MOST_PAGES {
                walk.cut = true;
                break;
            }
            if let Some(moment) = next.not_before {
                let wait = moment.duration_since(self.subject.clock.now());
                sleep(wait.try_into().unwrap_or_default()).await;
            }
            let text = text(&next.cursor);
            if next.not_before.is_none() && seen.values().any(|chain| chain.contains(&text)) {
                let own = seen.get(&next.chain).is_some_and(|chain| chain.contains(&text));
                if own { &mut walk.loops } else { &mut walk.repeats }.push(text);
                continue;
            }
            seen.entry(next.chain).or_default().insert(text);
            let probe = Probe::sync(next.cursor.clone(), walk.facts.clone());
            let page = match self.read(&probe).await {
                Ok(Told::Page(page)) => page,
                Ok(_) => continue,
                // The host writes it into the ledger, and goes on.
                Err(CallEnd::Error(error)) if error.kind == ErrorKind::PermissionDenied => continue,
                Err(end) => {
                    walk.failure.get_or_insert((probe.name(), end));
                    continue;
                }
            };
            walk.facts.extend(page.facts.clone());
            for following in &page.next {
                let (chain, forks) = if following.continues {
                    (next.chain, next.forks)
                } else {
                    chains += 1;
                    (chains, next.forks + 1)
                };
                if forks > MOST_FORKS {
                    walk.loops.push(self::text(&following.cursor));
                    continue;
                }
                let place = (following.cursor.phase, came);
                came += 1;
                let cursor = following.cursor.clone();
                let not_before = following.not_before;
                waiting.insert(place, Waiting { cursor, chain, forks, not_before });
            }
            walk.pages.push(Read { probe, cursor: next.cursor, told: Told::Page(page) });
        }
        walk
    }

    /// A whole sync that came to its end.
    ///
    /// # Errors
    /// Left out when it did not.
    pub(crate) async fn whole_walk(&self) -> Result<&Walk, Stop> {
        let walk = self.walk().await;
        walk.is_whole()?;
        Ok(walk)
    }
}

/// What is wrong with how a sync ended.
pub(crate) fn ends(walk: &Walk) -> Seen {
    match &walk.failure {
        Some((what, end)) => failed(what, end),
        None => Ok(()),
    }
}

/// The cursor, for people.
fn text(cursor: &Cursor) -> String {
    format!("the cursor of `{}`, phase {}, at {}", cursor.stream, cursor.phase, cursor.body)
}
