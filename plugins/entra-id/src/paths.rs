//! Every way by which a principal has an entitlement on a group. (Roles: [`roles`].)
//!
//! Upward from the principal, along `memberOf`, through those groups only that lead to the
//! resource: one request tells which those are (`transitiveMembers` cast to groups), and one more
//! is needed for each of them that the principal is in. Ownership is not passed on.

use doorward_core::{
    AccessPath, Answer, Attributes, Context, Error, GrantKey, ObjectRef, Path, Record, Result,
};
use std::collections::{BTreeMap, BTreeSet};

use crate::find::existing;
use crate::grant::{Presence, look, memberships};
use crate::graph::{self, PAGE, Place};
use crate::holders::{hidden, is_hidden, refused_cast};
use crate::kinds::{Kind, MEMBER, Target, target};
use crate::manageability::{holds_groups, is_unified};
use crate::objects::{DirectoryObject, skipped};
use crate::permissions::READ_MEMBERS;
use crate::roles;

/// Groups on the way that are looked at.
const MOST_GROUPS: usize = 300;
/// Ways that are told.
const MOST_PATHS: usize = 200;

/// All paths, in one answer, the shortest first.
pub(crate) async fn paths(
    cx: &Context,
    principal: &ObjectRef,
    resource: &ObjectRef,
    entitlement: &str,
) -> Result<Answer> {
    let kind = Kind::of_principal(principal)?;
    let group = match target(resource, entitlement)? {
        Target::Group(group) => group,
        Target::Role(role) => return roles::paths(cx, principal, role).await,
    };
    let target = existing(cx, resource).await?;
    let mut names = BTreeMap::from([(group.to_owned(), target.name().to_owned())]);
    let mut records = Vec::new();
    if kind == Kind::ServicePrincipal {
        match is_within(cx, &target, entitlement, principal).await {
            Ok(true) => {}
            Ok(false) => {
                if entitlement == MEMBER && is_hidden(cx, &target).await? {
                    records.push(hidden(resource));
                }
                return Ok(Answer { records, ..Answer::default() });
            }
            Err(error) if graph::is_refused_cast(&error) => {
                records.push(refused_cast(resource, &error));
                return Ok(Answer { records, ..Answer::default() });
            }
            Err(error) => return Err(error),
        }
    }
    if kind == Kind::Group && entitlement == MEMBER && !holds_groups(&target) {
        return Ok(Answer::default());
    }
    let start = existing(cx, principal).await?;
    let web = if entitlement == MEMBER {
        if is_hidden(cx, &target).await? {
            records.push(hidden(resource));
        }
        let leading = match groups_within(cx, &target).await {
            Err(error) if graph::is_refused_cast(&error) => {
                records.push(unknown_groups(resource, &error));
                Vec::new()
            }
            leading => leading?,
        };
        names.extend(leading.iter().map(|one| (one.id.clone(), one.name().to_owned())));
        let leading = leading.into_iter().map(|one| one.id).collect();
        climb(cx, principal, kind, group, leading).await?
    } else {
        direct(cx, principal, resource, entitlement).await?
    };
    names.insert(principal.id.clone(), start.name().to_owned());
    let (found, cut) = web.ways(&principal.id, group);
    if cut || web.cut {
        records.push(limit(resource));
    }
    Ok(Answer {
        records,
        paths: found.iter().map(|way| access_path(way, principal, entitlement, &names)).collect(),
        ..Answer::default()
    })
}

/// Whether a service principal is in or owns the group, asked from the group's side: that needs no
/// permission to read service principals, and most questions end here.
async fn is_within(
    cx: &Context,
    group: &DirectoryObject,
    entitlement: &str,
    principal: &ObjectRef,
) -> Result<bool> {
    if entitlement == MEMBER && is_unified(group) {
        return Ok(false);
    }
    let relation = if entitlement == MEMBER { "transitiveMembers" } else { "owners" };
    let path = Path::new("/v1.0/groups")
        .value(&group.id)
        .literal(relation)
        .literal("microsoft.graph.servicePrincipal");
    let place = Place::advanced(path.query("$select", "id").query("$top", PAGE));
    let objects: Vec<DirectoryObject> = graph::all(cx, place, &READ_MEMBERS).await?;
    Ok(objects.iter().any(|object| object.id.eq_ignore_ascii_case(&principal.id)))
}

fn limit(resource: &ObjectRef) -> Record {
    skipped(
        Some(resource.clone()),
        "path-limit",
        "There are more ways, or more groups on the way, than are looked at: the list is not complete.",
    )
}

async fn direct(
    cx: &Context,
    principal: &ObjectRef,
    resource: &ObjectRef,
    entitlement: &str,
) -> Result<Web> {
    let key = GrantKey::new(principal.clone(), resource.clone(), entitlement);
    let mut web = Web::default();
    if look(cx, &key).await? == Presence::Held {
        web.edges.insert(principal.id.clone(), BTreeSet::from([resource.id.clone()]));
    }
    Ok(web)
}

/// Walks upward, breadth first, through groups that lead to the resource. Each group is looked at once, so that cycles end.
async fn climb(
    cx: &Context,
    principal: &ObjectRef,
    kind: Kind,
    group: &str,
    mut leading: BTreeSet<String>,
) -> Result<Web> {
    leading.insert(group.to_owned());
    let mut web = Web::default();
    let mut waiting = BTreeSet::from([principal.id.clone()]);
    while let Some(id) = waiting.pop_first() {
        if web.edges.len() >= MOST_GROUPS {
            web.cut = true;
            break;
        }
        let of = if id == principal.id { kind } else { Kind::Group };
        let above = above(cx, of, &id, &leading).await?;
        let unseen =
            |next: &&String| *next != group && !web.edges.contains_key(*next) && **next != id;
        waiting.extend(above.iter().filter(unseen).cloned());
        web.edges.insert(id, above);
    }
    Ok(web)
}

