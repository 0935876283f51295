//! App registrations, their secrets, and role assignments.

use jiff::Timestamp;
use uuid::Uuid;

use super::Handle;

/// A client secret. `Debug` leaves the value out.
#[derive(Clone)]
pub(crate) struct Secret {
    pub id: Uuid,
    pub value: String,
    pub name: String,
    pub start: Timestamp,
    pub end: Timestamp,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Secret")
            .field("id", &self.id)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

/// An app registration that is homed in the tenant.
#[derive(Clone, Debug)]
pub(crate) struct Application {
    pub object_id: Uuid,
    pub application_id: Uuid,
    pub display_name: String,
    pub created: Timestamp,
    pub secrets: Vec<Secret>,
}

/// A role held at `/` or at an administrative unit (facts §3.4).
#[derive(Clone, Debug)]
pub(crate) struct RoleAssignment {
    pub role: Uuid,
    pub principal: Handle,
    pub unit: Option<Uuid>,
}

impl RoleAssignment {
    /// The id that Microsoft derives from the fields (facts §3.4).
    pub(crate) fn id(&self, principal: Uuid) -> String {
        use base64::Engine as _;
        let mut bytes = Vec::with_capacity(48);
        bytes.extend(self.role.to_bytes_le());
        bytes.extend(principal.to_bytes_le());
        if let Some(unit) = self.unit {
            bytes.extend(unit.to_bytes_le());
        }
        let suffix = if self.unit.is_some() { "-2" } else { "-1" };
        format!("{}{suffix}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
    }

    pub(crate) fn scope(&self) -> String {
        self.unit.map_or_else(|| "/".to_owned(), |unit| format!("/administrativeUnits/{unit}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of facts §3.4.
    #[test]
    fn ids_are_encoded_as_microsoft_does() {
        let role = Uuid::try_parse("62e90394-69f5-4237-9190-012177145e10").unwrap_or_default();
        let principal = Uuid::try_parse("11111111-2222-4333-8444-555555555555").unwrap_or_default();
        let mut assignment = RoleAssignment { role, principal: Handle::FIRST, unit: None };
        assert_eq!(assignment.id(principal), "lAPpYvVpN0KRkAEhdxReEBEREREiIjNDhERVVVVVVVU-1");
        assignment.unit = Some(principal);
        let id = assignment.id(principal);
        assert!(id.len() == 66 && id.ends_with("-2"), "{id}");
    }
}
