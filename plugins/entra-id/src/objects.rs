//! Directory objects as Graph shows them, and the records that they become.

use doorward_core::{
    Account, Attributes, NOTICES, Notice, Object, ObjectRef, Record, Resource, Skipped, Timestamp,
};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use crate::kinds::Kind;
use crate::{manageability, roles, scopes};

/// Any object of the directory: what is absent, null or not selected is `None` (facts §3). Unknown
/// properties are passed over, since the types are open (facts §7).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DirectoryObject {
    #[serde(rename = "@odata.type")]
    pub(crate) odata_type: Option<String>,
    pub(crate) id: String,
    pub(crate) display_name: Option<String>,
    pub(crate) user_principal_name: Option<String>,
    pub(crate) mail: Option<String>,
    pub(crate) account_enabled: Option<bool>,
    pub(crate) user_type: Option<String>,
    pub(crate) department: Option<String>,
    pub(crate) created_date_time: Option<String>,
    pub(crate) app_id: Option<String>,
    pub(crate) service_principal_type: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) group_types: Option<Vec<String>>,
    pub(crate) mail_enabled: Option<bool>,
    pub(crate) security_enabled: Option<bool>,
    pub(crate) mail_nickname: Option<String>,
    pub(crate) on_premises_sync_enabled: Option<bool>,
    pub(crate) membership_rule: Option<String>,
    pub(crate) membership_rule_processing_state: Option<String>,
    pub(crate) is_assignable_to_role: Option<bool>,
    pub(crate) is_management_restricted: Option<bool>,
    pub(crate) visibility: Option<String>,
    pub(crate) resource_provisioning_options: Option<Vec<String>>,
    /// Each gives a licence to every member; what it is called is not read.
    pub(crate) assigned_licenses: Option<Vec<IgnoredAny>>,
    /// Of an administrative unit (facts §3.8).
    pub(crate) is_member_management_restricted: Option<bool>,
    pub(crate) membership_type: Option<String>,
    /// Of a role definition (facts §3.4).
    pub(crate) is_built_in: Option<bool>,
    pub(crate) is_enabled: Option<bool>,
    pub(crate) template_id: Option<String>,
    pub(crate) role_permissions: Option<Vec<RolePermission>>,
    pub(crate) inherits_permissions_from: Option<Vec<DirectoryObject>>,
}

/// What a role allows.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RolePermission {
    pub(crate) allowed_resource_actions: Option<Vec<String>>,
}

impl DirectoryObject {
    /// The kind by `@odata.type`, or that of the list, whose items carry no type when it is cast
    /// (facts §3.2).
    pub(crate) fn kind(&self, of_list: Option<Kind>) -> Option<Kind> {
        match &self.odata_type {
            Some(odata_type) => Kind::of_type(odata_type),
            None => of_list,
        }
    }

    /// Whether only type and id are shown, since we may not read more (facts §3.2).
    pub(crate) fn is_limited(&self) -> bool {
        self.display_name.is_none()
            && self.user_principal_name.is_none()
            && self.mail.is_none()
            && self.group_types.is_none()
            && self.created_date_time.is_none()
    }

    pub(crate) fn name(&self) -> &str {
        [&self.display_name, &self.user_principal_name, &self.mail]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .find(|name| !name.is_empty())
            .unwrap_or(&self.id)
    }

    pub(crate) fn in_group_types(&self, name: &str) -> bool {
        contains(self.group_types.as_ref(), name)
    }

    pub(crate) fn hides_members(&self) -> bool {
        self.visibility
            .as_deref()
            .is_some_and(|visibility| visibility.eq_ignore_ascii_case("HiddenMembership"))
    }

    /// What a role allows, those roles that it builds on not counted.
    pub(crate) fn actions(&self) -> impl Iterator<Item = &str> {
        let permissions = self.role_permissions.iter().flatten();
        permissions
            .flat_map(|permission| permission.allowed_resource_actions.iter().flatten())
            .map(String::as_str)
    }

    pub(crate) fn created(&self) -> Option<Timestamp> {
        self.created_date_time.as_deref()?.parse().ok()
    }

    /// The record of an object of this kind.
    pub(crate) fn object(&self, kind: Kind) -> Object {
        match kind {
            Kind::Group => Object::Resource(self.resource()),
            Kind::Role => Object::Resource(roles::resource(self)),
            Kind::Unit | Kind::Application => Object::Resource(scopes::resource(self, kind)),
            _ => Object::Account(self.account(kind)),
        }
    }

    /// Somebody whose home is another organization: a guest, or one who was made a member here, whom
    /// the name still tells (Microsoft, "Properties of a B2B collaboration user").
    fn is_external(&self) -> bool {
        let is =
            |value: &Option<String>, test: fn(&str) -> bool| value.as_deref().is_some_and(test);
        is(&self.user_type, |kind| kind.eq_ignore_ascii_case("Guest"))
            || is(&self.user_principal_name, |name| name.to_ascii_uppercase().contains("#EXT#"))
    }

    fn account(&self, kind: Kind) -> Account {
        let login = match kind {
            Kind::User => self.user_principal_name.clone(),
            Kind::ServicePrincipal => self.app_id.clone(),
            _ => None,
        };
        let mut attributes = Attributes::new();
        keep(&mut attributes, "userType", &self.user_type);
        keep(&mut attributes, "department", &self.department);
        keep(&mut attributes, "onPremisesSyncEnabled", &self.on_premises_sync_enabled);
        keep(&mut attributes, "servicePrincipalType", &self.service_principal_type);
        Account {
            key: kind.key(&self.id),
            name: self.name().to_owned(),
            login,
            mail: self.mail.clone(),
            enabled: self.account_enabled,
            external: self.is_external(),
            limited: self.is_limited(),
            created: self.created(),
            attributes,
        }
    }

