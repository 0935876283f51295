//! An open integration: one connector, one session, the calls between them.

use doorward_core::{
    AccessPath, CheckReport, Connector, Context, Descriptor, Error, ErrorKind, Identity, Object,
    Query, ReadRequest, Record, Result,
};
use doorward_http::{Call, CallEnd, CallOptions, Limits, Mode, Secrets, Session, SessionOptions};
use serde_json::Value;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use crate::remember::Remembered;
use crate::secrets::Revealed;
use crate::store::{Integration, Store};
use crate::{Environment, Judgement, Policy, Uses};

/// How long one call of a connector may take, all its retries and waits included.
pub(crate) const CALL_DEADLINE: Duration = Duration::from_secs(120);

/// The most pages that one question is followed for: ten million rows of 999. Beyond it a provider
/// is sending us in circles.
const MOST_PAGES: usize = 10_000;

/// An open integration.
pub struct Opened {
    pub(crate) descriptor: &'static Descriptor,
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) environment: Environment,
    /// None when the integration is not stored: then nothing can be changed.
    pub(crate) store: Option<Arc<dyn Store>>,
    integration: Arc<Mutex<Integration>>,
    /// Gives the secrets.
    reveal: Arc<Reveal>,
    /// Made by the first call: what asks nobody needs no secret.
    session: Arc<OnceLock<Session>>,
    /// Answers that are not asked for again.
    remembered: Option<Remembered>,
}

/// Gives the secrets of an integration as it was opened.
pub(crate) type Reveal = Arc<dyn Fn(&Integration) -> Result<Revealed> + Send + Sync>;

/// Every page of an answer.
#[derive(Clone, Default)]
pub(crate) struct WholeAnswer {
    pub(crate) records: Vec<Record>,
    pub(crate) paths: Vec<AccessPath>,
}

impl Opened {
    pub(crate) fn new(
        descriptor: &'static Descriptor,
        connector: Arc<dyn Connector>,
        integration: Integration,
        reveal: Reveal,
        environment: Environment,
        store: Option<Arc<dyn Store>>,
    ) -> Self {
        Self {
            descriptor,
            connector,
            environment,
            store,
            integration: Arc::new(Mutex::new(integration)),
            reveal: Arc::new(reveal),
            session: Arc::default(),
            remembered: None,
        }
    }

    /// The same, but what it reads it reads once: for who asks the same of many changes. It must not
    /// outlive the question.
    pub(crate) fn remembering(&self) -> Self {
        Self {
            descriptor: self.descriptor,
            connector: Arc::clone(&self.connector),
            environment: self.environment.clone(),
            store: self.store.clone(),
            integration: Arc::clone(&self.integration),
            reveal: Arc::clone(&self.reveal),
            session: Arc::clone(&self.session),
            remembered: Some(Remembered::default()),
        }
    }

