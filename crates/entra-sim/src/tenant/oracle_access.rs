//! The oracle for units, roles and permissions: at once and without the service's rules.

use uuid::Uuid;

use super::{Aspect, Body, Handle, Kind, RoleDefinition, Scope, Tenant, Turn, Unit};
use crate::cast;

/// A role that somebody holds, in the words of Graph.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeldRole {
    /// `id`
    pub id: String,
    /// `roleDefinitionId`
    pub role: String,
    /// `principalId`
    pub principal: String,
    /// `directoryScopeId`
    pub scope: String,
}

/// What somebody holds directly: a membership or ownership of a group, or a role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// The kind of who holds it.
    pub kind: Kind,
    /// The id of who holds it.
    pub who: String,
    /// `members`, `owners` or `roleAssignments`.
    pub by: &'static str,
    /// The id of the group, or the `roleDefinitionId`.
    pub on: String,
    /// `directoryScopeId`, of roles.
    pub scope: Option<String>,
}

impl Tenant {
    /// Everything that live objects hold on live groups and of roles, sorted.
    #[must_use]
    pub fn access(&self) -> Vec<Held> {
        let live = |handle: &Handle| self.object(*handle).is_live();
        let held = |handle: Handle, by, on: String, scope| {
            let object = self.object(handle);
            Held { kind: object.kind(), who: object.id.to_string(), by, on, scope }
        };
        let mut all = Vec::new();
        for group in self.of_kind(Kind::Group).iter().filter(|handle| live(handle)) {
            let group = self.object(*group);
            for (by, holders) in [("members", &group.members), ("owners", &group.owners)] {
                let holders = holders.iter().copied().filter(live);
                all.extend(holders.map(|handle| held(handle, by, group.id.to_string(), None)));
            }
        }
        for assignment in self.roles.assignments().iter().filter(|one| live(&one.principal)) {
            let scope = Some(assignment.scope.to_string());
            let role = assignment.role.to_string();
            all.push(held(assignment.principal, "roleAssignments", role, scope));
        }
        all.sort_unstable();
        all
    }

    /// Adds an administrative unit and returns its id; a restricted one protects what is put into it.
    pub fn add_unit(&mut self, display_name: &str, restricted: bool) -> String {
        let display_name = display_name.to_owned();
        self.add(Body::Unit(Unit { display_name, restricted, ..Unit::default() }))
    }

    /// Gives a unit hidden membership, or takes it away; false when the id is not a unit's.
    pub fn set_hidden_membership(&mut self, unit: &str, hidden: bool) -> bool {
        let Some(handle) = self.handle(unit) else { return false };
        let Body::Unit(unit) = &mut self.object_mut(handle).body else { return false };
        unit.hidden = hidden;
        self.record(handle, Aspect::Property("visibility"), Turn::Changed);
        self.revision += 1;
        true
    }

    /// Makes a unit dynamic by this rule, whose members stay as they are; false when the id is not a unit's.
    pub fn set_unit_rule(&mut self, unit: &str, rule: &str) -> bool {
        let Some(handle) = self.handle(unit) else { return false };
        let Body::Unit(unit) = &mut self.object_mut(handle).body else { return false };
        unit.rule = Some((rule.to_owned(), false));
        self.record(handle, Aspect::Property("membershipRule"), Turn::Changed);
        self.revision += 1;
        true
    }

    /// Ids of the soft-deleted objects of a kind, sorted.
    #[must_use]
    pub fn deleted(&self, kind: Kind) -> Vec<String> {
        let objects = self.of_kind(kind).iter().map(|handle| self.object(*handle));
        let mut ids: Vec<String> = objects
            .filter(|object| object.is_soft_deleted())
            .map(|object| object.id.to_string())
            .collect();
        ids.sort_unstable();
        ids
    }

    /// The application permissions that the next tokens of Doorward will carry, in this order.
    pub fn set_app_roles<Role: Into<String>>(&mut self, roles: impl IntoIterator<Item = Role>) {
        self.set_app_roles_of(cast::CLIENT_ID, roles);
    }

