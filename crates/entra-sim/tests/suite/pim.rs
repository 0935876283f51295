//! What the tests of PIM for roles share.

use entra_sim::{Settings, cast};
use serde_json::{Value, json};

use crate::client::{Client, Got};

pub(crate) const ROOT: &str = "/roleManagement/directory";
pub(crate) const ROLE: &str = cast::USER_ADMINISTRATOR;
pub(crate) const HOUR: i64 = 3600;
pub(crate) const STRANGER: &str = "11111111-2222-4333-8444-555555555555";
/// The use `roles-jit` with what `read` has (facts §0).
pub(crate) const JIT: [&str; 4] = [
    "RoleAssignmentSchedule.ReadWrite.Directory",
    "RoleEligibilitySchedule.ReadWrite.Directory",
    "RoleManagement.Read.Directory",
    "User.Read.All",
];

pub(crate) fn kind(eligible: bool) -> &'static str {
    if eligible { "roleEligibility" } else { "roleAssignment" }
}

pub(crate) fn requests(eligible: bool) -> String {
    format!("{ROOT}/{}ScheduleRequests", kind(eligible))
}

pub(crate) fn schedules(eligible: bool) -> String {
    format!("{ROOT}/{}Schedules", kind(eligible))
}

pub(crate) fn instances(eligible: bool) -> String {
    format!("{ROOT}/{}ScheduleInstances", kind(eligible))
}

pub(crate) fn wish(action: &str, principal: &str, expiration: Value) -> Value {
    json!({
        "action": action,
        "principalId": principal,
        "roleDefinitionId": ROLE,
        "directoryScopeId": "/",
        "justification": "On call",
        "scheduleInfo": { "startDateTime": "2026-11-23T07:00:00Z", "expiration": expiration },
        "ticketInfo": { "ticketNumber": "CHG-1", "ticketSystem": "SNOW" },
    })
}

pub(crate) fn hours(hours: u32) -> Value {
    json!({ "type": "afterDuration", "duration": format!("PT{hours}H") })
}

pub(crate) fn forever() -> Value {
    json!({ "type": "noExpiration" })
}

pub(crate) fn removal(principal: &str) -> Value {
    json!({
        "action": "adminRemove",
        "principalId": principal,
        "roleDefinitionId": ROLE,
        "directoryScopeId": "/",
    })
}

pub(crate) async fn of(client: &Client, path: &str, filter: &str) -> Got {
    client.get(&format!("{path}?$filter={}", filter.replace(' ', "%20"))).await
}

pub(crate) async fn mine(client: &Client, path: &str, principal: &str) -> Vec<Value> {
    of(client, path, &format!("principalId eq '{principal}'")).await.values().clone()
}

pub(crate) async fn jit() -> Client {
    Client::signed_in_with(Settings::default(), &JIT).await
}
