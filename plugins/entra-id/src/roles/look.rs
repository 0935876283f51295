//! Whether a principal has a role, as one grant says: held, or to be activated.

use doorward_core::{Context, Error, Grant, GrantKey, GrantKind, Record, Result};

use super::assignment::{Assignment, list};
use super::pim::{Pim, date, dated, told, unknown};
use crate::graph;
use crate::kinds::{Kind, is_id};
use crate::permissions::READ_ROLES;

/// What a principal has of a role.
#[derive(Debug)]
pub(crate) struct Found {
    /// The grant that was asked for.
    pub(crate) grant: Option<Grant>,
    /// The id of its assignment, which tells nothing of who made it.
    pub(super) assignment: Option<String>,
    /// All schedules of this role and principal, at any scope, of the kinds that were read.
    pub(super) pim: Pim,
}

impl Found {
    /// Why it is not known whether there is such a grant. Assignments are always shown.
    pub(crate) fn unseen(&self, key: &GrantKey) -> Option<&Error> {
        match &self.pim {
            Pim::Unseen(error) if key.kind == GrantKind::Eligible => Some(error),
            _ => None,
        }
    }

    /// The records of the answer.
    pub(crate) fn records(self, key: &GrantKey) -> Vec<Record> {
        let gap = self.unseen(key).and_then(|_| self.pim.gap(&key.resource));
        self.grant.map(Record::Grant).or(gap).into_iter().collect()
    }
}

/// Looks for the grant, directly and at exactly its scope; of PIM the kind that it is of.
pub(crate) async fn held(cx: &Context, role: &str, key: &GrantKey) -> Result<Found> {
    look(cx, role, key, &[key.kind]).await
}

/// The same, with these kinds of schedules.
pub(super) async fn look(
    cx: &Context,
    role: &str,
    key: &GrantKey,
    kinds: &[GrantKind],
) -> Result<Found> {
    Kind::of_principal(&key.principal)?;
    let nothing = Pim::Seen { active: Vec::new(), eligible: Vec::new() };
    let mut found = Found { grant: None, assignment: None, pim: nothing };
    if !is_id(role) || !is_id(&key.principal.id) {
        return Ok(found);
    }
    let filters = [("principalId", key.principal.id.as_str()), ("roleDefinitionId", role)];
    // Whatever the filter let through: another one's row must not be taken for this one.
    let is_this = |row: &Assignment| {
        row.is_of(role, &key.principal.id) && row.scope().as_ref() == Ok(&key.scope)
    };
    let tell = |row: &Assignment| row.told_of(key.principal.clone());
    if key.kind == GrantKind::Active {
        let assignments: Vec<Assignment> = graph::all(cx, list(&filters), &READ_ROLES).await?;
        let assignment = assignments.into_iter().find(is_this);
        found.grant = assignment.as_ref().and_then(|assignment| tell(assignment).ok());
        found.assignment = assignment.map(|assignment| assignment.id);
    }
    found.pim = Pim::read(cx, kinds, &filters).await?;
    let rows = found.pim.of(key.kind).iter().filter(|row| is_this(&row.held));
    let mut known = dated(cx.now(), rows.filter_map(|row| told(row, key.kind, tell).ok()));
    found.grant = match found.grant {
        Some(grant) if matches!(found.pim, Pim::Unseen(_)) => Some(unknown(grant)),
        Some(grant) => Some(date(cx.now(), grant, &mut known)),
        None => known.into_values().next(),
    };
    Ok(found)
}
