//! All role assignments, page by page, and what PIM says of them.
//!
//! The schedules come first: what they say of assignments goes along in the cursor, which names only
//! those that PIM made. So a page of assignments is told whole, and what is left in the end is of
//! schedules whose assignment is not listed yet.

use doorward_core::{Context, ErrorKind, Grant, GrantKind, Page, Record, Result, Timestamp};
use serde::{Deserialize, Serialize};

use super::assignment::{Assignment, list};
use super::pim::{Pim, date, dated, is_unseen, told, unknown};
use super::schedule::{self, Schedule};
use crate::graph::{self, Place};
use crate::kinds::Kind;
use crate::objects::DirectoryObject;
use crate::permissions::{READ_PIM, READ_ROLES};

/// Where in the schedules and assignments.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Roles {
    stage: Stage,
    /// What PIM made, until its assignment is met.
    known: Vec<Grant>,
    /// PIM may not be seen.
    unseen: bool,
    /// Assignments of one role only.
    role: Option<String>,
    /// Absent at the start of a list.
    place: Option<Place>,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Stage {
    #[default]
    Active,
    Eligible,
    Assignments,
}

/// One page, and where to go on.
pub(crate) async fn roles(cx: &Context, at: Roles) -> Result<(Page, Vec<Roles>)> {
    match at.stage {
        Stage::Active => schedules(cx, at, GrantKind::Active, Stage::Eligible).await,
        Stage::Eligible => schedules(cx, at, GrantKind::Eligible, Stage::Assignments).await,
        Stage::Assignments => assignments(cx, at).await,
    }
}

async fn schedules(
    cx: &Context,
    at: Roles,
    kind: GrantKind,
    then: Stage,
) -> Result<(Page, Vec<Roles>)> {
    let is_start = at.place.is_none();
    let place = at.place.unwrap_or_else(|| schedule::list(kind, &[]));
    let page = match graph::page::<Schedule>(cx, place, &READ_PIM).await {
        Err(error) if is_start && is_unseen(&error) => {
            let records = gaps(cx, Pim::Unseen(error)).await?;
            let next = Roles {
                stage: Stage::Assignments,
                unseen: true,
                known: at.known,
                ..Roles::default()
            };
            return Ok((Page { records, ..Page::default() }, vec![next]));
        }
        page => page?,
    };
    let (mut grants, mut records) = (Vec::new(), Vec::new());
    for row in &page.objects {
        match told(row, kind, Assignment::told) {
            Ok(grant) => grants.push(grant),
            // Of the others the assignment says so.
            Err(Some(record)) if kind == GrantKind::Eligible => records.push(*record),
            Err(_) => {}
        }
    }
    let mut known = at.known;
    match kind {
        GrantKind::Active => known = sorted(cx.now(), known.into_iter().chain(grants)),
        GrantKind::Eligible => {
            records.extend(sorted(cx.now(), grants).into_iter().map(Record::Grant))
        }
    }
    let stage = if page.next.is_some() { at.stage } else { then };
    let next = Roles { stage, known, place: page.next, ..Roles::default() };
    Ok((Page { records, usage: page.usage, ..Page::default() }, vec![next]))
}

/// What is missing where PIM may not be seen, role by role.
async fn gaps(cx: &Context, pim: Pim) -> Result<Vec<Record>> {
    let gap = |role: &DirectoryObject| pim.gap(&Kind::Role.key(&role.id));
    Ok(definitions(cx).await?.iter().filter_map(gap).collect())
}

fn sorted(now: Timestamp, grants: impl IntoIterator<Item = Grant>) -> Vec<Grant> {
    dated(now, grants).into_values().collect()
}

/// The whole list at once may be refused: older documents ask for a filter (facts §3.4). Then each role
/// has a list of its own.
async fn assignments(cx: &Context, at: Roles) -> Result<(Page, Vec<Roles>)> {
    let is_whole = at.role.is_none() && at.place.is_none();
    let place = at.place.clone().unwrap_or_else(|| match &at.role {
        Some(role) => list(&[("roleDefinitionId", role)]),
        None => list(&[]),
    });
    let page = match graph::page::<Assignment>(cx, place, &READ_ROLES).await {
        Err(error) if is_whole && error.kind == ErrorKind::InvalidRequest => {
            return one_by_one(cx, at).await;
        }
        page => page?,
    };
    let Roles { unseen: is_unseen, role, known, .. } = at;
    let mut known = dated(cx.now(), known);
    let mut records = Vec::new();
    for assignment in &page.objects {
        records.push(match assignment.told() {
            Ok(grant) if is_unseen && !known.contains_key(&grant.key) => {
                Record::Grant(unknown(grant))
            }
            Ok(grant) => Record::Grant(date(cx.now(), grant, &mut known)),
            Err(record) => *record,
        });
    }
    let mut known: Vec<Grant> = known.into_values().collect();
    if page.next.is_none() {
        records.extend(known.drain(..).map(Record::Grant));
    }
    let stage = Stage::Assignments;
    let next =
        page.next.map(|place| Roles { stage, known, unseen: is_unseen, role, place: Some(place) });
    Ok((Page { records, usage: page.usage, ..Page::default() }, next.into_iter().collect()))
}

async fn one_by_one(cx: &Context, at: Roles) -> Result<(Page, Vec<Roles>)> {
    let mut rest = at.known;
    let mut next = Vec::new();
    for role in definitions(cx).await? {
        let (known, others) = rest.into_iter().partition(|grant| grant.key.resource.id == role.id);
        rest = others;
        let (stage, role) = (Stage::Assignments, Some(role.id));
        next.push(Roles { stage, known, unseen: at.unseen, role, place: None });
    }
    let records = rest.into_iter().map(Record::Grant).collect();
    Ok((Page { records, ..Page::default() }, next))
}

async fn definitions(cx: &Context) -> Result<Vec<DirectoryObject>> {
    graph::all(cx, Place::first(Kind::Role.collection()), &READ_ROLES).await
}
