//! Changing members and owners (facts §2.1, §2.2, §0). The order of the checks is inferred: form of the
//! request, permission, existence, kind of group, kind of target, duplicates, quota.

use std::collections::BTreeSet;

use super::error::{GraphError, Result};
use super::groups::group_kind;
use super::reference::{binds, check_id, single_reference};
use super::{Call, Reply};
use crate::authority::Change;
use crate::random;
use crate::tenant::{Body, GroupKind, Handle, Kind, Link};

/// Most owners of a group (facts §2.1).
const OWNER_QUOTA: usize = 100;
/// Most links in one PATCH (facts §2.2).
const BIND_LIMIT: usize = 20;

/// `POST /groups/{id}/members/$ref` and `/owners/$ref`.
pub(crate) fn add(call: &mut Call<'_>, group: &str, link: Link) -> Result<Reply> {
    let reference = single_reference(call)?;
    let group = changeable_group(call, group, link, Change::PostMember.or_owner(link))?;
    let target = target(call, &reference)?;
    check_target_permission(call, group, link, target)?;
    check_addition(call, group, link, target)?;
    check_quota(call, group, link, 1)?;
    call.tenant.link(link, group, target);
    Ok(Reply::NoContent)
}

/// `PATCH /groups/{id}` with binds: all or nothing (facts §3.2).
pub(crate) fn bind(call: &mut Call<'_>, group: &str) -> Result<Reply> {
    let binds = binds(call)?;
    if binds.len() > BIND_LIMIT {
        return Err(GraphError::bad_request("A resource cannot contain more than 20 link changes"));
    }
    let mut handle = None;
    for link in [Link::Member, Link::Owner] {
        if binds.iter().any(|bind| bind.0 == link) {
            let change = Change::BindMember.or_owner(link);
            handle = Some(changeable_group(call, group, link, change)?);
        }
    }
    let Some(handle) = handle else {
        return Err(GraphError::bad_request(
            "entra-sim: only members@odata.bind and owners@odata.bind are imitated.",
        ));
    };
    let mut seen = BTreeSet::new();
    let mut targets = Vec::new();
    for (link, reference) in &binds {
        if !seen.insert((link.name(), reference.to_lowercase())) {
            return Err(GraphError::bad_request(format!(
                "Object '[{reference}]' referenced from '[{group}]' can only be present once as an add/remove change."
            )));
        }
        let target = target(call, reference)?;
        check_target_permission(call, handle, *link, target)?;
        check_addition(call, handle, *link, target)?;
        targets.push((*link, target));
    }
    let owners = targets.iter().filter(|target| target.0 == Link::Owner).count();
    check_quota(call, handle, Link::Owner, owners)?;
    for (link, target) in targets {
        call.tenant.link(link, handle, target);
    }
    Ok(Reply::NoContent)
}

/// `DELETE /groups/{id}/members/{mid}/$ref` and owners.
pub(crate) fn remove(call: &mut Call<'_>, group: &str, link: Link, target: &str) -> Result<Reply> {
    check_id(target)?;
    let group = changeable_group(call, group, link, Change::RemoveMember.or_owner(link))?;
    let held = call.tenant.live(target).filter(|handle| call.tenant.holds(link, group, *handle));
    let Some(handle) = held else {
        return Err(if call.settings.removal_of_non_member_is_bad_request {
            GraphError::not_linked(link)
        } else {
            GraphError::not_found(target)
        });
    };
    if link == Link::Owner {
        check_last_owner(call, group, handle)?;
    }
    call.tenant.unlink(link, group, handle);
    Ok(Reply::NoContent)
}

/// `DELETE …/members/{mid}` without `/$ref` deletes the *object* where the caller may (facts §2.2, danger).
pub(crate) fn delete_itself(
    call: &mut Call<'_>,
    group: &str,
    link: Link,
    target: &str,
) -> Result<Reply> {
    check_id(target)?;
    let group = call.find(Kind::Group, group)?;
    let handle = call
        .tenant
        .live(target)
        .filter(|handle| call.tenant.holds(link, group, *handle))
        .ok_or_else(|| GraphError::not_found(target))?;
    let kind = call.tenant.object(handle).kind();
    let grounds = call.caller.deletes(call.tenant, call.settings, handle, "delete");
    if !call.accept(grounds) {
        call.note = Some(format!(
            "DANGER: DELETE without /$ref aimed at the {} itself; refused",
            kind.type_name()
        ));
        return Err(GraphError::denied());
    }
    call.note =
        Some(format!("DANGER: DELETE without /$ref DELETED THE {} ITSELF", kind.capital_name()));
    delete_object(call, handle);
    Ok(Reply::NoContent)
}

