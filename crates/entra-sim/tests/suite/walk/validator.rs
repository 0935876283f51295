//! That the validator refuses what does not fit: a walk with a lenient one would show nothing.

use serde_json::{Map, Value, json};

use super::answer::Asked;
use crate::client::{GRAPH, Got};
use crate::csdl::{Expand, SUBSET, Schema};

fn user() -> Value {
    json!({
        "id": "a11ce000-0000-4000-8000-000000000001",
        "accountEnabled": true,
        "displayName": null,
        "createdDateTime": "2026-11-23T08:00:00.1234567Z",
        "businessPhones": ["1"],
        "assignedLicenses": [],
    })
}

fn schedule() -> Value {
    json!({
        "id": "1",
        "memberType": "direct",
        "principalId": "2",
        "scheduleInfo": {
            "startDateTime": "2026-11-23T08:00:00Z",
            "recurrence": null,
            "expiration": { "type": "afterDuration", "endDateTime": null, "duration": "PT8H" },
        },
    })
}

/// A value with another at a place; nothing takes the place away.
fn with(mut value: Value, pointer: &str, other: Option<Value>) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let fields: &mut Map<String, Value> =
        value.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match other {
        Some(other) => fields.insert(name.to_owned(), other),
        None => fields.remove(name),
    };
    value
}

#[test]
fn entities() {
    let schema = Schema::read(SUBSET);
    let group_schedule = "privilegedAccessGroupAssignmentSchedule";
    let member = json!({ "@odata.type": "#microsoft.graph.user", "id": "1", "displayName": "A" });
    let principal = json!({ "id": "1", "principal": member });
    for (case, kind, value, expand, fits) in [
        ("a user", "user", user(), "", true),
        ("a schedule", group_schedule, schedule(), "", true),
        ("a member", "directoryObject", member.clone(), "", true),
        ("a wrong name", "user", with(user(), "/displayname", Some(json!("A"))), "", false),
        ("another type's name", "user", with(user(), "/groupTypes", Some(json!([]))), "", false),
        ("a number for a text", "user", with(user(), "/displayName", Some(json!(1))), "", false),
        (
            "a text for a truth",
            "user",
            with(user(), "/accountEnabled", Some(json!("true"))),
            "",
            false,
        ),
        (
            "null for a list",
            "user",
            with(user(), "/assignedLicenses", Some(Value::Null)),
            "",
            false,
        ),
        ("one for a list", "user", with(user(), "/businessPhones", Some(json!("1"))), "", false),
        ("null in a list", "user", with(user(), "/businessPhones", Some(json!([null]))), "", false),
        ("null for the id", "user", with(user(), "/id", Some(Value::Null)), "", false),
        (
            "a time without a zone",
            "user",
            with(user(), "/createdDateTime", Some(json!("2026-11-23T08:00:00"))),
            "",
            false,
        ),
        (
            "a time with nine digits",
            "user",
            with(user(), "/createdDateTime", Some(json!("2026-11-23T08:00:00.123456789Z"))),
            "",
            false,
        ),
        (
            "a day for a time",
            "user",
            with(user(), "/createdDateTime", Some(json!("2026-11-23"))),
            "",
            false,
        ),
        (
            "an unknown annotation",
            "user",
            with(user(), "/@odata.nonsense", Some(json!("1"))),
            "",
            false,
        ),
        (
            "its own type",
            "user",
            with(user(), "/@odata.type", Some(json!("#microsoft.graph.user"))),
            "",
            false,
        ),
        (
            "a type that is none of these",
            "user",
            with(user(), "/@odata.type", Some(json!("#microsoft.graph.group"))),
            "",
            false,
        ),
        ("no type", "directoryObject", with(member.clone(), "/@odata.type", None), "", false),
        (
            "an unknown type",
            "directoryObject",
            with(member.clone(), "/@odata.type", Some(json!("#microsoft.graph.cat"))),
            "",
            false,
        ),
        (
            "an unknown member",
            group_schedule,
            with(schedule(), "/memberType", Some(json!("sideways"))),
            "",
            false,
        ),
        (
            "a member in another case",
            group_schedule,
            with(schedule(), "/memberType", Some(json!("Direct"))),
            "",
            false,
        ),
        (
            "a wrong name inside",
            group_schedule,
            with(schedule(), "/scheduleInfo/end", Some(json!(null))),
            "",
            false,
        ),
        (
            "no duration",
            group_schedule,
            with(schedule(), "/scheduleInfo/expiration/duration", Some(json!("8h"))),
            "",
            false,
        ),
        ("what was expanded", "unifiedRoleAssignment", principal.clone(), "principal", true),
        ("what was not expanded", "unifiedRoleAssignment", principal.clone(), "", false),
        (
            "what should be expanded",
            "unifiedRoleAssignment",
            json!({ "id": "1" }),
            "principal",
            false,
        ),
        (
            "a list for one",
            "unifiedRoleAssignment",
            with(principal.clone(), "/principal", Some(json!([]))),
            "principal",
            false,
        ),
        (
            "null for who may not be read",
            "unifiedRoleAssignment",
            with(principal, "/principal", Some(Value::Null)),
            "principal",
            true,
        ),
    ] {
        let found = schema.defects(kind, &value, &Expand::parse(expand));
        assert_eq!(found.is_empty(), fits, "{case}: {found:?}");
    }
}

