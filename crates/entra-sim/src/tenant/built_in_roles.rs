//! Built-in roles: Microsoft's well-known template ids, and what each may do here.
//!
//! The ids are the same in every tenant. The actions are those of Microsoft's lists that the simulator
//! acts on, not all; where a role may be assigned follows Microsoft's lists too. Whether a role is
//! privileged is not a property of v1.0.

use uuid::{Uuid, uuid};

use super::RoleDefinition;

/// What every administrator may read besides.
pub(super) const DIRECTORY_READERS: Uuid = uuid!("88d8e3e3-8f55-4a1e-953a-9b9898b8876b");

/// Where a role may be assigned besides `/`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Tenant,
    Units,
    Applications,
}
use At::{Applications, Tenant, Units};

type Row = (Uuid, &'static str, At, &'static [&'static str]);

const EVERYTHING: &[&str] = &[
    "administrativeUnits/allProperties/allTasks",
    "applications/allProperties/allTasks",
    "contacts/allProperties/allTasks",
    "devices/allProperties/allTasks",
    "directoryRoles/allProperties/allTasks",
    "groups/allProperties/allTasks",
    "groupsAssignableToRoles/allProperties/allTasks",
    "organization/allProperties/allTasks",
    "roleAssignments/allProperties/allTasks",
    "roleDefinitions/allProperties/allTasks",
    "servicePrincipals/allProperties/allTasks",
    "users/allProperties/allTasks",
];
const EVERYTHING_TO_READ: &[&str] = &[
    "administrativeUnits/allProperties/read",
    "applications/allProperties/read",
    "contacts/allProperties/read",
    "devices/allProperties/read",
    "directoryRoles/allProperties/read",
    "groups/allProperties/read",
    "organization/allProperties/read",
    "roleAssignments/allProperties/read",
    "roleDefinitions/allProperties/read",
    "servicePrincipals/allProperties/read",
    "users/allProperties/read",
];
const BASICS_TO_READ: &[&str] = &[
    "administrativeUnits/members/read",
    "administrativeUnits/standard/read",
    "applications/owners/read",
    "applications/standard/read",
    "contacts/memberOf/read",
    "contacts/standard/read",
    "devices/memberOf/read",
    "devices/standard/read",
    "directoryRoles/members/read",
    "directoryRoles/standard/read",
    "groups/appRoleAssignments/read",
    "groups/memberOf/read",
    "groups/members/read",
    "groups/owners/read",
    "groups/standard/read",
    "organization/standard/read",
    "roleAssignments/standard/read",
    "roleDefinitions/standard/read",
    "servicePrincipals/appRoleAssignedTo/read",
    "servicePrincipals/appRoleAssignments/read",
    "servicePrincipals/memberOf/read",
    "servicePrincipals/ownedObjects/read",
    "servicePrincipals/standard/read",
    "users/appRoleAssignments/read",
    "users/memberOf/read",
    "users/ownedObjects/read",
    "users/standard/read",
];
const ALL_OF_GROUPS: &[&str] = &[
    "groups/create",
    "groups/delete",
    "groups/hiddenMembers/read",
    "groups/members/update",
    "groups/owners/update",
    "groups/restore",
    "groups/basic/update",
];
const ALL_OF_USERS_AND_GROUPS: &[&str] = &[
    "groups/create",
    "groups/delete",
    "groups/hiddenMembers/read",
    "groups/members/update",
    "groups/owners/update",
    "groups/restore",
    "groups/basic/update",
    "users/create",
    "users/delete",
    "users/disable",
    "users/enable",
    "users/inviteGuest",
    "users/restore",
    "users/basic/update",
    "users/password/update",
];
const ALL_OF_APPLICATIONS: &[&str] = &[
    "applications/create",
    "applications/delete",
    "applications/credentials/update",
    "servicePrincipals/create",
    "servicePrincipals/delete",
    "servicePrincipals/restore",
    "servicePrincipals/appRoleAssignedTo/update",
    "servicePrincipals/credentials/update",
];
const ALL_OF_ROLES: &[&str] = &[
    "administrativeUnits/allProperties/allTasks",
    "directoryRoles/allProperties/allTasks",
    "groupsAssignableToRoles/allProperties/update",
    "groupsAssignableToRoles/create",
    "groupsAssignableToRoles/delete",
    "groupsAssignableToRoles/restore",
    "roleAssignments/allProperties/allTasks",
    "roleDefinitions/allProperties/allTasks",
    "servicePrincipals/appRoleAssignedTo/allTasks",
];
const DIRECTORY_WRITING: &[&str] = &[
    "groups/create",
    "groups/members/update",
    "groups/owners/update",
    "groups/restore",
    "groups/basic/update",
    "users/create",
    "users/disable",
    "users/enable",
    "users/inviteGuest",
    "users/restore",
    "users/basic/update",
];
const PASSWORDS: &[&str] = &["users/invalidateAllRefreshTokens", "users/password/update"];
const UNIFIED_GROUPS: &[&str] = &[
    "groups.unified/create",
    "groups.unified/delete",
    "groups.unified/members/update",
    "groups.unified/owners/update",
    "groups.unified/restore",
];
const DEVICES: &[&str] = &["devices/delete", "devices/disable", "devices/enable"];
const INTUNE: &[&str] = &[
    "devices/delete",
    "groups.security/create",
    "groups.security/delete",
    "groups.security/members/update",
    "groups.security/owners/update",
];
const INVITING: &[&str] = &["users/inviteGuest"];
const NOTHING_HERE: &[&str] = &[];

const ROWS: &[Row] = &[
    (uuid!("62e90394-69f5-4237-9190-012177145e10"), "Global Administrator", Tenant, EVERYTHING),
    (uuid!("f2ef992c-3afb-46b9-b7cf-a126ee74c451"), "Global Reader", Tenant, EVERYTHING_TO_READ),
    (DIRECTORY_READERS, "Directory Readers", Tenant, BASICS_TO_READ),
    (uuid!("9360feb5-f418-4baa-8175-e2a00bac4301"), "Directory Writers", Tenant, DIRECTORY_WRITING),
    (
        uuid!("e8611ab8-c189-46e8-94e1-60213ab1f814"),
        "Privileged Role Administrator",
        Tenant,
        ALL_OF_ROLES,
    ),
    (
        uuid!("7be44c8a-adaf-4e2a-84d6-ab2649e08a13"),
        "Privileged Authentication Administrator",
        Units,
        PASSWORDS,
    ),
    (
        uuid!("c4e39bd9-1100-46d3-8c65-fb160da0071f"),
        "Authentication Administrator",
        Units,
        PASSWORDS,
    ),
    (uuid!("966707d0-3269-4727-9be2-8c3a10f19b9d"), "Password Administrator", Units, PASSWORDS),
    (uuid!("729827e3-9c14-49f7-bb1b-9608f156bbb8"), "Helpdesk Administrator", Units, PASSWORDS),
    (uuid!("fdd7a751-b60b-444a-984c-02652fe8fa1c"), "Groups Administrator", Units, ALL_OF_GROUPS),
    (
        uuid!("fe930be7-5e62-47db-91af-98c3a49a38b1"),
        "User Administrator",
        Units,
        ALL_OF_USERS_AND_GROUPS,
    ),
    (uuid!("4d6ac14f-3453-41d0-bef9-a3e0c569773a"), "License Administrator", Units, NOTHING_HERE),
    (uuid!("7698a772-787b-4ac8-901f-60d6b08affd2"), "Cloud Device Administrator", Units, DEVICES),
    (uuid!("69091246-20e8-4a56-aa4d-066075b2a7a8"), "Teams Administrator", Units, UNIFIED_GROUPS),
    (
        uuid!("f28a1f50-f6e7-4571-818b-6a12f2af6b6c"),
        "SharePoint Administrator",
        Units,
        UNIFIED_GROUPS,
    ),
    (
        uuid!("29232cdf-9323-42fd-ade2-1d097af3e4de"),
        "Exchange Administrator",
        Tenant,
        UNIFIED_GROUPS,
    ),
    (uuid!("3a2c62db-5318-420d-8d74-23affee5d9d5"), "Intune Administrator", Tenant, INTUNE),
    (
        uuid!("9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"),
        "Application Administrator",
        Applications,
        ALL_OF_APPLICATIONS,
    ),
    (
        uuid!("158c047a-c907-4556-b7ef-446551a6b5f7"),
        "Cloud Application Administrator",
        Applications,
        ALL_OF_APPLICATIONS,
    ),
    (uuid!("194ae4cb-b126-40b2-bd5b-6091b380977d"), "Security Administrator", Tenant, NOTHING_HERE),
    (uuid!("5f2222b1-57c3-48ba-8ad5-d4759f1fde6f"), "Security Operator", Tenant, NOTHING_HERE),
    (uuid!("5d6b6bb7-de71-4623-b4af-96380a352509"), "Security Reader", Tenant, NOTHING_HERE),
    (
        uuid!("b1be1c3e-b65d-4f19-8427-f6fa0d97feb9"),
        "Conditional Access Administrator",
        Tenant,
        NOTHING_HERE,
    ),
    (
        uuid!("17315797-102d-40b4-93e0-432062caca18"),
        "Compliance Administrator",
        Tenant,
        NOTHING_HERE,
    ),
    (uuid!("b0f54661-2d74-4c50-afa3-1ec803f12efe"), "Billing Administrator", Tenant, NOTHING_HERE),
    (
        uuid!("8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2"),
        "Hybrid Identity Administrator",
        Tenant,
        NOTHING_HERE,
    ),
    (uuid!("95e79109-95c0-4d8e-aee3-d01accf2d47b"), "Guest Inviter", Tenant, INVITING),
    (uuid!("4a5d8f65-41da-4de4-8968-e035b65339cf"), "Reports Reader", Tenant, NOTHING_HERE),
];

/// Every built-in role.
pub(super) fn all() -> Vec<RoleDefinition> {
    let definition = |(id, name, at, actions): &Row| RoleDefinition {
        id: *id,
        display_name: (*name).to_owned(),
        description: format!("Built-in role {name}."),
        built_in: true,
        enabled: true,
        at_units: *at == Units,
        at_applications: *at == Applications,
        actions: actions.iter().map(|action| format!("microsoft.directory/{action}")).collect(),
    };
    ROWS.iter().map(definition).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_and_names_are_distinct() {
        let ids: BTreeSet<_> = ROWS.iter().map(|row| row.0).collect();
        let names: BTreeSet<_> = ROWS.iter().map(|row| row.1).collect();
        assert_eq!((ids.len(), names.len()), (ROWS.len(), ROWS.len()));
    }
}
