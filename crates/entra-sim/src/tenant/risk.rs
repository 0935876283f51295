//! Users at risk, and the oracle for them (facts §3.10).

use jiff::Timestamp;

use super::{Handle, Kind, Tenant};

/// `riskLevel`
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RiskLevel {
    /// `low`
    Low,
    /// `medium`
    Medium,
    /// `high`
    High,
    /// `hidden`
    Hidden,
    /// `none`
    None,
}

impl RiskLevel {
    /// As the wire spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Hidden => "hidden",
            Self::None => "none",
        }
    }
}

/// `riskState`
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RiskState {
    /// `none`
    None,
    /// `confirmedSafe`
    ConfirmedSafe,
    /// `remediated`
    Remediated,
    /// `dismissed`
    Dismissed,
    /// `atRisk`
    AtRisk,
    /// `confirmedCompromised`
    ConfirmedCompromised,
}

impl RiskState {
    /// As the wire spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ConfirmedSafe => "confirmedSafe",
            Self::Remediated => "remediated",
            Self::Dismissed => "dismissed",
            Self::AtRisk => "atRisk",
            Self::ConfirmedCompromised => "confirmedCompromised",
        }
    }
}

/// What is thought of a user.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Risk {
    pub level: RiskLevel,
    pub state: RiskState,
    /// `riskDetail`
    pub detail: &'static str,
    pub updated: Timestamp,
}

/// What an administrator says of users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Dismiss,
    ConfirmCompromised,
    ConfirmSafe,
}

/// A user at risk, or who once was.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RiskyUser {
    /// `id`
    pub id: String,
    /// `riskLevel`
    pub level: RiskLevel,
    /// `riskState`
    pub state: RiskState,
}

impl Tenant {
    fn put_risk(&mut self, user: Handle, level: RiskLevel, state: RiskState, detail: &'static str) {
        let updated = self.now;
        self.risks.insert(user, Risk { level, state, detail, updated });
        self.revision += 1;
    }

    /// Does what an administrator says.
    pub(crate) fn judge(&mut self, user: Handle, verdict: Verdict) {
        let (level, state, detail) = match verdict {
            Verdict::Dismiss => {
                (RiskLevel::None, RiskState::Dismissed, "adminDismissedAllRiskForUser")
            }
            Verdict::ConfirmCompromised => {
                (RiskLevel::High, RiskState::ConfirmedCompromised, "adminConfirmedUserCompromised")
            }
            Verdict::ConfirmSafe => {
                (RiskLevel::None, RiskState::ConfirmedSafe, "adminConfirmedAccountSafe")
            }
        };
        self.put_risk(user, level, state, detail);
    }

    /// Puts a user at risk, or says what became of it; false when the id is not a user's.
    pub fn set_risk(&mut self, user: &str, level: RiskLevel, state: RiskState) -> bool {
        let found = self.handle(user).filter(|found| self.object(*found).kind() == Kind::User);
        let Some(found) = found else { return false };
        self.put_risk(found, level, state, "none");
        true
    }

    /// Everybody of whom a risk is known, sorted.
    #[must_use]
    pub fn risky_users(&self) -> Vec<RiskyUser> {
        let user = |(user, risk): (&Handle, &Risk)| RiskyUser {
            id: self.object(*user).id.to_string(),
            level: risk.level,
            state: risk.state,
        };
        let mut all: Vec<_> = self.risks.iter().map(user).collect();
        all.sort_unstable();
        all
    }
}
