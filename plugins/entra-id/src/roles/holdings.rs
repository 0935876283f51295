//! The roles of a principal: its own, and those of the role-assignable groups that it is in. Such
//! groups take no groups as members (facts §2.1), so that direct membership is the whole way.

use doorward_core::{Context, ErrorKind, ObjectRef, Record, Result};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

use super::assignment::{Assignment, list};
use super::read::limit;
use crate::find::by_id;
use crate::graph::{self, Place};
use crate::kinds::Kind;
use crate::objects::skipped;
use crate::permissions::READ_ROLES;
use crate::scopes;

/// By whom roles are held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Holder {
    id: String,
    /// The principal is in this group, and not the holder itself.
    is_group_of: bool,
}

impl Holder {
    pub(crate) fn own(principal: &ObjectRef) -> Self {
        Self { id: principal.id.clone(), is_group_of: false }
    }

    pub(crate) fn group(id: &str) -> Self {
        Self { id: id.to_owned(), is_group_of: true }
    }
}

/// The roles of one holder, as grants of the principal; `None` when roles may not be read.
pub(crate) async fn holdings(
    cx: &Context,
    principal: &ObjectRef,
    holder: &Holder,
) -> Result<Option<Vec<Record>>> {
    let assignments: Vec<Assignment> =
        match graph::all(cx, assignments_of(&holder.id), &READ_ROLES).await {
            Ok(assignments) => assignments,
            Err(error) if error.kind == ErrorKind::PermissionDenied => return Ok(None),
            Err(error) => return Err(error),
        };
    let mut roles: BTreeMap<&str, Option<Record>> = BTreeMap::new();
    let mut records = Vec::new();
    for assignment in &assignments {
        match assignment.scope() {
            Ok(scope) => {
                let mut grant = assignment.grant(principal.clone(), scope);
                grant.via = holder.is_group_of.then(|| Kind::Group.key(&holder.id));
                records.push(Record::Grant(grant));
            }
            Err(()) => records.push(assignment.unknown_scope()),
        }
        roles.insert(&assignment.role_definition_id, None);
    }
    for (role, record) in &mut roles {
        *record = by_id(cx, Kind::Role, role).await?.map(|role| role.object(Kind::Role).into());
    }
    let limits: BTreeSet<ObjectRef> = records.iter().filter_map(limit).collect();
    records.extend(roles.into_values().flatten());
    records.extend(scopes::named(cx, limits).await);
    Ok(Some(records))
}

/// The assignments of a principal.
pub(crate) fn assignments_of(principal: &str) -> Place {
    list(&[("principalId", principal)])
}

/// The record of roles that we may not read.
pub(crate) fn not_visible(principal: &ObjectRef) -> Record {
    skipped(
        Some(principal.clone()),
        "roles-not-visible",
        "Directory roles were left out: they are not visible with these permissions. The application permission RoleManagement.Read.Directory shows them.",
    )
}
