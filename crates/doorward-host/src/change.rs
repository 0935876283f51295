//! One change of access, from names to a settled outcome.

use doorward_core::{
    AccessPath, Action, ApplyRequest, Capability, Error, ErrorKind, Grant, GrantKey, Object,
    Operation, Outcome, OutcomeKind, Query, Record, Resource, Result, Skipped, Timestamp,
};
use doorward_http::{CallEnd, CallOptions, Mode, PlannedRequest, WriteRecord};
use serde::Serialize;
use std::sync::{Arc, Mutex, PoisonError};

use crate::opened::{CALL_DEADLINE, Opened, display_name, new_id};
use crate::store::{
    Claim, Integration, JournalEntry, JournalState, RequestSummary, Settlement, Store,
};
use crate::{Policy, Selector};

/// Marks an outcome that a look must confirm: the provider answered "was not there".
pub(crate) const ANSWERED_ALREADY_REVOKED: &str = "answeredAlreadyRevoked";

/// Give or take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Give access.
    Grant,
    /// Take access.
    Revoke,
}

/// What somebody asks for.
#[derive(Clone, Debug)]
pub struct ChangeRequest {
    /// Give or take.
    pub verb: Verb,
    /// Whose access.
    pub principal: Selector,
    /// On what.
    pub resource: Selector,
    /// Which right; absent means the first that the resource's kind has.
    pub right: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The ticket that asks for it.
    pub ticket: Option<String>,
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeReport {
    /// Give or take.
    pub action: Verb,
    /// Whose access.
    pub principal: Object,
    /// On what.
    pub resource: Resource,
    /// Which right.
    pub entitlement: String,
    /// The grant before, when there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prior: Option<Grant>,
    /// Why it could not be seen whether there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prior_unknown: Option<Skipped>,
    /// In a dry run: the exact request that would be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<PlannedRequest>,
    /// What happened; absent in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Whether the outcome was found out by looking, because the answer was lost.
    pub by_looking: bool,
    /// After a revoke: the other ways by which the principal still has the access.
    pub remaining: Vec<AccessPath>,
    /// Why the other ways could not be read, so that there may be more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining_unknown: Option<Error>,
    /// The journal entry's id; absent in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journal: Option<String>,
    /// The provider's id of the write request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// A change whose names are resolved and whose every permission is given.
struct Prepared {
    operation: Operation,
    principal: Object,
    resource: Resource,
    key: GrantKey,
    prior: Option<Grant>,
    prior_unknown: Option<Skipped>,
}

impl Opened {
    /// Shows what [`change`](Self::change) would send, by the same code, and sends no write.
    ///
    /// # Errors
    /// As [`change`](Self::change).
    pub async fn plan(&self, request: ChangeRequest) -> Result<ChangeReport> {
        let verb = request.verb;
        let prepared = self.prepare(request).await?;
        let request = self.plan_request(&prepared.operation).await?;
        Ok(ChangeReport { request, ..report(verb, prepared) })
    }

    /// Carries one change out: names are resolved exactly, then manageability, then policy, then
    /// the intent is journaled, then one write, then its outcome is journaled. A lost answer is
    /// settled by looking.
    ///
    /// # Errors
    /// `NotFound`, `Ambiguous`, `NotManageable` and `DeniedByPolicy` before anything is sent; those
    /// of the provider, with the journal entry's id as the attribute `journal`.
    pub async fn change(&self, request: ChangeRequest) -> Result<ChangeReport> {
        let verb = request.verb;
        let store = self.writable_store()?;
        let claim = Arc::new(self.claim().await?);
        self.settle_unsettled(&claim).await?;
        let mut prepared = self.prepare(request.clone()).await?;
        if self.settle_same(&claim, &prepared.key).await? {
            prepared = self.prepare(request).await?;
        }
        let intent = Arc::new(Intent::new(Arc::clone(store), Arc::clone(&claim), self, &prepared));
        let mut settlement = self.carry_out(&intent, &prepared).await;
        let mut journal = None;
        if let Some(mut entry) = intent.written() {
            journal = Some(entry.id.clone());
            let kept = store.settle(&claim, &entry.id, &settlement);
            kept.map_err(|error| error.attribute("journal", entry.id.clone()))?;
            if settlement.state() == JournalState::Open {
                entry.settlement = Some(settlement.clone());
                settlement = self.settle_patiently(&claim, &entry).await?.unwrap_or(settlement);
            }
        }
        let outcome =
            ended(settlement.outcome, settlement.error, &prepared.resource).map_err(|error| {
                match &journal {
                    Some(id) => error.attribute("journal", id.clone()),
                    None => error,
                }
            })?;
        let (remaining, remaining_unknown) = match verb {
            Verb::Revoke if outcome.kind.is_final() => self.remaining(&prepared.key).await,
            _ => (Vec::new(), None),
        };
        Ok(ChangeReport {
            outcome: Some(outcome),
            by_looking: settlement.by_looking,
            remaining,
            remaining_unknown,
            journal,
            request_id: settlement.request_id,
            ..report(verb, prepared)
        })
    }

    fn writable_store(&self) -> Result<&Arc<dyn Store>> {
        self.store.as_ref().ok_or_else(|| {
            Error::new(
                ErrorKind::DeniedByPolicy,
                "not-stored",
                "Nothing is changed through a connection that is not stored: it has no policy and \
                 no journal.",
            )
            .remedy("Store it with `doorward integration add`, then allow what may be changed.")
        })
    }

    async fn prepare(&self, request: ChangeRequest) -> Result<Prepared> {
        let verb = request.verb;
        let capability = match verb {
            Verb::Grant => Capability::Grant,
            Verb::Revoke => Capability::Revoke,
        };
        if !self.descriptor.can(capability) {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "unsupported",
                format!("The connector `{}` cannot change access.", self.descriptor.id),
            ));
        }
        let resource = match self.resolve(&request.resource).await? {
            Object::Resource(resource) => resource,
            Object::Account(account) => return Err(not_a_resource(&account.name)),
        };
        let entitlement = self.entitlement(&resource, request.right.as_deref())?;
        let principal = self.resolve(&request.principal).await?;
        let key = GrantKey::new(principal.key().clone(), resource.key.clone(), entitlement);
        let (prior, prior_unknown) = self.read_grant(&key).await?;
        self.permit_manageability(&resource, &key, &principal)?;
        let identity = self.identity().await?;
        let policy = self.integration().policy;
        policy.permit(&self.integration().name, &identity, principal.key(), &resource)?;
        let may_hold = prior.is_some() || prior_unknown.is_some();
        if verb == Verb::Revoke && may_hold && resource.keeps_last_holder.contains(&key.entitlement)
        {
            let others = self.other_holders(&key).await?;
            Policy::permit_removal(&resource, &key.entitlement, others)?;
        }
        let action = match verb {
            Verb::Grant => {
                Action::Grant { key: key.clone(), resource: resource.clone(), until: None }
            }
            Verb::Revoke => Action::Revoke { key: key.clone(), resource: resource.clone() },
        };
        let operation = Operation {
            id: new_id(&self.environment),
            action,
            reason: request.reason,
            ticket: request.ticket,
        };
        Ok(Prepared { operation, principal, resource, key, prior, prior_unknown })
    }

