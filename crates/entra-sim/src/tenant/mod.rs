//! The state: an arena of directory objects with links between them, and what signs in.

mod administrators;
mod app_role_assignments;
mod app_roles;
mod application;
mod bin;
mod built_in_roles;
mod credentials;
mod generate;
mod generate_access;
mod index;
mod links;
mod object;
mod oracle;
mod oracle_access;
mod oracle_activation;
mod oracle_dump;
mod oracle_pim;
mod oracle_properties;
mod people;
mod pim;
mod pim_policy;
mod pim_requests;
mod pim_rows;
mod pim_schedules;
mod pim_trail;
mod pim_wishes;
mod players;
mod risk;
mod roles;
mod trail;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use uuid::Uuid;

pub(crate) use app_role_assignments::AppRoleAssignments;
pub(crate) use app_roles::{AppRole, AppRoleAssignment};
pub use app_roles::{EnterpriseApplication, HeldAppRole};
pub use application::FederatedCredential;
pub(crate) use application::{Application, KeyCredential, Secret};
pub use generate::Size;
pub(crate) use index::{Field, Names};
pub(crate) use links::{Link, LinkChange, View};
pub(crate) use object::{
    Body, Contact, Device, Group, Handle, Object, ServicePrincipal, Unit, User,
};
pub use object::{GroupKind, Kind};
pub use oracle_access::{Held, HeldRole};
pub use oracle_activation::PimRefusal;
pub use oracle_pim::{HeldSchedule, Privilege};
pub use pim::Tenure;
pub(crate) use pim::{On, Pim};
pub use pim_policy::{EnablementRule, ExpirationRule, PimPolicy};
pub(crate) use pim_rows::{Asked, Row};
pub(crate) use pim_wishes::{Action, Expiry, Quirks, Refusal, Request, Wish};
pub(crate) use risk::{Risk, Verdict};
pub use risk::{RiskLevel, RiskState, RiskyUser};
pub(crate) use roles::{RoleAssignment, RoleDefinition, Roles, Scope};
pub(crate) use trail::{Aspect, Standing, Step, Trail, Turn};

/// A directory: users, groups, service principals, devices, contacts, units, and app registrations.
///
/// Its public methods are the independent oracle: they act as an administrator in the portal would, at once
/// and without the service's rules, and tell the truth whatever lag or fault the service shows.
pub struct Tenant {
    pub(crate) seed: u64,
    /// Tells tenants apart that were made otherwise, or at another time.
    pub(crate) fingerprint: u64,
    pub(crate) id: Uuid,
    pub(crate) applications: Vec<Application>,
    pub(crate) roles: Roles,
    pub(crate) pim: Pim,
    pub(crate) assigned: AppRoleAssignments,
    pub(crate) risks: BTreeMap<Handle, Risk>,
    /// What licences groups carry, as `skuId`s.
    pub(crate) licences: BTreeMap<Handle, Vec<Uuid>>,
    app_roles: BTreeMap<Uuid, Vec<String>>,
    pub(crate) now: Timestamp,
    pub(crate) revision: u64,
    pub(crate) changes: Vec<LinkChange>,
    pub(crate) trail: Trail,
    objects: Vec<Object>,
    by_id: HashMap<Uuid, Handle>,
    by_kind: BTreeMap<Kind, Vec<Handle>>,
    names: Names,
    minted: u64,
    /// When the soft-deleted ones go for ever.
    bin: BTreeSet<(Timestamp, Handle)>,
}

impl std::fmt::Debug for Tenant {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Tenant")
            .field("id", &self.id)
            .field("objects", &self.objects.len())
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

impl Tenant {
    fn empty(seed: u64, id: Uuid, now: Timestamp) -> Self {
        Self {
            seed,
            fingerprint: 0,
            id,
            applications: Vec::new(),
            roles: Roles::new(),
            pim: Pim::default(),
            assigned: AppRoleAssignments::default(),
            risks: BTreeMap::new(),
            licences: BTreeMap::new(),
            app_roles: BTreeMap::new(),
            now,
            revision: 0,
            changes: Vec::new(),
            trail: Trail::default(),
            objects: Vec::new(),
            by_id: HashMap::new(),
            by_kind: BTreeMap::new(),
            names: Names::default(),
            minted: 0,
            bin: BTreeSet::new(),
        }
    }

