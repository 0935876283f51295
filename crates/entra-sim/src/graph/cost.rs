//! What a request costs (facts §6). Role management and administrative units are not in the table: 1 is assumed
//! there.

use http::Method;

use super::{Query, delta, membership};
use crate::quota::Cost;

/// The base cost from the table, one less with `$select` or a small `$top`, one more with `$expand`; at least 1.
pub(crate) fn cost(method: &Method, segments: &[String], query: Option<&Query>) -> Cost {
    let cost = directory_cost(method, segments, query);
    // Another service, with a bucket of its own.
    let protection = segments.first().is_some_and(|first| first == "identityProtection");
    Cost { protection, ..cost }
}

fn directory_cost(method: &Method, segments: &[String], query: Option<&Query>) -> Cost {
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    let selected = query.is_some_and(|query| query.select.is_some());
    if method == Method::POST && is_by_ids(&parts) {
        return Cost { resource_units: if selected { 2 } else { 5 }, ..Cost::default() };
    }
    if let (&Method::POST, Some((_, _, question))) = (method, membership::question(&parts)) {
        let resource_units = if question.check { 4 } else { 2 };
        return Cost { resource_units, ..Cost::default() };
    }
    if method != Method::GET {
        return Cost { resource_units: 1, writes: 1, protection: false };
    }
    // Whatever its options are: not in the table (facts §6).
    if delta::set(&parts).is_some() {
        return Cost { resource_units: 1, ..Cost::default() };
    }
    let base = match parts.as_slice() {
        ["applications", ..] => 2,
        ["groups", _, "members", ..] => 3,
        ["groups", _, "transitiveMembers", ..] => 5,
        ["users"] | ["users", _] => 2,
        ["servicePrincipals", _, "appRoleAssignments", ..] => 2,
        ["users" | "groups" | "servicePrincipals" | "devices" | "contacts", _, last, ..]
            if ["memberOf", "transitiveMemberOf", "ownedObjects", "licenseDetails"]
                .contains(last) =>
        {
            2
        }
        _ => 1_i32,
    };
    let mut units = base;
    if let Some(query) = query {
        units -= i32::from(selected) + i32::from(query.top.is_some_and(|top| top < 20));
        units += i32::from(query.expand.is_some());
    }
    Cost { resource_units: u32::try_from(units.max(1)).unwrap_or(1), ..Cost::default() }
}

/// Whether a POST here only asks.
pub(crate) fn asks_by_post(parts: &[&str]) -> bool {
    is_by_ids(parts) || membership::question(parts).is_some()
}

/// `POST /directoryObjects/getByIds`, also with the function's namespace.
pub(super) fn is_by_ids(parts: &[&str]) -> bool {
    matches!(parts, ["directoryObjects", "getByIds" | "microsoft.graph.getByIds"])
}
