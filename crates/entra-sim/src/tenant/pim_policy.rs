//! The rules that PIM holds a request against: one policy per role, and one per group for its members and
//! owners (facts §3.5, §9).

use jiff::{SignedDuration, Timestamp};

/// How long something may be held: a `unifiedRoleManagementPolicyExpirationRule`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpirationRule {
    /// `isExpirationRequired`: it may not be held permanently.
    pub is_expiration_required: bool,
    /// `maximumDuration`. Whether it binds where a permanent hold is allowed is not in the facts: here it does
    /// not.
    pub maximum_duration: SignedDuration,
}

impl ExpirationRule {
    fn at_most(is_expiration_required: bool, hours: i64) -> Self {
        Self { is_expiration_required, maximum_duration: SignedDuration::from_hours(hours) }
    }

    /// Whether holding it so long breaks the rule.
    pub(super) fn fails(&self, start: Timestamp, end: Option<Timestamp>) -> bool {
        self.is_expiration_required
            && end.is_none_or(|end| end.duration_since(start) > self.maximum_duration)
    }
}

/// What a request must bring: a `unifiedRoleManagementPolicyEnablementRule`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EnablementRule {
    /// `MultiFactorAuthentication`, which no app-only caller can satisfy (facts §3.5).
    pub multi_factor_authentication: bool,
    /// `Justification`
    pub justification: bool,
    /// `Ticketing`
    pub ticketing: bool,
}

/// A `unifiedRoleManagementPolicy`: its fields are named as its rules are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PimPolicy {
    /// `Expiration_Admin_Eligibility`: how long somebody may be eligible.
    pub expiration_admin_eligibility: ExpirationRule,
    /// `Enablement_Admin_Eligibility`: what making somebody eligible needs.
    pub enablement_admin_eligibility: EnablementRule,
    /// `Expiration_Admin_Assignment`: how long somebody may be assigned actively.
    pub expiration_admin_assignment: ExpirationRule,
    /// `Enablement_Admin_Assignment`: what assigning somebody actively needs.
    pub enablement_admin_assignment: EnablementRule,
    /// `Expiration_EndUser_Assignment`: how long an activation may last.
    pub expiration_end_user_assignment: ExpirationRule,
    /// `Enablement_EndUser_Assignment`: what an activation needs.
    pub enablement_end_user_assignment: EnablementRule,
    /// `Approval_EndUser_Assignment`: an activation waits for somebody's approval.
    pub approval_end_user_assignment: bool,
}

impl Default for PimPolicy {
    /// What a new tenant has: eligibility and assignment may be permanent, an active assignment needs a
    /// justification, an activation lasts eight hours at most.
    fn default() -> Self {
        let justified = EnablementRule { justification: true, ..EnablementRule::default() };
        Self {
            expiration_admin_eligibility: ExpirationRule::at_most(false, 24 * 365),
            enablement_admin_eligibility: EnablementRule::default(),
            expiration_admin_assignment: ExpirationRule::at_most(false, 24 * 180),
            enablement_admin_assignment: justified,
            expiration_end_user_assignment: ExpirationRule::at_most(true, 8),
            enablement_end_user_assignment: EnablementRule {
                multi_factor_authentication: true,
                ..justified
            },
            approval_end_user_assignment: false,
        }
    }
}

/// What a request brings.
pub(crate) struct Brought {
    pub(crate) justification: bool,
    pub(crate) ticket: bool,
}

impl PimPolicy {
    /// The rules that an administrator's request breaks, named as facts §3.5 names them.
    pub(crate) fn broken_by_admin(
        &self,
        eligible: bool,
        start: Timestamp,
        end: Option<Timestamp>,
        brought: &Brought,
    ) -> Vec<&'static str> {
        let (expiration, enablement) = if eligible {
            (&self.expiration_admin_eligibility, &self.enablement_admin_eligibility)
        } else {
            (&self.expiration_admin_assignment, &self.enablement_admin_assignment)
        };
        let broken = [
            (enablement.multi_factor_authentication, "MfaRule"),
            (enablement.justification && !brought.justification, "JustificationRule"),
            (enablement.ticketing && !brought.ticket, "TicketingRule"),
            (expiration.fails(start, end), "ExpirationRule"),
        ];
        broken.into_iter().filter(|(broken, _)| *broken).map(|(_, name)| name).collect()
    }
}
