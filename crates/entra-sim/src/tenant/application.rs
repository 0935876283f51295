//! App registrations and their credentials.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Body, Handle, Tenant, View};
use crate::keys::{Certificate, PublicKey};

/// A client secret. `Debug` leaves the value out.
#[derive(Clone)]
pub(crate) struct Secret {
    pub id: Uuid,
    pub value: String,
    pub name: String,
    /// When it was added, whenever it begins.
    pub created: Timestamp,
    pub start: Timestamp,
    pub end: Timestamp,
}

impl Secret {
    /// Whether a replica of the login host knows it yet.
    pub(crate) fn is_known(&self, view: &View) -> bool {
        let number = self.id.as_u64_pair().0;
        view.lag.is_none_or(|lag| view.shows(number, self.created, lag.credentials))
    }
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

/// A certificate that is registered at an application. Its time may be shorter than the certificate's own.
#[derive(Clone, Debug)]
pub(crate) struct KeyCredential {
    pub id: Uuid,
    pub certificate: Certificate,
    pub start: Timestamp,
    pub end: Timestamp,
}

/// An issuer whose assertions an application trusts in place of a secret (facts §1.1): issuer, subject and audience
/// must be equal to those of the assertion, to the letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FederatedCredential {
    /// `iss`, a URL.
    pub issuer: String,
    /// `sub`
    pub subject: String,
    /// `aud`, usually [`FederatedCredential::AUDIENCE`].
    pub audience: String,
    /// What the issuer signs with. The real service fetches it from the issuer; this one is told.
    pub key: PublicKey,
}

impl FederatedCredential {
    /// The audience that Entra recommends.
    pub const AUDIENCE: &str = "api://AzureADTokenExchange";
}

/// An app registration that is homed in the tenant.
#[derive(Clone, Debug)]
pub(crate) struct Application {
    pub object_id: Uuid,
    pub application_id: Uuid,
    pub display_name: String,
    pub created: Timestamp,
    pub secrets: Vec<Secret>,
    pub keys: Vec<KeyCredential>,
    pub federated: Vec<FederatedCredential>,
}

impl Tenant {
    /// Whether an object is the service principal of the application with this object id, or has the id itself:
    /// where a role at an application reaches (facts §0, §3.4).
    pub(crate) fn is_of_application(&self, object: Handle, id: Uuid) -> bool {
        let object = self.object(object);
        let Body::ServicePrincipal(principal) = &object.body else { return false };
        object.id == id
            || self.applications.iter().any(|application| {
                application.object_id == id
                    && application.application_id == principal.application_id
            })
    }
}
