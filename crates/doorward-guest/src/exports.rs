//! The exports of a component, answered by a connector.

use doorward_core::{Connection, Connector, Error, ErrorKind, Factory, Result};
use serde_json::Value;
use std::future::Future;
use std::panic::{PanicHookInfo, set_hook};
use std::sync::{Arc, Once};

use crate::bindings::doorward::connector::changes::{ApplyRequest, Outcome, SettleRequest};
use crate::bindings::doorward::connector::endpoints::{AuthFailure, Endpoint};
use crate::bindings::doorward::connector::log;
use crate::bindings::doorward::connector::pages::{Cursor, Page, StartRequest, SyncRequest};
use crate::bindings::doorward::connector::questions::{Answer, ReadRequest};
use crate::bindings::doorward::connector::report::CheckReport;
use crate::bindings::doorward::connector::types;
use crate::bindings::exports::doorward::connector::connector::Guest;
use crate::context::{context, malformed};
use crate::convert::{IntoCore, IntoWit};
use crate::wait::wait;

/// A crate that is a component; [`export!`](crate::export) implements it.
pub trait Plugin {
    /// What describes the connector and opens connections.
    fn factory() -> &'static dyn Factory;
}

type Exported<T> = std::result::Result<T, types::Error>;

impl<P: Plugin> Guest for P {
    fn describe() -> String {
        panics_are_logged();
        serde_json::to_string(P::factory().descriptor()).unwrap_or_default()
    }

    fn reach(connection: String) -> Exported<Vec<Endpoint>> {
        exported(open::<P>(&connection).map(|connector| connector.reach().endpoints))
    }

    fn start(connection: String, request: StartRequest) -> Exported<Vec<Cursor>> {
        exported(
            open::<P>(&connection)
                .and_then(|connector| connector.start(request.into_core().map_err(malformed)?)),
        )
    }

    fn check(connection: String) -> Exported<CheckReport> {
        call::<P, _, _>(&connection, |connector| async move { connector.check(&context()).await })
    }

    fn sync(connection: String, request: SyncRequest) -> Exported<Page> {
        call::<P, _, _>(&connection, |connector| async move {
            connector.sync(&context(), request.into_core().map_err(malformed)?).await
        })
    }

    fn read(connection: String, request: ReadRequest) -> Exported<Answer> {
        call::<P, _, _>(&connection, |connector| async move {
            connector.read(&context(), request.into_core().map_err(malformed)?).await
        })
    }

    fn apply(connection: String, request: ApplyRequest) -> Exported<Vec<Exported<Outcome>>> {
        call::<P, _, _>(&connection, |connector| async move {
            connector.apply(&context(), request.into_core().map_err(malformed)?).await
        })
    }

    fn settle(connection: String, request: SettleRequest) -> Exported<Outcome> {
        call::<P, _, _>(&connection, |connector| async move {
            connector.settle(&context(), request.into_core().map_err(malformed)?).await
        })
    }

    fn explain(connection: String, failure: AuthFailure) -> types::Error {
        let explained = open::<P>(&connection)
            .and_then(|connector| Ok(connector.explain(failure.into_core().map_err(malformed)?)));
        explained.unwrap_or_else(|error| error).into_wit()
    }
}

/// Opens the connection, as each call does: an instance lives for one.
fn open<P: Plugin>(connection: &str) -> Result<Arc<dyn Connector>> {
    panics_are_logged();
    match serde_json::from_str(connection) {
        Ok(Value::Object(values)) => P::factory().open(Connection::new(values)),
        _ => Err(Error::internal("The host handed over a connection that is no JSON object.")),
    }
}

fn call<P, F, T>(connection: &str, answer: impl FnOnce(Arc<dyn Connector>) -> F) -> Exported<T::Wit>
where
    P: Plugin,
    F: Future<Output = Result<T>>,
    T: IntoWit,
{
    exported(open::<P>(connection).and_then(|connector| {
        wait(answer(connector)).unwrap_or_else(|| {
            Err(Error::new(
                ErrorKind::ContractViolation,
                "waits-for-nothing",
                "The connector waits for something that is not the host.",
            )
            .remedy("This is a defect of the connector. Please report it."))
        })
    }))
}

fn exported<T: IntoWit>(result: Result<T>) -> Exported<T::Wit> {
    result.map(T::into_wit).map_err(Error::into_wit)
}

/// A panic traps, and a trap has no words: they go to the host's log before.
fn panics_are_logged() {
    static SET: Once = Once::new();
    SET.call_once(|| {
        set_hook(Box::new(|panic: &PanicHookInfo<'_>| {
            log::write(log::Level::Warn, &format!("the plugin panicked: {panic}"));
        }));
    });
}
