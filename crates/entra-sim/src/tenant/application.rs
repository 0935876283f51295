//! App registrations and their secrets.

use jiff::Timestamp;
use uuid::Uuid;

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
