//! The oracle's view of app registrations: secrets, certificates and federated credentials (facts §1.1, §3.9).

use jiff::Timestamp;
use uuid::Uuid;

use super::{Application, FederatedCredential, KeyCredential, Secret, Tenant};
use crate::cast;
use crate::keys::{Certificate, CredentialError};

impl Tenant {
    /// Ends a secret of Doorward's app registration now; false when no secret has this value.
    pub fn expire_secret(&mut self, value: &str) -> bool {
        let now = self.now;
        let mut secrets =
            self.applications.iter_mut().flat_map(|application| application.secrets.iter_mut());
        let Some(secret) = secrets.find(|secret| secret.value == value) else { return false };
        secret.end = now;
        self.revision += 1;
        true
    }

    /// Removes a secret of Doorward's app registration; false when no secret has this value.
    pub fn remove_secret(&mut self, value: &str) -> bool {
        let mut removed = false;
        for application in &mut self.applications {
            let before = application.secrets.len();
            application.secrets.retain(|secret| secret.value != value);
            removed |= application.secrets.len() != before;
        }
        self.revision += u64::from(removed);
        removed
    }

    /// Adds a secret to Doorward's app registration, valid from now for a year, and returns its id. Older
    /// ones stay valid: a rotation overlaps.
    pub fn add_secret(&mut self, value: &str) -> String {
        let id = self.mint();
        let start = self.now;
        let end = start.saturating_add(jiff::SignedDuration::from_hours(24 * 365)).unwrap_or(start);
        let client = Uuid::try_parse(cast::CLIENT_ID).ok();
        if let Some(application) = self
            .applications
            .iter_mut()
            .find(|application| Some(application.application_id) == client)
        {
            let (value, name) = (value.to_owned(), "Rotated".to_owned());
            application.secrets.push(Secret { id, value, name, created: start, start, end });
            self.revision += 1;
        }
        id.to_string()
    }

    /// Registers a certificate (DER) at the app registration with this client id and returns its key id. It counts
    /// for as long as the certificate says.
    ///
    /// # Errors
    ///
    /// When there is no such app registration, or it is no certificate with an RSA key.
    pub fn add_certificate(
        &mut self,
        client_id: &str,
        der: &[u8],
    ) -> Result<String, CredentialError> {
        let certificate = Certificate::from_der(der)?;
        let (start, end) = (certificate.start, certificate.end);
        self.add_key(client_id, KeyCredential { id: Uuid::nil(), certificate, start, end })
    }

    /// The same for a time of one's own.
    ///
    /// # Errors
    ///
    /// As [`Tenant::add_certificate`].
    pub fn add_certificate_for(
        &mut self,
        client_id: &str,
        der: &[u8],
        start: Timestamp,
        end: Timestamp,
    ) -> Result<String, CredentialError> {
        let certificate = Certificate::from_der(der)?;
        self.add_key(client_id, KeyCredential { id: Uuid::nil(), certificate, start, end })
    }

    fn add_key(&mut self, client_id: &str, key: KeyCredential) -> Result<String, CredentialError> {
        let id = self.mint();
        self.registration(client_id)?.keys.push(KeyCredential { id, ..key });
        self.revision += 1;
        Ok(id.to_string())
    }

    /// Removes the certificate with this key id; false when there is none.
    pub fn remove_certificate(&mut self, key_id: &str) -> bool {
        let mut removed = false;
        for application in &mut self.applications {
            let before = application.keys.len();
            application.keys.retain(|key| !key.id.to_string().eq_ignore_ascii_case(key_id));
            removed |= application.keys.len() != before;
        }
        self.revision += u64::from(removed);
        removed
    }

    /// Lets the app registration with this client id trust an issuer.
    ///
    /// # Errors
    ///
    /// When there is no such app registration.
    pub fn add_federated_credential(
        &mut self,
        client_id: &str,
        credential: FederatedCredential,
    ) -> Result<(), CredentialError> {
        self.registration(client_id)?.federated.push(credential);
        self.revision += 1;
        Ok(())
    }

    /// Ends the trust in an issuer, for whatever subject; false when there was none.
    pub fn remove_federated_credentials(&mut self, issuer: &str) -> bool {
        let mut removed = false;
        for application in &mut self.applications {
            let before = application.federated.len();
            application.federated.retain(|known| known.issuer != issuer);
            removed |= application.federated.len() != before;
        }
        self.revision += u64::from(removed);
        removed
    }

    fn registration(&mut self, client_id: &str) -> Result<&mut Application, CredentialError> {
        let id = Uuid::try_parse(client_id).ok();
        let found = self.applications.iter_mut().find(|one| Some(one.application_id) == id);
        found.ok_or_else(|| CredentialError(format!("there is no app registration {client_id}")))
    }
}
