//! The host, as the connector's context.

use async_trait::async_trait;
use doorward_core::{
    Attributes, Clock, Context, Error, ErrorKind, Http, HttpRequest, HttpResponse, Level, Log,
    Random, Result, Timestamp,
};
use std::sync::Arc;

use crate::bindings::doorward::connector::{clock, http, log, random};
use crate::convert::{self, IntoCore, IntoWit, Malformed};

struct Host;

/// All that a connector can reach.
pub(crate) fn context() -> Context {
    Context::new(Arc::new(Host), Arc::new(Host), Arc::new(Host), Arc::new(Host))
}

#[async_trait]
impl Http for Host {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse> {
        answer(http::send(&request.into_wit()))
    }

    async fn send_all(&self, requests: Vec<HttpRequest>) -> Vec<Result<HttpResponse>> {
        http::send_all(&requests.into_wit()).into_iter().map(answer).collect()
    }

    fn relative(&self, endpoint: &str, link: &str) -> Result<String> {
        answer(http::relative(endpoint, link))
    }

    async fn claims(&self, endpoint: &str) -> Result<Attributes> {
        let text = answer(http::claims(endpoint))?;
        convert::attributes(&text).map_err(malformed)
    }
}

/// What the host gave, or why it did not.
fn answer<T, E>(given: std::result::Result<T, E>) -> Result<T::Core>
where
    T: IntoCore,
    E: IntoCore<Core = Error>,
{
    given.into_core().map_err(malformed)?
}

/// What the host gave cannot be read.
pub(crate) fn malformed(Malformed(what): Malformed) -> Error {
    Error::new(
        ErrorKind::Internal,
        "host-words",
        format!("The host handed over what the plugin cannot read: {what}."),
    )
    .remedy("This is a defect in Doorward. Please report it with this message.")
}

impl Clock for Host {
    fn now(&self) -> Timestamp {
        // A host's clock is within the years that can be counted.
        clock::now().into_core().unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

impl Random for Host {
    fn next(&self) -> u64 {
        random::next()
    }
}

impl Log for Host {
    fn log(&self, level: Level, message: &str) {
        let level = match level {
            Level::Debug => log::Level::Debug,
            Level::Info => log::Level::Info,
            Level::Warn => log::Level::Warn,
        };
        log::write(level, message);
    }
}
