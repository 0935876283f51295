//! Policy: what may be changed at all. It stands before every write, in the host.

use doorward_core::{Error, ErrorKind, Identity, ObjectRef, Resource, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What an integration may change. Nothing, until somebody allows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// The resources that may be changed.
    #[serde(default)]
    pub resources: Vec<AllowedResource>,
    /// The kinds of which every resource may be changed.
    #[serde(default)]
    pub kinds: BTreeSet<String>,
}

/// One resource that may be changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AllowedResource {
    /// Which; only the id counts.
    pub key: ObjectRef,
    /// Its name when it was allowed, for display.
    pub name: String,
}

impl Policy {
    /// Allows one resource; says whether that is new.
    pub fn allow(&mut self, key: ObjectRef, name: &str) -> bool {
        let is_new = !self.resources.iter().any(|allowed| allowed.key == key);
        if is_new {
            self.resources.push(AllowedResource { key, name: name.to_owned() });
        }
        is_new
    }

    /// Takes one resource off the list; says whether it was on it.
    pub fn disallow(&mut self, key: &ObjectRef) -> bool {
        let before = self.resources.len();
        self.resources.retain(|allowed| &allowed.key != key);
        self.resources.len() < before
    }

    /// Lets a change of this principal's access to this resource pass, or says why not.
    ///
    /// # Errors
    /// `DeniedByPolicy`, with the reasons `own-identity`, `privileged-resource` and
    /// `not-on-writable-list`, in this order.
    pub(crate) fn permit(
        &self,
        integration: &str,
        identity: &Identity,
        principal: &ObjectRef,
        resource: &Resource,
    ) -> Result<()> {
        if principal.id == identity.key.id || resource.key.id == identity.key.id {
            return Err(denied(
                "own-identity",
                format!(
                    "Doorward never changes the access of its own identity, {}.",
                    identity.name
                ),
                "Somebody who is not Doorward must do this, in the provider's own console.",
            ));
        }
        if resource.privileged {
            return Err(denied(
                "privileged-resource",
                format!(
                    "{} is privileged: who holds it has power over the directory itself. \
                         Doorward does not change such resources yet.",
                    resource.name
                ),
                "Change it in the provider's own console.",
            ));
        }
        let listed = self.kinds.contains(&resource.key.kind)
            || self.resources.iter().any(|allowed| allowed.key == resource.key);
        if !listed {
            return Err(denied(
                "not-on-writable-list",
                format!(
                    "{} is not on this integration's list of what may be changed.",
                    resource.name
                ),
                format!(
                    "If it may be changed, run `doorward integration allow -i {integration} \
                     {}:id={}`, and try again.",
                    resource.key.kind, resource.key.id
                ),
            ));
        }
        Ok(())
    }

    /// Lets the removal of a holder pass, or says why not: `others` are the holders that stay, or
    /// `None` when they could not be counted completely.
    ///
    /// # Errors
    /// `DeniedByPolicy`, with the reasons `last-holder` and `holders-not-countable`.
    pub(crate) fn permit_removal(
        resource: &Resource,
        entitlement: &str,
        others: Option<usize>,
    ) -> Result<()> {
        if !resource.keeps_last_holder.iter().any(|kept| kept == entitlement) {
            return Ok(());
        }
        match others {
            Some(0) => Err(denied(
                "last-holder",
                format!(
                    "This is the last {entitlement} of {}, which must keep one.",
                    resource.name
                ),
                format!("Give somebody else the right `{entitlement}` first."),
            )),
            Some(_) => Ok(()),
            None => Err(denied(
                "holders-not-countable",
                format!(
                    "{} must keep a last {entitlement}, and not all of them can be seen.",
                    resource.name
                ),
                "Give Doorward the permission to read them (see `doorward check`), or change it \
                 in the provider's own console.",
            )),
        }
    }
}

fn denied(reason: &str, message: String, remedy: impl Into<String>) -> Error {
    Error::new(ErrorKind::DeniedByPolicy, reason, message).remedy(remedy)
}
