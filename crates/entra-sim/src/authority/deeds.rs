//! Deeds as Entra names them: `microsoft.directory/{entity}/{task}`, and which a role's actions cover.

use uuid::Uuid;

use crate::tenant::{Link, RoleDefinition, Roles};

/// An entity and what is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Deed(pub(crate) &'static str, pub(crate) &'static str);

impl Deed {
    /// Changing the links of a group. Actions on `groups` leave role-assignable ones out.
    pub(crate) fn update(link: Link, assignable: bool) -> Self {
        let entity = if assignable { "groupsAssignableToRoles" } else { "groups" };
        match link {
            Link::Member => Self(entity, "members/update"),
            Link::Owner => Self(entity, "owners/update"),
        }
    }

    /// The same for a security or a Microsoft 365 group alone.
    pub(crate) fn narrowed(self, unified: bool) -> Self {
        let entity = match self.0 {
            "groups" if unified => "groups.unified",
            "groups" => "groups.security",
            other => other,
        };
        Self(entity, self.1)
    }

    /// Whether a role allows it; `inherited` counts what administrators may read besides.
    pub(super) fn allowed(self, roles: &Roles, role: Uuid, inherited: bool) -> bool {
        let definition = roles.definition(role).filter(|definition| definition.enabled);
        let Some(definition) = definition else { return false };
        let behind = definition.inherits().filter(|_| inherited);
        self.among(definition)
            || behind.and_then(|id| roles.definition(id)).is_some_and(|basic| self.among(basic))
    }

    fn among(self, definition: &RoleDefinition) -> bool {
        definition.actions.iter().any(|action| self.covered_by(action))
    }

    fn covered_by(self, action: &str) -> bool {
        let named =
            action.strip_prefix("microsoft.directory/").and_then(|rest| rest.split_once('/'));
        let Some((entity, task)) = named else { return false };
        // An action on all groups covers those on one sort of them.
        let same = entity == self.0 || self.0.split_once('.').is_some_and(|(all, _)| all == entity);
        same && (task == self.1
            || task == "allProperties/allTasks"
            || (task == "allProperties/read" && self.1.ends_with("/read"))
            || (task == "allProperties/update" && self.1.ends_with("/update")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_cover_deeds() {
        let members = Deed("groups", "members/update");
        for (action, deed, covered) in [
            ("microsoft.directory/groups/members/update", members, true),
            ("microsoft.directory/groups/owners/update", members, false),
            ("microsoft.directory/groups/allProperties/update", members, true),
            ("microsoft.directory/groups/allProperties/read", members, false),
            ("microsoft.directory/groups/allProperties/allTasks", members, true),
            ("microsoft.directory/users/allProperties/allTasks", members, false),
            ("microsoft.directory/groups.security/members/update", members, false),
            ("microsoft.directory/groups.security/members/update", members.narrowed(false), true),
            ("microsoft.directory/groups.security/members/update", members.narrowed(true), false),
            ("microsoft.directory/groups/members/update", members.narrowed(true), true),
            ("microsoft.directory/groups/members/update", Deed::update(Link::Member, true), false),
            ("members/update", members, false),
        ] {
            assert_eq!(deed.covered_by(action), covered, "{action} {deed:?}");
        }
    }
}
