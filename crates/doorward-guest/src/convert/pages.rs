//! Sync: one cursor in, one page out.

use doorward_core as core;

use super::{IntoCore, IntoWit, Malformed, record, text, value};
use crate::bindings::doorward::connector::pages;

record!(pages::Cursor: stream, phase; json body; reserved);
record!(pages::Next: cursor, continues, not_before; reserved);
record!(pages::Page: records, next, usage; optional_json bookmark; set facts; attributes);
record!(pages::SyncRequest: cursor; set facts; reserved);

impl IntoCore for pages::StartRequest {
    type Core = core::StartRequest;
    fn into_core(self) -> Result<core::StartRequest, Malformed> {
        let bookmarks = self.bookmarks.into_iter();
        Ok(core::StartRequest {
            stream: self.stream,
            bookmarks: bookmarks
                .map(|bookmark| Ok((bookmark.stream, value(&bookmark.body)?)))
                .collect::<Result<_, Malformed>>()?,
            facts: self.facts.into_iter().collect(),
        })
    }
}

impl IntoWit for core::StartRequest {
    type Wit = pages::StartRequest;
    fn into_wit(self) -> pages::StartRequest {
        let bookmarks = self.bookmarks.into_iter();
        pages::StartRequest {
            stream: self.stream,
            bookmarks: bookmarks
                .map(|(stream, body)| pages::Bookmark {
                    stream,
                    body: text(&body),
                    attributes: String::new(),
                })
                .collect(),
            facts: self.facts.into_iter().collect(),
            attributes: String::new(),
        }
    }
}

/// A number that JSON can say: what is kept must be read back.
fn finite(number: Option<f64>) -> Result<Option<f64>, Malformed> {
    match number {
        Some(number) if !number.is_finite() || number < 0.0 => {
            Err(Malformed(format!("a usage of {number}")))
        }
        number => Ok(number),
    }
}

impl IntoCore for pages::Usage {
    type Core = core::Usage;
    fn into_core(self) -> Result<core::Usage, Malformed> {
        Ok(core::Usage {
            cost: finite(self.cost)?,
            utilisation: finite(self.utilisation)?,
            wait_milliseconds: self.wait_milliseconds,
        })
    }
}

impl IntoWit for core::Usage {
    type Wit = pages::Usage;
    fn into_wit(self) -> pages::Usage {
        pages::Usage {
            cost: self.cost,
            utilisation: self.utilisation,
            wait_milliseconds: self.wait_milliseconds,
            attributes: String::new(),
        }
    }
}
