//! The rows that read. Each has something to show.

use entra_sim::cast;
use http::Method;

use super::Row;
use super::tenant::PIM_GROUP;

fn get(path: impl Into<String>) -> Row {
    Row::new(Method::GET, path, 200)
}

pub(super) fn rows() -> Vec<Row> {
    let mut all = Vec::new();
    all.extend(directory());
    all.extend(relations());
    all.extend(role_management());
    all.extend(pim());
    all.extend(deltas());
    all
}

fn directory() -> Vec<Row> {
    let mut all: Vec<Row> = [
        "/organization",
        "/users",
        "/groups",
        "/servicePrincipals",
        "/devices",
        "/contacts",
        "/directory/administrativeUnits",
        "/identityProtection/riskyUsers",
        "/users?$filter=userType eq 'Guest'&$top=2",
        "/users?$orderby=displayName&$top=3",
        "/directory/deletedItems/microsoft.graph.user",
        "/directory/deletedItems/microsoft.graph.group",
        "/directory/deletedItems/microsoft.graph.servicePrincipal",
    ]
    .map(get)
    .into();
    all.extend(
        [
            "/users/$count",
            "/groups/$count",
            "/directory/administrativeUnits/$count",
            "/users?$count=true&$search=\"displayName:a\"",
        ]
        .map(|path| get(path).eventual()),
    );
    for (set, ids) in [
        ("users", &[cast::ALICE, cast::ERIN, cast::DAVE, "bob@contoso.com"][..]),
        (
            "groups",
            &[
                cast::FINANCE,
                cast::ALL_STAFF,
                cast::ALL_STAFF_PAUSED,
                cast::WAREHOUSE,
                cast::PRESS,
                cast::BUILDING_SECURITY,
                cast::PROJECT_PHOENIX,
                cast::WORKS_COUNCIL,
                cast::TIER_0_OPERATORS,
                cast::PAYROLL_VAULT,
            ],
        ),
        ("servicePrincipals", &[cast::SERVICE_PRINCIPAL_ID, cast::BUILD_ROBOT, cast::PAYROLL]),
        ("devices", &[cast::LAPTOP]),
        ("contacts", &[cast::NINA]),
        ("applications", &[cast::APPLICATION_OBJECT_ID]),
        ("identityProtection/riskyUsers", &[cast::BOB, cast::ZOE]),
        ("directory/administrativeUnits", &[cast::UNIT_EMEA, cast::RESTRICTED_UNIT]),
        ("directory/deletedItems", &[cast::ZOE, cast::OLD_FINANCE]),
        (
            "directoryObjects",
            &[
                cast::ALICE,
                cast::FINANCE,
                cast::BUILD_ROBOT,
                cast::LAPTOP,
                cast::NINA,
                cast::UNIT_EMEA,
            ],
        ),
    ] {
        all.extend(ids.iter().map(|id| get(format!("/{set}/{id}"))));
    }
    all.extend([
        get(format!("/applications(appId='{}')", cast::CLIENT_ID)),
        get(format!("/servicePrincipals(appId='{}')", cast::CLIENT_ID)),
        get(format!("/users('{}')", cast::ALICE)),
    ]);
    all
}

/// What holds, and what is held; each cast that has something to show.
fn relations() -> Vec<Row> {
    let member_types = ["user", "group", "device", "orgContact", "servicePrincipal"];
    let holder_types = ["group", "directoryRole", "administrativeUnit"];
    let mut all = Vec::new();
    for (path, casts) in [
        (format!("/groups/{}/members", cast::FINANCE), &member_types[..]),
        (format!("/groups/{}/transitiveMembers", cast::FINANCE), &member_types[..]),
        (format!("/groups/{}/owners", cast::FINANCE), &["user"]),
        (format!("/groups/{}/memberOf", cast::TIER_0_OPERATORS), &holder_types),
        (format!("/groups/{}/transitiveMemberOf", cast::TIER_0_OPERATORS), &holder_types),
        (format!("/users/{}/memberOf", cast::ALICE), &holder_types),
        (format!("/users/{}/transitiveMemberOf", cast::ALICE), &holder_types),
        (format!("/users/{}/ownedObjects", cast::ALICE), &["group"]),
        (format!("/servicePrincipals/{}/memberOf", cast::BUILD_ROBOT), &["group", "directoryRole"]),
        (format!("/servicePrincipals/{}/transitiveMemberOf", cast::BUILD_ROBOT), &["group"]),
        (format!("/servicePrincipals/{}/ownedObjects", cast::BUILD_ROBOT), &["group"]),
        (format!("/devices/{}/memberOf", cast::LAPTOP), &["group", "administrativeUnit"]),
        (format!("/devices/{}/transitiveMemberOf", cast::LAPTOP), &["group"]),
        (format!("/contacts/{}/memberOf", cast::NINA), &["group"]),
        (format!("/contacts/{}/transitiveMemberOf", cast::NINA), &["group"]),
        (
            format!("/directory/administrativeUnits/{}/members", cast::UNIT_EMEA),
            &["user", "group", "device"],
        ),
    ] {
        all.push(get(&path));
        all.push(get(format!("{path}/$count")).eventual());
        for cast in casts {
            all.push(get(format!("{path}/microsoft.graph.{cast}?$count=true")).eventual());
            all.push(get(format!("{path}/microsoft.graph.{cast}/$count")).eventual());
        }
    }
    all.push(get(format!("/groups/{}/members", cast::PRESS)));
    for (set, id) in
        [("users", cast::BOB), ("groups", cast::FINANCE), ("servicePrincipals", cast::BUILD_ROBOT)]
    {
        all.push(get(format!("/{set}/{id}/appRoleAssignments")));
        all.push(get(format!("/{set}/{id}/appRoleAssignments/{{first}}")));
    }
    let payroll = format!("/servicePrincipals/{}/appRoleAssignedTo", cast::PAYROLL);
    all.push(get(&payroll));
    all.push(get(format!("{payroll}/{{first}}")));
    all
}

