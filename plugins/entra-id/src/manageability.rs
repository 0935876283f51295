//! What kind of group it is, and what cannot be changed about it here (facts §2.1).

use doorward_core::{KeptHolder, Refusal, RefusalRule};

use crate::kinds::{Kind, MEMBER, OWNER};
use crate::objects::DirectoryObject;

/// The classes of groups, in the precedence of facts §2.1.
pub(crate) const CLASSES: &[&str] = &[
    SYNCED,
    DYNAMIC,
    MAIL_ENABLED_SECURITY,
    DISTRIBUTION,
    RESTRICTED,
    ROLE_ASSIGNABLE,
    MICROSOFT_365,
    SECURITY,
];
pub(crate) const SYNCED: &str = "synced";
pub(crate) const DYNAMIC: &str = "dynamic";
pub(crate) const MAIL_ENABLED_SECURITY: &str = "mail-enabled-security";
pub(crate) const DISTRIBUTION: &str = "distribution";
pub(crate) const RESTRICTED: &str = "restricted";
pub(crate) const ROLE_ASSIGNABLE: &str = "role-assignable";
pub(crate) const MICROSOFT_365: &str = "microsoft-365";
pub(crate) const SECURITY: &str = "security";

/// The class of a group.
pub(crate) fn class(group: &DirectoryObject) -> &'static str {
    if is_synced(group) {
        SYNCED
    } else if is_dynamic(group) {
        DYNAMIC
    } else if is_exchange_owned(group) {
        if group.security_enabled == Some(true) { MAIL_ENABLED_SECURITY } else { DISTRIBUTION }
    } else if is_restricted(group) {
        RESTRICTED
    } else if is_role_assignable(group) {
        ROLE_ASSIGNABLE
    } else if is_unified(group) {
        MICROSOFT_365
    } else {
        SECURITY
    }
}

/// All that cannot be changed, in the precedence of facts §2.1: the first rule that fits decides.
pub(crate) fn refusals(group: &DirectoryObject) -> Vec<RefusalRule> {
    let mut rules = Vec::new();
    if is_synced(group) {
        rules.push(rule(&[MEMBER, OWNER], &[], synced()));
    }
    if is_dynamic(group) {
        rules.push(rule(&[MEMBER], &[], dynamic(group)));
    }
    if is_exchange_owned(group) {
        rules.push(rule(&[MEMBER, OWNER], &[], mail_enabled(group.security_enabled == Some(true))));
    }
    if is_restricted(group) {
        rules.push(rule(&[MEMBER, OWNER], &[], restricted()));
    }
    if is_unified(group) {
        rules.push(rule(
            &[MEMBER],
            &["service-principal", "group", "device", "contact"],
            users_only(),
        ));
    }
    if is_role_assignable(group) {
        rules.push(rule(&[MEMBER], &["group"], no_nesting()));
    }
    rules.push(rule(&[OWNER], &["group", "device", "contact"], owner_kinds()));
    rules
}

/// Whether its members can be changed here at all.
pub(crate) fn takes_members(group: &DirectoryObject) -> bool {
    !refusals(group).iter().any(|rule| {
        rule.principals.is_empty() && rule.entitlements.iter().any(|right| right == MEMBER)
    })
}

/// The entitlements whose last holder must stay: the last *user* among the owners, except on
/// role-assignable groups (facts §2.2).
pub(crate) fn keeps_last_holder(group: &DirectoryObject) -> Vec<KeptHolder> {
    if is_role_assignable(group) {
        return Vec::new();
    }
    vec![KeptHolder {
        entitlement: OWNER.to_owned(),
        principals: vec![Kind::User.name().to_owned()],
        active: false,
    }]
}

/// Whether groups can be in it (facts §2.1): a Microsoft 365 group has users only, and groups that can
/// hold a role are not nested.
pub(crate) fn holds_groups(group: &DirectoryObject) -> bool {
    !is_unified(group) && !is_role_assignable(group)
}

pub(crate) fn is_role_assignable(group: &DirectoryObject) -> bool {
    group.is_assignable_to_role == Some(true)
}

