//! Microsoft Graph v1.0: which path means what (facts §3).

mod accounts;
mod app_roles;
mod applications;
mod body;
mod by_ids;
mod cost;
mod deleted;
pub(crate) mod delta;
mod directory;
pub(crate) mod error;
mod expand;
mod filter;
mod grounds;
mod groups;
mod holders;
mod list;
mod membership;
mod page;
mod pim;
mod policies;
mod properties;
pub(crate) mod property_names;
mod query;
mod reference;
mod render;
mod risk;
mod role_assignments;
mod role_changes;
mod role_definitions;
mod units;
mod write;

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::Value;
use uuid::Uuid;

use crate::authority::Caller;
use crate::settings::Settings;
use crate::tenant::{Handle, Kind, Link, Tenant, View};
pub(crate) use cost::{asks_by_post, cost};
use error::{GraphError, Result};
pub(crate) use grounds::Grounds;
pub(crate) use query::Query;

/// A Graph request after authentication.
pub(crate) struct Call<'a> {
    pub(crate) tenant: &'a mut Tenant,
    pub(crate) settings: &'a Settings,
    pub(crate) view: View,
    pub(crate) caller: Caller,
    pub(crate) method: Method,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a Bytes,
    /// `scheme://host` of this request: what links and contexts start with (facts §8.19).
    pub(crate) root: String,
    /// The path as sent.
    pub(crate) path: String,
    pub(crate) query: Query,
    /// The request's number: what draws are made from.
    pub(crate) number: u64,
    /// For the trace.
    pub(crate) note: Option<String>,
    /// What authorised it so far.
    pub(crate) grounds: Grounds,
}

/// A success.
#[derive(Debug)]
pub(crate) enum Reply {
    Json(Value),
    /// 201
    Created(Value),
    Text(String),
    NoContent,
}

impl Call<'_> {
    /// The live object of a kind with this id, as the replica knows it.
    pub(crate) fn find(&self, kind: Kind, id: &str) -> Result<Handle> {
        if Uuid::try_parse(id).is_err() {
            return Err(GraphError::invalid_id(id));
        }
        self.known(id)
            .filter(|handle| self.tenant.object(*handle).kind() == kind)
            .ok_or_else(|| GraphError::not_found(id))
    }

    /// The live object with this id, of any kind.
    pub(crate) fn known(&self, id: &str) -> Option<Handle> {
        self.tenant.live(id).filter(|handle| self.tenant.knows(&self.view, *handle))
    }
}

/// Splits a path behind `/v1.0` into decoded segments; `set('id')` and `set(appId='id')` become two.
pub(crate) fn segments(path: &str) -> Vec<String> {
    let mut found = Vec::new();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        let decoded =
            percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned();
        match decoded.strip_suffix("')").and_then(|front| front.split_once('(')) {
            Some((set, key)) if !set.starts_with("microsoft.") => {
                found.push(set.to_owned());
                found.push(key.replacen('\'', "", 1));
            }
            _ => found.push(decoded),
        }
    }
    found
}

/// The largest `$top` that a list takes (facts §7, §3.10).
pub(crate) fn largest_page(segments: &[String]) -> usize {
    if segments.first().is_some_and(|first| first == "identityProtection") { 500 } else { 999 }
}

