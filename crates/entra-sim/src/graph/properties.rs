//! The values of properties.

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::property_names::{empties, nulls};
use crate::tenant::{
    AppRole, Body, Contact, Device, Group, Handle, Object, ServicePrincipal, Tenant, Unit, User,
};

/// The value of a property; `None` when the kind has no such property.
pub(crate) fn read(tenant: &Tenant, handle: Handle, name: &str) -> Option<Value> {
    let object = tenant.object(handle);
    match name {
        "id" => return Some(json!(object.id.to_string())),
        "deletedDateTime" => return Some(object.deleted.map_or(Value::Null, stamp)),
        "displayName" => return Some(json!(object.display_name())),
        _ => {}
    }
    let own = match &object.body {
        Body::User(user) => user_property(tenant, handle, object, user, name),
        Body::Group(group) => group_property(tenant, handle, object, group, name),
        Body::ServicePrincipal(principal) => principal_property(principal, name),
        Body::Device(device) => device_property(tenant, handle, device, name),
        Body::OrgContact(contact) => contact_property(contact, name),
        Body::Unit(unit) => unit_property(unit, name),
        Body::Role(_, template) if name == "roleTemplateId" => Some(json!(template.to_string())),
        Body::Role(..) => None,
    };
    own.or_else(|| nulls(object.kind()).contains(&name).then_some(Value::Null))
        .or_else(|| empties(object.kind()).contains(&name).then(|| json!([])))
}

