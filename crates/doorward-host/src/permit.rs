//! What policy decides of a change, with what it must ask the connector for that.

use doorward_core::{
    AccessPath, Error, ErrorKind, GrantKey, Identity, KeptHolder, Object, ObjectRef, Query, Record,
    Resource, Result,
};
use std::collections::{BTreeMap, BTreeSet};

use crate::policy;
use crate::store::Integration;
use crate::{AllowedResource, ChangeRequest, Opened, Policy, Verb};

impl Opened {
    /// Lets a change pass that policy allows.
    ///
    /// # Errors
    /// `DeniedByPolicy`, with the reason.
    pub(crate) async fn permit_policy(
        &self,
        request: &ChangeRequest,
        key: &GrantKey,
        principal: &Object,
        resource: &Resource,
        scope: Option<&Resource>,
    ) -> Result<()> {
        let identity = self.identity().await?;
        let Integration { name, policy, .. } = self.integration();
        policy.permit_untouchable(&identity, principal, resource, scope)?;
        self.permit_nested(&policy, resource).await?;
        if resource.privileged {
            policy.permit_privileged(&name, resource, request.allow_tier0)?;
        } else {
            self.permit_listed(&name, &policy, resource).await?;
        }
        if request.verb == Verb::Grant {
            policy.permit_principal(&name, principal, self.is_person(&principal.key().kind))?;
        }
        if let Object::Resource(group) = principal {
            self.permit_holder(&identity, &policy, group).await?;
        }
        // Whether it is held is not asked: a replica that lags would not know. A group may be all
        // that gives people the access.
        match resource.kept_holder(&key.entitlement) {
            Some(kept)
                if request.verb == Verb::Revoke
                    && (kept.counts(&key.principal)
                        || matches!(principal, Object::Resource(_))) =>
            {
                let others = self.other_holders(key, kept).await?;
                Policy::permit_removal(resource, kept, others)
            }
            _ => Ok(()),
        }
    }

    /// What is not listed itself may lie in a container that is. That is asked only when one is
    /// listed.
    async fn permit_listed(&self, name: &str, policy: &Policy, resource: &Resource) -> Result<()> {
        if policy.allows(&resource.key) {
            return Ok(());
        }
        let is_container = |listed: &&AllowedResource| {
            let kind = self.descriptor.resource_kind(&listed.key.kind);
            kind.is_some_and(|kind| kind.contains.contains(&resource.key.kind))
        };
        let containers: Vec<&AllowedResource> =
            policy.resources.iter().filter(is_container).collect();
        let (around, gap) = match containers.as_slice() {
            [] => (Vec::new(), None),
            _ => self.containers(&resource.key).await?,
        };
        Policy::permit_within(name, resource, &containers, &around, gap)
    }

    /// What the resource is directly in, and an error when there may be more.
    async fn containers(&self, resource: &ObjectRef) -> Result<(Vec<ObjectRef>, Option<Error>)> {
        let query = Query::Containers { resource: resource.clone() };
        let answer = match self.read_all(query).await {
            Err(error) if error.kind == ErrorKind::PermissionDenied => {
                return Ok((Vec::new(), Some(error)));
            }
            answer => answer?,
        };
        let mut around = Vec::new();
        let mut gap = None;
        for record in answer.records {
            match record {
                Record::Resource(container) => around.push(container.key),
                Record::Skipped(skipped) => gap = Some(crate::access::unseen(skipped)),
                _ => {}
            }
        }
        Ok((around, gap))
    }

    /// Whoever joins a group has what the groups around it give, and what it holds: what is protected
    /// protects them, too. Only what is privileged can hold something of another kind.
    async fn permit_nested(&self, policy: &Policy, resource: &Resource) -> Result<()> {
        for outer in &policy.protected {
            if outer.key.kind != resource.key.kind && !resource.privileged {
                continue;
            }
            let (ways, gap) = match self.belonging(&resource.key, &outer.key).await {
                // To what is deleted belongs nothing.
                Err(error) if error.kind == ErrorKind::NotFound => continue,
                found => found?,
            };
            let touched = policy::protected(&outer.name);
            Policy::permit_apart(touched, &resource.name, &outer.name, &ways, gap)?;
        }
        Ok(())
    }

    /// What a group is given, all that belong to it are given; we may be one of them, or somebody
    /// protected.
    async fn permit_holder(
        &self,
        identity: &Identity,
        policy: &Policy,
        group: &Resource,
    ) -> Result<()> {
        let (ways, gap) = self.belonging(&identity.key, &group.key).await?;
        let touched = policy::own_identity(identity);
        Policy::permit_apart(touched, &identity.name, &group.name, &ways, gap)?;
        for inside in &policy.protected {
            let (ways, gap) = match self.belonging(&inside.key, &group.key).await {
                // What is deleted belongs to nothing.
                Err(error) if error.kind == ErrorKind::NotFound => continue,
                found => found?,
            };
            let touched = policy::protected(&inside.name);
            Policy::permit_apart(touched, &inside.name, &group.name, &ways, gap)?;
        }
        Ok(())
    }

    /// The ways by which one belongs to the other, and an error when there may be more. The first
    /// entitlement of a kind is what makes somebody belong to it; who cannot hold it is not asked for.
    async fn belonging(
        &self,
        inside: &ObjectRef,
        outer: &ObjectRef,
    ) -> Result<(Vec<AccessPath>, Option<Error>)> {
        let kind = self.descriptor.resource_kind(&outer.kind);
        let right = kind
            .and_then(|kind| kind.entitlements.first())
            .filter(|right| right.principals.contains(&inside.kind));
        let Some(right) = right else { return Ok((Vec::new(), None)) };
        let key = GrantKey::new(inside.clone(), outer.clone(), right.id.clone());
        match self.ways(&key).await {
            Err(error) if error.kind == ErrorKind::PermissionDenied => {
                Ok((Vec::new(), Some(error)))
            }
            found => found,
        }
    }

    /// How many other holders that count stay; `None` when not all of them can be seen.
    async fn other_holders(&self, key: &GrantKey, kept: &KeptHolder) -> Result<Option<usize>> {
        let query = Query::Holders {
            resource: key.resource.clone(),
            entitlement: Some(key.entitlement.clone()),
        };
        let answer = self.read_all(query).await?;
        let is_complete = !answer.records.iter().any(|record| matches!(record, Record::Skipped(_)));
        let enabled: BTreeMap<&ObjectRef, Option<bool>> = answer
            .records
            .iter()
            .filter_map(|record| match record {
                Record::Account(account) => Some((&account.key, account.enabled)),
                _ => None,
            })
            .collect();
        let others = answer.records.iter().filter_map(|record| match record {
            Record::Grant(grant) => Some(&grant.key),
            _ => None,
        });
        let others: BTreeSet<&ObjectRef> = others
            .filter(|other| other.entitlement == key.entitlement && other.scope == key.scope)
            .map(|other| &other.principal)
            .filter(|other| **other != key.principal && kept.counts(other))
            .collect();
        // Who cannot sign in keeps nothing running.
        let may_sign_in = |other: &&&ObjectRef| enabled.get(**other).copied().flatten();
        let count =
            others.iter().filter(|other| !kept.active || may_sign_in(other) == Some(true)).count();
        let unknown = kept.active && others.iter().any(|other| may_sign_in(&other).is_none());
        let is_known = is_complete && (count > 0 || !unknown);
        Ok(is_known.then_some(count))
    }
}
