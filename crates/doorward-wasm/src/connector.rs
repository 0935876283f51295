//! A component, as the contract's factory and connector.

use async_trait::async_trait;
use doorward_core::{
    Answer, ApplyRequest, AuthFailure, CheckReport, Connection, Connector, Context, Cursor,
    Descriptor, Error, Factory, Outcome, Page, Reach, ReadRequest, Result, SettleRequest,
    StartRequest, SyncRequest,
};
use serde_json::Value;
use std::sync::Arc;

use crate::bindings::doorward::connector::types;
use crate::convert::{IntoCore, IntoWit, Malformed};
use crate::faults::{self, Fault};
use crate::plugin::Plugin;

/// The most records, or paths, of one page.
const LONGEST_PAGE: usize = 100_000;
/// The most cursors that one page leads to.
const MOST_CURSORS: usize = 10_000;
/// The most facts of one page.
const MOST_FACTS: usize = 1_000;

/// Describes a plugin and opens connections with it.
pub struct PluginFactory {
    descriptor: Descriptor,
    load: Box<dyn Fn() -> Result<Plugin> + Send + Sync>,
}

impl PluginFactory {
    /// A factory whose plugin is loaded when a connection is opened: its descriptor was kept when it
    /// was installed.
    pub fn new(
        descriptor: Descriptor,
        load: impl Fn() -> Result<Plugin> + Send + Sync + 'static,
    ) -> Self {
        Self { descriptor, load: Box::new(load) }
    }

    /// The factory of a plugin that is loaded.
    ///
    /// # Errors
    /// Those of [`Plugin::describe`].
    pub fn of(plugin: Plugin) -> Result<Self> {
        Ok(Self::new(plugin.describe()?, move || Ok(plugin.clone())))
    }
}

impl Factory for PluginFactory {
    fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    fn open(&self, connection: Connection) -> Result<Arc<dyn Connector>> {
        let plugin = (self.load)()?;
        let connection = Arc::new(Value::Object(connection.values().clone()).to_string());
        let reached = plugin.pure(|exports, store| {
            let connection = Arc::clone(&connection);
            Box::pin(async move { exports.reach(store, &connection).await })
        })?;
        let endpoints = plugin.answer(reached)?;
        Ok(Arc::new(PluginConnector { plugin, connection, reach: Reach { endpoints } }))
    }
}

/// An open connection; each call is an instance of its own.
struct PluginConnector {
    plugin: Plugin,
    connection: Arc<String>,
    reach: Reach,
}

/// Calls an export that may wait, with the connection and a request.
macro_rules! call {
    ($self:ident, $cx:ident, $export:ident $(, $request:ident)?) => {{
        let connection = Arc::clone(&$self.connection);
        $(let $request = $request.into_wit();)?
        let called = $self.plugin.call($cx.clone(), move |exports, store| {
            Box::pin(async move {
                exports.$export(store, &connection $(, &$request)?).await
            })
        });
        $self.plugin.answer(called.await?)
    }};
}

#[async_trait]
impl Connector for PluginConnector {
    fn reach(&self) -> Reach {
        self.reach.clone()
    }

    fn start(&self, request: StartRequest) -> Result<Vec<Cursor>> {
        let connection = Arc::clone(&self.connection);
        let request = request.into_wit();
        let started = self.plugin.pure(move |exports, store| {
            Box::pin(async move { exports.start(store, &connection, &request).await })
        })?;
        self.plugin.answer(started)
    }

    async fn check(&self, cx: &Context) -> Result<CheckReport> {
        call!(self, cx, check)
    }

    async fn sync(&self, cx: &Context, request: SyncRequest) -> Result<Page> {
        let page: Page = call!(self, cx, sync, request)?;
        self.plugin.check_length(page.records.len(), "records", LONGEST_PAGE)?;
        self.plugin.check_length(page.next.len(), "cursors", MOST_CURSORS)?;
        self.plugin.check_length(page.facts.len(), "facts", MOST_FACTS)?;
        Ok(page)
    }

    async fn read(&self, cx: &Context, request: ReadRequest) -> Result<Answer> {
        let answer: Answer = call!(self, cx, read, request)?;
        self.plugin.check_length(answer.records.len(), "records", LONGEST_PAGE)?;
        self.plugin.check_length(answer.paths.len(), "ways", LONGEST_PAGE)?;
        Ok(answer)
    }

    async fn apply(&self, cx: &Context, request: ApplyRequest) -> Result<Vec<Result<Outcome>>> {
        call!(self, cx, apply, request)
    }

    async fn settle(&self, cx: &Context, request: SettleRequest) -> Result<Outcome> {
        call!(self, cx, settle, request)
    }

    fn explain(&self, failure: AuthFailure) -> Error {
        let connection = Arc::clone(&self.connection);
        let failure = failure.into_wit();
        let explained = self.plugin.pure(move |exports, store| {
            Box::pin(async move { exports.explain(store, &connection, &failure).await })
        });
        explained.and_then(|error| self.plugin.read(error)).unwrap_or_else(|error| error)
    }
}

impl Plugin {
    /// The answer, or the error that the plugin gave instead, in the contract's words.
    fn answer<T: IntoCore>(&self, given: Result<T, types::Error>) -> Result<T::Core> {
        self.read(given)?
    }

    /// What the plugin handed over, in the contract's words.
    fn read<T: IntoCore>(&self, given: T) -> Result<T::Core> {
        crate::read(given).map_err(|malformed: Malformed| {
            faults::explain(&self.name, &wasmtime::Error::new(Fault::from(malformed)))
        })
    }

    fn check_length(&self, length: usize, what: &str, most: usize) -> Result<()> {
        if length <= most {
            return Ok(());
        }
        let what = format!("gave a page of {length} {what}; {most} are allowed");
        Err(faults::violation(&self.name, "plugin-page-too-long", what))
    }
}
