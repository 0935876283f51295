//! What a command has: the console, the connectors, and, made only when asked for, the host.

use doorward_core::validation::Validator;
use doorward_core::{Clock, Error, ErrorKind, Factory, Registry, Result, Timestamp};
use doorward_host::{
    Environment, Host, Integration, JournalEntry, JournalState, Opened, Proposal, SqliteStore,
    Store, SystemClock, SystemRandom, TracingLog, Vault, connector,
};
use doorward_http::{ReqwestTransport, TransportOptions};
use etcetera::BaseStrategy;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::{Globals, Target};
use crate::connection;
use crate::output::{Console, journal};
use crate::secrets::LocalSources;

/// What a command has.
#[derive(Clone)]
pub(crate) struct App {
    /// Where it prints and asks.
    pub(crate) console: Console,
    globals: Globals,
    /// Set when the environment's variables shall not be seen; who then acts.
    story: Option<&'static str>,
    clock: Arc<dyn Clock>,
    started: Timestamp,
}

impl App {
    /// The program's own.
    pub(crate) fn new(globals: Globals) -> Self {
        let console = Console::new(globals.output, globals.no_input);
        let clock = Arc::new(SystemClock);
        Self { console, globals, story: None, started: clock.now(), clock }
    }

    /// One that lives in a directory and a time of its own, and sees nothing of the user's settings.
    pub(crate) fn story(directory: &Path, clock: Arc<dyn Clock>) -> Self {
        let globals = Globals { data_dir: Some(directory.join("data")), ..Globals::default() };
        let console = Console::story(directory);
        Self { console, globals, story: Some("demo"), started: clock.now(), clock }
    }