/// Answers a request; `segments` as [`segments`] made them.
pub(crate) fn answer(call: &mut Call<'_>, segments: &[String]) -> Result<Reply> {
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    if let ("POST", Some((set, key, question))) =
        (call.method.as_str(), membership::question(&parts))
    {
        return membership::answer(call, set, key, question);
    }
    if let Some(set) = delta::set(&parts) {
        return delta::answer(call, set);
    }
    match (call.method.as_str(), parts.as_slice()) {
        (_, ["me", ..]) => Err(GraphError::new(
            400,
            "BadRequest",
            "/me request is only valid with delegated authentication flow.",
        )),
        ("GET", ["organization"]) => directory::organization(call),
        (
            _,
            [
                set @ ("users" | "groups" | "servicePrincipals"),
                key,
                "appRoleAssignments",
                rest @ ..,
            ],
        ) => app_roles::held(call, set, key, rest),
        (_, ["servicePrincipals", key, "appRoleAssignedTo", rest @ ..]) => {
            app_roles::assigned_to(call, key, rest)
        }
        ("POST", ["users"]) => accounts::create(call),
        ("PATCH", ["users", key]) => accounts::update(call, key),
        ("DELETE", ["users", key]) => accounts::delete(call, key),
        ("POST", ["invitations"]) => accounts::invite(call),
        ("GET", ["users", rest @ ..]) => holders::users(call, rest),
        ("GET", ["groups", rest @ ..]) => groups::read(call, rest),
        ("GET", ["servicePrincipals", rest @ ..]) => holders::service_principals(call, rest),
        ("GET", ["devices", rest @ ..]) => holders::others(call, Kind::Device, rest),
        ("GET", ["contacts", rest @ ..]) => holders::others(call, Kind::OrgContact, rest),
        ("GET", ["applications", key]) => applications::read(call, key),
        ("POST", ["applications", key, "addPassword"]) => applications::add_password(call, key),
        ("POST", ["applications", key, "removePassword"]) => {
            applications::remove_password(call, key)
        }
        ("GET", ["directory", "deletedItems", rest @ ..]) => deleted::read(call, rest),
        ("POST", ["directory", "deletedItems", id, "restore" | "microsoft.graph.restore"]) => {
            deleted::restore(call, id)
        }
        ("DELETE", ["directory", "deletedItems", id]) => deleted::delete(call, id),
        ("GET", ["directory", "administrativeUnits", rest @ ..]) => units::read(call, rest),
        ("GET", ["directoryObjects", id]) => directory::object(call, id),
        ("POST", parts) if cost::is_by_ids(parts) => by_ids::answer(call),
        (
            _,
            [
                "roleManagement",
                "directory",
                set @ ("roleDefinitions" | "roleAssignments"),
                rest @ ..,
            ],
        ) => roles(call, set, rest),
        (_, ["roleManagement", "directory", set, rest @ ..]) if pim::is_of_roles(set) => {
            pim::roles(call, set, rest)
        }
        (_, ["identityGovernance", "privilegedAccess", "group", set, rest @ ..]) => {
            pim::groups(call, set, rest)
        }
        (_, ["identityProtection", "riskyUsers", rest @ ..]) => risk::answer(call, rest),
        ("GET", ["policies", "roleManagementPolicyAssignments"]) => policies::list(call),
        ("POST", ["groups", group, link @ ("members" | "owners"), "$ref"]) => {
            write::add(call, group, link_of(link))
        }
        ("POST", ["groups", _, "members" | "owners"]) => Err(GraphError::new(
            400,
            "BadRequest",
            "Write requests are only supported on contained entities",
        )),
        ("PATCH", ["groups", _, "members" | "owners", "$ref"]) => Err(GraphError::new(
            400,
            "BadRequest",
            "The request is currently not supported on the targeted entity set",
        )),
        ("PATCH", ["groups", group]) => write::bind(call, group),
        ("DELETE", ["groups", group, link @ ("members" | "owners"), target, "$ref"]) => {
            write::remove(call, group, link_of(link), target)
        }
        ("DELETE", ["groups", group, link @ ("members" | "owners"), target]) => {
            write::delete_itself(call, group, link_of(link), target)
        }
        (
            _,
            [
                "organization" | "users" | "groups" | "servicePrincipals" | "devices" | "contacts"
                | "applications",
                ..,
            ],
        ) => Err(GraphError::method_not_allowed()),
        (_, parts) => Err(GraphError::no_such_segment(parts.first().copied().unwrap_or_default())),
    }
}

fn roles(call: &mut Call<'_>, set: &str, rest: &[&str]) -> Result<Reply> {
    match (call.method.as_str(), set, rest) {
        ("GET", "roleDefinitions", []) => role_definitions::list(call),
        ("GET", "roleDefinitions", [id]) => role_definitions::one(call, id),
        ("GET", _, []) => role_assignments::list(call),
        ("GET", _, [id]) => role_assignments::one(call, id),
        ("POST", "roleAssignments", []) => role_changes::create(call),
        ("DELETE", "roleAssignments", [id]) => role_changes::delete(call, id),
        (_, _, [_, segment, ..]) => Err(GraphError::no_such_segment(segment)),
        _ => Err(GraphError::method_not_allowed()),
    }
}

fn link_of(name: &str) -> Link {
    if name == "owners" { Link::Owner } else { Link::Member }
}

/// The kind that a cast segment names.
fn cast(segment: &str) -> Option<Kind> {
    let name =
        segment.strip_prefix("microsoft.graph.").or_else(|| segment.strip_prefix("graph."))?;
    Kind::ALL.into_iter().find(|kind| kind.type_name().eq_ignore_ascii_case(name))
}
