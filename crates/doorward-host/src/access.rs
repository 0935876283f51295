//! Who has access to what: the lists and explanations of `doorward access`.

use doorward_core::{
    AccessPath, Error, ErrorKind, Grant, GrantKey, Object, ObjectRef, Query, Record, Result,
    Skipped,
};
use serde::Serialize;
use std::collections::BTreeMap;

use crate::Opened;

/// One grant with the names of both ends.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessRow {
    /// The grant.
    pub grant: Grant,
    /// The principal's name, as far as the provider told it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal_name: Option<String>,
    /// The name that the principal signs in with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal_login: Option<String>,
    /// The resource's name, as far as the provider told it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_name: Option<String>,
    /// The name of what the right is limited to, as far as the provider told it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope_name: Option<String>,
}

/// How an object is called.
pub(crate) struct Label {
    pub(crate) name: String,
    pub(crate) login: Option<String>,
}

impl Label {
    fn of(object: &Object) -> Self {
        Self { name: object.name().to_owned(), login: object.login().map(str::to_owned) }
    }
}

impl AccessRow {
    /// The grant with the names of its ends, as far as there are any.
    pub(crate) fn named(grant: Grant, label: &dyn Fn(&ObjectRef) -> Option<Label>) -> Self {
        let principal = label(&grant.key.principal);
        let (principal_name, principal_login) = match principal {
            Some(label) => (Some(label.name), label.login),
            None => (None, None),
        };
        Self {
            principal_name,
            principal_login,
            resource_name: label(&grant.key.resource).map(|label| label.name),
            scope_name: grant.key.scope.as_ref().and_then(label).map(|label| label.name),
            grant,
        }
    }

    /// Where the right holds, by name or else by id; nothing when it holds everywhere.
    pub fn scope(&self) -> String {
        let id = || self.grant.key.scope.as_ref().map(ToString::to_string);
        self.scope_name.clone().or_else(id).unwrap_or_default()
    }
}

/// Who holds something, or what somebody holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessList {
    /// The account or resource that was asked for.
    pub subject: Object,
    /// The grants, sorted.
    pub rows: Vec<AccessRow>,
    /// What could not be read. The list is complete only when this is empty.
    pub skipped: Vec<Skipped>,
}

/// Every way by which somebody has an entitlement on a resource.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// Who.
    pub principal: Object,
    /// On what.
    pub resource: Object,
    /// Which right.
    pub entitlement: String,
    /// The ways, shortest first. Empty: no access.
    pub paths: Vec<AccessPath>,
    /// What could not be read. No path is certain only when this is empty.
    pub skipped: Vec<Skipped>,
}

impl Opened {
    /// Who holds entitlements on the resource.
    ///
    /// # Errors
    /// `NotFound` when it is gone; those of the connector.
    pub async fn holders(&self, subject: Object) -> Result<AccessList> {
        let query = Query::Holders { resource: subject.key().clone(), entitlement: None };
        self.list(subject, query).await
    }

    /// What the principal holds.
    ///
    /// # Errors
    /// `NotFound` when it is gone; those of the connector.
    pub async fn holdings(&self, subject: Object) -> Result<AccessList> {
        let query = Query::Holdings { principal: subject.key().clone() };
        self.list(subject, query).await
    }

    async fn list(&self, subject: Object, query: Query) -> Result<AccessList> {
        let answer = self.read_all(query).await?;
        let mut objects: BTreeMap<ObjectRef, Object> = BTreeMap::new();
        objects.insert(subject.key().clone(), subject.clone());
        let mut grants = Vec::new();
        let mut skipped = Vec::new();
        for record in answer.records {
            match record {
                Record::Account(account) => {
                    objects.insert(account.key.clone(), Object::Account(account));
                }
                Record::Resource(resource) => {
                    objects.insert(resource.key.clone(), Object::Resource(resource));
                }
                Record::Grant(grant) => grants.push(grant),
                Record::Skipped(gap) => skipped.push(gap),
                Record::GoneObject(_) | Record::GoneGrant(_) | Record::Expected(_) => {}
            }
        }
        let label = |key: &ObjectRef| objects.get(key).map(Label::of);
        let rows = grants.into_iter().map(|grant| AccessRow::named(grant, &label)).collect();
        Ok(AccessList::new(subject, rows, skipped))
    }

    /// By which ways the principal has the entitlement on the resource.
    ///
    /// # Errors
    /// `NotFound` when one is gone; those of the connector.
    pub async fn explain_access(
        &self,
        principal: Object,
        resource: Object,
        entitlement: &str,
    ) -> Result<Explanation> {
        let key = GrantKey::new(principal.key().clone(), resource.key().clone(), entitlement);
        let (paths, skipped) = self.paths(&key).await?;
        Ok(Explanation { principal, resource, entitlement: entitlement.to_owned(), paths, skipped })
    }

    /// The ways by which the principal has the entitlement, the shortest first, and an error when
    /// there may be more.
    pub(crate) async fn ways(&self, key: &GrantKey) -> Result<(Vec<AccessPath>, Option<Error>)> {
        let (paths, skipped) = self.paths(key).await?;
        let gap = skipped
            .into_iter()
            .next()
            .map(|gap| unseen(gap).remedy("There may be more ways than those listed."));
        Ok((paths, gap))
    }

    async fn paths(&self, key: &GrantKey) -> Result<(Vec<AccessPath>, Vec<Skipped>)> {
        let query = Query::Paths {
            principal: key.principal.clone(),
            resource: key.resource.clone(),
            entitlement: key.entitlement.clone(),
        };
        let answer = self.read_all(query).await?;
        let mut paths = answer.paths;
        paths.sort_by(AccessPath::order);
        paths.dedup_by(|a, b| a.grants == b.grants);
        let skipped = answer.records.into_iter().filter_map(|record| match record {
            Record::Skipped(gap) => Some(gap),
            _ => None,
        });
        Ok((paths, skipped.collect()))
    }
}

/// What was not read, as the error that it is to whoever must know all.
pub(crate) fn unseen(gap: Skipped) -> Error {
    Error::new(ErrorKind::PermissionDenied, gap.code, gap.message)
        .remedy("Give Doorward the permission to read it (see `doorward check`).")
}

impl AccessList {
    /// A list in the one order in which people and diffs want it.
    pub(crate) fn new(subject: Object, mut rows: Vec<AccessRow>, skipped: Vec<Skipped>) -> Self {
        rows.sort_by(|a, b| order(a).cmp(&order(b)));
        rows.dedup_by(|a, b| a.grant.key == b.grant.key && a.grant.via == b.grant.via);
        Self { subject, rows, skipped }
    }
}

/// Providers give the same list in another order each time; people and diffs want one order.
fn order(row: &AccessRow) -> (&str, &str, &str, &doorward_core::GrantKey) {
    (
        row.resource_name.as_deref().unwrap_or_default(),
        &row.grant.key.entitlement,
        row.principal_name.as_deref().unwrap_or_default(),
        &row.grant.key,
    )
}