    /// The object behind a handle.
    #[expect(
        clippy::indexing_slicing,
        reason = "a handle is minted only by insert() of this arena, which never shrinks"
    )]
    pub(crate) fn object(&self, handle: Handle) -> &Object {
        &self.objects[handle.index()]
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "a handle is minted only by insert() of this arena, which never shrinks"
    )]
    fn object_mut(&mut self, handle: Handle) -> &mut Object {
        &mut self.objects[handle.index()]
    }

    /// The object with this id, in whatever state it is.
    pub(crate) fn handle(&self, id: &str) -> Option<Handle> {
        self.by_id.get(&Uuid::try_parse(id).ok()?).copied()
    }

    /// The object with this id, when it is neither soft-deleted nor gone.
    pub(crate) fn live(&self, id: &str) -> Option<Handle> {
        self.handle(id).filter(|handle| self.object(*handle).is_live())
    }

    /// How many objects there are and ever were: handles go up to here.
    pub(crate) fn size(&self) -> usize {
        self.objects.len()
    }

    /// All handles of a kind in ascending order, deleted ones included.
    pub(crate) fn of_kind(&self, kind: Kind) -> &[Handle] {
        self.by_kind.get(&kind).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    /// Puts an object into the arena without its names, which a bulk load adds at the end.
    fn insert_unnamed(&mut self, id: Uuid, created: Timestamp, body: Body) -> Handle {
        let handle = Handle::at(self.objects.len());
        let object = Object::new(id, created, body);
        self.by_kind.entry(object.kind()).or_default().push(handle);
        self.by_id.insert(id, handle);
        self.objects.push(object);
        handle
    }

    fn insert(&mut self, id: Uuid, body: Body) -> Handle {
        let now = self.now;
        let handle = self.insert_unnamed(id, now, body);
        self.name(handle);
        self.record(handle, Aspect::State, Turn::Made);
        self.revision += 1;
        handle
    }

    fn name(&mut self, handle: Handle) {
        let object = self.object(handle);
        let kind = object.kind();
        let keys: Vec<_> = object.names().collect();
        for (field, name) in keys {
            self.names.add(kind, field, &name, handle);
        }
    }

    fn unname(&mut self, handle: Handle) {
        let object = self.object(handle);
        let kind = object.kind();
        let keys: Vec<_> = object.names().collect();
        for (field, name) in keys {
            self.names.remove(kind, field, &name, handle);
        }
    }

    fn name_all(&mut self) {
        let mut names = Names::default();
        for (kind, handles) in &self.by_kind {
            names.fill(
                *kind,
                handles.iter().flat_map(|handle| {
                    self.object(*handle).names().map(|(field, name)| (field, name, *handle))
                }),
            );
        }
        self.names = names;
    }

    /// Whether an object is directly in a restricted management administrative unit (facts §2.1).
    pub(crate) fn is_restricted(&self, handle: Handle) -> bool {
        self.restricting_units(handle).next().is_some()
    }

    /// Whether an object is directly in an administrative unit; the unit itself is not.
    pub(crate) fn is_in_unit(&self, handle: Handle, unit: Uuid) -> bool {
        self.object(handle).holders(Link::Member).iter().any(|holder| {
            let holder = self.object(*holder);
            holder.id == unit && holder.is_live() && holder.kind() == Kind::AdministrativeUnit
        })
    }

    /// The kind of a group.
    pub(crate) fn group_kind(&self, handle: Handle) -> Option<&GroupKind> {
        match &self.object(handle).body {
            Body::Group(group) => Some(&group.kind),
            _ => None,
        }
    }

    /// Whether a user holds a role, or is in a role-assignable group, also in a soft-deleted one (facts §9).
    pub(crate) fn is_privileged(&self, handle: Handle) -> bool {
        let object = self.object(handle);
        let assignable = |holder: &Handle| {
            !self.object(*holder).gone
                && self.group_kind(*holder) == Some(&GroupKind::RoleAssignable)
        };
        object.kind() == Kind::User
            && (object.holders(Link::Member).iter().any(assignable)
                || self.roles.assignments().iter().any(|held| held.principal == handle))
    }

    /// The application permissions that are granted to an application now.
    pub(crate) fn granted(&self, application_id: Uuid) -> &[String] {
        self.app_roles.get(&application_id).map_or(&[], Vec::as_slice)
    }

    /// The restricted units that hold an object.
    pub(crate) fn restricting_units(&self, handle: Handle) -> impl Iterator<Item = &Object> {
        let holders =
            self.object(handle).holders(Link::Member).iter().map(|holder| self.object(*holder));
        holders.filter(|holder| {
            holder.is_live() && matches!(&holder.body, Body::Unit(unit) if unit.restricted)
        })
    }

    /// The service principal of an application in this tenant.
    pub(crate) fn service_principal_of(&self, application_id: Uuid) -> Option<Handle> {
        self.of_kind(Kind::ServicePrincipal).iter().copied().find(|handle| {
            let object = self.object(*handle);
            object.is_live()
                && matches!(&object.body, Body::ServicePrincipal(principal) if principal.application_id == application_id)
        })
    }
}
