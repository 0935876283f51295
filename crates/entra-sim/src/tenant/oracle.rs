//! The oracle: what an administrator can do and see in the portal, at once and without rules.

use uuid::Uuid;

use super::{
    Aspect, Body, Contact, Device, Group, GroupKind, Handle, Kind, Link, ServicePrincipal, Tenant,
    Turn, User, View,
};
use crate::{cast, random};

impl Group {
    /// A group with the mail address that its kind needs.
    pub(crate) fn named(name: &str, kind: GroupKind, description: Option<String>) -> Self {
        let nickname: String =
            name.to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect();
        let mail = kind.mail_enabled().then(|| format!("{nickname}@{}", cast::DOMAIN));
        Self { display_name: name.to_owned(), description, mail, mail_nickname: nickname, kind }
    }
}

impl Tenant {
    pub(crate) fn mint(&mut self) -> Uuid {
        self.minted += 1;
        random::guid(self.seed, "added", self.minted)
    }

    pub(super) fn add(&mut self, body: Body) -> String {
        let handle = self.add_object(body);
        self.object(handle).id.to_string()
    }

    pub(crate) fn add_object(&mut self, body: Body) -> Handle {
        let id = self.mint();
        self.insert(id, body)
    }

    /// Adds an enabled member user and returns its id; `user_principal_name` is its mail address too.
    pub fn add_user(&mut self, display_name: &str, user_principal_name: &str) -> String {
        let nickname = user_principal_name.split('@').next().unwrap_or_default().to_owned();
        self.add(Body::User(Box::new(User {
            display_name: display_name.to_owned(),
            user_principal_name: user_principal_name.to_owned(),
            mail: Some(user_principal_name.to_owned()),
            mail_nickname: nickname,
            enabled: true,
            ..User::default()
        })))
    }

    /// Adds a group and returns its id. A `Restricted` one is put into [`cast::RESTRICTED_UNIT`].
    pub fn add_group(&mut self, display_name: &str, kind: GroupKind) -> String {
        let restricted = kind == GroupKind::Restricted;
        let id = self.add(Body::Group(Box::new(Group::named(display_name, kind, None))));
        if restricted {
            self.add_member(cast::RESTRICTED_UNIT, &id);
        }
        id
    }

    /// Adds an enabled service principal of a foreign application and returns its object id.
    pub fn add_service_principal(&mut self, display_name: &str) -> String {
        let (application_id, home_tenant) = (self.mint(), self.mint());
        let display_name = display_name.to_owned();
        let body = ServicePrincipal {
            display_name,
            application_id,
            enabled: true,
            home_tenant,
            ..ServicePrincipal::default()
        };
        self.add(Body::ServicePrincipal(Box::new(body)))
    }

    /// Adds a device and returns its object id.
    pub fn add_device(&mut self, display_name: &str) -> String {
        let device_id = self.mint();
        let body = Device { display_name: display_name.to_owned(), device_id, enabled: true };
        self.add(Body::Device(Box::new(body)))
    }

    /// Adds an organizational contact and returns its id.
    pub fn add_contact(&mut self, display_name: &str, mail: &str) -> String {
        let body = Contact { display_name: display_name.to_owned(), mail: mail.to_owned() };
        self.add(Body::OrgContact(Box::new(body)))
    }

    /// Adds a member to a group or administrative unit; false when nothing changed or an id is unknown.
    pub fn add_member(&mut self, group: &str, member: &str) -> bool {
        self.change(Link::Member, group, member, true)
    }

    /// Removes a member; false when nothing changed.
    pub fn remove_member(&mut self, group: &str, member: &str) -> bool {
        self.change(Link::Member, group, member, false)
    }

    /// Adds an owner to a group; false when nothing changed.
    pub fn add_owner(&mut self, group: &str, owner: &str) -> bool {
        self.change(Link::Owner, group, owner, true)
    }

    /// Removes an owner; false when nothing changed.
    pub fn remove_owner(&mut self, group: &str, owner: &str) -> bool {
        self.change(Link::Owner, group, owner, false)
    }

    fn change(&mut self, link: Link, holder: &str, target: &str, add: bool) -> bool {
        let (Some(holder), Some(target)) = (self.handle(holder), self.handle(target)) else {
            return false;
        };
        if add { self.link(link, holder, target) } else { self.unlink(link, holder, target) }
    }

    /// Ids of all direct members of every type, soft-deleted ones left out, sorted.
    #[must_use]
    pub fn members(&self, group: &str) -> Vec<String> {
        self.handle(group).map_or_else(Vec::new, |group| {
            self.sorted_ids(self.object(group).targets(Link::Member))
        })
    }

    /// Ids of all owners, sorted.
    #[must_use]
    pub fn owners(&self, group: &str) -> Vec<String> {
        self.handle(group)
            .map_or_else(Vec::new, |group| self.sorted_ids(self.object(group).targets(Link::Owner)))
    }

