//! Requests to PIM: a role for a time, eligibility, and taking either (facts §3.5).

use doorward_core::{
    Attributes, Context, Error, ErrorKind, GrantKind, HttpRequest, Method, Outcome, OutcomeKind,
    Path, REQUEST_STATUS, Result, Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::schedule::ScheduleInfo;
use crate::apply::Change;
use crate::graph::{self, ENDPOINT};
use crate::permissions::READ_REQUESTS;

/// What settling needs beside the operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "look")]
pub(crate) enum Handle {
    /// At the request, which was not finished when it was answered.
    Request { id: String, kind: GrantKind },
    /// At the target, of which the service said that it is not there: an answer that also comes when
    /// it has just taken it away (facts §3.5, §9).
    Missing,
}

/// How far a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Done,
    Waiting,
    /// Nothing was changed, and nothing will be.
    Over,
}

/// All documented ones (facts §3.5). One that is not known waits: it is looked up again.
const STATUSES: &[(&str, Progress)] = &[
    ("Provisioned", Progress::Done),
    ("Granted", Progress::Done),
    ("ScheduleCreated", Progress::Done),
    ("Revoked", Progress::Done),
    ("PendingApproval", Progress::Waiting),
    ("PendingAdminDecision", Progress::Waiting),
    ("PendingProvisioning", Progress::Waiting),
    ("PendingScheduleCreation", Progress::Waiting),
    ("Denied", Progress::Over),
    ("Failed", Progress::Over),
    ("Canceled", Progress::Over),
];

/// A request as it is answered and read.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answered {
    id: String,
    status: String,
    target_schedule_id: Option<String>,
    schedule_info: Option<ScheduleInfo>,
}

fn collection(kind: GrantKind) -> Path {
    Path::new(match kind {
        GrantKind::Active => "/v1.0/roleManagement/directory/roleAssignmentScheduleRequests",
        GrantKind::Eligible => "/v1.0/roleManagement/directory/roleEligibilityScheduleRequests",
    })
}

/// Asks for the change. It begins now; its end is told as an instant, so that the host and PIM mean
/// the same one.
pub(super) fn ask(now: Timestamp, role: &str, scope: &str, change: &Change<'_>) -> HttpRequest {
    let mut body = Map::new();
    let mut say = |name: &str, value: Value| _ = body.insert(name.to_owned(), value);
    say("action", json!(if change.adds { "adminAssign" } else { "adminRemove" }));
    say("roleDefinitionId", json!(role));
    say("principalId", json!(change.key.principal.id));
    say("directoryScopeId", json!(scope));
    if let Some(reason) = change.reason {
        say("justification", json!(reason));
    }
    if let Some(ticket) = change.ticket {
        say("ticketInfo", json!({ "ticketNumber": ticket }));
    }
    if change.adds {
        let expiration = match change.until {
            Some(until) => json!({ "type": "afterDateTime", "endDateTime": until }),
            None => json!({ "type": "noExpiration" }),
        };
        say("scheduleInfo", json!({ "startDateTime": now, "expiration": expiration }));
    }
    HttpRequest::new(ENDPOINT, Method::Post, collection(change.key.kind)).json(Value::Object(body))
}

impl Answered {
    fn progress(&self) -> Progress {
        let known = STATUSES.iter().find(|(name, _)| self.status.eq_ignore_ascii_case(name));
        known.map_or(Progress::Waiting, |(_, progress)| *progress)
    }

    fn outcome(self, kind: OutcomeKind, change: &Change<'_>) -> Outcome {
        let until = self.schedule_info.as_ref().and_then(ScheduleInfo::ends);
        Outcome {
            until: until.or(change.until).filter(|_| change.adds),
            provider_id: Some(self.target_schedule_id.unwrap_or(self.id)),
            ..Outcome::new(kind)
        }
    }

    fn pending(self, kind: GrantKind) -> Outcome {
        let status = (REQUEST_STATUS.to_owned(), json!(self.status));
        Outcome {
            handle: Some(json!(Handle::Request { id: self.id, kind })),
            attributes: Attributes::from_iter([status]),
            ..Outcome::new(OutcomeKind::Pending)
        }
    }
}

/// What came of a request that was taken.
pub(super) fn outcome(body: &[u8], change: &Change<'_>) -> Result<Outcome> {
    let Ok(answered) = serde_json::from_slice::<Answered>(body) else {
        // It was taken, and a look tells what came of it.
        return Ok(Outcome::new(OutcomeKind::Unknown));
    };
    match answered.progress() {
        Progress::Done => Ok(answered.outcome(done(change), change)),
        Progress::Waiting => Ok(answered.pending(change.key.kind)),
        Progress::Over => Err(over(&answered, change)),
    }
}

