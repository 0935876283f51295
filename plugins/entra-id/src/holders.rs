//! Who holds a group: members and owners, page by page. (Roles: [`roles`].)
//!
//! The untyped lists silently leave out service principals (facts §2.1), so each is united with
//! the list that is cast to them. The cast is read first: from then on the untyped list's own
//! service principals, should it show any, are duplicates.

use doorward_core::{
    Answer, Context, Error, Grant, GrantKey, ObjectRef, Path, Record, Result, Usage,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::find::existing;
use crate::graph::{self, PAGE, Page, Place, foreign_cursor};
use crate::kinds::{ASSIGNED, Kind, MEMBER, OWNER, SELECT_MIXED, Target, target};
use crate::manageability::is_unified;
use crate::objects::{DirectoryObject, record, skipped, unknown_kind};
use crate::permissions::{HIDDEN_READ, READ_MEMBERS};
use crate::roles;
use crate::token::has_role;

/// The code of service principals that were not shown.
const REFUSED_CAST: &str = "service-principals-not-visible";
/// The code of a membership that must not be taken for an empty one (facts §2.1).
pub(crate) const HIDDEN: &str = "hidden-membership";

/// Where in the lists of a group's holders.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Cursor {
    entitlement: String,
    /// Whether the list that is cast to service principals is being read.
    cast: bool,
    /// Whether that list was there, and service principals are known from it.
    known: bool,
    /// Where; absent at the start of a list.
    place: Option<Place>,
}

impl Cursor {
    fn start(entitlement: &str) -> Self {
        Self { entitlement: entitlement.to_owned(), cast: true, known: false, place: None }
    }

    /// The holders of one right, or the members and then the owners. A Microsoft 365 group has only
    /// users as members (facts §2.1), and refuses the list that is cast to service principals.
    pub(crate) fn of(group: &DirectoryObject, entitlement: &str) -> Self {
        let cast = entitlement == OWNER || !is_unified(group);
        Self { cast, ..Self::start(entitlement) }
    }

    /// Whether it is the further page of a list.
    pub(crate) fn is_inside_a_list(&self) -> bool {
        self.place.is_some()
    }
}

/// One page of the holders of a group.
pub(crate) async fn holders(
    cx: &Context,
    resource: &ObjectRef,
    entitlement: Option<&str>,
    cursor: Option<Value>,
) -> Result<Answer> {
    let first = if resource.kind == Kind::Role.name() { ASSIGNED } else { MEMBER };
    let group = match target(resource, entitlement.unwrap_or(first))? {
        Target::Group(group) => group,
        Target::Role(role) if cursor.is_none() => return roles::holders(cx, role).await,
        Target::Role(_) => return Err(foreign_cursor("the holders of a role are one page")),
    };
    let (mut records, cursor) = match cursor {
        Some(cursor) => (Vec::new(), serde_json::from_value(cursor).map_err(foreign_cursor)?),
        None => {
            let first = entitlement.unwrap_or(MEMBER);
            let group = existing(cx, resource).await?;
            (opening(cx, &group, first).await?, Cursor::of(&group, first))
        }
    };
    let read = read(cx, group, cursor, entitlement.is_none()).await?;
    records.extend(read.records);
    Ok(Answer { records, next: read.next.map(|cursor| json!(cursor)), ..Answer::default() })
}

/// A page of holders.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) records: Vec<Record>,
    /// Where to go on.
    pub(crate) next: Option<Cursor>,
    pub(crate) usage: Usage,
}

/// One page of the holders of a group; `each` goes on with the owners after the members.
pub(crate) async fn read(cx: &Context, group: &str, cursor: Cursor, each: bool) -> Result<Read> {
    let resource = Kind::Group.key(group);
    let place =
        cursor.place.clone().unwrap_or_else(|| list(group, &cursor.entitlement, cursor.cast));
    let page: Page = match graph::page(cx, place, &READ_MEMBERS).await {
        Ok(page) => page,
        // A later page of the same list would leave out those after it.
        Err(error) if cursor.cast && cursor.place.is_none() && graph::is_refused_cast(&error) => {
            let records = vec![refused_cast(&resource, &error)];
            let next = following(&cursor, false, each);
            return Ok(Read { records, next, usage: Usage::default() });
        }
        Err(error) => return Err(error),
    };
    let next = match page.next {
        Some(place) => Some(Cursor { place: Some(place), ..cursor.clone() }),
        None => following(&cursor, true, each),
    };
    let records = page.objects.iter().flat_map(|object| holder(&resource, &cursor, object));
    Ok(Read { records: records.collect(), next, usage: page.usage })
}

/// The record of service principals that a group may have and does not show.
pub(crate) fn refused_cast(group: &ObjectRef, error: &Error) -> Record {
    skipped(
        Some(group.clone()),
        REFUSED_CAST,
        &format!(
            "Microsoft Graph refused the list of service principals of this group, so that they are missing, if it has any: {}",
            error.message
        ),
    )
}

/// The list after this one: cast, then untyped, and members before owners.
fn following(cursor: &Cursor, known: bool, each: bool) -> Option<Cursor> {
    if cursor.cast {
        return Some(Cursor { cast: false, known, place: None, ..cursor.clone() });
    }
    (each && cursor.entitlement == MEMBER).then(|| Cursor::start(OWNER))
}

/// The first page of a list of holders.
pub(crate) fn list(group: &str, entitlement: &str, cast: bool) -> Place {
    let relation = if entitlement == OWNER { "owners" } else { "members" };
    let path = Path::new("/v1.0/groups").value(group).literal(relation);
    if cast {
        let kind = Kind::ServicePrincipal;
        let path = path.literal("microsoft.graph.servicePrincipal");
        return Place::advanced(kind.selected(path).query("$top", PAGE));
    }
    Place::first(path.query("$select", SELECT_MIXED).query("$top", PAGE))
}

/// What is said before the first page: whether the group hides its members.
async fn opening(cx: &Context, group: &DirectoryObject, entitlement: &str) -> Result<Vec<Record>> {
    if entitlement == MEMBER && is_hidden(cx, group).await? {
        return Ok(vec![hidden(&Kind::Group.key(&group.id))]);
    }
    Ok(Vec::new())
}

/// Whether the members of this group are not shown to us.
pub(crate) async fn is_hidden(cx: &Context, group: &DirectoryObject) -> Result<bool> {
    Ok(group.hides_members() && !has_role(cx, HIDDEN_READ).await?)
}

/// The record of a group whose members are not visible; never "empty".
pub(crate) fn hidden(resource: &ObjectRef) -> Record {
    skipped(
        Some(resource.clone()),
        HIDDEN,
        "The group hides its members. They are not visible with these permissions; the application permission Member.Read.Hidden shows them.",
    )
}

fn holder(resource: &ObjectRef, cursor: &Cursor, object: &DirectoryObject) -> Vec<Record> {
    let of_list = cursor.cast.then_some(Kind::ServicePrincipal);
    let Some(kind) = object.kind(of_list) else {
        return vec![unknown_kind(resource, object)];
    };
    if kind == Kind::ServicePrincipal && !cursor.cast && cursor.known {
        return Vec::new();
    }
    let key = GrantKey::new(kind.key(&object.id), resource.clone(), cursor.entitlement.clone());
    vec![record(object, kind), Record::Grant(Grant::new(key))]
}
