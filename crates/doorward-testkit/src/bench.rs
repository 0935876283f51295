//! The connector on the bench: opened as a host opens it, and called as a host calls it.

use doorward_core::{
    Action, Clock, Connection, Connector, Descriptor, Error, Factory, Grant, Operation, Reach,
    Timestamp,
};
use doorward_http::{CallEnd, CallOptions, Limits, Mode, Session, SessionOptions, WriteRecord};
use jiff::SignedDuration;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::time::sleep;

use crate::cases::faults::Tried;
use crate::probe::{Probe, Told};
use crate::questions::{Asked, Known};
use crate::rule::{Stop, broken, left};
use crate::subject::{Change, Subject};
use crate::walk::Walk;
use crate::wire::{Interference, Wire};

/// How long a call may take, as in the host.
const DEADLINE: Duration = Duration::from_secs(120);

/// How long what is left of a call gets to show itself.
const AFTERMATH: Duration = Duration::from_millis(50);

/// How a call is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct How {
    pub(crate) mode: Mode,
    pub(crate) deadline: Duration,
    /// Whether the host repeats what failed.
    pub(crate) patient: bool,
    /// Whether the clock shows a time when all replicas have caught up.
    pub(crate) later: bool,
}

impl How {
    /// As a host reads.
    pub(crate) const READ: Self =
        Self { mode: Mode::Read, deadline: DEADLINE, patient: true, later: false };
    /// The same, when all replicas have caught up.
    pub(crate) const READ_LATER: Self = Self { later: true, ..Self::READ };
    /// As a host changes.
    pub(crate) const LIVE: Self = Self { mode: Mode::Live, ..Self::READ };
    /// As a host plans.
    pub(crate) const PLAN: Self = Self { mode: Mode::Plan, ..Self::READ };
    /// A read that is not repeated.
    pub(crate) const READ_ONCE: Self = Self { patient: false, ..Self::READ };
    /// A change that is not repeated.
    pub(crate) const LIVE_ONCE: Self = Self { patient: false, ..Self::LIVE };
}

/// An error that a call gave, or a request that the host refused.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) during: String,
    pub(crate) error: Error,
}

/// The last write, and what it made of the access that may be changed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Changed {
    pub(crate) at: Option<Timestamp>,
    /// Whether the access is there since then, if that is known.
    pub(crate) held: Option<bool>,
}

/// What one call came to.
pub(crate) struct Called {
    pub(crate) end: Result<Told, CallEnd>,
    pub(crate) writes: Vec<WriteRecord>,
}

/// An opened connector and all that was seen of it.
pub(crate) struct Bench<'a> {
    pub(crate) subject: &'a Subject<'a>,
    pub(crate) wire: Arc<Wire>,
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) reach: Reach,
    patient: Session,
    impatient: Session,
    later: Session,
    heard: Mutex<Vec<Heard>>,
    pub(crate) walk: OnceCell<Walk>,
    pub(crate) known: OnceCell<Known>,
    pub(crate) asked: OnceCell<Vec<Asked>>,
    pub(crate) tried: OnceCell<Vec<Tried>>,
    changed: Mutex<Changed>,
    /// The access that may be changed, as it was found.
    pub(crate) prior: OnceCell<Result<Option<Grant>, String>>,
}

impl<'a> Bench<'a> {
    /// Opens the subject.
    ///
    /// # Errors
    /// Why nothing can be called.
    pub(crate) fn open(subject: &'a Subject<'a>) -> Result<Self, String> {
        let connector = open(subject.factory, &subject.connection)
            .map_err(|error| format!("The connection could not be opened: {error}"))?;
        let reach = connector.reach();
        let wire = Arc::new(Wire::new(Arc::clone(&subject.transport), &reach));
        let session = |clock: &Arc<dyn Clock>, repeats| {
            let session = session(subject, &reach, Arc::clone(&wire) as _, clock, repeats);
            session.map_err(|error| format!("The reach cannot be used: {error}"))
        };
        let later: Arc<dyn Clock> = Arc::new(Later(Arc::clone(&subject.clock)));
        let repeats = Limits::default().repeats;
        Ok(Self {
            patient: session(&subject.clock, repeats)?,
            impatient: session(&subject.clock, 0)?,
            later: session(&later, repeats)?,
            changed: Mutex::default(),
            subject,
            wire,
            connector,
            reach,
            heard: Mutex::default(),
            walk: OnceCell::new(),
            known: OnceCell::new(),
            asked: OnceCell::new(),
            tried: OnceCell::new(),
            prior: OnceCell::new(),
        })
    }

