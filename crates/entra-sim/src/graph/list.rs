//! Collections: which items, in which order, cut into pages (facts §3, §7).

use std::borrow::Cow;

use super::error::{GraphError, Result};
use super::filter::{Filter, Literal, unsupported};
use super::page::{Cut, PageToken, cut, cut_permuted, take};
use super::render::{self, Shape};
use super::{Call, Reply, properties, property_names};
use crate::random;
use crate::tenant::{Field, Handle, Kind, Names};

/// All live objects of a kind, or the soft-deleted ones.
pub(crate) fn of_kind(call: &Call<'_>, kind: Kind, soft_deleted: bool) -> Result<Reply> {
    check_options(call, Shape::Typed(kind), false)?;
    let state = |handle: Handle| {
        let object = call.tenant.object(handle);
        let right = if soft_deleted { object.is_soft_deleted() } else { object.is_live() };
        right && call.tenant.knows(&call.view, handle)
    };
    let candidates = call.query.filter.as_ref().and_then(|filter| candidates(call, filter, kind));
    let list = candidates.map_or_else(|| Cow::Borrowed(call.tenant.of_kind(kind)), Cow::Owned);
    page(call, Shape::Typed(kind), &list, &state, false)
}

/// `/{set}/$count` (facts §7).
pub(crate) fn count_of_kind(call: &Call<'_>, kind: Kind) -> Result<Reply> {
    check_count(call)?;
    check_options(call, Shape::Typed(kind), false)?;
    let keep = |handle: Handle| call.tenant.object(handle).is_live() && passes(call, handle);
    count(call, call.tenant.of_kind(kind).iter().filter(|handle| keep(**handle)).count())
}

/// A number as text/plain.
fn count(call: &Call<'_>, number: usize) -> Result<Reply> {
    let mark = if call.settings.count_byte_order_mark { "\u{feff}" } else { "" };
    Ok(Reply::Text(format!("{mark}{number}")))
}

/// `$count` as a segment needs the header, and a client that takes plain text (facts §3.2, §7).
fn check_count(call: &Call<'_>) -> Result<()> {
    if !call.query.eventual {
        return Err(GraphError::bad_request("$count is not currently supported."));
    }
    let accept = crate::answer::header_of(call.headers, "accept").unwrap_or("*/*");
    if !(accept.contains("text/plain") || accept.contains("*/*") || accept.contains("text/*")) {
        return Err(GraphError::new(
            415,
            "Request_BadRequest",
            "Unsupported media type requested.",
        ));
    }
    Ok(())
}

/// A list that some relation gives: ascending handles of which only live ones show that `fits` takes.
pub(crate) fn related(
    call: &Call<'_>,
    shape: Shape,
    list: &[Handle],
    cast_needs_consistency: bool,
    fits: &dyn Fn(Handle) -> bool,
) -> Result<Reply> {
    if cast_needs_consistency && !call.query.advanced() {
        return Err(unsupported("@odata.type", Kind::Group));
    }
    check_options(call, shape, true)?;
    let state = |handle: Handle| call.tenant.object(handle).is_live() && fits(handle);
    page(call, shape, list, &state, call.settings.permute_links)
}

/// The length of such a list as text/plain.
pub(crate) fn count_related(
    call: &Call<'_>,
    list: &[Handle],
    fits: &dyn Fn(Handle) -> bool,
) -> Result<Reply> {
    check_count(call)?;
    let state = |handle: &&Handle| call.tenant.object(**handle).is_live() && fits(**handle);
    count(call, list.iter().filter(state).count())
}

/// The options that this kind of list takes.
fn check_options(call: &Call<'_>, shape: Shape, related: bool) -> Result<()> {
    let query = &call.query;
    render::check_select(call, shape, true)?;
    if query.search.is_some() && !query.eventual {
        return Err(GraphError::unsupported_query(
            "Request with $search query parameter only works through MSGraph with a special request header: \
             'ConsistencyLevel: eventual'",
        ));
    }
    let kind = match shape {
        Shape::Typed(kind) => kind,
        Shape::Mixed => Kind::Group,
    };
    if let Some(filter) = &query.filter {
        if related && !query.advanced() {
            return Err(unsupported("members", kind));
        }
        filter.check(kind, &property_names::properties_of(kind), query.advanced())?;
    }
    if query.expand.is_some() {
        return Err(GraphError::new(400, "BadRequest", "entra-sim: $expand is not imitated here."));
    }
    check_order(call, kind, related)
}

