//! What we may do, per operation: by the token's permissions (facts §0), by our own Entra roles with
//! their scope, and as an owner of groups (facts §2.2).
//!
//! "No" is said only when all three are known; actions decide what a role allows, so that custom roles
//! count.

mod deeds;
mod own;

use doorward_core::{Ability, Authority, AuthorityEntry, Error, ObjectRef};
use std::collections::BTreeSet;

use crate::kinds::{ASSIGNED, Kind, MEMBER, OWNER};
use crate::manageability::{
    DISTRIBUTION, DYNAMIC, MAIL_ENABLED_SECURITY, MICROSOFT_365, RESTRICTED, ROLE_ASSIGNABLE,
    SECURITY, SYNCED,
};
use crate::permissions::{
    DIRECTORY_WRITE, HIDDEN_READ, Purpose, READ_APPLICATIONS, READ_CONTACTS, READ_DEVICES,
    READ_GROUPS, READ_ORGANIZATION, READ_ROLES, READ_SERVICE_PRINCIPALS, READ_UNITS, READ_USERS,
    REMOVE_ACTIVE, REMOVE_ELIGIBLE, ROLE_WRITE, WRITE_ACTIVE, WRITE_ELIGIBLE, WRITE_MEMBERS,
    WRITE_OWNERS, WRITE_ROLES, extra_for_member,
};
use deeds::Deed;
pub(crate) use own::{Own, read as read_own};

/// The classes of groups that nothing of ours changes from everywhere.
const UNCHANGEABLE: [&str; 4] = [SYNCED, MAIL_ENABLED_SECURITY, DISTRIBUTION, RESTRICTED];

/// What is known of our power.
#[derive(Debug)]
struct Power<'a> {
    token: &'a BTreeSet<&'a str>,
    own: Result<&'a Own, &'a Error>,
}

/// What is no object, but may be read or not.
pub(crate) const TENANT: &str = "tenant";
/// The groups whose members take a permission of their own to be seen (facts §0).
pub(crate) const HIDDEN_MEMBERSHIP: &str = "hidden-membership";

/// The kinds whose adding as a member takes a permission of its own (facts §0).
const EXTRA_MEMBERS: [Kind; 3] = [Kind::ServicePrincipal, Kind::Device, Kind::Contact];

/// Giving and taking roles.
const ASSIGN: Deed = Deed("roleAssignments", "allProperties/update");

/// Giving a role for a time.
pub(crate) const GRANT_UNTIL: &str = "grant-until";
/// Making somebody eligible.
pub(crate) const GRANT_ELIGIBLE: &str = "grant-eligible";
/// Taking what is active, of a role however it was given.
pub(crate) const REVOKE: &str = "revoke";
/// Taking eligibility.
pub(crate) const REVOKE_ELIGIBLE: &str = "revoke-eligible";

/// What is done with roles, the permissions, and whether an Entra role of ours is enough: of PIM that
/// is not in the facts. Whether the tenant has a licence for it does not show here.
const OF_ROLES: [(&str, &[&str], bool); 5] = [
    ("grant", WRITE_ROLES, true),
    (GRANT_UNTIL, WRITE_ACTIVE, false),
    (GRANT_ELIGIBLE, WRITE_ELIGIBLE, false),
    (REVOKE, REMOVE_ACTIVE, true),
    (REVOKE_ELIGIBLE, REMOVE_ELIGIBLE, false),
];

/// What is read: kind, right, permissions, and the action of a role.
const READS: [(&str, Option<&str>, &Purpose, Deed); 12] = [
    (Kind::User.name(), None, &READ_USERS, Deed("users", "standard/read")),
    (Kind::Group.name(), None, &READ_GROUPS, Deed("groups", "standard/read")),
    (Kind::Group.name(), Some(MEMBER), &READ_GROUPS, Deed("groups", "members/read")),
    (Kind::Group.name(), Some(OWNER), &READ_GROUPS, Deed("groups", "owners/read")),
    (Kind::Role.name(), None, &READ_ROLES, Deed("roleDefinitions", "standard/read")),
    (Kind::Role.name(), Some(ASSIGNED), &READ_ROLES, Deed("roleAssignments", "standard/read")),
    (Kind::Unit.name(), None, &READ_UNITS, Deed("administrativeUnits", "standard/read")),
    (
        Kind::ServicePrincipal.name(),
        None,
        &READ_SERVICE_PRINCIPALS,
        Deed("servicePrincipals", "standard/read"),
    ),
    (Kind::Application.name(), None, &READ_APPLICATIONS, Deed("applications", "standard/read")),
    (Kind::Device.name(), None, &READ_DEVICES, Deed("devices", "standard/read")),
    (Kind::Contact.name(), None, &READ_CONTACTS, Deed("contacts", "standard/read")),
    (TENANT, None, &READ_ORGANIZATION, Deed("organization", "standard/read")),
];

