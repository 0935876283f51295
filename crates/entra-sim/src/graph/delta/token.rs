//! Tokens of delta queries: opaque, bound to the set, its `$select` and its `$filter` (facts §3.6).

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use super::options::{Options, TokenText};
use super::{Set, due, selection};
use crate::graph::Call;
use crate::graph::error::{GraphError, Result};
use crate::random;
use crate::settings::DeadToken;
use crate::tenant::{Handle, Link, Tenant};

/// The links of a group that came already: up to this one.
pub(super) type Within = Option<(bool, u32)>;

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Place {
    /// In the initial round, at this object.
    #[serde(rename = "o")]
    Objects { from: u32, within: Within },
    /// In a later round, at this position of the trail.
    #[serde(rename = "c")]
    Changes { from: u64, within: Within },
    /// At the empty page that carries the deltaLink.
    #[serde(rename = "e")]
    End,
    /// Behind the round: in a deltaLink.
    #[serde(rename = "i")]
    Idle,
}

/// What a token remembers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Token {
    #[serde(rename = "v")]
    pub(super) set: Set,
    #[serde(rename = "q", default, skip_serializing_if = "Option::is_none")]
    pub(super) select: Option<Vec<String>>,
    /// The ids of `id eq`, also of objects that do not exist.
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    pub(super) ids: Option<Vec<String>>,
    /// The types of `isof`.
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    pub(super) kinds: Option<Vec<String>>,
    #[serde(rename = "t")]
    pub(super) issued: i64,
    /// The fingerprint of the tenant: another one, or the same made anew, knows nothing of these positions.
    #[serde(rename = "r")]
    pub(super) tenant: u64,
    #[serde(rename = "g")]
    pub(super) generation: u64,
    /// The position of the trail that the round reaches: the next one begins behind it.
    #[serde(rename = "p")]
    pub(super) to: u64,
    #[serde(rename = "a")]
    pub(super) place: Place,
    /// The page before was an empty one out of turn.
    #[serde(rename = "z", default)]
    pub(super) after_empty: bool,
}

/// What has a meaning in a URL of its own.
const WRITTEN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'/').remove(b'_').remove(b'-');
const PREFIX: &str = "RFNwdAIAAQAAD";

impl Token {
    pub(super) fn encode(&self) -> String {
        let text = URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default());
        format!("{PREFIX}{:016x}{text}", random::draw(0, &text, 0))
    }

    fn decode(text: &str) -> Option<Self> {
        let (sum, text) = text.strip_prefix(PREFIX)?.split_at_checked(16)?;
        if u64::from_str_radix(sum, 16).ok()? != random::draw(0, text, 0) {
            return None;
        }
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    }

    /// What draws about its page are made from.
    pub(super) fn draw(&self) -> u64 {
        let drawn = format!("{:?} {:?} {} {:?}", self.set, self.ids, self.to, self.place);
        random::draw(0, &drawn, 0)
    }

    /// A deltaLink begins a round behind the last one, or a little before (facts §3.6: replays).
    pub(super) fn started(self, call: &Call<'_>) -> Self {
        if self.place != Place::Idle {
            return self;
        }
        let replayed = due(call, "replay", &self, call.settings.delta.replays);
        let back = if replayed { 1 + self.draw() % 20 } else { 0 };
        let from = (self.to + 1).saturating_sub(back);
        let to = call.tenant.trail.reached(&call.view).max(self.to);
        Self { to, place: Place::Changes { from, within: None }, ..self }
    }

    /// The objects that the filter names, ascending.
    pub(super) fn handles(&self, tenant: &Tenant) -> Option<Vec<Handle>> {
        let found = self.ids.as_ref()?.iter().filter_map(|id| tenant.handle(id));
        Some(found.collect::<BTreeSet<_>>().into_iter().collect())
    }
}

/// The link in a [`Within`].
pub(super) fn link_of(owners: bool) -> Link {
    if owners { Link::Owner } else { Link::Member }
}

/// Reads a token, with the options beside it; a dead one is refused (facts §3.6).
pub(super) fn accept(
    call: &mut Call<'_>,
    set: Set,
    text: &TokenText,
    options: &Options,
) -> Result<Token> {
    let (text, delta) = match text {
        TokenText::Next(text) => (text, false),
        TokenText::Delta(text) => (text, true),
    };
    let token = Token::decode(text)
        .filter(|token| token.set == set && delta == (token.place == Place::Idle));
    // What a token that nobody issued is told is not in the facts.
    let mut token = token.ok_or_else(|| GraphError::bad_request("Badly formed token."))?;
    let age = call.view.now.as_second().saturating_sub(token.issued);
    let old = call
        .settings
        .delta
        .token_lifetime
        .is_some_and(|longest| u64::try_from(age).is_ok_and(|age| age > longest.as_secs()));
    let elsewhere = token.tenant != call.tenant.fingerprint || token.to > call.tenant.trail.last();
    if old || elsewhere || token.generation != call.settings.delta.generation {
        return Err(dead(call, &token));
    }
    // The token carries them; the texts are not in the facts.
    if options.filter.is_some() {
        return Err(beside("$filter"));
    }
    if options.select.is_some() {
        if !(delta && call.settings.delta.select_with_delta_link) {
            return Err(beside("$select"));
        }
        selection::check(call, set, options.select.as_deref())?;
        token.select.clone_from(&options.select);
    }
    Ok(token)
}

fn beside(option: &str) -> GraphError {
    GraphError::bad_request(format!("The query parameter '{option}' is not allowed with a token."))
}

/// The forms of facts §3.6.
fn dead(call: &Call<'_>, token: &Token) -> GraphError {
    // The text of `resyncRequired` is not in the facts.
    let resync = "The delta token is no longer valid, and the application must restart with a full synchronization.";
    let status = call.settings.delta.dead_token_status;
    match call.settings.delta.dead_token {
        DeadToken::ResyncRequired => GraphError::new(status, "resyncRequired", resync),
        DeadToken::SyncStateNotFound => GraphError::new(
            status,
            "syncStateNotFound",
            "The sync state generation is not found. The delta token is expired and data must be synchronized again.",
        ),
        DeadToken::TooOld => {
            GraphError::unsupported_query("DeltaLink older than 30 days is not supported.")
        }
        DeadToken::Gone => {
            // The code is not in the facts.
            let error = GraphError::new(410, "resyncRequired", resync);
            GraphError { location: Some(restart(call, token)), ..error }
        }
    }
}

/// The first request with an empty token.
fn restart(call: &Call<'_>, token: &Token) -> String {
    let mut options = String::new();
    if let Some(names) = &token.select {
        let encoded = |name: &String| utf8_percent_encode(name, WRITTEN).to_string();
        let names: Vec<String> = names.iter().map(encoded).collect();
        options = format!("$select={}&", names.join(","));
    }
    let ids = token.ids.iter().flatten().map(|id| format!("id%20eq%20'{id}'"));
    let kinds = token.kinds.iter().flatten();
    let kinds = kinds.map(|kind| format!("isof('microsoft.graph.{kind}')"));
    let clauses: Vec<String> = ids.chain(kinds).collect();
    if !clauses.is_empty() {
        options = format!("{options}$filter={}&", clauses.join("%20or%20"));
    }
    format!("{}{}?{options}$deltatoken=", call.root, call.path)
}
