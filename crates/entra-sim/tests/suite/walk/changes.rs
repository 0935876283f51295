//! The rows that change something, in an order in which each can succeed, and those that are refused.

use entra_sim::cast;
use http::Method;
use serde_json::{Value, json};

use super::Row;
use super::tenant::PIM_GROUP;
use crate::client::{GRAPH, reference};

const STRANGER: &str = "11111111-2222-4333-8444-555555555555";

fn post(path: impl Into<String>, status: u16, body: Value) -> Row {
    Row::new(Method::POST, path, status).with(body)
}

fn delete(path: impl Into<String>) -> Row {
    Row::new(Method::DELETE, path, 204)
}

pub(super) fn rows() -> Vec<Row> {
    let mut all = questions();
    all.extend(accounts());
    all.extend(links());
    all.extend(roles());
    all.extend(pim());
    all.extend(applications());
    for action in ["confirmCompromised", "confirmSafe", "dismiss"] {
        let path = format!("/identityProtection/riskyUsers/{action}");
        all.push(post(path, 204, json!({ "userIds": [cast::BOB] })));
    }
    all
}

/// POST that only asks.
fn questions() -> Vec<Row> {
    let ids =
        [cast::ALICE, cast::FINANCE, cast::BUILD_ROBOT, cast::LAPTOP, cast::NINA, cast::UNIT_EMEA];
    let mut all = Vec::new();
    for path in ["getByIds", "microsoft.graph.getByIds", "getByIds?$select=id,displayName"] {
        all.push(post(format!("/directoryObjects/{path}"), 200, json!({ "ids": ids })));
    }
    for (set, id) in [
        ("users", cast::BOB),
        ("groups", cast::TIER_0_OPERATORS),
        ("servicePrincipals", cast::BUILD_ROBOT),
        ("devices", cast::LAPTOP),
        ("contacts", cast::NINA),
        ("directoryObjects", cast::BOB),
    ] {
        for (action, body) in [
            ("getMemberGroups", json!({ "securityEnabledOnly": false })),
            ("getMemberObjects", json!({ "securityEnabledOnly": false })),
            ("checkMemberGroups", json!({ "groupIds": [cast::FINANCE, cast::PLATFORM] })),
            ("checkMemberObjects", json!({ "ids": [cast::UNIT_EMEA, cast::FINANCE] })),
        ] {
            all.push(post(format!("/{set}/{id}/{action}"), 200, body));
        }
    }
    all
}

fn accounts() -> Vec<Row> {
    let enabled = |enabled: bool| {
        let path = format!("/users/{}", cast::ERIN);
        Row::new(Method::PATCH, path, 204).with(json!({ "accountEnabled": enabled }))
    };
    vec![
        post(
            "/users",
            201,
            json!({
                "accountEnabled": true,
                "displayName": "Hugo Haas",
                "mailNickname": "hugo",
                "userPrincipalName": "hugo@contoso.com",
                "passwordProfile": { "password": "correct horse battery" },
            }),
        ),
        post(
            "/invitations",
            201,
            json!({
                "invitedUserEmailAddress": "hana@fabrikam.com",
                "inviteRedirectUrl": "https://contoso.com",
            }),
        ),
        enabled(false),
        enabled(true),
        delete(format!("/users/{}", cast::ERIN)),
        post(format!("/directory/deletedItems/{}/restore", cast::ERIN), 200, json!({})),
        delete(format!("/users/{}", cast::ERIN)),
        delete(format!("/directory/deletedItems/{}", cast::ERIN)),
    ]
}

fn links() -> Vec<Row> {
    let group = format!("/groups/{}", cast::APAC_SALES);
    let mut all = Vec::new();
    for relation in ["members", "owners"] {
        let path = format!("{group}/{relation}");
        all.push(post(format!("{path}/$ref"), 204, reference(cast::BOB)));
        all.push(post(format!("{path}/$ref"), 204, reference(cast::ALICE)));
        all.push(delete(format!("{path}/{}/$ref", cast::BOB)));
    }
    let bound = [format!("{GRAPH}/directoryObjects/{}", cast::CAROL)];
    let body = json!({ "members@odata.bind": bound });
    all.push(Row::new(Method::PATCH, &group, 204).with(body));
    // Without `/$ref` it is the object itself that goes (facts §2.2).
    all.push(post(format!("{group}/members/$ref"), 204, reference(cast::FINANCE_LEADS)));
    all.push(delete(format!("{group}/members/{}", cast::FINANCE_LEADS)));
    all.push(post(format!("{group}/owners/$ref"), 204, reference(cast::BUILD_ROBOT)));
    all.push(delete(format!("{group}/owners/{}", cast::BUILD_ROBOT)));
    all
}

fn roles() -> Vec<Row> {
    let path = "/roleManagement/directory/roleAssignments";
    let body = |scope: &str| {
        json!({
            "@odata.type": "#microsoft.graph.unifiedRoleAssignment",
            "roleDefinitionId": cast::GROUPS_ADMINISTRATOR,
            "principalId": cast::BOB,
            "directoryScopeId": scope,
        })
    };
    let unit = format!("/administrativeUnits/{}", cast::UNIT_EMEA);
    vec![
        post(path, 201, body("/")),
        post(path, 201, body(&unit)),
        delete(format!("{path}/{{last}}")),
    ]
}