fn done(change: &Change<'_>) -> OutcomeKind {
    if change.adds { OutcomeKind::Granted } else { OutcomeKind::Revoked }
}

fn over(answered: &Answered, change: &Change<'_>) -> Error {
    let (role, status) = (&change.resource.name, &answered.status);
    let reason = format!("request-{}", status.to_lowercase());
    Error::new(
        ErrorKind::Conflict,
        reason,
        format!("PIM took the request about the role {role} and ended it as {status}: nothing was changed."),
    )
    .remedy("Look at the request in the Microsoft Entra admin center, under Privileged Identity Management, and try again when its reason is gone.")
    .attribute("request", answered.id.clone())
}

/// What became of a request by now; `None` when only the target tells: requests are kept for a while,
/// and may be read by those only who may make them (facts §3.5).
pub(super) async fn settle(
    cx: &Context,
    handle: &Handle,
    change: &Change<'_>,
) -> Result<Option<Outcome>> {
    let Handle::Request { id, kind } = handle else { return Ok(None) };
    let path = collection(*kind).value(id);
    let answered: Answered = match graph::find(cx, path, &READ_REQUESTS).await {
        Ok(Some(answered)) => answered,
        Ok(None) => return Ok(None),
        Err(error) if error.kind == ErrorKind::PermissionDenied => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(Some(match answered.progress() {
        Progress::Done => answered.outcome(done(change), change),
        Progress::Waiting => answered.pending(*kind),
        Progress::Over => {
            let status = json!(answered.status.clone());
            let mut outcome = Outcome::new(OutcomeKind::NotApplied);
            outcome.attributes.insert(REQUEST_STATUS.to_owned(), status);
            outcome
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply;
    use doorward_core::Operation;

    fn operation(action: &str) -> Operation {
        let id = "a0000000-0000-4000-8000-000000000002";
        let role = json!({"kind": "role", "id": id});
        serde_json::from_value(json!({
            "id": "o", "action": action, "until": "2026-11-23T16:00:00Z",
            "key": {"principal": {"kind": "user", "id": id}, "resource": role, "entitlement": "assigned"},
            "resource": {"key": role, "name": "R", "class": "built-in"},
        }))
        .unwrap()
    }

    #[test]
    fn every_documented_status_is_told() {
        use OutcomeKind::{Granted, Pending, Revoked};
        let table = [
            ("grant", "Provisioned", Ok(Granted)),
            ("grant", "granted", Ok(Granted)),
            ("grant", "ScheduleCreated", Ok(Granted)),
            ("revoke", "Revoked", Ok(Revoked)),
            ("grant", "PendingApproval", Ok(Pending)),
            ("grant", "PendingAdminDecision", Ok(Pending)),
            ("grant", "PendingProvisioning", Ok(Pending)),
            ("revoke", "PendingScheduleCreation", Ok(Pending)),
            ("grant", "Denied", Err("request-denied")),
            ("grant", "Failed", Err("request-failed")),
            ("revoke", "Canceled", Err("request-canceled")),
            ("grant", "SomethingNew", Ok(Pending)),
        ];
        for (action, status, expected) in table {
            let body = json!({"id": "r", "status": status, "targetScheduleId": null, "scheduleInfo": {
                "startDateTime": "2026-11-23T08:00:00Z",
                "expiration": {"type": "afterDateTime", "endDateTime": "2026-11-23T15:59:59Z"}}});
            let operation = operation(action);
            let change = apply::change(&operation).unwrap();
            let told = outcome(body.to_string().as_bytes(), &change);
            let kind = told.as_ref().map(|outcome| outcome.kind);
            assert_eq!(kind.map_err(|error| error.reason.as_str()), expected, "{status}");
            match told {
                Ok(told) if told.kind == Granted => {
                    // What PIM says counts.
                    let until = told.until.unwrap().to_string();
                    assert_eq!(until, "2026-11-23T15:59:59Z");
                    assert_eq!(told.provider_id.as_deref(), Some("r"));
                }
                Ok(told) if told.kind == Pending => {
                    let handle: Handle = serde_json::from_value(told.handle.unwrap()).unwrap();
                    let id = "r".to_owned();
                    assert_eq!(handle, Handle::Request { id, kind: GrantKind::Active });
                }
                Ok(told) => assert_eq!(told.until, None),
                Err(error) => assert!(error.remedy.is_some()),
            }
        }
        let operation = operation("grant");
        let told = outcome(b"<html>", &apply::change(&operation).unwrap()).unwrap();
        assert_eq!(told.kind, OutcomeKind::Unknown);
    }
}
