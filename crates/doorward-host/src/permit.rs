//! What policy decides of a change, with what it must ask the connector for that.

use doorward_core::{
    AccessPath, Error, ErrorKind, GrantKey, GrantKind, Identity, KeptHolder, Object, ObjectRef,
    Query, Record, Resource, Result,
};
use std::collections::{BTreeMap, BTreeSet};

use crate::policy;
use crate::prepare::{Brought, MOST_GROUPS};
use crate::store::Integration;
use crate::{AllowedResource, ChangeRequest, GUEST, Opened, Policy, Verb};

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
        if request.verb == Verb::Revoke {
            self.permit_taking(key, resource, &BTreeSet::from([key.clone()])).await?;
        }
        Ok(())
    }

    /// Keeps the last holder of what must keep one, when all of `gone` are taken, and `taken` is one
    /// of them.
    ///
    /// # Errors
    /// `DeniedByPolicy`, with the reason.
    pub(crate) async fn permit_taking(
        &self,
        taken: &GrantKey,
        resource: &Resource,
        gone: &BTreeSet<GrantKey>,
    ) -> Result<()> {
        self.permit_removal(taken, resource, gone).await?;
        self.permit_leaving(taken, resource, gone).await
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

    /// Who may not be given access is not given it through a group either.
    ///
    /// # Errors
    /// `DeniedByPolicy`, with the reason.
    pub(crate) fn permit_brought(&self, group: &Object, brought: Option<&Brought>) -> Result<()> {
        let Some(brought) = brought else { return Ok(()) };
        let Integration { name, policy, .. } = self.integration();
        let kinds = self.descriptor.principal_kinds.iter();
        let accounts = kinds.filter(|one| self.descriptor.resource_kind(&one.kind).is_none());
        let apart = accounts.filter(|one| !one.person).map(|one| one.kind.as_str());
        policy.permit_brought(&name, group.name(), brought, std::iter::once(GUEST).chain(apart))
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

    /// Keeps the last holder of what must keep one. Whether it is held is not asked: a replica that
    /// lags would not know. A group may be all that gives people the access.
    async fn permit_removal(
        &self,
        taken: &GrantKey,
        resource: &Resource,
        gone: &BTreeSet<GrantKey>,
    ) -> Result<()> {
        match resource.kept_holder(&taken.entitlement) {
            Some(kept) if self.may_be_last(taken, kept) => {
                Policy::permit_removal(resource, kept, self.one_stays(taken, kept, gone).await?)
            }
            _ => Ok(()),
        }
    }

    /// Keeps the last one in a group that is all that gives people something which must keep a
    /// holder. Only privileged groups hold such things.
    async fn permit_leaving(
        &self,
        taken: &GrantKey,
        group: &Resource,
        gone: &BTreeSet<GrantKey>,
    ) -> Result<()> {
        let belongs = self.entitlement(group, None)?;
        let can_hold = self.descriptor.principal_kinds.iter().any(|one| one.kind == group.key.kind);
        if !group.privileged || !can_hold || taken.entitlement != belongs {
            return Ok(());
        }
        let query = Query::Holdings { principal: group.key.clone() };
        let answer = self.read_all(query).await?;
        let resource_of = |key: &ObjectRef| {
            answer.records.iter().find_map(|record| match record {
                Record::Resource(resource) if resource.key == *key => Some(resource),
                _ => None,
            })
        };
        let mut gap = None;
        for record in &answer.records {
            match record {
                // What it may only activate it does not give.
                Record::Grant(held) if held.key.kind == GrantKind::Active => {
                    let Some(resource) = resource_of(&held.key.resource) else {
                        let what = &held.key.resource;
                        gap.get_or_insert_with(|| {
                            format!("It holds {what}, of which no more is shown.")
                        });
                        continue;
                    };
                    let Some(kept) = resource.kept_holder(&held.key.entitlement) else { continue };
                    if self.may_be_last(taken, kept) {
                        let stays = self.one_stays(&held.key, kept, gone).await?;
                        Policy::permit_removal(resource, kept, stays).map_err(|error| {
                            let holds = format!("{} holds {}.", group.name, resource.name);
                            Error { message: format!("{holds} {}", error.message), ..error }
                        })?;
                    }
                }
                Record::Skipped(skipped) => _ = gap.get_or_insert_with(|| skipped.message.clone()),
                _ => {}
            }
        }
        Policy::permit_unseen(&group.name, gap.as_deref())
    }

    /// Whether taking this may take away the last holder that counts.
    fn may_be_last(&self, taken: &GrantKey, kept: &KeptHolder) -> bool {
        kept.counts(&taken.principal)
            || self.descriptor.resource_kind(&taken.principal.kind).is_some()
    }

    /// Whether somebody who counts still has what `held` gives when all of `gone` are, directly or
    /// through a group; `None` when nobody is seen, and not all can be.
    async fn one_stays(
        &self,
        held: &GrantKey,
        kept: &KeptHolder,
        gone: &BTreeSet<GrantKey>,
    ) -> Result<Option<bool>> {
        let mut groups = BTreeSet::from([held.resource.clone()]);
        let mut open = vec![held.clone()];
        let mut is_complete = true;
        while let Some(right) = open.pop() {
            let (holders, all) = match self.direct_holders(&right).await {
                // A group that is gone gives nothing.
                Err(error) if error.kind == ErrorKind::NotFound && right != *held => continue,
                found => found?,
            };
            is_complete &= all;
            for (key, enabled) in holders.into_iter().filter(|(key, _)| !gone.contains(key)) {
                let kind = self.descriptor.resource_kind(&key.principal.kind);
                if kept.counts(&key.principal) {
                    // Who cannot sign in keeps nothing running.
                    match enabled {
                        _ if !kept.active => return Ok(Some(true)),
                        Some(true) => return Ok(Some(true)),
                        Some(false) => {}
                        None => is_complete = false,
                    }
                } else if let Some(belongs) = kind.and_then(|kind| kind.entitlements.first()) {
                    if groups.len() >= MOST_GROUPS {
                        is_complete = false;
                    } else if groups.insert(key.principal.clone()) {
                        let group = key.principal;
                        open.push(GrantKey::new(group.clone(), group, belongs.id.clone()));
                    }
                }
            }
        }
        Ok(is_complete.then_some(false))
    }

    /// Who holds this right at its scope and keeps it, each with whether they may sign in, as far as
    /// that is told; and whether these are all. Who may only activate it, or holds it until an
    /// instant, keeps nothing running.
    async fn direct_holders(
        &self,
        right: &GrantKey,
    ) -> Result<(Vec<(GrantKey, Option<bool>)>, bool)> {
        let query = Query::Holders {
            resource: right.resource.clone(),
            entitlement: Some(right.entitlement.clone()),
        };
        let now = self.environment.clock.now();
        let (mut keys, mut enabled, mut all) = (Vec::new(), BTreeMap::new(), true);
        for record in self.read_all(query).await?.records {
            match record {
                Record::Account(account) => _ = enabled.insert(account.key, account.enabled),
                Record::Grant(grant) if grant.ends.is_none() && grant.gives_access(now) => {
                    keys.push(grant.key);
                }
                Record::Skipped(_) => all = false,
                _ => {}
            }
        }
        keys.retain(|key| key.entitlement == right.entitlement && key.scope == right.scope);
        let with_state = |key: GrantKey| {
            let state = enabled.get(&key.principal).copied().flatten();
            (key, state)
        };
        Ok((keys.into_iter().map(with_state).collect(), all))
    }
}
