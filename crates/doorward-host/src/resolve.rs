//! From a selector to exactly one object. From there on only ids count.

use doorward_core::{Error, ErrorKind, Object, Query, Record, Resource, Result, Term, Timestamp};
use serde::{Deserialize, Serialize};
use unicase::UniCase;
use unicode_normalization::UnicodeNormalization;

use crate::Opened;
use crate::selector::Selector;

/// One of several objects that a selector fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// Its kind.
    pub kind: String,
    /// The provider's id.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// The name it signs in with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// The mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
}

impl Candidate {
    fn of(object: &Object) -> Self {
        Self {
            kind: object.key().kind.clone(),
            id: object.key().id.clone(),
            name: object.name().to_owned(),
            login: object.login().map(str::to_owned),
            mail: object.mail().map(str::to_owned),
            created: object.created(),
        }
    }
}

/// The candidates that an `Ambiguous` error carries.
pub fn candidates(error: &Error) -> Vec<Candidate> {
    error
        .attributes
        .get("candidates")
        .and_then(|value| serde_json::from_value(value.clone()).ok())
        .unwrap_or_default()
}

impl Opened {
    /// The one object that the selector names.
    ///
    /// The provider's answer is a list of candidates, read to its last page. Names are equal when
    /// they are after normalisation (NFC) and Unicode case folding; ids byte for byte.
    ///
    /// # Errors
    /// `NotFound`; `Ambiguous` with the candidates; `PermissionDenied` when not every candidate could
    /// be read.
    pub async fn resolve(&self, selector: &Selector) -> Result<Object> {
        if selector.scope.is_some() {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                "no-scope",
                format!("{} has an `@` where nothing can be limited.", selector.text()),
            )
            .remedy(
                "Only the right that is given or taken is limited: write the `@` after `--on`.",
            ));
        }
        let query = Query::Find { kind: selector.kind.clone(), term: selector.term.clone() };
        let answer = self.read_all(query).await?;
        if let Some(gap) = answer.records.iter().find_map(|record| match record {
            Record::Skipped(gap) => Some(gap),
            _ => None,
        }) {
            // Another object of the same name may lie in what was not read.
            return Err(Error::new(
                ErrorKind::PermissionDenied,
                gap.code.clone(),
                format!("{} cannot be looked up completely. {}", selector.text(), gap.message),
            )
            .remedy(format!("Name it by its id: `{}:id=…`.", selector.kind)));
        }
        let objects = answer.records.into_iter().filter_map(|record| match record {
            Record::Account(account) => Some(Object::Account(account)),
            Record::Resource(resource) => Some(Object::Resource(resource)),
            _ => None,
        });
        choose(selector, objects, &self.place())
    }

    /// The one resource that the selector names.
    ///
    /// # Errors
    /// Those of [`resolve`](Self::resolve); `InvalidRequest` when it names an account.
    pub async fn resolve_resource(&self, selector: &Selector) -> Result<Resource> {
        match self.resolve(selector).await? {
            Object::Resource(resource) => Ok(resource),
            Object::Account(account) => Err(Error::new(
                ErrorKind::InvalidRequest,
                "not-a-resource",
                format!("{} is an account. Access is held on resources.", account.name),
            )
            .remedy("Name a resource, e.g. `group:Finance`.")),
        }
    }
}

/// The one of these objects that the selector names.
pub(crate) fn choose(
    selector: &Selector,
    objects: impl Iterator<Item = Object>,
    place: &str,
) -> Result<Object> {
    let mut found: Vec<Object> = objects
        .filter(|object| object.key().kind == selector.kind && fits(object, &selector.term))
        .collect();
    found.sort_by(|a, b| a.key().cmp(b.key()));
    found.dedup_by(|a, b| a.key() == b.key());
    match (found.pop(), found.is_empty()) {
        (Some(object), true) => Ok(object),
        (Some(object), false) => {
            found.push(object);
            Err(ambiguous(selector, &found))
        }
        (None, _) => Err(not_found(selector, place)),
    }
}

fn not_found(selector: &Selector, place: &str) -> Error {
    let remedy = match &selector.term {
        Term::Id(_) => "Check the id. Deleted objects are never found.".to_owned(),
        Term::Mail(_) => "Check the address. Deleted objects are never found.".to_owned(),
        Term::Name(_) => format!(
            "Check the spelling: the whole name counts, not a part of it. Or name it by id, \
             `{}:id=…`. Deleted objects are never found.",
            selector.kind
        ),
    };
    Error::new(
        ErrorKind::NotFound,
        format!("{}-not-found", selector.kind),
        format!("There is no {} in {}.", selector.text(), place),
    )
    .remedy(remedy)
}

fn ambiguous(selector: &Selector, found: &[Object]) -> Error {
    let candidates: Vec<Candidate> = found.iter().map(Candidate::of).collect();
    Error::new(
        ErrorKind::Ambiguous,
        "ambiguous-name",
        format!("{} fits {} objects. Nothing was changed.", selector.text(), candidates.len()),
    )
    .remedy(format!("Name the one you mean by its id: `{}:id=…`.", selector.kind))
    .attribute("candidates", serde_json::to_value(candidates).unwrap_or_default())
}

fn fits(object: &Object, term: &Term) -> bool {
    match term {
        // An application is known by the id that it signs in with.
        Term::Id(id) => object.key().id == *id || object.login() == Some(id),
        Term::Mail(mail) => object.mail().is_some_and(|candidate| same_name(candidate, mail)),
        Term::Name(name) => {
            same_name(object.name(), name)
                || object.login().is_some_and(|login| same_name(login, name))
        }
    }
}

/// Whether two names are the same to a person: equal after NFC and Unicode case folding.
fn same_name(a: &str, b: &str) -> bool {
    folded(a) == folded(b)
}

/// What is the same for names that are the same to a person.
pub(crate) fn folded(name: &str) -> String {
    UniCase::unicode(name.nfc().collect::<String>()).to_folded_case()
}

#[cfg(test)]
mod tests {
    use super::same_name;

    #[test]
    fn names_are_compared_as_people_read_them() {
        let check = |a: &str, b: &str, expect: bool| assert_eq!(same_name(a, b), expect, "{a} {b}");
        check("Finance", "finance", true);
        check("Finance", "Finance ", false);
        check("Stra\u{df}e", "STRASSE", true);
        check("Caf\u{e9}", "Cafe\u{301}", true);
        check("Cafe", "Caf\u{e9}", false);
        check("\u{3a3}\u{391}\u{3a3}", "\u{3c3}\u{3b1}\u{3c2}", true);
    }
}