fn check_order(call: &Call<'_>, kind: Kind, related: bool) -> Result<()> {
    let query = &call.query;
    let Some(order) = &query.order else { return Ok(()) };
    let sortable: &[&str] =
        if kind == Kind::User { &["displayName", "userPrincipalName"] } else { &["displayName"] };
    if !sortable.contains(&order.property.as_str()) {
        return Err(GraphError::unsupported_query(format!(
            "Unsupported sort property '{}' for '{}'.",
            order.property,
            kind.capital_name()
        )));
    }
    if (query.filter.is_some() || related) && !query.advanced() {
        return Err(GraphError::unsupported_query("Sorting not supported for current query."));
    }
    Ok(())
}

/// The handles that can pass the filter at all, from the indexes, ascending; `None` when a scan is needed.
fn candidates(call: &Call<'_>, filter: &Filter, kind: Kind) -> Option<Vec<Handle>> {
    let names = call.tenant.names();
    match filter {
        Filter::Equal(property, literal) => equal(call, names, kind, property, literal),
        Filter::In(property, literals) => {
            let mut all = Vec::new();
            for literal in literals {
                all.extend(equal(call, names, kind, property, literal)?);
            }
            Some(ascending(all))
        }
        Filter::StartsWith(property, text) => {
            Some(names.starting(kind, Field::of_property(property)?, text))
        }
        Filter::And(left, right) => {
            candidates(call, left, kind).or_else(|| candidates(call, right, kind))
        }
        Filter::Or(left, right) => {
            let mut all = candidates(call, left, kind)?;
            all.extend(candidates(call, right, kind)?);
            Some(ascending(all))
        }
        _ => None,
    }
}

fn equal(
    call: &Call<'_>,
    names: &Names,
    kind: Kind,
    property: &str,
    literal: &Literal,
) -> Option<Vec<Handle>> {
    let Literal::Text(text) = literal else { return None };
    if property == "id" {
        let found =
            call.tenant.handle(text).filter(|handle| call.tenant.object(*handle).kind() == kind);
        return Some(found.into_iter().collect());
    }
    Some(names.equal(kind, Field::of_property(property)?, text))
}

fn ascending(mut handles: Vec<Handle>) -> Vec<Handle> {
    handles.sort_unstable();
    handles.dedup();
    handles
}

fn passes(call: &Call<'_>, handle: Handle) -> bool {
    let read = |name: &str| properties::read(call.tenant, handle, name).unwrap_or_default();
    call.query.filter.as_ref().is_none_or(|filter| filter.passes(call.settings.ignore_case, &read))
        && call.query.search.as_ref().is_none_or(|search| matches_search(search, &read))
}

/// `"property:words"`: every word starts some word of the value.
fn matches_search(search: &str, read: &dyn Fn(&str) -> serde_json::Value) -> bool {
    let clause = search.trim().trim_matches('"');
    let (property, words) = clause.split_once(':').unwrap_or(("displayName", clause));
    let value = read(property).as_str().unwrap_or_default().to_lowercase();
    let parts: Vec<&str> = value.split(|letter: char| !letter.is_alphanumeric()).collect();
    words
        .to_lowercase()
        .split(|letter: char| !letter.is_alphanumeric())
        .all(|word| parts.iter().any(|part| part.starts_with(word)))
}

