//! What a component may ask the host for: the context of the call, and nothing else.

use doorward_core::{Context, Error, HttpResponse, Level};
use std::sync::Arc;
use wasmtime::component::{HasSelf, Linker};

use crate::bindings::Plugin;
use crate::bindings::doorward::connector::{
    changes, clock, endpoints, http, log, pages, questions, random, report, types,
};
use crate::convert::{self, IntoWit};
use crate::cpu::Stopwatch;
use crate::faults::Fault;
use crate::former;
use crate::quota::Memory;

/// What belongs to one call.
pub(crate) struct State {
    /// None in a pure export, which may ask for nothing.
    pub(crate) context: Option<Context>,
    pub(crate) plugin: Arc<str>,
    pub(crate) memory: Memory,
    pub(crate) stopwatch: Arc<Stopwatch>,
    /// Bytes that a pure export logged.
    pub(crate) logged: usize,
}

/// Bytes that a pure export may log: the words of a panic, and no more.
const MOST_LOGGED: usize = 16 << 10;
/// Bytes of one line of it.
const LONGEST_LINE: usize = 4 << 10;

/// The imports that there are. A component that wants another is refused by the linker.
pub(crate) fn linker(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    Plugin::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
    former::add_to_linker(&mut linker)?;
    Ok(linker)
}

impl State {
    fn context(&self, what: &'static str) -> wasmtime::Result<Context> {
        self.context.clone().ok_or_else(|| wasmtime::Error::new(Fault::NotPure(what)))
    }
}

type Answer<T> = wasmtime::Result<Result<T, types::Error>>;

impl http::Host for State {
    async fn send(&mut self, request: http::Request) -> Answer<http::Response> {
        let context = self.context("HTTP")?;
        let request = crate::read(request).map_err(trap)?;
        Ok(answer(self.stopwatch.pause(context.http().send(request)).await))
    }

    async fn send_all(
        &mut self,
        requests: Vec<http::Request>,
    ) -> wasmtime::Result<Vec<Result<http::Response, types::Error>>> {
        let context = self.context("HTTP")?;
        let requests = crate::read(requests).map_err(trap)?;
        let answers = self.stopwatch.pause(context.http().send_all(requests)).await;
        Ok(answers.into_iter().map(answer).collect())
    }

    fn relative(&mut self, endpoint: String, link: String) -> Answer<String> {
        Ok(self.context("HTTP")?.http().relative(&endpoint, &link).into_wit())
    }

    async fn claims(&mut self, endpoint: String) -> Answer<String> {
        let context = self.context("HTTP")?;
        let claims = self.stopwatch.pause(context.http().claims(&endpoint)).await;
        Ok(claims.map(convert::attributes_text).map_err(IntoWit::into_wit))
    }
}

fn answer(given: Result<HttpResponse, Error>) -> Result<http::Response, types::Error> {
    given.into_wit()
}

fn trap(malformed: convert::Malformed) -> wasmtime::Error {
    wasmtime::Error::new(Fault::from(malformed))
}

impl clock::Host for State {
    fn now(&mut self) -> wasmtime::Result<types::Timestamp> {
        Ok(self.context("the time")?.now().into_wit())
    }
}

impl random::Host for State {
    fn next(&mut self) -> wasmtime::Result<u64> {
        Ok(self.context("randomness")?.random())
    }
}

impl log::Host for State {
    fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        let level = match level {
            log::Level::Debug => Level::Debug,
            log::Level::Info => Level::Info,
            log::Level::Warn => Level::Warn,
        };
        match &self.context {
            Some(context) => context.log(level, &message),
            // The panic of a pure export: there is no call whose log it could be.
            None => {
                self.logged = self.logged.saturating_add(message.len()).saturating_add(64);
                if self.logged > MOST_LOGGED {
                    return Err(wasmtime::Error::new(Fault::Log { limit: MOST_LOGGED }));
                }
                let line = message.get(..message.floor_char_boundary(LONGEST_LINE));
                tracing::warn!(plugin = &*self.plugin, "{}", line.unwrap_or_default());
            }
        }
        Ok(())
    }
}

// Interfaces that only give names to types.
impl types::Host for State {}
impl endpoints::Host for State {}
impl report::Host for State {}
impl pages::Host for State {}
impl questions::Host for State {}
impl changes::Host for State {}
