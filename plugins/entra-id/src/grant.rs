//! Whether a principal holds a group or role directly.
//!
//! How it is looked up, and why:
//!
//! - `$filter` on members needs `ConsistencyLevel: eventual`, an index that lags more than lists do
//!   (facts §7), and `checkMemberGroups` is transitive (facts §3.3): neither answers exactly.
//! - A user or group as **member**: its `memberOf` list, until the group is found. A person is in
//!   some dozens of groups, a group may have a hundred thousand members: one request (2 units)
//!   instead of a hundred. It lags by 2–6 s (facts §9).
//! - A device or contact as member: the group's member list, until it is found: one request for
//!   each 999 members. Reading their `memberOf` needs further permissions.
//! - A service principal: the list that is cast to them, which is short, and readable with little
//!   (facts §9).
//! - An **owner**: the owner list, at most 100 (facts §2.1).
//! - A **role**: its assignments to the principal, compared by scope, and what PIM says of them, or the
//!   eligibility ([`roles`]).
//!
//! All may lag behind a write; [`settle`](crate::settle) waits for that.

use doorward_core::{Answer, Context, Error, Grant, GrantKey, GrantKind, Record, Result};

use crate::find::by_id;
use crate::graph::{PAGE, Place, contains, is_refused_cast};
use crate::holders::{hidden, is_hidden, list};
use crate::kinds::{Kind, MEMBER, Target, is_id, target};
use crate::manageability::is_unified;
use crate::permissions::READ_MEMBERS;
use crate::roles;

/// What looking gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    Held,
    NotHeld,
    /// The group hides its members from us.
    Hidden,
    /// There is no such principal or group, or a replica does not know it yet.
    Missing,
}

/// Answers with the grant, with nothing, or with the record that it cannot be seen.
pub(crate) async fn grant(cx: &Context, key: GrantKey) -> Result<Answer> {
    if let Target::Role(role) = target(&key.resource, &key.entitlement)? {
        let records = roles::held(cx, role, &key).await?.records(&key);
        return Ok(Answer { records, ..Answer::default() });
    }
    let records = match look(cx, &key).await? {
        Presence::Held => vec![Record::Grant(Grant::new(key))],
        Presence::NotHeld | Presence::Missing => Vec::new(),
        Presence::Hidden => vec![hidden(&key.resource)],
    };
    Ok(Answer { records, ..Answer::default() })
}

/// Looks whether the grant is there. A missing principal or group holds nothing.
pub(crate) async fn look(cx: &Context, key: &GrantKey) -> Result<Presence> {
    let kind = Kind::of_principal(&key.principal)?;
    let group = match target(&key.resource, &key.entitlement)? {
        Target::Group(group) => group,
        Target::Role(role) => {
            let found = roles::held(cx, role, key).await?;
            if let Some(error) = found.unseen(key) {
                return Err(error.clone());
            }
            return Ok(if found.grant.is_some() { Presence::Held } else { Presence::NotHeld });
        }
    };
    let possible = key.scope.is_none() && key.kind == GrantKind::Active;
    if !possible || !is_id(group) || !is_id(&key.principal.id) {
        return Ok(Presence::NotHeld);
    }
    let held = match (key.entitlement.as_str(), kind) {
        (MEMBER, Kind::User | Kind::Group) => {
            let place = memberships(kind, &key.principal.id, "id");
            contains(cx, place, kind.memberships_purpose(), group).await?
        }
        (entitlement, kind) => {
            let place = list(group, entitlement, kind == Kind::ServicePrincipal);
            match contains(cx, place, &READ_MEMBERS, &key.principal.id).await {
                Err(error) if entitlement == MEMBER && is_refused_cast(&error) => {
                    return refused(cx, group, error).await;
                }
                held => held?,
            }
        }
    };
    match held {
        Some(true) => Ok(Presence::Held),
        Some(false) => absent(cx, key, group).await,
        None => Ok(Presence::Missing),
    }
}

/// A group that can have no service principals refuses the list of them (facts §2.1).
async fn refused(cx: &Context, group: &str, error: Error) -> Result<Presence> {
    match by_id(cx, Kind::Group, group).await? {
        None => Ok(Presence::Missing),
        Some(group) if is_unified(&group) => Ok(Presence::NotHeld),
        Some(_) => Err(error),
    }
}

/// Tells "not there" from "not shown".
async fn absent(cx: &Context, key: &GrantKey, group: &str) -> Result<Presence> {
    if key.entitlement != MEMBER {
        return Ok(Presence::NotHeld);
    }
    let hides = match by_id(cx, Kind::Group, group).await? {
        Some(group) => is_hidden(cx, &group).await?,
        None => false,
    };
    Ok(if hides { Presence::Hidden } else { Presence::NotHeld })
}

/// The objects that hold this one directly.
pub(crate) fn memberships(kind: Kind, id: &str, select: &str) -> Place {
    let path = kind.collection().value(id).literal("memberOf");
    Place::first(path.query("$select", select).query("$top", PAGE))
}
