//! Who holds a group: members and owners, page by page. (Roles: [`roles`].)
//!
//! The untyped lists silently leave out service principals (facts §2.1), so each is united with
//! the list that is cast to them. The cast is read first: from then on the untyped list's own
//! service principals, should it show any, are duplicates.

use doorward_core::{Answer, Context, Grant, GrantKey, ObjectRef, Path, Record, Result, Usage};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::find::existing;
use crate::graph::{self, PAGE, Place, foreign_cursor};
use crate::kinds::{ASSIGNED, Kind, MEMBER, OWNER, SELECT_MIXED, Target, target};
use crate::objects::{DirectoryObject, record, skipped, unknown_kind};
use crate::permissions::{HIDDEN_READ, READ_MEMBERS};
use crate::roles;
use crate::token::has_role;

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

    /// The members, and then the owners. A Microsoft 365 group has users only (facts §2.1), and
    /// refuses the list that is cast to service principals.
    pub(crate) fn of_members(group: &DirectoryObject) -> Self {
        Self { cast: !group.in_group_types("Unified"), ..Self::start(MEMBER) }
    }

    /// Whether it is the further page of a list.
    pub(crate) fn is_inside_a_list(&self) -> bool {
        self.place.is_some()
    }

    /// The owners.
    pub(crate) fn of_owners() -> Self {
        Self::start(OWNER)
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
        Target::Role(role) => return roles::holders(cx, role, cursor).await,
    };
    let (mut records, cursor) = match cursor {
        Some(cursor) => (Vec::new(), serde_json::from_value(cursor).map_err(foreign_cursor)?),
        None => {
            let first = entitlement.unwrap_or(MEMBER);
            (opening(cx, resource, first).await?, Cursor::start(first))
        }
    };
    let ((objects, next), _) = read(cx, group, cursor, entitlement.is_none()).await?;
    records.extend(
        objects.into_iter().flat_map(|(object, cursor)| holder(resource, &cursor, &object)),
    );
    Ok(Answer { records, next: next.map(|cursor| json!(cursor)), ..Answer::default() })
}

/// Objects with the lists that they come from, and where to go on.
pub(crate) type Read = (Vec<(DirectoryObject, Cursor)>, Option<Cursor>);

/// One page of the holders of a group, each with the list that it comes from; `each` goes on with
/// the owners after the members.
pub(crate) async fn read(
    cx: &Context,
    group: &str,
    cursor: Cursor,
    each: bool,
) -> Result<(Read, Usage)> {
    let place =
        cursor.place.clone().unwrap_or_else(|| list(group, &cursor.entitlement, cursor.cast));
    let page = if cursor.cast {
        graph::cast_page(cx, place, &READ_MEMBERS).await?
    } else {
        Some(graph::page(cx, place, &READ_MEMBERS).await?)
    };
    let Some(page) = page else {
        let next = following(&cursor, false, each);
        return Ok(((Vec::new(), next), Usage::default()));
    };
    let next = match page.next {
        Some(place) => Some(Cursor { place: Some(place), ..cursor.clone() }),
        None => following(&cursor, true, each),
    };
    let objects = page.objects.into_iter().map(|object| (object, cursor.clone())).collect();
    Ok(((objects, next), page.usage))
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

/// What is said before the first page: that the group exists, and whether it hides its members.
async fn opening(cx: &Context, resource: &ObjectRef, entitlement: &str) -> Result<Vec<Record>> {
    let group = existing(cx, resource).await?;
    if entitlement == MEMBER && is_hidden(cx, &group).await? {
        return Ok(vec![hidden(resource)]);
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

/// The records of a holder.
pub(crate) fn holder(
    resource: &ObjectRef,
    cursor: &Cursor,
    object: &DirectoryObject,
) -> Vec<Record> {
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
