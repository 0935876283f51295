//! Which roles are of the highest tier.
//!
//! Graph v1.0 does not say it. Microsoft marks built-in roles as "privileged" in the reference of
//! built-in roles: those are listed here by template id, the same in every tenant. Every role,
//! built in or custom, is judged by its actions as well, so that a list that has grown old, or a
//! custom role that can do the same, does not pass for harmless.

use crate::objects::DirectoryObject;

/// Built-in roles with Microsoft's label (Microsoft Entra built-in roles, January and April 2026;
/// the last one carried it before).
const LABELLED: &[&str] = &[
    "db506228-d27e-4b7d-95e5-295956d6615f", // Agent ID Administrator
    "d2562ede-74db-457e-a7b6-544e236ebb61", // AI Administrator
    "1fe13547-53f6-408d-ac04-7f8eed167b38", // AI Reader
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", // Application Administrator
    "cf1c38e5-3621-4004-a7cb-879624dced7c", // Application Developer
    "ecb2c6bf-0ab6-418e-bd87-7986f8d63bbe", // Attribute Provisioning Administrator
    "422218e4-db15-4ef9-bbe0-8afb41546d79", // Attribute Provisioning Reader
    "c4e39bd9-1100-46d3-8c65-fb160da0071f", // Authentication Administrator
    "25a516ed-2fa0-40ea-a2d0-12923a21473a", // Authentication Extensibility Administrator
    "aaf43236-0c0d-4d5f-883a-6955382ac081", // B2C IEF Keyset Administrator
    "158c047a-c907-4556-b7ef-446551a6b5f7", // Cloud Application Administrator
    "7698a772-787b-4ac8-901f-60d6b08affd2", // Cloud Device Administrator
    "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9", // Conditional Access Administrator
    "9360feb5-f418-4baa-8175-e2a00bac4301", // Directory Writers
    "8329153b-31d0-4727-b945-745eb3bc5f31", // Domain Name Administrator
    "be2f45a1-457d-42af-a067-6ec1fa63bc45", // External Identity Provider Administrator
    "62e90394-69f5-4237-9190-012177145e10", // Global Administrator
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451", // Global Reader
    "729827e3-9c14-49f7-bb1b-9608f156bbb8", // Helpdesk Administrator
    "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2", // Hybrid Identity Administrator
    "3a2c62db-5318-420d-8d74-23affee5d9d5", // Intune Administrator
    "59d46f88-662b-457b-bceb-5c3809e5908f", // Lifecycle Workflows Administrator
    "4ba39ca4-527c-499a-b93d-d9b492c50246", // Partner Tier1 Support
    "e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8", // Partner Tier2 Support
    "966707d0-3269-4727-9be2-8c3a10f19b9d", // Password Administrator
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13", // Privileged Authentication Administrator
    "e8611ab8-c189-46e8-94e1-60213ab1f814", // Privileged Role Administrator
    "194ae4cb-b126-40b2-bd5b-6091b380977d", // Security Administrator
    "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f", // Security Operator
    "5d6b6bb7-de71-4623-b4af-96380a352509", // Security Reader
    "fe930be7-5e62-47db-91af-98c3a49a38b1", // User Administrator
    "d29b2b05-8046-44ba-8758-1e26182fcf32", // Directory Synchronization Accounts
];

/// Whoever may change these changes who has power: roles, the groups that carry them, consent, and
/// the rules of signing in; a domain says where its users sign in, so that who federates one, or adds
/// one that is federated, can sign in as anybody.
const POWER: &[&str] = &[
    "allEntities",
    "roleAssignments",
    "roleDefinitions",
    "directoryRoles",
    "groupsAssignableToRoles",
    "oAuth2PermissionGrants",
    "permissionGrantPolicies",
    "conditionalAccessPolicies",
    "domains",
];
/// Applications act by their credentials and permissions, and their owners change both.
const OF_APPLICATIONS: &[&str] = &[
    "allProperties/",
    "authentication/",
    "credentials/",
    "owners/",
    "permissions/",
    "appRoleAssignedTo/",
    "managePermissionGrants",
    "synchronizationCredentials/",
];
/// Whoever changes how somebody signs in can sign in as them.
const OF_USERS: &[&str] = &[
    "allProperties/",
    "password/",
    "authenticationMethods/",
    "strongAuthentication/",
    "userPrincipalName/",
];

