//! A role definition as a resource.

use doorward_core::{Attributes, KeptHolder, Refusal, RefusalRule, Resource};

use super::privileged::is_privileged;
use crate::kinds::{ASSIGNED, Kind};
use crate::objects::{DirectoryObject, keep};

pub(crate) const CLASSES: &[&str] = &["built-in", "custom"];

/// The same id in every tenant.
const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";

/// The record of a role definition.
pub(crate) fn resource(role: &DirectoryObject) -> Resource {
    let mut attributes = Attributes::new();
    keep(&mut attributes, "description", &role.description);
    keep(&mut attributes, "isBuiltIn", &role.is_built_in);
    keep(&mut attributes, "isEnabled", &role.is_enabled);
    keep(&mut attributes, "templateId", &role.template_id);
    Resource {
        key: Kind::Role.key(&role.id),
        name: role.name().to_owned(),
        class: if role.is_built_in == Some(false) { "custom" } else { "built-in" }.to_owned(),
        login: None,
        mail: None,
        created: None,
        refusals: refusals(role),
        privileged: is_privileged(role),
        keeps_last_holder: keeps_last_holder(role),
        attributes,
    }
}

/// A tenant without a Global Administrator that a person can sign in as is lost.
fn keeps_last_holder(role: &DirectoryObject) -> Vec<KeptHolder> {
    if !is_global_administrator(&role.id) {
        return Vec::new();
    }
    vec![KeptHolder {
        entitlement: ASSIGNED.to_owned(),
        principals: vec![Kind::User.name().to_owned()],
        active: true,
    }]
}

pub(super) fn is_global_administrator(role: &str) -> bool {
    role.eq_ignore_ascii_case(GLOBAL_ADMINISTRATOR)
}

fn refusals(role: &DirectoryObject) -> Vec<RefusalRule> {
    let rule = |principals: &[Kind], code: &str, message: String, remedy: &str| RefusalRule {
        entitlements: vec![ASSIGNED.to_owned()],
        principals: principals.iter().map(|kind| kind.name().to_owned()).collect(),
        can_be_taken: true,
        refusal: Refusal { code: code.to_owned(), message, remedy: remedy.to_owned() },
    };
    let mut rules = Vec::new();
    if role.is_enabled == Some(false) {
        rules.push(rule(
            &[],
            "role-disabled",
            format!("The role {} is disabled: nobody has what it gives.", role.name()),
            "Enable the role in the Microsoft Entra admin center first, or use another one.",
        ));
    }
    rules.push(rule(
        &[Kind::Device, Kind::Contact],
        "principal-type",
        "Only users, service principals and role-assignable groups can hold a role.".to_owned(),
        "Choose one of those.",
    ));
    rules
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorward_core::ObjectRef;
    use serde_json::{Value, json};

    fn role(properties: Value) -> Resource {
        let mut role = json!({
            "id": "c0000000-0000-4000-8000-000000000001", "displayName": "R",
            "isBuiltIn": true, "isEnabled": true,
        });
        for (name, value) in properties.as_object().unwrap() {
            role[name] = value.clone();
        }
        resource(&serde_json::from_value(role).unwrap())
    }

    #[test]
    fn built_in_and_custom_roles_are_told_apart() {
        for (properties, class) in
            [(json!({}), "built-in"), (json!({"isBuiltIn": false}), "custom")]
        {
            let role = role(properties);
            assert_eq!((role.class.as_str(), role.key.kind.as_str()), (class, "role"));
            assert!(CLASSES.contains(&class));
            assert_eq!(role.attributes["isEnabled"], true);
        }
    }

    #[test]
    fn a_disabled_role_is_refused_and_so_are_devices() {
        let refused = |properties: Value, kind: &str| {
            let role = role(properties);
            assert_eq!(role.refusal(ASSIGNED, kind, false), None, "it can be taken");
            role.refusal(ASSIGNED, kind, true).map(|refusal| refusal.code.clone())
        };
        assert_eq!(refused(json!({}), "user"), None);
        assert_eq!(refused(json!({}), "group"), None);
        assert_eq!(refused(json!({}), "device").as_deref(), Some("principal-type"));
        let disabled = json!({"isEnabled": false});
        assert_eq!(refused(disabled.clone(), "user").as_deref(), Some("role-disabled"));
        assert_eq!(refused(disabled, "device").as_deref(), Some("role-disabled"));
    }

    #[test]
    fn only_global_administrator_keeps_its_last_user() {
        let kept = |id: &str, principal: &str| {
            let role = role(json!({"id": id}));
            let kept = role.kept_holder(ASSIGNED);
            kept.is_some_and(|kept| kept.active && kept.counts(&ObjectRef::new(principal, "p")))
        };
        assert!(kept(GLOBAL_ADMINISTRATOR, "user"));
        assert!(!kept(GLOBAL_ADMINISTRATOR, "service-principal"));
        assert!(!kept("c0000000-0000-4000-8000-000000000001", "user"));
    }
}
