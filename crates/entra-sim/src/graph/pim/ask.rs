//! Asking PIM for something: the body of a POST, and what comes of it (facts §3.5, §3.11, §9). The order of the
//! checks is inferred: permission, form of the request, existence, state, policy.

use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Collection, Use, describe, moment};
use crate::graph::body::{self, Form};
use crate::graph::error::{GraphError, Result};
use crate::graph::reference::body;
use crate::graph::role_changes::{one_scope, scope_of};
use crate::graph::write::{check_quota, check_type};
use crate::graph::{Call, Reply, render};
use crate::tenant::{
    Action, Expiry, GroupKind, Handle, Kind, Link, On, Quirks, Refusal, Request, Wish,
};

type Body = Map<String, Value>;

const TICKET: Form = Form::Object(&[("ticketNumber", Form::Text), ("ticketSystem", Form::Text)]);
const EXPIRATION: Form =
    Form::Object(&[("type", Form::Text), ("endDateTime", Form::Text), ("duration", Form::Text)]);
const SCHEDULE: Form = Form::Object(&[
    ("startDateTime", Form::Text),
    ("expiration", EXPIRATION),
    ("recurrence", Form::Null),
]);
/// What a request for a role may hold, then what one for a group may (CSDL).
const MEMBERS: [&[(&str, Form)]; 2] = [
    &[
        ("action", Form::Text),
        ("principalId", Form::Text),
        ("roleDefinitionId", Form::Text),
        ("directoryScopeId", Form::Text),
        ("appScopeId", Form::Text),
        ("justification", Form::Text),
        ("scheduleInfo", SCHEDULE),
        ("ticketInfo", TICKET),
        ("isValidationOnly", Form::Flag),
        ("customData", Form::Null),
    ],
    &[
        ("action", Form::Text),
        ("principalId", Form::Text),
        ("groupId", Form::Text),
        ("accessId", Form::Text),
        ("justification", Form::Text),
        ("scheduleInfo", SCHEDULE),
        ("ticketInfo", TICKET),
        ("isValidationOnly", Form::Flag),
        ("customData", Form::Null),
    ],
];

/// `POST` to a collection of requests.
pub(super) fn create(call: &mut Call<'_>, collection: &Collection<'_>) -> Result<Reply> {
    let body = body(call)?;
    let action = text(&body, "action").and_then(action);
    // Whoever may only take away may do nothing else.
    let wanted = if action == Some(Action::Remove) { Use::Remove } else { Use::Write };
    collection.need(call, wanted)?;
    let [of_roles, of_groups] = MEMBERS;
    body::check(&body, if collection.groups { of_groups } else { of_roles })?;
    let action = action.ok_or_else(|| {
        // What an app-only caller hears to a self-service action is not in the facts.
        GraphError::new(
            400,
            "BadRequest",
            "entra-sim: only adminAssign, adminUpdate and adminRemove are imitated over the wire.",
        )
    })?;
    let wish = wish(call, collection, &body, action)?;
    let validation_only = body.get("isValidationOnly").and_then(Value::as_bool).unwrap_or(false);
    let request = if validation_only {
        // What a mere validation answers is not in the facts: nothing is kept, hence no id.
        let mut request = call.tenant.consider(&wish).map_err(refused)?;
        request.validation_only = true;
        request
    } else if fails(call, wish.on) {
        call.tenant.fail(&wish).map_err(refused)?
    } else {
        carry_out(call, &wish)?
    };
    let item = describe::request(call, &request);
    Ok(Reply::Created(render::plain_entity(call, &collection.set(), item)))
}

fn carry_out(call: &mut Call<'_>, wish: &Wish) -> Result<Request> {
    let quirks = Quirks {
        update_takes_both: call.settings.pim_update_takes_other_kind,
        removal_ends_activation: call.settings.pim_removal_ends_activation,
    };
    let request = call.tenant.carry_out(wish, quirks).map_err(refused)?;
    let denied = call.settings.pim_removal_says_missing && matches!(wish.on, On::Role(..));
    if denied && wish.action == Action::Remove && !wish.eligible {
        call.note = Some("carried out, and answered RoleAssignmentDoesNotExist".to_owned());
        return Err(refused(Refusal::DoesNotExist));
    }
    Ok(request)
}