fn stamp(at: Timestamp) -> Value {
    json!(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// Ever-cloud tenants have nulls here; `false` means "was synced" (facts §2.1).
fn restricted(tenant: &Tenant, handle: Handle) -> Value {
    if tenant.is_restricted(handle) { json!(true) } else { Value::Null }
}

fn user_property(
    tenant: &Tenant,
    handle: Handle,
    object: &Object,
    user: &User,
    name: &str,
) -> Option<Value> {
    Some(match name {
        "businessPhones" => json!([]),
        "givenName" => json!(user.given_name),
        "surname" => json!(user.surname),
        "userPrincipalName" => json!(user.user_principal_name),
        "mail" => json!(user.mail),
        "mailNickname" => json!(user.mail_nickname),
        "jobTitle" => json!(user.job_title),
        "department" => json!(user.department),
        "officeLocation" => json!(user.office),
        "employeeId" => json!(user.employee_id),
        "mobilePhone" | "preferredLanguage" => Value::Null,
        "usageLocation" => json!("DE"),
        "accountEnabled" => json!(user.enabled),
        "userType" => json!(if user.guest { "Guest" } else { "Member" }),
        "externalUserState" => {
            let state = if user.pending { "PendingAcceptance" } else { "Accepted" };
            json!(user.guest.then_some(state))
        }
        "onPremisesSyncEnabled" => json!(user.synced),
        "createdDateTime" => stamp(object.created),
        "isManagementRestricted" => restricted(tenant, handle),
        "securityIdentifier" => json!(security_identifier(object)),
        "identities" => json!([{
            "signInType": "userPrincipalName",
            "issuer": crate::cast::INITIAL_DOMAIN,
            "issuerAssignedId": user.user_principal_name,
        }]),
        "proxyAddresses" => {
            json!(user.mail.iter().map(|mail| format!("SMTP:{mail}")).collect::<Vec<_>>())
        }
        _ => return None,
    })
}

fn group_property(
    tenant: &Tenant,
    handle: Handle,
    object: &Object,
    group: &Group,
    name: &str,
) -> Option<Value> {
    let kind = &group.kind;
    Some(match name {
        "description" => json!(group.description),
        "mail" => json!(group.mail),
        "mailNickname" => json!(group.mail_nickname),
        "mailEnabled" => json!(kind.mail_enabled()),
        "securityEnabled" => json!(kind.security_enabled()),
        "groupTypes" => {
            let types =
                [(kind.is_unified(), "Unified"), (kind.rule().is_some(), "DynamicMembership")];
            json!(
                types
                    .into_iter()
                    .filter(|(holds, _)| *holds)
                    .map(|(_, name)| name)
                    .collect::<Vec<_>>()
            )
        }
        "membershipRule" => json!(kind.rule().map(|(rule, _)| rule)),
        "membershipRuleProcessingState" => {
            json!(kind.rule().map(|(_, paused)| if paused { "Paused" } else { "On" }))
        }
        "onPremisesSyncEnabled" => json!(kind.synced()),
        "isAssignableToRole" => json!((*kind == crate::GroupKind::RoleAssignable).then_some(true)),
        "isManagementRestricted" => restricted(tenant, handle),
        "visibility" => json!(kind.visibility()),
        "resourceProvisioningOptions" => match kind {
            crate::GroupKind::Team => json!(["Team"]),
            _ => json!([]),
        },
        "assignedLicenses" => {
            let of = tenant.licences.get(&handle).map(Vec::as_slice).unwrap_or_default();
            json!(of.iter().map(licence).collect::<Vec<_>>())
        }
        "proxyAddresses" => {
            json!(group.mail.iter().map(|mail| format!("SMTP:{mail}")).collect::<Vec<_>>())
        }
        "createdDateTime" | "renewedDateTime" => stamp(object.created),
        "securityIdentifier" => json!(security_identifier(object)),
        _ => return None,
    })
}

/// `assignedLicense` of Microsoft's schema.
fn licence(sku: &Uuid) -> Value {
    json!({"disabledPlans": [], "skuId": sku.to_string()})
}

fn principal_property(principal: &ServicePrincipal, name: &str) -> Option<Value> {
    Some(match name {
        "appId" => json!(principal.application_id.to_string()),
        "appDisplayName" => json!(principal.display_name),
        "appOwnerOrganizationId" => json!(principal.home_tenant.to_string()),
        "appRoleAssignmentRequired" => json!(principal.assignment_required),
        "accountEnabled" => json!(principal.enabled),
        "servicePrincipalNames" => json!([principal.application_id.to_string()]),
        "servicePrincipalType" => json!("Application"),
        "signInAudience" => json!("AzureADMyOrg"),
        "appRoles" => json!(principal.app_roles.iter().map(app_role).collect::<Vec<_>>()),
        _ => return None,
    })
}

/// Users, groups and applications may hold any of them.
fn app_role(role: &AppRole) -> Value {
    json!({
        "allowedMemberTypes": ["User", "Application"],
        "description": role.display_name,
        "displayName": role.display_name,
        "id": role.id.to_string(),
        "isEnabled": true,
        "origin": "Application",
        "value": role.value,
    })
}

fn device_property(tenant: &Tenant, handle: Handle, device: &Device, name: &str) -> Option<Value> {
    Some(match name {
        "deviceId" => json!(device.device_id.to_string()),
        "accountEnabled" => json!(device.enabled),
        "operatingSystem" => json!("Windows"),
        "trustType" => json!("AzureAd"),
        "isManagementRestricted" => restricted(tenant, handle),
        _ => return None,
    })
}

fn contact_property(contact: &Contact, name: &str) -> Option<Value> {
    Some(match name {
        "mail" => json!(contact.mail),
        "proxyAddresses" => json!([format!("SMTP:{}", contact.mail)]),
        _ => return None,
    })
}

fn unit_property(unit: &Unit, name: &str) -> Option<Value> {
    let rule = unit.rule.as_ref();
    Some(match name {
        "description" => json!(unit.description),
        "isMemberManagementRestricted" => json!(unit.restricted),
        "membershipType" => json!(if rule.is_some() { "Dynamic" } else { "Assigned" }),
        "membershipRule" => json!(rule.map(|(rule, _)| rule)),
        "membershipRuleProcessingState" => {
            json!(rule.map(|(_, paused)| if *paused { "Paused" } else { "On" }))
        }
        "visibility" => json!(unit.hidden.then_some("HiddenMembership")),
        _ => return None,
    })
}

/// The security identifier that Entra derives from an object id.
fn security_identifier(object: &Object) -> String {
    let bytes = object.id.to_bytes_le();
    let parts: Vec<String> = bytes
        .chunks_exact(4)
        .filter_map(|chunk| chunk.try_into().ok())
        .map(|chunk| u32::from_le_bytes(chunk).to_string())
        .collect();
    format!("S-1-12-1-{}", parts.join("-"))
}
