//! A plan as a document: what would be changed, what stood there before, and by which requests. What
//! is not so any more is not carried out.

use doorward_core::{
    Error, ErrorKind, GrantKey, GrantKind, Identity, ObjectRef, Result, Timestamp,
};
use doorward_http::PlannedRequest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{BulkLine, BulkProgress, BulkReport, LineEnd, State, ended};
use crate::opened::display_name;
use crate::prepare::Prepared;
use crate::{ChangeRequest, Opened, Selector, Verb};

const API_VERSION: &str = "doorward/v1";
const KIND: &str = "ChangePlan";

/// What would be changed: what somebody looks at, approves, and then carries out within the hour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangePlan {
    /// `doorward/v1`.
    pub api_version: String,
    /// `ChangePlan`.
    pub kind: String,
    /// When it was made; it is carried out within an hour.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub created: Timestamp,
    /// Through which integration.
    pub integration: PlannedFor,
    /// Who we are there, and where that is.
    pub identity: Identity,
    /// What was said about all changes.
    pub flags: PlanFlags,
    /// The changes, also those that are made already.
    pub changes: Vec<PlannedChange>,
    /// The requests that carry them out.
    pub requests: Vec<PlannedBatch>,
    /// The lines that cannot be done; they are left out.
    pub errors: Vec<PlannedError>,
    /// SHA-256, in hexadecimal, over all of the above: tells a damaged file, not a forged one.
    pub digest: String,
}

/// The integration that a plan is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlannedFor {
    /// Our own id of it.
    pub id: String,
    /// Its name when the plan was made.
    pub name: String,
    /// The connector's id.
    pub connector: String,
}

/// What was said about all changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanFlags {
    /// Access for good is meant, where that must be said.
    pub permanent: bool,
    /// Changes of privileged resources are meant.
    pub allow_tier0: bool,
}

/// Whether the access was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Prior {
    /// It was.
    Held,
    /// It was not.
    NotHeld,
    /// That could not be seen.
    Unknown,
}

/// One change of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlannedChange {
    /// The line that it stands in.
    pub line: u64,
    /// The id that it gets in the journal.
    pub id: String,
    /// Give or take.
    pub action: Verb,
    /// Whose access.
    pub principal: ObjectRef,
    /// Their name then.
    pub principal_name: String,
    /// On what.
    pub resource: ObjectRef,
    /// Its name then.
    pub resource_name: String,
    /// Which right.
    pub entitlement: String,
    /// Where it holds; absent: everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<ObjectRef>,
    /// Until when it is given; absent: for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub until: Option<Timestamp>,
    /// Whether the access was there.
    pub prior: Prior,
    /// Until when it was held, if it ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub ends: Option<Timestamp>,
    /// Why, for the journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The ticket that asks for it, for the journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
}

/// One request of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlannedBatch {
    /// The lines that it carries out.
    pub lines: Vec<u64>,
    /// The method.
    pub method: String,
    /// The URL.
    pub url: String,
    /// The JSON body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// SHA-256, in hexadecimal, over method, URL and body.
    pub digest: String,
}

/// A line that cannot be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlannedError {
    /// Which.
    pub line: u64,
    /// Why not.
    pub error: Error,
}

impl PlannedChange {
    fn of(line: u64, prepared: &Prepared) -> Self {
        let operation = &prepared.operation;
        Self {
            line,
            id: operation.id.clone(),
            action: prepared.verb,
            principal: prepared.key.principal.clone(),
            principal_name: display_name(&prepared.principal),
            resource: prepared.key.resource.clone(),
            resource_name: prepared.resource.name.clone(),
            entitlement: prepared.key.entitlement.clone(),
            scope: prepared.key.scope.clone(),
            until: prepared.until(),
            prior: prior(prepared),
            ends: prepared.prior.as_ref().and_then(|grant| grant.ends),
            reason: operation.reason.clone(),
            ticket: operation.ticket.clone(),
        }
    }

    pub(super) fn key(&self) -> GrantKey {
        GrantKey {
            scope: self.scope.clone(),
            ..GrantKey::new(self.principal.clone(), self.resource.clone(), self.entitlement.clone())
        }
    }

    /// Names it by ids alone: what was approved is what is changed, whatever is renamed meanwhile.
    fn request(&self, flags: PlanFlags) -> ChangeRequest {
        ChangeRequest {
            verb: self.action,
            principal: Selector::by_id(&self.principal),
            resource: Selector {
                scope: self.scope.as_ref().map(|scope| Box::new(Selector::by_id(scope))),
                ..Selector::by_id(&self.resource)
            },
            right: Some(self.entitlement.clone()),
            reason: self.reason.clone(),
            ticket: self.ticket.clone(),
            kind: GrantKind::Active,
            until: self.until,
            permanent: flags.permanent,
            allow_tier0: flags.allow_tier0,
        }
    }
}

