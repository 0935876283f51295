//! Everything, page by page: users, service principals, groups, administrative units, roles, who is
//! in and owns each group, and who holds each role.
//!
//! Lists come first (phase 0); each group of a page forks a chain of its own for its members and
//! owners, and the roles fork one for all schedules and assignments (phase 1). One request for a page, in the
//! service's own pages of 999.

use doorward_core::{
    Context, Cursor, ErrorKind, Expected, GoneObject, Next, Page, Record, Result, StartRequest,
    SyncRequest, Timestamp,
};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::graph::{self, PAGE, Place, foreign_cursor};
use crate::holders::{self, hidden, is_hidden};
use crate::kinds::{Kind, MEMBER, OWNER};
use crate::objects::{DirectoryObject, record, skipped};
use crate::roles;

/// A group that is younger may be missing on some replicas (facts §7); an older one that is missing
/// was deleted.
const NEW: SignedDuration = SignedDuration::from_mins(5);

/// What a cursor reads.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "read")]
enum Step {
    /// All objects of a kind.
    List { kind: String, place: Option<Place> },
    /// Who is in and owns a group.
    Links { group: String, created: Option<Timestamp>, at: holders::Cursor },
    /// Who holds roles, and who may activate them.
    Roles(roles::Roles),
}

/// The kinds that are listed; each is a stream. Devices and contacts become known as members.
/// Applications as scopes are looked up.
const LISTED: [Kind; 5] = [Kind::User, Kind::ServicePrincipal, Kind::Group, Kind::Unit, Kind::Role];

fn stream(kind: Kind) -> &'static str {
    match kind {
        Kind::User => "users",
        Kind::ServicePrincipal => "service-principals",
        Kind::Group => "groups",
        Kind::Device => "devices",
        Kind::Contact => "contacts",
        Kind::Role => "roles",
        Kind::Unit => "administrative-units",
        Kind::Application => "applications",
    }
}

/// Where a sync begins.
pub(crate) fn start(request: &StartRequest) -> Vec<Cursor> {
    let wanted = |kind: &Kind| request.stream.as_deref().is_none_or(|name| name == stream(*kind));
    LISTED
        .into_iter()
        .filter(wanted)
        .map(|kind| {
            let step = Step::List { kind: kind.name().to_owned(), place: None };
            Cursor { stream: stream(kind).to_owned(), phase: 0, body: json!(step) }
        })
        .collect()
}

/// The page of a cursor.
pub(crate) async fn sync(cx: &Context, request: SyncRequest) -> Result<Page> {
    let stream = request.cursor.stream;
    match serde_json::from_value(request.cursor.body).map_err(foreign_cursor)? {
        Step::List { kind, place } => list(cx, &stream, Kind::parse(&kind)?, place).await,
        Step::Links { group, created, at } => links(cx, &stream, group, created, at).await,
        Step::Roles(at) => {
            let (page, next) = roles::roles(cx, at).await?;
            let continues = next.len() == 1;
            let next = next.into_iter().map(|at| {
                let cursor = cursor(&stream, 1, &Step::Roles(at));
                Next { cursor, continues, not_before: None }
            });
            Ok(Page { next: next.collect(), ..page })
        }
    }
}

async fn list(cx: &Context, stream: &str, kind: Kind, place: Option<Place>) -> Result<Page> {
    let mut records = Vec::new();
    let place = match place {
        Some(place) => place,
        // Roles cannot be counted, and come in one page (facts §3.4, §9).
        None if kind == Kind::Role => Place::first(kind.collection()),
        None => {
            records.extend(expected(cx, kind).await);
            Place::first(kind.selected(kind.collection()).query("$top", PAGE))
        }
    };
    let page = graph::page(cx, place, kind.purpose()).await?;
    let mut next = Vec::new();
    for object in &page.objects {
        records.push(record(object, kind));
        if kind == Kind::Group {
            next.push(fork(cx, stream, object, &mut records).await?);
        }
    }
    if let Some(place) = page.next {
        let step = Step::List { kind: kind.name().to_owned(), place: Some(place) };
        next.push(Next { cursor: cursor(stream, 0, &step), continues: true, not_before: None });
    } else if kind == Kind::Role {
        let step = Step::Roles(roles::Roles::default());
        next.push(Next { cursor: cursor(stream, 1, &step), continues: false, not_before: None });
    }
    Ok(Page { records, next, usage: page.usage, ..Page::default() })
}

