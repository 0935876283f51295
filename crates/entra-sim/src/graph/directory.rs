//! Organization, applications, deleted items, role assignments and objects of any kind (facts §3.3–3.10).

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::error::{GraphError, Result};
use super::list;
use super::render::{self, Shape};
use super::{Call, Reply, cast};
use crate::authority::Read;
use crate::cast as players;
use crate::tenant::{Application, Kind};

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
    let item = project(call, "organization", organization)?;
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
    let mut body = Map::new();
    body.insert("@odata.context".into(), render::context(call, "applications", true));
    if let Value::Object(mut item) = project(call, "application", item)? {
        body.append(&mut item);
    }
    Ok(Reply::Json(Value::Object(body)))
}

/// Keeps what `$select` names.
fn project(call: &Call<'_>, type_name: &str, item: Value) -> Result<Value> {
    let (Some(names), Value::Object(mut all)) = (&call.query.select, item.clone()) else {
        return Ok(item);
    };
    let mut kept = Map::new();
    for name in names {
        match all.remove(name) {
            Some(value) => {
                kept.insert(name.clone(), value);
            }
            None if kept.contains_key(name) || !call.settings.refuse_unknown_select => {}
            None => {
                return Err(GraphError::new(
                    400,
                    "BadRequest",
                    format!(
                        "Parsing OData Select and Expand failed: Could not find a property named '{name}' on type \
                     'microsoft.graph.{type_name}'."
                    ),
                ));
            }
        }
    }
    Ok(Value::Object(kept))
}

/// `/directory/deletedItems/microsoft.graph.{type}` and `/{id}` (facts §7).
pub(crate) fn deleted(call: &mut Call<'_>, rest: &[&str]) -> Result<Reply> {
    let [segment] = rest else {
        return Err(GraphError::no_such_segment(rest.first().copied().unwrap_or("deletedItems")));
    };
    if let Some(kind) = cast(segment) {
        call.need(Read::Kind(kind))?;
        return list::of_kind(call, kind, true);
    }
    call.need(Read::AnyObject)?;
    Uuid::try_parse(segment).map_err(|_| GraphError::invalid_id(segment))?;
    let found =
        call.tenant.handle(segment).filter(|handle| call.tenant.object(*handle).is_soft_deleted());
    let found = found.ok_or_else(|| GraphError::not_found(segment))?;
    Ok(Reply::Json(render::entity(call, found, Shape::Mixed)?))
}

/// `/directoryObjects/{id}` (facts §3.3).
pub(crate) fn object(call: &mut Call<'_>, id: &str) -> Result<Reply> {
    call.need(Read::AnyObject)?;
    Uuid::try_parse(id).map_err(|_| GraphError::invalid_id(id))?;
    let found = call.known(id).ok_or_else(|| GraphError::not_found(id))?;
    Ok(Reply::Json(render::entity(call, found, Shape::Mixed)?))
}

/// `/roleManagement/directory/roleAssignments` (facts §3.4); one page, whatever `$top` says.
pub(crate) fn role_assignments(call: &mut Call<'_>) -> Result<Reply> {
    call.need(Read::RoleAssignments)?;
    if call.query.expand.is_some() {
        return Err(GraphError::new(400, "BadRequest", "entra-sim: $expand is not imitated here."));
    }
    const KNOWN: [&str; 3] = ["principalId", "roleDefinitionId", "directoryScopeId"];
    if let Some(filter) = &call.query.filter {
        filter.check(Kind::Group, &KNOWN, false)?;
    }
    let mut values = Vec::new();
    for assignment in &call.tenant.role_assignments {
        let principal = call.tenant.object(assignment.principal);
        let item = json!({
            "id": assignment.id(principal.id),
            "principalId": principal.id.to_string(),
            "roleDefinitionId": assignment.role.to_string(),
            "directoryScopeId": assignment.scope(),
            "appScopeId": null,
            "condition": null,
            "principalOrganizationId": call.tenant.id.to_string(),
        });
        let read = |name: &str| item.get(name).cloned().unwrap_or_default();
        let fits = call.query.filter.as_ref().is_none_or(|filter| filter.passes(false, &read));
        if principal.is_live() && fits {
            values.push(project(call, "unifiedRoleAssignment", item)?);
        }
    }
    Ok(Reply::Json(render::list(
        call,
        "roleManagement/directory/roleAssignments",
        values,
        None,
        None,
    )))
}
