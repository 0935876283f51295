//! App registrations with their credentials (facts §3.9).

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::error::{GraphError, Result};
use super::reference::body;
use super::{Call, Reply, render};
use crate::authority::{APPLICATION_WRITERS, Read};
use crate::cast as players;
use crate::tenant::{Application, KeyCredential, Secret};

/// `/applications/{id}` and `/applications(appId='…')`.
pub(crate) fn read(call: &mut Call<'_>, key: &str) -> Result<Reply> {
    call.need(Read::Applications)?;
    let found = find(call, key)?;
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
        "keyCredentials": found.keys.iter().map(certificate).collect::<Vec<_>>(),
        "passwordCredentials": found.secrets.iter().map(|one| password(one, false)).collect::<Vec<_>>(),
    });
    let item = render::project(call, "application", item)?;
    Ok(Reply::Json(render::plain_entity(call, "applications", item)))
}

fn find<'a>(call: &'a Call<'_>, key: &str) -> Result<&'a Application> {
    call.tenant.applications.get(position(call, key)?).ok_or_else(|| GraphError::not_found(key))
}

fn position(call: &Call<'_>, key: &str) -> Result<usize> {
    let by_client = key.strip_prefix("appId=");
    let id = by_client.unwrap_or(key);
    let wanted = Uuid::try_parse(id).map_err(|_| GraphError::invalid_id(id))?;
    let is_it = |one: &Application| match by_client {
        Some(_) => one.application_id == wanted,
        None => one.object_id == wanted,
    };
    let found = call.tenant.applications.iter().position(is_it);
    found.ok_or_else(|| GraphError::not_found(id))
}

/// The value of a secret is told once, when it is made.
fn password(secret: &Secret, tell: bool) -> Value {
    json!({
        "customKeyIdentifier": null,
        "displayName": secret.name,
        "endDateTime": secret.end.to_string(),
        "hint": secret.value.chars().take(3).collect::<String>(),
        "keyId": secret.id.to_string(),
        "secretText": tell.then_some(&secret.value),
        "startDateTime": secret.start.to_string(),
    })
}

/// Not in the facts: the identifier is the thumbprint, whose digits pass for base64; the key is never shown here.
fn certificate(key: &KeyCredential) -> Value {
    json!({
        "customKeyIdentifier": key.certificate.thumbprint(),
        "displayName": key.certificate.subject,
        "endDateTime": key.end.to_string(),
        "key": null,
        "keyId": key.id.to_string(),
        "startDateTime": key.start.to_string(),
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
    })
}

/// `POST /applications/{id}/addPassword`: a secret of two years, unless the body says otherwise. Who may do it and
/// how long it lasts are not in the facts.
pub(crate) fn add_password(call: &mut Call<'_>, key: &str) -> Result<Reply> {
    let body = body(call)?;
    need_to_write(call)?;
    let at = position(call, key)?;
    let wish = |name: &str| body.get("passwordCredential").and_then(|wish| wish.get(name));
    let moment = |name: &str| wish(name).and_then(Value::as_str).map(str::parse::<Timestamp>);
    let wrong = |name: &str| {
        let text =
            format!("Invalid value specified for property '{name}' of resource 'Application'.");
        GraphError::bad_request(text)
    };
    let start = moment("startDateTime").unwrap_or(Ok(call.view.now));
    let start = start.map_err(|_| wrong("startDateTime"))?;
    let two_years = SignedDuration::from_hours(24 * 730);
    let end = moment("endDateTime").unwrap_or_else(|| start.checked_add(two_years));
    let end = end.map_err(|_| wrong("endDateTime"))?;
    let id = call.tenant.mint();
    let secret = Secret {
        id,
        // As long as real ones, and as odd.
        value: format!("Sim8Q~{}.~", id.simple()),
        name: wish("displayName").and_then(Value::as_str).unwrap_or_default().to_owned(),
        created: call.view.now,
        start,
        end,
    };
    let told =
        render::plain_context(call, "microsoft.graph.passwordCredential", password(&secret, true));
    if let Some(application) = call.tenant.applications.get_mut(at) {
        application.secrets.push(secret);
        call.tenant.revision += 1;
    }
    Ok(Reply::Json(told))
}

/// `POST /applications/{id}/removePassword`. What is said of an unknown key is not in the facts.
pub(crate) fn remove_password(call: &mut Call<'_>, key: &str) -> Result<Reply> {
    let body = body(call)?;
    need_to_write(call)?;
    let at = position(call, key)?;
    let wanted = body.get("keyId").and_then(Value::as_str).and_then(|id| Uuid::try_parse(id).ok());
    let Some(application) = call.tenant.applications.get_mut(at) else {
        return Err(GraphError::not_found(key));
    };
    let before = application.secrets.len();
    application.secrets.retain(|secret| Some(secret.id) != wanted);
    if application.secrets.len() == before {
        return Err(GraphError::bad_request("No password credential found with keyId."));
    }
    call.tenant.revision += 1;
    Ok(Reply::NoContent)
}

fn need_to_write(call: &Call<'_>) -> Result<()> {
    let ground = call.caller.first_of(&APPLICATION_WRITERS);
    if call.accept(ground) { Ok(()) } else { Err(GraphError::denied()) }
}
