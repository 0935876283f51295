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
        let (name, field) = self.text(name)?;
        let text = value.map(str::to_owned);
        match field {
            Text::Shared(field) => *field = text.map(Cow::Owned),
            Text::Own(field) => *field = text,
        }
        Some(name)
    }

    fn text(&mut self, name: &str) -> Option<(&'static str, Text<'_>)> {
        Some(match (self, name) {
            (Self::User(user), "givenName") => ("givenName", Text::Shared(&mut user.given_name)),
            (Self::User(user), "surname") => ("surname", Text::Shared(&mut user.surname)),
            (Self::User(user), "jobTitle") => ("jobTitle", Text::Shared(&mut user.job_title)),
            (Self::User(user), "department") => ("department", Text::Shared(&mut user.department)),
            (Self::User(user), "officeLocation") => {
                ("officeLocation", Text::Shared(&mut user.office))
            }
            (Self::User(user), "employeeId") => ("employeeId", Text::Own(&mut user.employee_id)),
            (Self::User(user), "mail") => ("mail", Text::Own(&mut user.mail)),
            (Self::Group(group), "description") => {
                ("description", Text::Own(&mut group.description))
            }
            _ => return None,
        })
    }
}

/// A field that holds a text: generated users share theirs.
enum Text<'a> {
    Shared(&'a mut Option<Cow<'static, str>>),
    Own(&'a mut Option<String>),
}
