//! What was heard during the whole run: errors, and requests that the host refused.

use doorward_core::ErrorKind;
use futures::FutureExt;
use futures::future::BoxFuture;

use crate::bench::{Bench, REFUSED, error_text};
use crate::names::{is_kebab, is_sentence};
use crate::rule::{Seen, broken};

/// No request was refused for one of these reasons.
fn nothing_refused<'b>(
    bench: &'b Bench<'_>,
    reasons: &'static [&'static str],
) -> BoxFuture<'b, Seen> {
    async move {
        let heard = bench.heard();
        match heard.iter().find(|heard| reasons.contains(&heard.error.reason.as_str())) {
            Some(heard) => {
                broken(format!("{} ended with {}", heard.during, error_text(&heard.error)))
            }
            None => Ok(()),
        }
    }
    .boxed()
}

/// Every request goes to an endpoint of the reach.
pub(crate) fn known_endpoints<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    nothing_refused(bench, &["unknown-endpoint", "foreign-link"])
}

/// What reads sends no write.
pub(crate) fn reads_only<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    nothing_refused(bench, &["write-in-read", "effect"])
}

/// A POST that reads is approved.
pub(crate) fn read_posts<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    nothing_refused(bench, &["effect-not-approved"])
}

/// A request can be sent as it is.
pub(crate) fn well_formed<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    nothing_refused(bench, &["path", "header"])
}

/// Errors are told in the contract's form.
pub(crate) fn errors<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        for heard in bench.heard().iter() {
            let error = &heard.error;
            if !is_kebab(&error.reason) || !is_sentence(&error.message) {
                return broken(format!("{} ended with {}", heard.during, error_text(error)));
            }
        }
        Ok(())
    }
    .boxed()
}

/// Who sees an error knows what to do.
pub(crate) fn remedies<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        for heard in bench.heard().iter() {
            let error = &heard.error;
            // Nobody but the author of the connector can do anything about these.
            let is_ours = REFUSED.contains(&error.reason.as_str())
                || matches!(
                    error.kind,
                    ErrorKind::Unsupported | ErrorKind::InvalidRequest | ErrorKind::Internal
                );
            let has = error.remedy.as_ref().is_some_and(|remedy| is_sentence(remedy));
            if !is_ours && !has {
                return broken(format!(
                    "{} ended with {} Its remedy is `{}`.",
                    heard.during,
                    error_text(error),
                    error.remedy.as_deref().unwrap_or_default()
                ));
            }
        }
        Ok(())
    }
    .boxed()
}