fn is_synced(group: &DirectoryObject) -> bool {
    group.on_premises_sync_enabled == Some(true)
}

/// A paused rule is still a rule.
fn is_dynamic(group: &DirectoryObject) -> bool {
    group.in_group_types("DynamicMembership")
}

pub(crate) fn is_unified(group: &DirectoryObject) -> bool {
    group.in_group_types("Unified")
}

fn is_exchange_owned(group: &DirectoryObject) -> bool {
    group.mail_enabled == Some(true) && !is_unified(group)
}

fn is_restricted(group: &DirectoryObject) -> bool {
    group.is_management_restricted == Some(true)
}

fn rule(entitlements: &[&str], principals: &[&str], refusal: Refusal) -> RefusalRule {
    RefusalRule {
        can_be_taken: false,
        entitlements: entitlements.iter().map(|name| (*name).to_owned()).collect(),
        principals: principals.iter().map(|kind| (*kind).to_owned()).collect(),
        refusal,
    }
}

fn refusal(code: &str, message: impl Into<String>, remedy: &str) -> Refusal {
    Refusal { code: code.to_owned(), message: message.into(), remedy: remedy.to_owned() }
}

pub(crate) fn synced() -> Refusal {
    refusal(
        "synced-from-active-directory",
        "The group is synchronized from an on-premises Active Directory, which alone can change it.",
        "Change the group in the on-premises Active Directory.",
    )
}

fn dynamic(group: &DirectoryObject) -> Refusal {
    let rule = group.membership_rule.as_deref().unwrap_or("not shown");
    let paused = match group.membership_rule_processing_state.as_deref() {
        Some(state) if state.eq_ignore_ascii_case("Paused") => ", paused at present,",
        _ => "",
    };
    refusal(
        "dynamic-membership",
        format!("The rule `{rule}`{paused} decides who is a member."),
        "Change the rule, or what it looks at, in the Microsoft Entra admin center, or use another group. Its owners can be changed here.",
    )
}

pub(crate) fn mail_enabled(security: bool) -> Refusal {
    let (code, what) = if security {
        ("mail-enabled", "mail-enabled security group")
    } else {
        ("distribution-list", "distribution list")
    };
    refusal(
        code,
        format!("The group is a {what}, which Microsoft Graph cannot change."),
        "Change it in the Exchange admin center or the Microsoft 365 admin center.",
    )
}

pub(crate) fn restricted() -> Refusal {
    refusal(
        "restricted-unit",
        "The object lies in a restricted management administrative unit, where no application permission applies.",
        "Ask an administrator who is scoped to that unit: this connector changes nothing there, whatever its roles are.",
    )
}

pub(crate) fn users_only() -> Refusal {
    refusal(
        "member-type",
        "A Microsoft 365 group takes users only as members.",
        "Add users, or use a security group.",
    )
}

pub(crate) fn no_nesting() -> Refusal {
    refusal(
        "member-type",
        "A group that can be assigned to a role takes no groups as members.",
        "Add the members of the group themselves.",
    )
}

