//! Which actions of a role cover what is to be done: `microsoft.directory/{entity}/{task}`.

/// Something that a role may allow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deed(pub(super) &'static str, pub(super) &'static str);

impl Deed {
    /// Whether one of these actions covers it.
    pub(super) fn is_among<'a>(self, mut actions: impl Iterator<Item = &'a str>) -> bool {
        actions.any(|action| self.is_covered_by(action))
    }

    /// An action on all groups covers those on one sort of them (`groups.unified`), but never the
    /// groups that can hold roles, which are an entity of their own.
    fn is_covered_by(self, action: &str) -> bool {
        let Self(entity, task) = self;
        let named =
            action.strip_prefix("microsoft.directory/").and_then(|rest| rest.split_once('/'));
        let Some((named, allowed)) = named else { return false };
        let whole = entity.split('.').next().unwrap_or(entity);
        let verb = task.rsplit('/').next().unwrap_or(task);
        let is_all = |all: &str| all == "allTasks" || all == verb;
        (named == entity || named == whole)
            && (allowed == task || allowed.strip_prefix("allProperties/").is_some_and(is_all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_cover_deeds() {
        let members = Deed("groups", "members/update");
        let unified = Deed("groups.unified", "members/update");
        let carriers = Deed("groupsAssignableToRoles", "members/update");
        let read = Deed("groups", "members/read");
        let table = [
            ("microsoft.directory/groups/members/update", members, true),
            ("microsoft.directory/groups/members/update", unified, true),
            ("microsoft.directory/groups/members/update", carriers, false),
            ("microsoft.directory/groups/owners/update", members, false),
            ("microsoft.directory/groups/allProperties/update", members, true),
            ("microsoft.directory/groups/allProperties/update", read, false),
            ("microsoft.directory/groups/allProperties/read", members, false),
            ("microsoft.directory/groups/allProperties/read", read, true),
            ("microsoft.directory/groups/allProperties/allTasks", read, true),
            ("microsoft.directory/groups.unified/members/update", members, false),
            ("microsoft.directory/groups.unified/members/update", unified, true),
            ("microsoft.directory/groups.security/members/update", unified, false),
            ("microsoft.directory/groupsAssignableToRoles/allProperties/update", carriers, true),
            ("microsoft.directory/users/allProperties/allTasks", members, false),
            ("groups/members/update", members, false),
        ];
        for (action, deed, covered) in table {
            assert_eq!(deed.is_among(std::iter::once(action)), covered, "{action} {deed:?}");
        }
    }
}
