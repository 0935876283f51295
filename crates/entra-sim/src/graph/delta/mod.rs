//! Delta queries (facts §3.6, §8.1, §8.18): a full read in pages, then what changed since.

mod changes;
mod initial;
mod item;
mod options;
mod selection;
mod token;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::error::{GraphError, Result};
use super::{Call, Reply, render};
use crate::authority::Read;
use crate::random;
use crate::tenant::Kind;
use options::Options;
use selection::Selection;
use token::{Place, Token};

/// The collections that have a delta query here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Set {
    #[serde(rename = "u")]
    Users,
    #[serde(rename = "g")]
    Groups,
    #[serde(rename = "s")]
    ServicePrincipals,
    #[serde(rename = "o")]
    DirectoryObjects,
}

impl Set {
    /// The one kind of object in it.
    fn kind(self) -> Option<Kind> {
        match self {
            Self::Users => Some(Kind::User),
            Self::Groups => Some(Kind::Group),
            Self::ServicePrincipals => Some(Kind::ServicePrincipal),
            Self::DirectoryObjects => None,
        }
    }

    fn shape(self) -> render::Shape {
        self.kind().map_or(render::Shape::Mixed, render::Shape::Typed)
    }

    /// As the list of the same objects.
    fn need(self) -> Read {
        match self {
            Self::ServicePrincipals => Read::PrincipalCollections,
            Self::DirectoryObjects => Read::AnyObject,
            Self::Users => Read::Kind(Kind::User),
            Self::Groups => Read::Kind(Kind::Group),
        }
    }
}

/// The set of a delta query, in each form of its name (facts §3.6).
pub(crate) fn set<T: AsRef<str>>(segments: &[T]) -> Option<Set> {
    let [set, function] = segments else { return None };
    let function = function.as_ref();
    let function = function.strip_suffix("()").unwrap_or(function);
    if !matches!(function, "delta" | "microsoft.graph.delta") {
        return None;
    }
    match set.as_ref() {
        "users" => Some(Set::Users),
        "groups" => Some(Set::Groups),
        "servicePrincipals" => Some(Set::ServicePrincipals),
        "directoryObjects" => Some(Set::DirectoryObjects),
        _ => None,
    }
}

/// What one page holds, and where the next begins; `None` at the end of the round.
pub(super) struct Page {
    items: Vec<Value>,
    next: Option<Place>,
}

/// Answers a delta query.
pub(crate) fn answer(call: &mut Call<'_>, set: Set) -> Result<Reply> {
    if call.method != "GET" {
        return Err(GraphError::method_not_allowed());
    }
    call.need(set.need())?;
    if !call.settings.delta.available {
        return Err(GraphError::no_such_segment("delta"));
    }
    call.tenant.trail.release(call.view.now, call.settings.delta.purged_links_after);
    let options = Options::parse(&call.query.raw)?;
    let token = match &options.token {
        Some(text) => token::accept(call, set, text, &options)?,
        None => begin(call, set, &options)?,
    };
    call.query.select = token.select.clone();
    if options.latest {
        return Ok(Reply::Json(framed(call, &token, Vec::new(), None)));
    }
    let mut token = token.started(call);
    let of_hundred = call.settings.delta.empty_pages;
    token.after_empty = !token.after_empty && due(call, "empty page", &token, of_hundred);
    if token.after_empty {
        return Ok(Reply::Json(framed(call, &token, Vec::new(), Some(token.place))));
    }
    let selection = Selection::new(call, &token)?;
    let page = match token.place {
        Place::Objects { from, within } => initial::page(call, &token, &selection, from, within),
        Place::Changes { from, within } => changes::page(call, &token, &selection, from, within),
        Place::End | Place::Idle => Page { items: Vec::new(), next: None },
    };
    let Page { mut items, next } = page;
    let more = next.or_else(|| {
        let last = items.is_empty() || !call.settings.delta.ends_with_empty_page;
        (!last).then_some(Place::End)
    });
    repeat(call, &token, &mut items);
    Ok(Reply::Json(framed(call, &token, items, more)))
}

/// The first request of a round that nothing came before.
fn begin(call: &mut Call<'_>, set: Set, options: &Options) -> Result<Token> {
    selection::check(call, set, options.select.as_deref())?;
    let filter = options::narrow(set, options.filter.as_ref())?;
    Ok(Token {
        set,
        select: options.select.clone(),
        ids: filter.ids,
        kinds: filter.kinds,
        issued: call.view.now.as_second(),
        tenant: call.tenant.fingerprint,
        generation: call.settings.delta.generation,
        to: call.tenant.trail.reached(&call.view),
        place: Place::Objects { from: 0, within: None },
        after_empty: false,
    })
}

/// A draw of so many of a hundred, the same whenever this page is asked for.
fn due(call: &Call<'_>, purpose: &str, token: &Token, of_hundred: u64) -> bool {
    random::below(call.settings.seed ^ token.draw(), purpose, 0, 100) < of_hundred
}

/// Duplicates are legal (facts §3.6).
fn repeat(call: &Call<'_>, token: &Token, items: &mut Vec<Value>) {
    let seed = call.settings.seed ^ token.draw();
    let twice = |(number, item): (u64, &Value)| {
        let drawn = random::below(seed, "duplicate", number, 100);
        (drawn < call.settings.delta.duplicates).then(|| item.clone())
    };
    let more: Vec<Value> = (0..).zip(items.iter()).filter_map(twice).collect();
    items.extend(more);
}

/// A page with its one link: a nextLink as long as there is a place to go on from, then the deltaLink.
fn framed(call: &Call<'_>, token: &Token, items: Vec<Value>, next: Option<Place>) -> Value {
    let mut body = Map::new();
    body.insert(
        "@odata.context".into(),
        render::context(call, token.set.shape().set_name(), false),
    );
    let issued = call.view.now.as_second();
    let onward = Token { place: next.unwrap_or(Place::Idle), issued, ..token.clone() };
    let (name, option) = match next {
        Some(_) => ("@odata.nextLink", "$skiptoken"),
        None => ("@odata.deltaLink", "$deltatoken"),
    };
    let link = format!("{}{}?{option}={}", call.root, call.path, onward.encode());
    body.insert(name.into(), json!(link));
    body.insert("value".into(), Value::Array(items));
    Value::Object(body)
}
