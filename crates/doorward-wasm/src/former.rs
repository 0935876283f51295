//! Version 0.1 of the interface: components that were built for it run on.
//!
//! It is version 0.2 but for these: there was no `http.send-all`, `start` could not fail, no
//! question asked for containers, and there were fewer schemes of authentication. All other records
//! are the same, and so are their types here.

use wasmtime::component::{
    ComponentNamedList, ComponentType, Instance, InstancePre, Lift, Linker, Lower,
};
use wasmtime::{Store, StoreContextMut};

use crate::bindings::doorward::connector::endpoints::{
    self, BasicCredential, HeaderCredential, Oauth2ClientSecret,
};
use crate::bindings::doorward::connector::http::{self, Host as _};
use crate::bindings::doorward::connector::questions::{self, FindQuery, HoldersQuery, PathsQuery};
use crate::bindings::doorward::connector::types::{Error, ErrorKind, GrantKey, ObjectRef, Retry};
use crate::bindings::doorward::connector::{clock, log, random};
use crate::imports::State;

/// The interface that such a component exports.
const INTERFACE: &str = "doorward:connector/connector@0.1.0";

/// A question of version 0.1.
#[derive(Clone, ComponentType, Lift, Lower)]
#[component(variant)]
pub(crate) enum Query {
    #[component(name = "find")]
    Find(FindQuery),
    #[component(name = "objects")]
    Objects(Vec<ObjectRef>),
    #[component(name = "holders")]
    Holders(HoldersQuery),
    #[component(name = "holdings")]
    Holdings(ObjectRef),
    #[component(name = "grant")]
    Grant(GrantKey),
    #[component(name = "paths")]
    Paths(PathsQuery),
}

/// A request of version 0.1 to read.
#[derive(Clone, ComponentType, Lift, Lower)]
#[component(record)]
pub(crate) struct ReadRequest {
    #[component(name = "query")]
    query: Query,
    #[component(name = "cursor")]
    cursor: Option<String>,
    #[component(name = "attributes")]
    attributes: String,
}

impl ReadRequest {
    /// The request, unless it asks what such a component cannot be asked.
    ///
    /// # Errors
    /// `Unsupported`.
    pub(crate) fn of(request: &questions::ReadRequest) -> Result<Self, Error> {
        use questions::Query as Asked;
        let query = match request.query.clone() {
            Asked::Find(query) => Query::Find(query),
            Asked::Objects(keys) => Query::Objects(keys),
            Asked::Holders(query) => Query::Holders(query),
            Asked::Holdings(principal) => Query::Holdings(principal),
            Asked::Grant(key) => Query::Grant(key),
            Asked::Paths(query) => Query::Paths(query),
            Asked::Containers(_) => return Err(unsupported()),
        };
        let questions::ReadRequest { cursor, attributes, .. } = request.clone();
        Ok(Self { query, cursor, attributes })
    }
}

/// An endpoint of version 0.1.
#[derive(Clone, ComponentType, Lift, Lower)]
#[component(record)]
pub(crate) struct Endpoint {
    #[component(name = "name")]
    name: String,
    #[component(name = "origin")]
    origin: String,
    #[component(name = "scheme")]
    scheme: Scheme,
    #[component(name = "read-posts")]
    read_posts: Vec<String>,
    #[component(name = "claims")]
    claims: Vec<String>,
    #[component(name = "named-by-connection")]
    named_by_connection: bool,
    #[component(name = "attributes")]
    attributes: String,
}

/// How the host authenticates, in version 0.1.
#[derive(Clone, ComponentType, Lift, Lower)]
#[component(variant)]
pub(crate) enum Scheme {
    #[component(name = "oauth2-client-secret")]
    Oauth2ClientSecret(Oauth2ClientSecret),
    #[component(name = "header")]
    Header(HeaderCredential),
    #[component(name = "basic")]
    Basic(BasicCredential),
    #[component(name = "none")]
    None,
}

