//! What stands before every change: names, prior state, manageability, policy.

use doorward_core::{
    Account, Action, Capability, Entitlement, Error, ErrorKind, Grant, GrantKey, Object, ObjectRef,
    Operation, Query, Record, Resource, Result, Skipped, Timestamp,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

use crate::opened::new_id;
use crate::policy;
use crate::{ChangeRequest, Opened, Selector, Verb};

/// Groups within a group that are looked into, to count the people in it.
pub(crate) const MOST_GROUPS: usize = 50;

/// A change whose names are resolved.
pub(crate) struct Named {
    pub(crate) request: ChangeRequest,
    pub(crate) principal: Object,
    pub(crate) resource: Resource,
    pub(crate) scope: Option<Resource>,
    pub(crate) key: GrantKey,
}

/// The grant before a change, when there is one; or why that cannot be seen.
pub(crate) type Prior = (Option<Grant>, Option<Skipped>);

/// A change whose names are resolved and whose every permission is given.
#[derive(Clone)]
pub(crate) struct Prepared {
    pub(crate) verb: Verb,
    pub(crate) operation: Operation,
    pub(crate) principal: Object,
    pub(crate) resource: Resource,
    pub(crate) key: GrantKey,
    pub(crate) prior: Option<Grant>,
    pub(crate) prior_unknown: Option<Skipped>,
    pub(crate) scope: Option<Resource>,
    /// How many people a group brings that is given access.
    pub(crate) brings: Option<People>,
}

/// How many people a group brings when it is given access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct People {
    /// As many were seen.
    pub count: usize,
    /// Whether there may be more.
    pub or_more: bool,
}

/// Who is given what a group is given.
#[derive(Debug, Default)]
pub(crate) struct Brought {
    people: BTreeSet<ObjectRef>,
    /// The kinds that policy tells from people of one's own, each with the name of one.
    pub(crate) apart: BTreeMap<String, String>,
    /// Whether there may be more.
    pub(crate) or_more: bool,
    /// Why they cannot be seen.
    pub(crate) gap: Option<String>,
}

impl Brought {
    /// Not all can be seen.
    fn unseen(&mut self, why: &str) {
        self.or_more = true;
        self.gap.get_or_insert_with(|| why.to_owned());
    }

    pub(crate) fn people(&self) -> People {
        People { count: self.people.len(), or_more: self.or_more }
    }
}

impl Prepared {
    /// Until when access is given.
    pub(crate) fn until(&self) -> Option<Timestamp> {
        match self.operation.action {
            Action::Grant { until, .. } => until,
            _ => None,
        }
    }
}

impl Opened {
    /// Resolves the names, reads the state before, and asks manageability and policy.
    pub(crate) async fn prepare(&self, request: ChangeRequest) -> Result<Prepared> {
        let named = self.name(request).await?;
        let prior = self.read_grant(&named.key).await?;
        self.permit(named, prior).await
    }

    /// Resolves the names of a change.
    pub(crate) async fn name(&self, request: ChangeRequest) -> Result<Named> {
        self.offers(request.verb)?;
        let unlimited = Selector { scope: None, ..request.resource.clone() };
        let resource = self.resolve_resource(&unlimited).await?;
        let entitlement = self.entitlement(&resource, request.right.as_deref())?;
        let scope = self.scope(&resource, &entitlement, &request.resource).await?;
        self.permit_terms(&resource, &entitlement, &request)?;
        let principal = self.resolve(&request.principal).await?;
        let key = GrantKey {
            principal: principal.key().clone(),
            resource: resource.key.clone(),
            entitlement,
            scope: scope.as_ref().map(|scope| scope.key.clone()),
            kind: request.kind,
        };
        Ok(Named { request, principal, resource, scope, key })
    }

    /// Asks manageability and policy of a change whose names are resolved.
    pub(crate) async fn permit(&self, named: Named, prior: Prior) -> Result<Prepared> {
        let Named { request, principal, resource, scope, key } = named;
        let verb = request.verb;
        self.permit_manageability(verb, &resource, &key, &principal)?;
        self.permit_policy(&request, &key, &principal, &resource, scope.as_ref()).await?;
        let brought = match (&principal, verb) {
            (Object::Resource(group), Verb::Grant) => Some(self.brought(group).await?),
            _ => None,
        };
        self.permit_brought(&principal, brought.as_ref())?;
        let action = match verb {
            Verb::Grant => {
                Action::Grant { key: key.clone(), resource: resource.clone(), until: request.until }
            }
            Verb::Revoke => Action::Revoke { key: key.clone(), resource: resource.clone() },
        };
        let operation = Operation {
            id: new_id(&self.environment),
            action,
            reason: request.reason,
            ticket: request.ticket,
        };
        let brings = brought.map(|brought| brought.people());
        let (prior, prior_unknown) = prior;
        Ok(Prepared {
            verb,
            operation,
            principal,
            resource,
            key,
            prior,
            prior_unknown,
            scope,
            brings,
        })
    }

