//! App roles of enterprise applications, who holds them, and the oracle for both (facts §3.7).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use uuid::Uuid;

use super::{Body, Handle, Kind, ServicePrincipal, Tenant};
use crate::{cast, random};

/// A role that an application offers.
#[derive(Clone, Debug)]
pub(crate) struct AppRole {
    pub id: Uuid,
    pub display_name: String,
    pub value: String,
}

/// An app role that a principal holds directly; members of a group do not inherit it.
#[derive(Clone, Debug)]
pub(crate) struct AppRoleAssignment {
    /// Ascending in order of creation.
    pub number: u64,
    pub id: String,
    /// All zeros is default access.
    pub role: Uuid,
    pub principal: Handle,
    pub resource: Handle,
    pub created: Timestamp,
}

/// An enterprise application that was added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnterpriseApplication {
    /// Object id of its service principal.
    pub id: String,
    /// `appId`
    pub application_id: String,
    /// The ids of its app roles, in the order in which they were named.
    pub roles: Vec<String>,
}

/// An app role that somebody holds, in the words of Graph.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeldAppRole {
    /// `resourceId`
    pub resource: String,
    /// `appRoleId`
    pub role: String,
    /// `principalId`
    pub principal: String,
    /// `id`
    pub id: String,
}

impl Tenant {
    /// Gives a principal an app role; `None` when it holds it already.
    pub(crate) fn give_app_role(
        &mut self,
        resource: Handle,
        role: Uuid,
        principal: Handle,
    ) -> Option<AppRoleAssignment> {
        let held = |one: &AppRoleAssignment| one.role == role && one.resource == resource;
        if self.assigned.of_principal(principal).any(held) {
            return None;
        }
        self.revision += 1;
        let number = self.assigned.next_number();
        // The principal's id, then sixteen random bytes (facts §3.7 [I]).
        let mut bytes = self.object(principal).id.to_bytes_le().to_vec();
        bytes.extend(random::guid(self.seed, "app role", number).as_bytes());
        let id = URL_SAFE_NO_PAD.encode(bytes);
        let created = self.now;
        let made = AppRoleAssignment { number, id, role, principal, resource, created };
        self.assigned.insert(made.clone(), self.revision);
        Some(made)
    }

    /// Takes an app role away.
    pub(crate) fn take_app_role(&mut self, number: u64) -> bool {
        let (now, revision) = (self.now, self.revision + 1);
        let taken = self.assigned.take(number, now, revision);
        self.revision += u64::from(taken);
        taken
    }

    /// Adds an enterprise application that offers these app roles, and needs an assignment to be used.
    pub fn add_application_with_roles(
        &mut self,
        display_name: &str,
        roles: &[&str],
    ) -> EnterpriseApplication {
        let roles: Vec<(Uuid, &str)> = roles.iter().map(|role| (self.mint(), *role)).collect();
        let (id, application_id) = (self.mint(), self.mint());
        self.enter_application(id, application_id, display_name, &roles)
    }

    fn enter_application(
        &mut self,
        id: Uuid,
        application_id: Uuid,
        display_name: &str,
        roles: &[(Uuid, &str)],
    ) -> EnterpriseApplication {
        let role = |(id, name): &(Uuid, &str)| AppRole {
            id: *id,
            display_name: (*name).to_owned(),
            value: name.replace(' ', "."),
        };
        let body = ServicePrincipal {
            display_name: display_name.to_owned(),
            application_id,
            enabled: true,
            home_tenant: self.id,
            app_roles: roles.iter().map(role).collect(),
            assignment_required: true,
        };
        self.insert(id, Body::ServicePrincipal(Box::new(body)));
        EnterpriseApplication {
            id: id.to_string(),
            application_id: application_id.to_string(),
            roles: roles.iter().map(|(id, _)| id.to_string()).collect(),
        }
    }

    /// Adds "Payroll" of the cast: Bob and "Build Robot" read, "Finance" approves, Alice has default access.
    pub fn add_payroll(&mut self) -> EnterpriseApplication {
        let id = |text: &str| Uuid::try_parse(text).unwrap_or_default();
        let roles = [
            (id(cast::PAYROLL_READER), "Payroll Reader"),
            (id(cast::PAYROLL_APPROVER), "Payroll Approver"),
        ];
        let (principal, client) = (id(cast::PAYROLL), id(cast::PAYROLL_CLIENT_ID));
        let made = self.enter_application(principal, client, "Payroll", &roles);
        for (role, holder) in [
            (cast::PAYROLL_READER, cast::BOB),
            (cast::PAYROLL_READER, cast::BUILD_ROBOT),
            (cast::PAYROLL_APPROVER, cast::FINANCE),
            (cast::DEFAULT_ACCESS, cast::ALICE),
        ] {
            self.assign_app_role(cast::PAYROLL, role, holder);
        }
        made
    }

    /// Adds so many applications with two app roles each, and so many users who hold one of them, by seed.
    pub fn add_applications(&mut self, count: u64, holders: u64) -> Vec<EnterpriseApplication> {
        let users: Vec<Handle> = self.of_kind(Kind::User).to_vec();
        let mut all = Vec::new();
        for number in 0..count {
            let name = format!("Application {number}");
            let made = self.add_application_with_roles(&name, &["Reader", "Editor"]);
            for step in 0..holders {
                let draw = |purpose: &str, bound: usize| {
                    let place = number * holders + step;
                    let place = random::below(self.seed, purpose, place, bound as u64);
                    usize::try_from(place).unwrap_or_default()
                };
                let user = users.get(draw("app role holder", users.len())).copied();
                let role = made.roles.get(draw("app role held", made.roles.len()));
                let role = role.and_then(|role| Uuid::try_parse(role).ok());
                if let (Some(user), Some(role), Some(resource)) =
                    (user, role, self.handle(&made.id))
                {
                    self.give_app_role(resource, role, user);
                }
            }
            all.push(made);
        }
        all
    }

    /// Assigns an app role, [`cast::DEFAULT_ACCESS`] for none in particular; the assignment's id, or `None` when
    /// nothing changed or an id is unknown.
    pub fn assign_app_role(
        &mut self,
        resource: &str,
        role: &str,
        principal: &str,
    ) -> Option<String> {
        let (resource, principal) = (self.handle(resource)?, self.handle(principal)?);
        let role = Uuid::try_parse(role).ok()?;
        Some(self.give_app_role(resource, role, principal)?.id)
    }

    /// Takes an app role away; false when it was not held.
    pub fn remove_app_role(&mut self, resource: &str, role: &str, principal: &str) -> bool {
        let (Some(resource), Some(principal), Ok(role)) =
            (self.handle(resource), self.handle(principal), Uuid::try_parse(role))
        else {
            return false;
        };
        let held = |one: &&AppRoleAssignment| one.role == role && one.resource == resource;
        let found = self.assigned.of_principal(principal).find(held).map(|one| one.number);
        found.is_some_and(|number| self.take_app_role(number))
    }

    /// Every app role that somebody holds directly, sorted; those of soft-deleted principals too.
    #[must_use]
    pub fn app_role_assignments(&self) -> Vec<HeldAppRole> {
        let id = |handle| self.object(handle).id.to_string();
        let held = |one: &AppRoleAssignment| HeldAppRole {
            resource: id(one.resource),
            role: one.role.to_string(),
            principal: id(one.principal),
            id: one.id.clone(),
        };
        let mut all: Vec<_> = self.assigned.iter().map(held).collect();
        all.sort_unstable();
        all
    }
}
