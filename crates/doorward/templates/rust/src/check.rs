//! Who we are, and what we may do.

use doorward_core::{
    Ability, Attributes, Authority, AuthorityEntry, CheckReport, Context, CredentialExpiry,
    Finding, Identity, ObjectRef, Result, Severity, Timestamp,
};
use serde::Deserialize;

use crate::client::get;
use crate::connection::Service;
use crate::records::{DIRECTORY_TEAM, MEMBER, TEAM, USER};

#[derive(Deserialize)]
struct Me {
    id: String,
    name: Option<String>,
    can_write: Option<bool>,
    token_expires_at: Option<Timestamp>,
}

pub(crate) async fn check(service: &Service, context: &Context) -> Result<CheckReport> {
    let me: Me = get(context, service.base().literal("me"), "who we are").await?;
    let change = match me.can_write {
        Some(true) => Authority::Everywhere { except: vec![DIRECTORY_TEAM.to_owned()] },
        Some(false) => Authority::No { needs: vec!["a token that may write".to_owned()] },
        None => {
            let because = "the service does not tell whether the token may write".to_owned();
            Authority::Unknown { because }
        }
    };
    let read = || Authority::Everywhere { except: Vec::new() };
    Ok(CheckReport {
        identity: Identity {
            login: Some(me.id.clone()),
            name: me.name.unwrap_or_else(|| me.id.clone()),
            // One of the users: so Doorward keeps our own access from being changed.
            key: ObjectRef::new(USER, me.id),
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
        findings: if me.can_write == Some(false) { vec![read_only()] } else { Vec::new() },
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
        severity: Severity::Warning,
        code: "read-only-token".to_owned(),
        message: "The token may only read: access is seen, and cannot be changed.".to_owned(),
        remedy: Some("To change access, use a token that may write.".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Fake, answer, service, wait};
    use serde_json::json;

    #[test]
    fn what_the_token_may_do_is_told_or_unknown() {
        let everywhere = Authority::Everywhere { except: vec![DIRECTORY_TEAM.to_owned()] };
        let no = Authority::No { needs: vec!["a token that may write".to_owned()] };
        let because = "the service does not tell whether the token may write".to_owned();
        let table = [
            (json!({"id": "robot", "can_write": true}), everywhere, 0),
            (json!({"id": "robot", "can_write": false}), no, 1),
            (json!({"id": "robot"}), Authority::Unknown { because }, 0),
        ];
        for (me, authority, findings) in table {
            let fake = Fake::answering([answer(200, Some(me))]);
            let service = service("https://teams.example/api/v1");
            let report = wait(check(&service, &fake.context())).unwrap();
            assert_eq!(report.identity.key, ObjectRef::new(USER, "robot"));
            assert_eq!(report.findings.len(), findings);
            let changes = report.authority.iter().filter(|entry| entry.ability.action != "read");
            assert!(changes.map(|entry| &entry.authority).all(|told| *told == authority));
        }
    }
}
