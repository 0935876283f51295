//! Requests to the service, and their answers. The host adds the token, repeats what may be
//! repeated, and paces.

use doorward_core::{
    Context, Error, ErrorKind, HttpRequest, HttpResponse, ObjectRef, Path, Result,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::connection::{ENDPOINT, Service};
use crate::errors::{refusal, unreadable};
use crate::records::{TEAM, USER};

/// The largest page that the service gives.
const PAGE: &str = "100";

impl Service {
    pub(crate) fn users(&self) -> Path {
        self.base().literal("users")
    }

    pub(crate) fn teams(&self) -> Path {
        self.base().literal("teams")
    }

    /// Where this user is.
    ///
    /// # Errors
    /// `NotFound` when there can be no such user.
    pub(crate) fn user(&self, key: &ObjectRef) -> Result<Path> {
        within(self.users(), USER, key)
    }

    /// Where this team is.
    ///
    /// # Errors
    /// `NotFound` when there can be no such team.
    pub(crate) fn team(&self, key: &ObjectRef) -> Result<Path> {
        within(self.teams(), TEAM, key)
    }
}

fn within(list: Path, kind: &str, key: &ObjectRef) -> Result<Path> {
    // An empty segment would name the whole list, and dots what lies above it.
    let is_segment = !matches!(key.id.as_str(), "" | "." | "..");
    if key.kind == kind && is_segment { Ok(list.value(&key.id)) } else { Err(nothing(key)) }
}

fn nothing(key: &ObjectRef) -> Error {
    Error::new(
        ErrorKind::NotFound,
        "not-found",
        format!("There is no {} in the Teams service.", named(key)),
    )
    .remedy("Check kind and id: there are users and teams.")
}

/// An object in an error.
pub(crate) fn named(key: &ObjectRef) -> String {
    format!("{} `{}`", key.kind, key.id)
}

pub(crate) async fn get<T: DeserializeOwned>(
    context: &Context,
    path: Path,
    doing: &str,
) -> Result<T> {
    let response = context.http().send(HttpRequest::get(ENDPOINT, path)).await?;
    success(&response, doing)
}

/// What an answer holds.
pub(crate) fn success<T: DeserializeOwned>(response: &HttpResponse, doing: &str) -> Result<T> {
    if response.status != 200 {
        return Err(refusal(response, doing));
    }
    serde_json::from_slice(&response.body).map_err(|error| {
        // Its text may quote the body.
        let (line, column) = (error.line(), error.column());
        unreadable(response, doing, &format!("see line {line}, column {column}"))
    })
}

/// What is there; `None` when the service itself says that it is not.
pub(crate) fn existing<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// One page of a list.
#[derive(Deserialize)]
pub(crate) struct Listed<T> {
    #[serde(alias = "users", alias = "teams", alias = "members")]
    pub(crate) items: Vec<T>,
    /// Where the next page is. Only `null` says that there is none: this is how serde is told that a
    /// missing field is an error. A page that is short, or empty, is not the last one.
    #[serde(deserialize_with = "Option::deserialize")]
    pub(crate) next: Option<String>,
}

/// The page of a list after this place, or the first.
pub(crate) async fn list<T: DeserializeOwned>(
    context: &Context,
    path: Path,
    after: Option<&str>,
    doing: &str,
) -> Result<Listed<T>> {
    let path = path.query("limit", PAGE);
    let path = after.into_iter().fold(path, |path, after| path.query("after", after));
    let response = context.http().send(HttpRequest::get(ENDPOINT, path)).await?;
    let listed: Listed<T> = success(&response, doing)?;
    // It would be read for ever.
    if listed.next.as_deref().is_some_and(|next| next.is_empty() || Some(next) == after) {
        return Err(unreadable(&response, doing, "the next page is the same one"));
    }
    Ok(listed)
}
