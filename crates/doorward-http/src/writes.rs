//! What a call sent that may have changed something.

use doorward_core::{Method, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, PoisonError};

/// One write that left, or may have left. A write that is sent again (a fresh token after 401, the
/// call repeated after 429) is recorded again; one whose connection never came about is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WriteRecord {
    /// The endpoint's name.
    pub endpoint: String,
    /// The method.
    pub method: Method,
    /// The full URL, with its query.
    pub url: String,
    /// The path's shape.
    pub template: String,
    /// SHA-256, in hexadecimal, of `method SP url LF body`.
    pub digest: String,
    /// When it was sent, by the host's clock.
    pub sent: Timestamp,
    /// The `client-request-id` that we sent with it.
    pub client_request_id: String,
    /// The answer's status; absent while, or when, none came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The provider's request id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Whether we cannot know if it took effect: no answer came; or a 5xx other than 501 and 505,
    /// which a gateway may give for a request that was carried out; or 408; or a success whose
    /// body broke off, so that it does not say which of its parts succeeded.
    pub lost: bool,
}

impl WriteRecord {
    /// Whether the provider refused it as a whole, so that nothing was changed and it may be sent
    /// again: any 4xx but 408.
    pub fn refused(&self) -> bool {
        matches!(self.status, Some(400..=407 | 409..=499)) && !self.lost
    }
}

/// Whether an answer of this status leaves open if a write took effect.
pub(crate) const fn leaves_open(status: u16) -> bool {
    matches!(status, 408 | 500..=599) && !matches!(status, 501 | 505)
}

/// The writes of a call, in the order in which they were sent.
#[derive(Default)]
pub(crate) struct Writes(Mutex<Vec<(u64, WriteRecord)>>);

impl Writes {
    /// Records a write that is about to be sent, as lost until it is answered.
    pub(crate) fn begin(&self, record: WriteRecord) -> u64 {
        let mut writes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let id = writes.last().map_or(0, |(id, _)| id + 1);
        writes.push((id, record));
        id
    }

    pub(crate) fn forget(&self, id: u64) {
        let mut writes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        writes.retain(|(other, _)| *other != id);
    }

    pub(crate) fn update(&self, id: u64, change: impl FnOnce(&mut WriteRecord)) {
        let mut writes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, record)) = writes.iter_mut().find(|(other, _)| *other == id) {
            change(record);
        }
    }

    pub(crate) fn all(&self) -> Vec<WriteRecord> {
        let writes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        writes.iter().map(|(_, record)| record.clone()).collect()
    }

    pub(crate) fn len(&self) -> usize {
        let writes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        writes.len()
    }

    /// Whether every write after the first `known` was refused as a whole.
    pub(crate) fn refused_since(&self, known: usize) -> bool {
        let writes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        writes.iter().skip(known).all(|(_, record)| record.refused())
    }
}
