//! What a test or a demo may turn. Where the facts say UNCONFIRMED, the answer is a switch here.

use std::time::Duration;

pub use crate::delta::{DeadToken, Delta};
pub use crate::quota::{RetryAfter, Throttling};

/// How the trailer of an `error_description` is separated (facts §1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trailer {
    /// Single spaces, as seen since about 2024.
    Spaces,
    /// `\r\n`, as seen before.
    LineBreaks,
}

/// How far a replica may lag behind a write (facts §7, §9).
#[derive(Clone, Copy, Debug)]
pub struct Lag {
    /// The longest time until a replica shows a membership or ownership change.
    pub links: Duration,
    /// The longest time until a replica shows a new object, an administrative unit for one.
    pub objects: Duration,
    /// The longest time until a replica shows a role that was given or taken.
    pub roles: Duration,
    /// The longest time until a replica shows an app role that was given or taken; not in the facts: as for roles.
    pub app_roles: Duration,
    /// The longest time until a delta query tells a change; not in the facts, which say that delta lags more
    /// than reads do (facts §7).
    pub delta: Duration,
    /// The longest time until Graph knows that a service principal was disabled or enabled.
    pub principals: Duration,
    /// The same for the login host; the facts only say that it takes longer.
    pub principals_at_login: Duration,
    /// The longest time until the login host knows a new secret (facts §1.4: some seconds).
    pub credentials: Duration,
    /// How many replicas answer; each request hits one, by seed.
    pub replicas: u64,
}

impl Default for Lag {
    /// The figures measured in facts §9: 2–6 s for memberships, also of units, up to 30 s for new objects, up to
    /// 20 s for roles (measured for active assignments of PIM), 1–3 min for a disabled service principal.
    fn default() -> Self {
        Self {
            links: Duration::from_secs(6),
            objects: Duration::from_secs(30),
            roles: Duration::from_secs(20),
            app_roles: Duration::from_secs(20),
            delta: Duration::from_secs(60),
            principals: Duration::from_secs(180),
            principals_at_login: Duration::from_secs(300),
            credentials: Duration::from_secs(10),
            replicas: 3,
        }
    }
}

/// Virtual time that an answer takes; drawn between the two by seed and request number.
#[derive(Clone, Copy, Debug, Default)]
pub struct Latency {
    /// The shortest.
    pub least: Duration,
    /// The longest.
    pub most: Duration,
}

/// How a second assignment of the same app role is refused (facts §3.7: three forms, told by other programs).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AppRoleDuplicate {
    /// 400 Request_BadRequest (the code is UNCONFIRMED) "Permission being assigned already exists on the object".
    #[default]
    PermissionExists,
    /// 400 Request_MultipleObjectsWithSameKeyValue "EntitlementGrant entry already exists."
    GrantExists,
    /// The same with 409.
    GrantConflicts,
}