    /// The right that is meant.
    ///
    /// # Errors
    /// `InvalidRequest` with the rights that there are.
    pub fn entitlement(&self, resource: &Resource, right: Option<&str>) -> Result<String> {
        let entitlements = self
            .descriptor
            .resource_kind(&resource.key.kind)
            .map(|kind| kind.entitlements.as_slice())
            .unwrap_or_default();
        let found = match right {
            Some(right) => entitlements.iter().find(|entitlement| entitlement.id == right),
            None => entitlements.first(),
        };
        found.map(|entitlement| entitlement.id.clone()).ok_or_else(|| {
            let known: Vec<&str> =
                entitlements.iter().map(|entitlement| entitlement.id.as_str()).collect();
            Error::new(
                ErrorKind::InvalidRequest,
                "unknown-right",
                format!("A {} has no right `{}`.", resource.key.kind, right.unwrap_or_default()),
            )
            .remedy(format!("Its rights are: {}.", known.join(", ")))
        })
    }

    /// The grant, when there is one; or why that cannot be seen.
    async fn read_grant(&self, key: &GrantKey) -> Result<(Option<Grant>, Option<Skipped>)> {
        let answer = self.read_all(Query::Grant { key: key.clone() }).await?;
        let (mut grant, mut gap) = (None, None);
        for record in answer.records {
            match record {
                Record::Grant(found) if found.key == *key => grant = Some(found),
                Record::Skipped(skipped) => gap = Some(skipped),
                _ => {}
            }
        }
        Ok(if grant.is_some() { (grant, None) } else { (None, gap) })
    }

