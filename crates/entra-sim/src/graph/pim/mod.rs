//! Privileged Identity Management, for roles (facts §3.5, §9) and for groups (facts §3.11, §9): requests,
//! schedules and instances, each for eligibility and for active assignment.

mod ask;
mod describe;
mod moment;
mod read;
mod requests;

use super::error::{GraphError, Result};
use super::{Call, Reply};
use crate::authority::Deed;

/// What a collection holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Requests,
    Schedules,
    Instances,
}

/// One of the twelve collections.
#[derive(Clone, Copy, Debug)]
struct Collection<'a> {
    groups: bool,
    eligible: bool,
    sort: Sort,
    /// The last segment of its path.
    name: &'a str,
}

/// What is done with a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Read,
    Write,
    Remove,
}

impl<'a> Collection<'a> {
    fn of_roles(name: &'a str) -> Option<Self> {
        let rest = name.strip_prefix("role")?;
        let (eligible, rest) = match rest.strip_prefix("Eligibility") {
            Some(rest) => (true, rest),
            None => (false, rest.strip_prefix("Assignment")?),
        };
        Some(Self { groups: false, eligible, sort: sort(rest)?, name })
    }

    fn of_groups(name: &'a str) -> Option<Self> {
        let (eligible, rest) = match name.strip_prefix("eligibility") {
            Some(rest) => (true, rest),
            None => (false, name.strip_prefix("assignment")?),
        };
        Some(Self { groups: true, eligible, sort: sort(rest)?, name })
    }

    /// The entity set that a context names.
    fn set(&self) -> String {
        let root = if self.groups {
            "identityGovernance/privilegedAccess/group"
        } else {
            "roleManagement/directory"
        };
        format!("{root}/{}", self.name)
    }

    /// The type of its entities in the schema.
    fn type_name(&self) -> String {
        let family = if self.groups { "privilegedAccessGroup" } else { "unifiedRole" };
        let kind = if self.eligible { "Eligibility" } else { "Assignment" };
        let sort = match self.sort {
            Sort::Requests => "ScheduleRequest",
            Sort::Schedules => "Schedule",
            Sort::Instances => "ScheduleInstance",
        };
        format!("{family}{kind}{sort}")
    }

    /// Who may do this, what can do less first (facts §0, §3.5). Whether instances of eligibility are as strict
    /// as those of assignments, which were measured, is not in the facts.
    fn permissions(&self, wanted: Use) -> &'static [&'static str] {
        match (self.groups, self.eligible, self.sort, wanted) {
            (true, true, _, Use::Read) => &[
                "PrivilegedEligibilitySchedule.Read.AzureADGroup",
                "PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup",
            ],
            (true, false, _, Use::Read) => &[
                "PrivilegedAssignmentSchedule.Read.AzureADGroup",
                "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup",
            ],
            (true, true, ..) => &["PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup"],
            (true, false, ..) => &["PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup"],
            (false, true, _, Use::Remove) => &[
                "RoleEligibilitySchedule.Remove.Directory",
                "RoleEligibilitySchedule.ReadWrite.Directory",
                "RoleManagement.ReadWrite.Directory",
            ],
            (false, false, _, Use::Remove) => &[
                "RoleAssignmentSchedule.Remove.Directory",
                "RoleAssignmentSchedule.ReadWrite.Directory",
                "RoleManagement.ReadWrite.Directory",
            ],
            (false, true, _, Use::Write) => &[
                "RoleEligibilitySchedule.ReadWrite.Directory",
                "RoleManagement.ReadWrite.Directory",
            ],
            // Reading requests for assignments needs what writing them needs (facts §3.5).
            (false, false, _, Use::Write) | (false, false, Sort::Requests, _) => &[
                "RoleAssignmentSchedule.ReadWrite.Directory",
                "RoleManagement.ReadWrite.Directory",
            ],
            (false, true, Sort::Instances, _) => &[
                "RoleEligibilitySchedule.Read.Directory",
                "RoleEligibilitySchedule.ReadWrite.Directory",
                "RoleManagement.ReadWrite.Directory",
            ],
            (false, false, Sort::Instances, _) => &[
                "RoleAssignmentSchedule.Read.Directory",
                "RoleAssignmentSchedule.ReadWrite.Directory",
                "RoleManagement.ReadWrite.Directory",
            ],
            (false, true, ..) => &[
                "RoleEligibilitySchedule.Read.Directory",
                "RoleManagement.Read.Directory",
                "RoleManagement.Read.All",
                "RoleEligibilitySchedule.ReadWrite.Directory",
                "RoleManagement.ReadWrite.Directory",
            ],
            (false, false, ..) => &[
                "RoleAssignmentSchedule.Read.Directory",
                "RoleManagement.Read.Directory",
                "RoleManagement.Read.All",
                "RoleAssignmentSchedule.ReadWrite.Directory",
                "RoleManagement.ReadWrite.Directory",
            ],
        }
    }

    /// Permission first, then the licence; the order is inferred.
    fn need(&self, call: &Call<'_>, wanted: Use) -> Result<()> {
        let permissions = self.permissions(wanted);
        let task = if wanted == Use::Read { "allProperties/read" } else { "allProperties/update" };
        let by_role = || {
            let deed = Deed("roleAssignments", task);
            let reaches = call.settings.entra_roles_reach_pim && !self.groups;
            reaches.then(|| call.caller.by_role(call.tenant, call.settings, deed, None)).flatten()
        };
        if !call.accept(call.caller.first_of(permissions).or_else(by_role)) {
            let code = if self.groups { "UnauthorizedAccessException" } else { "UnknownError" };
            return Err(GraphError::scope_missing(code, permissions));
        }
        licensed(call)
    }
}

