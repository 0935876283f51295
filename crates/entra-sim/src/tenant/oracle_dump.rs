//! The oracle's dump: what two runs are compared by.

use serde_json::{Value, json};

use super::{Kind, Tenant, Tenure};

impl Tenant {
    /// Everything that a client could change, sorted: equal dumps mean equal access.
    #[must_use]
    pub fn dump(&self) -> Value {
        let mut objects: Vec<Value> = Kind::ALL
            .iter()
            .flat_map(|kind| self.of_kind(*kind))
            .map(|handle| self.object(*handle))
            .filter(|object| !object.gone)
            .map(|object| {
                json!({
                    "id": object.id.to_string(),
                    "type": object.kind().type_name(),
                    "displayName": object.display_name(),
                    "deleted": object.deleted.is_some(),
                    "members": self.sorted_ids(&object.members),
                    "owners": self.sorted_ids(&object.owners),
                })
            })
            .collect();
        objects.extend(self.role_assignments().into_iter().map(|held| {
            json!({
                "id": held.id,
                "type": "unifiedRoleAssignment",
                "role": held.role,
                "principal": held.principal,
                "scope": held.scope,
            })
        }));
        // What is active is among the links and assignments already.
        objects.extend(
            self.schedules().into_iter().filter(|one| one.tenure == Tenure::Eligible).map(|one| {
                json!({
                    "id": one.id,
                    "type": "eligibility",
                    "on": format!("{:?}", one.on),
                    "principal": one.principal,
                    "end": one.end.map(|end| end.to_string()),
                })
            }),
        );
        objects.extend(self.app_role_assignments().into_iter().map(|held| {
            json!({
                "id": held.id,
                "type": "appRoleAssignment",
                "resource": held.resource,
                "role": held.role,
                "principal": held.principal,
            })
        }));
        objects.sort_by_cached_key(|object| object.get("id").map(Value::to_string));
        Value::Array(objects)
    }
}