pub(super) fn delete_object(call: &mut Call<'_>, handle: Handle) {
    let restorable = match &call.tenant.object(handle).body {
        Body::User(_) | Body::ServicePrincipal(_) => true,
        Body::Group(group) => group.kind.is_unified() || call.settings.soft_delete_security_groups,
        _ => false,
    };
    if restorable { call.tenant.delete_softly(handle) } else { call.tenant.delete_for_ever(handle) }
}

/// The group, once its links may be changed by this caller.
fn changeable_group(call: &Call<'_>, id: &str, link: Link, change: Change) -> Result<Handle> {
    check_id(id)?;
    let found =
        call.tenant.live(id).filter(|handle| call.tenant.object(*handle).kind() == Kind::Group);
    let grounds = call.caller.changes_links(call.tenant, call.settings, found, change);
    if grounds.is_empty() {
        return Err(GraphError::denied());
    }
    let group = found.ok_or_else(|| GraphError::not_found(id))?;
    replicated(call, group, id)?;
    check_group_kind(call, group, link)?;
    if call.tenant.is_restricted(group) {
        // No permission, wider role or ownership reaches inside; a role-assignable group there is fixed (§2.1).
        let inside = call.caller.administers_restricted(call.tenant, group, link);
        let fixed = *group_kind(call, group) == GroupKind::RoleAssignable && link == Link::Member;
        let reached = !fixed && call.accept(inside);
        return if reached { Ok(group) } else { Err(GraphError::restricted()) };
    }
    call.accept(grounds);
    Ok(group)
}

/// Precedence of facts §2.1: synced, dynamic, mail-enabled; restricted comes after them.
fn check_group_kind(call: &Call<'_>, group: Handle, link: Link) -> Result<()> {
    let kind = group_kind(call, group);
    if kind.synced() == Some(true) {
        return Err(GraphError::bad_request(
            "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects \
             currently undergoing migration.",
        ));
    }
    if kind.rule().is_some() && link == Link::Member {
        return Err(GraphError::denied());
    }
    if kind.mail_enabled() && !kind.is_unified() {
        return Err(if call.settings.mail_enabled_is_forbidden {
            GraphError::denied()
        } else {
            GraphError::bad_request(
                "Cannot Update a mail-enabled security groups and or distribution list.",
            )
        });
    }
    Ok(())
}

/// An object that this replica does not know yet gives either of two answers (facts §2.2).
pub(super) fn replicated(call: &Call<'_>, handle: Handle, id: &str) -> Result<()> {
    if call.tenant.knows(&call.view, handle) {
        return Ok(());
    }
    Err(if random::below(call.settings.seed, "not replicated", call.number, 2) == 0 {
        GraphError::bad_request(
            "The source resource object or one of the objects being referenced don't exist.",
        )
    } else {
        GraphError::not_found(id)
    })
}

fn target(call: &Call<'_>, id: &str) -> Result<Handle> {
    check_id(id)?;
    let found = call.tenant.live(id).ok_or_else(|| GraphError::not_found(id))?;
    replicated(call, found, id)?;
    Ok(found)
}