    /// Ids of everything inside a group at any depth, sorted.
    #[must_use]
    pub fn transitive_members(&self, group: &str) -> Vec<String> {
        self.handle(group)
            .map_or_else(Vec::new, |group| self.sorted_ids(&self.reach(&self.truth(), group, true)))
    }

    /// Ids of the groups, units and roles that hold an object directly, sorted.
    #[must_use]
    pub fn member_of(&self, id: &str) -> Vec<String> {
        self.handle(id).map_or_else(Vec::new, |handle| {
            self.sorted_ids(self.object(handle).holders(Link::Member))
        })
    }

    /// Ids of all live objects of a kind, sorted.
    #[must_use]
    pub fn ids(&self, kind: Kind) -> Vec<String> {
        self.sorted_ids(self.of_kind(kind))
    }

    /// Ids of live objects with exactly this display name, compared as the directory does, sorted.
    #[must_use]
    pub fn find(&self, kind: Kind, display_name: &str) -> Vec<String> {
        self.sorted_ids(&self.names().equal(kind, super::Field::DisplayName, display_name))
    }

    /// The display name behind an id, in whatever state the object is.
    #[must_use]
    pub fn display_name(&self, id: &str) -> Option<&str> {
        self.handle(id).map(|handle| self.object(handle).display_name())
    }

    fn truth(&self) -> View {
        View { now: self.now, lag: None, seed: 0, replica: 0 }
    }

    pub(super) fn sorted_ids(&self, handles: &[Handle]) -> Vec<String> {
        let mut ids: Vec<String> = handles
            .iter()
            .map(|handle| self.object(*handle))
            .filter(|object| object.is_live())
            .map(|object| object.id.to_string())
            .collect();
        ids.sort_unstable();
        ids
    }

    /// Gives an object another display name; false when the id is unknown.
    pub fn rename(&mut self, id: &str, display_name: &str) -> bool {
        let Some(handle) = self.handle(id) else { return false };
        self.unname(handle);
        let name = display_name.to_owned();
        match &mut self.object_mut(handle).body {
            Body::User(user) => user.display_name = name,
            Body::Group(group) => group.display_name = name,
            Body::ServicePrincipal(principal) => principal.display_name = name,
            Body::Device(device) => device.display_name = name,
            Body::OrgContact(contact) => contact.display_name = name,
            Body::Unit(unit) => unit.display_name = name,
            Body::Role(current, _) => *current = name,
        }
        self.name(handle);
        self.record(handle, Aspect::Property("displayName"), Turn::Changed);
        self.revision += 1;
        true
    }

    /// Enables or disables a user, service principal or device; false when the id is none of those.
    pub fn set_enabled(&mut self, id: &str, enabled: bool) -> bool {
        let Some(handle) = self.handle(id) else { return false };
        let place = match &mut self.object_mut(handle).body {
            Body::User(user) => &mut user.enabled,
            Body::ServicePrincipal(principal) => &mut principal.enabled,
            Body::Device(device) => &mut device.enabled,
            _ => return false,
        };
        if std::mem::replace(place, enabled) == enabled {
            return true;
        }
        self.record(handle, Aspect::Property("accountEnabled"), Turn::Changed);
        self.revision += 1;
        true
    }

    /// Lets a group carry licences, by their `skuId`s; false when an id is none, or not one of a group.
    pub fn set_licences(&mut self, group: &str, licences: &[&str]) -> bool {
        let Some(handle) = self.handle(group) else { return false };
        let Ok(licences) = licences.iter().map(|sku| Uuid::try_parse(sku)).collect() else {
            return false;
        };
        if self.object(handle).kind() != Kind::Group {
            return false;
        }
        self.licences.insert(handle, licences);
        self.record(handle, Aspect::Property("assignedLicenses"), Turn::Changed);
        self.revision += 1;
        true
    }

    /// Soft-deletes an object: its links stay and come back with [`Tenant::restore`].
    pub fn soft_delete(&mut self, id: &str) -> bool {
        let Some(handle) = self.live(id) else { return false };
        self.delete_softly(handle);
        true
    }

    /// Restores a soft-deleted object with its links.
    pub fn restore(&mut self, id: &str) -> bool {
        let Some(handle) = self.handle(id).filter(|handle| self.object(*handle).is_soft_deleted())
        else {
            return false;
        };
        self.bring_back(handle);
        true
    }

    /// Deletes an object for ever, also a service principal (then tokens name an unknown identity).
    pub fn delete(&mut self, id: &str) -> bool {
        let Some(handle) = self.handle(id).filter(|handle| !self.object(*handle).gone) else {
            return false;
        };
        self.delete_for_ever(handle);
        true
    }

    /// Counts every change; equal numbers mean that nothing was written in between.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }
}
