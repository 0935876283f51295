//! PATCH of a group's members (RFC 7644 §3.5.2): all of its operations, or none.

use serde_json::Value;
use std::collections::BTreeSet;

use super::directory::Directory;
use super::filter::Filter;

const SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// The `scimType` of a refusal (RFC 7644 §3.12).
pub(crate) type ScimType = &'static str;

/// The members that the group has afterwards.
pub(crate) fn members(
    directory: &Directory,
    group: &str,
    body: &Value,
) -> Result<BTreeSet<String>, ScimType> {
    let names_the_message =
        body["schemas"].as_array().is_some_and(|schemas| schemas.iter().any(|one| one == SCHEMA));
    let operations = body["Operations"].as_array().filter(|_| names_the_message);
    let mut members = directory.groups[group].members.clone();
    for operation in operations.ok_or("invalidSyntax")? {
        change(directory, &mut members, operation)?;
    }
    Ok(members)
}

fn change(
    directory: &Directory,
    members: &mut BTreeSet<String>,
    operation: &Value,
) -> Result<(), ScimType> {
    let path = operation["path"].as_str();
    match (operation["op"].as_str(), path) {
        // Who is a member already stays one; nothing is said about it.
        (Some("add"), Some("members")) => members.extend(named(directory, &operation["value"])?),
        (Some("add"), None) => {
            members.extend(named(directory, &operation["value"]["members"])?);
        }
        (Some("replace"), Some("members")) => *members = named(directory, &operation["value"])?,
        (Some("remove"), Some("members")) => members.clear(),
        (Some("remove"), Some(path)) => {
            let filter = path
                .strip_prefix("members[")
                .and_then(|path| path.strip_suffix(']'))
                .and_then(|filter| filter.strip_prefix("value "))
                .ok_or("invalidPath")?;
            let filter = Filter::parse(&format!("id {filter}")).map_err(|_| "invalidPath")?;
            // Who is no member is not there to be removed: no error is told of for that.
            members.retain(|member| !filter.fits(&serde_json::json!({"id": member})));
        }
        (Some("remove"), None) => return Err("noTarget"),
        (Some("add" | "replace"), _) => return Err("invalidPath"),
        _ => return Err("invalidSyntax"),
    }
    Ok(())
}

/// The ids in a value, all of which must be known.
fn named(directory: &Directory, value: &Value) -> Result<BTreeSet<String>, ScimType> {
    let values = value.as_array().ok_or("invalidValue")?;
    values
        .iter()
        .map(|one| {
            let id = one["value"].as_str().filter(|id| directory.knows(id));
            id.map(str::to_owned).ok_or("invalidValue")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn patched(operations: &Value) -> Result<Vec<String>, ScimType> {
        let body = json!({"schemas": [SCHEMA], "Operations": operations});
        let members = members(&Directory::default(), "g4", &body)?;
        Ok(members.into_iter().collect())
    }

    #[test]
    fn members_come_and_go() {
        let cases = [
            (
                json!({"op": "add", "path": "members", "value": [{"value": "u1"}]}),
                vec!["g5", "u1", "u4"],
            ),
            (json!({"op": "add", "path": "members", "value": [{"value": "u4"}]}), vec!["g5", "u4"]),
            (json!({"op": "add", "value": {"members": [{"value": "u1"}]}}), vec!["g5", "u1", "u4"]),
            (json!({"op": "remove", "path": "members[value eq \"u4\"]"}), vec!["g5"]),
            (json!({"op": "remove", "path": "members[value eq \"u9\"]"}), vec!["g5", "u4"]),
            (json!({"op": "remove", "path": "members"}), vec![]),
            (json!({"op": "replace", "path": "members", "value": [{"value": "u1"}]}), vec!["u1"]),
        ];
        for (operation, expected) in cases {
            assert_eq!(patched(&json!([operation])).unwrap(), expected, "{operation}");
        }
    }

    #[test]
    fn what_cannot_be_done_is_not_done_in_part() {
        let good = json!({"op": "remove", "path": "members"});
        let cases = [
            (json!({"op": "add", "path": "members", "value": [{"value": "u9"}]}), "invalidValue"),
            (json!({"op": "add", "path": "members", "value": {"value": "u1"}}), "invalidValue"),
            (json!({"op": "add", "path": "owners", "value": []}), "invalidPath"),
            (json!({"op": "remove"}), "noTarget"),
            (json!({"op": "remove", "path": "members[shoe eq \"u1\"]"}), "invalidPath"),
            (json!({"op": "Add", "path": "members", "value": []}), "invalidSyntax"),
        ];
        for (operation, expected) in cases {
            assert_eq!(patched(&json!([good, operation])), Err(expected), "{operation}");
        }
        assert_eq!(
            members(&Directory::default(), "g4", &json!({"Operations": []})),
            Err("invalidSyntax")
        );
    }
}
