//! What a role can be limited to: administrative units (facts §3.8) and app registrations (§3.9).
//! Nobody holds access on them here; they are found, named, and told apart, and of a unit it is told
//! which groups are in it.

use doorward_core::{Answer, Attributes, Context, ErrorKind, ObjectRef, Record, Resource, Result};
use std::collections::{BTreeMap, BTreeSet};

use crate::find::{by_id, missing};
use crate::grant::memberships;
use crate::graph::{self, Place};
use crate::kinds::{Kind, UNIT_TYPE, is_id};
use crate::objects::{DirectoryObject, keep};

pub(crate) const UNIT_CLASSES: &[&str] = &["administrative-unit", "restricted"];
pub(crate) const APPLICATION_CLASSES: &[&str] = &["application"];

/// The record of a unit or an application.
pub(crate) fn resource(object: &DirectoryObject, kind: Kind) -> Resource {
    let class = match kind {
        Kind::Application => "application",
        _ if object.is_member_management_restricted == Some(true) => "restricted",
        _ => "administrative-unit",
    };
    let mut attributes = Attributes::new();
    keep(&mut attributes, "description", &object.description);
    keep(&mut attributes, "visibility", &object.visibility);
    keep(&mut attributes, "membershipType", &object.membership_type);
    Resource {
        key: kind.key(&object.id),
        name: object.name().to_owned(),
        class: class.to_owned(),
        login: object.app_id.clone(),
        mail: None,
        created: object.created(),
        refusals: Vec::new(),
        privileged: false,
        keeps_last_holder: Vec::new(),
        attributes,
    }
}

/// The units that a group is directly in.
///
/// `memberOf` shows them (facts §3.2). Whether it does so to somebody who may not read units is not
/// known, so that "in none" is said only to somebody who may.
///
/// # Errors
/// `PermissionDenied` when units may not be read.
pub(crate) async fn containers(cx: &Context, resource: &ObjectRef) -> Result<Answer> {
    let kind = Kind::parse(&resource.kind)?;
    if kind != Kind::Group {
        return Ok(Answer::default());
    }
    if !is_id(&resource.id) {
        return Err(missing(resource));
    }
    let holders: Vec<DirectoryObject> =
        graph::all(cx, memberships(kind, &resource.id, "id"), kind.memberships_purpose()).await?;
    let mut records = Vec::new();
    for unit in holders.iter().filter(|holder| holder.odata_type.as_deref() == Some(UNIT_TYPE)) {
        let unit = by_id(cx, Kind::Unit, &unit.id).await?;
        records.extend(unit.map(|unit| Record::Resource(self::resource(&unit, Kind::Unit))));
    }
    if records.is_empty() {
        let any = Kind::Unit.collection().query("$select", "id").query("$top", "1");
        graph::page::<DirectoryObject>(cx, Place::first(any), Kind::Unit.purpose()).await?;
    }
    Ok(Answer { records, ..Answer::default() })
}

/// The records of these scopes, as far as they may be read: only their names hang on it.
pub(crate) async fn named(cx: &Context, scopes: BTreeSet<ObjectRef>) -> Vec<Record> {
    let mut records = Vec::new();
    let mut refused = None;
    for scope in &scopes {
        let Ok(kind) = Kind::parse(&scope.kind) else { continue };
        if refused == Some(kind) {
            continue;
        }
        match by_id(cx, kind, &scope.id).await {
            Ok(Some(object)) => records.push(object.object(kind).into()),
            Err(error) if error.kind == ErrorKind::PermissionDenied => refused = Some(kind),
            Ok(None) | Err(_) => {}
        }
    }
    records
}

/// Their names, as far as they may be read.
pub(crate) async fn names(
    cx: &Context,
    scopes: BTreeSet<ObjectRef>,
) -> BTreeMap<ObjectRef, String> {
    let records = named(cx, scopes).await.into_iter();
    let names = records.filter_map(|record| match record {
        Record::Resource(scope) => Some((scope.key, scope.name)),
        _ => None,
    });
    names.collect()
}
