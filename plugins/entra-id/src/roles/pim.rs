//! Who holds a role until when, and who may activate one, as PIM tells it (facts §3.5, §9).
//!
//! - That somebody holds a role now is said by `roleAssignments`, which is complete. PIM's schedules
//!   add when it began and ends, and how it came about; what they do not mention is held for good.
//! - A schedule whose assignment is not listed yet is told, too: lists follow a change after up to
//!   20 s (facts §9), and each by itself. So one that shows an assignment is believed, whichever.
//! - Who is eligible is told as a grant of that kind, beside the activation, when there is one.
//! - Several rows of one grant are one: the one that has begun, and of those the one that ends last.
//! - Where PIM may not be seen, the assignments are told, each marked as one of which the end is not
//!   known, and a gap says why.
//! - Without a licence PIM shows nothing either, and there is no gap: nobody can activate a role, and
//!   Microsoft removes eligibility when a licence ends (Microsoft's documentation of PIM, "License
//!   requirements"). Assignments are marked all the same: that page says nothing of those that PIM gave
//!   until an instant.

use doorward_core::{
    Attributes, Context, ENDS_UNKNOWN, Error, ErrorKind, Grant, GrantKey, GrantKind, ObjectRef,
    Record, Result, Skipped, Timestamp,
};
use serde_json::json;
use std::collections::BTreeMap;

use super::assignment::{Assignment, Filters};
use super::schedule::{Schedule, list};
use crate::errors::NOT_LICENSED;
use crate::graph;
use crate::permissions::READ_PIM;

/// Both.
pub(super) const KINDS: [GrantKind; 2] = [GrantKind::Active, GrantKind::Eligible];

/// What PIM tells.
#[derive(Debug)]
pub(crate) enum Pim {
    Seen { active: Vec<Schedule>, eligible: Vec<Schedule> },
    Unseen(Error),
}

impl Pim {
    /// The schedules of these kinds that fit. Where PIM refuses one list, no other is asked for.
    ///
    /// # Errors
    /// When Graph cannot answer now; that PIM may not be seen is none.
    pub(crate) async fn read(
        cx: &Context,
        kinds: &[GrantKind],
        filters: Filters<'_>,
    ) -> Result<Self> {
        let (mut active, mut eligible) = (Vec::new(), Vec::new());
        for kind in kinds {
            let rows = match graph::all(cx, list(*kind, filters), &READ_PIM).await {
                Err(error) if is_unseen(&error) => return Ok(Self::Unseen(error)),
                rows => rows?,
            };
            match kind {
                GrantKind::Active => active = rows,
                GrantKind::Eligible => eligible = rows,
            }
        }
        Ok(Self::Seen { active, eligible })
    }

    /// The schedules of one kind; none where PIM may not be seen.
    pub(crate) fn of(&self, kind: GrantKind) -> &[Schedule] {
        match (self, kind) {
            (Self::Seen { active, .. }, GrantKind::Active) => active,
            (Self::Seen { eligible, .. }, GrantKind::Eligible) => eligible,
            (Self::Unseen(_), _) => &[],
        }
    }

    /// The record of what is missing where PIM may not be seen; none where there is no PIM.
    pub(crate) fn gap(&self, object: &ObjectRef) -> Option<Record> {
        match self {
            Self::Unseen(error) if error.reason != NOT_LICENSED => {
                Some(unseen(object.clone(), error))
            }
            _ => None,
        }
    }

    /// The grants, sorted, and what could not be told. `tell` makes the bare grant of a row.
    pub(crate) fn told<F>(&self, now: Timestamp, assignments: &[Assignment], tell: F) -> Vec<Record>
    where
        F: Fn(&Assignment) -> Result<Grant, Box<Record>>,
    {
        let (mut records, mut grants) = (Vec::new(), Vec::new());
        for assignment in assignments {
            match tell(assignment) {
                Ok(grant) => grants.push(grant),
                Err(record) => records.push(*record),
            }
        }
        let active = self.of(GrantKind::Active).iter();
        let mut dated =
            dated(now, active.filter_map(|row| told(row, GrantKind::Active, &tell).ok()));
        for grant in grants {
            records.push(Record::Grant(self.date(now, grant, &mut dated)));
        }
        let rows = self.of(GrantKind::Eligible).iter().filter(|row| row.is_direct());
        let mut eligible = Vec::new();
        for row in rows {
            match told(row, GrantKind::Eligible, &tell) {
                Ok(grant) => eligible.push(grant),
                Err(record) => records.extend(record.map(|record| *record)),
            }
        }
        records.extend(dated.into_values().map(Record::Grant));
        records.extend(self::dated(now, eligible).into_values().map(Record::Grant));
        records
    }

