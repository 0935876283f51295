//! Organization, applications and objects of any kind (facts §3.3, §3.9, §3.10).

use serde_json::{Value, json};
use uuid::Uuid;

use super::error::{GraphError, Result};
use super::render::{self, Shape};
use super::{Call, Reply};
use crate::authority::Read;
use crate::cast as players;
use crate::tenant::Application;

/// `/organization` (facts §3.10).
pub(crate) fn organization(call: &mut Call<'_>) -> Result<Reply> {
    call.need(Read::Organization)?;
    let domain = |name: &str, default: bool| {
        json!({
            "capabilities": "Email, OfficeCommunicationsOnline",
            "isDefault": default,
            "isInitial": !default,
            "name": name,
            "type": "Managed",
        })
    };
    let organization = json!({
        "id": call.tenant.id.to_string(),
        "deletedDateTime": null,
        "businessPhones": [],
        "city": null,
        "country": null,
        "countryLetterCode": "DE",
        "createdDateTime": "2019-03-01T09:00:00Z",
        "defaultUsageLocation": null,
        "displayName": players::TENANT_NAME,
        "marketingNotificationEmails": [],
        "onPremisesLastSyncDateTime": null,
        "onPremisesSyncEnabled": true,
        "partnerTenantType": null,
        "postalCode": null,
        "preferredLanguage": "en",
        "securityComplianceNotificationMails": [],
        "securityComplianceNotificationPhones": [],
        "state": null,
        "street": null,
        "technicalNotificationMails": ["it@contoso.com"],
        "tenantType": "AAD",
        "assignedPlans": [],
        "provisionedPlans": [],
        "verifiedDomains": [domain(players::DOMAIN, true), domain(players::INITIAL_DOMAIN, false)],
    });
    let item = render::project(call, "organization", organization)?;
    Ok(Reply::Json(render::list(call, "organization", vec![item], None, None)))
}

/// `/applications/{id}` and `/applications(appId='…')` (facts §3.9).
pub(crate) fn application(call: &mut Call<'_>, key: &str) -> Result<Reply> {
    call.need(Read::Applications)?;
    let application = |found: &&Application| match key.strip_prefix("appId=") {
        Some(id) => found.application_id.to_string().eq_ignore_ascii_case(id),
        None => found.object_id.to_string().eq_ignore_ascii_case(key),
    };
    let id = key.strip_prefix("appId=").unwrap_or(key);
    Uuid::try_parse(id).map_err(|_| GraphError::invalid_id(id))?;
    let found = call
        .tenant
        .applications
        .iter()
        .find(application)
        .ok_or_else(|| GraphError::not_found(id))?;
    let secrets: Vec<Value> = found
        .secrets
        .iter()
        .map(|secret| {
            json!({
                "customKeyIdentifier": null,
                "displayName": secret.name,
                "endDateTime": secret.end.to_string(),
                "hint": secret.value.chars().take(3).collect::<String>(),
                "keyId": secret.id.to_string(),
                "secretText": null,
                "startDateTime": secret.start.to_string(),
            })
        })
        .collect();
    let item = json!({
        "id": found.object_id.to_string(),
        "deletedDateTime": null,
        "appId": found.application_id.to_string(),
        "applicationTemplateId": null,
        "createdDateTime": found.created.to_string(),
        "description": null,
        "disabledByMicrosoftStatus": null,
        "displayName": found.display_name,
        "groupMembershipClaims": null,
        "identifierUris": [],
        "notes": null,
        "publisherDomain": players::DOMAIN,
        "signInAudience": "AzureADMyOrg",
        "tags": [],
        "tokenEncryptionKeyId": null,
        "uniqueName": null,
        "appRoles": [],
        "keyCredentials": [],
        "passwordCredentials": secrets,
    });
    let item = render::project(call, "application", item)?;
    Ok(Reply::Json(render::plain_entity(call, "applications", item)))
}

/// `/directoryObjects/{id}` (facts §3.3).
pub(crate) fn object(call: &mut Call<'_>, id: &str) -> Result<Reply> {
    Uuid::try_parse(id).map_err(|_| GraphError::invalid_id(id))?;
    let found = call.known(id);
    call.need_on(Read::AnyObject, found)?;
    let found = found.ok_or_else(|| GraphError::not_found(id))?;
    Ok(Reply::Json(render::entity(call, found, Shape::Mixed)?))
}