/// One entry for each operation that the connector offers.
pub(crate) fn authority(token: &BTreeSet<&str>, own: Result<&Own, &Error>) -> Vec<AuthorityEntry> {
    let power = Power { token, own };
    let mut entries = Vec::new();
    for (kind, entitlement, purpose, deed) in READS {
        let authority = power.reads(kind, entitlement, purpose.needs, deed);
        let through = power.through(purpose.needs, &[deed]);
        entries.push(entry("read", kind, entitlement, authority, through));
    }
    for action in ["grant", REVOKE] {
        for entitlement in [MEMBER, OWNER] {
            let links = power.changes_links(entitlement);
            let through = power.through_of_links(entitlement, &[]);
            entries.push(entry(action, Kind::Group.name(), Some(entitlement), links, through));
        }
    }
    for (action, needs, is_by_role) in OF_ROLES {
        let authority = power.changes_roles(needs, is_by_role);
        let through = power.through(needs, if is_by_role { &[ASSIGN] } else { &[] });
        entries.push(entry(action, Kind::Role.name(), Some(ASSIGNED), authority, through));
    }
    entries.extend(EXTRA_MEMBERS.map(|kind| {
        let extra: Vec<&str> = extra_for_member(kind.name()).into_iter().collect();
        let (adds, through) = (power.adds(kind), power.through_of_links(MEMBER, &extra));
        let mut entry = entry("grant", Kind::Group.name(), Some(MEMBER), adds, through);
        entry.ability.principal = Some(kind.name().to_owned());
        entry
    }));
    entries
}

fn entry(
    action: &str,
    kind: &str,
    entitlement: Option<&str>,
    authority: Authority,
    through: Vec<String>,
) -> AuthorityEntry {
    let through = match authority {
        Authority::Everywhere { .. } | Authority::OnlyIn { .. } => through,
        Authority::No { .. } | Authority::Unknown { .. } => Vec::new(),
    };
    let ability = Ability {
        action: action.to_owned(),
        kind: kind.to_owned(),
        entitlement: entitlement.map(str::to_owned),
        principal: None,
    };
    AuthorityEntry { ability, authority, through }
}

/// The units in which a role of ours lets us change these links of groups.
pub(crate) fn units_of_links<'a>(own: &'a Own, entitlement: &str) -> BTreeSet<&'a ObjectRef> {
    let deeds = link_deeds(entitlement);
    deeds.iter().flat_map(|(deed, _)| own.scopes(*deed)).flatten().collect()
}

/// What lets somebody change links, and the classes of groups that each covers. The sorts of groups
/// are those of Microsoft's "Group management permissions for Microsoft Entra custom roles".
fn link_deeds(entitlement: &str) -> [(Deed, &'static [&'static str]); 6] {
    let task = if entitlement == OWNER { "owners/update" } else { "members/update" };
    [
        (Deed("groups", task), &[SECURITY, MICROSOFT_365, DYNAMIC]),
        (Deed("groups.security", task), &[SECURITY]),
        (Deed("groups.unified", task), &[MICROSOFT_365]),
        (Deed("groups.security.assignedMembership", task), &[SECURITY]),
        (Deed("groups.unified.assignedMembership", task), &[MICROSOFT_365]),
        (Deed("groupsAssignableToRoles", task), &[ROLE_ASSIGNABLE]),
    ]
}

