//! Who we are, and what we may do.

use doorward_core::{
    Ability, Attributes, Authority, AuthorityEntry, CheckReport, Context, CredentialExpiry,
    Finding, Identity, ObjectRef, Result, Severity, Timestamp,
};
use serde::Deserialize;

use crate::client::get;
use crate::connection::Service;
use crate::records::{DIRECTORY_TEAM, MEMBER, ROBOT, TEAM, USER};

#[derive(Deserialize)]
struct Me {
    id: String,
    name: String,
    can_write: bool,
    token_expires_at: Option<Timestamp>,
}

pub(crate) async fn check(service: &Service, context: &Context) -> Result<CheckReport> {
    let me: Me = get(context, service.base().literal("me"), "who we are").await?;
    let change = if me.can_write {
        Authority::Everywhere { except: vec![DIRECTORY_TEAM.to_owned()] }
    } else {
        Authority::No { needs: vec!["a token that may write".to_owned()] }
    };
    let read = || Authority::Everywhere { except: Vec::new() };
    Ok(CheckReport {
        identity: Identity {
            key: ObjectRef::new(ROBOT, me.id),
            login: None,
            name: me.name,
            place: service.base_url.clone(),
            attributes: Attributes::new(),
        },
        permissions: Vec::new(),
        authority: vec![
            may("read", USER, None, read()),
            may("read", TEAM, None, read()),
            may("read", TEAM, Some(MEMBER), read()),
            may("grant", TEAM, Some(MEMBER), change.clone()),
            may("revoke", TEAM, Some(MEMBER), change),
        ],
        findings: if me.can_write { Vec::new() } else { vec![read_only()] },
        credential_expiry: match me.token_expires_at {
            Some(time) => CredentialExpiry::At { time },
            None => {
                let because = "the service names no end of the token".to_owned();
                CredentialExpiry::Unknown { because }
            }
        },
        attributes: Attributes::new(),
    })
}

fn may(
    action: &str,
    kind: &str,
    entitlement: Option<&str>,
    authority: Authority,
) -> AuthorityEntry {
    AuthorityEntry {
        ability: Ability {
            action: action.to_owned(),
            kind: kind.to_owned(),
            entitlement: entitlement.map(str::to_owned),
            principal: None,
        },
        authority,
        through: Vec::new(),
    }
}

fn read_only() -> Finding {
    Finding {
        severity: Severity::Info,
        code: "read-only-token".to_owned(),
        message: "The token may only read: access is seen, and cannot be changed.".to_owned(),
        remedy: Some("To change access, use a token that may write.".to_owned()),
    }
}