fn cursor(stream: &str, phase: u32, step: &Step) -> Cursor {
    Cursor { stream: stream.to_owned(), phase, body: json!(step) }
}

/// How many there are, by an index that may lag (facts §7). Not worth failing for.
async fn expected(cx: &Context, kind: Kind) -> Option<Record> {
    let path = kind.collection().query("$select", "id").query("$top", "1");
    let count = graph::count(cx, path, kind.purpose()).await.ok().flatten()?;
    let what = kind.name().to_owned();
    Some(Record::Expected(Expected { what, count, attributes: Default::default() }))
}

/// The chain that reads who is in and owns a group.
async fn fork(
    cx: &Context,
    stream: &str,
    group: &DirectoryObject,
    records: &mut Vec<Record>,
) -> Result<Next> {
    let at = if is_hidden(cx, group).await? {
        records.push(hidden(&Kind::Group.key(&group.id)));
        holders::Cursor::of(group, OWNER)
    } else {
        holders::Cursor::of(group, MEMBER)
    };
    let step = Step::Links { group: group.id.clone(), created: group.created(), at };
    Ok(Next { cursor: cursor(stream, 1, &step), continues: false, not_before: None })
}

/// The members and owners of most groups fit into one page each: these lists are read in one go,
/// until one of them has a further page.
async fn links(
    cx: &Context,
    stream: &str,
    group: String,
    created: Option<Timestamp>,
    at: holders::Cursor,
) -> Result<Page> {
    let resource = Kind::Group.key(&group);
    let mut page = Page::default();
    let mut next = Some(at);
    while let Some(at) = next.take() {
        let read = match holders::read(cx, &group, at, true).await {
            Ok(read) => read,
            Err(error) if error.kind == ErrorKind::NotFound => {
                let gone = missing(&group, created, cx.now());
                return Ok(Page { records: vec![gone], ..Page::default() });
            }
            Err(error) => return Err(error.attribute("object", json!(resource))),
        };
        page.records.extend(read.records.into_iter().filter(|record| !is_listed(record)));
        page.usage.cost = match (page.usage.cost, read.usage.cost) {
            (Some(before), Some(cost)) => Some(before + cost),
            (before, cost) => before.or(cost),
        };
        page.usage.utilisation = read.usage.utilisation.or(page.usage.utilisation);
        match read.next {
            Some(at) if at.is_inside_a_list() => {
                let step = Step::Links { group, created, at };
                let cursor = cursor(stream, 1, &step);
                page.next = vec![Next { cursor, continues: true, not_before: None }];
                break;
            }
            following => next = following,
        }
    }
    Ok(page)
}

/// Objects of the listed kinds come whole from their own list; a list of members shows less.
fn is_listed(record: &Record) -> bool {
    let kind = match record {
        Record::Account(account) => &account.key.kind,
        Record::Resource(resource) => &resource.key.kind,
        Record::Skipped(gap) => {
            return gap.code == "limited-information";
        }
        _ => return false,
    };
    LISTED.iter().any(|listed| listed.name() == kind)
}

/// A group that was listed a moment ago and has no members to show now.
fn missing(group: &str, created: Option<Timestamp>, now: Timestamp) -> Record {
    let key = Kind::Group.key(group);
    if created.is_none_or(|created| now.duration_since(created) < NEW) {
        return skipped(
            Some(key),
            "not-yet-visible",
            "The group was made moments ago, and its members are not shown yet.",
        );
    }
    Record::GoneObject(GoneObject { key, restorable: true, attributes: Default::default() })
}
