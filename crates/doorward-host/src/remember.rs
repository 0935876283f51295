//! Answers that are kept while many changes are prepared: hundreds of lines name the same few groups,
//! and policy asks the same of each of them.

use doorward_core::{Error, ErrorKind, Query, Result, Retry};
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;

use crate::Opened;
use crate::opened::WholeAnswer;

/// How often one question is asked again of a provider that asks to slow down, each time after the
/// HTTP stack gave up.
const MOST_PAUSES: u32 = 6;
/// The first pause, when the provider does not say how long; it doubles.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// The longest pause; a provider that asks for more is not waited for.
const LONGEST_PAUSE: Duration = Duration::from_secs(330);

/// The answers so far, by question. Who asks what is being asked already waits for that answer.
#[derive(Default)]
pub(crate) struct Remembered(Mutex<BTreeMap<String, Arc<OnceCell<Result<WholeAnswer>>>>>);

impl Remembered {
    /// The answer, asked for once.
    pub(crate) async fn answer(&self, opened: &Opened, query: Query) -> Result<WholeAnswer> {
        let name = serde_json::to_string(&query)
            .map_err(|error| Error::internal("A question could not be written.").cause(error))?;
        let cell = {
            let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(answers.entry(name).or_default())
        };
        let ask = || {
            opened.with_patience(|| opened.read_pages(query.clone()), |ended| ended.as_ref().err())
        };
        cell.get_or_init(ask).await.clone()
    }
}

impl Opened {
    /// Tries again for as long as the provider asks to slow down: who does hundreds of things has
    /// more patience than who does one. `error` is why an attempt came to nothing, if it did.
    pub(crate) async fn with_patience<T, F>(
        &self,
        attempt: impl Fn() -> F,
        error: impl Fn(&T) -> Option<&Error>,
    ) -> T
    where
        F: Future<Output = T>,
    {
        let mut pause = FIRST_PAUSE;
        for _ in 0..MOST_PAUSES {
            let ended = attempt().await;
            let busy = error(&ended).filter(|error| error.kind == ErrorKind::RateLimited);
            let Some(wait) = busy.and_then(|error| wait(error, pause)) else { return ended };
            let seconds = wait.as_secs_f64().ceil();
            self.environment
                .observer
                .note(&format!("The provider asks to slow down; going on in {seconds} seconds."));
            tokio::time::sleep(wait).await;
            pause = pause.saturating_mul(2);
        }
        attempt().await
    }
}

/// How long to wait after this error, if it is worth it.
fn wait(error: &Error, pause: Duration) -> Option<Duration> {
    match error.retry {
        Retry::Never => None,
        Retry::Backoff => Some(pause.min(LONGEST_PAUSE)),
        Retry::After { milliseconds } => {
            Some(Duration::from_millis(milliseconds)).filter(|wait| *wait <= LONGEST_PAUSE)
        }
    }
}