    pub(crate) fn descriptor(&self) -> &'a Descriptor {
        self.subject.factory.descriptor()
    }

    /// Another connector of the same connection, which knows nothing of what the first one did.
    ///
    /// # Errors
    /// Left out when it cannot be opened.
    pub(crate) fn another(&self) -> Result<Arc<dyn Connector>, Stop> {
        open(self.subject.factory, &self.subject.connection)
            .or_else(|error| left(format!("The connection could not be opened again: {error}")))
    }

    /// Makes one call.
    pub(crate) async fn call(&self, probe: &Probe, how: How) -> Called {
        self.call_of(&self.connector, probe, how).await
    }

    /// Makes one call of this connector.
    pub(crate) async fn call_of(
        &self,
        connector: &Arc<dyn Connector>,
        probe: &Probe,
        how: How,
    ) -> Called {
        let session = match (how.later, how.patient) {
            (true, _) => &self.later,
            (false, true) => &self.patient,
            (false, false) => &self.impatient,
        };
        let wire = Arc::clone(&self.wire);
        let call = session.call(CallOptions {
            before_write: Some(Arc::new(move |_| {
                wire.write_is_next();
                Ok(())
            })),
            ..CallOptions::new(how.mode, how.deadline)
        });
        let end = call.run(|cx| probe.clone().ask(Arc::clone(connector), cx)).await;
        self.hear(probe, &end);
        let writes = call.writes();
        if !writes.is_empty() {
            let at = Some(self.subject.clock.now());
            *self.changed.lock().unwrap_or_else(PoisonError::into_inner) =
                Changed { at, held: None };
        }
        Called { end, writes }
    }

    /// What was changed last.
    pub(crate) fn changed(&self) -> Changed {
        *self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// This operation took effect, or was carried out before.
    pub(crate) fn was_changed(&self, operation: &Operation) {
        let key = self.subject.change.as_ref().map(Change::key);
        if operation.action.grant().map(|(key, _)| key) == key.as_ref() {
            let held = Some(matches!(operation.action, Action::Grant { .. }));
            self.changed.lock().unwrap_or_else(PoisonError::into_inner).held = held;
        }
    }

    /// Makes one reading call.
    pub(crate) async fn read(&self, probe: &Probe) -> Result<Told, CallEnd> {
        self.call(probe, How::READ).await.end
    }

    /// Makes one call while some requests go wrong.
    pub(crate) async fn suffer(&self, probe: &Probe, how: How, what: Interference) -> Called {
        self.wire.interfere(what);
        let called = self.call(probe, how).await;
        self.wire.leave_alone();
        called
    }

    /// Whether a call that is over has left something behind: a request that goes on, or begins.
    pub(crate) async fn leftovers(&self) -> Option<String> {
        let before = self.wire.count();
        sleep(AFTERMATH).await;
        let after = self.wire.requests();
        if let Some(request) = after.get(before) {
            return Some(format!("`{}` was sent after the call was over", request.shown));
        }
        (self.wire.in_flight() > 0)
            .then(|| "a request was still waited for after the call was over".to_owned())
    }

    fn hear(&self, probe: &Probe, end: &Result<Told, CallEnd>) {
        let mut errors = Vec::new();
        match end {
            Err(CallEnd::Error(error) | CallEnd::Denied(error)) => errors.push(error.clone()),
            Err(CallEnd::AuthFailed(failure)) => {
                errors.push(self.connector.explain(failure.clone()));
            }
            Ok(Told::Outcomes(outcomes)) => {
                errors.extend(outcomes.iter().filter_map(|one| one.as_ref().err().cloned()));
            }
            _ => {}
        }
        let during = probe.name();
        self.heard()
            .extend(errors.into_iter().map(|error| Heard { during: during.clone(), error }));
    }

    /// An error that was given without a call.
    pub(crate) fn hear_error(&self, during: &str, error: Error) {
        self.heard().push(Heard { during: during.to_owned(), error });
    }

    /// All errors so far.
    pub(crate) fn heard(&self) -> MutexGuard<'_, Vec<Heard>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Longer than replicas lag.
const LATER: SignedDuration = SignedDuration::from_mins(15);

/// The clock of a time when all replicas have caught up.
struct Later(Arc<dyn Clock>);

impl Clock for Later {
    fn now(&self) -> Timestamp {
        let now = self.0.now();
        now.saturating_add(LATER).unwrap_or(now)
    }
}

/// Opens a connection.
pub(crate) fn open(
    factory: &dyn Factory,
    connection: &Connection,
) -> doorward_core::Result<Arc<dyn Connector>> {
    factory.open(connection.clone())
}

/// A session as a host makes one.
pub(crate) fn session(
    subject: &Subject<'_>,
    reach: &Reach,
    transport: Arc<dyn doorward_http::Transport>,
    clock: &Arc<dyn Clock>,
    repeats: u32,
) -> doorward_core::Result<Session> {
    Session::new(SessionOptions {
        transport,
        reach: reach.clone(),
        secrets: subject.secrets.clone(),
        clock: Arc::clone(clock),
        random: Arc::clone(&subject.random),
        log: Arc::clone(&subject.log),
        limits: Limits { repeats, ..Limits::default() },
    })
}

/// The reasons by which the host refuses requests of a connector. Each is judged by a rule of its
/// own, and no other rule needs to be broken by it, too.
pub(crate) const REFUSED: [&str; 7] = [
    "unknown-endpoint",
    "foreign-link",
    "write-in-read",
    "effect",
    "effect-not-approved",
    "path",
    "header",
];

/// A call that should have given something did not.
pub(crate) fn failed<T>(what: &str, end: &CallEnd) -> Result<T, Stop> {
    let refused = match end {
        CallEnd::Denied(_) => true,
        CallEnd::Error(error) => REFUSED.contains(&error.reason.as_str()),
        _ => false,
    };
    let seen = format!("{what} ended with {}", told(end));
    if refused { left(seen) } else { broken(seen) }
}

/// How a call ended, for people.
pub(crate) fn told(end: &CallEnd) -> String {
    match end {
        CallEnd::Error(error) | CallEnd::Denied(error) | CallEnd::Deadline(error) => {
            error_text(error)
        }
        CallEnd::Planned(request) => format!("a write, {} {}", request.method.name(), request.url),
        CallEnd::AuthFailed(failure) => {
            format!("the provider's refusal of the credential (HTTP {})", failure.status)
        }
    }
}

/// An error, for people.
pub(crate) fn error_text(error: &Error) -> String {
    format!("the error {} `{}`: {}", error.kind.name(), error.reason, error.message)
}
