//! The host: connectors, integrations, and opening them.

use doorward_core::validation::{Document, ValidConnection, Validator};
use doorward_core::{Connection, Error, ErrorKind, Factory, Identity, Reach, Registry, Result};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use std::sync::Arc;
use zeroize::Zeroizing;

use crate::opened::{Reveal, connection_changed, stored_now};
use crate::secrets::{Revealed, SecretSources, Secrets, SourceResolver};
use crate::store::{Claim, Integration, SealedSecret, Store};
use crate::{Environment, Opened, Policy, Vault};

/// A connection that was validated but not approved yet: the operator sees the reach and decides.
pub struct Proposal {
    factory: &'static dyn Factory,
    connection: Connection,
    secrets: Revealed,
    sources: SecretSources,
    reach: Reach,
}

impl Proposal {
    /// The endpoints to approve.
    pub fn reach(&self) -> &Reach {
        &self.reach
    }

    /// The connection, each secret replaced by a reference.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The secrets that the connection refers to, for a session of one's own.
    pub fn secrets(&self) -> doorward_http::Secrets {
        self.secrets.clone().into_iter().collect()
    }

    /// The connector's id.
    pub fn connector(&self) -> &str {
        &self.factory.descriptor().id
    }
}

/// One host for every access integration.
pub struct Host {
    registry: Registry,
    store: Arc<dyn Store>,
    environment: Environment,
    secrets: Arc<Secrets>,
}

impl Host {
    /// Puts a host together.
    pub fn new(
        registry: Registry,
        store: Arc<dyn Store>,
        vault: Vault,
        environment: Environment,
        resolver: Arc<dyn SourceResolver>,
    ) -> Self {
        let secrets = Secrets { store: Arc::clone(&store), vault, resolver };
        Self { registry, store, environment, secrets: Arc::new(secrets) }
    }