/// All switches, with the defaults that the facts file gives.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Separates request ids, latency, lag and list orders of two runs; independent of the tenant's seed.
    pub seed: u64,
    /// Hosts at which this tenant signs in; other Microsoft login hosts answer AADSTS90002 (facts §1.5).
    pub login_hosts: Vec<String>,
    /// Hosts at which this tenant's Graph answers; also accepted as the resource of a scope.
    pub graph_hosts: Vec<String>,
    /// Trailer style of token errors (facts §1.4).
    pub trailer: Trailer,
    /// Seconds that a token endpoint answer promises (facts §1.2); the token itself lives one second longer.
    pub token_lifetime: i64,
    /// Seconds by which a client's clock may differ in an assertion; not in the facts.
    pub assertion_clock_skew: i64,
    /// Status of AADSTS50027 for an assertion that is no JWT (facts §1.4: UNCONFIRMED).
    pub unparsable_assertion_status: u16,
    /// Assertions are held to the documented form alone (facts §1.1): the audience is the token endpoint of version 2,
    /// or that of the federated credential, as one text (of another issuer also as the only entry of a list); a
    /// certificate's has a `jti`; times are numbers. Otherwise
    /// other forms pass too, some of which clients are known to send.
    pub strict_assertions: bool,
    /// A secret counts from its `startDateTime` on, and is as good as a wrong one before; not in the facts.
    pub secrets_wait_for_start: bool,
    /// Code for a federated credential with another audience (facts §1.4: UNCONFIRMED).
    pub federated_audience_code: u64,
    /// No federated match answers as before 2023: 400 invalid_request AADSTS70021 (facts §1.4).
    pub old_federation_errors: bool,
    /// Virtual time per answer; zero sleeps not at all.
    pub latency: Latency,
    /// Replication lag; `None` shows every write at once (facts §7, §8.2).
    pub lag: Option<Lag>,
    /// Permute members and owners by seed on every listing (facts §9: the order differs between reads).
    pub permute_links: bool,
    /// Untyped `/members` and `/owners` leave out service principals (facts §2.1, measured).
    pub omit_service_principals: bool,
    /// Untyped `/transitiveMembers` leaves them out too (facts §2.1: UNCONFIRMED).
    pub omit_service_principals_transitively: bool,
    /// `…/members/$count` counts the service principals that the untyped list leaves out (UNCONFIRMED).
    pub count_service_principals: bool,
    /// Casts on *direct* members, owners and memberOf need ConsistencyLevel and `$count=true` (facts §3.2
    /// says so, §9 measured a cast without saying).
    pub direct_casts_need_consistency: bool,
    /// `Directory.ReadWrite.All` lists members, transitive members and owners (facts §0: UNCONFIRMED by table).
    pub directory_write_reads_members: bool,
    /// `Directory.ReadWrite.All` lists `/servicePrincipals` (facts §0: UNCONFIRMED by table).
    pub directory_write_lists_principals: bool,
    /// `Directory.ReadWrite.All` is enough for `POST …/members/$ref` (facts §0: expected, not documented).
    pub directory_write_posts_members: bool,
    /// `GroupMember.ReadWrite.All` is enough for a bind-only PATCH (facts §0).
    pub group_member_write_patches_members: bool,
    /// Answer 403 instead of 400 for writes to mail-enabled groups (facts §2.2: docs of 2026).
    pub mail_enabled_is_forbidden: bool,
    /// A removal of a non-member answers the 400 variant instead of the 404 (facts §2.2).
    pub removal_of_non_member_is_bad_request: bool,
    /// Status of AADSTS7000112 (facts §1.4: UNCONFIRMED).
    pub disabled_status: u16,
    /// `eq`, `in` and `startswith` on directory objects ignore case.
    pub ignore_case: bool,
    /// An unknown name in `$select` answers 400; otherwise it is left out (user and group are open types).
    pub refuse_unknown_select: bool,
    /// How long a `$skiptoken` lives; `None` is for ever.
    pub page_token_lifetime: Option<Duration>,
    /// `$count` answers start with a byte order mark (facts §8.13: maybe).
    pub count_byte_order_mark: bool,
    /// Spell `innerError` as `innererror` (facts §5.1).
    pub lower_case_inner_error: bool,
    /// Answer with gzip to clients that accept it (facts §7).
    pub gzip: bool,
    /// Soft delete for security groups (facts §3.2: 2026 docs agree, older ones say otherwise).
    pub soft_delete_security_groups: bool,
    /// An Entra role at a unit also lets its holder read what is in the unit, as Directory Readers may; not in
    /// the facts.
    pub scoped_roles_read: bool,
    /// `$expand=principal` shows who holds a role; when that may be null is not in the facts.
    pub role_principals_shown: bool,
    /// `roleAssignments` without `$filter` is allowed (facts §3.4: documented in 2024, refused before).
    pub unfiltered_role_assignments: bool,
    /// Page size of `roleAssignments` without `$top` (facts §3.4: UNCONFIRMED).
    pub role_assignment_page: usize,
    /// `$filter` on `roleAssignments` also takes `in` and `or`; the facts only name `eq` (§3.4).
    pub role_assignment_alternatives: bool,
    /// A duplicate role assignment answers 409 Request_MultipleObjectsWithSameKeyValue instead of the recorded
    /// 400 Request_BadRequest (facts §3.4: UNCONFIRMED).
    pub duplicate_role_assignment_is_conflict: bool,
    /// A built-in role at a scope that it does not allow is refused in the legacy `odata.error` envelope, as
    /// documented (facts §3.4).
    pub legacy_scope_error: bool,
    /// The last user who holds Global Administrator at `/` keeps it; not in the facts.
    pub keep_last_global_administrator: bool,
    /// The tenant has Entra ID P2; without it everything about PIM answers AadPremiumLicenseRequired (facts §3.5).
    pub entra_id_p2: bool,
    /// Entra roles of the caller open PIM's endpoints too; the facts only name permissions (§3.5, §3.11).
    pub entra_roles_reach_pim: bool,
    /// An `adminRemove` of an active assignment is carried out and yet answers RoleAssignmentDoesNotExist (facts
    /// §9, measured for a whole run).
    pub pim_removal_says_missing: bool,
    /// An `adminUpdate` takes away the principal's other kind of the same role too (facts §9: seen once).
    pub pim_update_takes_other_kind: bool,
    /// Removing an eligibility ends what was activated out of it; inferred, since the rule of five minutes guards
    /// such a removal (facts §3.5).
    pub pim_removal_ends_activation: bool,
    /// Rows that come through a group name the group as their `principalId`, not the member; not in the facts.
    pub pim_inherited_rows_name_group: bool,
    /// PIM for groups lists members and owners that it did not make, without times; as Microsoft's samples do.
    pub pim_lists_permanent_members: bool,
    /// How long a request is kept once nothing waits for it; `None` is for ever (facts §3.5: requests may age out,
    /// without saying when).
    pub pim_requests_kept: Option<Duration>,
    /// How long after its creation a group is unknown to PIM for groups, then how much longer requests about it
    /// fail (facts §9); no time at all without [`Settings::lag`].
    pub pim_new_groups: (Duration, Duration),
    /// `getMemberObjects` gives as few ids as `getMemberGroups` (facts §3.3: UNCONFIRMED).
    pub member_objects_capped: bool,
    /// How a second assignment of the same app role is refused (facts §3.7: UNCONFIRMED).
    pub app_role_duplicate: AppRoleDuplicate,
    /// `users/{id}/appRoleAssignments` also shows what the groups hold that the user is directly in, as Microsoft's
    /// documentation says; not in the facts.
    pub user_app_roles_through_groups: bool,
    /// Responses of a `$batch`, and requests in it that do not depend on each other, come in an order by seed
    /// (facts §4: any order).
    pub permute_batches: bool,
    /// Independent writes to one group in one `$batch` collide: 409 Directory_ConcurrencyViolation (facts §4).
    pub batch_writes_collide: bool,
    /// Quotas of facts §6; `None` never throttles.
    pub throttling: Option<Throttling>,
    /// Page size without `$top` (facts §3.1).
    pub default_page: usize,
    /// Delta queries.
    pub delta: Delta,
    /// Entries that the trace keeps; older ones go first.
    pub trace_capacity: usize,
}

