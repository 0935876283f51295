//! What a principal holds: its own groups, roles, the groups that it is in through others, and those
//! that it owns.
//!
//! `transitiveMemberOf` tells which groups, not by which way. For each group that is not held
//! directly one request finds a member group that the principal is in: that is its `via`.

use doorward_core::{Answer, Context, Grant, GrantKey, ObjectRef, Path, Record, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;

use crate::find::missing;
use crate::grant::memberships;
use crate::graph::{self, PAGE, Place, foreign_cursor};
use crate::kinds::{Kind, MEMBER, OWNER, SELECT_MIXED, UNIT_TYPE, is_id};
use crate::objects::{DirectoryObject, record, skipped, unknown_kind};
use crate::permissions::READ_MEMBERS;
use crate::roles::{self, Holder};

/// Nested groups whose way one page looks up.
const NESTED_AT_ONCE: usize = 20;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "stage")]
enum Cursor {
    /// Reading the roles of each of `holders`; what comes after them is kept.
    Roles { holders: Vec<Holder>, remaining: Vec<String>, held: BTreeSet<String> },
    /// Finding the way to each of `remaining`; `held` are all groups that the principal is in.
    Nested { remaining: Vec<String>, held: BTreeSet<String> },
    /// Reading what it owns.
    Owned { place: Place },
}

/// One page of what a principal holds.
pub(crate) async fn holdings(
    cx: &Context,
    principal: &ObjectRef,
    cursor: Option<Value>,
) -> Result<Answer> {
    let kind = Kind::of_principal(principal)?;
    if !is_id(&principal.id) {
        return Err(missing(principal));
    }
    let (records, next) = match cursor {
        None => memberships_of(cx, principal, kind).await?,
        Some(cursor) => match serde_json::from_value(cursor).map_err(foreign_cursor)? {
            Cursor::Roles { holders, remaining, held } => {
                let records = roles_of(cx, principal, &holders).await?;
                (records, after(Cursor::Nested { remaining, held }, principal, kind))
            }
            Cursor::Nested { remaining, held } => {
                nested(cx, principal, kind, remaining, held).await?
            }
            Cursor::Owned { place } => owned(cx, principal, kind, place).await?,
        },
    };
    Ok(Answer { records, next: next.map(|cursor| json!(cursor)), ..Answer::default() })
}

type Part = (Vec<Record>, Option<Cursor>);

async fn memberships_of(cx: &Context, principal: &ObjectRef, kind: Kind) -> Result<Part> {
    let direct: Vec<DirectoryObject> =
        graph::all(cx, memberships(kind, &principal.id, SELECT_MIXED), kind.memberships_purpose())
            .await?;
    let every: Vec<DirectoryObject> =
        graph::all(cx, transitive(kind, &principal.id), kind.memberships_purpose()).await?;
    let own: BTreeSet<&str> = direct.iter().map(|object| object.id.as_str()).collect();
    let mut records = Vec::new();
    for object in &direct {
        records.extend(held_directly(principal, MEMBER, object));
    }
    let indirect: Vec<&DirectoryObject> =
        every.iter().filter(|object| !own.contains(object.id.as_str())).collect();
    for object in &indirect {
        match object.kind(None) {
            Some(kind) => records.push(record(object, kind)),
            None => records.extend(left_out(principal, object)),
        }
    }
    let remaining = groups(indirect.iter().copied()).collect::<BTreeSet<_>>();
    let held = groups(direct.iter().chain(&every)).collect();
    let remaining = remaining.into_iter().collect();
    if !kind.can_hold_roles() {
        return Ok((records, after(Cursor::Nested { remaining, held }, principal, kind)));
    }
    let carriers = direct.iter().filter(|object| object.is_assignable_to_role == Some(true));
    let holders = std::iter::once(Holder::own(principal))
        .chain(carriers.map(|group| Holder::group(&group.id)))
        .collect();
    Ok((records, Some(Cursor::Roles { holders, remaining, held })))
}

/// Skips a stage that has nothing to do.
fn after(cursor: Cursor, principal: &ObjectRef, kind: Kind) -> Option<Cursor> {
    match cursor {
        Cursor::Nested { remaining, .. } if remaining.is_empty() => {
            kind.can_own().then(|| Cursor::Owned { place: owned_objects(kind, &principal.id) })
        }
        cursor => Some(cursor),
    }
}

