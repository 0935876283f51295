//! What a command has: the console, the connectors, and, made only when asked for, the host.

use doorward_core::validation::Validator;
use doorward_core::{Clock, Error, ErrorKind, Factory, Registry, Result, Timestamp};
use doorward_host::{
    Environment, Host, Integration, JournalEntry, JournalState, KeyUse, Observer, Opened, Proposal,
    SqliteStore, Stop, Store, SystemClock, SystemRandom, TracingLog, Vault, connector,
    finish_rotation,
};
use doorward_http::{
    NoTransport, ProxyUrl, ReqwestTransport, Transport, TransportError, TransportErrorKind,
    TransportOptions,
};
use doorward_wasm::{Limits, Runtime};
use etcetera::BaseStrategy;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use url::Url;

use crate::cli::Target;
use crate::connection;
use crate::output::{Console, journal};
use crate::plugins::{self, Folder};
use crate::secrets::LocalSources;
use crate::settings::Settings;

/// What a command has.
#[derive(Clone)]
pub(crate) struct App {
    /// Where it prints and asks.
    pub(crate) console: Console,
    /// The wish to stop, for who finishes something first.
    pub(crate) stop: Arc<Stop>,
    settings: Settings,
    /// Set when the environment's variables shall not be seen; who then acts.
    story: Option<&'static str>,
    /// A connector that takes the place of all others.
    tried: Option<&'static dyn Factory>,
    clock: Arc<dyn Clock>,
    own_change: OwnChange,
    key_use: Arc<Mutex<Option<KeyUse>>>,
    plugins: Arc<OnceLock<Arc<Folder>>>,
}

/// The journal's id of the change that this command sent, once it did.
type OwnChange = Arc<Mutex<Option<String>>>;

/// Tells the person who waits for the host.
struct Waiter {
    console: Console,
    own_change: OwnChange,
    /// What was said last: of many changes each may say the same.
    said: Mutex<String>,
}

impl Observer for Waiter {
    fn note(&self, text: &str) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if *said != text {
            text.clone_into(&mut said);
            self.console.note(text);
        }
    }

    fn journaled(&self, id: &str) {
        *self.own_change.lock().unwrap_or_else(PoisonError::into_inner) = Some(id.to_owned());
    }
}

impl App {
    /// The program's own.
    pub(crate) fn new(settings: Settings) -> Self {
        let console = Console::new(settings.output.value, settings.no_input.value)
            .with_columns(settings.columns.clone());
        let clock = Arc::new(SystemClock);
        Self {
            console,
            stop: Arc::default(),
            settings,
            story: None,
            own_change: OwnChange::default(),
            key_use: Arc::default(),
            plugins: Arc::default(),
            tried: None,
            clock,
        }
    }

    /// One that lives in a directory and a time of its own, and sees nothing of the user's settings.
    pub(crate) fn story(directory: &Path, clock: Arc<dyn Clock>) -> Self {
        let settings = Settings::story(&directory.join("data"));
        let console = Console::story(directory);
        Self {
            console,
            stop: Arc::default(),
            settings,
            story: Some("demo"),
            own_change: OwnChange::default(),
            key_use: Arc::default(),
            plugins: Arc::default(),
            tried: None,
            clock,
        }
    }

    /// How secrets are had that are not stored.
    pub(crate) fn local_sources(&self) -> LocalSources {
        LocalSources { show_errors: self.settings.verbose }
    }

    /// The proxy by which this origin is reached, if it is.
    pub(crate) fn proxy_of(&self, origin: &str) -> Option<&ProxyUrl> {
        self.settings.proxy.value.as_ref().ok()?.of(&Url::parse(origin).ok()?)
    }

    /// Refuses to reach a system through a proxy that cannot be used. Who reaches none does not
    /// care.
    ///
    /// # Errors
    /// `InvalidRequest` with what is wrong, and where it is set.
    pub(crate) fn check_proxy(&self) -> Result<()> {
        let proxy = &self.settings.proxy;
        match &proxy.value {
            Ok(_) => Ok(()),
            Err(error) => Err(error.clone().cause(format!("It is set by {}.", proxy.origin))),
        }
    }

