//! Entra roles: definitions, assignments at a scope, and what a lagging replica shows of them (facts
//! §3.4, §9).

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::built_in_roles::{self, DIRECTORY_READERS};
use super::{Body, Handle, Kind, Link, On, Tenant, View};
use crate::random;

/// Where a role is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    /// `/`
    Tenant,
    /// `/administrativeUnits/{id}`
    Unit(Uuid),
    /// `/{object id of an application}`
    Application(Uuid),
}

impl Scope {
    /// Reads a `directoryScopeId`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text == "/" {
            return Some(Self::Tenant);
        }
        let unit = text.strip_prefix("/administrativeUnits/");
        let id = Uuid::try_parse(unit.or_else(|| text.strip_prefix('/'))?).ok()?;
        Some(if unit.is_some() { Self::Unit(id) } else { Self::Application(id) })
    }

    /// The object that the scope names.
    pub(crate) fn id(self) -> Option<Uuid> {
        match self {
            Self::Tenant => None,
            Self::Unit(id) | Self::Application(id) => Some(id),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tenant => formatter.write_str("/"),
            Self::Unit(id) => write!(formatter, "/administrativeUnits/{id}"),
            Self::Application(id) => write!(formatter, "/{id}"),
        }
    }
}

/// A role: built in (the same id in every tenant) or custom.
#[derive(Clone, Debug)]
pub(crate) struct RoleDefinition {
    pub id: Uuid,
    pub display_name: String,
    pub description: String,
    pub built_in: bool,
    /// A disabled custom role gives nobody anything (CSDL: `isEnabled`; always true of built-in ones).
    pub enabled: bool,
    /// May be assigned at an administrative unit.
    pub at_units: bool,
    /// May be assigned at one application.
    pub at_applications: bool,
    /// `allowedResourceActions`
    pub actions: Vec<String>,
}

impl RoleDefinition {
    /// Built-in administrators may also do what Directory Readers may.
    pub(crate) fn inherits(&self) -> Option<Uuid> {
        (self.built_in && self.id != DIRECTORY_READERS).then_some(DIRECTORY_READERS)
    }
}

/// A role that a principal holds at a scope (facts §3.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RoleAssignment {
    /// Ascending in order of creation.
    pub number: u64,
    pub role: Uuid,
    pub principal: Handle,
    pub scope: Scope,
    /// Made by PIM, not by `roleAssignments`.
    pub by_pim: bool,
}

impl RoleAssignment {
    /// The id of `principal`'s assignment.
    pub(crate) fn id(&self, principal: Uuid) -> String {
        assignment_id(self.role, principal, self.scope)
    }
}

