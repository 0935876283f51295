//! The options of a delta query (facts §3.6): few are supported, some are ignored.

use std::collections::BTreeSet;

use super::Set;
use crate::graph::error::{GraphError, Result};
use crate::graph::filter::{self, Filter, Literal, unsupported};
use crate::tenant::Kind;

/// Most ids of a `$filter`.
const LIMIT: usize = 50;

/// The token of a link.
#[derive(Clone, Debug)]
pub(super) enum TokenText {
    /// `$skiptoken`
    Next(String),
    /// `$deltatoken`
    Delta(String),
}

/// The options as sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    pub(super) select: Option<Vec<String>>,
    pub(super) filter: Option<Filter>,
    pub(super) token: Option<TokenText>,
    /// `$deltatoken=latest`
    pub(super) latest: bool,
}

impl Options {
    pub(super) fn parse(raw: &str) -> Result<Self> {
        let mut options = Self::default();
        for (name, value) in url::form_urlencoded::parse(raw.as_bytes()) {
            match name.to_ascii_lowercase().as_str() {
                "$select" => {
                    let names = value.split(',').map(str::trim).filter(|name| !name.is_empty());
                    options.select = Some(names.map(str::to_owned).collect());
                }
                "$filter" => options.filter = Some(filter::parse(&value)?),
                "$skiptoken" => options.token = Some(TokenText::Next(value.into_owned())),
                // Empty in the `Location` of a 410: from the start.
                "$deltatoken" if value.is_empty() => {}
                "$deltatoken" if value.eq_ignore_ascii_case("latest") => options.latest = true,
                "$deltatoken" => options.token = Some(TokenText::Delta(value.into_owned())),
                // Ignored in practice; `$count` without its header is ignored everywhere (facts §7).
                "$top" | "$expand" | "$count" => {}
                // Not supported; the text is not in the facts.
                other if other.starts_with('$') => {
                    return Err(GraphError::unsupported_query(format!(
                        "The query parameter '{other}' is not supported for change tracking."
                    )));
                }
                _ => {}
            }
        }
        Ok(options)
    }
}

/// What a filter leaves over.
pub(super) struct Narrowed {
    pub(super) ids: Option<Vec<String>>,
    pub(super) kinds: Option<Vec<String>>,
}

#[derive(Default)]
struct Clauses {
    ids: Vec<String>,
    kinds: BTreeSet<&'static str>,
}

/// Reads `id eq 'a' or id eq 'b'` and `isof('…')`, whose combination is an intersection (facts §3.6).
pub(super) fn narrow(set: Set, filter: Option<&Filter>) -> Result<Narrowed> {
    let mut clauses = Clauses::default();
    if let Some(filter) = filter {
        clauses.read(set, filter)?;
    }
    if clauses.ids.len() > LIMIT {
        // The text is not in the facts.
        return Err(GraphError::unsupported_query(format!(
            "Too many child clauses specified in search filter expression containing 'OR' operators: {}. Max allowed: \
             {LIMIT}.",
            clauses.ids.len()
        )));
    }
    let ids: BTreeSet<String> = clauses.ids.iter().map(|id| id.to_lowercase()).collect();
    let kinds = clauses.kinds.into_iter().map(str::to_owned).collect::<Vec<_>>();
    Ok(Narrowed {
        ids: (!ids.is_empty()).then(|| ids.into_iter().collect()),
        kinds: (!kinds.is_empty()).then_some(kinds),
    })
}

impl Clauses {
    fn read(&mut self, set: Set, filter: &Filter) -> Result<()> {
        match filter {
            Filter::Or(left, right) => {
                self.read(set, left)?;
                self.read(set, right)
            }
            // Only types and ids can be joined so: two ids have nothing in common.
            Filter::And(left, right) => {
                let (mut one, mut other) = (Self::default(), Self::default());
                one.read(set, left)?;
                other.read(set, right)?;
                if !(one.ids.is_empty() && other.kinds.is_empty()
                    || one.kinds.is_empty() && other.ids.is_empty())
                {
                    return Err(unsupported("id", set.kind().unwrap_or(Kind::User)));
                }
                for clauses in [one, other] {
                    self.ids.extend(clauses.ids);
                    self.kinds.extend(clauses.kinds);
                }
                Ok(())
            }
            Filter::Equal(name, Literal::Text(id)) if name == "id" => {
                if uuid::Uuid::try_parse(id).is_err() {
                    return Err(GraphError::invalid_id(id));
                }
                self.ids.push(id.clone());
                Ok(())
            }
            Filter::IsOf(name) if set == Set::DirectoryObjects => {
                let kind = crate::graph::cast(name);
                let kind = kind.ok_or_else(|| unsupported("@odata.type", Kind::User))?;
                self.kinds.insert(kind.type_name());
                Ok(())
            }
            other => {
                let property = other.property().unwrap_or_default();
                Err(unsupported(property, set.kind().unwrap_or(Kind::User)))
            }
        }
    }
}
