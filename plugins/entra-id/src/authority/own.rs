//! What gives our service principal power beside the token: Entra roles, its own and those of groups
//! that it is in, and ownership of groups (facts §2.2).

use doorward_core::{Context, ObjectRef, Path, Result};
use std::collections::{BTreeMap, BTreeSet};

use super::deeds::Deed;
use crate::find::by_id;
use crate::grant::memberships;
use crate::graph::{self, PAGE, Place};
use crate::kinds::{Kind, SELECT_MIXED};
use crate::objects::DirectoryObject;
use crate::permissions::{READ_ROLES, READ_SERVICE_PRINCIPALS};
use crate::{manageability, roles, scopes};

/// A role that we hold.
#[derive(Clone, Debug)]
pub(crate) struct OwnRole {
    pub(crate) name: String,
    /// Everything that it allows, inherited or not.
    pub(super) actions: Vec<String>,
    /// Where; everywhere when absent.
    pub(crate) scope: Option<ObjectRef>,
}

/// Our power beside the token.
#[derive(Clone, Debug, Default)]
pub(crate) struct Own {
    pub(crate) roles: Vec<OwnRole>,
    /// The groups that we own; `None` when they, and the groups that we are in, may not be read.
    pub(crate) owned: Option<Vec<ObjectRef>>,
    /// Those of them whose members nobody changes here, whoever owns them.
    pub(crate) fixed: BTreeSet<ObjectRef>,
    /// The names of scopes, as far as they may be read.
    pub(crate) names: BTreeMap<ObjectRef, String>,
}

impl Own {
    /// Where a role of ours allows this: `None` is everywhere.
    pub(super) fn scopes(&self, deed: Deed) -> BTreeSet<Option<&ObjectRef>> {
        self.roles
            .iter()
            .filter(|role| deed.is_among(role.actions.iter().map(String::as_str)))
            .map(|role| role.scope.as_ref())
            .collect()
    }

    /// The roles that allow one of these, each with where it holds.
    pub(super) fn roles_for(&self, deeds: &[Deed]) -> Vec<String> {
        let allows = |role: &&OwnRole| {
            deeds.iter().any(|deed| deed.is_among(role.actions.iter().map(String::as_str)))
        };
        let roles = self.roles.iter().filter(allows).map(|role| match &role.scope {
            None => format!("the role {}", role.name),
            Some(scope) => format!("the role {} in {}", role.name, self.words(scope)),
        });
        roles.collect()
    }

    /// A scope in words.
    pub(crate) fn words(&self, scope: &ObjectRef) -> String {
        match self.names.get(scope) {
            Some(name) => format!("{name} ({scope})"),
            None => scope.to_string(),
        }
    }

    /// The units where we hold a role and whose names we may not read.
    pub(crate) fn nameless(&self) -> BTreeSet<&ObjectRef> {
        let limits = self.roles.iter().filter_map(|role| role.scope.as_ref());
        limits
            .filter(|scope| scope.kind == Kind::Unit.name() && !self.names.contains_key(*scope))
            .collect()
    }
}

/// Reads it.
///
/// # Errors
/// When roles may not be read; what hangs on other permissions is left out.
pub(crate) async fn read(cx: &Context, oid: &str) -> Result<Own> {
    let kind = Kind::ServicePrincipal;
    let groups = objects(cx, memberships(kind, oid, SELECT_MIXED)).await;
    let owned = objects(cx, owned_objects(oid)).await;
    let carriers =
        groups.iter().flatten().filter(|group| group.is_assignable_to_role == Some(true));
    let mut held = Vec::new();
    for holder in std::iter::once(oid).chain(carriers.map(|group| group.id.as_str())) {
        held.extend(graph::all(cx, roles::assignments_of(holder), &READ_ROLES).await?);
    }
    let mut definitions: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    let mut own = Own::default();
    for assignment in held {
        let assignment: roles::Assignment = assignment;
        // What holds at something that is no scope of ours allows nothing that we do.
        let Ok(scope) = assignment.scope() else { continue };
        let role = assignment.role_definition_id;
        if !definitions.contains_key(&role) {
            definitions.insert(role.clone(), definition(cx, &role).await?);
        }
        let (name, actions) = definitions.get(&role).cloned().unwrap_or_default();
        own.roles.push(OwnRole { name, actions, scope });
    }
    let limits = own.roles.iter().filter_map(|role| role.scope.clone()).collect();
    own.names = scopes::names(cx, limits).await;
    let shown = |objects: &Vec<DirectoryObject>| are_shown(objects);
    if let (Some(_), Some(owned)) = (groups.filter(shown), owned.filter(shown)) {
        let key = |group: &DirectoryObject| Kind::Group.key(&group.id);
        let owned: Vec<&DirectoryObject> =
            owned.iter().filter(|object| object.kind(None) == Some(Kind::Group)).collect();
        let fixed = owned.iter().filter(|group| !manageability::takes_members(group));
        own.fixed = fixed.map(|group| key(group)).collect();
        own.owned = Some(owned.into_iter().map(key).collect());
    }
    Ok(own)
}

/// What hangs on a permission that we may not have.
async fn objects(cx: &Context, place: Place) -> Option<Vec<DirectoryObject>> {
    graph::all(cx, place, &READ_SERVICE_PRINCIPALS).await.ok()
}

/// Of a group that shows no more than its id it is not known whether it holds roles.
fn are_shown(objects: &[DirectoryObject]) -> bool {
    !objects.iter().any(|one| one.kind(None) == Some(Kind::Group) && one.is_limited())
}

fn owned_objects(oid: &str) -> Place {
    let path = Kind::ServicePrincipal.collection().value(oid).literal("ownedObjects");
    Place::first(path.query("$select", SELECT_MIXED).query("$top", PAGE))
}

/// The name of a role and all that it allows: nothing while it is disabled. What a built-in role
/// builds on may be shown by its id only.
async fn definition(cx: &Context, id: &str) -> Result<(String, Vec<String>)> {
    let path: Path = Kind::Role.collection().value(id);
    let path = path.query("$expand", "inheritsPermissionsFrom");
    let Some(role): Option<DirectoryObject> = graph::find(cx, path, &READ_ROLES).await? else {
        return Ok((id.to_owned(), Vec::new()));
    };
    if role.is_enabled == Some(false) {
        return Ok((role.name().to_owned(), Vec::new()));
    }
    let mut actions: Vec<String> = role.actions().map(str::to_owned).collect();
    for basis in role.inherits_permissions_from.iter().flatten() {
        match &basis.role_permissions {
            Some(_) => actions.extend(basis.actions().map(str::to_owned)),
            None => {
                let basis = by_id(cx, Kind::Role, &basis.id).await?.unwrap_or_default();
                actions.extend(basis.actions().map(str::to_owned));
            }
        }
    }
    Ok((role.name().to_owned(), actions))
}