/// Adding a device, contact or service principal needs one more permission (facts §0).
fn check_target_permission(
    call: &Call<'_>,
    group: Handle,
    link: Link,
    target: Handle,
) -> Result<()> {
    let more: &[&'static str] = match (link, call.tenant.object(target).kind()) {
        (Link::Member, Kind::Device) => &["Device.ReadWrite.All"],
        (Link::Member, Kind::OrgContact) => &["OrgContact.Read.All"],
        (Link::Member, Kind::ServicePrincipal) => &["Application.ReadWrite.All"],
        _ => return Ok(()),
    };
    let authority = &call.caller;
    let permission =
        authority.first_of(more).or_else(|| authority.first_of(&["Directory.ReadWrite.All"]));
    // A role or ownership that reaches the group is enough by itself.
    let ground = permission
        .or_else(|| authority.reaches_links(call.tenant, call.settings, group, link))
        .or_else(|| authority.administers_restricted(call.tenant, group, link));
    if call.accept(ground) { Ok(()) } else { Err(GraphError::denied()) }
}

/// Which types fit, and that the link is new (facts §2.1, §2.2).
fn check_addition(call: &Call<'_>, group: Handle, link: Link, target: Handle) -> Result<()> {
    check_type(call, group, link, target)?;
    if call.tenant.holds(link, group, target) { Err(GraphError::already(link)) } else { Ok(()) }
}

/// Which types fit (facts §2.1, §2.2).
pub(super) fn check_type(call: &Call<'_>, group: Handle, link: Link, target: Handle) -> Result<()> {
    let object = call.tenant.object(target);
    let kind = group_kind(call, group);
    match link {
        Link::Owner if !matches!(object.kind(), Kind::User | Kind::ServicePrincipal) => {
            // The text is not in the facts.
            Err(GraphError::bad_request(format!(
                "Directory object type: {} cannot be an owner of a group.",
                object.kind().capital_name()
            )))
        }
        Link::Member => check_member_type(kind, object.kind(), &object.body),
        Link::Owner => Ok(()),
    }
}

fn check_member_type(kind: &GroupKind, target: Kind, body: &Body) -> Result<()> {
    let unified_target = matches!(body, Body::Group(group) if group.kind.is_unified());
    if kind.is_unified() && target != Kind::User {
        let subject = if unified_target {
            "Unified Groups".to_owned()
        } else {
            format!("Directory object type: {}", target.capital_name())
        };
        return Err(GraphError::bad_request(format!(
            "{subject} cannot be added to Unified Groups. paramName: Members, paramValue: , objectType: \
             Microsoft.Online.DirectoryServices.Group"
        )));
    }
    if *kind == GroupKind::RoleAssignable && target == Kind::Group {
        return Err(GraphError::bad_request(
            "Nesting is currently not supported for groups that can be assigned to a role.",
        ));
    }
    let not_security = matches!(body, Body::Group(group) if !group.kind.security_enabled());
    if not_security || matches!(target, Kind::AdministrativeUnit | Kind::DirectoryRole) {
        // A Microsoft 365 group in a security group: 400, text UNCONFIRMED (facts §2.2).
        let subject = if unified_target { "Unified Groups" } else { target.capital_name() };
        return Err(GraphError::bad_request(format!(
            "{subject} cannot be added to Security Groups."
        )));
    }
    Ok(())
}

pub(super) fn check_quota(call: &Call<'_>, group: Handle, link: Link, more: usize) -> Result<()> {
    let wanted = call.tenant.object(group).targets(link).len() + more;
    if link == Link::Owner && wanted > OWNER_QUOTA {
        return Err(GraphError::new(
            403,
            "Directory_QuotaExceeded",
            format!(
                "Unable to perform operation as '{wanted}' would exceed the maximum quota count '{OWNER_QUOTA}' for \
             forward-link 'owners'."
            ),
        ));
    }
    Ok(())
}

/// A user owner must stay; on role-assignable groups any owner will do (facts §2.2).
fn check_last_owner(call: &Call<'_>, group: Handle, leaving: Handle) -> Result<()> {
    let any_will_do = *group_kind(call, group) == GroupKind::RoleAssignable;
    if !any_will_do && call.tenant.object(leaving).kind() != Kind::User {
        return Ok(());
    }
    let stays =
        call.tenant.object(group).owners.iter().filter(|owner| **owner != leaving).any(|owner| {
            let object = call.tenant.object(*owner);
            object.is_live() && (any_will_do || object.kind() == Kind::User)
        });
    if stays {
        return Ok(());
    }
    Err(GraphError::bad_request(
        "The group must have at least one owner, hence this owner cannot be removed.",
    ))
}
