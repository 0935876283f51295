//! Example Teams: who is a member of which team of the Teams service.
//!
//! A connector is protocol logic and nothing else. Forbidden are sockets, files, the environment,
//! global state, waiting, and repeating a request: the host does all of that, the same for every
//! connector, and gives a [`Context`] to ask it by.

mod apply;
mod check;
mod client;
mod connection;
mod descriptor;
mod errors;
mod explain;
#[cfg(test)]
mod fake;
mod read;
mod records;
mod settle;
mod sync;

use doorward_core::{
    Answer, ApplyRequest, AuthFailure, CheckReport, Connection, Connector, Context, Cursor,
    Descriptor, Error, Factory, Outcome, Page, Reach, ReadRequest, Result, SettleRequest,
    StartRequest, SyncRequest, async_trait,
};
use std::sync::Arc;

use connection::Service;

/// Describes the connector, and opens connections.
pub struct ExampleTeamsConnector;

impl Factory for ExampleTeamsConnector {
    fn descriptor(&self) -> &Descriptor {
        &descriptor::DESCRIPTOR
    }

    fn open(&self, connection: Connection) -> Result<Arc<dyn Connector>> {
        Ok(Arc::new(Service::open(&connection)?))
    }
}

#[async_trait]
impl Connector for Service {
    fn reach(&self) -> Reach {
        Service::reach(self)
    }

    fn start(&self, request: StartRequest) -> Result<Vec<Cursor>> {
        sync::start(&request)
    }

    async fn check(&self, context: &Context) -> Result<CheckReport> {
        check::check(self, context).await
    }

    async fn sync(&self, context: &Context, request: SyncRequest) -> Result<Page> {
        sync::sync(self, context, request.cursor).await
    }

    async fn read(&self, context: &Context, request: ReadRequest) -> Result<Answer> {
        read::read(self, context, request).await
    }

    async fn apply(
        &self,
        context: &Context,
        request: ApplyRequest,
    ) -> Result<Vec<Result<Outcome>>> {
        apply::apply(self, context, &request).await
    }

    async fn settle(&self, context: &Context, request: SettleRequest) -> Result<Outcome> {
        settle::settle(self, context, &request).await
    }

    fn explain(&self, failure: AuthFailure) -> Error {
        explain::explain(&failure)
    }
}

// What makes a component of this crate. Natively it is an ordinary library, for the tests.
#[cfg(target_family = "wasm")]
doorward_guest::export!(ExampleTeamsConnector);