fn page(
    call: &Call<'_>,
    shape: Shape,
    list: &[Handle],
    state: &dyn Fn(Handle) -> bool,
    permute: bool,
) -> Result<Reply> {
    let keep = |handle: Handle| state(handle) && passes(call, handle);
    check_token(call)?;
    let token = call.query.token.as_ref();
    let size = call.query.top.unwrap_or(call.settings.default_page);
    let after = token.map(PageToken::handle);
    let salt = token.map_or_else(
        || if permute { random::draw(call.settings.seed, "order", call.number) | 1 } else { 0 },
        |token| token.salt,
    );
    let cut = match &call.query.order {
        Some(_) => sorted(call, shape, list, size, &keep),
        None if salt != 0 => cut_permuted(list, after, salt, size, &keep),
        None => cut(list, after, size, &keep),
    };
    let count = (call.query.advanced() && token.is_none())
        .then(|| list.iter().filter(|handle| keep(**handle)).count());
    let next = if cut.more { next_link(call, &cut, salt) } else { None };
    Ok(Reply::Json(render::collection(call, shape, &cut.items, count, next)))
}

fn sorted(
    call: &Call<'_>,
    shape: Shape,
    list: &[Handle],
    size: usize,
    keep: &dyn Fn(Handle) -> bool,
) -> Cut {
    let Some(order) = &call.query.order else { return cut(list, None, size, keep) };
    let after = call
        .query
        .token
        .as_ref()
        .map(|token| (token.key.clone().unwrap_or_default(), token.handle()));
    if let (Shape::Typed(kind), Some(field), None) =
        (shape, Field::of_property(&order.property), &call.query.filter)
        && std::ptr::eq(list, call.tenant.of_kind(kind))
    {
        let ordered = call.tenant.names().ordered(kind, field, after, order.descending);
        return take(ordered.map(|entry| entry.1), size, keep);
    }
    let mut entries: Vec<(String, Handle)> = list
        .iter()
        .filter(|handle| keep(**handle))
        .map(|handle| (sort_key(call, *handle), *handle))
        .collect();
    entries.sort_unstable();
    if order.descending {
        entries.reverse();
    }
    let behind = |entry: &(String, Handle)| {
        after
            .as_ref()
            .is_none_or(|after| if order.descending { entry < after } else { entry > after })
    };
    take(entries.into_iter().filter(behind).map(|entry| entry.1), size, &|_| true)
}

fn sort_key(call: &Call<'_>, handle: Handle) -> String {
    let property = call.query.order.as_ref().map_or("displayName", |order| order.property.as_str());
    let value = properties::read(call.tenant, handle, property).unwrap_or_default();
    value.as_str().unwrap_or_default().to_lowercase()
}

/// Headers are not carried by a nextLink: the client must send ConsistencyLevel again (facts §7).
pub(super) fn check_token(call: &Call<'_>) -> Result<()> {
    let Some(token) = &call.query.token else { return Ok(()) };
    let age = call.view.now.as_second() - token.issued;
    let too_old = call
        .settings
        .page_token_lifetime
        .is_some_and(|longest| u64::try_from(age).is_ok_and(|age| age > longest.as_secs()));
    let dropped_header = token.eventual && !call.query.eventual;
    let fits = token.path == random::draw(0, &call.path, 0);
    if too_old || dropped_header || !fits { Err(GraphError::expired_page_token()) } else { Ok(()) }
}

fn next_link(call: &Call<'_>, cut: &Cut, salt: u64) -> Option<String> {
    let last = *cut.items.last()?;
    let key = call.query.order.as_ref().map(|_| sort_key(call, last));
    Some(link_behind(call, last.number(), key, salt))
}

/// The URL of the page behind an item, which its number (or its sort key) and the permutation tell: all options are
/// repeated.
pub(super) fn link_behind(call: &Call<'_>, last: u64, key: Option<String>, salt: u64) -> String {
    let before = call.query.token.as_ref();
    let token = PageToken {
        last,
        key,
        eventual: call.query.eventual,
        issued: before.map_or_else(|| call.view.now.as_second(), |token| token.issued),
        salt,
        path: random::draw(0, &call.path, 0),
    };
    let options =
        if call.query.raw.is_empty() { String::new() } else { format!("{}&", call.query.raw) };
    format!("{}{}?{options}$skiptoken={}", call.root, call.path, token.encode())
}
