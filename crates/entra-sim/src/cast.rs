//! The fixed cast: objects that every tenant holds, under the same ids, whatever its size and seed.

/// The tenant "Contoso".
pub const TENANT_ID: &str = "c0470500-0000-4000-8000-000000000001";
/// Display name of the tenant.
pub const TENANT_NAME: &str = "Contoso";
/// The default verified domain.
pub const DOMAIN: &str = "contoso.com";
/// The initial domain.
pub const INITIAL_DOMAIN: &str = "contoso.onmicrosoft.com";
/// The instant around which [`Tenant::generate`](crate::Tenant::generate) makes the tenant; a caller's clock fits
/// best when it starts here.
pub const EPOCH: &str = "2026-11-23T08:00:00Z";

/// Doorward's app registration: application (client) id.
pub const CLIENT_ID: &str = "d0080000-0000-4000-8000-000000000001";
/// Doorward's app registration: object id of the application.
pub const APPLICATION_OBJECT_ID: &str = "d0080000-0000-4000-8000-000000000002";
/// Doorward's service principal in this tenant: object id, `oid` of its tokens.
pub const SERVICE_PRINCIPAL_ID: &str = "d0080000-0000-4000-8000-000000000003";
/// Its display name.
pub const APPLICATION_NAME: &str = "Doorward";
/// The valid secret's value (40 characters, as real ones).
pub const SECRET: &str = "Doo8Q~simulated-secret.value_40-chars~ok";
/// The valid secret's id: what people paste by mistake.
pub const SECRET_ID: &str = "d0080000-0000-4000-8000-000000000004";
/// The expired secret's value.
pub const EXPIRED_SECRET: &str = "Old7Q~simulated-secret.value_expired~202";
/// The expired secret's id.
pub const EXPIRED_SECRET_ID: &str = "d0080000-0000-4000-8000-000000000005";
/// An app registration homed here whose service principal is missing: AADSTS7000229.
pub const ORPHAN_CLIENT_ID: &str = "d0080000-0000-4000-8000-000000000006";
/// The permissions of the integration guide, granted by default.
pub const GUIDE_ROLES: [&str; 2] =
    ["Directory.ReadWrite.All", "RoleManagement.ReadWrite.Directory"];

/// Alice Archer, alice@contoso.com.
pub const ALICE: &str = "a11ce000-0000-4000-8000-000000000001";
/// Bob Berg, bob@contoso.com.
pub const BOB: &str = "b0b00000-0000-4000-8000-000000000002";
/// Carol Cruz, carol@contoso.com.
pub const CAROL: &str = "ca401000-0000-4000-8000-000000000003";
/// Dave Dunn, dave@contoso.com; disabled.
pub const DAVE: &str = "dafe0000-0000-4000-8000-000000000004";
/// Erin Ek, a guest; mail erin@fabrikam.com.
pub const ERIN: &str = "e4140000-0000-4000-8000-000000000005";
/// Erin's user principal name.
pub const ERIN_USER_PRINCIPAL_NAME: &str = "erin_fabrikam.com#EXT#@contoso.onmicrosoft.com";
/// Frank Ferro, frank@contoso.com.
pub const FRANK: &str = "f4a0c000-0000-4000-8000-000000000006";
/// Zoe Zimmer, zoe@contoso.com; soft-deleted.
pub const ZOE: &str = "20e00000-0000-4000-8000-000000000007";

/// "Finance": security; members bob, carol and "Finance Leads"; owner carol.
pub const FINANCE: &str = "60000000-0000-4000-8000-000000000001";
/// "Finance Leads": security; member frank.
pub const FINANCE_LEADS: &str = "60000000-0000-4000-8000-000000000002";
/// "Engineering": security; members "Platform" and the service principal "Build Robot".
pub const ENGINEERING: &str = "60000000-0000-4000-8000-000000000003";
/// "Platform": security; member bob.
pub const PLATFORM: &str = "60000000-0000-4000-8000-000000000004";
/// "All Staff": dynamic security, processing on.
pub const ALL_STAFF: &str = "60000000-0000-4000-8000-000000000005";
/// "All Staff Paused": dynamic security, processing paused.
pub const ALL_STAFF_PAUSED: &str = "60000000-0000-4000-8000-000000000006";
/// "Warehouse": security, synced from Active Directory; member dave.
pub const WAREHOUSE: &str = "60000000-0000-4000-8000-000000000007";
/// "Press": distribution list; member alice and an organizational contact.
pub const PRESS: &str = "60000000-0000-4000-8000-000000000008";
/// "Building Security": mail-enabled security; member bob.
pub const BUILDING_SECURITY: &str = "60000000-0000-4000-8000-000000000009";
/// "Project Phoenix": Microsoft 365 with a team; members alice, bob and erin; owner alice.
pub const PROJECT_PHOENIX: &str = "60000000-0000-4000-8000-00000000000a";
/// "Works Council": Microsoft 365 with hidden membership; member carol.
pub const WORKS_COUNCIL: &str = "60000000-0000-4000-8000-00000000000b";
/// "Tier 0 Operators": role-assignable; member alice.
pub const TIER_0_OPERATORS: &str = "60000000-0000-4000-8000-00000000000c";
/// "Payroll Vault": security, in a restricted management administrative unit; member carol.
pub const PAYROLL_VAULT: &str = "60000000-0000-4000-8000-00000000000d";
/// "Old Finance": security, soft-deleted; member bob.
pub const OLD_FINANCE: &str = "60000000-0000-4000-8000-00000000000e";
/// "Circle A": security; a member of "Circle B", which is a member of it.
pub const CIRCLE_A: &str = "60000000-0000-4000-8000-00000000000f";
/// "Circle B": security; the other half of the cycle; member frank.
pub const CIRCLE_B: &str = "60000000-0000-4000-8000-000000000010";
/// "Empty Room": security; nobody.
pub const EMPTY_ROOM: &str = "60000000-0000-4000-8000-000000000011";

