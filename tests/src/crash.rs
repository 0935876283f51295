//! A process that dies at a chosen moment: between two steps, nothing happens any more.

use async_trait::async_trait;
use bytes::Bytes;
use doorward_core::{Error, ErrorKind, Record, Result};
use doorward_host::{
    Claim, Holder, Integration, JournalEntry, KnownName, Run, SealedSecret, Settlement, Snapshot,
    Store, StoredPage, SyncStore,
};
use doorward_http::{AddressRule, BodyStream, Transport, TransportError};
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::sync::Notify;

/// Counts the steps that a process takes towards the outside (before a request leaves, after its
/// answer came, after a commit), and kills it after a chosen one.
#[derive(Default)]
pub struct Crash {
    steps: AtomicUsize,
    /// 0: never.
    after: AtomicUsize,
    is_dead: AtomicBool,
    is_disk_full: AtomicBool,
    died: Notify,
}

impl Crash {
    /// Lets the process die after so many further steps; 0 lets it live.
    pub fn after(&self, steps: usize) {
        self.steps.store(0, Ordering::SeqCst);
        self.after.store(steps, Ordering::SeqCst);
    }

    /// Whether the process is dead.
    pub fn is_dead(&self) -> bool {
        self.is_dead.load(Ordering::SeqCst)
    }

    /// Completes when the process dies.
    pub async fn died(&self) {
        self.died.notified().await;
    }

    /// From now on nothing can be written to the disk; the process lives.
    pub fn fill_disk(&self) {
        self.is_disk_full.store(true, Ordering::SeqCst);
    }

    fn step(&self) {
        let step = self.steps.fetch_add(1, Ordering::SeqCst) + 1;
        if step == self.after.load(Ordering::SeqCst) {
            self.is_dead.store(true, Ordering::SeqCst);
            self.died.notify_one();
        }
    }
}

/// A transport of a process that may die.
pub struct CrashingTransport {
    /// What lies below.
    pub inner: Arc<dyn Transport>,
    /// When it dies.
    pub crash: Arc<Crash>,
}

#[async_trait]
impl Transport for CrashingTransport {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        addresses: AddressRule,
    ) -> std::result::Result<http::Response<BodyStream>, TransportError> {
        self.crash.step();
        if self.crash.is_dead() {
            return pending().await;
        }
        let answer = self.inner.send(request, addresses).await;
        self.crash.step();
        if self.crash.is_dead() {
            return pending().await;
        }
        answer
    }
}

/// A store of a process that may die: what a dead process commits is not there.
pub struct CrashingStore {
    /// What lies below.
    pub inner: Arc<dyn Store>,
    /// When it dies.
    pub crash: Arc<Crash>,
}

impl CrashingStore {
    fn commit(&self, commit: impl FnOnce() -> Result<()>) -> Result<()> {
        if self.crash.is_dead() {
            return Err(Error::internal("The process is dead."));
        }
        if self.crash.is_disk_full.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Internal, "database", "The disk is full."));
        }
        let result = commit();
        self.crash.step();
        result
    }
}

impl SyncStore for CrashingStore {
    fn begin_run(&self, integration: &str, id: &str) -> Result<Option<Run>> {
        self.inner.begin_run(integration, id)
    }
    fn commit_pages(&self, run: &Run, pages: &[StoredPage]) -> Result<()> {
        self.commit(|| self.inner.commit_pages(run, pages))
    }
    fn drop_stream(&self, run: &Run, stream: &str) -> Result<()> {
        self.inner.drop_stream(run, stream)
    }
    fn each_page(&self, run: &Run, take: &mut dyn FnMut(Vec<Record>)) -> Result<()> {
        self.inner.each_page(run, take)
    }
    fn seal(&self, run: &Run, snapshot: &Snapshot) -> Result<()> {
        self.commit(|| self.inner.seal(run, snapshot))
    }
    fn snapshot(&self, integration: &str) -> Result<Option<Snapshot>> {
        self.inner.snapshot(integration)
    }
    fn names(
        &self,
        integration: &str,
        kind: &str,
        beginning: &str,
        limit: u32,
    ) -> Result<Vec<KnownName>> {
        self.inner.names(integration, kind, beginning, limit)
    }
}

impl Store for CrashingStore {
    fn integrations(&self) -> Result<Vec<Integration>> {
        self.inner.integrations()
    }
    fn integration(&self, name: &str) -> Result<Option<Integration>> {
        self.inner.integration(name)
    }
    fn add(&self, integration: &Integration, secrets: &[SealedSecret]) -> Result<()> {
        self.inner.add(integration, secrets)
    }
    fn modify(
        &self,
        id: &str,
        secrets: Option<&[SealedSecret]>,
        change: &mut dyn FnMut(&mut Integration),
    ) -> Result<Integration> {
        let mut stored = None;
        self.commit(|| {
            stored = Some(self.inner.modify(id, secrets, change)?);
            Ok(())
        })?;
        stored.ok_or_else(|| Error::internal("Nothing was stored."))
    }
    fn remove(&self, id: &str) -> Result<()> {
        self.inner.remove(id)
    }
    fn secrets(&self, id: &str) -> Result<Vec<SealedSecret>> {
        self.inner.secrets(id)
    }
    fn current(&self) -> Result<Option<String>> {
        self.inner.current()
    }
    fn set_current(&self, name: Option<&str>) -> Result<()> {
        self.inner.set_current(name)
    }
    fn claim(&self, id: &str) -> Result<Option<Claim>> {
        self.inner.claim(id)
    }
    fn holder(&self, id: &str) -> Option<Holder> {
        self.inner.holder(id)
    }
    fn intent(&self, claim: &Claim, entries: &[JournalEntry]) -> Result<()> {
        self.commit(|| self.inner.intent(claim, entries))
    }
    fn settle(&self, claim: &Claim, settled: &[(&str, &Settlement)]) -> Result<()> {
        self.commit(|| self.inner.settle(claim, settled))
    }
    fn journal(&self, integration: Option<&str>, limit: u32) -> Result<Vec<JournalEntry>> {
        self.inner.journal(integration, limit)
    }
    fn journal_entries(&self, id_prefix: &str) -> Result<Vec<JournalEntry>> {
        self.inner.journal_entries(id_prefix)
    }
    fn earlier(&self, entry: &JournalEntry, limit: u32) -> Result<Vec<JournalEntry>> {
        self.inner.earlier(entry, limit)
    }
    fn unsettled(&self, integration: &str) -> Result<Vec<JournalEntry>> {
        self.inner.unsettled(integration)
    }
}