pub(super) fn prior(prepared: &Prepared) -> Prior {
    match (&prepared.prior, &prepared.prior_unknown) {
        (Some(_), _) => Prior::Held,
        (None, None) => Prior::NotHeld,
        (None, Some(_)) => Prior::Unknown,
    }
}

impl PlannedBatch {
    fn of((lines, request): &(Vec<u64>, PlannedRequest)) -> Self {
        Self {
            lines: lines.clone(),
            method: request.method.name().to_owned(),
            url: request.url.clone(),
            body: request.body.clone(),
            digest: request.digest.clone(),
        }
    }
}

impl ChangePlan {
    /// Reads a plan.
    ///
    /// # Errors
    /// `InvalidRequest`, reasons `not-a-plan` and `damaged-plan`.
    pub fn parse(text: &[u8]) -> Result<Self> {
        let not_a_plan = |why: String| {
            Error::new(
                ErrorKind::InvalidRequest,
                "not-a-plan",
                "The file is no plan of this version of Doorward, or is damaged. Nothing was sent.",
            )
            .remedy("Make a new one with `doorward plan`.")
            .cause(why)
        };
        let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
        let plan: Self =
            serde_json::from_slice(text).map_err(|error| not_a_plan(error.to_string()))?;
        if (plan.api_version.as_str(), plan.kind.as_str()) != (API_VERSION, KIND) {
            return Err(not_a_plan(format!("It says {} {}.", plan.api_version, plan.kind)));
        }
        if plan.digest == plan.computed_digest()? {
            return Ok(plan);
        }
        Err(Error::new(
            ErrorKind::InvalidRequest,
            "damaged-plan",
            "The plan is not as it was written: it was changed or damaged. Nothing was sent.",
        )
        .remedy("Make a new one with `doorward plan`."))
    }

    fn computed_digest(&self) -> Result<String> {
        let bare = Self { digest: String::new(), ..self.clone() };
        let text = serde_json::to_vec(&bare)
            .map_err(|error| Error::internal("A plan could not be written.").cause(error))?;
        let hash = Sha256::digest(text);
        Ok(hash.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// What the plan changes, by ids alone.
    pub fn lines(&self) -> Vec<BulkLine> {
        let line = |change: &PlannedChange| BulkLine {
            number: change.line,
            asked: Ok(change.request(self.flags)),
            operation: Some(change.id.clone()),
        };
        self.changes.iter().map(line).collect()
    }
}

impl Opened {
    /// What the lines would change, as a document and as a report.
    ///
    /// # Errors
    /// What concerns all lines; what concerns one is among the document's errors.
    pub async fn make_plan(
        &self,
        lines: Vec<BulkLine>,
        flags: PlanFlags,
        progress: &(dyn Fn(BulkProgress) + Send + Sync),
    ) -> Result<(ChangePlan, BulkReport)> {
        // Not as remembered: whoever carries it out compares.
        let identity = self.check().await?.identity;
        let mut lines = self.prepare_bulk(lines, None, progress).await?;
        let created = self.environment.clock.now();
        let requests = self.plan_requests(&mut lines, created).await?;
        let changes = lines.iter().filter_map(|line| match &line.state {
            State::Already(prepared) | State::Needed(prepared) => {
                Some(PlannedChange::of(line.number, prepared))
            }
            _ => None,
        });
        let integration = self.integration();
        let mut plan = ChangePlan {
            api_version: API_VERSION.to_owned(),
            kind: KIND.to_owned(),
            created,
            integration: PlannedFor {
                id: integration.id,
                name: integration.name,
                connector: integration.connector,
            },
            identity,
            flags,
            changes: changes.collect(),
            requests: requests.iter().map(PlannedBatch::of).collect(),
            errors: Vec::new(),
            digest: String::new(),
        };
        let report = BulkReport { lines: ended(lines), requests, stopped: None };
        plan.errors = report
            .lines
            .iter()
            .filter_map(|line| match &line.end {
                LineEnd::Failed(error) => {
                    Some(PlannedError { line: line.number, error: (**error).clone() })
                }
                _ => None,
            })
            .collect();
        plan.digest = plan.computed_digest()?;
        Ok((plan, report))
    }
}
