//! How a call ends otherwise than with the connector's value.

use doorward_core::{AuthFailure, Error, Method};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;

/// Why a call gave no value.
#[derive(Clone, Debug, PartialEq)]
pub enum CallEnd {
    /// The connector's own error.
    Error(Error),
    /// Plan mode: the first write, which was not sent.
    Planned(PlannedRequest),
    /// The provider refused the credential; the connector's `explain` turns it into an error.
    AuthFailed(AuthFailure),
    /// A request left the approved reach, or wrote where only reading was allowed.
    Denied(Error),
    /// The call's deadline passed. A write in flight stays in the call's writes, as lost.
    Deadline(Error),
}

/// A write that a plan would send.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedRequest {
    /// The endpoint's name.
    pub endpoint: String,
    /// The method.
    pub method: Method,
    /// The full URL, with its query.
    pub url: String,
    /// The path's shape.
    pub template: String,
    /// The JSON body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// As in [`WriteRecord::digest`](crate::WriteRecord::digest).
    pub digest: String,
}

/// Where a request puts the end of its call, for [`Call::run`](crate::Call::run) to find. The first
/// one stands.
#[derive(Default)]
pub(crate) struct Ending {
    slot: Mutex<Option<CallEnd>>,
    notify: Notify,
}

impl Ending {
    pub(crate) fn put(&self, end: CallEnd) {
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.is_none() {
            *slot = Some(end);
            self.notify.notify_one();
        }
    }

    pub(crate) fn is_put(&self) -> bool {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    pub(crate) fn take(&self) -> Option<CallEnd> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(crate) async fn wait(&self) -> CallEnd {
        loop {
            if let Some(end) = self.take() {
                return end;
            }
            self.notify.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors;

    fn end(reason: &str) -> CallEnd {
        CallEnd::Denied(errors::denied(reason, "Denied."))
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_ending_stands() {
        let ending = Ending::default();
        assert!(!ending.is_put());
        ending.put(end("first"));
        ending.put(end("second"));
        assert!(ending.is_put());
        assert_eq!(ending.wait().await, end("first"));
        assert_eq!(ending.take(), None, "the second one is forgotten");
    }
}