fn groups<'a>(objects: impl Iterator<Item = &'a DirectoryObject>) -> impl Iterator<Item = String> {
    objects.filter(|object| object.kind(None) == Some(Kind::Group)).map(|object| object.id.clone())
}

fn held_directly(
    principal: &ObjectRef,
    entitlement: &str,
    object: &DirectoryObject,
) -> Vec<Record> {
    match object.kind(None) {
        Some(Kind::Group) => {
            let key = GrantKey::new(principal.clone(), Kind::Group.key(&object.id), entitlement);
            vec![record(object, Kind::Group), Record::Grant(Grant::new(key))]
        }
        _ => left_out(principal, object).into_iter().collect(),
    }
}

/// The types that need no word where they are no group: an administrative unit gives those in it no
/// access (facts §3.8: it is what others administer), and of roles the assignments tell more.
const PASSED_OVER: [&str; 2] = [UNIT_TYPE, "#microsoft.graph.directoryRole"];

/// What is said of an object that is no group.
fn left_out(principal: &ObjectRef, object: &DirectoryObject) -> Option<Record> {
    let is_known = object.odata_type.as_deref().is_some_and(|name| PASSED_OVER.contains(&name));
    (!is_known).then(|| unknown_kind(principal, object))
}

/// The roles of each holder. When they may not be read, the first one says so for all.
async fn roles_of(cx: &Context, principal: &ObjectRef, holders: &[Holder]) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    for holder in holders {
        match roles::holdings(cx, principal, holder).await? {
            Some(found) => records.extend(found),
            None => return Ok(vec![roles::not_visible(principal)]),
        }
    }
    Ok(records)
}

async fn nested(
    cx: &Context,
    principal: &ObjectRef,
    kind: Kind,
    remaining: Vec<String>,
    held: BTreeSet<String>,
) -> Result<Part> {
    let mut records = Vec::new();
    for group in remaining.iter().take(NESTED_AT_ONCE) {
        records.push(way(cx, principal, group, &held).await?);
    }
    let remaining = remaining.into_iter().skip(NESTED_AT_ONCE).collect();
    let next = Cursor::Nested { remaining, held };
    Ok((records, after(next, principal, kind)))
}

/// The grant of a group that is held through one of its member groups. Any member group that the
/// principal is in, directly or not, is a way.
async fn way(
    cx: &Context,
    principal: &ObjectRef,
    group: &str,
    held: &BTreeSet<String>,
) -> Result<Record> {
    let resource = Kind::Group.key(group);
    // Without it the way is not known, which is said below.
    let members: Vec<DirectoryObject> =
        match graph::all(cx, member_groups(group), &READ_MEMBERS).await {
            Err(error) if graph::is_refused_cast(&error) => Vec::new(),
            members => members?,
        };
    let through = members
        .iter()
        .map(|member| member.id.as_str())
        .filter(|id| *id != group && held.contains(*id))
        .min();
    let Some(through) = through else {
        return Ok(skipped(
            Some(resource),
            "unknown-path",
            "The principal is in this group through another one, but the way was not found. A change made moments ago may be the reason.",
        ));
    };
    let mut grant = Grant::new(GrantKey::new(principal.clone(), resource, MEMBER));
    grant.via = Some(Kind::Group.key(through));
    Ok(Record::Grant(grant))
}

async fn owned(cx: &Context, principal: &ObjectRef, kind: Kind, place: Place) -> Result<Part> {
    let page = graph::page(cx, place, kind.memberships_purpose()).await?;
    let records =
        page.objects.iter().flat_map(|object| held_directly(principal, OWNER, object)).collect();
    Ok((records, page.next.map(|place| Cursor::Owned { place })))
}

fn transitive(kind: Kind, id: &str) -> Place {
    let path = kind.collection().value(id).literal("transitiveMemberOf");
    Place::first(path.query("$select", SELECT_MIXED).query("$top", PAGE))
}

fn owned_objects(kind: Kind, id: &str) -> Place {
    let path = kind.collection().value(id).literal("ownedObjects");
    Place::first(path.query("$select", SELECT_MIXED).query("$top", PAGE))
}

fn member_groups(group: &str) -> Place {
    let path =
        Path::new("/v1.0/groups").value(group).literal("members").literal("microsoft.graph.group");
    Place::advanced(path.query("$select", "id").query("$top", PAGE))
}