/// The groups right above this object that lead to the resource.
async fn above(
    cx: &Context,
    kind: Kind,
    id: &str,
    leading: &BTreeSet<String>,
) -> Result<BTreeSet<String>> {
    let objects: Vec<DirectoryObject> =
        graph::all(cx, memberships(kind, id, "id"), kind.memberships_purpose()).await?;
    Ok(objects
        .into_iter()
        .map(|object| object.id)
        .filter(|above| leading.contains(above))
        .collect())
}

/// The groups within, at any depth.
async fn groups_within(cx: &Context, group: &DirectoryObject) -> Result<Vec<DirectoryObject>> {
    if !holds_groups(group) {
        return Ok(Vec::new());
    }
    let path = Path::new("/v1.0/groups")
        .value(&group.id)
        .literal("transitiveMembers")
        .literal("microsoft.graph.group");
    let place = Place::advanced(path.query("$select", "id,displayName").query("$top", PAGE));
    graph::all(cx, place, &READ_MEMBERS).await
}

fn unknown_groups(resource: &ObjectRef, error: &Error) -> Record {
    skipped(
        Some(resource.clone()),
        "nested-groups-not-visible",
        &format!(
            "Microsoft Graph refused the list of the groups within this one, so that ways through them are missing: {}",
            error.message
        ),
    )
}

/// Who is directly in what.
#[derive(Debug, Default)]
struct Web {
    edges: BTreeMap<String, BTreeSet<String>>,
    /// Whether groups were left out.
    cut: bool,
}

impl Web {
    /// Every way without a repeated object, the shortest first; and whether some were left out.
    fn ways(&self, start: &str, end: &str) -> (Vec<Vec<String>>, bool) {
        let mut found = Vec::new();
        // Breadth first gives the shortest ways first, which matters when the bound cuts.
        let mut open = std::collections::VecDeque::from([vec![start.to_owned()]]);
        while let Some(way) = open.pop_front() {
            let above = way.last().and_then(|last| self.edges.get(last));
            for next in above.into_iter().flatten().filter(|next| !way.contains(next)) {
                let mut longer = way.clone();
                longer.push(next.clone());
                if next == end {
                    found.push(longer);
                } else {
                    open.push_back(longer);
                }
            }
            if found.len() > MOST_PATHS || open.len() > MOST_PATHS * MOST_GROUPS {
                found.truncate(MOST_PATHS);
                return (found, true);
            }
        }
        (found, false)
    }
}

fn access_path(
    way: &[String],
    principal: &ObjectRef,
    entitlement: &str,
    names: &BTreeMap<String, String>,
) -> AccessPath {
    let object = |id: &String| {
        if *id == principal.id { principal.clone() } else { Kind::Group.key(id) }
    };
    AccessPath {
        grants: way
            .iter()
            .zip(way.iter().skip(1))
            .map(|(lower, upper)| GrantKey::new(object(lower), object(upper), entitlement))
            .collect(),
        names: way.iter().map(|id| names.get(id).unwrap_or(id).clone()).collect(),
        attributes: Attributes::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn web(edges: &[(&str, &[&str])]) -> Web {
        Web {
            edges: edges
                .iter()
                .map(|(lower, upper)| {
                    ((*lower).to_owned(), upper.iter().map(|id| (*id).to_owned()).collect())
                })
                .collect(),
            cut: false,
        }
    }

    fn ways(edges: &[(&str, &[&str])]) -> Vec<String> {
        let (ways, cut) = web(edges).ways("u", "r");
        assert!(!cut);
        ways.iter().map(|way| way.join(">")).collect()
    }

    #[test]
    fn every_simple_way_is_found() {
        assert_eq!(ways(&[]), Vec::<String>::new());
        assert_eq!(ways(&[("u", &["r"])]), ["u>r"]);
        assert_eq!(ways(&[("u", &["a", "r"]), ("a", &["r"])]), ["u>r", "u>a>r"]);
        assert_eq!(
            ways(&[("u", &["a", "b"]), ("a", &["c"]), ("b", &["c"]), ("c", &["r"])]),
            ["u>a>c>r", "u>b>c>r"]
        );
    }

    #[test]
    fn cycles_end() {
        assert_eq!(
            ways(&[("u", &["a"]), ("a", &["b", "r"]), ("b", &["a", "r"])]),
            ["u>a>r", "u>a>b>r"]
        );
        assert_eq!(ways(&[("u", &["a"]), ("a", &["b"]), ("b", &["a"])]), Vec::<String>::new());
    }

    #[test]
    fn too_many_ways_are_cut_and_said_so() {
        // 2^12 ways through twelve pairs of groups.
        let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut below = vec!["u".to_owned()];
        for layer in 0..12 {
            let above: Vec<String> = ["x", "y"].map(|side| format!("{side}{layer}")).to_vec();
            for lower in below {
                edges.insert(lower, above.iter().cloned().collect());
            }
            below = above;
        }
        for lower in below {
            edges.insert(lower, BTreeSet::from(["r".to_owned()]));
        }
        let (ways, cut) = Web { edges, cut: false }.ways("u", "r");
        assert!(cut);
        assert_eq!(ways.len(), MOST_PATHS);
    }
}
