//! `/roleManagement/directory/roleDefinitions` (facts §3.4, §9).

use serde_json::{Value, json};
use uuid::Uuid;

use super::error::{GraphError, Result};
use super::expand::Expand;
use super::filter::Filter;
use super::{Call, Reply, render};
use crate::authority::Read;
use crate::tenant::{Kind, RoleDefinition};

const SET: &str = "roleManagement/directory/roleDefinitions";

/// The whole list, in one page whatever `$top` says; names are compared with case (facts §9).
pub(crate) fn list(call: &Call<'_>) -> Result<Reply> {
    call.need(Read::RoleDefinitions)?;
    let expand = Expand::parse(call, &["inheritsPermissionsFrom"])?;
    if let Some(filter) = &call.query.filter {
        check(filter)?;
    }
    let mut values = Vec::new();
    for definition in call.tenant.roles.definitions() {
        let item = describe(definition);
        let read = |name: &str| item.get(name).cloned().unwrap_or_default();
        if call.query.filter.as_ref().is_none_or(|filter| filter.passes(false, &read)) {
            values.push(shown(call, definition, item, expand.as_ref())?);
        }
    }
    Ok(Reply::Json(render::list(call, SET, values, None, None)))
}

/// One definition.
pub(crate) fn one(call: &Call<'_>, id: &str) -> Result<Reply> {
    call.need(Read::RoleDefinitions)?;
    let expand = Expand::parse(call, &["inheritsPermissionsFrom"])?;
    let found = Uuid::try_parse(id).ok().and_then(|id| call.tenant.roles.definition(id));
    let found = found.ok_or_else(|| GraphError::not_found(id))?;
    let item = shown(call, found, describe(found), expand.as_ref())?;
    Ok(Reply::Json(render::plain_entity(call, SET, item)))
}

/// `eq` and `in` on three properties, joined by `and`.
fn check(filter: &Filter) -> Result<()> {
    match filter {
        Filter::And(left, right) => {
            check(left)?;
            check(right)
        }
        Filter::Equal(..) | Filter::In(..) => {
            filter.check(Kind::Group, &["id", "displayName", "isBuiltIn"], false)
        }
        other => Err(super::filter::unsupported(other.property().unwrap_or_default(), Kind::Group)),
    }
}

/// The properties of v1.0; whether a role is privileged is not one of them.
pub(super) fn describe(definition: &RoleDefinition) -> Value {
    let permissions = json!([{
        "allowedResourceActions": definition.actions,
        "condition": null,
    }]);
    json!({
        "id": definition.id.to_string(),
        "description": definition.description,
        "displayName": definition.display_name,
        "isBuiltIn": definition.built_in,
        "isEnabled": definition.enabled,
        "resourceScopes": ["/"],
        "templateId": definition.id.to_string(),
        "version": "1",
        "rolePermissions": permissions,
    })
}

fn shown(
    call: &Call<'_>,
    definition: &RoleDefinition,
    item: Value,
    expand: Option<&Expand>,
) -> Result<Value> {
    let mut item = render::project(call, "unifiedRoleDefinition", item)?;
    if let (Some(expand), Some(fields)) = (expand, item.as_object_mut()) {
        let behind = definition.inherits().and_then(|id| call.tenant.roles.definition(id));
        let behind: Vec<Value> =
            behind.into_iter().map(|definition| expand.select(describe(definition))).collect();
        fields.insert("inheritsPermissionsFrom".into(), Value::Array(behind));
    }
    Ok(item)
}
