//! For how long access is given, and whether it is access or the right to activate it.

use doorward_core::{Entitlement, Error, ErrorKind, GrantKind, Resource, Result};

use crate::{ChangeRequest, Opened, Verb};

impl Opened {
    /// Whether the provider can give access on these terms, and whether they are meant: some access is
    /// given for good only when that is said.
    ///
    /// # Errors
    /// `Unsupported`, reasons `no-eligibility` and `no-end`; `InvalidRequest`, reason `end-is-past`;
    /// `DeniedByPolicy`, reason `permanent-not-meant`.
    pub(crate) fn permit_terms(
        &self,
        resource: &Resource,
        entitlement: &str,
        request: &ChangeRequest,
    ) -> Result<()> {
        // That there is such a right was found out with its name.
        let Some(right) = self.right(&resource.key.kind, entitlement) else { return Ok(()) };
        if request.kind == GrantKind::Eligible && !right.eligible {
            return Err(unsupported(
                "no-eligibility",
                format!(
                    "Nobody can be eligible to be {entitlement} of a {}: it is held or not held.",
                    resource.key.kind
                ),
                "Leave out `--eligible`.",
            ));
        }
        if request.verb == Verb::Revoke {
            return Ok(());
        }
        match request.until {
            Some(_) if !right.ends => Err(unsupported(
                "no-end",
                format!(
                    "The provider gives {entitlement} of a {} for good only: it would not end by \
                     itself.",
                    resource.key.kind
                ),
                "If access for good is meant, leave out for how long.",
            )),
            Some(until) if until <= self.environment.clock.now() => Err(Error::new(
                ErrorKind::InvalidRequest,
                "end-is-past",
                format!("The access to {} would be over already.", resource.name),
            )
            .remedy("Name a time to come.")),
            None if right.standing_by_name && !request.permanent => Err(unsaid(resource, right)),
            _ => Ok(()),
        }
    }
}

fn unsupported(reason: &str, message: String, remedy: &str) -> Error {
    Error::new(ErrorKind::Unsupported, reason, message).remedy(remedy)
}

fn unsaid(resource: &Resource, right: &Entitlement) -> Error {
    let error =
        |message: String| Error::new(ErrorKind::DeniedByPolicy, "permanent-not-meant", message);
    if right.ends {
        return error(format!("It is not said for how long {} shall be given.", resource.name))
            .remedy(
                "Say `--ttl 8h` for so long, `--until TIME`, or `--permanent` if access for good is \
                 meant.",
            );
    }
    error(format!("{} would be given for good.", resource.name))
        .remedy("If that is meant, say so with `--permanent`.")
}
