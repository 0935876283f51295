//! The contract's two traits, each method handed on to its own file.

use doorward_core::{
    Answer, ApplyRequest, AuthFailure, CheckReport, Connection, Connector, Context, Cursor,
    Descriptor, Error, Factory, Outcome, Page, Query, Reach, ReadRequest, Result, SettleRequest,
    StartRequest, SyncRequest, async_trait,
};
use std::sync::Arc;

use crate::config::Settings;
use crate::descriptor::DESCRIPTOR;
use crate::{
    apply, check, explain, find, grant, holders, holdings, paths, reach, scopes, settle, sync,
};

/// The Microsoft Entra ID connector. Its descriptor's id is `entra-id`.
#[derive(Clone, Copy, Debug, Default)]
pub struct EntraId;

impl Factory for EntraId {
    fn descriptor(&self) -> &Descriptor {
        &DESCRIPTOR
    }

    fn open(&self, connection: Connection) -> Result<Arc<dyn Connector>> {
        let settings = Settings::parse(&connection)?;
        Ok(Arc::new(EntraConnector { settings }))
    }
}

struct EntraConnector {
    settings: Settings,
}

#[async_trait]
impl Connector for EntraConnector {
    fn reach(&self) -> Reach {
        reach::reach(&self.settings)
    }

    async fn check(&self, cx: &Context) -> Result<CheckReport> {
        check::check(&self.settings, cx).await
    }

    fn start(&self, request: StartRequest) -> Result<Vec<Cursor>> {
        Ok(sync::start(&request))
    }

    async fn sync(&self, cx: &Context, request: SyncRequest) -> Result<Page> {
        sync::sync(cx, request).await
    }

    async fn read(&self, cx: &Context, request: ReadRequest) -> Result<Answer> {
        let cursor = request.cursor;
        match request.query {
            Query::Find { kind, term } => find::find(cx, &kind, term, cursor).await,
            Query::Objects { keys } => find::objects(cx, &keys, cursor).await,
            Query::Holders { resource, entitlement } => {
                holders::holders(cx, &resource, entitlement.as_deref(), cursor).await
            }
            Query::Holdings { principal } => holdings::holdings(cx, &principal, cursor).await,
            Query::Grant { key } => grant::grant(cx, key).await,
            Query::Containers { resource } => scopes::containers(cx, &resource).await,
            Query::Paths { principal, resource, entitlement } => {
                paths::paths(cx, &principal, &resource, &entitlement).await
            }
        }
    }

    async fn apply(&self, cx: &Context, request: ApplyRequest) -> Result<Vec<Result<Outcome>>> {
        apply::apply(&self.settings, cx, request).await
    }

    async fn settle(&self, cx: &Context, request: SettleRequest) -> Result<Outcome> {
        settle::settle(cx, request).await
    }

    fn explain(&self, failure: AuthFailure) -> Error {
        explain::explain(&self.settings, &failure)
    }
}
