//! Who and what there is, and how the service shows it (RFC 7643 §4).

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

use super::BASE;

/// A user.
#[derive(Clone, Debug, Default)]
pub struct User {
    pub user_name: &'static str,
    pub display_name: Option<&'static str>,
    pub formatted: Option<&'static str>,
    /// The first one is the primary one.
    pub mails: Vec<&'static str>,
    pub active: bool,
}

/// A group.
#[derive(Clone, Debug, Default)]
pub struct Group {
    pub display_name: &'static str,
    /// Ids of users and groups.
    pub members: BTreeSet<String>,
}

/// Everything, by id. Ids are unique among users and groups (RFC 7643 §3.1).
#[derive(Clone, Debug)]
pub struct Directory {
    pub users: BTreeMap<String, User>,
    pub groups: BTreeMap<String, Group>,
}

impl Default for Directory {
    fn default() -> Self {
        let user = |user_name, display_name, mails: &[&'static str]| User {
            user_name,
            display_name: Some(display_name),
            formatted: None,
            mails: mails.to_vec(),
            active: true,
        };
        let users = [
            ("u1", user("ada", "Ada \"Countess\" Lovelace", &["ada@scim.example"])),
            ("u2", user("bo", "Bo", &["bo@scim.example", "bo@home.example"])),
            ("u3", user("sam.one", "Sam", &[])),
            ("u4", user("sam.two", "Sam", &[])),
            ("u/5", user("cleo", "Cléo", &["cleo@scim.example"])),
            (
                "u6",
                User {
                    user_name: "dan",
                    formatted: Some("Dan \\ Brown"),
                    active: false,
                    ..User::default()
                },
            ),
            ("u7", User { user_name: "eve", active: true, ..User::default() }),
        ];
        let group = |display_name, members: &[&str]| Group {
            display_name,
            members: members.iter().map(|id| (*id).to_owned()).collect(),
        };
        let groups = [
            ("g1", group("Staff", &["g2", "u1", "u/5"])),
            ("g2", group("Engineers", &["g4", "u2", "u3"])),
            ("g3", group("Nobody", &[])),
            // Each is in the other.
            ("g4", group("Round", &["g5", "u4"])),
            ("g5", group("And Round", &["g4"])),
        ];
        Self {
            users: users.into_iter().map(|(id, user)| (id.to_owned(), user)).collect(),
            groups: groups.into_iter().map(|(id, group)| (id.to_owned(), group)).collect(),
        }
    }
}

impl Directory {
    /// Every user, in a fixed order.
    pub(crate) fn all_users(&self) -> Vec<Value> {
        self.users.keys().filter_map(|id| self.user(id)).collect()
    }

    /// Every group, in a fixed order.
    pub(crate) fn all_groups(&self) -> Vec<Value> {
        self.groups.keys().filter_map(|id| self.group(id)).collect()
    }

    pub(crate) fn user(&self, id: &str) -> Option<Value> {
        let user = self.users.get(id)?;
        let mut shown = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "id": id,
            "userName": user.user_name,
            "active": user.active,
            "meta": meta("User", id),
        });
        if let Some(name) = user.display_name {
            shown["displayName"] = json!(name);
        }
        if let Some(name) = user.formatted {
            shown["name"] = json!({"formatted": name});
        }
        // What has no value is left out (RFC 7643 §2.5).
        if !user.mails.is_empty() {
            let mails = user.mails.iter().enumerate();
            shown["emails"] = mails
                .map(|(index, mail)| json!({"value": mail, "type": "work", "primary": index == 0}))
                .collect();
        }
        Some(shown)
    }

    pub(crate) fn group(&self, id: &str) -> Option<Value> {
        let group = self.groups.get(id)?;
        let mut shown = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "id": id,
            "displayName": group.display_name,
            "meta": meta("Group", id),
        });
        if !group.members.is_empty() {
            shown["members"] = group.members.iter().map(|member| self.member(member)).collect();
        }
        Some(shown)
    }

    fn member(&self, id: &str) -> Value {
        let kind = if self.groups.contains_key(id) { "Group" } else { "User" };
        json!({"value": id, "type": kind, "$ref": location(kind, id)})
    }

    /// Whether there is a user or group of this id.
    pub(crate) fn knows(&self, id: &str) -> bool {
        self.users.contains_key(id) || self.groups.contains_key(id)
    }
}

fn meta(kind: &str, id: &str) -> Value {
    json!({
        "resourceType": kind,
        "created": "2026-01-02T03:04:05Z",
        "lastModified": "2026-01-02T03:04:05Z",
        "location": location(kind, id),
    })
}

fn location(kind: &str, id: &str) -> String {
    let id = percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC);
    format!("https://scim.example{BASE}/{kind}s/{id}")
}
