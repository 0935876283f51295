//! Cursors: where they begin, where they lead, and what they give when they are read again.

use doorward_core::{Capability, Connector, Cursor, Record, StartRequest};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

use crate::bench::{Bench, How, failed};
use crate::probe::{Probe, Told};
use crate::rule::{Seen, Stop, broken, left};
use crate::walk::{self, Read};

/// A sync begins somewhere, always in the same place.
pub(crate) fn start<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        let all = begun(bench.connector.as_ref(), StartRequest::default())?;
        if all.is_empty() {
            return broken("`start` gives no cursor.");
        }
        if begun(bench.another()?.as_ref(), StartRequest::default())? != all {
            return broken("`start` gives other cursors when it is asked again.");
        }
        let streams: BTreeSet<&String> = all.iter().map(|cursor| &cursor.stream).collect();
        for stream in streams {
            let request = StartRequest { stream: Some(stream.clone()), ..StartRequest::default() };
            let cursors = begun(bench.connector.as_ref(), request)?;
            if cursors.is_empty() || cursors.iter().any(|cursor| cursor.stream != *stream) {
                return broken(format!(
                    "Asked for the stream `{stream}` alone, `start` gives none of it, or another."
                ));
            }
        }
        Ok(())
    }
    .boxed()
}

fn begun(connector: &dyn Connector, request: StartRequest) -> Result<Vec<Cursor>, Stop> {
    connector.start(request).or_else(|error| broken(format!("`start` fails: {error}")))
}

/// Every page can be read.
pub(crate) fn ends<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move { walk::ends(bench.walk().await) }.boxed()
}

/// No chain leads back.
pub(crate) fn progress<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        match bench.walk().await.loops.first() {
            Some(cursor) => broken(format!("A chain leads back to {cursor}, or forks for ever.")),
            None => Ok(()),
        }
    }
    .boxed()
}

/// No cursor is in two chains.
pub(crate) fn no_repeat<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        match bench.walk().await.repeats.first() {
            Some(cursor) => broken(format!("Two chains lead to {cursor}.")),
            None => Ok(()),
        }
    }
    .boxed()
}

/// No page leads to an earlier phase.
pub(crate) fn phases<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        for read in &bench.walk().await.pages {
            let Told::Page(page) = &read.told else { continue };
            let low = page.next.iter().find(|next| next.cursor.phase < read.cursor.phase);
            if let Some(next) = low {
                return broken(format!(
                    "{} leads to phase {}.",
                    read.probe.name(),
                    next.cursor.phase
                ));
            }
        }
        Ok(())
    }
    .boxed()
}

/// A chain goes on in one place.
pub(crate) fn one_continuation<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        for read in &bench.walk().await.pages {
            let Told::Page(page) = &read.told else { continue };
            let number = page.next.iter().filter(|next| next.continues).count();
            if number > 1 {
                return broken(format!("{} continues with {number} cursors.", read.probe.name()));
            }
        }
        Ok(())
    }
    .boxed()
}

/// The same answers of the system make the same page, to the order of its records.
pub(crate) fn deterministic<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        let mut compared = false;
        for Read { probe, .. } in &bench.walk().await.pages {
            let read = async || {
                bench.wire.answers();
                (bench.read(probe).await, bench.wire.answers())
            };
            let ((one, answers), (other, again)) = (read().await, read().await);
            // Many systems give a list in another order each time.
            if answers != again {
                continue;
            }
            compared = true;
            match (one, other) {
                (Ok(one), Ok(other)) if one == other => {}
                (Ok(one), Ok(other)) if !one.says_the_same(&other) => {
                    return left("A cursor gives another page when it is read again.");
                }
                (Ok(_), Ok(_)) => {
                    return broken(format!(
                        "{} gave its records or cursors in another order when it was read again, \
                         and the system had answered the same.",
                        probe.name()
                    ));
                }
                (Err(end), _) | (_, Err(end)) => return failed(&probe.name(), &end),
            }
        }
        match compared {
            true => Ok(()),
            false => left("The system never answered the same twice."),
        }
    }
    .boxed()
}

/// Every cursor can be read by a connector that was opened just now, after any other, with all facts
/// or none, and says the same.
pub(crate) fn resumable<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        let walk = bench.walk().await;
        let mut known = vec![walk.facts.clone(), BTreeSet::new()];
        known.dedup();
        // The last first: nothing that an earlier page left behind helps.
        for read in walk.pages.iter().rev() {
            for facts in known.clone() {
                let connector = bench.another()?;
                let probe = Probe::sync(read.cursor.clone(), facts);
                match bench.call_of(&connector, &probe, How::READ).await.end {
                    Ok(again) if again.says_the_same(&read.told) => {}
                    Ok(_) => {
                        return broken(format!(
                            "{} gave another page when it was read again, by a connector that was \
                             opened for it.",
                            read.probe.name()
                        ));
                    }
                    Err(end) => {
                        return failed(&format!("{}, read again,", read.probe.name()), &end);
                    }
                }
            }
        }
        Ok(())
    }
    .boxed()
}

/// Pages of one phase do not contradict each other.
pub(crate) fn union<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        let mut said: BTreeMap<(u32, String), &Record> = BTreeMap::new();
        for (phase, record) in bench.walk().await.records() {
            let Some(key) = key(record) else { continue };
            let earlier = said.insert((phase, key.to_string()), record);
            if earlier.is_some_and(|earlier| earlier != record) {
                return broken(format!(
                    "Two pages of phase {phase} say different things of {key}."
                ));
            }
        }
        Ok(())
    }
    .boxed()
}

/// What makes two records records of the same.
fn key(record: &Record) -> Option<Value> {
    match record {
        Record::Account(account) => Some(json!(account.key)),
        Record::Resource(resource) => Some(json!(resource.key)),
        Record::Grant(grant) => Some(json!([grant.key, grant.via, grant.provider_id])),
        _ => None,
    }
}

/// A stream is bookmarked once.
pub(crate) fn bookmark<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        let walk = bench.walk().await;
        let mut bookmarks: BTreeMap<&String, usize> = BTreeMap::new();
        for Read { cursor, told, .. } in &walk.pages {
            let number = bookmarks.entry(&cursor.stream).or_default();
            *number += usize::from(matches!(told, Told::Page(page) if page.bookmark.is_some()));
        }
        let must = bench.descriptor().can(Capability::IncrementalSync);
        for (stream, number) in bookmarks {
            if number > 1 {
                return broken(format!(
                    "{number} pages of the stream `{stream}` set its bookmark."
                ));
            }
            if number == 0 && must {
                walk.is_whole()?;
                return broken(format!("No page of the stream `{stream}` sets its bookmark."));
            }
        }
        Ok(())
    }
    .boxed()
}