    /// What the host itself gets from outside.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// What the host remembers.
    pub fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }

    /// The connector of this id.
    ///
    /// # Errors
    /// `NotFound` with the known ids.
    pub fn factory(&self, id: &str) -> Result<&'static dyn Factory> {
        connector(&self.registry, id)
    }

    /// Makes a proposal of a validated connection. Touches no network.
    ///
    /// # Errors
    /// `NotFound` for an unknown connector; `InvalidConnection` from the connector.
    pub fn propose(
        &self,
        connector: &str,
        connection: ValidConnection,
        sources: SecretSources,
    ) -> Result<Proposal> {
        let factory = self.factory(connector)?;
        let (connection, secrets) = connection.split();
        let secrets = secrets
            .into_iter()
            .map(|(pointer, secret)| (pointer, SecretString::from(secret.as_str())))
            .collect();
        let reach = factory.open(connection.clone())?.reach();
        Ok(Proposal { factory, connection, secrets, sources, reach })
    }

    /// The proposal of an integration with another secret at this pointer. The connection is
    /// validated again as a whole.
    ///
    /// # Errors
    /// `InvalidConnection` with the findings as attributes.
    pub fn propose_secret(
        &self,
        integration: &Integration,
        pointer: &str,
        secret: SecretString,
        source: Option<Value>,
    ) -> Result<Proposal> {
        let factory = self.factory(&integration.connector)?;
        let mut secrets = self.secrets.reveal(integration, Some(pointer))?;
        secrets.insert(pointer.to_owned(), secret);
        let mut sources = integration.sources.clone();
        match source {
            Some(source) => sources.insert(pointer.to_owned(), source),
            None => sources.remove(pointer),
        };
        let mut values = Value::Object(integration.connection.clone());
        for (pointer, secret) in &secrets {
            if let Some(place) = values.pointer_mut(pointer) {
                *place = Value::String(secret.expose_secret().to_owned());
            }
        }
        let text = Zeroizing::new(serde_json::to_vec(&values).map_err(|error| {
            Error::internal("A connection could not be written as JSON.").cause(error)
        })?);
        let validator = Validator::new(&factory.descriptor().connection_schema)?;
        let connection = Document::parse(&text)
            .and_then(|document| validator.validate(&document))
            .map_err(|findings| {
                Error::new(
                    ErrorKind::InvalidConnection,
                    "invalid-connection",
                    "The new secret does not fit the connection.",
                )
                .remedy("Mend what the findings say, and try again. Nothing was changed.")
                .attribute("findings", serde_json::to_value(findings).unwrap_or_default())
            })?;
        self.propose(&integration.connector, connection, sources)
    }

    /// Makes sure that an integration can be added under this name.
    ///
    /// # Errors
    /// `InvalidRequest` for a name that is unusable or taken.
    pub fn check_free(&self, name: &str) -> Result<()> {
        check_name(name)?;
        match self.store.integration(name)? {
            None => Ok(()),
            Some(_) => Err(crate::store::name_taken(name)),
        }
    }

    /// Adds an integration. Calling this is the operator's approval of the proposal's reach.
    ///
    /// # Errors
    /// `InvalidRequest` for a name that is unusable or taken.
    pub fn add(&self, name: &str, proposal: &Proposal) -> Result<Integration> {
        check_name(name)?;
        let now = self.environment.clock.now();
        let integration = Integration {
            id: self.new_id(),
            name: name.to_owned(),
            connector: proposal.connector().to_owned(),
            connection: proposal.connection.values().clone(),
            sources: proposal.sources.clone(),
            reach: proposal.reach.clone(),
            policy: Policy::default(),
            identity: None,
            created: now,
            updated: now,
        };
        let secrets = self.seal(&integration.id, proposal)?;
        self.store.add(&integration, &secrets)?;
        Ok(integration)
    }

    /// Replaces an integration's connection; its policy and journal stay. Calling this is the
    /// operator's approval of the proposal's reach. `identity` is who we are by the new connection,
    /// if that was checked.
    ///
    /// # Errors
    /// `Unavailable` while another process changes access through it, or when somebody updated it
    /// since it was read: the proposal may hold what they replaced; `OutcomeUnknown` when a change
    /// whose outcome is not known yet would then be looked up in another place; `NotFound` when it
    /// was removed meanwhile.
    pub fn update(
        &self,
        integration: &Integration,
        proposal: &Proposal,
        identity: Option<&Identity>,
    ) -> Result<Integration> {
        let _claim = self.claim_now(integration)?;
        let stored = stored_now(self.store.as_ref(), integration)?;
        // A secret alone shows in no other field than the time.
        if stored.sources != integration.sources || stored.updated != integration.updated {
            return Err(connection_changed(integration));
        }
        let is_elsewhere = integration.connection != *proposal.connection.values()
            || integration.reach != proposal.reach;
        if is_elsewhere {
            self.nothing_open(integration)?;
        }
        let secrets = self.seal(&integration.id, proposal)?;
        let now = self.environment.clock.now();
        self.store.modify(&integration.id, Some(&secrets), &mut |stored| {
            stored.connection = proposal.connection.values().clone();
            stored.sources = proposal.sources.clone();
            stored.reach = proposal.reach.clone();
            stored.identity = identity.cloned();
            stored.updated = now;
        })
    }

    /// Removes an integration with its secrets. Its journal stays.
    ///
    /// # Errors
    /// `Unavailable` while another process changes access through it; `OutcomeUnknown` when the
    /// outcome of a change is not known yet, which nobody could look up then.
    pub fn remove(&self, integration: &Integration) -> Result<()> {
        let _claim = self.claim_now(integration)?;
        self.nothing_open(integration)?;
        self.store.remove(&integration.id)
    }

    /// Makes sure that nobody waits for the outcome of a change through this integration.
    ///
    /// # Errors
    /// `OutcomeUnknown`, with the reason `open-changes`.
    pub fn nothing_open(&self, integration: &Integration) -> Result<()> {
        let open = self.store.unsettled(&integration.id)?;
        let Some(entry) = open.first() else { return Ok(()) };
        let name = &integration.name;
        Err(Error::new(
            ErrorKind::OutcomeUnknown,
            "open-changes",
            format!(
                "The outcome of {} through `{name}` is not known yet, and could no longer be \
                 looked up.",
                if open.len() == 1 {
                    "a change".to_owned()
                } else {
                    format!("{} changes", open.len())
                },
            ),
        )
        .remedy(format!(
            "Run `doorward check -i {name}`, which looks it up, and try again. If nobody can look, \
             close it by hand: `doorward journal close {} --outcome applied|not-applied --reason \
             TEXT`.",
            entry.id
        )))
    }

    fn claim_now(&self, integration: &Integration) -> Result<Claim> {
        let claim = self.store.claim(&integration.id)?;
        claim.ok_or_else(|| crate::settle::busy(integration, self.store.as_ref()))
    }

    /// The integration of this name; without a name the current one, or the only one.
    ///
    /// # Errors
    /// `NotFound` when there is none; `InvalidRequest` when one must be chosen.
    pub fn select(&self, name: Option<&str>) -> Result<Integration> {
        let chosen = match name {
            Some(name) => Some(name.to_owned()),
            None => self.store.current()?,
        };
        if let Some(name) = chosen {
            return stored(self.store.as_ref(), &name);
        }
        let all = self.store.integrations()?;
        match all.as_slice() {
            [only] => Ok(only.clone()),
            [] => Err(Error::new(
                ErrorKind::NotFound,
                "no-integration",
                "There is no integration yet.",
            )
            .remedy(
                "Add one with `doorward integration add NAME --connector entra-id --connection \
                 FILE`, or watch `doorward demo`.",
            )),
            _ => Err(Error::new(
                ErrorKind::InvalidRequest,
                "integration-not-chosen",
                format!("There are {} integrations, and none was chosen.", all.len()),
            )
            .remedy(format!(
                "Name one with `-i NAME`, or choose it for good with `doorward integration use \
                 NAME`. Known: {}.",
                names(&all)
            ))),
        }
    }

    /// Opens a stored integration. Touches no network, and no secret before the first request.
    ///
    /// # Errors
    /// `DeniedByPolicy` when the connector now wants more reach than was approved.
    pub fn open(&self, integration: &Integration) -> Result<Opened> {
        let factory = self.factory(&integration.connector)?;
        let secrets = Arc::clone(&self.secrets);
        let reveal = Arc::new(move |integration: &Integration| secrets.of_opened(integration));
        self.opened(factory, integration.clone(), reveal, true)
    }

    /// Opens a proposal without storing it: to check it, or for one command. Calling this is the
    /// operator's approval of its reach for as long as it is open.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_proposal(&self, proposal: &Proposal) -> Result<Opened> {
        let now = self.environment.clock.now();
        let integration = Integration {
            id: self.new_id(),
            name: "(not stored)".to_owned(),
            connector: proposal.connector().to_owned(),
            connection: proposal.connection.values().clone(),
            sources: SecretSources::new(),
            reach: proposal.reach.clone(),
            policy: Policy::default(),
            identity: None,
            created: now,
            updated: now,
        };
        let secrets = proposal.secrets.clone();
        let reveal = Arc::new(move |_: &Integration| Ok(secrets.clone()));
        self.opened(proposal.factory, integration, reveal, false)
    }

    fn opened(
        &self,
        factory: &'static dyn Factory,
        integration: Integration,
        reveal: Reveal,
        is_stored: bool,
    ) -> Result<Opened> {
        let connector = factory.open(Connection::new(integration.connection.clone()))?;
        if connector.reach() != integration.reach {
            return Err(Error::new(
                ErrorKind::DeniedByPolicy,
                "reach-changed",
                format!(
                    "The connector now wants to reach other endpoints for `{}` than were approved.",
                    integration.name
                ),
            )
            .remedy(format!(
                "Look at them and approve them with `doorward integration update {} \
                 --connection FILE`.",
                integration.name
            )));
        }
        Ok(Opened::new(
            factory.descriptor(),
            connector,
            integration,
            reveal,
            self.environment.clone(),
            is_stored.then(|| Arc::clone(&self.store)),
        ))
    }

    fn seal(&self, id: &str, proposal: &Proposal) -> Result<Vec<SealedSecret>> {
        proposal
            .secrets
            .iter()
            .filter(|(pointer, _)| !proposal.sources.contains_key(*pointer))
            .map(|(pointer, secret)| self.secrets.vault.seal(id, pointer, secret))
            .collect()
    }

    fn new_id(&self) -> String {
        crate::opened::new_id(&self.environment)
    }
}

