//! The oracle for PIM: what an administrator sets up in the portal, and the truth.

use jiff::Timestamp;
use uuid::Uuid;

use super::pim::{Plan, governed};
use super::pim_schedules::Schedule;
use super::{Link, On, PimPolicy, Scope, Tenant, Tenure};

/// What PIM gives for a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Privilege {
    /// An Entra role.
    Role {
        /// `roleDefinitionId`
        role: String,
        /// `directoryScopeId`
        scope: String,
    },
    /// Membership of a group: `accessId` `member`.
    Member {
        /// `groupId`
        group: String,
    },
    /// Ownership of a group: `accessId` `owner`.
    Owner {
        /// `groupId`
        group: String,
    },
}

impl Privilege {
    /// A role at `/`.
    #[must_use]
    pub fn role(role: &str) -> Self {
        Self::role_at(role, "/")
    }

    /// A role at a `directoryScopeId`.
    #[must_use]
    pub fn role_at(role: &str, scope: &str) -> Self {
        Self::Role { role: role.to_owned(), scope: scope.to_owned() }
    }

    /// Membership of a group.
    #[must_use]
    pub fn member_of(group: &str) -> Self {
        Self::Member { group: group.to_owned() }
    }

    /// Ownership of a group.
    #[must_use]
    pub fn owner_of(group: &str) -> Self {
        Self::Owner { group: group.to_owned() }
    }
}

/// What somebody holds through PIM, or may activate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeldSchedule {
    /// What it is.
    pub on: Privilege,
    /// Who holds it.
    pub principal: String,
    /// How.
    pub tenure: Tenure,
    /// Since when, or from when on.
    pub start: Timestamp,
    /// Until when; `None` is for ever.
    pub end: Option<Timestamp>,
    /// The schedule's `id`.
    pub id: String,
}

impl Tenant {
    pub(super) fn on(&self, privilege: &Privilege) -> Option<On> {
        Some(match privilege {
            Privilege::Role { role, scope } => {
                On::Role(Uuid::try_parse(role).ok()?, Scope::parse(scope)?)
            }
            Privilege::Member { group } => On::Group(self.handle(group)?, Link::Member),
            Privilege::Owner { group } => On::Group(self.handle(group)?, Link::Owner),
        })
    }

    fn privilege(&self, on: On) -> Privilege {
        match on {
            On::Role(role, scope) => Privilege::role_at(&role.to_string(), &scope.to_string()),
            On::Group(group, Link::Member) => {
                Privilege::member_of(&self.object(group).id.to_string())
            }
            On::Group(group, Link::Owner) => {
                Privilege::owner_of(&self.object(group).id.to_string())
            }
        }
    }

    /// Makes somebody eligible, from now until then or for ever; the schedule's id, or `None` when they are
    /// already or an id is unknown.
    pub fn make_eligible(
        &mut self,
        on: &Privilege,
        principal: &str,
        until: Option<Timestamp>,
    ) -> Option<String> {
        self.begin(on, principal, Tenure::Eligible, until)
    }

    /// Assigns it actively through PIM, from now until then or for ever; the schedule's id, or `None` when they
    /// hold it already or an id is unknown.
    pub fn make_active(
        &mut self,
        on: &Privilege,
        principal: &str,
        until: Option<Timestamp>,
    ) -> Option<String> {
        self.begin(on, principal, Tenure::Assigned, until)
    }

    fn begin(
        &mut self,
        on: &Privilege,
        principal: &str,
        tenure: Tenure,
        end: Option<Timestamp>,
    ) -> Option<String> {
        let (on, principal) = (self.on(on)?, self.handle(principal)?);
        let eligible = tenure == Tenure::Eligible;
        if self.pim.find(on, principal, eligible).is_some()
            || (!eligible && self.holds_now(on, principal))
        {
            return None;
        }
        let (id, start) = (self.mint(), self.now);
        let lags = !eligible;
        self.schedule(Plan { id, on, principal, tenure, start, end, activated: None, lags });
        Some(self.schedule_id(on, id))
    }

    fn schedule_id(&self, on: On, id: Uuid) -> String {
        match on {
            On::Role(..) => id.to_string(),
            On::Group(group, link) => self.group_schedule_id(group, link, id),
        }
    }

    /// Ends an eligibility, with what was activated out of it; false when there is none.
    pub fn end_eligibility(&mut self, on: &Privilege, principal: &str) -> bool {
        self.end(on, principal, true)
    }

    /// Ends what somebody holds actively through PIM; false when they hold nothing so.
    pub fn end_active(&mut self, on: &Privilege, principal: &str) -> bool {
        self.end(on, principal, false)
    }

    fn end(&mut self, on: &Privilege, principal: &str, eligible: bool) -> bool {
        let (Some(on), Some(principal)) = (self.on(on), self.handle(principal)) else {
            return false;
        };
        let found = self.pim.find(on, principal, eligible).map(|schedule| schedule.id);
        let Some(id) = found else { return false };
        self.unschedule(id, false);
        if eligible {
            self.end_activations(id);
            self.withdraw(on);
        }
        true
    }

    /// Sets the policy of a role, whatever the scope, or of the members or owners of a group; false when an id
    /// is unknown.
    pub fn set_pim_policy(&mut self, on: &Privilege, policy: PimPolicy) -> bool {
        let Some(on) = self.on(on) else { return false };
        self.pim.policies.insert(governed(on), policy);
        self.revision += 1;
        true
    }

    /// The policy of a role, or of the members or owners of a group.
    #[must_use]
    pub fn pim_policy(&self, on: &Privilege) -> PimPolicy {
        self.on(on).map(|on| self.policy_of(on)).unwrap_or_default()
    }

    /// Everything that PIM gives or offers, sorted: who is eligible or active, for what, until when. Roles and
    /// links that were made outside PIM are not in it; [`Tenant::access`] has them.
    #[must_use]
    pub fn schedules(&self) -> Vec<HeldSchedule> {
        let held = |one: &Schedule| HeldSchedule {
            on: self.privilege(one.on),
            principal: self.object(one.principal).id.to_string(),
            tenure: one.tenure,
            start: one.start,
            end: one.end,
            id: self.schedule_id(one.on, one.id),
        };
        let mut all: Vec<_> = self.pim.schedules().iter().map(held).collect();
        all.sort_unstable();
        all
    }

    /// The ids of those that are eligible for it, sorted; those that lie in the future too.
    #[must_use]
    pub fn eligible(&self, on: &Privilege) -> Vec<String> {
        self.principals_of(on, true)
    }

    /// The ids of those that hold it actively through PIM now, sorted.
    #[must_use]
    pub fn active(&self, on: &Privilege) -> Vec<String> {
        self.principals_of(on, false)
    }

    fn principals_of(&self, on: &Privilege, eligible: bool) -> Vec<String> {
        let Some(on) = self.on(on) else { return Vec::new() };
        let wanted = |one: &&Schedule| {
            one.on == on && one.is_eligible() == eligible && (eligible || one.begun)
        };
        let found = self.pim.schedules().iter().filter(wanted);
        let mut ids: Vec<String> =
            found.map(|one| self.object(one.principal).id.to_string()).collect();
        ids.sort_unstable();
        ids
    }
}