/// The id that Microsoft derives from the fields (facts §3.4). That of an application's scope is
/// UNCONFIRMED: written here as a unit's.
pub(crate) fn assignment_id(role: Uuid, principal: Uuid, scope: Scope) -> String {
    use base64::Engine as _;
    let mut bytes = Vec::with_capacity(48);
    bytes.extend(role.to_bytes_le());
    bytes.extend(principal.to_bytes_le());
    if let Some(scope) = scope.id() {
        bytes.extend(scope.to_bytes_le());
    }
    let suffix = if scope == Scope::Tenant { "-1" } else { "-2" };
    format!("{}{suffix}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}

/// A change that some replica may not show yet.
#[derive(Clone, Debug)]
struct RoleChange {
    number: u64,
    at: Timestamp,
    assignment: RoleAssignment,
    added: bool,
}

/// All roles of a tenant.
pub(crate) struct Roles {
    definitions: Vec<RoleDefinition>,
    assignments: Vec<RoleAssignment>,
    changes: Vec<RoleChange>,
    next: u64,
}

impl Roles {
    pub(super) fn new() -> Self {
        let definitions = built_in_roles::all();
        Self { definitions, assignments: Vec::new(), changes: Vec::new(), next: 1 }
    }

    pub(crate) fn definitions(&self) -> &[RoleDefinition] {
        &self.definitions
    }

    pub(crate) fn definition(&self, id: Uuid) -> Option<&RoleDefinition> {
        self.definitions.iter().find(|definition| definition.id == id)
    }

    /// Defines a role, or defines it anew.
    pub(super) fn define(&mut self, definition: RoleDefinition) {
        match self.definitions.iter_mut().find(|known| known.id == definition.id) {
            Some(known) => *known = definition,
            None => self.definitions.push(definition),
        }
    }

    /// The truth, in order of creation.
    pub(crate) fn assignments(&self) -> &[RoleAssignment] {
        &self.assignments
    }

    /// What a principal holds of a role at a scope.
    pub(crate) fn held(
        &self,
        role: Uuid,
        principal: Handle,
        scope: Scope,
    ) -> Option<&RoleAssignment> {
        let same = |held: &&RoleAssignment| {
            held.role == role && held.principal == principal && held.scope == scope
        };
        self.assignments.iter().find(same)
    }

    pub(super) fn forget_changes(&mut self) {
        self.changes.clear();
    }

    pub(super) fn forget_settled(&mut self, view: &View) {
        let longest = view.lag.map_or(SignedDuration::ZERO, |lag| {
            SignedDuration::try_from(lag.roles).unwrap_or(SignedDuration::MAX)
        });
        self.changes.retain(|change| view.now.duration_since(change.at) < longest);
    }

    /// What a replica shows, in order of creation.
    pub(crate) fn shown(&self, view: &View) -> Vec<RoleAssignment> {
        let mut shown = self.assignments.clone();
        let Some(lag) = view.lag else { return shown };
        for change in self.changes.iter().rev() {
            if view.shows(change.number, change.at, lag.roles) {
                continue;
            }
            if change.added {
                shown.retain(|assignment| *assignment != change.assignment);
            } else if !shown.contains(&change.assignment) {
                shown.push(change.assignment.clone());
            }
        }
        shown.sort_unstable_by_key(|assignment| assignment.number);
        shown
    }
}

impl Tenant {
    /// Gives a principal a role; `None` when it holds it at this scope already.
    pub(crate) fn assign(
        &mut self,
        role: Uuid,
        principal: Handle,
        scope: Scope,
    ) -> Option<RoleAssignment> {
        self.assign_by(role, principal, scope, false)
    }

    pub(super) fn assign_by(
        &mut self,
        role: Uuid,
        principal: Handle,
        scope: Scope,
        by_pim: bool,
    ) -> Option<RoleAssignment> {
        if self.roles.held(role, principal, scope).is_some() {
            return None;
        }
        let directory_role = self.activate(role);
        if let (Some(directory_role), Scope::Tenant) = (directory_role, scope) {
            self.link(Link::Member, directory_role, principal);
        }
        let number = self.roles.next;
        let assignment = RoleAssignment { number, role, principal, scope, by_pim };
        self.roles.next += 1;
        self.roles.assignments.push(assignment.clone());
        self.remember_role(&assignment, true);
        Some(assignment)
    }

    /// Takes a role away; false when it was not held.
    pub(crate) fn unassign(&mut self, assignment: &RoleAssignment) -> bool {
        let before = self.roles.assignments.len();
        self.roles.assignments.retain(|held| held != assignment);
        if self.roles.assignments.len() == before {
            return false;
        }
        let (role, principal, scope) = (assignment.role, assignment.principal, assignment.scope);
        self.pim.forget_active(On::Role(role, scope), principal);
        if let (Some(directory_role), Scope::Tenant) =
            (self.directory_role(assignment.role), assignment.scope)
        {
            self.unlink(Link::Member, directory_role, assignment.principal);
        }
        self.remember_role(assignment, false);
        true
    }

    pub(super) fn forget_roles_of(&mut self, principal: Handle) {
        self.roles.assignments.retain(|held| held.principal != principal);
    }

    fn remember_role(&mut self, assignment: &RoleAssignment, added: bool) {
        self.revision += 1;
        let (number, at, assignment) = (self.revision, self.now, assignment.clone());
        self.roles.changes.push(RoleChange { number, at, assignment, added });
    }

    /// The activated directory role of a template (facts §3.4, legacy).
    pub(crate) fn directory_role(&self, template: Uuid) -> Option<Handle> {
        self.of_kind(Kind::DirectoryRole).iter().copied().find(
            |handle| matches!(&self.object(*handle).body, Body::Role(_, id) if *id == template),
        )
    }

    /// A built-in role becomes a directory role with its own object id when it is first assigned.
    fn activate(&mut self, role: Uuid) -> Option<Handle> {
        if let Some(active) = self.directory_role(role) {
            return Some(active);
        }
        let definition = self.roles.definition(role).filter(|definition| definition.built_in)?;
        let body = Body::Role(definition.display_name.clone(), role);
        let id = random::guid(self.seed, "directory role", role.as_u64_pair().0);
        Some(self.insert(id, body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of facts §3.4.
    #[test]
    fn ids_are_encoded_as_microsoft_does() {
        let role = Uuid::try_parse("62e90394-69f5-4237-9190-012177145e10").unwrap_or_default();
        let principal = Uuid::try_parse("11111111-2222-4333-8444-555555555555").unwrap_or_default();
        let scope = Scope::Tenant;
        let principal_handle = Handle::FIRST;
        let mut assignment =
            RoleAssignment { number: 1, role, principal: principal_handle, scope, by_pim: false };
        assert_eq!(assignment.id(principal), "lAPpYvVpN0KRkAEhdxReEBEREREiIjNDhERVVVVVVVU-1");
        assignment.scope = Scope::Unit(principal);
        let id = assignment.id(principal);
        assert!(id.len() == 66 && id.ends_with("-2"), "{id}");
    }

    #[test]
    fn scopes_are_read_as_they_are_written() {
        let id = "11111111-2222-4333-8444-555555555555";
        for text in ["/".to_owned(), format!("/administrativeUnits/{id}"), format!("/{id}")] {
            assert_eq!(Scope::parse(&text).map(|scope| scope.to_string()), Some(text));
        }
        for text in ["", "x", "/x", "/administrativeUnits/", "/administrativeUnits/x", id] {
            assert_eq!(Scope::parse(text), None, "{text}");
        }
    }
}