fn text<'a>(body: &'a Body, name: &str) -> Option<&'a str> {
    body.get(name).and_then(Value::as_str)
}

fn required<'a>(body: &'a Body, name: &str) -> Result<&'a str> {
    // The text is not in the facts.
    let missing = || GraphError::new(400, "BadRequest", format!("'{name}' is required."));
    text(body, name).ok_or_else(missing)
}

/// Enums are read in either case (facts §3.5).
fn action(text: &str) -> Option<Action> {
    let all = [Action::Assign, Action::Update, Action::Remove];
    all.into_iter().find(|action| action.name().eq_ignore_ascii_case(text))
}

fn wish(call: &Call<'_>, collection: &Collection<'_>, body: &Body, action: Action) -> Result<Wish> {
    let principal = required(body, "principalId")?;
    let on = if collection.groups { group(call, body)? } else { role(call, body)? };
    let principal = principal_of(call, on, principal)?;
    if let On::Group(group, link) = on
        && action != Action::Remove
    {
        check_fit(call, collection, (group, link), principal)?;
    }
    let ticket = |name: &str| {
        let value = body.get("ticketInfo").and_then(|ticket| ticket.get(name));
        value.and_then(Value::as_str).map(str::to_owned)
    };
    let term = match body.get("scheduleInfo").filter(|info| !info.is_null()) {
        Some(info) if action != Action::Remove => Some(term(info)?),
        _ => None,
    };
    Ok(Wish {
        eligible: collection.eligible,
        on,
        principal,
        action,
        term,
        justification: text(body, "justification").map(str::to_owned),
        ticket: (ticket("ticketNumber"), ticket("ticketSystem")),
        by: call.tenant.object(call.caller.principal).id,
    })
}

fn role(call: &Call<'_>, body: &Body) -> Result<On> {
    let role = required(body, "roleDefinitionId")?;
    let scope = one_scope(body)?;
    let definition = Uuid::try_parse(role).ok().and_then(|id| call.tenant.roles.definition(id));
    let definition = definition.ok_or_else(role_not_found)?;
    Ok(On::Role(definition.id, scope_of(call, definition, scope)?))
}

fn role_not_found() -> GraphError {
    // The text is not in the facts.
    GraphError::new(400, "RoleNotFound", "The role is not found.")
}

/// A group that was made a moment ago is not known here yet (facts §9).
fn group(call: &Call<'_>, body: &Body) -> Result<On> {
    let id = required(body, "groupId")?;
    let link = match required(body, "accessId")?.to_ascii_lowercase().as_str() {
        "member" => Link::Member,
        "owner" => Link::Owner,
        // The text is not in the facts.
        other => {
            return Err(GraphError::new(400, "BadRequest", format!("Invalid accessId '{other}'.")));
        }
    };
    let group = |handle: &Handle| call.tenant.object(*handle).kind() == Kind::Group;
    let found = call.tenant.live(id).filter(group);
    let unknown = call.settings.pim_new_groups.0;
    let found = found.filter(|group| !is_newer(call, *group, unknown));
    let found = found.ok_or_else(|| super::read::missing(id))?;
    if !call.tenant.takes_pim(found) {
        // How the service refuses such a group is not in the facts.
        return Err(GraphError::bad_request("The group cannot be managed in PIM."));
    }
    Ok(On::Group(found, link))
}

/// The request about a group that PIM knows, but not well enough, answers 201 and creates nothing (facts §9).
fn fails(call: &Call<'_>, on: On) -> bool {
    let (unknown, failing) = call.settings.pim_new_groups;
    matches!(on, On::Group(group, _) if is_newer(call, group, unknown.saturating_add(failing)))
}

fn is_newer(call: &Call<'_>, group: Handle, than: std::time::Duration) -> bool {
    let age = call.view.now.duration_since(call.tenant.object(group).created);
    let than = jiff::SignedDuration::try_from(than).unwrap_or(jiff::SignedDuration::MAX);
    call.settings.lag.is_some() && age < than
}

