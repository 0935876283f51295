//! Users, service principals, devices and contacts, and what holds them (facts §3.1, §3.2, §3.7).

use std::borrow::Cow;

use uuid::Uuid;

use super::error::{GraphError, Result};
use super::groups::wanted;
use super::list;
use super::render::{self, Shape};
use super::{Call, Reply};
use crate::authority::Read;
use crate::tenant::{Field, Handle, Kind, Link};

/// Answers a read below `/users`.
pub(crate) fn users(call: &mut Call<'_>, rest: &[&str]) -> Result<Reply> {
    match rest {
        [] => {
            call.need(Read::Kind(Kind::User))?;
            list::of_kind(call, Kind::User, false)
        }
        ["$count"] => {
            call.need(Read::Kind(Kind::User))?;
            list::count_of_kind(call, Kind::User)
        }
        [id] => {
            let user = find_user(call, id);
            call.need_on(Read::Kind(Kind::User), user.as_ref().ok().copied())?;
            Ok(Reply::Json(render::entity(call, user?, Shape::Typed(Kind::User))?))
        }
        [id, relation, below @ ..] => of_object(call, Kind::User, id, relation, below),
    }
}

/// By id or by user principal name.
pub(super) fn find_user(call: &Call<'_>, key: &str) -> Result<Handle> {
    if Uuid::try_parse(key).is_ok() {
        return call.find(Kind::User, key);
    }
    let found = call.tenant.names().equal(Kind::User, Field::UserPrincipalName, key);
    found
        .into_iter()
        .find(|handle| {
            call.tenant.object(*handle).is_live() && call.tenant.knows(&call.view, *handle)
        })
        .ok_or_else(|| GraphError::not_found(key))
}

/// Answers a read below `/servicePrincipals`.
pub(crate) fn service_principals(call: &mut Call<'_>, rest: &[&str]) -> Result<Reply> {
    match rest {
        [] => {
            call.need(Read::PrincipalCollections)?;
            list::of_kind(call, Kind::ServicePrincipal, false)
        }
        [key] => {
            let principal = find_principal(call, key);
            let target = principal.as_ref().ok().copied();
            call.need_on(Read::Kind(Kind::ServicePrincipal), target)?;
            Ok(Reply::Json(render::entity(call, principal?, Shape::Typed(Kind::ServicePrincipal))?))
        }
        [key, relation, below @ ..] => {
            of_object(call, Kind::ServicePrincipal, key, relation, below)
        }
    }
}

/// By object id or by `appId=…`.
pub(super) fn find_principal(call: &Call<'_>, key: &str) -> Result<Handle> {
    let Some(application) = key.strip_prefix("appId=") else {
        return call.find(Kind::ServicePrincipal, key);
    };
    let id = Uuid::try_parse(application).map_err(|_| GraphError::invalid_id(application))?;
    call.tenant.service_principal_of(id).ok_or_else(|| GraphError::not_found(application))
}

/// Answers a read below `/devices` or `/contacts`.
pub(crate) fn others(call: &mut Call<'_>, kind: Kind, rest: &[&str]) -> Result<Reply> {
    match rest {
        [] => {
            call.need(Read::Kind(kind))?;
            list::of_kind(call, kind, false)
        }
        [id] => {
            let found = call.find(kind, id);
            call.need_on(Read::Kind(kind), found.as_ref().ok().copied())?;
            Ok(Reply::Json(render::entity(call, found?, Shape::Typed(kind))?))
        }
        [id, relation, below @ ..] => of_object(call, kind, id, relation, below),
    }
}

/// An object by whatever names one of its kind.
pub(super) fn find(call: &Call<'_>, kind: Kind, key: &str) -> Result<Handle> {
    match kind {
        Kind::User => find_user(call, key),
        Kind::ServicePrincipal => find_principal(call, key),
        _ => call.find(kind, key),
    }
}

/// `memberOf`, `transitiveMemberOf` and `ownedObjects`, with casts and `$count`.
pub(super) fn of_object(
    call: &Call<'_>,
    kind: Kind,
    key: &str,
    relation: &str,
    below: &[&str],
) -> Result<Reply> {
    let owned = match relation {
        "memberOf" | "transitiveMemberOf" => false,
        "ownedObjects" if matches!(kind, Kind::User | Kind::ServicePrincipal) => true,
        other => return Err(GraphError::no_such_segment(other)),
    };
    let found = find(call, kind, key);
    call.need_on(Read::Holders(kind), found.as_ref().ok().copied())?;
    let handle = found?;
    let transitive = relation == "transitiveMemberOf";
    let list = if owned {
        call.tenant.holders(&call.view, Link::Owner, handle)
    } else if transitive {
        Cow::Owned(call.tenant.reach(&call.view, handle, false))
    } else {
        call.tenant.holders(&call.view, Link::Member, handle)
    };
    let wanted = wanted(below)?;
    let fits =
        |handle: Handle| wanted.cast.is_none_or(|cast| call.tenant.object(handle).kind() == cast);
    if wanted.count {
        return list::count_related(call, &list, &fits);
    }
    let strict =
        wanted.cast.is_some() && (transitive || call.settings.direct_casts_need_consistency);
    list::related(call, wanted.cast.map_or(Shape::Mixed, Shape::Typed), &list, strict, &fits)
}
