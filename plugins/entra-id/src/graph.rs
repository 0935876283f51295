//! Requests to Microsoft Graph and lists that are read page by page.

use doorward_core::{Context, Error, ErrorKind, HttpRequest, HttpResponse, Path, Result, Usage};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::errors::{Denial, unexpected};
use crate::objects::DirectoryObject;
use crate::permissions::Purpose;

/// The endpoint's name in the reach.
pub(crate) const ENDPOINT: &str = "graph";
/// Graph's largest page (facts §7).
pub(crate) const PAGE: &str = "999";
/// More pages than any list has that is read within one call.
const MOST_PAGES: u32 = 2_000;

/// A place in a list: a path byte for byte as the link gave it, and what recognises a loop.
///
/// Loops of any length are found by keeping one earlier path, renewed after 1, 2, 4, 8 … pages
/// (Brent's algorithm), so that a cursor stays small.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    path: String,
    template: String,
    /// Advanced queries: the header is not carried by a link and must be sent for every page
    /// (facts §7).
    eventual: bool,
    mark: String,
    steps: u32,
    power: u32,
}

impl Place {
    /// The first page of an ordinary list.
    pub(crate) fn first(path: Path) -> Self {
        Self {
            path: path.as_str().to_owned(),
            template: path.template().to_owned(),
            eventual: false,
            mark: path.as_str().to_owned(),
            steps: 0,
            power: 1,
        }
    }

    /// The first page of a list that needs the advanced query engine: casts (facts §3.2). Its
    /// answers come from an index that lags behind (facts §7).
    pub(crate) fn advanced(path: Path) -> Self {
        Self { eventual: true, ..Self::first(path.query("$count", "true")) }
    }

    fn request(&self) -> HttpRequest {
        let path = Path::resumed(self.path.clone(), self.template.clone());
        let request = HttpRequest::get(ENDPOINT, path);
        if self.eventual {
            return request.header("ConsistencyLevel", "eventual");
        }
        request
    }

    fn advance(self, path: String) -> Result<Self> {
        if path == self.path || path == self.mark {
            return Err(page_loop());
        }
        let renew = self.steps + 1 == self.power;
        Ok(Self {
            mark: if renew { path.clone() } else { self.mark },
            steps: if renew { 0 } else { self.steps + 1 },
            power: if renew { self.power.saturating_mul(2) } else { self.power },
            path,
            ..self
        })
    }
}

/// One page of a list.
#[derive(Debug)]
pub(crate) struct Page<T = DirectoryObject> {
    pub(crate) objects: Vec<T>,
    pub(crate) next: Option<Place>,
    pub(crate) usage: Usage,
}

/// A list on the wire.
#[derive(Deserialize)]
struct Listing<T> {
    value: Vec<T>,
    #[serde(rename = "@odata.nextLink")]
    next_link: Option<String>,
}

/// Reads the page at this place. A short or empty page is not the last one (facts §7): only a
/// missing link ends a list.
pub(crate) async fn page<T: DeserializeOwned>(
    cx: &Context,
    place: Place,
    purpose: &Purpose,
) -> Result<Page<T>> {
    let response = cx.http().send(place.request()).await?;
    let listing: Listing<T> = success(cx, &response, purpose)?;
    let next = match listing.next_link {
        Some(link) => Some(place.advance(cx.http().relative(ENDPOINT, &link)?)?),
        None => None,
    };
    Ok(Page { objects: listing.value, next, usage: usage(&response) })
}

/// What an answer says that it cost (facts §6).
fn usage(response: &HttpResponse) -> Usage {
    let number = |name: &str| response.header(name)?.trim().parse().ok();
    Usage {
        cost: number("x-ms-resource-unit"),
        utilisation: number("x-ms-throttle-limit-percentage"),
        wait_milliseconds: None,
    }
}

/// How many objects a list has, by the index of the advanced queries, which lags (facts §7).
pub(crate) async fn count(cx: &Context, path: Path, purpose: &Purpose) -> Result<Option<u64>> {
    #[derive(Deserialize)]
    struct Counted {
        #[serde(rename = "@odata.count")]
        count: Option<u64>,
    }
    let response = cx.http().send(Place::advanced(path).request()).await?;
    Ok(success::<Counted>(cx, &response, purpose)?.count)
}

/// Whether this refuses a list that is cast to a type. A Microsoft 365 group refuses all but users
/// (facts §2.1); of another group it means that the list is not known, and never that it is empty.
pub(crate) fn is_refused_cast(error: &Error) -> bool {
    error
        .provider_code
        .as_deref()
        .is_some_and(|code| code.eq_ignore_ascii_case("Request_UnsupportedQuery"))
}

