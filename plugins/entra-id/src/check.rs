//! Who we are, what we may do, and what the operator should know.

use doorward_core::{
    Attributes, CheckReport, Context, CredentialExpiry, Error, ErrorKind, Identity, Path, Result,
    Timestamp,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::authority::{Own, authority, read_own};
use crate::config::{self, Settings};
use crate::find::{by_client_id, by_id};
use crate::findings;
use crate::graph;
use crate::kinds::Kind;
use crate::objects::DirectoryObject;
use crate::permissions::{READ_APPLICATIONS, READ_ORGANIZATION};
use crate::token::Claims;

#[derive(Debug, Deserialize)]
struct Organizations {
    value: Vec<Organization>,
}

/// The tenant (facts §3.10).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Organization {
    display_name: Option<String>,
    verified_domains: Option<Vec<Domain>>,
}

#[derive(Debug, Deserialize)]
struct Domain {
    name: Option<String>,
}

/// The app registration's secrets and certificates (facts §3.9).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Application {
    password_credentials: Option<Vec<Credential>>,
    key_credentials: Option<Vec<Credential>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credential {
    end_date_time: Option<String>,
}

/// Reads what says who we are; everything but the organization is best effort.
pub(crate) async fn check(settings: &Settings, cx: &Context) -> Result<CheckReport> {
    let claims = Claims::read(cx).await?;
    let organization = organization(cx).await?;
    let key = identity_key(settings, cx, &claims).await?;
    let (credential_expiry, valid) = expiry(settings, cx).await;
    let roles = claims.roles();
    let domains = domains(&organization);
    let mut findings = findings::of_settings(settings);
    findings.extend(findings::of_tenant(settings, claims.text("tid"), &domains));
    // Only what we know of our own power hangs on it.
    let own = read_own(cx, &key.id).await;
    let authority = authority(&roles, own.as_ref());
    findings.extend(findings::of_roles(&roles, &authority));
    if valid > 1 {
        findings.push(findings::several_credentials(settings, valid));
    }
    if let Ok(own) = &own {
        findings.extend(findings::of_own(own));
    }
    Ok(CheckReport {
        identity: identity(settings, &claims, &organization, &key),
        permissions: roles.iter().map(|role| (*role).to_owned()).collect(),
        authority,
        findings,
        credential_expiry,
        attributes: Attributes::from_iter([
            ("verifiedDomains".to_owned(), json!(domains)),
            ("entraRoles".to_owned(), own.as_ref().map_or(Value::Null, entra_roles)),
            ("scopeNames".to_owned(), own.as_ref().map_or(Value::Null, scope_names)),
        ]),
    })
}

/// Our own roles, each with where it holds.
fn entra_roles(own: &Own) -> Value {
    own.roles.iter().map(|role| json!({"role": role.name, "scope": role.scope})).collect()
}

/// The names of those scopes, by selector.
fn scope_names(own: &Own) -> Value {
    let names = own.names.iter().map(|(scope, name)| (scope.to_string(), json!(name)));
    Value::Object(names.collect())
}

/// The tenant's name; a missing permission costs the name only.
async fn organization(cx: &Context) -> Result<Organization> {
    let path = Path::new("/v1.0/organization").query("$select", "id,displayName,verifiedDomains");
    match graph::find::<Organizations>(cx, path, &READ_ORGANIZATION).await {
        Ok(found) => Ok(found.and_then(|found| found.value.into_iter().next()).unwrap_or_default()),
        Err(error) if error.kind == ErrorKind::PermissionDenied => Ok(Organization::default()),
        Err(error) => Err(error),
    }
}

fn domains(organization: &Organization) -> Vec<String> {
    organization
        .verified_domains
        .iter()
        .flatten()
        .filter_map(|domain| domain.name.clone())
        .collect()
}

/// Our service principal: by the token's `oid`, else by the application's id.
async fn identity_key(
    settings: &Settings,
    cx: &Context,
    claims: &Claims,
) -> Result<DirectoryObject> {
    let by_claim = match claims.text("oid") {
        Some(oid) => {
            let found = by_id(cx, Kind::ServicePrincipal, oid).await.ok().flatten();
            Some(found.unwrap_or_else(|| DirectoryObject {
                id: oid.to_owned(),
                ..DirectoryObject::default()
            }))
        }
        None => by_client_id(cx, Kind::ServicePrincipal, &settings.client_id).await.ok().flatten(),
    };
    by_claim.ok_or_else(|| {
        Error::new(
            ErrorKind::Unauthenticated,
            "identity-not-found",
            format!(
                "The token does not say which service principal the application {} is in the tenant.",
                settings.client_id
            ),
        )
        .remedy("Grant admin consent, which creates the enterprise application, and try again in a minute.")
    })
}

fn identity(
    settings: &Settings,
    claims: &Claims,
    organization: &Organization,
    own: &DirectoryObject,
) -> Identity {
    let name = own
        .display_name
        .as_deref()
        .or_else(|| claims.text("app_displayname"))
        .unwrap_or(&settings.client_id);
    let tenant = claims.text("tid").unwrap_or(&settings.tenant);
    Identity {
        key: Kind::ServicePrincipal.key(&own.id),
        login: Some(settings.client_id.clone()),
        name: name.to_owned(),
        place: organization.display_name.as_deref().unwrap_or(tenant).to_owned(),
        attributes: Attributes::from_iter([
            ("clientId".to_owned(), json!(settings.client_id)),
            ("tenantId".to_owned(), json!(tenant)),
            ("cloud".to_owned(), json!(settings.cloud.name())),
        ]),
    }
}

/// When our secret or certificate ends, and how many valid ones there are. Which of them is ours
/// cannot be known (facts §3.9): the earliest end among the valid ones is the safe answer.
async fn expiry(settings: &Settings, cx: &Context) -> (CredentialExpiry, usize) {
    let unknown = |because: String| (CredentialExpiry::Unknown { because }, 0);
    if let config::Credential::FederatedToken(_) = settings.credential {
        return unknown(
            "A federated token ends within hours, and its issuer renews it.".to_owned(),
        );
    }
    let path = Path::new("/v1.0/applications")
        .key("appId", &settings.client_id)
        .query("$select", "id,displayName,passwordCredentials,keyCredentials");
    let application: Application = match graph::find(cx, path, &READ_APPLICATIONS).await {
        Ok(Some(application)) => application,
        Ok(None) => return unknown("The app registration lies in another tenant.".to_owned()),
        Err(error) => return unknown(error.message),
    };
    let (credentials, what) = match settings.credential {
        config::Credential::Certificate { .. } => (application.key_credentials, "certificate"),
        _ => (application.password_credentials, "secret"),
    };
    let ends = valid_ends(&credentials.unwrap_or_default(), cx.now());
    match ends.iter().min() {
        Some(time) => (CredentialExpiry::At { time: *time }, ends.len()),
        None => unknown(format!("The app registration shows no valid {what}.")),
    }
}

fn valid_ends(credentials: &[Credential], now: Timestamp) -> Vec<Timestamp> {
    credentials
        .iter()
        .filter_map(|credential| credential.end_date_time.as_deref()?.parse().ok())
        .filter(|end| *end > now)
        .collect()
}