/// Whether holding the role gives power over the directory itself.
pub(super) fn is_privileged(role: &DirectoryObject) -> bool {
    let labelled = |id: &str| LABELLED.iter().any(|known| known.eq_ignore_ascii_case(id));
    let template = role.template_id.as_deref().unwrap_or(&role.id);
    labelled(&role.id) || labelled(template) || role.actions().any(gives_power)
}

/// Whether an action is one of those by which somebody gets more power than they were given.
fn gives_power(action: &str) -> bool {
    let Some((entity, task)) =
        action.strip_prefix("microsoft.directory/").and_then(|rest| rest.split_once('/'))
    else {
        return false;
    };
    // `applications.myOrganization` is a part of `applications`.
    let whole = entity.split('.').next().unwrap_or(entity);
    let among = |tasks: &[&str]| tasks.iter().any(|known| task.starts_with(known));
    let changes = !["read", "restrictedRead"].iter().any(|read| task.ends_with(read));
    changes
        && match whole {
            "applications" | "servicePrincipals" => among(OF_APPLICATIONS),
            "users" => among(OF_USERS),
            _ => POWER.contains(&whole),
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn actions_that_lead_to_more_power_are_known() {
        let table = [
            ("microsoft.directory/roleAssignments/allProperties/allTasks", true),
            ("microsoft.directory/roleAssignments/standard/read", false),
            ("microsoft.directory/roleDefinitions/allProperties/allTasks", true),
            ("microsoft.directory/groupsAssignableToRoles/members/update", true),
            ("microsoft.directory/groupsAssignableToRoles/allProperties/update", true),
            ("microsoft.directory/groups/members/update", false),
            ("microsoft.directory/groups/allProperties/allTasks", false),
            ("microsoft.directory/applications/credentials/update", true),
            ("microsoft.directory/applications.myOrganization/credentials/update", true),
            ("microsoft.directory/applications/basic/update", false),
            ("microsoft.directory/applications/allProperties/read", false),
            ("microsoft.directory/servicePrincipals/appRoleAssignedTo/update", true),
            ("microsoft.directory/servicePrincipals/managePermissionGrantsForAll.policy", true),
            ("microsoft.directory/oAuth2PermissionGrants/allProperties/update", true),
            ("microsoft.directory/domains/allProperties/allTasks", true),
            ("microsoft.directory/domains/federation/update", true),
            ("microsoft.directory/domains/federationConfiguration/basic/update", true),
            ("microsoft.directory/domains/standard/read", false),
            ("microsoft.directory/domains/federationConfiguration/standard/read", false),
            ("microsoft.directory/users/password/update", true),
            ("microsoft.directory/users/authenticationMethods/create", true),
            ("microsoft.directory/users/authenticationMethods/standard/restrictedRead", false),
            ("microsoft.directory/users/basic/update", false),
            ("microsoft.directory/users/allProperties/allTasks", true),
            ("microsoft.office365.exchange/allEntities/allTasks", false),
            ("nonsense", false),
        ];
        for (action, expected) in table {
            assert_eq!(gives_power(action), expected, "{action}");
        }
    }

    #[test]
    fn the_list_decides_for_built_in_roles_and_actions_for_all() {
        let table = [
            ("f2ef992c-3afb-46b9-b7cf-a126ee74c451", &[][..], true),
            ("F2EF992C-3AFB-46B9-B7CF-A126EE74C451", &[], true),
            (
                "fdd7a751-b60b-444a-984c-02652fe8fa1c",
                &["microsoft.directory/groups/members/update"],
                false,
            ),
            ("c0000000-0000-4000-8000-000000000001", &[], false),
            (
                "c0000000-0000-4000-8000-000000000001",
                &[
                    "microsoft.directory/users/basic/update",
                    "microsoft.directory/users/password/update",
                ],
                true,
            ),
        ];
        for (id, actions, expected) in table {
            let role = json!({"id": id, "rolePermissions": [{"allowedResourceActions": actions}]});
            let role = serde_json::from_value(role).unwrap();
            assert_eq!(is_privileged(&role), expected, "{id} {actions:?}");
        }
    }
}