fn pim() -> Vec<Row> {
    let mut all = Vec::new();
    let wish = |action: &str, about: &Value| {
        let mut body = json!({
            "action": action,
            "justification": "On call",
            "principalId": cast::ALICE,
            "scheduleInfo": { "expiration": { "type": "afterDuration", "duration": "PT8H" } },
            "ticketInfo": { "ticketNumber": "CHG-1", "ticketSystem": "SNOW" },
        });
        body.as_object_mut().unwrap().append(&mut about.as_object().unwrap().clone());
        body
    };
    for (root, about) in [
        (
            "/roleManagement/directory/role",
            json!({ "roleDefinitionId": cast::GROUPS_ADMINISTRATOR, "directoryScopeId": "/" }),
        ),
        (
            "/identityGovernance/privilegedAccess/group/",
            json!({ "groupId": PIM_GROUP, "accessId": "member" }),
        ),
    ] {
        for kind in ["Eligibility", "Assignment"] {
            let kind = if root.ends_with('/') { kind.to_lowercase() } else { kind.to_owned() };
            let path = format!("{root}{kind}ScheduleRequests");
            let mut validation = wish("adminAssign", &about);
            validation["isValidationOnly"] = json!(true);
            all.push(post(&path, 201, validation));
            all.push(post(&path, 201, wish("adminAssign", &about)));
            if kind.eq_ignore_ascii_case("eligibility") {
                all.push(post(&path, 201, wish("adminUpdate", &about)));
                all.push(post(&path, 201, wish("adminRemove", &about)));
                // What is done cannot be cancelled.
                all.push(Row::new(Method::POST, format!("{path}/{{first}}/cancel"), 400));
            } else {
                all.push(Row::new(Method::POST, format!("{path}/{{waiting}}/cancel"), 204));
            }
        }
    }
    all
}

fn applications() -> Vec<Row> {
    let path = format!("/servicePrincipals/{}/appRoleAssignedTo", cast::PAYROLL);
    let wish = json!({
        "principalId": cast::CAROL,
        "resourceId": cast::PAYROLL,
        "appRoleId": cast::PAYROLL_READER,
    });
    let application = format!("/applications/{}", cast::APPLICATION_OBJECT_ID);
    let secret = json!({ "passwordCredential": { "displayName": "rotated" } });
    vec![
        post(&path, 201, wish),
        delete(format!("{path}/{{last}}")),
        post(format!("{application}/addPassword"), 200, secret),
        post(
            format!("{application}/removePassword"),
            204,
            json!({ "keyId": cast::EXPIRED_SECRET_ID }),
        ),
    ]
}

/// Each way in which an endpoint says no; those that never say anything else are endpoints too.
pub(super) fn refusals() -> Vec<Row> {
    let finance = format!("/groups/{}", cast::FINANCE);
    let pim = "/roleManagement/directory/roleAssignmentSchedules";
    let mut all = vec![
        post(format!("{finance}/members"), 400, reference(cast::ALICE)),
        post(format!("{finance}/owners"), 400, reference(cast::ALICE)),
        Row::new(Method::PATCH, format!("{finance}/members/$ref"), 400),
        Row::new(Method::PATCH, format!("{finance}/owners/$ref"), 400),
        post(format!("{finance}/members/$ref"), 404, reference(STRANGER)),
        post(
            format!("{}/members/$ref", format_args!("/groups/{}", cast::ALL_STAFF)),
            403,
            reference(cast::DAVE),
        ),
        Row::new(Method::GET, format!("/users/{STRANGER}"), 404),
        Row::new(Method::GET, "/users?$top=1000", 400),
        Row::new(Method::GET, "/users?$select=skills", 501),
        Row::new(Method::GET, "/users?$select=nonsense", 400),
        Row::new(Method::GET, "/users/$count", 400),
        Row::new(Method::PATCH, "/organization", 405),
        Row::new(Method::GET, format!("{pim}/{STRANGER}"), 404),
        post(
            "/roleManagement/directory/roleAssignments",
            400,
            json!({
                "roleDefinitionId": cast::GLOBAL_ADMINISTRATOR,
                "principalId": cast::BOB,
                "directoryScopeId": format!("/administrativeUnits/{}", cast::UNIT_EMEA),
            }),
        ),
    ];
    // Delegated only (facts §3.5).
    for (root, groups) in [
        ("/roleManagement/directory/role", false),
        ("/identityGovernance/privilegedAccess/group/", true),
    ] {
        for kind in ["Eligibility", "Assignment"] {
            for sort in ["ScheduleRequests", "Schedules", "ScheduleInstances"] {
                let kind = if groups { kind.to_lowercase() } else { kind.to_owned() };
                let path = format!("{root}{kind}{sort}/filterByCurrentUser(on='principal')");
                all.push(Row::new(Method::GET, path, 400));
            }
        }
    }
    all
}
