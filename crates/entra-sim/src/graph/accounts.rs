//! Accounts: making, inviting, enabling, disabling and deleting users (facts §0, §2.2, §9). What is not in the
//! facts, the texts of most refusals for one, follows Microsoft's documentation.

use serde_json::{Map, Value, json};

use super::body::{self, Form};
use super::error::{GraphError, Result};
use super::holders::find_user;
use super::reference::body;
use super::render::{self, Shape};
use super::write::delete_object;
use super::{Call, Reply};
use crate::authority::{Deed, INVITERS, USER_WRITERS};
use crate::cast;
use crate::tenant::{Body, Field, Handle, Kind, User};

type Fields = Map<String, Value>;

/// What a new user may bring; a password is taken and forgotten.
const KNOWN: [(&str, Form); 8] = [
    ("accountEnabled", Form::Flag),
    ("displayName", Form::Text),
    ("mailNickname", Form::Text),
    ("userPrincipalName", Form::Text),
    ("passwordProfile", PASSWORD),
    ("givenName", Form::Text),
    ("surname", Form::Text),
    ("mail", Form::Text),
];
const PASSWORD: Form = Form::Object(&[
    ("password", Form::Text),
    ("forceChangePasswordNextSignIn", Form::Flag),
    ("forceChangePasswordNextSignInWithMfa", Form::Flag),
]);
/// What an invitation may bring (CSDL).
const INVITATION: [(&str, Form); 7] = [
    ("invitedUserDisplayName", Form::Text),
    ("invitedUserEmailAddress", Form::Text),
    ("invitedUserMessageInfo", MESSAGE),
    ("invitedUserType", Form::Text),
    ("inviteRedirectUrl", Form::Text),
    ("sendInvitationMessage", Form::Flag),
    ("resetRedemption", Form::Flag),
];
const MESSAGE: Form = Form::Object(&[
    ("messageLanguage", Form::Text),
    ("customizedMessageBody", Form::Text),
    ("ccRecipients", Form::Null),
]);

/// `POST /users`: 201 with the new user.
pub(super) fn create(call: &mut Call<'_>) -> Result<Reply> {
    let body = body(call)?;
    permit(call, &USER_WRITERS, "create")?;
    let known = |name: &&String| KNOWN.iter().any(|one| one.0 == name.as_str());
    if let Some(other) = body.keys().find(|name| !known(name)) {
        return Err(GraphError::bad_request(format!("entra-sim: '{other}' is not imitated here.")));
    }
    body::check(&body, &KNOWN)?;
    let enabled = body.get("accountEnabled").and_then(Value::as_bool);
    let enabled = enabled.ok_or_else(|| missing("accountEnabled"))?;
    let name = required(&body, "displayName")?;
    let nickname = required(&body, "mailNickname")?;
    let principal_name = required(&body, "userPrincipalName")?;
    let password = body.get("passwordProfile").and_then(|profile| profile.get("password"));
    if password.and_then(Value::as_str).is_none_or(str::is_empty) {
        let text = "A password must be specified to create a new user.";
        return Err(GraphError::bad_request(text));
    }
    let domain = principal_name.split_once('@').map(|(_, domain)| domain.to_lowercase());
    if !domain.is_some_and(|domain| [cast::DOMAIN, cast::INITIAL_DOMAIN].contains(&&*domain)) {
        return Err(GraphError::bad_request(
            "The domain portion of the userPrincipalName property is invalid. You must use one of the verified \
             domain names in your organization.",
        ));
    }
    if !call.tenant.names().equal(Kind::User, Field::UserPrincipalName, principal_name).is_empty() {
        return Err(GraphError::bad_request(
            "Another object with the same value for property userPrincipalName already exists.",
        ));
    }
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let user = User {
        display_name: name.to_owned(),
        given_name: text("givenName").map(Into::into),
        surname: text("surname").map(Into::into),
        user_principal_name: principal_name.to_owned(),
        mail: text("mail"),
        mail_nickname: nickname.to_owned(),
        enabled,
        ..User::default()
    };
    let made = call.tenant.add_object(Body::User(Box::new(user)));
    Ok(Reply::Created(render::entity(call, made, Shape::Typed(Kind::User))?))
}

fn missing(name: &str) -> GraphError {
    GraphError::bad_request(format!(
        "A value is required for property '{name}' of resource 'User'."
    ))
}

fn required<'a>(body: &'a Fields, name: &str) -> Result<&'a str> {
    let text = body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    text.ok_or_else(|| missing(name))
}

fn permit(call: &Call<'_>, permissions: &[&'static str], task: &'static str) -> Result<()> {
    let by_role = || call.caller.by_role(call.tenant, call.settings, Deed("users", task), None);
    let ground = call.caller.first_of(permissions).or_else(by_role);
    if call.accept(ground) { Ok(()) } else { Err(GraphError::denied()) }
}

