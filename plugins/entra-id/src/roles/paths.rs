//! Every way by which somebody has a role: its own assignments, and those of groups that it is in.
//!
//! Only what is held now is a way. Who is eligible has nothing before it is activated, and then an
//! assignment; holders and holdings tell eligibility.

use doorward_core::{
    AccessPath, Answer, Attributes, Context, ErrorKind, GrantKey, ObjectRef, Result,
};

use super::assignment::{Assignment, list};
use crate::find::existing;
use crate::grant::{Presence, look};
use crate::graph;
use crate::holders::hidden;
use crate::kinds::{Kind, MEMBER};
use crate::permissions::READ_ROLES;
use crate::scopes;

/// All paths to a role, at all scopes.
pub(crate) async fn paths(cx: &Context, principal: &ObjectRef, role: &str) -> Result<Answer> {
    let role = existing(cx, &Kind::Role.key(role)).await?;
    let place = list(&[("roleDefinitionId", &role.id)]);
    let assignments: Vec<Assignment> = graph::all(cx, place, &READ_ROLES).await?;
    let mut answer = Answer::default();
    let name = name_of(cx, principal).await?;
    let limits = assignments.iter().filter_map(|one| one.scope().ok().flatten()).collect();
    let limits = scopes::names(cx, limits).await;
    for assignment in &assignments {
        let is_own = assignment.principal_id.eq_ignore_ascii_case(&principal.id);
        match assignment.principal_kind() {
            _ if is_own => {}
            Some(Kind::Group) => {}
            // It may be a group that the principal is in.
            None => {
                answer.records.extend(assignment.told().err().map(|record| *record));
                continue;
            }
            Some(_) => continue,
        }
        let through = Kind::Group.key(&assignment.principal_id);
        let mut grants = Vec::new();
        if !is_own {
            let membership = GrantKey::new(principal.clone(), through.clone(), MEMBER);
            match look(cx, &membership).await? {
                Presence::Held => grants.push(membership),
                Presence::Hidden => answer.records.push(hidden(&through)),
                Presence::NotHeld | Presence::Missing => {}
            }
            if grants.is_empty() {
                continue;
            }
        }
        let Ok(scope) = assignment.scope() else {
            answer.records.push(assignment.unknown_scope());
            continue;
        };
        let holder = if is_own { principal.clone() } else { through };
        grants.push(assignment.grant(holder, scope.clone()).key);
        let shown = assignment.principal.as_ref().map_or(role.id.as_str(), |group| group.name());
        let middle = (!is_own).then(|| shown.to_owned());
        let shown = match &scope {
            None => role.name().to_owned(),
            Some(scope) => {
                let limit = limits.get(scope).cloned().unwrap_or_else(|| scope.to_string());
                format!("{} within {limit}", role.name())
            }
        };
        let names = [Some(name.clone()), middle, Some(shown)];
        answer.paths.push(AccessPath {
            grants,
            names: names.into_iter().flatten().collect(),
            attributes: Attributes::new(),
        });
    }
    answer.paths.sort_by(AccessPath::order);
    Ok(answer)
}

/// The name of the principal. Whether a service principal exists is not always ours to see, and no
/// reason to keep silent about its roles.
async fn name_of(cx: &Context, principal: &ObjectRef) -> Result<String> {
    match existing(cx, principal).await {
        Ok(object) => Ok(object.name().to_owned()),
        Err(error) if error.kind == ErrorKind::PermissionDenied => Ok(principal.id.clone()),
        Err(error) => Err(error),
    }
}