    /// What is set for this run.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Now.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A variable of the environment, unless it is empty.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
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
        connector(&self.registry()?, id)
    }

    /// All connectors: those that are built in, and those that are installed.
    ///
    /// # Errors
    /// When the list of what is installed cannot be used.
    pub(crate) fn registry(&self) -> Result<Registry> {
        if let Some(tried) = self.tried {
            return Registry::new([tried]);
        }
        match self.data_directory() {
            Ok(_) => plugins::registry(&self.plugins()?),
            // A user without a home has installed nothing.
            Err(_) => Registry::native(),
        }
    }

    /// The same, with this connector and no other: one that is not installed.
    pub(crate) fn trying(&self, connector: &'static dyn Factory) -> Self {
        Self { tried: Some(connector), ..self.clone() }
    }

    /// The folder of installed plugins.
    ///
    /// # Errors
    /// As [`data_directory`](Self::data_directory).
    pub(crate) fn plugins(&self) -> Result<Arc<Folder>> {
        let data = self.data_directory()?;
        Ok(Arc::clone(self.plugins.get_or_init(|| Arc::new(Folder::of(&data)))))
    }

    /// What runs a component that is not installed. Who has installed one has a place for compiled
    /// code, so that what is looked at first and installed then is compiled once.
    ///
    /// # Errors
    /// `Internal` when this machine cannot run components.
    pub(crate) fn plugin_runtime(&self) -> Result<Arc<Runtime>> {
        match self.plugins() {
            Ok(folder) if folder.is_there() => folder.runtime(),
            _ => Runtime::new(Limits::default(), None),
        }
    }

    /// Where integrations and the journal are kept.
    ///
    /// # Errors
    /// `InvalidRequest` when the user has no home.
    pub(crate) fn data_directory(&self) -> Result<PathBuf> {
        if let Some(directory) = &self.settings.data_dir.value {
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
        let vault = self.vault(&store)?;
        self.host_with(store, vault)
    }

    /// What seals and opens stored secrets. From now on until this program ends, nobody changes the
    /// key.
    ///
    /// # Errors
    /// `InvalidConnection` when the key cannot be used.
    pub(crate) fn vault(&self, store: &SqliteStore) -> Result<Vault> {
        let in_use = store.use_key()?;
        *self.key_use.lock().unwrap_or_else(PoisonError::into_inner) = Some(in_use);
        if let Some(text) = self.variable("DOORWARD_KEY") {
            return Vault::from_text(&zeroize::Zeroizing::new(text));
        }
        let file = self.key_file()?;
        finish_rotation(store, &file)?;
        Vault::from_file(&file)
    }

    /// Where the key is, unless the environment holds it.
    ///
    /// # Errors
    /// As [`data_directory`](Self::data_directory).
    pub(crate) fn key_file(&self) -> Result<PathBuf> {
        Ok(self.data_directory()?.join("key"))
    }

    /// A host that remembers nothing.
    pub(crate) fn forgetful_host(&self) -> Result<Host> {
        self.host_with(Arc::new(SqliteStore::in_memory()?), Vault::unkept()?)
    }

    fn host_with(&self, store: Arc<SqliteStore>, vault: Vault) -> Result<Host> {
        let environment = Environment {
            transport: self.transport()?,
            clock: Arc::clone(&self.clock),
            random: Arc::new(SystemRandom),
            log: Arc::new(TracingLog),
            actor: self.actor(),
            observer: Arc::new(Waiter {
                console: self.console.clone(),
                own_change: Arc::clone(&self.own_change),
                said: Mutex::default(),
            }),
        };
        let sources = Arc::new(self.local_sources());
        Ok(Host::new(self.registry()?, store, vault, environment, sources))
    }

    /// What sends requests, as the operator set it.
    ///
    /// # Errors
    /// `InvalidRequest` when a file of certificates cannot be used.
    pub(crate) fn transport(&self) -> Result<Arc<dyn Transport>> {
        let ca_file = self.trusted()?;
        Ok(match self.settings.proxy.value.clone() {
            Ok(proxies) => Arc::new(ReqwestTransport::new(TransportOptions { ca_file, proxies })?),
            // Nothing may go around it.
            Err(error) => {
                let why = error.message.trim_end_matches('.');
                let error = TransportError::new(TransportErrorKind::Proxy, why);
                Arc::new(NoTransport(error))
            }
        })
    }

    /// The certificates that are trusted beside the system's, in PEM.
    ///
    /// # Errors
    /// As [`transport`](Self::transport).
    pub(crate) fn trusted(&self) -> Result<Option<Vec<u8>>> {
        let ca_file = self.settings.ca_file.value.as_deref();
        let ca_file = ca_file.map(|path| self.ca_file(path)).transpose()?;
        if let Some(path) = self.variable("SSL_CERT_FILE") {
            check_certificates(Path::new(&path))?;
        }
        Ok(ca_file)
    }

    fn ca_file(&self, path: &Path) -> Result<Vec<u8>> {
        let content = std::fs::read(self.console.file(path)).map_err(|error| {
            Error::new(
                ErrorKind::InvalidRequest,
                "ca-file",
                format!("The certificates in {} cannot be read.", path.display()),
            )
            .remedy("Check the path and the permissions of the file.")
            .cause(error)
        })?;
        // Windows begins a file in UTF-8 with a mark, which hides the first certificate.
        Ok(content.strip_prefix("\u{feff}".as_bytes()).map(<[u8]>::to_vec).unwrap_or(content))
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
        let loaded =
            connection::load(&self.console, &validator, path, self.local_sources()).await?;
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

    /// The change that this command sent, as the journal has it.
    pub(crate) fn own_change(&self) -> Option<JournalEntry> {
        let id = self.own_change.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        self.store().and_then(|store| store.journal_entries(&id)).ok()?.pop()
    }

    /// Who acts, for the journal.
    fn actor(&self) -> String {
        self.story.map_or_else(actor, str::to_owned)
    }
}

/// The system's trust store passes over a file that it cannot use, and then trusts nobody.
fn check_certificates(path: &Path) -> Result<()> {
    let unusable = |what: &str| {
        let message = format!("SSL_CERT_FILE names {}, {what}.", path.display());
        Error::new(ErrorKind::InvalidRequest, "ssl-cert-file", message)
            .remedy("Correct the variable, or unset it to trust what the system trusts.")
    };
    let text =
        std::fs::read(path).map_err(|error| unusable("which cannot be read").cause(error))?;
    let marker = b"-----BEGIN ";
    if text.windows(marker.len()).any(|part| part == marker) {
        return Ok(());
    }
    Err(unusable("which holds no certificate"))
}

/// The place for temporary files is the machine's, and for its operator to mend.
pub(crate) fn no_temporary_files(error: std::io::Error) -> Error {
    let place = std::env::temp_dir();
    let message = format!("Temporary files cannot be written into {}.", place.display());
    Error::new(ErrorKind::InvalidRequest, "no-temporary-files", message)
        .remedy("Check its free space and its permissions, or name another place in TMPDIR.")
        .cause(error)
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
#[cfg(unix)]
fn process_user() -> Option<String> {
    let id = rustix::process::getuid().as_raw().to_string();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == id).then(|| name.to_owned())
    });
    Some(name.unwrap_or(format!("uid {id}")))
}

#[cfg(not(unix))]
fn process_user() -> Option<String> {
    None
}