/// The service principal "Build Robot", a member of "Engineering".
pub const BUILD_ROBOT: &str = "5e000000-0000-4000-8000-000000000001";
/// The device "LAPTOP-0001", a member of "Platform"'s neighbour "Lab Machines".
pub const LAPTOP: &str = "de000000-0000-4000-8000-000000000001";
/// "Lab Machines": security; member the device.
pub const LAB_MACHINES: &str = "60000000-0000-4000-8000-000000000012";
/// The organizational contact "Nina News", a member of "Press".
pub const NINA: &str = "0c000000-0000-4000-8000-000000000001";
/// The restricted management administrative unit "Restricted Vaults" of "Payroll Vault".
pub const RESTRICTED_UNIT: &str = "a0000000-0000-4000-8000-000000000001";
/// The administrative unit "EMEA" (not restricted) with "Finance" in it.
pub const UNIT_EMEA: &str = "a0000000-0000-4000-8000-000000000002";
/// Role definition "Groups Administrator" (the same id in every tenant).
pub const GROUPS_ADMINISTRATOR: &str = "fdd7a751-b60b-444a-984c-02652fe8fa1c";
/// Role definition "Global Administrator" (the same id in every tenant).
pub const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
/// Role definition "Privileged Role Administrator" (the same id in every tenant).
pub const PRIVILEGED_ROLE_ADMINISTRATOR: &str = "e8611ab8-c189-46e8-94e1-60213ab1f814";
/// Role definition "User Administrator" (the same id in every tenant).
pub const USER_ADMINISTRATOR: &str = "fe930be7-5e62-47db-91af-98c3a49a38b1";
/// Role definition "Directory Readers" (the same id in every tenant).
pub const DIRECTORY_READERS: &str = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b";
/// Role definition "Application Administrator" (the same id in every tenant).
pub const APPLICATION_ADMINISTRATOR: &str = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3";

/// Grace Gold, grace@contoso.com; holds Global Administrator at `/`, as Alice does.
pub const GRACE: &str = "94ace000-0000-4000-8000-000000000008";
/// The break-glass user; holds Global Administrator at `/`.
pub const BREAK_GLASS: &str = "b4ea6000-0000-4000-8000-000000000009";
/// The break-glass user's display name.
pub const BREAK_GLASS_NAME: &str = "Break Glass 1";
/// Ines Ivers, ines@contoso.com; in the unit "EMEA", in "EMEA Sales" and in "APAC Sales".
pub const INES: &str = "19e50000-0000-4000-8000-00000000000a";
/// "EMEA Sales": security, in the unit "EMEA"; member Ines.
pub const EMEA_SALES: &str = "60000000-0000-4000-8000-000000000013";
/// "APAC Sales": security, in no unit; member Ines.
pub const APAC_SALES: &str = "60000000-0000-4000-8000-000000000014";
/// A second app registration, whose service principal holds Groups Administrator in the unit "EMEA" and nowhere
/// else: application (client) id.
pub const SCOPED_CLIENT_ID: &str = "d0090000-0000-4000-8000-000000000001";
/// The same: object id of the application.
pub const SCOPED_APPLICATION_OBJECT_ID: &str = "d0090000-0000-4000-8000-000000000002";
/// The same: object id of its service principal.
pub const SCOPED_SERVICE_PRINCIPAL: &str = "d0090000-0000-4000-8000-000000000003";
/// The same: display name.
pub const SCOPED_APPLICATION_NAME: &str = "Doorward EMEA";
/// The same: its valid secret.
pub const SCOPED_SECRET: &str = "Eme8Q~simulated-secret.value_40-chars~ok";
/// The same: the secret's id.
pub const SCOPED_SECRET_ID: &str = "d0090000-0000-4000-8000-000000000004";
/// The permissions of the use `read` (facts §0), granted to the second app registration.
pub const READ_ROLES: [&str; 4] = [
    "User.Read.All",
    "GroupMember.Read.All",
    "RoleManagement.Read.Directory",
    "Organization.Read.All",
];

/// The enterprise application "Payroll", whose users need an assignment: object id of its service principal. Only in
/// tenants to which [`Tenant::add_payroll`](crate::Tenant::add_payroll) added it.
pub const PAYROLL: &str = "5e000000-0000-4000-8000-000000000002";
/// The same: application (client) id.
pub const PAYROLL_CLIENT_ID: &str = "5e000000-0000-4000-8000-00000000a002";
/// Its app role "Payroll Reader".
pub const PAYROLL_READER: &str = "5e000000-0000-4000-8000-00000000b001";
/// Its app role "Payroll Approver".
pub const PAYROLL_APPROVER: &str = "5e000000-0000-4000-8000-00000000b002";
/// The `appRoleId` of default access (facts §3.7).
pub const DEFAULT_ACCESS: &str = "00000000-0000-0000-0000-000000000000";