impl Power<'_> {
    fn carries(&self, needs: &[&str]) -> bool {
        needs.iter().any(|needed| self.token.contains(needed))
    }

    fn allows(&self, deed: Deed) -> BTreeSet<Option<&ObjectRef>> {
        self.own.map(|own| own.scopes(deed)).unwrap_or_default()
    }

    fn owned(&self) -> impl Iterator<Item = &ObjectRef> {
        self.own.ok().and_then(|own| own.owned.as_ref()).into_iter().flatten()
    }

    fn is_fixed(&self, group: &ObjectRef) -> bool {
        self.own.is_ok_and(|own| own.fixed.contains(group))
    }

    /// The permissions and roles that give it.
    fn through(&self, needs: &[&str], deeds: &[Deed]) -> Vec<String> {
        let carried = needs.iter().filter(|needed| self.token.contains(*needed));
        let mut through: Vec<String> = carried.map(|needed| (*needed).to_owned()).collect();
        through.extend(self.own.iter().flat_map(|own| own.roles_for(deeds)));
        through
    }

    /// The same for links of groups; owners change members (facts §2.2).
    fn through_of_links(&self, entitlement: &str, extra: &[&str]) -> Vec<String> {
        let needs = if entitlement == OWNER { WRITE_OWNERS } else { WRITE_MEMBERS };
        let deeds = link_deeds(entitlement).map(|(deed, _)| deed);
        // What comes on top gives nothing by itself.
        let extra = if self.carries(needs) { extra } else { &[] };
        let mut through = self.through(&[needs, extra].concat(), &deeds);
        if entitlement == MEMBER && self.owned().any(|group| !self.is_fixed(group)) {
            through.push("ownership of groups".to_owned());
        }
        through
    }

    /// Whether a role at a unit reads there is written down nowhere.
    fn reads(
        &self,
        kind: &str,
        entitlement: Option<&str>,
        needs: &[&str],
        deed: Deed,
    ) -> Authority {
        let scopes = self.allows(deed);
        if self.carries(needs) || scopes.contains(&None) {
            let is_partial = entitlement == Some(MEMBER) && !self.token.contains(HIDDEN_READ);
            let hidden = is_partial.then(|| HIDDEN_MEMBERSHIP.to_owned());
            return Authority::Everywhere { except: hidden.into_iter().collect() };
        }
        // An owner reads the group itself, but not its lists (facts §2.2).
        if kind == Kind::Group.name() && entitlement.is_none() && self.owned().next().is_some() {
            return Authority::OnlyIn { resources: self.owned().cloned().collect() };
        }
        if scopes.is_empty() {
            return self.otherwise(needs);
        }
        Authority::Unknown {
            because: format!(
                "The token carries none of {}. A role of the application in an administrative unit may allow it there; Microsoft does not say so.",
                needs.join(", ")
            ),
        }
    }

    fn changes_links(&self, entitlement: &str) -> Authority {
        let needs = if entitlement == OWNER { WRITE_OWNERS } else { WRITE_MEMBERS };
        let mut covered: BTreeSet<&str> = BTreeSet::new();
        let mut within: BTreeSet<&ObjectRef> = BTreeSet::new();
        if self.carries(needs) {
            covered.extend([SECURITY, MICROSOFT_365, DYNAMIC]);
            if self.token.contains(ROLE_WRITE) {
                covered.insert(ROLE_ASSIGNABLE);
            }
        }
        for (deed, classes) in link_deeds(entitlement) {
            for scope in self.allows(deed) {
                match scope {
                    Some(scope) => _ = within.insert(scope),
                    None => covered.extend(classes),
                }
            }
        }
        if entitlement == MEMBER {
            // A rule decides who is in a dynamic group.
            covered.remove(DYNAMIC);
            // Owners change members, and nothing else (facts §2.2).
            within.extend(self.owned().filter(|group| !self.is_fixed(group)));
        }
        if covered.is_empty() {
            return self.within(within, needs);
        }
        let others = [DYNAMIC, ROLE_ASSIGNABLE, MICROSOFT_365, SECURITY];
        let uncovered = others.into_iter().filter(|class| !covered.contains(class));
        let except = UNCHANGEABLE.into_iter().chain(uncovered).map(str::to_owned).collect();
        Authority::Everywhere { except }
    }

    /// Adding members of a kind that takes one permission more; a role or ownership that reaches the
    /// group is enough by itself (facts §2.2). Of `Directory.ReadWrite.All` it is not written down.
    fn adds(&self, kind: Kind) -> Authority {
        let without_token = Power { token: &BTreeSet::new(), own: self.own };
        let extra = extra_for_member(kind.name()).unwrap_or_default();
        let (plain, enough) = (self.changes_links(MEMBER), self.token.contains(extra));
        match without_token.changes_links(MEMBER) {
            _ if enough || !self.carries(WRITE_MEMBERS) => plain,
            everywhere @ Authority::Everywhere { .. } => everywhere,
            _ if self.token.contains(DIRECTORY_WRITE) => Authority::Unknown {
                because: format!(
                    "Microsoft documents {extra} for it, which the token does not carry; Directory.ReadWrite.All may be enough."
                ),
            },
            Authority::No { .. } => Authority::No { needs: vec![extra.to_owned()] },
            Authority::Unknown { .. } => self.otherwise(&[extra]),
            by_role => by_role,
        }
    }

    fn changes_roles(&self, needs: &[&str], is_by_role: bool) -> Authority {
        let scopes = self.allows(ASSIGN);
        if self.carries(needs) || (is_by_role && scopes.contains(&None)) {
            return Authority::Everywhere { except: Vec::new() };
        }
        if is_by_role || scopes.is_empty() {
            return self.within(scopes.into_iter().flatten().collect(), needs);
        }
        Authority::Unknown {
            because: format!(
                "The token carries none of {}. Whether a role of the application is enough for Privileged Identity Management, Microsoft does not say.",
                needs.join(", ")
            ),
        }
    }

    fn within(&self, resources: BTreeSet<&ObjectRef>, needs: &[&str]) -> Authority {
        if resources.is_empty() {
            return self.otherwise(needs);
        }
        Authority::OnlyIn { resources: resources.into_iter().cloned().collect() }
    }

    /// Nothing that is known allows it.
    fn otherwise(&self, needs: &[&str]) -> Authority {
        let because = match self.own {
            Ok(own) if own.owned.is_some() => {
                return Authority::No {
                    needs: needs.iter().map(|needed| (*needed).to_owned()).collect(),
                };
            }
            Ok(_) => "A role that the application holds through a group, or ownership of a group, may allow it all the same; reading those needs Application.Read.All.".to_owned(),
            Err(error) => format!(
                "An Entra role of the application, or ownership of a group, may allow it all the same; those could not be read: {}",
                error.message
            ),
        };
        let because = format!("The token carries none of {}. {because}", needs.join(", "));
        Authority::Unknown { because }
    }
}

#[cfg(test)]
mod tests;
