//! Every property that the simulator knows, by kind; a test holds them against Microsoft's schema.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::tenant::{
    Body, Contact, Device, Group, Handle, Kind, Object, ServicePrincipal, Tenant, User,
};

/// Properties of all directory objects.
const COMMON: [&str; 2] = ["id", "deletedDateTime"];

/// What a user answers without `$select` (facts §3.1).
const USER_DEFAULT: [&str; 11] = [
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id",
];
const USER_MORE: [&str; 12] = [
    "accountEnabled",
    "createdDateTime",
    "department",
    "employeeId",
    "externalUserState",
    "identities",
    "isManagementRestricted",
    "mailNickname",
    "onPremisesSyncEnabled",
    "securityIdentifier",
    "usageLocation",
    "userType",
];
const USER_NULL: [&str; 30] = [
    "ageGroup",
    "city",
    "companyName",
    "consentProvidedForMinor",
    "country",
    "creationType",
    "employeeHireDate",
    "employeeLeaveDateTime",
    "employeeOrgData",
    "employeeType",
    "externalUserStateChangeDateTime",
    "faxNumber",
    "isResourceAccount",
    "lastPasswordChangeDateTime",
    "legalAgeGroupClassification",
    "onPremisesDistinguishedName",
    "onPremisesDomainName",
    "onPremisesImmutableId",
    "onPremisesLastSyncDateTime",
    "onPremisesSamAccountName",
    "onPremisesSecurityIdentifier",
    "onPremisesUserPrincipalName",
    "passwordPolicies",
    "postalCode",
    "preferredDataLocation",
    "showInAddressList",
    "signInActivity",
    "signInSessionsValidFromDateTime",
    "state",
    "streetAddress",
];
const USER_EMPTY: [&str; 9] = [
    "assignedLicenses",
    "assignedPlans",
    "imAddresses",
    "licenseAssignmentStates",
    "onPremisesProvisioningErrors",
    "otherMails",
    "provisionedPlans",
    "proxyAddresses",
    "serviceProvisioningErrors",
];
/// Properties of a user that are stored elsewhere and cannot be asked for on a collection (facts §3.1: 501).
pub(crate) const USER_ELSEWHERE: [&str; 9] = [
    "aboutMe",
    "birthday",
    "hireDate",
    "interests",
    "mySite",
    "pastProjects",
    "responsibilities",
    "schools",
    "skills",
];

/// What a group answers without `$select`, as Microsoft's documentation lists it.
const GROUP_DEFAULT: [&str; 31] = [
    "id",
    "deletedDateTime",
    "classification",
    "createdDateTime",
    "description",
    "displayName",
    "expirationDateTime",
    "groupTypes",
    "isAssignableToRole",
    "mail",
    "mailEnabled",
    "mailNickname",
    "membershipRule",
    "membershipRuleProcessingState",
    "onPremisesDomainName",
    "onPremisesLastSyncDateTime",
    "onPremisesNetBiosName",
    "onPremisesSamAccountName",
    "onPremisesSecurityIdentifier",
    "onPremisesSyncEnabled",
    "preferredDataLocation",
    "preferredLanguage",
    "proxyAddresses",
    "renewedDateTime",
    "resourceBehaviorOptions",
    "resourceProvisioningOptions",
    "securityEnabled",
    "securityIdentifier",
    "theme",
    "uniqueName",
    "visibility",
];
const GROUP_MORE: [&str; 1] = ["isManagementRestricted"];
const GROUP_NULL: [&str; 14] = [
    "classification",
    "expirationDateTime",
    "hasMembersWithLicenseErrors",
    "licenseProcessingState",
    "onPremisesDomainName",
    "onPremisesLastSyncDateTime",
    "onPremisesNetBiosName",
    "onPremisesSamAccountName",
    "onPremisesSecurityIdentifier",
    "organizationId",
    "preferredDataLocation",
    "preferredLanguage",
    "theme",
    "uniqueName",
];
const GROUP_EMPTY: [&str; 6] = [
    "assignedLabels",
    "assignedLicenses",
    "infoCatalogs",
    "onPremisesProvisioningErrors",
    "resourceBehaviorOptions",
    "serviceProvisioningErrors",
];

const PRINCIPAL_DEFAULT: [&str; 12] = [
    "id",
    "deletedDateTime",
    "accountEnabled",
    "appDisplayName",
    "appId",
    "appOwnerOrganizationId",
    "appRoleAssignmentRequired",
    "displayName",
    "servicePrincipalNames",
    "servicePrincipalType",
    "signInAudience",
    "appRoles",
];
const PRINCIPAL_NULL: [&str; 15] = [
    "appDescription",
    "applicationTemplateId",
    "description",
    "disabledByMicrosoftStatus",
    "homepage",
    "info",
    "loginUrl",
    "logoutUrl",
    "notes",
    "preferredSingleSignOnMode",
    "preferredTokenSigningKeyThumbprint",
    "samlSingleSignOnSettings",
    "tokenEncryptionKeyId",
    "verifiedPublisher",
    "isDisabled",
];
const PRINCIPAL_EMPTY: [&str; 9] = [
    "addIns",
    "alternativeNames",
    "keyCredentials",
    "notificationEmailAddresses",
    "oauth2PermissionScopes",
    "passwordCredentials",
    "replyUrls",
    "resourceSpecificApplicationPermissions",
    "tags",
];

