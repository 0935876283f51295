//! Who holds a role, and whether somebody does.

use doorward_core::{Answer, Context, Grant, GrantKey, GrantKind, ObjectRef, Record, Result};
use serde_json::{Value, json};
use std::collections::BTreeSet;

use super::assignment::{Assignment, list};
use super::definition::is_global_administrator;
use crate::find::{by_id, existing};
use crate::graph::{self, Place, foreign_cursor};
use crate::kinds::{Kind, is_id};
use crate::objects::{DirectoryObject, record};
use crate::permissions::READ_ROLES;
use crate::scopes;

/// One page of the holders of a role, at all scopes.
pub(crate) async fn holders(cx: &Context, role: &str, cursor: Option<Value>) -> Result<Answer> {
    let place: Place = match cursor {
        Some(cursor) => serde_json::from_value(cursor).map_err(foreign_cursor)?,
        None => list(&[("roleDefinitionId", &existing(cx, &Kind::Role.key(role)).await?.id)]),
    };
    let page = graph::page::<Assignment>(cx, place, &READ_ROLES).await?;
    let mut records = Vec::new();
    for assignment in &page.objects {
        records.extend(holder(cx, role, assignment).await);
    }
    let limits: BTreeSet<ObjectRef> = records.iter().filter_map(limit).collect();
    records.extend(scopes::named(cx, limits).await);
    Ok(Answer { records, next: page.next.map(|place| json!(place)), ..Answer::default() })
}

/// The principal and the grant.
async fn holder(cx: &Context, role: &str, assignment: &Assignment) -> Vec<Record> {
    let mut records = vec![assignment.record()];
    if let (Some(object), Some(kind)) = (&assignment.principal, assignment.principal_kind()) {
        records.push(record(&principal(cx, role, object, kind).await, kind));
    }
    records
}

/// A principal as it is expanded: with the properties that come unasked, since no document says
/// that `$select` may be nested here. Two things are missing in them:
///
/// - Whether a user may sign in. It matters where the last one must stay, so it is looked up there.
/// - A group's `isAssignableToRole`, perhaps; but only such groups can hold a role (facts §3.4).
async fn principal(
    cx: &Context,
    role: &str,
    object: &DirectoryObject,
    kind: Kind,
) -> DirectoryObject {
    let mut shown = object.clone();
    if kind == Kind::Group && !shown.is_limited() {
        shown.is_assignable_to_role = Some(true);
    }
    if kind == Kind::User && shown.account_enabled.is_none() && is_global_administrator(role) {
        // Without it the account is shown as one of which it is not known.
        return by_id(cx, kind, &shown.id).await.ok().flatten().unwrap_or(shown);
    }
    shown
}

/// What a grant is limited to.
pub(super) fn limit(record: &Record) -> Option<ObjectRef> {
    match record {
        Record::Grant(grant) => grant.key.scope.clone(),
        _ => None,
    }
}

/// The grant, when the principal holds the role directly at exactly this scope.
pub(crate) async fn held(cx: &Context, role: &str, key: &GrantKey) -> Result<Option<Grant>> {
    Kind::of_principal(&key.principal)?;
    if key.kind != GrantKind::Active || !is_id(role) || !is_id(&key.principal.id) {
        return Ok(None);
    }
    let place = list(&[("principalId", &key.principal.id), ("roleDefinitionId", role)]);
    let assignments: Vec<Assignment> = graph::all(cx, place, &READ_ROLES).await?;
    Ok(assignments
        .iter()
        // Whatever the filter let through: another one's assignment must not be taken for this one.
        .filter(|assignment| assignment.is_of(role, &key.principal.id))
        .find(|assignment| assignment.scope().as_ref() == Ok(&key.scope))
        .map(|assignment| assignment.grant(key.principal.clone(), key.scope.clone())))
}
