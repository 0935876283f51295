//! What stands before every change: names, prior state, manageability, policy.

use doorward_core::{
    Action, Capability, Error, ErrorKind, Grant, GrantKey, Identity, KeptHolder, Object, Operation,
    Query, Record, Resource, Result, Skipped,
};

use crate::opened::new_id;
use crate::{ChangeRequest, Opened, Policy, Verb};

/// A change whose names are resolved and whose every permission is given.
pub(crate) struct Prepared {
    pub(crate) operation: Operation,
    pub(crate) principal: Object,
    pub(crate) resource: Resource,
    pub(crate) key: GrantKey,
    pub(crate) prior: Option<Grant>,
    pub(crate) prior_unknown: Option<Skipped>,
}

impl Opened {
    /// Resolves the names, reads the state before, and asks manageability and policy.
    pub(crate) async fn prepare(&self, request: ChangeRequest) -> Result<Prepared> {
        let verb = request.verb;
        self.offers(verb)?;
        let resource = self.resolve_resource(&request.resource).await?;
        let entitlement = self.entitlement(&resource, request.right.as_deref())?;
        let principal = self.resolve(&request.principal).await?;
        let key = GrantKey::new(principal.key().clone(), resource.key.clone(), entitlement);
        let (prior, prior_unknown) = self.read_grant(&key).await?;
        self.permit_manageability(&resource, &key, &principal)?;
        let may_hold = prior.is_some() || prior_unknown.is_some();
        self.permit_policy(verb, &key, &principal, &resource, may_hold).await?;
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

    async fn permit_policy(
        &self,
        verb: Verb,
        key: &GrantKey,
        principal: &Object,
        resource: &Resource,
        may_hold: bool,
    ) -> Result<()> {
        let identity = self.identity().await?;
        Policy::permit_target(&identity, &key.principal, resource)?;
        let integration = self.integration();
        integration.policy.permit_listed(&integration.name, resource)?;
        if let Object::Resource(group) = principal {
            self.permit_holder(&identity, group).await?;
        }
        match resource.kept_holder(key) {
            Some(kept) if verb == Verb::Revoke && may_hold => {
                let others = self.other_holders(key, kept).await?;
                Policy::permit_removal(resource, kept, others)
            }
            _ => Ok(()),
        }
    }

    /// What a group is given, all that belong to it are given; we may be one of them. A kind's
    /// first entitlement is what makes somebody belong to it.
    async fn permit_holder(&self, identity: &Identity, group: &Resource) -> Result<()> {
        let belongs = self.entitlement(group, None)?;
        let key = GrantKey::new(identity.key.clone(), group.key.clone(), belongs);
        let (ways, gap) = match self.ways(&key).await {
            Err(error) if error.kind == ErrorKind::PermissionDenied => (Vec::new(), Some(error)),
            found => found?,
        };
        Policy::permit_holder(identity, &group.name, &ways, gap.as_ref())
    }

    /// How many other holders that count stay; `None` when not all of them can be seen.
    async fn other_holders(&self, key: &GrantKey, kept: &KeptHolder) -> Result<Option<usize>> {
        let query = Query::Holders {
            resource: key.resource.clone(),
            entitlement: Some(key.entitlement.clone()),
        };
        let answer = self.read_all(query).await?;
        let is_complete = !answer.records.iter().any(|record| matches!(record, Record::Skipped(_)));
        let others = answer.records.iter().filter(|record| {
            matches!(record, Record::Grant(grant)
                if grant.key.entitlement == key.entitlement
                    && grant.key.principal != key.principal
                    && kept.counts(&grant.key.principal))
        });
        Ok(is_complete.then(|| others.count()))
    }
}
