//! Many changes at once: each line is judged as a single change is, alike ones are written together,
//! and each has an outcome of its own.
//!
//! Names, prior states and policy are read for all lines before the first write, each question once.
//! What is so already is not written: a rerun of the same lines changes nothing. Writes go one after
//! the other, so that no two are ever on their way to one object.

mod approve;
mod batches;
mod document;
mod prepare;
mod requests;
mod run;
mod stop;

use doorward_core::{Error, ErrorKind, Result};
use doorward_http::PlannedRequest;
use std::sync::Arc;

use crate::change::report;
use crate::prepare::Prepared;
use crate::{ChangeReport, ChangeRequest, Opened};
pub use approve::PLAN_LIVES;
pub use document::{
    ChangePlan, PlanFlags, PlannedBatch, PlannedChange, PlannedError, PlannedFor, Prior,
};
pub use stop::Stop;

use run::Run;

/// One of many changes.
#[derive(Clone, Debug)]
pub struct BulkLine {
    /// Where it stands, for people.
    pub number: u64,
    /// What is asked for; or why that cannot be understood.
    pub asked: Result<ChangeRequest>,
    /// The id that a plan gave it; else it gets a new one.
    pub operation: Option<String>,
}

/// How far many changes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BulkProgress {
    /// Names and prior states are read; nothing was sent.
    Reading {
        /// Lines that are read.
        done: usize,
        /// All lines.
        of: usize,
    },
    /// Changes are written.
    Writing {
        /// Lines that are over.
        done: usize,
        /// Lines that need a write.
        of: usize,
    },
    /// What access remains is looked up.
    Looking,
}

/// How many changes are carried out.
#[derive(Clone, Copy)]
pub struct BulkOptions<'a> {
    /// More than so many are refused before the first write.
    pub most_changes: usize,
    /// The plan that somebody approved: what is not as it says is refused before the first write.
    pub plan: Option<&'a ChangePlan>,
    /// The wish to stop.
    pub stop: &'a Stop,
    /// Who watches.
    pub progress: &'a (dyn Fn(BulkProgress) + Send + Sync),
}

/// What came of one line.
#[derive(Clone, Debug)]
pub enum LineEnd {
    /// It has an outcome; in a plan, it would have one.
    Ended(Box<ChangeReport>),
    /// It cannot be done, or was refused.
    Failed(Box<Error>),
    /// It was left, because something stopped all that was left.
    NotTried(Box<ChangeReport>),
}

/// One line of the result.
#[derive(Clone, Debug)]
pub struct LineReport {
    /// Where it stands.
    pub number: u64,
    /// The earlier line that asks for the same; what came of that came of this.
    pub same_as: Option<u64>,
    /// Whether it needs a write: it was not so already.
    pub needed: bool,
    /// What came of it.
    pub end: LineEnd,
}

/// What came of many changes.
#[derive(Clone, Debug, Default)]
pub struct BulkReport {
    /// One for each line, in their order.
    pub lines: Vec<LineReport>,
    /// In a plan: the requests that would be sent, each with its lines.
    pub requests: Vec<(Vec<u64>, PlannedRequest)>,
    /// Why the lines that were not tried were left; absent also when somebody wished to stop.
    pub stopped: Option<Error>,
}

impl BulkReport {
    /// How many lines need a write, one for each access.
    pub fn needed(&self) -> usize {
        self.lines.iter().filter(|line| line.needed && line.same_as.is_none()).count()
    }
}

/// A line on its way.
struct Line {
    number: u64,
    state: State,
}

enum State {
    Failed(Box<Error>),
    /// The line at this place asks for the same.
    Same(usize),
    /// It is so already.
    Already(Box<Prepared>),
    /// It needs a write.
    Needed(Box<Prepared>),
    /// It has an outcome.
    Ended {
        report: Box<ChangeReport>,
        /// Whether it took the grant: a replica may still show it.
        took: bool,
        /// Whether it needed a write.
        needed: bool,
    },
}