    fn date(&self, now: Timestamp, grant: Grant, dated: &mut BTreeMap<GrantKey, Grant>) -> Grant {
        match self {
            Self::Seen { .. } => date(now, grant, dated),
            Self::Unseen(_) => unknown(grant),
        }
    }
}

/// Whether PIM is refused, for now and later. A cloud or tenant without it may say so in any of these
/// ways; anything else is worth another attempt, or an error.
pub(super) fn is_unseen(error: &Error) -> bool {
    matches!(
        error.kind,
        ErrorKind::PermissionDenied
            | ErrorKind::Unsupported
            | ErrorKind::NotFound
            | ErrorKind::InvalidRequest
    )
}

/// The grant of a row that says more than an assignment; `Err(None)` when it does not.
pub(super) fn told<F>(
    row: &Schedule,
    kind: GrantKind,
    tell: F,
) -> Result<Grant, Option<Box<Record>>>
where
    F: Fn(&Assignment) -> Result<Grant, Box<Record>>,
{
    let counts = row.is_direct() && (kind == GrantKind::Eligible || row.is_by_pim());
    if !counts {
        return Err(None);
    }
    tell(&row.held).map(|grant| row.dated(grant, kind)).map_err(Some)
}

/// One grant for each key, without those that are over.
pub(super) fn dated(
    now: Timestamp,
    grants: impl IntoIterator<Item = Grant>,
) -> BTreeMap<GrantKey, Grant> {
    let mut dated: BTreeMap<GrantKey, Grant> = BTreeMap::new();
    for grant in grants.into_iter().filter(|grant| grant.ends.is_none_or(|end| end > now)) {
        match dated.get(&grant.key) {
            Some(known) if rank(known, now) >= rank(&grant, now) => {}
            _ => _ = dated.insert(grant.key.clone(), grant),
        }
    }
    dated
}

fn rank(grant: &Grant, now: Timestamp) -> (bool, Timestamp, Option<&str>) {
    let ends = grant.ends.unwrap_or(Timestamp::MAX);
    (has_begun(grant, now), ends, grant.provider_id.as_deref())
}

/// Whether it is held now.
pub(crate) fn has_begun(grant: &Grant, now: Timestamp) -> bool {
    grant.starts.is_none_or(|start| start <= now)
}

/// An assignment with what PIM says of it, which is used up.
pub(super) fn date(now: Timestamp, grant: Grant, dated: &mut BTreeMap<GrantKey, Grant>) -> Grant {
    match dated.remove(&grant.key) {
        Some(known) if has_begun(&known, now) => known,
        // What begins later says nothing of what is held now.
        _ => grant,
    }
}

/// An assignment of which it is not known how long it is held.
pub(super) fn unknown(mut grant: Grant) -> Grant {
    grant.attributes.insert(ENDS_UNKNOWN.to_owned(), json!(true));
    grant
}

/// The record of what is missing where PIM may not be seen. For every role it is the same one.
fn unseen(object: ObjectRef, error: &Error) -> Record {
    let unknown = "When a role ends by itself, and who may activate one, is not known.";
    let message = match error.attributes.get("needs") {
        Some(needs) => {
            let names: Vec<&str> =
                needs.as_array().into_iter().flatten().filter_map(|name| name.as_str()).collect();
            format!(
                "PIM not visible: it is not shown with these permissions. {unknown} One of these application permissions shows it: {}.",
                names.join(", ")
            )
        }
        None => format!("PIM not visible: {} {unknown}", error.message),
    };
    Record::Skipped(Skipped {
        object: Some(object),
        code: "pim-not-visible".to_owned(),
        message,
        attributes: Attributes::new(),
    })
}
