//! Organization and objects of any kind (facts §3.3, §3.10).

use serde_json::json;
use uuid::Uuid;

use super::error::{GraphError, Result};
use super::render::{self, Shape};
use super::{Call, Reply};
use crate::authority::Read;
use crate::cast as players;

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

/// `/directoryObjects/{id}` (facts §3.3).
pub(crate) fn object(call: &mut Call<'_>, id: &str) -> Result<Reply> {
    Uuid::try_parse(id).map_err(|_| GraphError::invalid_id(id))?;
    let found = call.known(id);
    call.need_on(Read::AnyObject, found)?;
    let found = found.ok_or_else(|| GraphError::not_found(id))?;
    Ok(Reply::Json(render::entity(call, found, Shape::Mixed)?))
}
