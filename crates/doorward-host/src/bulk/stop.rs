//! The wish to stop, as whoever is writing hears it.

use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

/// The wish to stop. Who only reads is stopped by dropping it; who writes finishes what was sent.
#[derive(Debug, Default)]
pub struct Stop {
    is_heard: AtomicBool,
    is_asked: AtomicBool,
    wish: Notify,
}

impl Stop {
    /// Asks whoever is writing to stop. Says whether somebody is: if not, nothing is under way.
    pub fn ask(&self) -> bool {
        self.is_asked.store(true, Ordering::SeqCst);
        self.wish.notify_waiters();
        self.is_heard.load(Ordering::SeqCst)
    }

    /// From now on the wish is heard.
    pub(super) fn hear(&self) {
        self.is_heard.store(true, Ordering::SeqCst);
    }

    /// Whether somebody wished it.
    pub fn is_asked(&self) -> bool {
        self.is_asked.load(Ordering::SeqCst)
    }

    /// Completes when somebody wishes it.
    pub(super) async fn asked(&self) {
        // Begins to wait before it looks, so that no wish falls in between.
        let wish = self.wish.notified();
        tokio::pin!(wish);
        wish.as_mut().enable();
        if !self.is_asked() {
            wish.await;
        }
    }
}