    fn permit_manageability(
        &self,
        resource: &Resource,
        key: &GrantKey,
        principal: &Object,
    ) -> Result<()> {
        if let Some(refusal) = resource.refusal(&key.entitlement, &key.principal.kind) {
            return Err(Error::new(
                ErrorKind::NotManageable,
                refusal.code.clone(),
                refusal.message.clone(),
            )
            .remedy(refusal.remedy.clone()));
        }
        let takes = self
            .descriptor
            .resource_kind(&resource.key.kind)
            .and_then(|kind| kind.entitlements.iter().find(|right| right.id == key.entitlement))
            .is_some_and(|right| right.principals.contains(&key.principal.kind));
        if takes {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::NotManageable,
            "principal-kind",
            format!(
                "A {} cannot be {} of a {}: {} is one.",
                key.principal.kind,
                key.entitlement,
                resource.key.kind,
                principal.name()
            ),
        )
        .remedy("Choose somebody who can."))
    }

    /// How many other holders stay; `None` when not all of them can be seen.
    async fn other_holders(&self, key: &GrantKey) -> Result<Option<usize>> {
        let query = Query::Holders {
            resource: key.resource.clone(),
            entitlement: Some(key.entitlement.clone()),
        };
        let answer = self.read_all(query).await?;
        let is_complete = !answer.records.iter().any(|record| matches!(record, Record::Skipped(_)));
        let others = answer.records.iter().filter(|record| {
            matches!(record, Record::Grant(grant)
                if grant.key.entitlement == key.entitlement
                    && grant.key.principal != key.principal)
        });
        Ok(is_complete.then(|| others.count()))
    }

    /// The one write request that the operation will send, found by running the same code in plan
    /// mode. `None` when the connector needs no request.
    async fn plan_request(&self, operation: &Operation) -> Result<Option<PlannedRequest>> {
        let call = self.call(Mode::Plan);
        let request = ApplyRequest { operations: vec![operation.clone()] };
        let connector = Arc::clone(&self.connector);
        let ended = call
            .run(|cx| {
                let (connector, request) = (Arc::clone(&connector), request.clone());
                async move { connector.apply(&cx, request).await }
            })
            .await;
        match ended {
            Ok(_) => Ok(None),
            Err(CallEnd::Planned(request)) => Ok(Some(request)),
            Err(end) => Err(self.ended(end)),
        }
    }

    /// Sends the write, after its intent is journaled, and judges what came of it.
    async fn carry_out(&self, intent: &Arc<Intent>, prepared: &Prepared) -> Settlement {
        let mut options = CallOptions::new(Mode::Live, CALL_DEADLINE);
        let before_write = Arc::clone(intent);
        options.before_write = Some(Arc::new(move |write| before_write.write(write)));
        let call = self.session.call(options);
        let request = ApplyRequest { operations: vec![prepared.operation.clone()] };
        let result = self
            .run(&call, |cx, connector| {
                let request = request.clone();
                async move { connector.apply(&cx, request).await }
            })
            .await;
        let settlement = judge(result, &call.writes(), self.environment.clock.now());
        if prepared.prior.is_some() { doubt_already_revoked(settlement) } else { settlement }
    }

    /// The other ways by which the principal still has the access.
    async fn remaining(&self, key: &GrantKey) -> (Vec<AccessPath>, Option<Error>) {
        let query = Query::Paths {
            principal: key.principal.clone(),
            resource: key.resource.clone(),
            entitlement: key.entitlement.clone(),
        };
        match self.read_all(query).await {
            Ok(answer) => {
                // A replica that lags may still show what was just taken.
                let mut paths: Vec<AccessPath> = answer
                    .paths
                    .into_iter()
                    .filter(|path| path.grants.as_slice() != std::slice::from_ref(key))
                    .collect();
                paths.sort_by(|a, b| {
                    (a.grants.len(), &a.names, &a.grants).cmp(&(
                        b.grants.len(),
                        &b.names,
                        &b.grants,
                    ))
                });
                let gap = answer.records.into_iter().find_map(|record| match record {
                    Record::Skipped(gap) => Some(
                        Error::new(ErrorKind::PermissionDenied, gap.code, gap.message)
                            .remedy("There may be more ways than those listed."),
                    ),
                    _ => None,
                });
                (paths, gap)
            }
            Err(error) => (Vec::new(), Some(error)),
        }
    }
}

/// Journals a change right before its write leaves: nothing is sent that the journal does not know.
struct Intent {
    store: Arc<dyn Store>,
    claim: Arc<Claim>,
    integration: Integration,
    actor: String,
    operation: Operation,
    principal_name: String,
    resource_name: String,
    prior: Option<Grant>,
    prior_unknown: Option<Skipped>,
    written: Mutex<Option<JournalEntry>>,
}

impl Intent {
    fn new(store: Arc<dyn Store>, claim: Arc<Claim>, opened: &Opened, prepared: &Prepared) -> Self {
        Self {
            store,
            claim,
            integration: opened.integration(),
            actor: opened.environment.actor.clone(),
            operation: prepared.operation.clone(),
            principal_name: display_name(&prepared.principal),
            resource_name: prepared.resource.name.clone(),
            prior: prepared.prior.clone(),
            prior_unknown: prepared.prior_unknown.clone(),
            written: Mutex::default(),
        }
    }

