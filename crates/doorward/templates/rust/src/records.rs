//! The service's words in the words of the contract.

use doorward_core::{
    Account, Attributes, Grant, GrantKey, GrantKind, ObjectRef, Record, Refusal, RefusalRule,
    Resource, Skipped,
};
use serde::Deserialize;
use serde_json::Value;

pub(crate) const USER: &str = "user";
pub(crate) const TEAM: &str = "team";
pub(crate) const MEMBER: &str = "member";

/// The classes of teams.
pub(crate) const OWN_TEAM: &str = "team";
pub(crate) const DIRECTORY_TEAM: &str = "directory-team";

/// Why the members of a team cannot be changed here: also what a refused change is called.
pub(crate) const MANAGED_BY_DIRECTORY: &str = "managed-by-directory";
pub(crate) const GO_TO_THE_DIRECTORY: &str =
    "Change the membership in the directory; it comes here by itself.";

/// Read tolerantly: what has another type than it should have is taken for absent. One strange user
/// must not hide all the others on the same page.
#[derive(Deserialize)]
#[serde(from = "Value")]
pub(crate) struct User {
    pub(crate) id: Option<String>,
    pub(crate) name: Option<String>,
    email: Option<String>,
    active: Option<bool>,
}

#[derive(Deserialize)]
#[serde(from = "Value")]
pub(crate) struct Team {
    pub(crate) id: Option<String>,
    pub(crate) name: Option<String>,
    /// As it was told: `null` is another answer than none.
    managed_by: Option<Value>,
}

impl From<Value> for User {
    fn from(told: Value) -> Self {
        Self {
            id: text(&told, "id"),
            name: text(&told, "name"),
            email: text(&told, "email"),
            active: told.get("active").and_then(Value::as_bool),
        }
    }
}

impl From<Value> for Team {
    fn from(told: Value) -> Self {
        Self {
            id: text(&told, "id"),
            name: text(&told, "name"),
            managed_by: told.get("managed_by").cloned(),
        }
    }
}

/// A text that says something.
fn text(told: &Value, name: &str) -> Option<String> {
    told.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

impl From<User> for Record {
    fn from(user: User) -> Self {
        let Some(id) = user.id else { return without_id("user", None) };
        Self::Account(Account {
            // People sign in with their id.
            login: Some(id.clone()),
            name: user.name.unwrap_or_else(|| id.clone()),
            key: ObjectRef::new(USER, id),
            mail: user.email,
            // Nothing, when the service does not tell: to guess would mark the wrong people.
            enabled: user.active,
            external: false,
            limited: false,
            created: None,
            attributes: Attributes::new(),
        })
    }
}

impl From<Team> for Record {
    fn from(team: Team) -> Self {
        let Some(id) = team.id else { return without_id("team", None) };
        // Whatever fills a team, a change here would be undone by it. So only a team that nothing
        // fills can be changed: what is not told, or new one day, does not say so.
        let refusal = match team.managed_by {
            Some(Value::Null) => None,
            Some(by) if by == "directory" => Some(managed_by_directory()),
            _ => Some(manager_unknown()),
        };
        Self::Resource(Resource {
            name: team.name.unwrap_or_else(|| id.clone()),
            key: ObjectRef::new(TEAM, id),
            class: if refusal.is_some() { DIRECTORY_TEAM } else { OWN_TEAM }.to_owned(),
            login: None,
            mail: None,
            created: None,
            refusals: refusal.map(unchangeable).into_iter().collect(),
            privileged: false,
            keeps_last_holder: Vec::new(),
            attributes: Attributes::new(),
        })
    }
}

/// Said with each team, so that nobody has to try a change to learn it.
fn unchangeable(refusal: Refusal) -> RefusalRule {
    RefusalRule {
        entitlements: vec![MEMBER.to_owned()],
        principals: Vec::new(),
        can_be_taken: false,
        refusal,
    }
}

fn managed_by_directory() -> Refusal {
    Refusal {
        code: MANAGED_BY_DIRECTORY.to_owned(),
        message: "The members of this team come from the directory, and the Teams service lets \
                  nobody change them."
            .to_owned(),
        remedy: GO_TO_THE_DIRECTORY.to_owned(),
    }
}

fn manager_unknown() -> Refusal {
    Refusal {
        code: "manager-unknown".to_owned(),
        message: "The Teams service does not say who fills this team, so that nothing is changed \
                  in it."
            .to_owned(),
        remedy: "Look into the Teams service where the members of this team come from, and change \
                 them there."
            .to_owned(),
    }
}

/// What could not be read must be told: a gap looks like access that is gone.
fn without_id(what: &str, object: Option<ObjectRef>) -> Record {
    Record::Skipped(Skipped {
        object,
        code: "object-without-id".to_owned(),
        message: format!("The Teams service gave a {what} without an id."),
        attributes: Attributes::new(),
    })
}

/// The grant that a member of a team is.
pub(crate) fn member(user: &User, team: &str) -> Record {
    match &user.id {
        Some(id) => membership(id, team),
        None => without_id("member", Some(ObjectRef::new(TEAM, team))),
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
    use serde_json::json;

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
    fn what_is_strange_in_a_user_hides_nobody_else() {
        let key = json!({"kind": "user", "id": "alice"});
        let known = json!({"record": "account", "key": key, "name": "alice", "login": "alice"});
        let gap = json!({
            "record": "skipped", "code": "object-without-id",
            "message": "The Teams service gave a user without an id.",
        });
        let table = [
            (json!({"id": "alice"}), &known),
            (json!({"id": "alice", "name": null, "email": 7, "active": "yes"}), &known),
            (json!({"id": "", "name": "Alice Archer"}), &gap),
            (json!(null), &gap),
        ];
        for (told, expected) in table {
            assert_eq!(&serde_json::to_value(user(told)).unwrap(), expected);
        }
    }

    #[test]
    fn only_a_team_that_nothing_fills_can_be_changed() {
        let table = [
            (json!({"id": "chess", "managed_by": null}), OWN_TEAM, None),
            (
                json!({"id": "chess", "managed_by": "directory"}),
                DIRECTORY_TEAM,
                Some(MANAGED_BY_DIRECTORY),
            ),
            (json!({"id": "chess", "managed_by": "new"}), DIRECTORY_TEAM, Some("manager-unknown")),
            (json!({"id": "chess"}), DIRECTORY_TEAM, Some("manager-unknown")),
        ];
        for (told, class, refused) in table {
            let team = team(told);
            assert_eq!(team.class, class);
            for gives in [true, false] {
                let refusal = team.refusal(MEMBER, USER, gives);
                assert_eq!(refusal.map(|refusal| refusal.code.as_str()), refused);
            }
        }
    }
}
