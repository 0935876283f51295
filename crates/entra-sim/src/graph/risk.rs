//! `/identityProtection/riskyUsers` (facts §3.10).

use serde_json::{Value, json};
use uuid::Uuid;

use super::body::{self, Form};
use super::error::{GraphError, Result};
use super::filter::{Filter, Literal, unsupported};
use super::reference::{body, check_id};
use super::{Call, Reply, list as lists, render};
use crate::answer::header_of;
use crate::authority::Read;
use crate::tenant::{Body, Handle, Kind, Risk, Verdict};

const SET: &str = "identityProtection/riskyUsers";
const TYPE: &str = "riskyUser";

/// Answers below `/identityProtection/riskyUsers`; there is no delta.
pub(super) fn answer(call: &mut Call<'_>, rest: &[&str]) -> Result<Reply> {
    match (call.method.as_str(), rest) {
        ("GET", []) => list(call),
        ("GET", [id]) if Uuid::try_parse(id).is_ok() => one(call, id),
        ("POST", [name]) => {
            let verdict = verdict(name).ok_or_else(|| GraphError::no_such_segment(name))?;
            judge(call, verdict)
        }
        ("GET", [segment, ..]) => Err(GraphError::no_such_segment(segment)),
        _ => Err(GraphError::method_not_allowed()),
    }
}

fn verdict(name: &str) -> Option<Verdict> {
    match name.strip_prefix("microsoft.graph.").unwrap_or(name) {
        "dismiss" => Some(Verdict::Dismiss),
        "confirmCompromised" => Some(Verdict::ConfirmCompromised),
        "confirmSafe" => Some(Verdict::ConfirmSafe),
        _ => None,
    }
}

/// It needs P2; how a tenant without it is refused here is not in the facts: as other premium reads.
fn licensed(call: &Call<'_>) -> Result<()> {
    if call.settings.entra_id_p2 {
        return Ok(());
    }
    Err(GraphError::new(
        403,
        "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
        "Neither tenant is B2C or tenant doesn't have premium license",
    ))
}

fn list(call: &Call<'_>) -> Result<Reply> {
    call.need(Read::Risk)?;
    licensed(call)?;
    if let Some(filter) = &call.query.filter {
        check(filter)?;
    }
    lists::check_token(call)?;
    let token = call.query.token.as_ref();
    let behind = |user: &Handle| token.is_none_or(|token| *user > token.handle());
    let passes = |item: &Value| {
        let read = |name: &str| item.get(name).cloned().unwrap_or_default();
        call.query.filter.as_ref().is_none_or(|filter| filter.passes(true, &read))
    };
    let size = call.query.top.unwrap_or(call.settings.default_page);
    let mut found: Vec<(Handle, Value)> = call
        .tenant
        .risks
        .iter()
        .filter(|(user, _)| behind(user))
        .map(|(user, risk)| (*user, describe(call, *user, risk)))
        .filter(|(_, item)| passes(item))
        .take(size + 1)
        .collect();
    let more = found.len() > size;
    found.truncate(size);
    let last = found.last().filter(|_| more);
    let next = last.map(|last| lists::link_behind(call, last.0.number(), None, 0));
    let values = found
        .into_iter()
        .map(|(_, item)| render::project(call, TYPE, item))
        .collect::<Result<Vec<Value>>>()?;
    Ok(Reply::Json(render::list(call, SET, values, None, next)))
}

/// `eq` on two properties, joined by `and` and `or`.
fn check(filter: &Filter) -> Result<()> {
    match filter {
        Filter::And(left, right) | Filter::Or(left, right) => {
            check(left)?;
            check(right)
        }
        Filter::Equal(name, Literal::Text(_))
            if ["riskState", "riskLevel"].contains(&name.as_str()) =>
        {
            Ok(())
        }
        other => Err(unsupported(other.property().unwrap_or_default(), Kind::User)),
    }
}

fn one(call: &Call<'_>, id: &str) -> Result<Reply> {
    call.need(Read::Risk)?;
    licensed(call)?;
    let user = call.tenant.handle(id);
    let found = user.and_then(|user| Some((user, call.tenant.risks.get(&user)?)));
    let (user, risk) = found.ok_or_else(|| GraphError::not_found(id))?;
    let item = render::project(call, TYPE, describe(call, user, risk))?;
    Ok(Reply::Json(render::plain_entity(call, SET, item)))
}

fn describe(call: &Call<'_>, user: Handle, risk: &Risk) -> Value {
    let object = call.tenant.object(user);
    let name = match &object.body {
        Body::User(user) => Some(&user.user_principal_name),
        _ => None,
    };
    json!({
        "id": object.id.to_string(),
        "isDeleted": !object.is_live(),
        "isProcessing": false,
        "riskDetail": detail(call, risk.detail),
        "riskLastUpdatedDateTime": risk.updated.to_string(),
        "riskLevel": risk.level.name(),
        "riskState": risk.state.name(),
        "userDisplayName": object.display_name(),
        "userPrincipalName": name,
    })
}

/// A member of the enum that came later shows to those alone who say that they know it (facts §7).
fn detail(call: &Call<'_>, detail: &'static str) -> &'static str {
    let knows = header_of(call.headers, "prefer")
        .is_some_and(|prefer| prefer.to_ascii_lowercase().contains("include-unknown-enum-members"));
    let later = detail == "adminConfirmedAccountSafe";
    if later && !knows { "unknownFutureValue" } else { detail }
}

/// All or nobody; what a missing user answers is not in the facts.
fn judge(call: &mut Call<'_>, verdict: Verdict) -> Result<Reply> {
    let body = body(call)?;
    if !call.accept(call.caller.first_of(&["IdentityRiskyUser.ReadWrite.All"])) {
        return Err(GraphError::denied());
    }
    licensed(call)?;
    body::check(&body, &[("userIds", Form::Texts)])?;
    let ids = body.get("userIds").and_then(Value::as_array);
    let ids = ids.filter(|ids| !ids.is_empty());
    let ids = ids.ok_or_else(|| GraphError::bad_request("'userIds' is required."))?;
    let mut users = Vec::new();
    for id in ids {
        let id = id.as_str().unwrap_or_default();
        check_id(id)?;
        users.push(call.find(Kind::User, id)?);
    }
    for user in users {
        call.tenant.judge(user, verdict);
    }
    Ok(Reply::NoContent)
}
