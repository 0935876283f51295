//! A simulated tenant on a loopback address, for `demo` and `sim`.

use doorward_core::{Clock, Error, ErrorKind, Result};
use entra_sim::{Latency, SelfSigned, Settings, Simulator, Size, Tenant, cast};
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// How to simulate.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub(crate) users: usize,
    pub(crate) groups: usize,
    pub(crate) seed: u64,
    /// 0 takes any.
    pub(crate) port: u16,
    pub(crate) https: bool,
    /// The application's permissions; empty leaves those of the integration guide.
    pub(crate) app_roles: Vec<String>,
    pub(crate) latency: Duration,
}

/// A simulated tenant, ready to serve.
pub(crate) struct Simulation {
    listener: TcpListener,
    simulator: Simulator,
    certificate: Option<SelfSigned>,
    /// Where it answers.
    pub(crate) base: String,
}

impl Simulation {
    /// Makes the tenant and takes the port.
    ///
    /// # Errors
    /// `InvalidRequest` when the port is taken.
    pub(crate) async fn start(options: &Options, clock: Arc<dyn Clock>) -> Result<Self> {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await.map_err(|error| {
                Error::new(
                    ErrorKind::InvalidRequest,
                    "port-taken",
                    format!("Port {} of this machine cannot be listened on.", options.port),
                )
                .remedy("Choose another with `--port NUMBER`, or `--port 0` for any.")
                .cause(error)
            })?;
        let port = listener
            .local_addr()
            .map_err(|error| Error::internal("The port is not known.").cause(error))?
            .port();
        let certificate = options.https.then(certificate).transpose()?;
        let scheme = if options.https { "https" } else { "http" };
        let settings = Settings {
            seed: options.seed,
            latency: Latency { least: options.latency, most: options.latency },
            ..Settings::default()
        };
        let simulator = Simulator::new(tenant(options), settings, Arc::new(move || clock.now()));
        Ok(Self { listener, simulator, certificate, base: format!("{scheme}://127.0.0.1:{port}") })
    }

    /// A connection that reaches the simulated tenant.
    pub(crate) fn connection(&self) -> Value {
        json!({
            "client_id": cast::CLIENT_ID,
            "secret": cast::SECRET,
            "tenant": cast::TENANT_ID,
            "endpoints": {"login": self.base, "graph": self.base},
        })
    }

    /// The certificate to trust, in PEM.
    pub(crate) fn certificate(&self) -> Option<&str> {
        self.certificate.as_ref().map(|certificate| certificate.certificate_pem.as_str())
    }

    /// Answers until the future is dropped.
    ///
    /// # Errors
    /// When the listener fails.
    pub(crate) async fn serve(self) -> Result<()> {
        let tls = self.certificate.map(|certificate| certificate.server_config);
        entra_sim::serve(self.listener, self.simulator, tls).await.map_err(|error| {
            Error::internal("The simulated tenant stopped answering.").cause(error)
        })
    }
}

fn tenant(options: &Options) -> Tenant {
    let size = Size { users: options.users, groups: options.groups, seed: options.seed };
    let mut tenant = Tenant::generate(&size);
    if !options.app_roles.is_empty() {
        tenant.set_app_roles(options.app_roles.iter().cloned());
    }
    tenant
}

fn certificate() -> Result<SelfSigned> {
    SelfSigned::generate(["localhost", "127.0.0.1"])
        .map_err(|error| Error::internal("No certificate could be made.").cause(error))
}
