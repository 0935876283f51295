//! `/directory/administrativeUnits` and what hangs below one (facts §3.8).

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::error::{GraphError, Result};
use super::groups::wanted;
use super::render::{self, Shape};
use super::{Call, Reply, list};
use crate::authority::Read;
use crate::tenant::{Body, Handle, Kind, Link, RoleAssignment, Scope};

const UNIT: Kind = Kind::AdministrativeUnit;

/// Answers a read below `/directory/administrativeUnits`.
pub(crate) fn read(call: &mut Call<'_>, rest: &[&str]) -> Result<Reply> {
    match rest {
        [] => {
            call.need(Read::Kind(UNIT))?;
            list::of_kind(call, UNIT, false)
        }
        ["$count"] => {
            call.need(Read::Kind(UNIT))?;
            list::count_of_kind(call, UNIT)
        }
        [id] => {
            let unit = call.find(UNIT, id);
            call.need_on(Read::Kind(UNIT), unit.as_ref().ok().copied())?;
            Ok(Reply::Json(render::entity(call, unit?, Shape::Typed(UNIT))?))
        }
        [id, "members", below @ ..] => members(call, id, below),
        [id, "scopedRoleMembers"] => scoped_role_members(call, id),
        [_, segment, ..] => Err(GraphError::no_such_segment(segment)),
    }
}

/// A unit that was made a moment ago answers 404 here, not an empty list (facts §9): a replica that does not know
/// it cannot find it. Hidden members need their permission, as those of groups do.
fn members(call: &Call<'_>, id: &str, below: &[&str]) -> Result<Reply> {
    let wanted = wanted(below)?;
    let unit = call.find(UNIT, id);
    call.need_on(Read::UnitMembers, unit.as_ref().ok().copied())?;
    let unit = unit?;
    let hidden = matches!(&call.tenant.object(unit).body, Body::Unit(unit) if unit.hidden);
    let list = if hidden && !call.may(Read::HiddenMembers) {
        Cow::Owned(Vec::new())
    } else {
        call.tenant.targets(&call.view, Link::Member, unit)
    };
    let fits =
        |handle: Handle| wanted.cast.is_none_or(|cast| call.tenant.object(handle).kind() == cast);
    if wanted.count {
        return list::count_related(call, &list, &fits);
    }
    let strict = wanted.cast.is_some() && call.settings.direct_casts_need_consistency;
    list::related(call, wanted.cast.map_or(Shape::Mixed, Shape::Typed), &list, strict, &fits)
}

/// Who holds a built-in role at the unit; `roleId` is the *activated* directory role, not the template.
fn scoped_role_members(call: &Call<'_>, id: &str) -> Result<Reply> {
    let unit = call.find(UNIT, id);
    call.need_on(Read::ScopedRoleMembers, unit.as_ref().ok().copied())?;
    let unit = unit?;
    let scope = Scope::Unit(call.tenant.object(unit).id);
    let held = call.tenant.roles.shown(&call.view);
    let values: Vec<Value> = held
        .iter()
        .filter(|held| held.scope == scope)
        .filter_map(|held| scoped_role_member(call, unit, held))
        .map(|item| render::project(call, "scopedRoleMembership", item))
        .collect::<Result<_>>()?;
    Ok(Reply::Json(render::list(call, "scopedRoleMemberships", values, None, None)))
}

fn scoped_role_member(call: &Call<'_>, unit: Handle, held: &RoleAssignment) -> Option<Value> {
    let unit = call.tenant.object(unit).id;
    let role = call.tenant.object(call.tenant.directory_role(held.role)?).id;
    let principal = call.tenant.object(held.principal);
    // The letters of kinds other than users are UNCONFIRMED.
    let letter = match principal.kind() {
        Kind::User => "U",
        Kind::Group => "G",
        _ => "S",
    };
    let mut bytes = Vec::with_capacity(48);
    for part in [role, unit, principal.id] {
        bytes.extend(part.to_bytes_le());
    }
    let mut information = Map::new();
    information.insert("id".into(), json!(principal.id.to_string()));
    information.insert("displayName".into(), json!(principal.display_name()));
    if let Body::User(user) = &principal.body {
        information.insert("userPrincipalName".into(), json!(user.user_principal_name));
    }
    principal.is_live().then(|| {
        json!({
            "id": format!("{}{letter}", URL_SAFE_NO_PAD.encode(bytes)),
            "administrativeUnitId": unit.to_string(),
            "roleId": role.to_string(),
            "roleMemberInfo": information,
        })
    })
}
