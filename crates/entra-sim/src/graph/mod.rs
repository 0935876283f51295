//! Microsoft Graph v1.0: which path means what (facts §3).

mod cost;
mod directory;
pub(crate) mod error;
mod filter;
mod groups;
mod holders;
mod list;
mod page;
mod properties;
pub(crate) mod property_names;
mod query;
mod reference;
mod render;
mod write;

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::Value;
use uuid::Uuid;

use crate::authority::{Caller, Read};
use crate::settings::Settings;
use crate::tenant::{Handle, Kind, Link, Tenant, View};
pub(crate) use cost::resource_units;
use error::{GraphError, Result};
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
}

/// A success.
#[derive(Debug)]
pub(crate) enum Reply {
    Json(Value),
    Text(String),
    NoContent,
}

impl Call<'_> {
    pub(crate) fn may(&self, what: Read) -> bool {
        self.caller.may_read(self.tenant, self.settings, what)
    }

    pub(crate) fn need(&self, what: Read) -> Result<()> {
        if self.may(what) { Ok(()) } else { Err(GraphError::denied()) }
    }

    pub(crate) fn may_read_kind(&self, kind: Kind) -> bool {
        self.may(Read::Kind(kind))
    }

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

/// Answers a request; `segments` as [`segments`] made them.
pub(crate) fn answer(call: &mut Call<'_>, segments: &[String]) -> Result<Reply> {
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (call.method.as_str(), parts.as_slice()) {
        (_, ["me", ..]) => Err(GraphError::new(
            400,
            "BadRequest",
            "/me request is only valid with delegated authentication flow.",
        )),
        ("GET", ["organization"]) => directory::organization(call),
        ("GET", ["users", rest @ ..]) => holders::users(call, rest),
        ("GET", ["groups", rest @ ..]) => groups::read(call, rest),
        ("GET", ["servicePrincipals", rest @ ..]) => holders::service_principals(call, rest),
        ("GET", ["devices", rest @ ..]) => holders::others(call, Kind::Device, rest),
        ("GET", ["contacts", rest @ ..]) => holders::others(call, Kind::OrgContact, rest),
        ("GET", ["applications", key]) => directory::application(call, key),
        ("GET", ["directory", "deletedItems", rest @ ..]) => directory::deleted(call, rest),
        ("GET", ["directoryObjects", id]) => directory::object(call, id),
        ("GET", ["roleManagement", "directory", "roleAssignments"]) => {
            directory::role_assignments(call)
        }
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

fn link_of(name: &str) -> Link {
    if name == "owners" { Link::Owner } else { Link::Member }
}

/// The kind that a cast segment names.
fn cast(segment: &str) -> Option<Kind> {
    let name =
        segment.strip_prefix("microsoft.graph.").or_else(|| segment.strip_prefix("graph."))?;
    Kind::ALL.into_iter().find(|kind| kind.type_name().eq_ignore_ascii_case(name))
}
