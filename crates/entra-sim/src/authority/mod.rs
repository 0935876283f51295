//! What a caller may do: from the permissions in its token (facts §0), then from Entra roles and ownership
//! (§2.2). Every question is answered with the grounds, so that the trace can say what was needed.

mod deeds;
mod permissions;

use uuid::Uuid;

pub(crate) use deeds::Deed;
pub(crate) use permissions::{APPLICATION_WRITERS, Change, Read};

use crate::settings::Settings;
use crate::tenant::{GroupKind, Handle, Kind, Link, Scope, Tenant};
use crate::token::Bearer;
pub(crate) use permissions::{INVITERS, USER_WRITERS};
use permissions::{ROLE_ASSIGNERS, deleters, entity_of};

/// Why something was allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ground {
    /// A permission in the token.
    Permission(&'static str),
    /// An Entra role held at a scope, directly or through a role-assignable group.
    Role(Uuid, Scope),
    /// Ownership of a group.
    Owner(Uuid),
    /// Membership of a group.
    Member(Uuid),
}

impl Ground {
    /// How the trace words it: a permission is its bare name.
    pub(crate) fn describe(self, tenant: &Tenant) -> String {
        match self {
            Self::Permission(name) => name.to_owned(),
            Self::Role(role, scope) => match tenant.roles.definition(role) {
                Some(definition) => format!("role {} at {scope}", definition.display_name),
                None => format!("role {role} at {scope}"),
            },
            Self::Owner(group) => format!("owner of {group}"),
            Self::Member(group) => format!("member of {group}"),
        }
    }
}

/// The caller of a Graph request.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) bearer: Bearer,
    pub(crate) principal: Handle,
    roles: Vec<(Uuid, Scope)>,
}

impl Caller {
    /// The caller with the Entra roles that it holds now, also through role-assignable groups.
    pub(crate) fn new(tenant: &Tenant, bearer: Bearer, principal: Handle) -> Self {
        let holds = |holder: Handle| {
            let assignable = tenant.object(holder).is_live()
                && tenant.group_kind(holder) == Some(&GroupKind::RoleAssignable);
            holder == principal || (assignable && tenant.holds(Link::Member, holder, principal))
        };
        let held = tenant.roles.assignments().iter().filter(|held| holds(held.principal));
        let roles = held.map(|held| (held.role, held.scope)).collect();
        Self { bearer, principal, roles }
    }