    /// Now.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn variable(&self, name: &str) -> Option<String> {
        if self.story.is_some() {
            return None;
        }
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    /// The connector of this id, without making a host.
    ///
    /// # Errors
    /// `NotFound` with the known ids.
    pub(crate) fn factory(&self, id: &str) -> Result<&'static dyn Factory> {
        connector(&Registry::native()?, id)
    }

    /// Where integrations and the journal are kept.
    ///
    /// # Errors
    /// `InvalidRequest` when the user has no home.
    pub(crate) fn data_directory(&self) -> Result<PathBuf> {
        if let Some(directory) = &self.globals.data_dir {
            return Ok(directory.clone());
        }
        let strategy = etcetera::choose_base_strategy().map_err(|error| {
            Error::new(
                ErrorKind::InvalidRequest,
                "no-data-directory",
                "This user has no home directory to keep integrations in.",
            )
            .remedy("Name a directory with `--data-dir DIRECTORY` or DOORWARD_DATA_DIR.")
            .cause(error)
        })?;
        Ok(strategy.data_dir().join("doorward"))
    }

    /// What is remembered.
    ///
    /// # Errors
    /// `InvalidRequest` when the directory cannot be used: it is the operator's to mend or to
    /// choose, and no defect of Doorward.
    pub(crate) fn store(&self) -> Result<Arc<SqliteStore>> {
        let opened = SqliteStore::open(&self.data_directory()?);
        opened.map(Arc::new).map_err(|error| Error { kind: ErrorKind::InvalidRequest, ..error })
    }

    /// The host over the user's integrations.
    ///
    /// # Errors
    /// When store, key or trust store cannot be used.
    pub(crate) fn host(&self) -> Result<Host> {
        let store = self.store()?;
        let vault = match self.variable("DOORWARD_KEY") {
            Some(text) => Vault::from_text(&zeroize::Zeroizing::new(text))?,
            None => Vault::from_file(&self.data_directory()?.join("key"))?,
        };
        self.host_with(store, vault)
    }

    /// A host that remembers nothing.
    fn forgetful_host(&self) -> Result<Host> {
        let directory = tempfile::tempdir().map_err(|error| {
            Error::internal("No temporary directory could be made.").cause(error)
        })?;
        let vault = Vault::from_file(&directory.path().join("key"))?;
        self.host_with(Arc::new(SqliteStore::in_memory()?), vault)
    }

    fn host_with(&self, store: Arc<SqliteStore>, vault: Vault) -> Result<Host> {
        let ca_file = self.globals.ca_file.as_deref().map(|path| self.ca_file(path)).transpose()?;
        let environment = Environment {
            transport: Arc::new(ReqwestTransport::new(TransportOptions { ca_file })?),
            clock: Arc::clone(&self.clock),
            random: Arc::new(SystemRandom),
            log: Arc::new(TracingLog),
            actor: self.actor(),
        };
        Ok(Host::new(Registry::native()?, store, vault, environment, Arc::new(LocalSources)))
    }

    fn ca_file(&self, path: &Path) -> Result<Vec<u8>> {
        std::fs::read(self.console.file(path)).map_err(|error| {
            Error::new(
                ErrorKind::InvalidRequest,
                "ca-file",
                format!("The certificates in {} cannot be read.", path.display()),
            )
            .remedy("Check the path and the permissions of the file.")
            .cause(error)
        })
    }

    /// The integration that the operator means.
    ///
    /// # Errors
    /// `NotFound`, or `InvalidRequest` when one must be chosen.
    pub(crate) fn select(&self, host: &Host, target: &Target) -> Result<Integration> {
        let named = target.integration.clone().or_else(|| self.variable("DOORWARD_INTEGRATION"));
        host.select(named.as_deref())
    }

    /// Opens what a command is about. Touches no network.
    ///
    /// # Errors
    /// Those of validation, selection and opening.
    pub(crate) async fn open(&self, target: &Target) -> Result<Opened> {
        if let (Some(connector), Some(path)) = (&target.connector, &target.connection) {
            let host = self.forgetful_host()?;
            let proposal = self.propose(&host, connector, path).await?;
            self.console.reach(proposal.reach());
            return host.open_proposal(&proposal);
        }
        let host = self.host()?;
        host.open(&self.select(&host, target)?)
    }

    /// Reads and validates a connection, and lets the connector say where it leads.
    ///
    /// # Errors
    /// `InvalidConnection` with the findings.
    pub(crate) async fn propose(
        &self,
        host: &Host,
        connector: &str,
        path: &Path,
    ) -> Result<Proposal> {
        let factory = self.factory(connector)?;
        let validator = Validator::new(&factory.descriptor().connection_schema)?;
        let loaded = connection::load(&self.console, &validator, path).await?;
        self.console.warnings(&connection::shown(path), loaded.connection.warnings());
        host.propose(connector, loaded.connection, loaded.sources)
    }

    /// Settles what earlier commands left open, and says what came of it.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) async fn settle(&self, opened: &Opened) -> Result<()> {
        for entry in opened.settle().await? {
            let when = crate::output::text::moment(entry.at);
            let outcome = match entry.state {
                JournalState::Settled => journal::outcome(&entry),
                JournalState::Intent | JournalState::Open => "still not known".to_owned(),
            };
            let change = journal::change(&entry);
            self.console
                .note(format!("An open change of {when} was looked up: {change}: {outcome}."));
        }
        Ok(())
    }

    /// The change that this command sent, as the journal has it; the newest one of this user since
    /// the command began.
    pub(crate) fn own_change(&self) -> Option<JournalEntry> {
        let newest = self.store().and_then(|store| store.journal(None, 20)).ok()?;
        let actor = self.actor();
        newest.into_iter().find(|entry| entry.at >= self.started && entry.actor == actor)
    }

    /// Who acts, for the journal.
    fn actor(&self) -> String {
        self.story.map_or_else(actor, str::to_owned)
    }
}

/// The operating system's user, for the journal.
fn actor() -> String {
    let user = process_user()
        .or_else(|| {
            ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok())
        })
        .filter(|user| !user.is_empty())
        .unwrap_or_else(|| "unknown".to_owned());
    match std::env::var("SUDO_USER") {
        Ok(invoker) if !invoker.is_empty() && invoker != user => {
            format!("{user} (sudo by {invoker})")
        }
        _ => user,
    }
}

/// The user that runs this process, by the system's own tables: a variable can be set to anything.
#[cfg(target_os = "linux")]
fn process_user() -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let id = std::fs::metadata("/proc/self").ok()?.uid().to_string();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == id).then(|| name.to_owned())
    });
    Some(name.unwrap_or(format!("uid {id}")))
}

#[cfg(not(target_os = "linux"))]
fn process_user() -> Option<String> {
    None
}
