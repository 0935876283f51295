//! What an object is a member of at any depth, asked by POST: `getMemberGroups`, `checkMemberGroups`,
//! `getMemberObjects`, `checkMemberObjects` (facts §3.3).

use serde_json::{Value, json};
use uuid::Uuid;

use super::body::{self, Form};
use super::by_ids::texts;
use super::error::{GraphError, Result};
use super::reference::body;
use super::{Call, Reply, holders, render};
use crate::authority::Read;
use crate::tenant::{Body, Handle, Kind};

/// Most ids of a `check…`.
const LIMIT: usize = 20;
/// Most ids that `getMemberGroups` gives; for `getMemberObjects` it is a setting.
const RESULTS: usize = 11_000;

/// One of the four.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    /// Which of those that the body names hold it, instead of all that do.
    pub(super) check: bool,
    /// Units and roles too.
    objects: bool,
}

/// The question behind a path, with the set and the key of the object that it is about.
pub(crate) fn question<'a>(parts: &[&'a str]) -> Option<(&'a str, &'a str, Question)> {
    let [set, key, action] = parts else { return None };
    let of = |check, objects| Some((*set, *key, Question { check, objects }));
    match action.strip_prefix("microsoft.graph.").unwrap_or(action) {
        "getMemberGroups" => of(false, false),
        "checkMemberGroups" => of(true, false),
        "getMemberObjects" => of(false, true),
        "checkMemberObjects" => of(true, true),
        _ => None,
    }
}

/// Answers. Who may ask is not in the facts: whoever may read `memberOf`.
pub(crate) fn answer(
    call: &mut Call<'_>,
    set: &str,
    key: &str,
    question: Question,
) -> Result<Reply> {
    let kind = match set {
        "users" => Some(Kind::User),
        "groups" => Some(Kind::Group),
        "servicePrincipals" => Some(Kind::ServicePrincipal),
        "devices" => Some(Kind::Device),
        "contacts" => Some(Kind::OrgContact),
        "directoryObjects" => None,
        other => return Err(GraphError::no_such_segment(other)),
    };
    let body = body(call)?;
    let found = match kind {
        Some(kind) => holders::find(call, kind, key),
        None if Uuid::try_parse(key).is_err() => Err(GraphError::invalid_id(key)),
        None => call.known(key).ok_or_else(|| GraphError::not_found(key)),
    };
    let what = kind.map_or(Read::AnyObject, Read::Holders);
    call.need_on(what, found.as_ref().ok().copied())?;
    let flag = [("securityEnabledOnly", Form::Flag)];
    let ids = [(question.property(), Form::Texts)];
    body::check(&body, if question.check { &ids } else { &flag })?;
    let only_security = body.get("securityEnabledOnly").and_then(Value::as_bool) == Some(true);
    let wanted = |handle: &Handle| match &call.tenant.object(*handle).body {
        Body::Group(group) => !only_security || group.kind.security_enabled(),
        _ => question.objects,
    };
    let id = |handle: &Handle| call.tenant.object(*handle).id;
    let holding = call.tenant.reach(&call.view, found?, false);
    let mut ids: Vec<Uuid> = holding.iter().filter(|one| wanted(one)).map(id).collect();
    if question.check {
        let asked = texts(body.get(question.property()), question.property())?;
        if asked.len() > LIMIT {
            // As for getByIds; the text is not in the facts.
            let text = format!("Number of included identifiers cannot exceed '{LIMIT}'.");
            return Err(GraphError::bad_request(text));
        }
        if let Some(wrong) = asked.iter().find(|id| Uuid::try_parse(id).is_err()) {
            return Err(GraphError::invalid_id(wrong));
        }
        let asked: Vec<Uuid> = asked.iter().filter_map(|id| Uuid::try_parse(id).ok()).collect();
        ids.retain(|id| asked.contains(id));
    } else if ids.len() > RESULTS && (!question.objects || call.settings.member_objects_capped) {
        return Err(GraphError::new(
            400,
            "Directory_ResultSizeLimitExceeded",
            "The size of the response has exceeded the maximum limit.",
        ));
    }
    let ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
    let value = json!({ "value": ids });
    Ok(Reply::Json(render::plain_context(call, "Collection(Edm.String)", value)))
}

impl Question {
    fn property(self) -> &'static str {
        if self.objects { "ids" } else { "groupIds" }
    }
}
