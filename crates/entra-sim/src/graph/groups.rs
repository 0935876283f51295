//! `/groups` and what hangs below one (facts §3.2, §2.1).

use std::borrow::Cow;

use super::error::{GraphError, Result};
use super::list;
use super::render::{self, Shape};
use super::{Call, Reply, cast};
use crate::authority::Read;
use crate::tenant::{GroupKind, Handle, Kind, Link};

/// Answers a read below `/groups`.
pub(crate) fn read(call: &mut Call<'_>, rest: &[&str]) -> Result<Reply> {
    match rest {
        [] => {
            call.need(Read::Kind(Kind::Group))?;
            list::of_kind(call, Kind::Group, false)
        }
        ["$count"] => {
            call.need(Read::Kind(Kind::Group))?;
            list::count_of_kind(call, Kind::Group)
        }
        [id] => {
            let group = call.find(Kind::Group, id);
            // Owners and members may read their group without a permission (facts §9).
            let found = group.as_ref().ok().copied();
            let own = found.and_then(|group| {
                let owns = call.caller.owns(call.tenant, group);
                owns.or_else(|| call.caller.belongs(call.tenant, group))
            });
            if !call.may_on(Read::Kind(Kind::Group), found) && !call.accept(own) {
                return Err(GraphError::denied());
            }
            Ok(Reply::Json(render::entity(call, group?, Shape::Typed(Kind::Group))?))
        }
        [id, relation @ ("members" | "owners" | "transitiveMembers"), below @ ..] => {
            links(call, id, relation, below)
        }
        [id, relation @ ("memberOf" | "transitiveMemberOf"), below @ ..] => {
            super::holders::of_object(call, Kind::Group, id, relation, below)
        }
        [_, segment, ..] => Err(GraphError::no_such_segment(segment)),
    }
}

/// Which items of a relation are asked for.
pub(super) struct Wanted {
    pub(super) cast: Option<Kind>,
    pub(super) count: bool,
}

/// Reads the segments behind a relation: a cast, `$count`, or both.
pub(super) fn wanted(below: &[&str]) -> Result<Wanted> {
    let kind = |segment: &str| cast(segment).ok_or_else(|| GraphError::no_such_segment(segment));
    match below {
        [] => Ok(Wanted { cast: None, count: false }),
        ["$count"] => Ok(Wanted { cast: None, count: true }),
        [segment] => Ok(Wanted { cast: Some(kind(segment)?), count: false }),
        [segment, "$count"] => Ok(Wanted { cast: Some(kind(segment)?), count: true }),
        [_, segment, ..] => Err(GraphError::no_such_segment(segment)),
    }
}

fn links(call: &Call<'_>, id: &str, relation: &str, below: &[&str]) -> Result<Reply> {
    let wanted = wanted(below)?;
    let found = call.find(Kind::Group, id);
    // An owner without permission may list only what the service does not check (facts §9).
    let target = found.as_ref().ok().copied();
    let unchecked = target
        .filter(|_| wanted.cast == Some(Kind::ServicePrincipal))
        .and_then(|group| call.caller.owns(call.tenant, group));
    let what = if relation == "owners" { Read::Owners } else { Read::Members };
    if !call.may_on(what, target) && !call.accept(unchecked) {
        return Err(GraphError::denied());
    }
    let group = found?;
    let kind = group_kind(call, group);
    check_cast(kind, relation, wanted.cast)?;
    let transitive = relation == "transitiveMembers";
    let hidden = *kind == GroupKind::HiddenMembership && relation != "owners";
    let list = match relation {
        _ if hidden && !call.may(Read::HiddenMembers) => Cow::Owned(Vec::new()),
        "owners" => call.tenant.targets(&call.view, Link::Owner, group),
        "members" => call.tenant.targets(&call.view, Link::Member, group),
        _ => Cow::Owned(call.tenant.reach(&call.view, group, true)),
    };
    let omit = if transitive {
        call.settings.omit_service_principals_transitively
    } else {
        call.settings.omit_service_principals
    };
    let omit = omit && !(wanted.count && call.settings.count_service_principals);
    let fits = |handle: Handle| {
        let kind = call.tenant.object(handle).kind();
        wanted.cast.map_or(kind != Kind::ServicePrincipal || !omit, |cast| cast == kind)
    };
    if wanted.count {
        return list::count_related(call, &list, &fits);
    }
    let shape = wanted.cast.map_or(Shape::Mixed, Shape::Typed);
    let strict =
        wanted.cast.is_some() && (transitive || call.settings.direct_casts_need_consistency);
    list::related(call, shape, &list, strict, &fits)
}

/// The kind of a group; every other object counts as a plain security group.
pub(super) fn group_kind<'a>(call: &'a Call<'_>, handle: Handle) -> &'a GroupKind {
    call.tenant.group_kind(handle).unwrap_or(&GroupKind::Security)
}

/// A cast to a type that the group cannot hold is refused (facts §2.1).
fn check_cast(kind: &GroupKind, relation: &str, cast: Option<Kind>) -> Result<()> {
    let Some(cast) = cast else { return Ok(()) };
    let possible = match relation {
        "owners" => matches!(cast, Kind::User | Kind::ServicePrincipal),
        _ if kind.is_unified() => cast == Kind::User,
        _ => matches!(
            cast,
            Kind::User | Kind::Group | Kind::ServicePrincipal | Kind::Device | Kind::OrgContact
        ),
    };
    if possible { Ok(()) } else { Err(super::filter::unsupported("@odata.type", Kind::Group)) }
}