fn role_management() -> Vec<Row> {
    let root = "/roleManagement/directory";
    let mut all = Vec::new();
    let unit = format!("/directory/administrativeUnits/{}", cast::UNIT_EMEA);
    all.push(get(format!("{unit}/scopedRoleMembers")));
    for set in ["roleDefinitions", "roleAssignments"] {
        all.push(get(format!("{root}/{set}")));
        all.push(get(format!("{root}/{set}/{{first}}")));
    }
    let scoped = format!("$filter=directoryScopeId eq '/administrativeUnits/{}'", cast::UNIT_EMEA);
    for (set, expand) in [
        ("roleDefinitions", "inheritsPermissionsFrom"),
        ("roleDefinitions", "inheritsPermissionsFrom($select=id,displayName)"),
        ("roleAssignments", "principal"),
        ("roleAssignments", "principal($select=id,displayName)"),
        ("roleAssignments", "roleDefinition"),
        ("roleAssignments", "roleDefinition($select=displayName)"),
    ] {
        all.push(get(format!("{root}/{set}?$expand={expand}")));
    }
    all.push(get(format!("{root}/roleAssignments?$expand=directoryScope&{scoped}")));
    all.push(get(format!("{root}/roleAssignments/{{first}}?$expand=principal")));
    for (scope, kind) in [("/", "DirectoryRole"), (PIM_GROUP, "Group")] {
        let filter = format!("$filter=scopeId eq '{scope}' and scopeType eq '{kind}'");
        for expand in ["", "&$expand=policy", "&$expand=policy($expand=rules)"] {
            let path = "/policies/roleManagementPolicyAssignments";
            all.push(get(format!("{path}?{filter}{expand}")));
        }
    }
    all
}

/// The twelve collections, each also by one and with what can be expanded.
fn pim() -> Vec<Row> {
    let mut all = Vec::new();
    let filter = format!("$filter=groupId eq '{PIM_GROUP}'");
    for (root, groups) in [
        ("/roleManagement/directory/role", false),
        ("/identityGovernance/privilegedAccess/group/", true),
    ] {
        for kind in ["Eligibility", "Assignment"] {
            for sort in ["ScheduleRequests", "Schedules", "ScheduleInstances"] {
                let kind = if groups { kind.to_lowercase() } else { kind.to_owned() };
                let list = format!("{root}{kind}{sort}");
                let activated =
                    kind.eq_ignore_ascii_case("assignment") && sort != "ScheduleRequests";
                let about = if groups { "group" } else { "roleDefinition,directoryScope" };
                let more = if activated { ",activatedUsing" } else { "" };
                let options = if groups { format!("?{filter}") } else { String::new() };
                let joint = if groups { '&' } else { '?' };
                all.push(get(format!("{list}{options}")));
                let expand = format!("$expand=principal,{about}{more}");
                all.push(get(format!("{list}{options}{joint}{expand}")));
                all.push(get(format!("{list}/{{first}}")));
                all.push(get(format!("{list}/{{first}}?{expand}")));
            }
        }
    }
    all
}

fn deltas() -> Vec<Row> {
    [
        "/users/delta",
        "/users/delta()?$select=displayName,mail",
        "/users/microsoft.graph.delta",
        "/groups/delta",
        "/groups/delta?$select=displayName,members,owners",
        "/servicePrincipals/delta",
        "/directoryObjects/delta",
        "/directoryObjects/delta?$filter=isof('microsoft.graph.user') or isof('microsoft.graph.group')",
    ]
    .map(get)
    .into()
}
