//! Who holds a role, and who may activate it.

use doorward_core::{Answer, Context, ObjectRef, Record, Result};
use std::collections::{BTreeMap, BTreeSet};

use super::assignment::{Assignment, list};
use super::definition::is_global_administrator;
use super::pim::{KINDS, Pim};
use crate::find::{by_id, existing};
use crate::graph;
use crate::kinds::Kind;
use crate::objects::{DirectoryObject, record};
use crate::permissions::READ_ROLES;
use crate::scopes;

/// The holders of a role at all scopes, and who is eligible for it. They are told at once: what PIM
/// says belongs to assignments of any page.
pub(crate) async fn holders(cx: &Context, role: &str) -> Result<Answer> {
    let role = existing(cx, &Kind::Role.key(role)).await?;
    let filters = [("roleDefinitionId", role.id.as_str())];
    let assignments: Vec<Assignment> = graph::all(cx, list(&filters), &READ_ROLES).await?;
    let pim = Pim::read(cx, &KINDS, &filters).await?;
    let mut records = pim.told(cx.now(), &assignments, Assignment::told);
    records.extend(principals(cx, &role.id, &assignments, &pim).await);
    let limits: BTreeSet<ObjectRef> = records.iter().filter_map(limit).collect();
    records.extend(scopes::named(cx, limits).await);
    records.extend(pim.gap(&Kind::Role.key(&role.id)));
    Ok(Answer { records, ..Answer::default() })
}

/// Each principal once.
async fn principals(
    cx: &Context,
    role: &str,
    assignments: &[Assignment],
    pim: &Pim,
) -> Vec<Record> {
    let schedules = KINDS.iter().flat_map(|kind| pim.of(*kind)).filter(|row| row.is_direct());
    let rows = assignments.iter().chain(schedules.map(|row| &row.held));
    let known: BTreeMap<&str, (&DirectoryObject, Kind)> = rows
        .filter_map(|row| {
            Some((row.principal_id.as_str(), (row.principal.as_ref()?, row.principal_kind()?)))
        })
        .collect();
    let mut records = Vec::new();
    for (object, kind) in known.into_values() {
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
