//! Query options of a request (facts §3, §7).

use super::error::{GraphError, Result};
use super::filter::{self, Filter};
use super::page::PageToken;

/// `$orderby`, one property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) property: String,
    pub(crate) descending: bool,
}

/// The options, parsed; what the directory makes of them is decided later.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    /// The query as sent, without the page token: what a nextLink repeats.
    pub(crate) raw: String,
    pub(crate) select: Option<Vec<String>>,
    pub(crate) filter: Option<Filter>,
    pub(crate) order: Option<Order>,
    pub(crate) top: Option<usize>,
    pub(crate) count: bool,
    pub(crate) search: Option<String>,
    pub(crate) expand: Option<String>,
    pub(crate) token: Option<PageToken>,
    /// `ConsistencyLevel: eventual` was sent.
    pub(crate) eventual: bool,
}

impl Query {
    /// Reads the options of a request whose pages hold 999 items at most (facts §7).
    pub(crate) fn parse(raw: &str, eventual: bool) -> Result<Self> {
        Self::parse_within(raw, eventual, 999)
    }

    /// The same with another limit of `$top`.
    pub(crate) fn parse_within(raw: &str, eventual: bool, largest: usize) -> Result<Self> {
        let mut query = Self { eventual, ..Self::default() };
        let mut kept = Vec::new();
        for part in raw.split('&').filter(|part| !part.is_empty()) {
            let Some((name, value)) = url::form_urlencoded::parse(part.as_bytes()).next() else {
                continue;
            };
            if name.eq_ignore_ascii_case("$skiptoken") {
                query.token =
                    Some(PageToken::decode(&value).ok_or_else(GraphError::expired_page_token)?);
                continue;
            }
            kept.push(part);
            query.option(&name.to_ascii_lowercase(), &value, largest)?;
        }
        query.raw = kept.join("&");
        Ok(query)
    }

    /// Both the header and `$count=true`: an advanced query.
    pub(crate) fn advanced(&self) -> bool {
        self.eventual && self.count
    }

    fn option(&mut self, name: &str, value: &str, largest: usize) -> Result<()> {
        match name {
            "$select" => {
                let names = value.split(',').map(str::trim).filter(|name| !name.is_empty());
                self.select = Some(names.map(str::to_owned).collect());
            }
            "$filter" => self.filter = Some(filter::parse(value)?),
            "$orderby" => self.order = Some(order(value)?),
            "$top" => self.top = Some(top(value, largest)?),
            "$count" => self.count = value.eq_ignore_ascii_case("true"),
            "$search" => self.search = Some(value.to_owned()),
            "$expand" => self.expand = Some(value.to_owned()),
            "$skip" => {
                return Err(GraphError::new(
                    400,
                    "BadRequest",
                    "'$skip' is not supported by the service.",
                ));
            }
            other if other.starts_with('$') => {
                let message = format!("The query parameter '{other}' is not supported.");
                return Err(GraphError::new(400, "BadRequest", message));
            }
            _ => {}
        }
        Ok(())
    }
}

fn order(value: &str) -> Result<Order> {
    let mut words = value.split_whitespace();
    let property = words.next().unwrap_or_default().to_owned();
    let descending = match words.next().map(str::to_ascii_lowercase).as_deref() {
        None | Some("asc") => false,
        Some("desc") => true,
        Some(_) => return Err(syntax(value)),
    };
    if property.is_empty() || words.next().is_some() {
        return Err(syntax(value));
    }
    Ok(Order { property, descending })
}

fn syntax(value: &str) -> GraphError {
    let message = format!("Syntax error at position {} in '{value}'.", value.len());
    GraphError::new(400, "BadRequest", message)
}

fn top(value: &str, largest: usize) -> Result<usize> {
    let Ok(size) = value.parse::<i64>() else {
        let message = format!(
            "Invalid value '{value}' for $top query option found. The $top query option requires a non-negative \
             integer value."
        );
        return Err(GraphError::new(400, "BadRequest", message));
    };
    match usize::try_from(size) {
        Ok(size) if (1..=largest).contains(&size) => Ok(size),
        _ => Err(GraphError::unsupported_query(format!(
            "Invalid page size specified: '{size}'. Must be between 1 and {largest} inclusive."
        ))),
    }
}