impl From<Endpoint> for endpoints::Endpoint {
    fn from(endpoint: Endpoint) -> Self {
        let Endpoint { name, origin, read_posts, claims, named_by_connection, attributes, .. } =
            endpoint;
        let scheme = match endpoint.scheme {
            Scheme::Oauth2ClientSecret(scheme) => endpoints::Scheme::Oauth2ClientSecret(scheme),
            Scheme::Header(scheme) => endpoints::Scheme::Header(scheme),
            Scheme::Basic(scheme) => endpoints::Scheme::Basic(scheme),
            Scheme::None => endpoints::Scheme::None,
        };
        Self { name, origin, scheme, read_posts, claims, named_by_connection, attributes }
    }
}

fn unsupported() -> Error {
    Error {
        kind: ErrorKind::Unsupported,
        reason: "unsupported".to_owned(),
        message: "This plugin was built before connectors could be asked for containers."
            .to_owned(),
        remedy: Some("Install a newer version of it.".to_owned()),
        retry: Retry::Never,
        provider_code: None,
        request_id: None,
        causes: Vec::new(),
        attributes: String::new(),
    }
}

/// Adds the imports of version 0.1.
pub(crate) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut instance = linker.instance("doorward:connector/http@0.1.0")?;
    instance.func_wrap_async(
        "send",
        |mut store: StoreContextMut<'_, State>, (request,): (http::Request,)| {
            Box::new(async move { Ok((store.data_mut().send(request).await?,)) })
        },
    )?;
    instance.func_wrap("relative", |mut store, (endpoint, link): (String, String)| {
        Ok((store.data_mut().relative(endpoint, link)?,))
    })?;
    instance.func_wrap_async(
        "claims",
        |mut store: StoreContextMut<'_, State>, (endpoint,): (String,)| {
            Box::new(async move { Ok((store.data_mut().claims(endpoint).await?,)) })
        },
    )?;
    let mut instance = linker.instance("doorward:connector/clock@0.1.0")?;
    instance.func_wrap("now", |mut store, ()| Ok((clock::Host::now(store.data_mut())?,)))?;
    let mut instance = linker.instance("doorward:connector/random@0.1.0")?;
    instance.func_wrap("next", |mut store, ()| Ok((random::Host::next(store.data_mut())?,)))?;
    let mut instance = linker.instance("doorward:connector/log@0.1.0")?;
    instance.func_wrap("write", |mut store, (level, message): (log::Level, String)| {
        log::Host::write(store.data_mut(), level, message)
    })
}

/// A component of version 0.1, ready to be instantiated.
pub(crate) struct Ready(InstancePre<State>);

/// The exports of one instance.
pub(crate) struct Exports(Instance);

impl Ready {
    pub(crate) fn new(instance: InstancePre<State>) -> Self {
        Self(instance)
    }

    pub(crate) async fn instantiate(&self, store: &mut Store<State>) -> wasmtime::Result<Exports> {
        Ok(Exports(self.0.instantiate_async(store).await?))
    }
}

impl Exports {
    /// Calls an export by its name.
    pub(crate) async fn call<P, A>(
        &self,
        store: &mut Store<State>,
        name: &str,
        request: P,
    ) -> wasmtime::Result<A>
    where
        P: ComponentNamedList + Lower + Send + Sync,
        A: Lift + ComponentType + Send + Sync + 'static,
    {
        let interface = self.0.get_export_index(&mut *store, None, INTERFACE);
        let function = interface
            .and_then(|interface| self.0.get_export_index(&mut *store, Some(&interface), name))
            .ok_or_else(|| wasmtime::Error::msg(format!("`{name}` is not exported")))?;
        let function = self.0.get_typed_func::<P, (A,)>(&mut *store, &function)?;
        let (answer,) = function.call_async(store, request).await?;
        Ok(answer)
    }
}
