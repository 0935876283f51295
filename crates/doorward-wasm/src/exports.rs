//! What a component answers, whichever version of the interface it speaks.

use wasmtime::Store;
use wasmtime::component::InstancePre;

use crate::bindings::doorward::connector::changes::{ApplyRequest, Outcome, SettleRequest};
use crate::bindings::doorward::connector::endpoints::{AuthFailure, Endpoint};
use crate::bindings::doorward::connector::pages::{Cursor, Page, StartRequest, SyncRequest};
use crate::bindings::doorward::connector::questions::{Answer, ReadRequest};
use crate::bindings::doorward::connector::report::CheckReport;
use crate::bindings::doorward::connector::types::Error;
use crate::bindings::{Plugin, PluginPre};
use crate::former;
use crate::imports::State;

/// The versions of the interface that are served: the last two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// 0.2
    Current,
    /// 0.1
    Former,
}

impl Version {
    /// The version of an export, when it is the interface and is served.
    pub(crate) fn of(export: &str) -> Option<Self> {
        let version = export.strip_prefix("doorward:connector/connector@")?;
        match version.rsplit_once('.')?.0 {
            "0.2" => Some(Self::Current),
            "0.1" => Some(Self::Former),
            _ => None,
        }
    }
}

/// A component whose exports were found, ready to be instantiated.
pub(crate) enum Ready {
    Current(PluginPre<State>),
    Former(former::Ready),
}

/// The exports of one instance.
pub(crate) enum Exports {
    Current(Plugin),
    Former(former::Exports),
}

type Called<T> = wasmtime::Result<Result<T, Error>>;

impl Ready {
    pub(crate) fn new(instance: InstancePre<State>, version: Version) -> wasmtime::Result<Self> {
        Ok(match version {
            Version::Current => Self::Current(PluginPre::new(instance)?),
            Version::Former => Self::Former(former::Ready::new(instance)),
        })
    }

    pub(crate) async fn instantiate(&self, store: &mut Store<State>) -> wasmtime::Result<Exports> {
        Ok(match self {
            Self::Current(ready) => Exports::Current(ready.instantiate_async(store).await?),
            Self::Former(ready) => Exports::Former(ready.instantiate(store).await?),
        })
    }
}

/// An export with the connection and a request, the same in both versions.
macro_rules! exported {
    ($($name:ident, $call:ident($request:ty) -> $answer:ty;)+) => {$(
        pub(crate) async fn $name(
            &self,
            store: &mut Store<State>,
            connection: &String,
            request: &$request,
        ) -> wasmtime::Result<$answer> {
            match self {
                Self::Current(exports) => {
                    exports.doorward_connector_connector().$call(store, connection, request).await
                }
                Self::Former(exports) => {
                    exports.call(store, stringify!($name), (connection, request)).await
                }
            }
        }
    )+};
}

impl Exports {
    exported! {
        sync, call_sync(SyncRequest) -> Result<Page, Error>;
        apply, call_apply(ApplyRequest) -> Result<Vec<Result<Outcome, Error>>, Error>;
        settle, call_settle(SettleRequest) -> Result<Outcome, Error>;
        explain, call_explain(AuthFailure) -> Error;
    }

    pub(crate) async fn describe(&self, store: &mut Store<State>) -> wasmtime::Result<String> {
        match self {
            Self::Current(exports) => {
                exports.doorward_connector_connector().call_describe(store).await
            }
            Self::Former(exports) => exports.call(store, "describe", ()).await,
        }
    }

    pub(crate) async fn reach(
        &self,
        store: &mut Store<State>,
        connection: &String,
    ) -> Called<Vec<Endpoint>> {
        match self {
            Self::Current(exports) => {
                exports.doorward_connector_connector().call_reach(store, connection).await
            }
            Self::Former(exports) => {
                let reach = exports.call::<_, Result<Vec<former::Endpoint>, Error>>(
                    store,
                    "reach",
                    (connection,),
                );
                let reach = reach.await?;
                Ok(reach.map(|endpoints| endpoints.into_iter().map(Endpoint::from).collect()))
            }
        }
    }

    pub(crate) async fn check(
        &self,
        store: &mut Store<State>,
        connection: &String,
    ) -> Called<CheckReport> {
        match self {
            Self::Current(exports) => {
                exports.doorward_connector_connector().call_check(store, connection).await
            }
            Self::Former(exports) => exports.call(store, "check", (connection,)).await,
        }
    }

    pub(crate) async fn start(
        &self,
        store: &mut Store<State>,
        connection: &String,
        request: &StartRequest,
    ) -> Called<Vec<Cursor>> {
        match self {
            Self::Current(exports) => {
                exports.doorward_connector_connector().call_start(store, connection, request).await
            }
            Self::Former(exports) => {
                exports.call(store, "start", (connection, request)).await.map(Ok)
            }
        }
    }

    pub(crate) async fn read(
        &self,
        store: &mut Store<State>,
        connection: &String,
        request: &ReadRequest,
    ) -> Called<Answer> {
        match self {
            Self::Current(exports) => {
                exports.doorward_connector_connector().call_read(store, connection, request).await
            }
            Self::Former(exports) => match former::ReadRequest::of(request) {
                Ok(request) => exports.call(store, "read", (connection, &request)).await,
                Err(unsupported) => Ok(Err(unsupported)),
            },
        }
    }
}
