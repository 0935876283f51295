//! All role assignments, page by page.

use doorward_core::{Context, ErrorKind, Page, Result};
use serde::{Deserialize, Serialize};

use super::assignment::{Assignment, list};
use crate::graph::{self, Place};
use crate::kinds::Kind;
use crate::objects::DirectoryObject;
use crate::permissions::READ_ROLES;

/// Where in the assignments.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Assignments {
    /// Those of one role only.
    role: Option<String>,
    /// Absent at the start of the list.
    place: Option<Place>,
}

impl Assignments {
    /// Whether it is the further page of a list.
    pub(crate) fn is_inside_a_list(&self) -> bool {
        self.place.is_some()
    }

    fn of(role: DirectoryObject) -> Self {
        Self { role: Some(role.id), place: None }
    }
}

/// One page, and where to go on. The whole list at once may be refused: older documents ask for a
/// filter (facts §3.4). Then each role has a list of its own.
pub(crate) async fn assignments(cx: &Context, at: Assignments) -> Result<(Page, Vec<Assignments>)> {
    let is_whole = at.role.is_none() && at.place.is_none();
    let place = at.place.unwrap_or_else(|| match &at.role {
        Some(role) => list(&[("roleDefinitionId", role)]),
        None => list(&[]),
    });
    let page = match graph::page::<Assignment>(cx, place, &READ_ROLES).await {
        Err(error) if is_whole && error.kind == ErrorKind::InvalidRequest => {
            let roles = Place::first(Kind::Role.collection());
            let roles = graph::all(cx, roles, &READ_ROLES).await?;
            return Ok((Page::default(), roles.into_iter().map(Assignments::of).collect()));
        }
        page => page?,
    };
    let next = page.next.map(|place| Assignments { role: at.role, place: Some(place) });
    let records = page.objects.iter().map(Assignment::record).collect();
    let page = Page { records, usage: page.usage, ..Page::default() };
    Ok((page, next.into_iter().collect()))
}