    fn offers(&self, verb: Verb) -> Result<()> {
        let capability = match verb {
            Verb::Grant => Capability::Grant,
            Verb::Revoke => Capability::Revoke,
        };
        if self.descriptor.can(capability) {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Unsupported,
            "unsupported",
            format!("The connector `{}` cannot change access.", self.descriptor.id),
        ))
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
    pub(crate) async fn read_grant(&self, key: &GrantKey) -> Result<Prior> {
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
        verb: Verb,
        resource: &Resource,
        key: &GrantKey,
        principal: &Object,
    ) -> Result<()> {
        if let Some(refusal) =
            resource.refusal(&key.entitlement, &key.principal.kind, verb == Verb::Grant)
        {
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

    /// Where the right shall hold; `None`: everywhere.
    async fn scope(
        &self,
        resource: &Resource,
        entitlement: &str,
        selector: &Selector,
    ) -> Result<Option<Resource>> {
        let Some(scope) = &selector.scope else { return Ok(None) };
        let right = self.right(&resource.key.kind, entitlement);
        if right.is_some_and(|right| right.scopes.contains(&scope.kind)) {
            return self.resolve_resource(scope).await.map(Some);
        }
        Err(Error::new(
            ErrorKind::InvalidRequest,
            "no-scope",
            format!(
                "The right `{entitlement}` of a {} cannot be limited to a {}.",
                resource.key.kind, scope.kind
            ),
        )
        .remedy("Leave out what stands behind the `@`."))
    }

    pub(crate) fn right(&self, kind: &str, entitlement: &str) -> Option<&'static Entitlement> {
        let kind = self.descriptor.resource_kind(kind)?;
        kind.entitlements.iter().find(|right| right.id == entitlement)
    }

    pub(crate) fn is_person(&self, kind: &str) -> bool {
        let kinds = self.descriptor.principal_kinds.iter();
        kinds.filter(|known| known.person).any(|known| known.kind == kind)
    }

    /// Who belongs to a group, also through groups within it.
    ///
    /// # Errors
    /// Those of reading; what may not be read, or is gone, leaves a gap.
    pub(crate) async fn brought(&self, group: &Resource) -> Result<Brought> {
        let mut groups = BTreeSet::from([group.key.clone()]);
        let mut open = vec![group.key.clone()];
        let mut brought = Brought::default();
        while let Some(resource) = open.pop() {
            let kind = self.descriptor.resource_kind(&resource.kind);
            let belongs = kind.and_then(|kind| kind.entitlements.first());
            let entitlement = belongs.map(|right| right.id.clone());
            let query = Query::Holders { resource, entitlement };
            let answer = match self.read_all(query).await {
                Err(error)
                    if matches!(error.kind, ErrorKind::PermissionDenied | ErrorKind::NotFound) =>
                {
                    brought.unseen(&error.message);
                    continue;
                }
                answer => answer?,
            };
            for record in answer.records {
                match record {
                    Record::Account(account) => self.bring(&mut brought, account),
                    Record::Grant(grant) => {
                        let principal = grant.key.principal;
                        if self.descriptor.resource_kind(&principal.kind).is_none() {
                            continue;
                        }
                        if groups.len() >= MOST_GROUPS {
                            brought.unseen("There are more groups in it than are looked into.");
                        } else if groups.insert(principal.clone()) {
                            open.push(principal);
                        }
                    }
                    Record::Skipped(gap) => brought.unseen(&gap.message),
                    _ => {}
                }
            }
        }
        Ok(brought)
    }

    fn bring(&self, brought: &mut Brought, account: Account) {
        let is_person = self.is_person(&account.key.kind);
        if let Some(kind) = policy::kind_apart(&account, is_person) {
            brought.apart.entry(kind.to_owned()).or_insert_with(|| account.name.clone());
        }
        if is_person {
            brought.people.insert(account.key);
        }
    }
}