    /// What the connector says about itself.
    pub fn descriptor(&self) -> &'static Descriptor {
        self.descriptor
    }

    /// The integration as it was when it was opened, or since then read again.
    pub fn integration(&self) -> Integration {
        self.lock().clone()
    }

    /// The name of the place that the integration reaches, for messages.
    pub(crate) fn place(&self) -> String {
        let integration = self.integration();
        integration.identity.map_or(integration.name, |identity| identity.place)
    }

    /// Checks the connection: who we are there, what we may do, what the operator should know. The
    /// identity is remembered, so that policy knows it.
    ///
    /// # Errors
    /// Those of [`Connector::check`], and a refused credential as the connector explains it.
    pub async fn check(&self) -> Result<CheckReport> {
        let call = self.call(Mode::Read)?;
        let report =
            self.run(&call, |cx, connector| async move { connector.check(&cx).await }).await?;
        self.remember(&report.identity)?;
        Ok(report)
    }

    /// Checks the connection, and judges what was found by what it shall be used for; that is among
    /// the findings, too.
    ///
    /// # Errors
    /// Those of [`check`](Self::check).
    pub async fn check_for(&self, uses: &Uses<'_>) -> Result<(CheckReport, Judgement)> {
        let mut report = self.check().await?;
        let judgement = uses.judge(&report);
        report.findings.extend(judgement.findings.iter().cloned());
        Ok((report, judgement))
    }

    /// Who we are there; asks only when it is not known yet.
    pub(crate) async fn identity(&self) -> Result<Identity> {
        match self.integration().identity {
            Some(identity) => Ok(identity),
            None => Ok(self.check().await?.identity),
        }
    }

    /// Changes the policy and stores it. What others stored meanwhile stays.
    ///
    /// # Errors
    /// `NotFound` when the integration was removed meanwhile.
    pub fn change_policy(&self, mut change: impl FnMut(&mut Policy)) -> Result<()> {
        let mut integration = self.lock();
        match &self.store {
            None => change(&mut integration.policy),
            Some(store) => {
                let stored = store.modify(&integration.id, None, &mut |integration| {
                    change(&mut integration.policy);
                })?;
                integration.policy = stored.policy;
            }
        }
        Ok(())
    }

    fn remember(&self, identity: &Identity) -> Result<()> {
        let mut integration = self.lock();
        if integration.identity.as_ref() == Some(identity) {
            return Ok(());
        }
        if let Some(store) = &self.store {
            let opened = integration.clone();
            store.modify(&opened.id, None, &mut |stored| {
                // Found through the connection that was opened: not true of one that replaced it.
                if opened.leads_where(stored) {
                    stored.identity = Some(identity.clone());
                }
            })?;
        }
        integration.identity = Some(identity.clone());
        Ok(())
    }

    /// Reads the integration again: what somebody forbade since it was opened is forbidden. Gives it
    /// as it is stored.
    ///
    /// # Errors
    /// `NotFound` when it was removed meanwhile; `Unavailable` when it leads elsewhere now.
    pub(crate) fn refresh(&self) -> Result<Integration> {
        let mut integration = self.lock();
        if let Some(store) = &self.store {
            *integration = stored_now(store.as_ref(), &integration)?;
        }
        Ok(integration.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Integration> {
        self.integration.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn call(&self, mode: Mode) -> Result<Call> {
        Ok(self.session()?.call(CallOptions::new(mode, CALL_DEADLINE)))
    }

    /// Whether the secrets can be had.
    ///
    /// # Errors
    /// `InvalidConnection` when one cannot; `Unavailable` when the integration leads elsewhere now.
    pub(crate) fn has_secrets(&self) -> Result<()> {
        (self.reveal)(&self.integration()).map(drop)
    }

    /// What requests are sent through. The secrets are read for every token: one that was replaced
    /// meanwhile counts from the next on.
    ///
    /// # Errors
    /// `InvalidConnection` when a secret cannot be had or used; `Unavailable` when the integration
    /// leads elsewhere now.
    pub(crate) fn session(&self) -> Result<&Session> {
        if let Some(session) = self.session.get() {
            return Ok(session);
        }
        let integration = self.integration();
        let (reveal, opened) = (Arc::clone(&self.reveal), integration.clone());
        let session = Session::new(SessionOptions {
            transport: Arc::clone(&self.environment.transport),
            secrets: Secrets::asked(move || reveal(&opened)),
            reach: integration.reach,
            clock: Arc::clone(&self.environment.clock),
            random: Arc::clone(&self.environment.random),
            log: Arc::clone(&self.environment.log),
            limits: Limits::default(),
        })?;
        Ok(self.session.get_or_init(|| session))
    }

    /// Runs one call of the connector and turns every ending but its result into an error.
    pub(crate) async fn run<T, F, R>(&self, call: &Call, operation: F) -> Result<T>
    where
        F: Fn(Context, Arc<dyn Connector>) -> R,
        R: Future<Output = Result<T>>,
    {
        let ended = call.run(|cx| operation(cx, Arc::clone(&self.connector))).await;
        ended.map_err(|end| self.ended(end))
    }

    pub(crate) fn ended(&self, end: CallEnd) -> Error {
        match end {
            CallEnd::Error(error) | CallEnd::Denied(error) | CallEnd::Deadline(error) => error,
            CallEnd::AuthFailed(failure) => self.connector.explain(failure),
            CallEnd::Planned(_) => Error::internal("A call ended in a way that nobody asked for."),
        }
    }

    /// Asks one question and reads its answer to the last page.
    pub(crate) async fn read_all(&self, query: Query) -> Result<WholeAnswer> {
        match &self.remembered {
            None => self.read_pages(query).await,
            Some(remembered) => remembered.answer(self, query).await,
        }
    }

    pub(crate) async fn read_pages(&self, query: Query) -> Result<WholeAnswer> {
        let mut whole = WholeAnswer::default();
        let mut cursor: Option<Value> = None;
        for _ in 0..MOST_PAGES {
            let request = ReadRequest { query: query.clone(), cursor: cursor.clone() };
            let call = self.call(Mode::Read)?;
            let answer = self
                .run(&call, |cx, connector| {
                    let request = request.clone();
                    async move { connector.read(&cx, request).await }
                })
                .await?;
            for record in &answer.records {
                self.check_declared(record)?;
            }
            whole.records.extend(answer.records);
            whole.paths.extend(answer.paths);
            match answer.next {
                None => return Ok(whole),
                Some(next) if Some(&next) == cursor.as_ref() => return Err(loops()),
                next => cursor = next,
            }
        }
        Err(loops())
    }

    /// A kind that the descriptor does not declare breaks the contract: whoever reads the answer
    /// would not know what it is.
    pub(crate) fn check_declared(&self, record: &Record) -> Result<()> {
        let kinds: [Option<&str>; 2] = match record {
            Record::Account(account) => [Some(&account.key.kind), None],
            Record::Resource(resource) => [Some(&resource.key.kind), None],
            Record::Grant(grant) => {
                [Some(&grant.key.principal.kind), Some(&grant.key.resource.kind)]
            }
            _ => [None, None],
        };
        match kinds.into_iter().flatten().find(|kind| !self.descriptor.declares(kind)) {
            None => Ok(()),
            Some(kind) => Err(Error::new(
                ErrorKind::ContractViolation,
                "undeclared-kind",
                format!(
                    "The connector `{}` delivered a `{kind}`, which its descriptor does not declare.",
                    self.descriptor.id
                ),
            )
            .remedy("This is a defect of the connector. Please report it.")),
        }
    }
}

fn loops() -> Error {
    Error::new(
        ErrorKind::ContractViolation,
        "page-loop",
        "The pages of the answer lead in a circle, so that it never ends.",
    )
    .remedy("Try again. If it stays so, report it to the provider with the request id in the log.")
}

/// The integration was removed by another command.
pub(crate) fn gone() -> Error {
    Error::new(ErrorKind::NotFound, "integration-gone", "The integration was removed meanwhile.")
        .remedy("Look at `doorward integration list`.")
}

/// An integration as it is stored now.
///
/// # Errors
/// `NotFound` when it was removed meanwhile; `Unavailable` when it leads elsewhere now.
pub(crate) fn stored_now(store: &dyn Store, known: &Integration) -> Result<Integration> {
    let stored = store.integration(&known.name)?;
    let stored = stored.filter(|stored| stored.id == known.id).ok_or_else(gone)?;
    if known.leads_where(&stored) {
        return Ok(stored);
    }
    Err(connection_changed(known))
}

/// Another command changed the connection.
pub(crate) fn connection_changed(known: &Integration) -> Error {
    changed("integration-changed", format!("The connection of `{}`", known.name))
}

/// What a decision rests on was changed by another command.
pub(crate) fn changed(reason: &str, what: String) -> Error {
    Error::new(ErrorKind::Unavailable, reason, format!("{what} was changed meanwhile."))
        .remedy("Nothing was changed. Run the command again.")
}

/// A new id: sortable by time, and without a clock's help unique by 64 random bits.
pub(crate) fn new_id(environment: &Environment) -> String {
    let milliseconds = environment.clock.now().as_millisecond();
    format!("{milliseconds:011x}{:016x}", environment.random.next())
}

/// The name and login of an object, for people.
pub(crate) fn display_name(object: &Object) -> String {
    match object.login() {
        Some(login) if login != object.name() => format!("{} ({login})", object.name()),
        _ => object.name().to_owned(),
    }
}
