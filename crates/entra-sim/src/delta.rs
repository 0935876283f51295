//! What a test or a demo may turn about delta queries (facts §3.6, §8.1, §8.18).

use std::time::Duration;

/// How a token that is too old, or of another generation, is refused (facts §3.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeadToken {
    /// 400 `syncStateNotFound`
    #[default]
    SyncStateNotFound,
    /// 400 `resyncRequired`
    ResyncRequired,
    /// 410 with a `Location` that holds the first request with an empty token.
    Gone,
    /// 400 Request_UnsupportedQuery "DeltaLink older than 30 days is not supported."
    TooOld,
}

/// Switches of delta queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delta {
    /// The tenant has delta queries; External ID and B2C tenants do not (facts §3.6, without the refusal: a
    /// segment that is not found).
    pub available: bool,
    /// Most objects of a page; seen for users and groups alike, not documented.
    pub page: usize,
    /// Most members and owners of a page, of all its groups together; seen, not documented.
    pub links: usize,
    /// Each round that brings something ends with an empty page of its own, which carries the deltaLink
    /// (reported; UNCONFIRMED).
    pub ends_with_empty_page: bool,
    /// How many of a hundred pages are preceded by an empty one with a nextLink, by seed (facts §3.6: legal).
    pub empty_pages: u64,
    /// How many of a hundred objects appear twice on their page, by seed (facts §3.6: legal).
    pub duplicates: u64,
    /// How many of a hundred rounds begin with changes that were told before, by seed (facts §3.6: legal).
    pub replays: u64,
    /// The initial round shows soft-deleted objects as `@removed` (facts §3.6: it can).
    pub deleted_at_first: bool,
    /// The initial round shows former members and owners as `@removed` (facts §3.6: it may).
    pub former_links: bool,
    /// `members@delta` and `owners@delta` leave out service principals, as the untyped lists do (UNCONFIRMED).
    pub omit_service_principals: bool,
    /// Soft-deleted members and owners are shown: their links stay until they are deleted for ever (facts §3.6;
    /// UNCONFIRMED for the initial round).
    pub soft_deleted_links: bool,
    /// How long after a permanent deletion its memberships appear as `@removed`; `None` is never (facts §3.6,
    /// §8.18: late or never).
    pub purged_links_after: Option<Duration>,
    /// A restored group brings all its members and owners again (facts §8.18 for restored users; UNCONFIRMED for
    /// groups).
    pub restored_groups_bring_links: bool,
    /// Properties that follow from something else make their object appear: `isManagementRestricted` from a unit,
    /// `proxyAddresses` from `mail`. Not in the facts, which only say that some properties are not tracked (§3.6).
    pub derived_properties: bool,
    /// How long a token lives by the caller's clock; `None` is for ever (facts §3.6: 7 days are documented, 2 weeks
    /// were accepted).
    pub token_lifetime: Option<Duration>,
    /// Another number kills all tokens issued before, as maintenance of the service does (facts §3.6).
    pub generation: u64,
    /// How dead tokens are refused.
    pub dead_token: DeadToken,
    /// Status of `syncStateNotFound` and `resyncRequired` (facts §3.6: 400 was seen, "40X" is documented).
    pub dead_token_status: u16,
    /// A deltaLink takes another `$select` (facts §3.6: for some resources); with a nextLink it never does.
    pub select_with_delta_link: bool,
    /// `groups/delta` answers without `x-ms-resource-unit` (facts §6: reported).
    pub groups_hide_resource_unit: bool,
}

impl Default for Delta {
    fn default() -> Self {
        Self {
            available: true,
            page: 200,
            links: 500,
            ends_with_empty_page: true,
            empty_pages: 0,
            duplicates: 0,
            replays: 0,
            deleted_at_first: true,
            former_links: true,
            omit_service_principals: true,
            soft_deleted_links: true,
            purged_links_after: Some(Duration::from_secs(300)),
            restored_groups_bring_links: true,
            derived_properties: false,
            token_lifetime: Some(Duration::from_secs(7 * 24 * 60 * 60)),
            generation: 0,
            dead_token: DeadToken::default(),
            dead_token_status: 400,
            select_with_delta_link: false,
            groups_hide_resource_unit: true,
        }
    }
}
