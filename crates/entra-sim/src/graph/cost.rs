//! Resource units of a read (facts §6).

use http::Method;

use super::Query;

/// The base cost from the table, one less with `$select` or a small `$top`, one more with `$expand`; at least 1.
pub(crate) fn resource_units(method: &Method, segments: &[String], query: Option<&Query>) -> u32 {
    if method != Method::GET {
        return 1;
    }
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    let base = match parts.as_slice() {
        ["applications", ..] => 2,
        ["groups", _, "members", ..] => 3,
        ["groups", _, "transitiveMembers", ..] => 5,
        ["users"] | ["users", _] => 2,
        ["users" | "groups" | "servicePrincipals" | "devices" | "contacts", _, last, ..]
            if ["memberOf", "transitiveMemberOf", "ownedObjects", "licenseDetails"]
                .contains(last) =>
        {
            2
        }
        _ => 1_i32,
    };
    let mut cost = base;
    if let Some(query) = query {
        cost -=
            i32::from(query.select.is_some()) + i32::from(query.top.is_some_and(|top| top < 20));
        cost += i32::from(query.expand.is_some());
    }
    u32::try_from(cost.max(1)).unwrap_or(1)
}