/// Users, service principals and role-assignable groups hold roles; groups take groups as well.
fn principal_of(call: &Call<'_>, on: On, id: &str) -> Result<Handle> {
    // The text is not in the facts.
    let unknown = || GraphError::new(400, "SubjectNotFound", "The subject is not found.");
    let found = call.known(id).ok_or_else(unknown)?;
    match (call.tenant.object(found).kind(), on) {
        (Kind::User | Kind::ServicePrincipal, _) | (Kind::Group, On::Group(..)) => Ok(found),
        (Kind::Group, _) if call.tenant.group_kind(found) == Some(&GroupKind::RoleAssignable) => {
            Ok(found)
        }
        (Kind::Group, _) => Err(GraphError::bad_request(
            "Groups without IsAssignableToRole property set cannot be assigned to roles.",
        )),
        _ => Err(unknown()),
    }
}

/// A group takes whom it takes, whoever asks (facts §2.1, §2.2). Microsoft's documentation lets a group be eligible
/// for a role-assignable one, but not active there.
fn check_fit(
    call: &Call<'_>,
    collection: &Collection<'_>,
    (group, link): (Handle, Link),
    principal: Handle,
) -> Result<()> {
    let nests = call.tenant.object(principal).kind() == Kind::Group
        && call.tenant.group_kind(group) == Some(&GroupKind::RoleAssignable);
    if !(collection.eligible && nests && link == Link::Member) {
        check_type(call, group, link, principal)?;
    }
    if collection.eligible || call.tenant.holds(link, group, principal) {
        return Ok(());
    }
    check_quota(call, group, link, 1)
}

/// `scheduleInfo`: when it begins, when it ends.
fn term(info: &Value) -> Result<(Option<Timestamp>, Expiry)> {
    let invalid = || refused(Refusal::InvalidSchedule);
    let time = |value: Option<&Value>| match value.filter(|value| !value.is_null()) {
        None => Ok(None),
        Some(value) => value.as_str().and_then(moment::time).map(Some).ok_or_else(invalid),
    };
    let start = time(info.get("startDateTime"))?;
    let expiration = info.get("expiration").ok_or_else(invalid)?;
    let kind = expiration.get("type").and_then(Value::as_str).unwrap_or_default();
    let expiry = match kind.to_ascii_lowercase().as_str() {
        "noexpiration" => Expiry::Never,
        "afterdatetime" => Expiry::At(time(expiration.get("endDateTime"))?.ok_or_else(invalid)?),
        "afterduration" => {
            let text = expiration.get("duration").and_then(Value::as_str).ok_or_else(invalid)?;
            Expiry::For(moment::duration(text).ok_or_else(invalid)?, text.to_owned())
        }
        // What `notSpecified` comes to is not in the facts.
        _ => return Err(invalid()),
    };
    Ok((start, expiry))
}

/// The rows of facts §3.5: 400, except for the one that came as 404.
fn refused(refusal: Refusal) -> GraphError {
    let (status, code, message) = match refusal {
        Refusal::Exists => {
            (400, "RoleAssignmentExists", "The Role assignment already exists.".into())
        }
        Refusal::DoesNotExist => {
            (404, "RoleAssignmentDoesNotExist", "The Role assignment does not exist.".into())
        }
        Refusal::Pending => (
            400,
            "PendingRoleAssignmentRequest",
            // Told by its meaning in the facts.
            "There is already an existing pending Role assignment request.".to_owned(),
        ),
        Refusal::Policy(rules) => (
            400,
            "RoleAssignmentRequestPolicyValidationFailed",
            format!("The following policy rules failed: [\"{}\"]", rules.join("\",\"")),
        ),
        Refusal::TooShort => (
            400,
            "ActiveDurationTooShort",
            "The Active duration is too short. Miniumum Required is 5 minutes.".to_owned(),
        ),
        Refusal::InvalidSchedule => (
            400,
            "InvalidRoleAssignmentRequestSchedule",
            // The text is not in the facts.
            "The schedule of the request is invalid.".to_owned(),
        ),
    };
    GraphError::new(status, code, message)
}