    fn resource(&self) -> Resource {
        Resource {
            key: Kind::Group.key(&self.id),
            name: self.name().to_owned(),
            class: manageability::class(self).to_owned(),
            login: None,
            mail: self.mail.clone(),
            created: self.created(),
            refusals: manageability::refusals(self),
            privileged: manageability::is_role_assignable(self),
            keeps_last_holder: manageability::keeps_last_holder(self),
            attributes: self.group_attributes(),
        }
    }

    /// The raw properties that class and refusals were read from, and what people ask for.
    fn group_attributes(&self) -> Attributes {
        let mut attributes = Attributes::new();
        keep(&mut attributes, "description", &self.description);
        keep(&mut attributes, "groupTypes", &self.group_types);
        keep(&mut attributes, "mailEnabled", &self.mail_enabled);
        keep(&mut attributes, "securityEnabled", &self.security_enabled);
        keep(&mut attributes, "mailNickname", &self.mail_nickname);
        keep(&mut attributes, "visibility", &self.visibility);
        keep(&mut attributes, "onPremisesSyncEnabled", &self.on_premises_sync_enabled);
        keep(&mut attributes, "membershipRule", &self.membership_rule);
        keep(
            &mut attributes,
            "membershipRuleProcessingState",
            &self.membership_rule_processing_state,
        );
        keep(&mut attributes, "isAssignableToRole", &self.is_assignable_to_role);
        keep(&mut attributes, "isManagementRestricted", &self.is_management_restricted);
        if contains(self.resource_provisioning_options.as_ref(), "Team") {
            attributes.insert("team".to_owned(), json!(true));
        }
        let notices = self.notices();
        if !notices.is_empty() {
            attributes.insert(NOTICES.to_owned(), json!(notices));
        }
        attributes
    }

    /// What a change of who is in the group brings beside.
    fn notices(&self) -> Vec<Notice> {
        let name = self.name();
        let notice = |code: &str, message: String| Notice { code: code.to_owned(), message };
        let mut notices = Vec::new();
        if contains(self.resource_provisioning_options.as_ref(), "Team") {
            let message = format!(
                "{name} is a team in Microsoft Teams: its members see the team's channels and files, and its owners run it."
            );
            notices.push(notice("team", message));
        }
        match self.assigned_licenses.as_ref().map_or(0, Vec::len) {
            0 => {}
            number => {
                let licences = if number == 1 { "a licence" } else { "licences" };
                let message = format!(
                    "{name} carries {licences}: who joins it directly gets them, and who leaves it loses them with what they give."
                );
                notices.push(notice("carries-licences", message));
            }
        }
        notices
    }
}

fn contains(list: Option<&Vec<String>>, name: &str) -> bool {
    list.is_some_and(|list| list.iter().any(|entry| entry.eq_ignore_ascii_case(name)))
}

pub(crate) fn keep<T: Clone + Into<Value>>(
    attributes: &mut Attributes,
    name: &str,
    value: &Option<T>,
) {
    if let Some(value) = value {
        attributes.insert(name.to_owned(), value.clone().into());
    }
}

/// The record of an object in a list of principals or groups.
///
/// A limited group cannot be classified, and a guess would be a wrong manageability: it is
/// reported as not read.
pub(crate) fn record(object: &DirectoryObject, kind: Kind) -> Record {
    if kind == Kind::Group && object.is_limited() {
        return skipped(
            Some(kind.key(&object.id)),
            "limited-information",
            "Microsoft Graph shows no more of this group than its id.",
        );
    }
    object.object(kind).into()
}

/// A record of what was not read.
pub(crate) fn skipped(object: Option<ObjectRef>, code: &str, message: &str) -> Record {
    Record::Skipped(Skipped {
        object,
        code: code.to_owned(),
        message: message.to_owned(),
        attributes: Attributes::new(),
    })
}

/// A record of an object whose kind this connector does not know; `within` is what was read.
pub(crate) fn unknown_kind(within: &ObjectRef, object: &DirectoryObject) -> Record {
    let odata_type = object.odata_type.as_deref().unwrap_or("no type");
    let mut attributes = Attributes::new();
    attributes.insert("id".to_owned(), json!(object.id));
    attributes.insert("type".to_owned(), json!(odata_type));
    keep(&mut attributes, "name", &object.display_name);
    Record::Skipped(Skipped {
        object: Some(within.clone()),
        code: "unsupported-kind".to_owned(),
        message: format!(
            "An object of the type `{odata_type}` was left out: this connector does not read that kind yet."
        ),
        attributes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_at_home_elsewhere_comes_from_outside() {
        let (home, away) = ("a@contoso.com", "a_x.com#EXT#@contoso.com");
        let table = [
            (json!({"userType": "Member", "userPrincipalName": home}), false),
            (json!({"userType": "guest", "userPrincipalName": home}), true),
            (json!({"userType": "Member", "userPrincipalName": away}), true),
            (json!({"userPrincipalName": away.to_lowercase()}), true),
            // Made before there was such a property.
            (json!({"userPrincipalName": home}), false),
        ];
        for (mut user, external) in table {
            user["id"] = json!("u");
            let object: DirectoryObject = serde_json::from_value(user).unwrap();
            assert_eq!(object.account(Kind::User).external, external, "{object:?}");
        }
    }
}