    /// The entry, once it was written.
    fn written(&self) -> Option<JournalEntry> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The same request may leave again, after a fresh token or a pause; another one may not: a
    /// lost answer to the first of two writes could not be told from one to the second.
    fn write(&self, write: &WriteRecord) -> Result<()> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if written.as_ref().is_some_and(|entry| entry.request.digest != write.digest) {
            return Err(Error::new(
                ErrorKind::ContractViolation,
                "second-write",
                "The connector tried to send a second write for one change.",
            )
            .remedy("This is a defect of the connector. Please report it."));
        }
        let entry = JournalEntry {
            id: self.operation.id.clone(),
            integration: self.integration.id.clone(),
            integration_name: self.integration.name.clone(),
            at: write.sent,
            actor: self.actor.clone(),
            operation: self.operation.clone(),
            principal_name: self.principal_name.clone(),
            resource_name: self.resource_name.clone(),
            prior: self.prior.clone(),
            prior_unknown: self.prior_unknown.clone(),
            request: RequestSummary {
                method: write.method.name().to_owned(),
                url: write.url.clone(),
                digest: write.digest.clone(),
            },
            state: JournalState::Intent,
            settlement: None,
        };
        self.store.intent(&self.claim, &entry)?;
        *written = Some(entry);
        Ok(())
    }
}

/// What the connector's answer and the writes that were really sent say together. When they leave
/// room for doubt, the outcome is unknown, whatever the connector returned.
fn judge(
    result: Result<Vec<Result<Outcome>>>,
    writes: &[WriteRecord],
    now: Timestamp,
) -> Settlement {
    let answer = result.and_then(|outcomes| {
        let [outcome] = <[Result<Outcome>; 1]>::try_from(outcomes).map_err(|outcomes| {
            Error::new(
                ErrorKind::ContractViolation,
                "outcome-count",
                format!("The connector gave {} outcomes for one operation.", outcomes.len()),
            )
            .remedy("This is a defect of the connector. Please report it.")
        })?;
        outcome
    });
    let is_lost = writes.iter().any(|write| write.lost);
    let is_accepted =
        writes.iter().any(|write| write.status.is_some_and(|status| (200..300).contains(&status)));
    let request_id = writes.iter().rev().find_map(|write| write.request_id.clone());
    let (outcome, error) = match answer {
        _ if is_lost => (Some(Outcome::new(OutcomeKind::Unknown)), None),
        Ok(outcome) => (Some(outcome), None),
        Err(_) if is_accepted => (Some(Outcome::new(OutcomeKind::Unknown)), None),
        Err(error) => (None, Some(error)),
    };
    Settlement { at: now, outcome, error, request_id, by_looking: false }
}

/// A provider that says "was not there" of a grant that was just read may have asked a replica that
/// does not know it yet. That must not pass for a revocation: a look decides.
fn doubt_already_revoked(mut settlement: Settlement) -> Settlement {
    if let Some(outcome) = &mut settlement.outcome
        && outcome.kind == OutcomeKind::AlreadyRevoked
    {
        outcome.kind = OutcomeKind::Unknown;
        outcome.attributes.insert(ANSWERED_ALREADY_REVOKED.to_owned(), true.into());
    }
    settlement
}

fn report(verb: Verb, prepared: Prepared) -> ChangeReport {
    ChangeReport {
        action: verb,
        principal: prepared.principal,
        resource: prepared.resource,
        entitlement: prepared.key.entitlement,
        prior: prepared.prior,
        prior_unknown: prepared.prior_unknown,
        request: None,
        outcome: None,
        by_looking: false,
        remaining: Vec::new(),
        remaining_unknown: None,
        journal: None,
        request_id: None,
    }
}

/// The outcome of a change that is over, or why there is none.
fn ended(outcome: Option<Outcome>, error: Option<Error>, resource: &Resource) -> Result<Outcome> {
    match (outcome, error) {
        (_, Some(error)) => Err(error),
        (Some(outcome), None) if outcome.kind == OutcomeKind::NotApplied => Err(Error::new(
            ErrorKind::Unavailable,
            "not-applied",
            format!(
                "The answer was lost on the way, and {} shows that nothing was changed.",
                resource.name
            ),
        )
        .remedy("Run the command again.")),
        (Some(outcome), None) => Ok(outcome),
        (None, None) => Err(Error::internal("A change ended without an outcome.")),
    }
}

fn not_a_resource(name: &str) -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        "not-a-resource",
        format!("{name} is an account. Access is held on resources, e.g. on a group."),
    )
    .remedy("Name a resource with `--on`, e.g. `--on group:Finance`.")
}
