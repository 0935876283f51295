//! Page tokens and cutting a list into pages without copying it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::random;
use crate::tenant::Handle;

/// What a `$skiptoken` remembers. Opaque to clients; bound to the ConsistencyLevel header of page one.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub(crate) struct PageToken {
    /// The arena position of the last item.
    #[serde(rename = "h")]
    pub(crate) last: u64,
    /// The sort key of the last item, when the list is sorted.
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    /// Page one was sent with `ConsistencyLevel: eventual`.
    #[serde(rename = "e")]
    pub(crate) eventual: bool,
    /// When page one was answered, in seconds.
    #[serde(rename = "t")]
    pub(crate) issued: i64,
    /// The permutation of this listing; 0 is none.
    #[serde(rename = "s")]
    pub(crate) salt: u64,
    /// The path that it belongs to, hashed.
    #[serde(rename = "p")]
    pub(crate) path: u64,
}

impl PageToken {
    pub(crate) fn decode(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix("RFNwdAIAAQAAA")?).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    pub(crate) fn encode(&self) -> String {
        // The prefix is how real directory tokens begin.
        let text = serde_json::to_vec(self).unwrap_or_default();
        format!("RFNwdAIAAQAAA{}", URL_SAFE_NO_PAD.encode(text))
    }

    /// The last item's handle.
    pub(crate) fn handle(&self) -> Handle {
        usize::try_from(self.last).map_or(Handle::LAST, Handle::at)
    }
}

/// The items of one page, and whether more follow.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) items: Vec<Handle>,
    pub(crate) more: bool,
}

/// A page of an ascending list behind `after`.
pub(crate) fn cut(
    list: &[Handle],
    after: Option<Handle>,
    size: usize,
    keep: &dyn Fn(Handle) -> bool,
) -> Cut {
    let start = after.map_or(0, |after| list.partition_point(|handle| *handle <= after));
    let rest = list.get(start..).unwrap_or_default();
    take(rest.iter().copied(), size, keep)
}

/// The first `size` items that pass.
pub(crate) fn take(
    items: impl Iterator<Item = Handle>,
    size: usize,
    keep: &dyn Fn(Handle) -> bool,
) -> Cut {
    let mut items: Vec<Handle> = items.filter(|handle| keep(*handle)).take(size + 1).collect();
    let more = items.len() > size;
    items.truncate(size);
    Cut { items, more }
}

/// A page of a list in the order of a hash: the same through all pages of one listing, another for the next.
pub(crate) fn cut_permuted(
    list: &[Handle],
    after: Option<Handle>,
    salt: u64,
    size: usize,
    keep: &dyn Fn(Handle) -> bool,
) -> Cut {
    let place = |handle: Handle| (random::mix(salt ^ handle.number()), handle);
    let behind = after.map(place);
    let mut rest: Vec<_> = list
        .iter()
        .copied()
        .map(place)
        .filter(|entry| behind.is_none_or(|behind| *entry > behind) && keep(entry.1))
        .collect();
    let more = rest.len() > size;
    if more {
        rest.select_nth_unstable(size);
        rest.truncate(size);
    }
    rest.sort_unstable();
    Cut { items: rest.into_iter().map(|entry| entry.1).collect(), more }
}
