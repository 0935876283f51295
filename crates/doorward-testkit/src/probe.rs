//! One call of a connector, as data: so that it can be made again, elsewhere, and go wrong.

use doorward_core::{
    Answer, ApplyRequest, CheckReport, Connector, Context, Cursor, Outcome, Page, Query,
    ReadRequest, Record, Result, SettleRequest, SyncRequest,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A call.
#[expect(clippy::large_enum_variant, reason = "there are a few of them at a time")]
#[derive(Clone, Debug)]
pub(crate) enum Probe {
    Check,
    Sync(SyncRequest),
    Read(ReadRequest),
    Apply(ApplyRequest),
    Settle(SettleRequest),
}

/// What a call gave.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Told {
    Check(CheckReport),
    Page(Page),
    Answer(Answer),
    Outcomes(Vec<Result<Outcome>>),
    Outcome(Outcome),
}

impl Probe {
    pub(crate) fn sync(cursor: Cursor, facts: BTreeSet<String>) -> Self {
        Self::Sync(SyncRequest { cursor, facts })
    }

    pub(crate) fn read(query: Query) -> Self {
        Self::Read(ReadRequest { query, cursor: None })
    }

    /// Makes the call.
    pub(crate) async fn ask(self, connector: Arc<dyn Connector>, cx: Context) -> Result<Told> {
        match self {
            Self::Check => connector.check(&cx).await.map(Told::Check),
            Self::Sync(request) => connector.sync(&cx, request).await.map(Told::Page),
            Self::Read(request) => connector.read(&cx, request).await.map(Told::Answer),
            Self::Apply(request) => connector.apply(&cx, request).await.map(Told::Outcomes),
            Self::Settle(request) => connector.settle(&cx, request).await.map(Told::Outcome),
        }
    }

    /// What it is, for people.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Check => "`check`".to_owned(),
            Self::Sync(request) => {
                let Cursor { stream, phase, body } = &request.cursor;
                format!("`sync` of the stream `{stream}`, phase {phase}, at {body}")
            }
            Self::Read(request) => {
                let (query, page) = (question(&request.query), request.cursor.as_ref());
                let page = page.map(|page| format!(", at {page}")).unwrap_or_default();
                format!("`read` of {query}{page}")
            }
            Self::Apply(request) => {
                let names: Vec<&str> =
                    request.operations.iter().map(|one| one.action.name()).collect();
                format!("`apply` of {}", names.join(" and "))
            }
            Self::Settle(request) => {
                format!("`settle` of a {}", request.operation.action.name())
            }
        }
    }
}

fn question(query: &Query) -> String {
    match query {
        Query::Find { kind, term } => format!("Find among `{kind}` by {term:?}"),
        Query::Objects { keys } => {
            let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
            format!("Objects {}", keys.join(", "))
        }
        Query::Holders { resource, .. } => format!("Holders of {resource}"),
        Query::Holdings { principal } => format!("Holdings of {principal}"),
        Query::Grant { key } => {
            format!("Grant of `{}` on {} to {}", key.entitlement, key.resource, key.principal)
        }
        Query::Containers { resource } => format!("Containers of {resource}"),
        Query::Paths { principal, resource, entitlement } => {
            format!("Paths by which {principal} has `{entitlement}` on {resource}")
        }
    }
}

impl Told {
    /// Whether this is what the call gives when nothing goes wrong, or says what is missing. How
    /// many objects the provider counts is worth knowing, and nothing that is read.
    pub(crate) fn leaves_nothing_out(&self, whole: &Self) -> bool {
        match (self, whole) {
            (Self::Page(page), Self::Page(whole)) => {
                has_all(&page.records, &whole.records) && has_all(&page.next, &whole.next)
                    || says_gap(&page.records)
            }
            (Self::Answer(answer), Self::Answer(whole)) => {
                has_all(&answer.records, &whole.records)
                    && has_all(&answer.paths, &whole.paths)
                    && answer.next.is_some() == whole.next.is_some()
                    || says_gap(&answer.records)
            }
            _ => true,
        }
    }

    /// Whether it says the same, in whatever order.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Page(one), Self::Page(other)) => {
                is_same_set(&one.records, &other.records)
                    && is_same_set(&one.next, &other.next)
                    && one.bookmark.is_some() == other.bookmark.is_some()
            }
            (Self::Answer(one), Self::Answer(other)) => {
                is_same_set(&one.records, &other.records)
                    && is_same_set(&one.paths, &other.paths)
                    && one.next.is_some() == other.next.is_some()
            }
            _ => self == other,
        }
    }

    /// The records in it.
    pub(crate) fn records(&self) -> &[Record] {
        match self {
            Self::Page(page) => &page.records,
            Self::Answer(answer) => &answer.records,
            _ => &[],
        }
    }
}

fn says_gap(records: &[Record]) -> bool {
    records.iter().any(|record| matches!(record, Record::Skipped(_)))
}

/// Whether all of `whole` are among `some`, but for counts.
fn has_all<T: serde::Serialize>(some: &[T], whole: &[T]) -> bool {
    let some = texts(some);
    texts(whole).is_subset(&some)
}

fn is_same_set<T: serde::Serialize>(one: &[T], other: &[T]) -> bool {
    texts(one) == texts(other)
}

fn texts<T: serde::Serialize>(items: &[T]) -> BTreeSet<String> {
    items
        .iter()
        .filter_map(|item| serde_json::to_value(item).ok())
        .filter(|item| item["record"] != "expected")
        .map(|item| item.to_string())
        .collect()
}
