//! Requests, schedules and instances as Graph writes them (facts §3.5, §3.11).

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Collection, Sort};
use crate::graph::Call;
use crate::tenant::{Expiry, On, Request, Row, Tenure};

/// What it is about: the fields in which roles and groups differ.
fn subject(call: &Call<'_>, on: On) -> Map<String, Value> {
    let mut fields = Map::new();
    match on {
        On::Role(role, scope) => {
            fields.insert("roleDefinitionId".into(), json!(role.to_string()));
            fields.insert("directoryScopeId".into(), json!(scope.to_string()));
            fields.insert("appScopeId".into(), Value::Null);
        }
        On::Group(group, link) => {
            fields.insert("groupId".into(), json!(call.tenant.object(group).id.to_string()));
            fields.insert("accessId".into(), json!(link.access()));
        }
    }
    fields
}

fn time(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, |at| json!(at.to_string()))
}

/// Groups spell these words in lower case (facts §9).
fn word(groups: bool, word: &str) -> Value {
    if groups { json!(word.to_lowercase()) } else { json!(word) }
}

/// A schedule or an instance.
pub(super) fn row(call: &Call<'_>, collection: &Collection<'_>, row: &Row) -> Value {
    let mut item = subject(call, row.on);
    let mut put = |name: &str, value: Value| item.insert(name.to_owned(), value);
    let groups = collection.groups;
    put("principalId", json!(call.tenant.object(row.principal).id.to_string()));
    put("memberType", word(groups, if row.through_group { "Group" } else { "Direct" }));
    match row.tenure {
        Tenure::Eligible => None,
        Tenure::Assigned => put("assignmentType", word(groups, "Assigned")),
        Tenure::Activated => put("assignmentType", word(groups, "Activated")),
    };
    if collection.sort == Sort::Instances {
        put("id", json!(row.instance_id));
        put("startDateTime", time(row.start));
        put("endDateTime", time(row.end));
        match (groups, collection.eligible) {
            (false, true) => put("roleEligibilityScheduleId", json!(row.schedule_id)),
            (true, true) => put("eligibilityScheduleId", json!(row.schedule_id)),
            (true, false) => put("assignmentScheduleId", json!(row.schedule_id)),
            (false, false) => {
                put("roleAssignmentOriginId", json!(row.instance_id));
                put("roleAssignmentScheduleId", json!(row.schedule_id))
            }
        };
    } else {
        put("id", json!(row.schedule_id));
        put("createdUsing", json!(row.created.map(|(request, _)| request.to_string())));
        put("createdDateTime", time(row.created.map(|(_, at)| at)));
        // Never modified: an update makes another schedule (facts §3.5, §9).
        put("modifiedDateTime", row.created.map_or(Value::Null, |_| json!("0001-01-01T08:00:00Z")));
        put("status", json!("Provisioned"));
        // Whatever was asked for, a schedule stores its end (facts §9).
        put("scheduleInfo", info(row.start, row.end.map_or(Expiry::Never, Expiry::At)));
    }
    Value::Object(item)
}

fn info(start: Option<Timestamp>, expiry: Expiry) -> Value {
    let (kind, end, duration) = match expiry {
        Expiry::Never => ("noExpiration", None, None),
        Expiry::At(end) => ("afterDateTime", Some(end), None),
        Expiry::For(_, text) => ("afterDuration", None, Some(text)),
    };
    json!({
        "startDateTime": time(start),
        "recurrence": null,
        "expiration": { "type": kind, "endDateTime": time(end), "duration": duration },
    })
}

/// A request; it keeps the expiration that it was sent with (facts §9).
pub(super) fn request(call: &Call<'_>, request: &Request) -> Value {
    let mut item = subject(call, request.on);
    let target = request.target.map(|target| match request.on {
        On::Role(..) => target.to_string(),
        On::Group(group, link) => call.tenant.group_schedule_id(group, link, target),
    });
    let fields = json!({
        "id": request.id.to_string(),
        "status": request.status.name(),
        "createdDateTime": time(Some(request.created)),
        "completedDateTime": time(request.completed),
        "approvalId": null,
        "customData": null,
        "action": request.action.name(),
        "principalId": call.tenant.object(request.principal).id.to_string(),
        "isValidationOnly": request.validation_only,
        "targetScheduleId": target,
        "justification": request.justification,
        // That an application shows as a user is how Microsoft's samples have it.
        "createdBy": {
            "application": null,
            "device": null,
            "user": { "displayName": null, "id": request.by.to_string() },
        },
        "scheduleInfo": request
            .term
            .clone()
            .map_or(Value::Null, |(start, expiry)| info(Some(start), expiry)),
        "ticketInfo": { "ticketNumber": request.ticket.0, "ticketSystem": request.ticket.1 },
    });
    if let Value::Object(mut fields) = fields {
        item.append(&mut fields);
    }
    Value::Object(item)
}
