//! Reads everything, page by page, into a snapshot that replaces the last one.
//!
//! `start` gives the first cursors; each cursor gives one page with further cursors; several are in
//! flight. What a page says is committed as it comes and merged at the end, by phase, chain and
//! sequence: the order in which pages come never matters.

mod frontier;
mod ledger;
mod merge;
mod snapshot;

use doorward_core::{
    Attributes, Capability, Error, ErrorKind, ObjectRef, Page, Query, Record, Resource, Result,
    Retry, Skipped, StartRequest, SyncRequest, Timestamp,
};
use doorward_http::Mode;
use futures::stream::{FuturesUnordered, StreamExt};
use jiff::SignedDuration;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::Opened;
use crate::store::{Run, Store, StoredPage};
pub use ledger::{Ledger, Progress};
pub use snapshot::{KnownName, Snapshot};

use frontier::{Frontier, Waiting};
use merge::Tables;

/// Pages in flight, unless the connector asks for fewer.
const IN_FLIGHT: usize = 8;
/// How often one page is tried again after its call gave up, each time with patience of its own.
const MOST_ATTEMPTS: u32 = 6;
/// The first pause before a page is tried again; it doubles.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(120);
/// The longest that a provider is waited for while nothing else is left to do.
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);
/// Unknown objects of one kind that are looked up one by one; more of them mean that the kind as a
/// whole cannot be read.
const MOST_LOOKUPS: usize = 1_000;

impl Opened {
    /// Reads everything and stores it in place of the last snapshot. When it fails or is dropped,
    /// the last snapshot stays.
    ///
    /// # Errors
    /// `Unsupported`; `Unavailable` while another process syncs; those of the connector that
    /// waiting does not help. What may not be read is no error: it stands in the ledger.
    pub async fn sync(&self, progress: &(dyn Fn(&Progress) + Send + Sync)) -> Result<Snapshot> {
        let store = self.store.as_ref().ok_or_else(not_stored)?;
        if !self.descriptor.can(Capability::Sync) {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "unsupported",
                format!("The connector `{}` does not offer `sync`.", self.descriptor.id),
            ));
        }
        let integration = self.integration();
        let started = self.environment.clock.now();
        let run = store
            .begin_run(&integration.id, &crate::opened::new_id(&self.environment))?
            .ok_or_else(|| busy(&integration.name))?;
        // What was opened may lead elsewhere by now; from here on, a change of it ends this sync.
        self.refresh()?;
        let mut driver = Driver::new(self, store.as_ref(), &run, progress);
        driver.drive().await.map_err(|error| error.attribute("lastSync", "stays"))?;
        let (ledger, facts, bookmarks) = (driver.ledger, driver.facts, driver.bookmarks);
        let mut tables = Tables::new(ledger);
        store.each_page(&run, &mut |records| {
            for record in records {
                tables.add(record);
            }
        })?;
        tables.bury();
        self.resolve_unknown(&mut tables).await;
        tables.count();
        let snapshot = Snapshot {
            id: run.id.clone(),
            started,
            finished: self.environment.clock.now(),
            accounts: tables.accounts.into_values().collect(),
            resources: tables.resources.into_values().collect(),
            grants: tables.grants.into_values().collect(),
            ledger: tables.ledger,
            facts,
            bookmarks,
        };
        store.seal(&run, &snapshot)?;
        Ok(snapshot)
    }

    /// The snapshot of the last sync that was finished.
    ///
    /// # Errors
    /// `NotFound` when there was none.
    pub fn last_sync(&self) -> Result<Snapshot> {
        let integration = self.integration();
        let snapshot = match &self.store {
            Some(store) => store.snapshot(&integration.id)?,
            None => None,
        };
        snapshot.ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                "never-synced",
                format!("`{}` was never synced.", integration.name),
            )
            .remedy(format!("Run `doorward sync -i {}`.", integration.name))
        })
    }

    /// Looks up, once, the objects that grants name and no page delivered: made during the sync, or
    /// of a kind that is not listed. What cannot be looked up is unresolved, and no reason to lose
    /// the rest.
    async fn resolve_unknown(&self, tables: &mut Tables) {
        let mut kinds: BTreeMap<String, Vec<ObjectRef>> = BTreeMap::new();
        for key in tables.unknown() {
            kinds.entry(key.kind.clone()).or_default().push(key);
        }
        for (kind, keys) in kinds {
            if keys.len() > MOST_LOOKUPS || !self.descriptor.can(Capability::Read) {
                continue;
            }
            match self.read_all(Query::Objects { keys }).await {
                Ok(answer) => {
                    for record in answer.records {
                        if let Record::Resource(resource) = &record
                            && self.has_holders(&resource.key.kind)
                        {
                            tables.add(not_listed(resource));
                        }
                        if matches!(record, Record::Account(_) | Record::Resource(_)) {
                            tables.add(record);
                        }
                    }
                }
                Err(error) => tracing::info!(
                    kind,
                    reason = error.reason,
                    "unknown objects could not be looked up: {error}"
                ),
            }
        }
        tables.ledger.unresolved = tables.unknown().into_iter().collect();
    }

    fn has_holders(&self, kind: &str) -> bool {
        self.descriptor.resource_kind(kind).is_some_and(|kind| !kind.entitlements.is_empty())
    }
}

