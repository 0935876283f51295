//! What a role can be limited to: administrative units (facts §3.8) and app registrations (§3.9).
//! Nobody holds access on them here; they are found, named, and told apart.

use doorward_core::{Attributes, Context, ErrorKind, ObjectRef, Record, Resource};
use std::collections::BTreeSet;

use crate::find::by_id;
use crate::kinds::Kind;
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
    keep(&mut attributes, "appId", &object.app_id);
    Resource {
        key: kind.key(&object.id),
        name: object.name().to_owned(),
        class: class.to_owned(),
        mail: None,
        created: object.created(),
        refusals: Vec::new(),
        privileged: false,
        keeps_last_holder: Vec::new(),
        attributes,
    }
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
