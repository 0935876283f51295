//! Policy: what may be changed at all. It stands before every write, in the host.

use doorward_core::{
    AccessPath, Error, ErrorKind, Identity, KeptHolder, ObjectRef, Resource, Result,
};
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

    /// Lets a change of this principal's access to this resource pass, or says why not: the rules
    /// that nobody can lift.
    ///
    /// # Errors
    /// `DeniedByPolicy`, with the reasons `own-identity` and `privileged-resource`, in this order.
    pub(crate) fn permit_target(
        identity: &Identity,
        principal: &ObjectRef,
        resource: &Resource,
    ) -> Result<()> {
        if principal.id == identity.key.id || resource.key.id == identity.key.id {
            return Err(own_identity(identity));
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
        Ok(())
    }

    /// Lets a group be given or lose access, or says why not: `ways` are those by which our own
    /// identity belongs to the group, `gap` says why there may be more.
    ///
    /// # Errors
    /// `DeniedByPolicy`, with the reasons `own-identity` and `own-identity-not-excluded`.
    pub(crate) fn permit_holder(
        identity: &Identity,
        group: &str,
        ways: &[AccessPath],
        gap: Option<&Error>,
    ) -> Result<()> {
        if let Some(way) = ways.first() {
            let mut error = own_identity(identity);
            error.message =
                format!("{} It belongs to {group}: {}.", error.message, way.names.join(" → "));
            return Err(error);
        }
        match gap {
            None => Ok(()),
            Some(gap) => Err(denied(
                "own-identity-not-excluded",
                format!(
                    "Whether {group} holds Doorward's own identity, {}, cannot be seen, and its \
                     own access is never changed. {gap}",
                    identity.name
                ),
                "Give Doorward the permission to read it (see `doorward check`), or change it in \
                 the provider's own console.",
            )),
        }
    }

    /// Lets a change of a resource pass that somebody allowed.
    ///
    /// # Errors
    /// `DeniedByPolicy`, with the reason `not-on-writable-list`.
    pub(crate) fn permit_listed(&self, integration: &str, resource: &Resource) -> Result<()> {
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
        kept: &KeptHolder,
        others: Option<usize>,
    ) -> Result<()> {
        let entitlement = &kept.entitlement;
        match others {
            Some(0) => {
                let (last, another) = match kept.principals.join(" or ") {
                    kinds if kinds.is_empty() => ("holder".to_owned(), "somebody else".to_owned()),
                    kinds => (kinds.clone(), format!("another {kinds}")),
                };
                Err(denied(
                    "last-holder",
                    format!(
                        "This is the last {last} with the right `{entitlement}` on {}, which must \
                         keep one.",
                        resource.name
                    ),
                    format!("Give {another} the right `{entitlement}` first."),
                ))
            }
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

fn own_identity(identity: &Identity) -> Error {
    denied(
        "own-identity",
        format!("Doorward never changes the access of its own identity, {}.", identity.name),
        "Somebody who is not Doorward must do this, in the provider's own console.",
    )
}

fn denied(reason: &str, message: String, remedy: impl Into<String>) -> Error {
    Error::new(ErrorKind::DeniedByPolicy, reason, message).remedy(remedy)
}