impl Opened {
    /// Shows what [`change_bulk`](Self::change_bulk) would send, by the same code, and sends no
    /// write: one request for each batch.
    ///
    /// # Errors
    /// What concerns all lines; what concerns one is its end.
    pub async fn plan_bulk(
        &self,
        lines: Vec<BulkLine>,
        progress: &(dyn Fn(BulkProgress) + Send + Sync),
    ) -> Result<BulkReport> {
        let mut lines = self.prepare_bulk(lines, None, progress).await?;
        let requests = self.plan_requests(&mut lines, self.environment.clock.now()).await?;
        Ok(BulkReport { lines: ended(lines), requests, stopped: None })
    }

    /// Carries many changes out. Each is permitted as a single one; those of one entitlement on one
    /// resource are written together, and one by one when that is refused. What is so already needs
    /// no write.
    ///
    /// # Errors
    /// Before the first write: what concerns all lines, and `DeniedByPolicy`, with the reasons
    /// `too-many-changes` and `state-changed`. After it nothing is an error of all: it is in the
    /// report.
    pub async fn change_bulk(
        &self,
        lines: Vec<BulkLine>,
        options: BulkOptions<'_>,
    ) -> Result<BulkReport> {
        self.writable_store()?;
        let claim = Arc::new(self.claim().await?);
        let judged_by = self.refresh()?;
        let mut lines = self.prepare_bulk(lines, Some(&claim), options.progress).await?;
        if let Some(plan) = options.plan {
            self.check_state(plan, &mut lines).await?;
        }
        permit_many(&lines, options.most_changes)?;
        let mut run = Run::new(self, claim, judged_by, options, lines);
        run.drive().await;
        Ok(run.report().await)
    }
}

/// Refuses more changes than are meant: a file may be longer than somebody thinks.
fn permit_many(lines: &[Line], most: usize) -> Result<()> {
    let needed = lines.iter().filter(|line| matches!(line.state, State::Needed(_))).count();
    if needed <= most {
        return Ok(());
    }
    let failed = lines.iter().filter(|line| matches!(line.state, State::Failed(_))).count();
    let beside = match failed {
        0 => String::new(),
        1 => " 1 other line cannot be done.".to_owned(),
        many => format!(" {many} other lines cannot be done."),
    };
    Err(Error::new(
        ErrorKind::DeniedByPolicy,
        "too-many-changes",
        format!(
            "{needed} changes would be made, and at most {most} are allowed at once. Nothing was \
             sent.{beside}"
        ),
    )
    .remedy(format!(
        "Look at them with `--dry-run`. If all of them are meant, try again with `--max-changes \
         {needed}`."
    ))
    .attribute("changes", needed))
}

/// The lines as they are told.
fn ended(lines: Vec<Line>) -> Vec<LineReport> {
    let mut told: Vec<LineReport> = Vec::with_capacity(lines.len());
    for Line { number, state } in lines {
        let (same_as, needed, end) = match state {
            State::Failed(error) => (None, false, LineEnd::Failed(error)),
            State::Already(prepared) => (None, false, LineEnd::Ended(Box::new(report(*prepared)))),
            State::Needed(prepared) => (None, true, LineEnd::Ended(Box::new(report(*prepared)))),
            State::Ended { report, needed, .. } => (None, needed, LineEnd::Ended(report)),
            State::Same(place) => match told.get(place) {
                Some(first) => (Some(first.number), first.needed, first.end.clone()),
                None => continue,
            },
        };
        told.push(LineReport { number, same_as, needed, end });
    }
    told
}

/// Whether an error is about more than the line that met it: then no other line is tried.
fn concerns_all(error: &Error) -> bool {
    let kind = matches!(
        error.kind,
        ErrorKind::InvalidConnection
            | ErrorKind::Unauthenticated
            | ErrorKind::RateLimited
            | ErrorKind::Unavailable
            | ErrorKind::Timeout
            | ErrorKind::Internal
    );
    // What a look found out about one change is about that change.
    (kind && error.reason != "not-applied") || error.reason == "integration-gone"
}