fn sort(rest: &str) -> Option<Sort> {
    match rest {
        "ScheduleRequests" => Some(Sort::Requests),
        "Schedules" => Some(Sort::Schedules),
        "ScheduleInstances" => Some(Sort::Instances),
        _ => None,
    }
}

/// PIM needs a licence, to read too (facts §3.5).
pub(super) fn licensed(call: &Call<'_>) -> Result<()> {
    if call.settings.entra_id_p2 {
        return Ok(());
    }
    Err(GraphError::new(
        400,
        "AadPremiumLicenseRequired",
        "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license.",
    ))
}

/// What `$filter` may not say here (facts §3.5).
pub(super) fn invalid_filter() -> GraphError {
    // The text is not in the facts.
    GraphError::new(400, "InvalidFilter", "The filter is invalid.")
}

/// Whether a segment below `/roleManagement/directory` is one of PIM's.
pub(super) fn is_of_roles(name: &str) -> bool {
    Collection::of_roles(name).is_some()
}

/// Answers below `/roleManagement/directory` (facts §3.5).
pub(super) fn roles(call: &mut Call<'_>, name: &str, rest: &[&str]) -> Result<Reply> {
    let collection = Collection::of_roles(name).ok_or_else(|| GraphError::no_such_segment(name))?;
    answer(call, &collection, rest)
}

/// Answers below `/identityGovernance/privilegedAccess/group` (facts §3.11).
pub(super) fn groups(call: &mut Call<'_>, name: &str, rest: &[&str]) -> Result<Reply> {
    let collection =
        Collection::of_groups(name).ok_or_else(|| GraphError::no_such_segment(name))?;
    answer(call, &collection, rest)
}

fn answer(call: &mut Call<'_>, collection: &Collection<'_>, rest: &[&str]) -> Result<Reply> {
    let requests = collection.sort == Sort::Requests;
    requests::age_out(call);
    match (call.method.as_str(), rest) {
        ("GET", ["filterByCurrentUser", ..]) => Err(GraphError::new(
            400,
            "BadRequest",
            // Delegated only (facts §3.5); the text is not in the facts.
            "filterByCurrentUser is only valid with delegated authentication flow.",
        )),
        ("GET", []) if requests => requests::list(call, collection),
        ("GET", [id]) if requests => requests::one(call, collection, id),
        ("POST", []) if requests => ask::create(call, collection),
        ("POST", [id, "cancel" | "microsoft.graph.cancel"]) if requests => {
            requests::cancel(call, collection, id)
        }
        ("GET", []) => read::list(call, collection),
        ("GET", [id]) => read::one(call, collection, id),
        (_, [_, segment, ..]) => Err(GraphError::no_such_segment(segment)),
        _ => Err(GraphError::method_not_allowed()),
    }
}
