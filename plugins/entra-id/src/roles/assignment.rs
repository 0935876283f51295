//! Role assignments on the wire (facts §3.4).

use doorward_core::{Attributes, Grant, GrantKey, ObjectRef, Path, Record, Skipped};
use serde::Deserialize;
use serde_json::json;

use crate::find::literal;
use crate::graph::Place;
use crate::kinds::{ASSIGNED, Kind, is_id};
use crate::objects::DirectoryObject;

const UNITS: &str = "/administrativeUnits/";

/// A role that a principal holds somewhere.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Assignment {
    /// Opaque; with case (facts §3.4).
    pub(crate) id: String,
    pub(crate) role_definition_id: String,
    pub(crate) principal_id: String,
    pub(crate) directory_scope_id: Option<String>,
    pub(crate) app_scope_id: Option<String>,
    /// When asked for.
    pub(crate) principal: Option<DirectoryObject>,
}

/// The collection.
pub(crate) fn collection() -> Path {
    Path::new("/v1.0/roleManagement/directory/roleAssignments")
}

/// The assignments that fit, with the principals, whose kind the bare assignment does not tell. How
/// large a page is, and whether it can be chosen, is not known (facts §3.4).
pub(crate) fn list(filters: Filters<'_>) -> Place {
    rows(collection(), filters)
}

/// Properties and what they must be.
pub(crate) type Filters<'a> = &'a [(&'a str, &'a str)];

/// The rows of a collection that fit, with their principals.
pub(super) fn rows(collection: Path, filters: Filters<'_>) -> Place {
    let filter: Vec<String> =
        filters.iter().map(|(name, value)| format!("{name} eq {}", literal(value))).collect();
    let path = match filter.as_slice() {
        [] => collection,
        filters => collection.query("$filter", &filters.join(" and ")),
    };
    Place::first(path.query("$expand", "principal"))
}

impl Assignment {
    /// Where it holds: `None` is everywhere.
    ///
    /// # Errors
    /// When it holds at something that no scope of ours is.
    pub(crate) fn scope(&self) -> Result<Option<ObjectRef>, ()> {
        match (self.directory_scope_id.as_deref(), self.app_scope_id.as_deref()) {
            (Some(text), None | Some("")) => scope(text),
            _ => Err(()),
        }
    }

    /// Whether this principal holds this role by it.
    pub(crate) fn is_of(&self, role: &str, principal: &str) -> bool {
        self.role_definition_id.eq_ignore_ascii_case(role)
            && self.principal_id.eq_ignore_ascii_case(principal)
    }

    /// The kind of its principal, when it was asked for and is shown.
    pub(crate) fn principal_kind(&self) -> Option<Kind> {
        self.principal.as_ref()?.kind(None)
    }

    /// The grant, or the record of what could not be told of it.
    pub(crate) fn told(&self) -> Result<Grant, Box<Record>> {
        match self.principal_kind() {
            Some(kind) => self.told_of(kind.key(&self.principal_id)),
            None if self.scope().is_err() => Err(Box::new(self.unknown_scope())),
            None => Err(Box::new(self.left_out(
                "unknown-principal",
                "Somebody holds the role of whom Microsoft Graph does not show what they are; they may be deleted.",
            ))),
        }
    }

    /// The same of a principal whose kind is known.
    pub(crate) fn told_of(&self, principal: ObjectRef) -> Result<Grant, Box<Record>> {
        match self.scope() {
            Ok(scope) => Ok(self.grant(principal, scope)),
            Err(()) => Err(Box::new(self.unknown_scope())),
        }
    }

    pub(crate) fn grant(&self, principal: ObjectRef, scope: Option<ObjectRef>) -> Grant {
        let role = Kind::Role.key(&self.role_definition_id);
        let mut grant = Grant::new(GrantKey { scope, ..GrantKey::new(principal, role, ASSIGNED) });
        grant.provider_id = Some(self.id.clone());
        grant
    }

    /// The record of an assignment at something else than a unit or application.
    pub(crate) fn unknown_scope(&self) -> Record {
        self.left_out(
            "unsupported-scope",
            "An assignment of the role was left out: it holds at neither the directory, nor a unit, nor an application.",
        )
    }

    fn left_out(&self, code: &str, message: &str) -> Record {
        let scope = self.directory_scope_id.as_deref().or(self.app_scope_id.as_deref());
        Record::Skipped(Skipped {
            object: Some(Kind::Role.key(&self.role_definition_id)),
            code: code.to_owned(),
            message: message.to_owned(),
            attributes: Attributes::from_iter([
                ("assignment".to_owned(), json!(self.id)),
                ("principal".to_owned(), json!(self.principal_id)),
                ("scope".to_owned(), json!(scope)),
            ]),
        })
    }
}

/// What a `directoryScopeId` names.
fn scope(text: &str) -> Result<Option<ObjectRef>, ()> {
    if text == "/" {
        return Ok(None);
    }
    let unit = text.strip_prefix(UNITS);
    let (kind, id) = match unit {
        Some(id) => (Kind::Unit, id),
        None => (Kind::Application, text.strip_prefix('/').unwrap_or_default()),
    };
    if is_id(id) { Ok(Some(kind.key(id))) } else { Err(()) }
}

/// The `directoryScopeId` of a scope; `None` when roles cannot be limited to it.
pub(crate) fn directory_scope(scope: Option<&ObjectRef>) -> Option<String> {
    let Some(scope) = scope else { return Some("/".to_owned()) };
    match Kind::parse(&scope.kind) {
        Ok(Kind::Unit) if is_id(&scope.id) => Some(format!("{UNITS}{}", scope.id)),
        Ok(Kind::Application) if is_id(&scope.id) => Some(format!("/{}", scope.id)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "a0000000-0000-4000-8000-000000000002";

    #[test]
    fn scopes_are_read_and_written_alike() {
        let table = [
            ("/".to_owned(), None),
            (format!("/administrativeUnits/{ID}"), Some(ObjectRef::new("au", ID))),
            (format!("/{ID}"), Some(ObjectRef::new("application", ID))),
        ];
        for (text, expected) in table {
            assert_eq!(scope(&text), Ok(expected.clone()), "{text}");
            assert_eq!(directory_scope(expected.as_ref()), Some(text));
        }
    }

    #[test]
    fn what_is_no_scope_of_ours_is_never_taken_for_everywhere() {
        for text in ["", "//", "/administrativeUnits/", "/attributeSets/Marketing", ID, "/x"] {
            assert_eq!(scope(text), Err(()), "{text}");
        }
        for scope in
            [ObjectRef::new("group", ID), ObjectRef::new("au", "x"), ObjectRef::new("?", ID)]
        {
            assert_eq!(directory_scope(Some(&scope)), None, "{scope}");
        }
        let assignment = |directory: Option<&str>, app: Option<&str>| Assignment {
            id: String::new(),
            role_definition_id: ID.to_owned(),
            principal_id: ID.to_owned(),
            directory_scope_id: directory.map(str::to_owned),
            app_scope_id: app.map(str::to_owned),
            principal: None,
        };
        assert_eq!(assignment(Some("/"), None).scope(), Ok(None));
        for (directory, app) in [(None, None), (None, Some("/")), (Some("/"), Some("/x"))] {
            assert_eq!(assignment(directory, app).scope(), Err(()), "{directory:?} {app:?}");
        }
    }
}