/// The connector of this id.
///
/// # Errors
/// `NotFound` with the known ids; why it cannot be used, when it is known.
pub fn connector(registry: &Registry, id: &str) -> Result<&'static dyn Factory> {
    if let Some(why) = registry.unusable().get(id) {
        return Err(why.clone());
    }
    registry.get(id).ok_or_else(|| {
        let known: Vec<&str> =
            registry.iter().map(|factory| factory.descriptor().id.as_str()).collect();
        let nearest = known
            .iter()
            .max_by(|a, b| strsim::jaro(a, id).total_cmp(&strsim::jaro(b, id)))
            .filter(|candidate| strsim::jaro(candidate, id) > 0.7);
        let guess = nearest.map(|name| format!("Did you mean `{name}`? ")).unwrap_or_default();
        Error::new(
            ErrorKind::NotFound,
            "connector-not-found",
            format!("There is no connector `{id}`."),
        )
        .remedy(format!("{guess}Known connectors: {}.", known.join(", ")))
    })
}

/// The integration of this name.
///
/// # Errors
/// `NotFound` with the known names.
pub fn stored(store: &dyn Store, name: &str) -> Result<Integration> {
    if let Some(integration) = store.integration(name)? {
        return Ok(integration);
    }
    let all = store.integrations()?;
    Err(Error::new(
        ErrorKind::NotFound,
        "integration-not-found",
        format!("There is no integration `{name}`."),
    )
    .remedy(if all.is_empty() {
        "Add one with `doorward integration add`.".to_owned()
    } else {
        format!("Known integrations: {}.", names(&all))
    }))
}