    /// The first of these that the token carries; tables list what can do less first.
    pub(crate) fn first_of(&self, permissions: &[&'static str]) -> Option<Ground> {
        let carried = |name: &&&'static str| self.bearer.roles.iter().any(|role| role == **name);
        permissions.iter().find(carried).map(|name| Ground::Permission(name))
    }

    /// The grounds to read this: everything of the kind, or the target alone.
    pub(crate) fn reads(
        &self,
        tenant: &Tenant,
        settings: &Settings,
        what: Read,
        target: Option<Handle>,
    ) -> Option<Ground> {
        let by_permission = self
            .first_of(what.permissions())
            .or_else(|| self.first_of(what.switched(settings).as_slice()));
        by_permission.or_else(|| {
            what.deeds().iter().find_map(|deed| self.by_role(tenant, settings, *deed, target))
        })
    }

    /// The role that allows a deed: held at `/`, or where the target is (facts §0, §2.2).
    pub(crate) fn by_role(
        &self,
        tenant: &Tenant,
        settings: &Settings,
        deed: Deed,
        target: Option<Handle>,
    ) -> Option<Ground> {
        self.roles.iter().find_map(|(role, scope)| {
            let covers = match scope {
                Scope::Tenant => true,
                Scope::Unit(unit) => target.is_some_and(|target| {
                    let object = tenant.object(target);
                    object.id == *unit || tenant.is_in_unit(target, *unit)
                }),
                // An application's own service principal, and nothing else.
                Scope::Application(id) => {
                    target.is_some_and(|target| tenant.is_of_application(target, *id))
                }
            };
            let inherited = *scope == Scope::Tenant || settings.scoped_roles_read;
            (covers && deed.allowed(&tenant.roles, *role, inherited))
                .then_some(Ground::Role(*role, *scope))
        })
    }

    pub(crate) fn owns(&self, tenant: &Tenant, group: Handle) -> Option<Ground> {
        tenant
            .holds(Link::Owner, group, self.principal)
            .then(|| Ground::Owner(tenant.object(group).id))
    }

    pub(crate) fn belongs(&self, tenant: &Tenant, group: Handle) -> Option<Ground> {
        tenant
            .holds(Link::Member, group, self.principal)
            .then(|| Ground::Member(tenant.object(group).id))
    }

    /// A role held exactly at a restricted unit of the group: the only way in (facts §0).
    pub(crate) fn administers_restricted(
        &self,
        tenant: &Tenant,
        group: Handle,
        link: Link,
    ) -> Option<Ground> {
        self.reaches_restricted(tenant, group, Deed::update(link, false).narrowed(false))
    }

    /// The same for any deed on any object in such a unit.
    pub(crate) fn reaches_restricted(
        &self,
        tenant: &Tenant,
        target: Handle,
        deed: Deed,
    ) -> Option<Ground> {
        self.roles.iter().find_map(|(role, scope)| {
            let here = tenant.restricting_units(target).any(|unit| Scope::Unit(unit.id) == *scope);
            (here && deed.allowed(&tenant.roles, *role, false))
                .then_some(Ground::Role(*role, *scope))
        })
    }

    /// The grounds to enable or disable a user, none when it may not: the small permission needs to read users
    /// besides, and no permission reaches a privileged user (inferred from facts §9 on deleting one).
    pub(crate) fn enables(
        &self,
        tenant: &Tenant,
        settings: &Settings,
        user: Option<Handle>,
        task: &'static str,
    ) -> Vec<Ground> {
        let role = self.by_role(tenant, settings, Deed("users", task), user);
        if user.is_some_and(|user| tenant.is_privileged(user)) {
            let above = self.assigns_roles_by_role(tenant, settings);
            return role.filter(|_| above.is_some()).into_iter().collect();
        }
        let small = self.first_of(&["User.EnableDisableAccount.All"]);
        let reads = self.reads(tenant, settings, Read::Kind(Kind::User), user);
        match (small, reads) {
            (Some(small), Some(reads)) => vec![small, reads],
            _ => self.first_of(&USER_WRITERS).or(role).into_iter().collect(),
        }
    }

    /// The grounds to give and take roles: one permission alone, or a role at `/` (facts §0).
    pub(crate) fn assigns_roles(&self, tenant: &Tenant, settings: &Settings) -> Option<Ground> {
        self.first_of(&ROLE_ASSIGNERS).or_else(|| self.assigns_roles_by_role(tenant, settings))
    }

    fn assigns_roles_by_role(&self, tenant: &Tenant, settings: &Settings) -> Option<Ground> {
        self.by_role(tenant, settings, Deed("roleAssignments", "allProperties/update"), None)
    }

    /// The grounds to assign app roles of a service principal, none when it may not; taking one away needs less
    /// (facts §0, §3.7).
    pub(crate) fn assigns_app_roles(
        &self,
        tenant: &Tenant,
        settings: &Settings,
        resource: Handle,
        gives: bool,
    ) -> Vec<Ground> {
        let first = self.first_of(&["AppRoleAssignment.ReadWrite.All"]);
        let second = self.first_of(&["Application.Read.All", "Directory.Read.All"]);
        match (first, second) {
            (Some(first), Some(second)) if gives => vec![first, second],
            (Some(first), _) if !gives => vec![first],
            _ => {
                let deed = Deed("servicePrincipals", "appRoleAssignedTo/update");
                self.by_role(tenant, settings, deed, Some(resource)).into_iter().collect()
            }
        }
    }

    /// The grounds to change the links of a group, none when it may not (facts §0, §2.2). Whether a restricted
    /// unit forbids it is another question.
    pub(crate) fn changes_links(
        &self,
        tenant: &Tenant,
        settings: &Settings,
        group: Option<Handle>,
        change: Change,
    ) -> Vec<Ground> {
        let link = if change == Change::Owner { Link::Owner } else { Link::Member };
        let kind = group.and_then(|group| tenant.group_kind(group));
        let assignable = kind == Some(&GroupKind::RoleAssignable);
        let permission = self.first_of(&change.permissions(settings));
        // Role-assignable groups need a second permission; the first alone never works.
        let second = self.first_of(&ROLE_ASSIGNERS);
        if let Some(permission) = permission {
            match second {
                Some(second) if assignable => return vec![permission, second],
                _ if !assignable => return vec![permission],
                _ => {}
            }
        }
        group
            .map_or_else(
                || self.by_role(tenant, settings, Deed::update(link, false), None),
                |group| self.reaches_links(tenant, settings, group, link),
            )
            .into_iter()
            .collect()
    }

    /// The role or ownership that lets the links of a group be changed: owners change members alone.
    pub(crate) fn reaches_links(
        &self,
        tenant: &Tenant,
        settings: &Settings,
        group: Handle,
        link: Link,
    ) -> Option<Ground> {
        let kind = tenant.group_kind(group);
        let deed = Deed::update(link, kind == Some(&GroupKind::RoleAssignable))
            .narrowed(kind.is_some_and(GroupKind::is_unified));
        let role = self.by_role(tenant, settings, deed, Some(group));
        role.or_else(|| self.owns(tenant, group).filter(|_| link == Link::Member))
    }

    /// The ground to delete some object of a kind, whichever.
    pub(crate) fn deletes_some(
        &self,
        tenant: &Tenant,
        settings: &Settings,
        kind: Kind,
    ) -> Option<Ground> {
        let role = || self.by_role(tenant, settings, Deed(entity_of(kind), "delete"), None);
        self.first_of(deleters(kind)).or_else(role)
    }

    /// The grounds to delete an object itself, or to restore it, none when it may not (facts §2.2, danger).
    pub(crate) fn deletes(
        &self,
        tenant: &Tenant,
        settings: &Settings,
        target: Handle,
        task: &'static str,
    ) -> Vec<Ground> {
        let kind = tenant.object(target).kind();
        let assignable = tenant.group_kind(target) == Some(&GroupKind::RoleAssignable);
        let entity = if assignable { "groupsAssignableToRoles" } else { entity_of(kind) };
        let role = self.by_role(tenant, settings, Deed(entity, task), Some(target));
        let permission = self.first_of(deleters(kind));
        match (permission, self.first_of(&ROLE_ASSIGNERS)) {
            // No permission reaches a privileged user (facts §9), and no lesser administrator.
            _ if tenant.is_privileged(target) => {
                let above = self.assigns_roles_by_role(tenant, settings);
                role.filter(|_| above.is_some()).into_iter().collect()
            }
            (Some(permission), Some(second)) if assignable => vec![permission, second],
            (Some(permission), _) if !assignable => vec![permission],
            _ => role.into_iter().collect(),
        }
    }
}
