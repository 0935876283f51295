//! A simulated tenant on a loopback address, for `demo` and `sim`.

use doorward_core::{Clock, Error, ErrorKind, Result, Timestamp};
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
    /// 0: as many as come.
    pub(crate) memberships: usize,
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
        let tenant = tenant(options, clock.now());
        let simulator = Simulator::new(tenant, settings, Arc::new(move || clock.now()));
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

/// Made now, so that its secret is valid whatever the year.
fn tenant(options: &Options, now: Timestamp) -> Tenant {
    let Options { users, groups, memberships, seed, .. } = *options;
    let size = Size { users, groups, memberships, seed };
    let mut tenant = Tenant::generate_at(&size, now);
    if !options.app_roles.is_empty() {
        tenant.set_app_roles(options.app_roles.iter().cloned());
    }
    tenant
}

fn certificate() -> Result<SelfSigned> {
    SelfSigned::generate(["localhost", "127.0.0.1"])
        .map_err(|error| Error::internal("No certificate could be made.").cause(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::App;
    use crate::cli::Cli;
    use crate::commands;
    use crate::exit::Exit;
    use clap::Parser;

    struct Late;

    impl Clock for Late {
        fn now(&self) -> Timestamp {
            "2061-07-28T12:00:00Z".parse().unwrap()
        }
    }

    #[tokio::test]
    async fn its_secret_is_valid_in_any_year() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let simulation = Simulation::start(&Options::default(), Arc::new(Late)).await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("sim.json");
        std::fs::write(file, simulation.connection().to_string()).unwrap();
        tokio::spawn(simulation.serve());
        let app = App::story(directory.path(), Arc::new(Late));
        let check = ["doorward", "check", "--connector", "entra-id", "--connection", "sim.json"];
        let command = Cli::try_parse_from(check).unwrap().command;
        assert_eq!(commands::run(&app, command).await.unwrap(), Exit::DONE);
    }
}