fn names(integrations: &[Integration]) -> String {
    let names: Vec<&str> =
        integrations.iter().map(|integration| integration.name.as_str()).collect();
    names.join(", ")
}

/// The pointers of an integration's secrets.
impl Integration {
    /// Where the secrets are within the connection.
    pub fn secret_pointers(&self) -> Vec<String> {
        fn walk(values: &Map<String, Value>, found: &mut Vec<String>) {
            for value in values.values() {
                let Value::Object(inner) = value else { continue };
                match inner.get("pointer") {
                    Some(Value::String(pointer)) if inner.len() == 1 => found.push(pointer.clone()),
                    _ => walk(inner, found),
                }
            }
        }
        let mut found = Vec::new();
        walk(&self.connection, &mut found);
        found
    }
}

/// Refuses a name that no integration can have.
///
/// # Errors
/// `InvalidRequest`, reason `invalid-name`.
pub fn check_name(name: &str) -> Result<()> {
    let is_usable = (1..=64).contains(&name.len())
        && name
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "-_.".contains(character))
        && !name.starts_with(['-', '.']);
    if is_usable {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidRequest,
        "invalid-name",
        "An integration's name is 1 to 64 letters, digits, `-`, `_` or `.`, and begins with a \
         letter, a digit or `_`.",
    )
    .remedy("Choose a name like `contoso` or `contoso-production`."))
}
