//! A connector whose pages are a script: for what a driver of syncs must do, whatever the provider.

use doorward_core::{
    Answer, AuthFailure, CheckReport, Connection, Connector, Context, Cursor, Descriptor, Error,
    ErrorKind, Factory, Page, Reach, ReadRequest, Result, StartRequest, SyncRequest, async_trait,
};
use serde_json::json;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

/// What a page says, and how long it takes. Called when the page is asked for, and again when it is
/// given.
pub trait Script: Send + Sync {
    /// Where a sync, or one stream of it, begins.
    fn start(&self, request: &StartRequest) -> Vec<Cursor>;
    /// How long the page takes.
    fn latency(&self, request: &SyncRequest) -> Duration;
    /// The page, at the moment when it is given.
    fn page(&self, request: &SyncRequest) -> Result<Page>;
    /// The answer to a question.
    fn read(&self, request: &ReadRequest) -> Result<Answer>;
}

static DESCRIPTOR: LazyLock<Descriptor> = LazyLock::new(|| {
    let text = include_str!("keyring/descriptor.json");
    let mut descriptor: Descriptor = serde_json::from_str(text).expect("descriptor.json fits");
    descriptor.id = "scripted".to_owned();
    descriptor.connection_schema = json!({"type": "object", "additionalProperties": false,
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Nothing", "properties": {}});
    descriptor
});

static SCRIPT: Mutex<Option<Arc<dyn Script>>> = Mutex::new(None);

/// The connector; it plays the script that was set last. One at a time: nextest gives each test a
/// process of its own.
pub struct Scripted;

/// Sets what the connector plays.
pub fn play(script: Arc<dyn Script>) {
    *SCRIPT.lock().unwrap_or_else(PoisonError::into_inner) = Some(script);
}

struct Playing(Arc<dyn Script>);

impl Factory for Scripted {
    fn descriptor(&self) -> &Descriptor {
        &DESCRIPTOR
    }

    fn open(&self, _: Connection) -> Result<Arc<dyn Connector>> {
        let script = SCRIPT.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(Arc::new(Playing(script.expect("a script was set"))))
    }
}

#[async_trait]
impl Connector for Playing {
    fn reach(&self) -> Reach {
        Reach { endpoints: Vec::new() }
    }

    fn start(&self, request: StartRequest) -> Result<Vec<Cursor>> {
        Ok(self.0.start(&request))
    }

    async fn check(&self, _: &Context) -> Result<CheckReport> {
        Err(Error::internal("no check"))
    }

    async fn sync(&self, _: &Context, request: SyncRequest) -> Result<Page> {
        tokio::time::sleep(self.0.latency(&request)).await;
        self.0.page(&request)
    }

    async fn read(&self, _: &Context, request: ReadRequest) -> Result<Answer> {
        self.0.read(&request)
    }

    fn explain(&self, _: AuthFailure) -> Error {
        Error::new(ErrorKind::Unauthenticated, "none", "There is no credential.")
    }
}
