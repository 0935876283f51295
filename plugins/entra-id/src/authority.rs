//! What the token lets us do, per operation (facts §0).
//!
//! A role that is missing in the token is never "no": Entra roles of our service principal and
//! ownership of a group allow calls, too, and appear nowhere in the token (facts §2.2).

use doorward_core::{Authority, AuthorityEntry};
use std::collections::BTreeSet;

use crate::kinds::{MEMBER, OWNER};
use crate::manageability::{
    DISTRIBUTION, DYNAMIC, MAIL_ENABLED_SECURITY, RESTRICTED, ROLE_ASSIGNABLE, SYNCED,
};
use crate::permissions::{READ_GROUPS, READ_USERS, ROLE_WRITE, WRITE_MEMBERS, WRITE_OWNERS};

/// One entry for each operation that the connector offers.
pub(crate) fn authority(roles: &BTreeSet<&str>) -> Vec<AuthorityEntry> {
    let read = |kind: &str, entitlement: Option<&str>, needs: &[&str]| {
        entry("read", kind, entitlement, given(roles, needs, &[]))
    };
    let mut entries = vec![
        read("user", None, READ_USERS.needs),
        read("group", None, READ_GROUPS.needs),
        read("group", Some(MEMBER), READ_GROUPS.needs),
        read("group", Some(OWNER), READ_GROUPS.needs),
    ];
    for action in ["grant", "revoke"] {
        let members = given(roles, WRITE_MEMBERS, &unchangeable(roles, true));
        let owners = given(roles, WRITE_OWNERS, &unchangeable(roles, false));
        entries.push(entry(action, "group", Some(MEMBER), members));
        entries.push(entry(action, "group", Some(OWNER), owners));
    }
    entries
}

fn entry(
    action: &str,
    kind: &str,
    entitlement: Option<&str>,
    authority: Authority,
) -> AuthorityEntry {
    AuthorityEntry {
        action: action.to_owned(),
        kind: kind.to_owned(),
        entitlement: entitlement.map(str::to_owned),
        authority,
    }
}

fn given(roles: &BTreeSet<&str>, needs: &[&str], except: &[&str]) -> Authority {
    if needs.iter().any(|needed| roles.contains(needed)) {
        return Authority::Everywhere {
            except: except.iter().map(|class| (*class).to_owned()).collect(),
        };
    }
    Authority::Unknown {
        because: format!(
            "The token carries none of {}. An Entra role of the application, or ownership of a group, may allow it all the same; those are not read yet.",
            needs.join(", ")
        ),
    }
}

/// The classes that no permission of the token changes.
fn unchangeable(roles: &BTreeSet<&str>, members: bool) -> Vec<&'static str> {
    let mut classes = vec![SYNCED, MAIL_ENABLED_SECURITY, DISTRIBUTION, RESTRICTED];
    if members {
        classes.push(DYNAMIC);
    }
    if !roles.contains(ROLE_WRITE) {
        classes.push(ROLE_ASSIGNABLE);
    }
    classes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(roles: &[&str], action: &str, entitlement: &str) -> Authority {
        authority(&roles.iter().copied().collect())
            .into_iter()
            .find(|entry| {
                entry.action == action && entry.entitlement.as_deref() == Some(entitlement)
            })
            .unwrap()
            .authority
    }

    #[test]
    fn a_missing_role_is_unknown_and_never_no() {
        for entry in authority(&BTreeSet::new()) {
            assert!(matches!(entry.authority, Authority::Unknown { .. }), "{entry:?}");
        }
    }

    #[test]
    fn the_smaller_set_changes_members_but_not_owners() {
        let roles = ["User.Read.All", "GroupMember.ReadWrite.All"];
        let Authority::Everywhere { except } = on(&roles, "grant", MEMBER) else { panic!() };
        assert!(except.iter().any(|class| class == ROLE_ASSIGNABLE));
        assert!(except.iter().any(|class| class == DYNAMIC));
        assert!(matches!(on(&roles, "grant", OWNER), Authority::Unknown { .. }));
        assert!(matches!(on(&roles, "read", OWNER), Authority::Everywhere { .. }));
    }

    #[test]
    fn the_guides_two_reach_role_assignable_groups_and_owners_of_dynamic_ones() {
        let roles = ["Directory.ReadWrite.All", "RoleManagement.ReadWrite.Directory"];
        let Authority::Everywhere { except } = on(&roles, "revoke", OWNER) else { panic!() };
        assert_eq!(except, [SYNCED, MAIL_ENABLED_SECURITY, DISTRIBUTION, RESTRICTED]);
    }
}
