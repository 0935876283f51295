//! Objects by id, name or mail address.

use doorward_core::{Answer, Context, Error, ErrorKind, ObjectRef, Record, Result, Term};
use serde_json::{Value, json};

use crate::graph::{self, PAGE, Place, foreign_cursor};
use crate::kinds::{Kind, is_id};
use crate::objects::DirectoryObject;

/// Objects that one page of `Query::Objects` looks up: `getByIds` would take a thousand at once but
/// needs `Directory.Read.All` (facts §0).
const OBJECTS_AT_ONCE: usize = 20;

/// One object by its id.
pub(crate) async fn by_id(cx: &Context, kind: Kind, id: &str) -> Result<Option<DirectoryObject>> {
    if !is_id(id) {
        return Ok(None);
    }
    let path = kind.selected(kind.collection().value(id));
    let found: Option<DirectoryObject> = graph::find(cx, path, kind.purpose()).await?;
    Ok(found.filter(|object| object.id.eq_ignore_ascii_case(id)))
}

/// The group, or the error that it does not exist.
pub(crate) async fn existing(cx: &Context, key: &ObjectRef) -> Result<DirectoryObject> {
    by_id(cx, Kind::parse(&key.kind)?, &key.id).await?.ok_or_else(|| missing(key))
}

pub(crate) fn missing(key: &ObjectRef) -> Error {
    Error::new(
        ErrorKind::NotFound,
        "not-found",
        format!("There is no {key} in the tenant, or it is deleted."),
    )
    .remedy("Check the name or id. A new object can take half a minute to be seen.")
}

/// Candidates for a term; the host compares exactly.
pub(crate) async fn find(
    cx: &Context,
    kind: &str,
    term: Term,
    cursor: Option<Value>,
) -> Result<Answer> {
    let kind = Kind::parse(kind)?;
    if let Some(cursor) = cursor {
        let place = serde_json::from_value(cursor).map_err(foreign_cursor)?;
        return candidates(cx, kind, place).await;
    }
    match (kind, &term) {
        // Of an application people know the client id; the object id is another one.
        (Kind::ServicePrincipal | Kind::Application, Term::Id(id)) if is_id(id) => {
            match by_id(cx, kind, id).await? {
                None => Ok(one(kind, by_client_id(cx, kind, id).await?)),
                found => Ok(one(kind, found)),
            }
        }
        (kind, Term::Id(id)) => Ok(one(kind, by_id(cx, kind, id).await?)),
        (Kind::User | Kind::Group, _) | (Kind::Unit, Term::Name(_)) => {
            let path = kind.collection().query("$filter", &filter(kind, &term));
            let path = kind.selected(path).query("$top", PAGE);
            candidates(cx, kind, Place::first(path)).await
        }
        // The service's filter minds case, people do not; the whole list is one page (facts §9).
        (Kind::Role, Term::Name(_)) => candidates(cx, kind, Place::first(kind.collection())).await,
        (Kind::ServicePrincipal | Kind::Application, Term::Name(name)) if is_id(name) => {
            Ok(one(kind, by_client_id(cx, kind, name).await?))
        }
        _ => Err(not_searchable(kind)),
    }
}

/// The service principal or app registration of an application. Addressed by key, since the
/// permissions that the integration guide asks for do not surely cover the collections (facts §0).
pub(crate) async fn by_client_id(
    cx: &Context,
    kind: Kind,
    client_id: &str,
) -> Result<Option<DirectoryObject>> {
    let path = kind.selected(kind.collection().key("appId", client_id));
    graph::find(cx, path, kind.purpose()).await
}

async fn candidates(cx: &Context, kind: Kind, place: Place) -> Result<Answer> {
    let page = graph::page::<DirectoryObject>(cx, place, kind.purpose()).await?;
    Ok(Answer {
        records: page.objects.iter().map(|object| object.object(kind).into()).collect(),
        next: page.next.map(|place| json!(place)),
        ..Answer::default()
    })
}

fn one(kind: Kind, object: Option<DirectoryObject>) -> Answer {
    Answer {
        records: object.map(|object| object.object(kind).into()).into_iter().collect(),
        ..Answer::default()
    }
}

fn not_searchable(kind: Kind) -> Error {
    let message = match kind {
        Kind::ServicePrincipal | Kind::Application => {
            "Applications and service principals are found by their object id or application (client) id only."
        }
        Kind::Role | Kind::Unit => "Roles and administrative units are found by name or id only.",
        _ => "Objects of this kind are found by their id only.",
    };
    Error::new(ErrorKind::Unsupported, "not-searchable", message)
        .remedy(format!("Write it as `{}:id=…`.", kind.name()))
}

fn filter(kind: Kind, term: &Term) -> String {
    let equals = |property: &str, text: &str| format!("{property} eq {}", literal(text));
    match (kind, term) {
        (Kind::User, Term::Name(name)) => {
            format!("{} or {}", equals("displayName", name), equals("userPrincipalName", name))
        }
        (_, Term::Name(name)) => equals("displayName", name),
        (_, Term::Mail(mail)) => equals("mail", mail),
        (_, Term::Id(id)) => equals("id", id),
    }
}

/// A text in a filter: single quotes are doubled (facts §7).
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// These objects, a few at a time.
pub(crate) async fn objects(
    cx: &Context,
    keys: &[ObjectRef],
    cursor: Option<Value>,
) -> Result<Answer> {
    let start: usize = match cursor {
        Some(cursor) => serde_json::from_value(cursor).map_err(foreign_cursor)?,
        None => 0,
    };
    let mut records: Vec<Record> = Vec::new();
    for key in keys.iter().skip(start).take(OBJECTS_AT_ONCE) {
        let kind = Kind::parse(&key.kind)?;
        let found = by_id(cx, kind, &key.id).await?;
        records.extend(found.map(|object| object.object(kind).into()));
    }
    let end = start.saturating_add(OBJECTS_AT_ONCE);
    Ok(Answer { records, next: (end < keys.len()).then(|| json!(end)), ..Answer::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_double_quotes() {
        let name = Term::Name("Miles O'Brien".to_owned());
        assert_eq!(
            filter(Kind::User, &name),
            "displayName eq 'Miles O''Brien' or userPrincipalName eq 'Miles O''Brien'"
        );
        assert_eq!(filter(Kind::Group, &name), "displayName eq 'Miles O''Brien'");
        let mail = Term::Mail("a@b".to_owned());
        assert_eq!(filter(Kind::User, &mail), "mail eq 'a@b'");
    }
}