impl Default for Settings {
    fn default() -> Self {
        let loopback = ["localhost", "127.0.0.1", "[::1]"].map(String::from);
        let with = |host: &str| {
            let mut hosts = vec![host.to_owned()];
            hosts.extend(loopback.clone());
            hosts
        };
        Self {
            seed: 0,
            login_hosts: with("login.microsoftonline.com"),
            graph_hosts: with("graph.microsoft.com"),
            trailer: Trailer::Spaces,
            token_lifetime: 3599,
            assertion_clock_skew: 300,
            unparsable_assertion_status: 401,
            strict_assertions: true,
            secrets_wait_for_start: true,
            federated_audience_code: 700_212,
            old_federation_errors: false,
            latency: Latency::default(),
            lag: None,
            permute_links: false,
            omit_service_principals: true,
            omit_service_principals_transitively: true,
            count_service_principals: false,
            direct_casts_need_consistency: false,
            directory_write_reads_members: true,
            directory_write_lists_principals: true,
            directory_write_posts_members: true,
            group_member_write_patches_members: true,
            mail_enabled_is_forbidden: false,
            removal_of_non_member_is_bad_request: false,
            disabled_status: 400,
            ignore_case: true,
            refuse_unknown_select: true,
            page_token_lifetime: None,
            count_byte_order_mark: false,
            lower_case_inner_error: false,
            gzip: true,
            soft_delete_security_groups: true,
            scoped_roles_read: true,
            role_principals_shown: true,
            unfiltered_role_assignments: true,
            role_assignment_page: 100,
            role_assignment_alternatives: false,
            duplicate_role_assignment_is_conflict: false,
            legacy_scope_error: true,
            keep_last_global_administrator: true,
            entra_id_p2: true,
            entra_roles_reach_pim: false,
            pim_removal_says_missing: false,
            pim_update_takes_other_kind: false,
            pim_removal_ends_activation: true,
            pim_inherited_rows_name_group: false,
            pim_lists_permanent_members: true,
            pim_requests_kept: Some(Duration::from_secs(30 * 24 * 60 * 60)),
            pim_new_groups: (Duration::from_secs(5), Duration::from_secs(15)),
            member_objects_capped: true,
            app_role_duplicate: AppRoleDuplicate::default(),
            user_app_roles_through_groups: false,
            permute_batches: true,
            batch_writes_collide: true,
            throttling: None,
            default_page: 100,
            delta: Delta::default(),
            trace_capacity: 10_000,
        }
    }
}