/// It was made during the sync, or a lagging list left it out, or its kind is not listed.
fn not_listed(resource: &Resource) -> Record {
    Record::Skipped(Skipped {
        object: Some(resource.key.clone()),
        code: "not-listed".to_owned(),
        message: format!(
            "{} was not in the list of its kind, and who holds it was not read.",
            resource.name
        ),
        attributes: Attributes::new(),
    })
}

/// One sync under way.
struct Driver<'a> {
    opened: &'a Opened,
    store: &'a dyn Store,
    run: &'a Run,
    progress: &'a (dyn Fn(&Progress) + Send + Sync),
    frontier: Frontier,
    facts: BTreeSet<String>,
    bookmarks: BTreeMap<String, Value>,
    ledger: Ledger,
    shown: Progress,
    /// A rate limit pauses all pages.
    paused_until: Option<Timestamp>,
}

impl<'a> Driver<'a> {
    fn new(
        opened: &'a Opened,
        store: &'a dyn Store,
        run: &'a Run,
        progress: &'a (dyn Fn(&Progress) + Send + Sync),
    ) -> Self {
        Self {
            opened,
            store,
            run,
            progress,
            frontier: Frontier::default(),
            facts: BTreeSet::new(),
            bookmarks: BTreeMap::new(),
            ledger: Ledger::default(),
            shown: Progress::default(),
            paused_until: None,
        }
    }

    async fn drive(&mut self) -> Result<()> {
        let cursors = self.opened.connector.start(StartRequest::default())?;
        self.frontier.start(cursors);
        let most = match self.opened.descriptor.pacing.max_in_flight {
            0 => IN_FLIGHT,
            hint => usize::try_from(hint).unwrap_or(IN_FLIGHT).min(IN_FLIGHT),
        };
        let mut in_flight = FuturesUnordered::new();
        loop {
            let now = self.opened.environment.clock.now();
            self.paused_until = self.paused_until.filter(|moment| *moment > now);
            while self.paused_until.is_none() && in_flight.len() < most {
                let Some(waiting) = self.frontier.take(now) else { break };
                in_flight.push(self.read(waiting));
            }
            if self.frontier.phase().is_none() {
                return Ok(());
            }
            if in_flight.is_empty() {
                let moment = self.paused_until.or(self.frontier.next_moment()).unwrap_or(now);
                self.show();
                let wait = Duration::try_from(moment.duration_since(now)).unwrap_or_default();
                if wait > LONGEST_WAIT {
                    return Err(long_wait(moment, wait));
                }
                tokio::time::sleep(wait).await;
                continue;
            }
            if let Some((waiting, result)) = in_flight.next().await {
                match result {
                    Ok(page) => self.took(&waiting, page)?,
                    Err(error) => self.failed(waiting, error)?,
                }
                self.show();
            }
        }
    }