    /// The application permissions that are granted to Doorward now.
    #[must_use]
    pub fn app_roles(&self) -> &[String] {
        Uuid::try_parse(cast::CLIENT_ID).map_or(&[], |client| self.granted(client))
    }

    /// The application permissions that the next tokens of this application (client) id will carry; false
    /// when it is not a GUID.
    pub fn set_app_roles_of<Role: Into<String>>(
        &mut self,
        client: &str,
        roles: impl IntoIterator<Item = Role>,
    ) -> bool {
        let Ok(client) = Uuid::try_parse(client) else { return false };
        self.app_roles.insert(client, roles.into_iter().map(Into::into).collect());
        self.revision += 1;
        true
    }

    /// Defines a custom role with these actions, e.g. `microsoft.directory/groups/members/update`, that may be
    /// assigned at any scope; returns its id.
    pub fn add_role_definition(&mut self, display_name: &str, actions: &[&str]) -> String {
        let id = self.mint();
        self.roles.define(RoleDefinition {
            id,
            display_name: display_name.to_owned(),
            description: format!("Custom role {display_name}."),
            built_in: false,
            enabled: true,
            at_units: true,
            at_applications: true,
            actions: actions.iter().map(|action| (*action).to_owned()).collect(),
        });
        self.revision += 1;
        id.to_string()
    }

    /// Enables or disables a custom role; false when there is none with this id.
    pub fn set_role_enabled(&mut self, role: &str, enabled: bool) -> bool {
        let definition = Uuid::try_parse(role).ok().and_then(|id| self.roles.definition(id));
        let Some(definition) = definition.filter(|definition| !definition.built_in) else {
            return false;
        };
        let changed = RoleDefinition { enabled, ..definition.clone() };
        self.roles.define(changed);
        self.revision += 1;
        true
    }

    /// The id of the role definition with exactly this name.
    #[must_use]
    pub fn role_definition(&self, display_name: &str) -> Option<String> {
        let mut definitions = self.roles.definitions().iter();
        let found = definitions.find(|definition| definition.display_name == display_name)?;
        Some(found.id.to_string())
    }

    /// Assigns an Entra role to a principal at `/` or at an administrative unit; false when nothing changed.
    pub fn assign_role(&mut self, role: &str, principal: &str, unit: Option<&str>) -> bool {
        let scope = unit.map_or_else(|| "/".to_owned(), |id| format!("/administrativeUnits/{id}"));
        self.assign_role_at(role, principal, &scope).is_some()
    }

    /// Assigns a role at a `directoryScopeId`; the assignment's id, or `None` when nothing changed.
    pub fn assign_role_at(&mut self, role: &str, principal: &str, scope: &str) -> Option<String> {
        let role = Uuid::try_parse(role).ok()?;
        let handle = self.handle(principal)?;
        let assignment = self.assign(role, handle, Scope::parse(scope)?)?;
        Some(assignment.id(self.object(handle).id))
    }

    /// Takes a role away; false when it was not held at this `directoryScopeId`.
    pub fn remove_role(&mut self, role: &str, principal: &str, scope: &str) -> bool {
        let (Ok(role), Some(principal), Some(scope)) =
            (Uuid::try_parse(role), self.handle(principal), Scope::parse(scope))
        else {
            return false;
        };
        let found =
            self.roles.assignments().iter().find(|held| {
                held.role == role && held.principal == principal && held.scope == scope
            });
        match found.cloned() {
            Some(assignment) => self.unassign(&assignment),
            None => false,
        }
    }

    /// Every role that somebody holds, sorted; those of soft-deleted principals too.
    #[must_use]
    pub fn role_assignments(&self) -> Vec<HeldRole> {
        let held = |assignment: &super::RoleAssignment| {
            let principal = self.object(assignment.principal).id;
            HeldRole {
                id: assignment.id(principal),
                role: assignment.role.to_string(),
                principal: principal.to_string(),
                scope: assignment.scope.to_string(),
            }
        };
        let mut all: Vec<_> = self.roles.assignments().iter().map(held).collect();
        all.sort_unstable();
        all
    }
}