fn owner_kinds() -> Refusal {
    refusal(
        "member-type",
        "Only users and service principals can own a group.",
        "Choose a user or a service principal.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorward_core::{Object, ObjectRef, Resource};
    use serde_json::{Value, json};

    fn resource(properties: Value) -> Resource {
        let mut group = json!({"id": "g", "displayName": "G", "groupTypes": [], "mailEnabled": false, "securityEnabled": true});
        for (name, value) in properties.as_object().unwrap() {
            group[name] = value.clone();
        }
        let object: DirectoryObject = serde_json::from_value(group).unwrap();
        match object.object(Kind::Group) {
            Object::Resource(resource) => resource,
            Object::Account(_) => panic!("a group is a resource"),
        }
    }

    /// class, and the refusal's code for: a user as member, a group as member, a user as owner.
    #[test]
    fn each_kind_of_group_is_told_apart() {
        let table = [
            (json!({}), "security", None, None, None),
            (json!({"onPremisesSyncEnabled": false}), "security", None, None, None),
            (
                json!({"onPremisesSyncEnabled": true}),
                "synced",
                Some("synced-from-active-directory"),
                Some("synced-from-active-directory"),
                Some("synced-from-active-directory"),
            ),
            (
                json!({"onPremisesSyncEnabled": true, "mailEnabled": true}),
                "synced",
                Some("synced-from-active-directory"),
                Some("synced-from-active-directory"),
                Some("synced-from-active-directory"),
            ),
            (
                json!({"groupTypes": ["DynamicMembership"]}),
                "dynamic",
                Some("dynamic-membership"),
                Some("dynamic-membership"),
                None,
            ),
            (
                json!({"groupTypes": ["DynamicMembership"], "membershipRuleProcessingState": "Paused"}),
                "dynamic",
                Some("dynamic-membership"),
                Some("dynamic-membership"),
                None,
            ),
            (
                json!({"groupTypes": ["Unified", "DynamicMembership"], "mailEnabled": true}),
                "dynamic",
                Some("dynamic-membership"),
                Some("dynamic-membership"),
                None,
            ),
            (
                json!({"mailEnabled": true}),
                "mail-enabled-security",
                Some("mail-enabled"),
                Some("mail-enabled"),
                Some("mail-enabled"),
            ),
            (
                json!({"mailEnabled": true, "securityEnabled": false}),
                "distribution",
                Some("distribution-list"),
                Some("distribution-list"),
                Some("distribution-list"),
            ),
            (
                json!({"groupTypes": ["Unified"], "mailEnabled": true}),
                "microsoft-365",
                None,
                Some("member-type"),
                None,
            ),
            (
                json!({"isManagementRestricted": true}),
                "restricted",
                Some("restricted-unit"),
                Some("restricted-unit"),
                Some("restricted-unit"),
            ),
            (
                json!({"isAssignableToRole": true}),
                "role-assignable",
                None,
                Some("member-type"),
                None,
            ),
            (
                json!({"isAssignableToRole": true, "isManagementRestricted": true}),
                "restricted",
                Some("restricted-unit"),
                Some("restricted-unit"),
                Some("restricted-unit"),
            ),
        ];
        for (properties, class, user, group, owner) in table {
            let resource = resource(properties.clone());
            let code = |entitlement, kind| {
                resource.refusal(entitlement, kind, true).map(|refusal| refusal.code.as_str())
            };
            assert_eq!(resource.class, class, "{properties}");
            assert!(CLASSES.contains(&class));
            assert_eq!(code("member", "user"), user, "{properties}");
            assert_eq!(code("member", "group"), group, "{properties}");
            assert_eq!(code("owner", "user"), owner, "{properties}");
            assert!(code("owner", "device").is_some(), "{properties}");
        }
    }

    #[test]
    fn a_role_assignable_group_is_privileged_and_may_lose_its_last_user_owner() {
        let role_assignable = resource(json!({"isAssignableToRole": true}));
        assert!(role_assignable.privileged && role_assignable.keeps_last_holder.is_empty());
        let plain = resource(json!({"isAssignableToRole": null}));
        assert!(!plain.privileged);
        let kept = plain.kept_holder(OWNER).unwrap();
        let owner = |kind: &str| kept.counts(&ObjectRef::new(kind, "p"));
        assert_eq!((owner("user"), owner("service-principal")), (true, false));
    }

    #[test]
    fn the_rule_is_shown_and_the_raw_properties_are_kept() {
        let dynamic = resource(json!({
            "groupTypes": ["DynamicMembership", "SomethingNew"],
            "membershipRule": "user.department -eq \"Sales\"", "membershipRuleProcessingState": "Paused",
            "resourceProvisioningOptions": ["Team"], "visibility": "unknownFutureValue",
        }));
        let refusal = dynamic.refusal("member", "user", true).unwrap();
        assert_eq!(
            refusal.message,
            "The rule `user.department -eq \"Sales\"`, paused at present, decides who is a member."
        );
        assert_eq!(dynamic.attributes["team"], true);
        assert_eq!(dynamic.attributes["visibility"], "unknownFutureValue");
        assert_eq!(dynamic.attributes["groupTypes"][1], "SomethingNew");
    }
}