/// `PATCH /users/{id}` with `accountEnabled`: 204 (facts §3.1).
pub(super) fn update(call: &mut Call<'_>, key: &str) -> Result<Reply> {
    let body = body(call)?;
    let wanted = body.get("accountEnabled").and_then(Value::as_bool);
    let (Some(wanted), 1) = (wanted, body.len()) else {
        let text = "entra-sim: only accountEnabled is imitated here.";
        return Err(GraphError::bad_request(text));
    };
    let found = find_user(call, key);
    let task = if wanted { "enable" } else { "disable" };
    let target = found.as_ref().ok().copied();
    let grounds = call.caller.enables(call.tenant, call.settings, target, task);
    let user = known(found, grounds.is_empty())?;
    let grounds = reached(call, user, Deed("users", task), grounds)?;
    call.accept(grounds);
    let Body::User(body) = &call.tenant.object(user).body else { return Err(GraphError::denied()) };
    if body.synced == Some(true) {
        return Err(GraphError::bad_request(
            "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects \
             currently undergoing migration.",
        ));
    }
    let id = call.tenant.object(user).id.to_string();
    call.tenant.set_enabled(&id, wanted);
    Ok(Reply::NoContent)
}

/// Who may do it to nobody does not learn who is missing.
fn known(found: Result<Handle>, nobody: bool) -> Result<Handle> {
    found.map_err(|missing| if nobody { GraphError::denied() } else { missing })
}

/// The grounds, or inside a restricted unit those of a role at that very unit (facts §0, §2.2).
fn reached(
    call: &Call<'_>,
    user: Handle,
    deed: Deed,
    grounds: Vec<crate::authority::Ground>,
) -> Result<Vec<crate::authority::Ground>> {
    if call.tenant.is_restricted(user) {
        let inside = call.caller.reaches_restricted(call.tenant, user, deed);
        return inside.map(|ground| vec![ground]).ok_or_else(GraphError::restricted);
    }
    if grounds.is_empty() { Err(GraphError::denied()) } else { Ok(grounds) }
}

/// `DELETE /users/{id}`: softly, 204; the links stay for a restore (facts §3.6).
pub(super) fn delete(call: &mut Call<'_>, key: &str) -> Result<Reply> {
    let some = call.caller.deletes_some(call.tenant, call.settings, Kind::User);
    let user = known(find_user(call, key), some.is_none())?;
    let grounds = call.caller.deletes(call.tenant, call.settings, user, "delete");
    let grounds = reached(call, user, Deed("users", "delete"), grounds)?;
    call.accept(grounds);
    delete_object(call, user);
    Ok(Reply::NoContent)
}

/// `POST /invitations`: 201; a guest who was invited before is invited again, a member is refused (the text is what
/// the service is known to say; not in the facts).
pub(super) fn invite(call: &mut Call<'_>) -> Result<Reply> {
    let body = body(call)?;
    permit(call, &INVITERS, "inviteGuest")?;
    body::check(&body, &INVITATION)?;
    let guest = |kind: &str| kind.eq_ignore_ascii_case("Guest");
    let guest = body.get("invitedUserType").and_then(Value::as_str).is_none_or(guest);
    let reset = body.get("resetRedemption").and_then(Value::as_bool).unwrap_or(false);
    if !guest || reset {
        return Err(GraphError::bad_request(
            "entra-sim: only guests are invited, for the first time.",
        ));
    }
    let mail = required(&body, "invitedUserEmailAddress")?;
    let redirect = required(&body, "inviteRedirectUrl")?;
    if !mail.contains('@') {
        return Err(GraphError::bad_request("The invited user email address is invalid."));
    }
    let name = body.get("invitedUserDisplayName").and_then(Value::as_str);
    let send = body.get("sendInvitationMessage").and_then(Value::as_bool).unwrap_or(false);
    let known = call.tenant.names().equal(Kind::User, Field::Mail, mail);
    let known = known.into_iter().find(|user| call.tenant.object(*user).is_live());
    let member =
        |user: &Handle| matches!(&call.tenant.object(*user).body, Body::User(user) if !user.guest);
    if let Some(member) = known.filter(member) {
        return Err(GraphError::new(
            400,
            "BadRequest",
            format!(
                "The invited user already exists in the directory as object ID: {}. They can use that account to \
                 sign in to shared apps and resources.",
                call.tenant.object(member).id
            ),
        ));
    }
    let user = known.unwrap_or_else(|| {
        let nickname = format!("{}#EXT#", mail.replace('@', "_"));
        call.tenant.add_object(Body::User(Box::new(User {
            display_name: name.unwrap_or(mail).to_owned(),
            user_principal_name: format!("{nickname}@{}", cast::INITIAL_DOMAIN),
            mail: Some(mail.to_owned()),
            mail_nickname: nickname,
            enabled: true,
            guest: true,
            pending: true,
            ..User::default()
        })))
    });
    let object = call.tenant.object(user);
    let accepted = matches!(&object.body, Body::User(user) if !user.pending);
    let message = |name: &str| {
        let sent = body.get("invitedUserMessageInfo").and_then(|sent| sent.get(name));
        sent.cloned().unwrap_or_default()
    };
    let item = json!({
        "id": crate::random::guid(call.tenant.seed, "invitation", call.number).to_string(),
        "inviteRedeemUrl": format!("https://login.microsoftonline.com/redeem?rd={}", object.id),
        "invitedUserDisplayName": name,
        "invitedUserType": "Guest",
        "invitedUserEmailAddress": mail,
        "sendInvitationMessage": send,
        "resetRedemption": false,
        "inviteRedirectUrl": redirect,
        "status": if accepted { "Completed" } else { "PendingAcceptance" },
        "invitedUserMessageInfo": {
            "messageLanguage": message("messageLanguage"),
            "ccRecipients": [],
            "customizedMessageBody": message("customizedMessageBody"),
        },
        "invitedUser": { "id": object.id.to_string() },
    });
    Ok(Reply::Created(render::plain_entity(call, "invitations", item)))
}
