//! The service's words in the words of the contract.

use doorward_core::{
    Account, Attributes, Grant, GrantKey, GrantKind, ObjectRef, Record, Refusal, RefusalRule,
    Resource,
};
use serde::Deserialize;

pub(crate) const USER: &str = "user";
pub(crate) const ROBOT: &str = "robot";
pub(crate) const TEAM: &str = "team";
pub(crate) const MEMBER: &str = "member";

/// The classes of teams.
pub(crate) const OWN_TEAM: &str = "team";
pub(crate) const DIRECTORY_TEAM: &str = "directory-team";

/// Why the members of a team cannot be changed here: also what a refused change is called.
pub(crate) const MANAGED_BY_DIRECTORY: &str = "managed-by-directory";
pub(crate) const GO_TO_THE_DIRECTORY: &str =
    "Change the membership in the directory; it comes here by itself.";

#[derive(Deserialize)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) email: Option<String>,
    pub(crate) active: bool,
}

#[derive(Deserialize)]
pub(crate) struct Team {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) managed_by: Option<String>,
}

impl From<User> for Record {
    fn from(user: User) -> Self {
        Self::Account(Account {
            // People sign in with their id.
            login: Some(user.id.clone()),
            key: ObjectRef::new(USER, user.id),
            name: user.name,
            mail: user.email,
            enabled: Some(user.active),
            external: false,
            limited: false,
            created: None,
            attributes: Attributes::new(),
        })
    }
}

impl From<Team> for Record {
    fn from(team: Team) -> Self {
        // Whatever fills a team, a change here would be undone by it. So only a team that nothing
        // fills can be changed, also when the service comes to know more than its directory.
        let is_managed = team.managed_by.is_some();
        Self::Resource(Resource {
            key: ObjectRef::new(TEAM, team.id),
            name: team.name,
            class: if is_managed { DIRECTORY_TEAM } else { OWN_TEAM }.to_owned(),
            login: None,
            mail: None,
            created: None,
            refusals: if is_managed { vec![managed()] } else { Vec::new() },
            privileged: false,
            keeps_last_holder: Vec::new(),
            attributes: Attributes::new(),
        })
    }
}

/// Said with each team, so that nobody has to try a change to learn it.
fn managed() -> RefusalRule {
    RefusalRule {
        entitlements: vec![MEMBER.to_owned()],
        principals: Vec::new(),
        can_be_taken: false,
        refusal: Refusal {
            code: MANAGED_BY_DIRECTORY.to_owned(),
            message:
                "The members of this team come from the directory, and the Teams service lets \
                      nobody change them."
                    .to_owned(),
            remedy: GO_TO_THE_DIRECTORY.to_owned(),
        },
    }
}

pub(crate) fn membership(user: &str, team: &str) -> Record {
    let key = GrantKey::new(ObjectRef::new(USER, user), ObjectRef::new(TEAM, team), MEMBER);
    Record::Grant(Grant::new(key))
}

/// Whether the service knows such a thing at all.
pub(crate) fn is_membership(key: &GrantKey) -> bool {
    key.principal.kind == USER
        && key.resource.kind == TEAM
        && key.entitlement == MEMBER
        && key.scope.is_none()
        && key.kind == GrantKind::Active
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn user(value: Value) -> Record {
        serde_json::from_value::<User>(value).unwrap().into()
    }

    fn team(value: Value) -> Resource {
        match serde_json::from_value::<Team>(value).unwrap().into() {
            Record::Resource(team) => team,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_user_who_is_not_active_is_marked() {
        for active in [true, false] {
            let record = user(json!({
                "id": "alice", "name": "Alice Archer", "email": "alice@teams.example",
                "active": active,
            }));
            let expected = json!({
                "record": "account", "key": {"kind": "user", "id": "alice"},
                "name": "Alice Archer", "login": "alice", "mail": "alice@teams.example",
                "enabled": active,
            });
            assert_eq!(serde_json::to_value(record).unwrap(), expected);
        }
    }

    #[test]
    fn only_a_team_that_nothing_fills_can_be_changed() {
        let table = [
            (json!(null), OWN_TEAM, None),
            (json!("directory"), DIRECTORY_TEAM, Some(MANAGED_BY_DIRECTORY)),
            (json!("something-new"), DIRECTORY_TEAM, Some(MANAGED_BY_DIRECTORY)),
        ];
        for (managed_by, class, refused) in table {
            let team = team(json!({"id": "chess", "name": "Chess", "managed_by": managed_by}));
            assert_eq!(team.class, class);
            for gives in [true, false] {
                let refusal = team.refusal(MEMBER, USER, gives);
                assert_eq!(refusal.map(|refusal| refusal.code.as_str()), refused);
            }
        }
    }
}