const DEVICE_DEFAULT: [&str; 8] = [
    "id",
    "deletedDateTime",
    "accountEnabled",
    "deviceId",
    "displayName",
    "operatingSystem",
    "trustType",
    "isManagementRestricted",
];
const DEVICE_NULL: [&str; 19] = [
    "approximateLastSignInDateTime",
    "complianceExpirationDateTime",
    "deviceCategory",
    "deviceMetadata",
    "deviceOwnership",
    "deviceVersion",
    "enrollmentProfileName",
    "enrollmentType",
    "isCompliant",
    "isManaged",
    "isRooted",
    "managementType",
    "manufacturer",
    "mdmAppId",
    "model",
    "onPremisesLastSyncDateTime",
    "onPremisesSyncEnabled",
    "operatingSystemVersion",
    "profileType",
];
const DEVICE_EMPTY: [&str; 3] = ["alternativeSecurityIds", "physicalIds", "systemLabels"];

const CONTACT_DEFAULT: [&str; 4] = ["id", "deletedDateTime", "displayName", "mail"];
const CONTACT_NULL: [&str; 7] = [
    "companyName",
    "department",
    "givenName",
    "jobTitle",
    "mailNickname",
    "onPremisesSyncEnabled",
    "surname",
];
const CONTACT_EMPTY: [&str; 3] = ["addresses", "phones", "proxyAddresses"];

const UNIT_DEFAULT: [&str; 6] = [
    "id",
    "deletedDateTime",
    "displayName",
    "description",
    "visibility",
    "isMemberManagementRestricted",
];
const UNIT_NULL: [&str; 5] = [
    "description",
    "membershipRule",
    "membershipRuleProcessingState",
    "membershipType",
    "visibility",
];
const ROLE_DEFAULT: [&str; 5] =
    ["id", "deletedDateTime", "description", "displayName", "roleTemplateId"];
const ROLE_NULL: [&str; 1] = ["description"];

/// The properties of a kind that are answered without `$select`.
pub(crate) fn default_properties(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::User => &USER_DEFAULT,
        Kind::Group => &GROUP_DEFAULT,
        Kind::ServicePrincipal => &PRINCIPAL_DEFAULT,
        Kind::Device => &DEVICE_DEFAULT,
        Kind::OrgContact => &CONTACT_DEFAULT,
        Kind::AdministrativeUnit => &UNIT_DEFAULT,
        Kind::DirectoryRole => &ROLE_DEFAULT,
    }
}

fn nulls(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::User => &USER_NULL,
        Kind::Group => &GROUP_NULL,
        Kind::ServicePrincipal => &PRINCIPAL_NULL,
        Kind::Device => &DEVICE_NULL,
        Kind::OrgContact => &CONTACT_NULL,
        Kind::AdministrativeUnit => &UNIT_NULL,
        Kind::DirectoryRole => &ROLE_NULL,
    }
}

fn empties(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::User => &USER_EMPTY,
        Kind::Group => &GROUP_EMPTY,
        Kind::ServicePrincipal => &PRINCIPAL_EMPTY,
        Kind::Device => &DEVICE_EMPTY,
        Kind::OrgContact => &CONTACT_EMPTY,
        Kind::AdministrativeUnit | Kind::DirectoryRole => &[],
    }
}

/// Everything that `$select` knows for a kind, sorted.
#[must_use]
pub fn properties_of(kind: Kind) -> Vec<&'static str> {
    let more: &[&str] = match kind {
        Kind::User => &USER_MORE,
        Kind::Group => &GROUP_MORE,
        _ => &[],
    };
    let lists = [&COMMON[..], default_properties(kind), more, nulls(kind), empties(kind)];
    let mut names: Vec<_> = lists.into_iter().flatten().copied().collect();
    names.sort_unstable();
    names.dedup();
    names
}

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
        Body::Unit(unit) if name == "isMemberManagementRestricted" => Some(json!(unit.restricted)),
        Body::Role(_, template) if name == "roleTemplateId" => Some(json!(template.to_string())),
        Body::Unit(_) | Body::Role(..) => None,
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
        "externalUserState" => json!(user.guest.then_some("Accepted")),
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
        "proxyAddresses" => {
            json!(group.mail.iter().map(|mail| format!("SMTP:{mail}")).collect::<Vec<_>>())
        }
        "createdDateTime" | "renewedDateTime" => stamp(object.created),
        "securityIdentifier" => json!(security_identifier(object)),
        _ => return None,
    })
}

fn principal_property(principal: &ServicePrincipal, name: &str) -> Option<Value> {
    Some(match name {
        "appId" => json!(principal.application_id.to_string()),
        "appDisplayName" => json!(principal.display_name),
        "appOwnerOrganizationId" => json!(principal.home_tenant.to_string()),
        "appRoleAssignmentRequired" => json!(false),
        "accountEnabled" => json!(principal.enabled),
        "servicePrincipalNames" => json!([principal.application_id.to_string()]),
        "servicePrincipalType" => json!("Application"),
        "signInAudience" => json!("AzureADMyOrg"),
        "appRoles" => json!([]),
        _ => return None,
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