/// Reads a list to its last page, for lists that stay short.
pub(crate) async fn all<T: DeserializeOwned>(
    cx: &Context,
    place: Place,
    purpose: &Purpose,
) -> Result<Vec<T>> {
    let mut objects = Vec::new();
    let mut walk = Walk::new(place);
    while let Some(place) = walk.step()? {
        let page = page(cx, place, purpose).await?;
        objects.extend(page.objects);
        walk.next = page.next;
    }
    Ok(objects)
}

/// Whether a list holds this object; reads until it is found. `None` when there is no such list.
pub(crate) async fn contains(
    cx: &Context,
    place: Place,
    purpose: &Purpose,
    id: &str,
) -> Result<Option<bool>> {
    let mut walk = Walk::new(place);
    while let Some(place) = walk.step()? {
        let page: Page = match page(cx, place, purpose).await {
            Ok(page) => page,
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if page.objects.iter().any(|object| object.id == id) {
            return Ok(Some(true));
        }
        walk.next = page.next;
    }
    Ok(Some(false))
}

/// Bounds a walk through pages within one call.
struct Walk {
    next: Option<Place>,
    pages: u32,
}

impl Walk {
    fn new(place: Place) -> Self {
        Self { next: Some(place), pages: 0 }
    }

    fn step(&mut self) -> Result<Option<Place>> {
        self.pages += 1;
        if self.pages > MOST_PAGES && self.next.is_some() {
            return Err(Error::new(
                ErrorKind::ContractViolation,
                "page-limit",
                format!("A list of Microsoft Graph has more than {MOST_PAGES} pages."),
            )
            .remedy("Ask for less at once, or report this message."));
        }
        Ok(self.next.take())
    }
}

/// Reads one object; `None` when it does not exist.
pub(crate) async fn find<T: DeserializeOwned>(
    cx: &Context,
    path: Path,
    purpose: &Purpose,
) -> Result<Option<T>> {
    let response = cx.http().send(HttpRequest::get(ENDPOINT, path)).await?;
    if response.status == 404 && !Denial::read(&response, cx.now()).code.is_empty() {
        return Ok(None);
    }
    success(cx, &response, purpose).map(Some)
}

fn success<T: DeserializeOwned>(
    cx: &Context,
    response: &HttpResponse,
    purpose: &Purpose,
) -> Result<T> {
    let denial = || Denial::read(response, cx.now());
    match response.status {
        200 => serde_json::from_slice(&response.body).map_err(|error| {
            unexpected("its content cannot be read").request_id(denial().request_id).cause(error)
        }),
        201..=299 => Err(denial().unexpected()),
        // A gateway's own page: Graph always names a code (facts §5.1).
        404 if denial().code.is_empty() => Err(denial().unexpected()),
        _ => Err(denial().read_error(purpose)),
    }
}

fn page_loop() -> Error {
    Error::new(
        ErrorKind::ContractViolation,
        "page-loop",
        "Microsoft Graph's list leads back to a page that was read before.",
    )
    .remedy("Try again. If it stays so, report it to Microsoft with the time of the request.")
}

/// A cursor that this connector did not give.
pub(crate) fn foreign_cursor(error: impl std::fmt::Display) -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        "foreign-cursor",
        "The place in the answer is not one that this connector gave.",
    )
    .remedy("Ask the question again from its start.")
    .cause(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of pages after which a walk through these links is refused.
    fn refused_after(links: &[&str], rounds: usize) -> Option<usize> {
        let mut place = Place::first(Path::new("/0"));
        for (count, link) in links.iter().cycle().take(rounds).enumerate() {
            match place.advance((*link).to_owned()) {
                Ok(next) => place = next,
                Err(error) => {
                    assert_eq!(
                        (error.kind, error.reason.as_str()),
                        (ErrorKind::ContractViolation, "page-loop")
                    );
                    return Some(count);
                }
            }
        }
        None
    }

    #[test]
    fn loops_of_every_length_are_found() {
        assert_eq!(refused_after(&["/0"], 10), Some(0));
        for length in 1..40_usize {
            let links: Vec<String> = (1..=length).map(|number| format!("/{number}")).collect();
            let links: Vec<&str> = links.iter().map(String::as_str).collect();
            assert!(refused_after(&links, length * 8).is_some(), "{length}");
            assert_eq!(refused_after(&links, length), None, "{length}");
        }
    }

    #[test]
    fn a_place_survives_a_cursor() {
        let place = Place::advanced(Path::new("/v1.0/groups").value("x"));
        let text = serde_json::to_string(&place).unwrap();
        assert_eq!(serde_json::from_str::<Place>(&text).unwrap(), place);
        assert_eq!(
            place.request().headers,
            [("ConsistencyLevel".to_owned(), "eventual".to_owned())]
        );
    }
}