fn page(context: &str, more: &Value) -> Got {
    let mut json = json!({ "@odata.context": format!("{GRAPH}/$metadata#{context}") });
    json.as_object_mut().unwrap().append(&mut more.as_object().unwrap().clone());
    let mut headers = http::HeaderMap::new();
    headers.insert("content-type", "application/json".parse().unwrap());
    Got { status: 200, headers, text: json.to_string(), json }
}

#[test]
fn frames() {
    let schema = Schema::read(SUBSET);
    let id = json!({ "id": "1" });
    let list = json!({ "value": [id] });
    let next = |link: &str| json!({ "value": [], "@odata.nextLink": link });
    let schedules = "roleManagement/directory/roleAssignmentSchedules";
    for (case, path, got, fits) in [
        ("a list", "/users", page("users", &json!({ "value": [user()] })), true),
        ("no list", "/users", page("users", &user()), false),
        ("another set", "/users", page("groups", &list), false),
        ("an entity for a list", "/users", page("users/$entity", &list), false),
        ("an entity", "/users/1", page("users/$entity", &user()), true),
        ("a list for an entity", "/users/1", page("users", &user()), false),
        ("what was selected", "/users?$select=id", page("users(id)", &list), true),
        ("what was selected, untold", "/users?$select=id", page("users", &list), false),
        ("less than was selected", "/users?$select=id,mail", page("users(id,mail)", &list), false),
        (
            "more than was selected",
            "/users?$select=id",
            page("users(id)", &json!({ "value": [user()] })),
            false,
        ),
        (
            "contained",
            "/roleManagement/directory/roleAssignmentSchedules",
            page(schedules, &list),
            true,
        ),
        (
            "by another path",
            "/roleManagement/directory/roleAssignmentSchedules",
            page("roleAssignmentSchedules", &list),
            false,
        ),
        ("a link", "/users", page("users", &next(&format!("{GRAPH}/users?$skiptoken=x"))), true),
        (
            "a link elsewhere",
            "/users",
            page("users", &next(&format!("{GRAPH}/groups?$skiptoken=x"))),
            false,
        ),
        (
            "a link without a token",
            "/users",
            page("users", &next(&format!("{GRAPH}/users?$top=1"))),
            false,
        ),
        ("a relative link", "/users", page("users", &next("/users?$skiptoken=x")), false),
        ("a delta page without a link", "/users/delta", page("users", &list), false),
        (
            "a deltaLink of a list",
            "/users",
            page(
                "users",
                &json!({ "value": [], "@odata.deltaLink": format!("{GRAPH}/users?$deltatoken=x") }),
            ),
            false,
        ),
    ] {
        let (bare, _) = path.split_once('?').unwrap_or((path, ""));
        let resolved = schema.resolve(&http::Method::GET, bare).unwrap();
        let found = Asked { resolved, path, limited: false }.defects(&schema, &got);
        assert_eq!(found.is_empty(), fits, "{case}: {found:?}");
    }
}

/// A path is read as the schema has it, or not at all.
#[test]
fn paths() {
    let schema = Schema::read(SUBSET);
    for (path, expect) in [
        ("/users", Some(("users", "users"))),
        ("/users('1')/memberOf", Some(("users/{}/memberOf", "directoryObjects"))),
        ("/users/1/memberOf/microsoft.graph.group", Some(("users/{}/memberOf/{cast}", "groups"))),
        ("/users/delta()", Some(("users/delta", "users"))),
        (
            "/users/1/appRoleAssignments",
            Some(("users/{}/appRoleAssignments", "users('1')/appRoleAssignments")),
        ),
        ("/nonsense", None),
        ("/users/1/nonsense", None),
        ("/users/1/memberOf/microsoft.graph.application1", None),
        ("/users/$count/1", None),
    ] {
        let got = schema.resolve(&http::Method::GET, path).ok();
        let got = got.map(|resolved| (resolved.template, resolved.set));
        let expect = expect.map(|(template, set)| (template.to_owned(), set.to_owned()));
        assert_eq!(got, expect, "{path}");
    }
}