    /// Reads the page of one cursor.
    fn read(&self, waiting: Waiting) -> impl Future<Output = (Waiting, Result<Page>)> + use<'a> {
        let opened = self.opened;
        let request = SyncRequest { cursor: waiting.cursor.clone(), facts: self.facts.clone() };
        async move {
            let read = async {
                let call = opened.call(Mode::Read)?;
                opened
                    .run(&call, |cx, connector| {
                        let (connector, request) = (Arc::clone(&connector), request.clone());
                        async move { connector.sync(&cx, request).await }
                    })
                    .await
            };
            let page = read.await;
            (waiting, page)
        }
    }

    fn took(&mut self, waiting: &Waiting, page: Page) -> Result<()> {
        for record in &page.records {
            self.opened.check_declared(record)?;
        }
        if !self.frontier.read(waiting, &page)? {
            return Ok(());
        }
        let stream = &waiting.cursor.stream;
        if let Some(bookmark) = page.bookmark
            && self.bookmarks.insert(stream.clone(), bookmark).is_some()
        {
            return Err(Error::new(
                ErrorKind::ContractViolation,
                "two-bookmarks",
                format!("Two pages of the stream `{stream}` set its bookmark."),
            )
            .remedy("This is a defect of the connector. Please report it."));
        }
        self.facts.extend(page.facts);
        self.ledger.pages += 1;
        self.ledger.cost += page.usage.cost.unwrap_or_default();
        for record in &page.records {
            match record {
                Record::Account(_) | Record::Resource(_) => self.shown.objects += 1,
                Record::Grant(_) => self.shown.grants += 1,
                _ => {}
            }
        }
        self.commit(waiting, page.records)
    }

    fn commit(&self, waiting: &Waiting, records: Vec<Record>) -> Result<()> {
        let place = &waiting.place;
        self.store.commit_pages(
            self.run,
            &[StoredPage {
                stream: waiting.cursor.stream.clone(),
                phase: place.phase,
                chain: place.chain.clone(),
                sequence: place.sequence,
                records,
            }],
        )
    }

    /// A page that could not be read: it is tried again, left out and said so, or the end.
    fn failed(&mut self, waiting: Waiting, error: Error) -> Result<()> {
        if error.kind == ErrorKind::CursorExpired {
            return self.restart(waiting, error);
        }
        if is_gap(&error) {
            if !self.frontier.is_void(&waiting) {
                self.commit(&waiting, vec![gap(&waiting, &error)])?;
            }
            self.frontier.read(&waiting, &Page::default())?;
            return Ok(());
        }
        if error.retry == Retry::Never || waiting.attempts >= MOST_ATTEMPTS {
            return Err(error);
        }
        let pause = match error.retry {
            Retry::After { milliseconds } => Duration::from_millis(milliseconds),
            _ => FIRST_PAUSE.saturating_mul(1 << waiting.attempts.min(8)).min(LONGEST_PAUSE),
        };
        let pause = SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX);
        let now = self.opened.environment.clock.now();
        let moment = now.saturating_add(pause).unwrap_or(Timestamp::MAX);
        if error.kind == ErrorKind::RateLimited {
            self.paused_until = self.paused_until.max(Some(moment));
        }
        tracing::info!(
            stream = waiting.cursor.stream,
            reason = error.reason,
            "a page is tried again: {error}"
        );
        self.ledger.repeats += 1;
        self.frontier.put_back(waiting, moment);
        Ok(())
    }

    /// Begins a stream anew whose cursor expired, once.
    fn restart(&mut self, waiting: Waiting, error: Error) -> Result<()> {
        let stream = waiting.cursor.stream.clone();
        let is_void = self.frontier.is_void(&waiting);
        if !self.frontier.restart(&waiting) {
            return Err(error);
        }
        if is_void {
            return Ok(());
        }
        self.store.drop_stream(self.run, &stream)?;
        self.bookmarks.remove(&stream);
        let request = StartRequest {
            stream: Some(stream),
            facts: self.facts.clone(),
            ..StartRequest::default()
        };
        self.frontier.start(self.opened.connector.start(request)?);
        Ok(())
    }

    fn show(&mut self) {
        self.shown.phase = self.frontier.phase().unwrap_or(self.shown.phase);
        self.shown.pages = self.ledger.pages;
        self.shown.waiting = self.frontier.waiting();
        self.shown.paused_until = self.paused_until;
        (self.progress)(&self.shown);
    }
}

/// What may not be read is left out and said so; the rest is worth having.
fn is_gap(error: &Error) -> bool {
    matches!(error.kind, ErrorKind::PermissionDenied | ErrorKind::Unsupported)
}

fn gap(waiting: &Waiting, error: &Error) -> Record {
    let mut attributes = Attributes::new();
    attributes.insert("stream".to_owned(), waiting.cursor.stream.clone().into());
    if let Some(remedy) = &error.remedy {
        attributes.insert("remedy".to_owned(), remedy.clone().into());
    }
    let object = error.attributes.get("object").cloned();
    Record::Skipped(Skipped {
        object: object.and_then(|object| serde_json::from_value(object).ok()),
        code: error.reason.clone(),
        message: error.message.clone(),
        attributes,
    })
}

/// A command that sleeps for a day looks like one that hangs.
fn long_wait(until: Timestamp, wait: Duration) -> Error {
    Error::new(
        ErrorKind::RateLimited,
        "long-wait",
        format!("The provider asks to wait until {until}; a sync waits an hour at most."),
    )
    .remedy("Run it again then.")
    .retry(Retry::after(wait))
}

fn not_stored() -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        "not-stored",
        "Only a stored integration can be synced: there is nowhere to keep the result.",
    )
    .remedy("Store it with `doorward integration add`.")
}

fn busy(integration: &str) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "sync-busy",
        format!("Another Doorward is syncing `{integration}` right now."),
    )
    .remedy("Wait until it has finished.")
}
