//! `/policies/roleManagementPolicyAssignments`: what PIM asks of a request, per role and per group (facts §9).

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::error::{GraphError, Result};
use super::filter::{Filter, Literal};
use super::pim::{invalid_filter, licensed};
use super::{Call, Reply, render};
use crate::random;
use crate::tenant::{EnablementRule, ExpirationRule, Kind, Link, On, PimPolicy, Scope};

const OF_ROLES: [&str; 5] = [
    "RoleManagementPolicy.Read.Directory",
    "RoleManagement.Read.Directory",
    "RoleManagement.Read.All",
    "RoleManagementPolicy.ReadWrite.Directory",
    "RoleManagement.ReadWrite.Directory",
];
const OF_GROUPS: [&str; 2] =
    ["RoleManagementPolicy.Read.AzureADGroup", "RoleManagementPolicy.ReadWrite.AzureADGroup"];

/// A policy and what it is assigned to.
struct Assigned {
    policy: PimPolicy,
    scope_id: String,
    scope_type: String,
    /// A role, or `member` or `owner` of a group.
    role: String,
}

/// The list: a filter names `scopeId` and `scopeType`, and perhaps one role.
pub(super) fn list(call: &Call<'_>) -> Result<Reply> {
    let wanted = equalities(call.query.filter.as_ref())?;
    let value = |name: &str| wanted.iter().find(|one| one.0 == name).map(|one| one.1);
    let (scope, kind) = (value("scopeId"), value("scopeType"));
    let groups = kind == Some("Group");
    let permissions: &[&'static str] = if groups { &OF_GROUPS } else { &OF_ROLES };
    if !call.accept(call.caller.first_of(permissions)) {
        return Err(GraphError::scope_missing("UnknownError", permissions));
    }
    licensed(call)?;
    let (Some(scope), Some(kind)) = (scope, kind) else { return Err(invalid_filter()) };
    let found = match kind {
        "DirectoryRole" | "Directory" if scope == "/" => of_roles(call, kind),
        "Group" => of_group(call, scope)?,
        _ => return Err(invalid_filter()),
    };
    let depth = depth(call)?;
    let values = found
        .iter()
        .filter(|one| {
            value("roleDefinitionId").is_none_or(|role| one.role.eq_ignore_ascii_case(role))
        })
        .map(|one| shown(call, one, depth))
        .collect::<Result<Vec<Value>>>()?;
    let set = "policies/roleManagementPolicyAssignments";
    Ok(Reply::Json(render::list(call, set, values, None, None)))
}

fn equalities(filter: Option<&Filter>) -> Result<Vec<(&str, &str)>> {
    match filter {
        Some(Filter::And(left, right)) => {
            let mut all = equalities(Some(left))?;
            all.extend(equalities(Some(right))?);
            Ok(all)
        }
        Some(Filter::Equal(name, Literal::Text(text)))
            if ["scopeId", "scopeType", "roleDefinitionId"].contains(&name.as_str()) =>
        {
            Ok(vec![(name, text)])
        }
        _ => Err(invalid_filter()),
    }
}

/// How deep `$expand` goes: not, to the policy, or to its rules.
fn depth(call: &Call<'_>) -> Result<u8> {
    match call.query.expand.as_deref() {
        None => Ok(0),
        Some("policy") => Ok(1),
        Some("policy($expand=rules)") => Ok(2),
        Some(other) => Err(GraphError::new(
            400,
            "BadRequest",
            format!("entra-sim: $expand={other} is not imitated here."),
        )),
    }
}

fn of_roles(call: &Call<'_>, kind: &str) -> Vec<Assigned> {
    let assigned = |definition: &crate::tenant::RoleDefinition| Assigned {
        policy: call.tenant.policy_of(On::Role(definition.id, Scope::Tenant)),
        scope_id: "/".to_owned(),
        scope_type: kind.to_owned(),
        role: definition.id.to_string(),
    };
    call.tenant.roles.definitions().iter().map(assigned).collect()
}

fn of_group(call: &Call<'_>, id: &str) -> Result<Vec<Assigned>> {
    let group = call.known(id).filter(|found| call.tenant.object(*found).kind() == Kind::Group);
    let group = group.ok_or_else(|| {
        // The text is not in the facts.
        GraphError::new(404, "ResourceNotFound", format!("The resource '{id}' is not found."))
    })?;
    let assigned = |link: Link| Assigned {
        policy: call.tenant.policy_of(On::Group(group, link)),
        scope_id: call.tenant.object(group).id.to_string(),
        scope_type: "Group".to_owned(),
        role: link.access().to_owned(),
    };
    Ok(vec![assigned(Link::Member), assigned(Link::Owner)])
}

fn shown(call: &Call<'_>, one: &Assigned, depth: u8) -> Result<Value> {
    // A policy's own id is derived: it has none in the tenant.
    let own = random::guid(random::draw(call.tenant.seed, &one.scope_id, 0), &one.role, 0);
    let parent =
        if one.scope_type == "Group" { &one.scope_id } else { &call.tenant.id.to_string() };
    let policy_id = format!("{}_{parent}_{own}", one.scope_type);
    let item = json!({
        "id": format!("{policy_id}_{}", one.role),
        "policyId": policy_id,
        "scopeId": one.scope_id,
        "scopeType": one.scope_type,
        "roleDefinitionId": one.role,
    });
    let mut item = render::project(call, "unifiedRoleManagementPolicyAssignment", item)?;
    if depth > 0
        && let Some(fields) = item.as_object_mut()
    {
        let mut policy = json!({
            "id": policy_id,
            "displayName": one.scope_type,
            "description": one.scope_type,
            "isOrganizationDefault": false,
            "scopeId": one.scope_id,
            "scopeType": one.scope_type,
            "lastModifiedDateTime": null,
            "lastModifiedBy": { "displayName": null, "id": null },
        });
        if let (2.., Some(policy)) = (depth, policy.as_object_mut()) {
            policy.insert("rules".to_owned(), Value::Array(rules(&one.policy)));
        }
        fields.insert("policy".to_owned(), policy);
    }
    Ok(item)
}

/// The seventeen rules (facts §9).
fn rules(policy: &PimPolicy) -> Vec<Value> {
    let mut all = vec![
        expiration("Admin_Eligibility", &policy.expiration_admin_eligibility),
        enablement("Admin_Eligibility", policy.enablement_admin_eligibility),
        expiration("Admin_Assignment", &policy.expiration_admin_assignment),
        enablement("Admin_Assignment", policy.enablement_admin_assignment),
        expiration("EndUser_Assignment", &policy.expiration_end_user_assignment),
        enablement("EndUser_Assignment", policy.enablement_end_user_assignment),
        approval(policy.approval_end_user_assignment),
        rule(
            "AuthenticationContext",
            "EndUser_Assignment",
            json!({ "isEnabled": false, "claimValue": null }),
        ),
    ];
    for place in ["Admin_Eligibility", "Admin_Assignment", "EndUser_Assignment"] {
        for recipient in ["Admin", "Requestor", "Approver"] {
            all.push(notification(recipient, place));
        }
    }
    all
}

/// A rule at its place, which its id names: who calls, and what about.
fn rule(kind: &str, place: &str, own: Value) -> Value {
    named_rule(kind, format!("{kind}_{place}"), place, own)
}

fn named_rule(kind: &str, id: String, place: &str, own: Value) -> Value {
    let (caller, level) = place.split_once('_').unwrap_or((place, ""));
    let mut item = json!({
        "@odata.type": format!("#microsoft.graph.unifiedRoleManagementPolicy{kind}Rule"),
        "id": id,
        "target": {
            "caller": caller,
            "operations": ["all"],
            "level": level,
            "inheritableSettings": [],
            "enforcedSettings": [],
        },
    });
    if let (Some(fields), Value::Object(mut own)) = (item.as_object_mut(), own) {
        fields.append(&mut own);
    }
    item
}

fn expiration(place: &str, held: &ExpirationRule) -> Value {
    rule(
        "Expiration",
        place,
        json!({
            "isExpirationRequired": held.is_expiration_required,
            "maximumDuration": iso(held.maximum_duration),
        }),
    )
}

/// `P365D`, `PT8H`, `PT90M`
fn iso(length: SignedDuration) -> String {
    let minutes = length.as_mins();
    match (minutes % (24 * 60), minutes % 60) {
        (0, _) => format!("P{}D", minutes / (24 * 60)),
        (_, 0) => format!("PT{}H", minutes / 60),
        _ => format!("PT{minutes}M"),
    }
}

fn enablement(place: &str, held: EnablementRule) -> Value {
    let rules = [
        (held.multi_factor_authentication, "MultiFactorAuthentication"),
        (held.justification, "Justification"),
        (held.ticketing, "Ticketing"),
    ];
    let enabled: Vec<&str> =
        rules.into_iter().filter(|(on, _)| *on).map(|(_, name)| name).collect();
    rule("Enablement", place, json!({ "enabledRules": enabled }))
}

fn approval(required: bool) -> Value {
    let setting = json!({
        "isApprovalRequired": required,
        "isApprovalRequiredForExtension": false,
        "isRequestorJustificationRequired": true,
        "approvalMode": "SingleStage",
        "approvalStages": [{
            "approvalStageTimeOutInDays": 1,
            "isApproverJustificationRequired": true,
            "escalationTimeInMinutes": 0,
            "isEscalationEnabled": false,
            "primaryApprovers": [],
            "escalationApprovers": [],
        }],
    });
    rule("Approval", "EndUser_Assignment", json!({ "setting": setting }))
}

fn notification(recipient: &str, place: &str) -> Value {
    let own = json!({
        "notificationType": "Email",
        "recipientType": recipient,
        "notificationLevel": "All",
        "isDefaultRecipientsEnabled": true,
        "notificationRecipients": [],
    });
    named_rule("Notification", format!("Notification_{recipient}_{place}"), place, own)
}
