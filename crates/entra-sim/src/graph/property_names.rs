//! Every property that the simulator knows, by kind; a test holds them against Microsoft's schema.

use crate::tenant::Kind;

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
const UNIT_MORE: [&str; 3] = ["membershipRule", "membershipRuleProcessingState", "membershipType"];
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

pub(super) fn nulls(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::User => &USER_NULL,
        Kind::Group => &GROUP_NULL,
        Kind::ServicePrincipal => &PRINCIPAL_NULL,
        Kind::Device => &DEVICE_NULL,
        Kind::OrgContact => &CONTACT_NULL,
        Kind::AdministrativeUnit => &[],
        Kind::DirectoryRole => &ROLE_NULL,
    }
}

pub(super) fn empties(kind: Kind) -> &'static [&'static str] {
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
        Kind::AdministrativeUnit => &UNIT_MORE,
        _ => &[],
    };
    let lists = [&COMMON[..], default_properties(kind), more, nulls(kind), empties(kind)];
    let mut names: Vec<_> = lists.into_iter().flatten().copied().collect();
    names.sort_unstable();
    names.dedup();
    names
}
