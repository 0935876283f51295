//! The roles of a principal: its own, and those of the role-assignable groups that it is in. Such
//! groups take no groups as members (facts §2.1), so that direct membership is the whole way.

use doorward_core::{Context, ErrorKind, Grant, ObjectRef, Record, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

use super::assignment::{Assignment, list};
use super::pim::{KINDS, Pim};
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

/// The roles of one holder, as grants of the principal, and those that it may activate; `None` when
/// roles may not be read.
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
    let pim = Pim::read(cx, &KINDS, &[("principalId", &holder.id)]).await?;
    let via = holder.is_group_of.then(|| Kind::Group.key(&holder.id));
    let mut records = pim.told(cx.now(), &assignments, |row| {
        let grant = row.told_of(principal.clone())?;
        Ok(Grant { via: via.clone(), ..grant })
    });
    let held = records.iter().filter_map(|record| match record {
        Record::Grant(grant) => Some(grant.key.resource.id.clone()),
        _ => None,
    });
    let left_out = assignments.iter().filter(|assignment| assignment.scope().is_err());
    let held: BTreeSet<String> =
        held.chain(left_out.map(|assignment| assignment.role_definition_id.clone())).collect();
    for role in &held {
        let role = by_id(cx, Kind::Role, role).await?;
        records.extend(role.map(|role| Record::from(role.object(Kind::Role))));
    }
    let limits: BTreeSet<ObjectRef> = records.iter().filter_map(limit).collect();
    records.extend(scopes::named(cx, limits).await);
    records.extend(pim.gap(principal));
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
