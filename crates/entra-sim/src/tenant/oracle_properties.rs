//! The oracle: properties that are texts.

use std::borrow::Cow;

use super::{Aspect, Body, Tenant, Turn};

impl Tenant {
    /// Sets a property of a user (`givenName`, `surname`, `jobTitle`, `department`, `officeLocation`, `employeeId`,
    /// `mail`) or a group's `description`, or takes its value away; false when the id or the name is none of those.
    pub fn set_property(&mut self, id: &str, name: &str, value: Option<&str>) -> bool {
        let Some(handle) = self.handle(id) else { return false };
        self.unname(handle);
        let property = self.object_mut(handle).body.set(name, value);
        self.name(handle);
        let Some(property) = property else { return false };
        self.record(handle, Aspect::Property(property), Turn::Changed);
        if property == "mail" {
            self.record(handle, Aspect::Property("proxyAddresses"), Turn::Changed);
        }
        self.revision += 1;
        true
    }
}

impl Body {
    /// Sets a property that is a text; gives its name, or nothing when there is no such property.
    pub(super) fn set(&mut self, name: &str, value: Option<&str>) -> Option<&'static str> {
        let text = value.map(str::to_owned);
        let shared = text.clone().map(Cow::Owned);
        Some(match (self, name) {
            (Self::User(user), "givenName") => {
                user.given_name = shared;
                "givenName"
            }
            (Self::User(user), "surname") => {
                user.surname = shared;
                "surname"
            }
            (Self::User(user), "jobTitle") => {
                user.job_title = shared;
                "jobTitle"
            }
            (Self::User(user), "department") => {
                user.department = shared;
                "department"
            }
            (Self::User(user), "officeLocation") => {
                user.office = shared;
                "officeLocation"
            }
            (Self::User(user), "employeeId") => {
                user.employee_id = text;
                "employeeId"
            }
            (Self::User(user), "mail") => {
                user.mail = text;
                "mail"
            }
            (Self::Group(group), "description") => {
                group.description = text;
                "description"
            }
            _ => return None,
        })
    }
}
