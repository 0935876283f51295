//! Questions: what is there is found, what is not there is told, and pages lead on.

use doorward_core::{Error, ErrorKind, Grant, GrantKey, ObjectRef, Query, Term};
use doorward_http::CallEnd;
use futures::FutureExt;
use futures::future::BoxFuture;
use std::collections::BTreeSet;

use crate::bench::{Bench, How, failed, told};
use crate::names::altered;
use crate::probe::{Probe, Told};
use crate::questions::{Asked, Known, Whole, paths};
use crate::rule::{Seen, Stop, broken};

/// A question about what is there has an answer.
pub(crate) fn answers<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        for Asked { name, answer } in bench.asked().await? {
            match answer {
                Ok(_) => {}
                Err(CallEnd::Error(error)) if error.kind == ErrorKind::PermissionDenied => {}
                Err(end) => return failed(name, end),
            }
        }
        Ok(())
    }
    .boxed()
}

/// What is looked for is among the candidates.
pub(crate) fn finds<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        let known = bench.known().await?;
        for (key, query) in known.finds(bench) {
            let answer = bench.good_answer(&query).await?;
            if !answer.objects().contains(&key) && !answer.has_gap() {
                return broken(format!("{} does not find {key}.", Probe::read(query).name()));
            }
        }
        let keys = known.some_keys();
        let answer = bench.good_answer(&Query::Objects { keys: keys.clone() }).await?;
        match keys.iter().find(|key| !answer.objects().contains(key)) {
            Some(key) if !answer.has_gap() => broken(format!("Objects does not give {key}.")),
            _ => Ok(()),
        }
    }
    .boxed()
}

/// Each question tells what the sync told.
pub(crate) fn agrees<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        let known = bench.known().await?;
        for resource in known.resources() {
            let query = Query::Holders { resource: resource.clone(), entitlement: None };
            let answer = bench.good_answer(&query).await?;
            let synced = keys(known.grants.iter().filter(|grant| grant.key.resource == *resource));
            if !answer.has_gap() && keys(answer.grants()) != synced {
                return broken(format!(
                    "The sync showed {} on {resource}, and Holders shows {}, or others.",
                    grants(synced.len()),
                    grants(answer.grants().count())
                ));
            }
        }
        for principal in known.principals() {
            let answer =
                bench.good_answer(&Query::Holdings { principal: principal.clone() }).await?;
            let synced = known.grants.iter().filter(|grant| grant.key.principal == *principal);
            let told = keys(answer.grants());
            if let Some(key) = keys(synced).into_iter().find(|key| !told.contains(key))
                && !answer.has_gap()
            {
                return broken(format!(
                    "Holdings of {principal} leaves out what is held on {}.",
                    key.resource
                ));
            }
        }
        for grant in known.some_grants() {
            one_grant(bench, grant).await?;
        }
        Ok(())
    }
    .boxed()
}

async fn one_grant(bench: &Bench<'_>, grant: &Grant) -> Seen {
    let key = &grant.key;
    let answer = bench.good_answer(&Query::Grant { key: key.clone() }).await?;
    let name = Probe::read(Query::Grant { key: key.clone() }).name();
    if !answer.has_gap() && (answer.grants().count() != 1 || keys(answer.grants()) != [key].into())
    {
        return broken(format!("{name} is not this one grant, which the sync showed."));
    }
    let answer = bench.good_answer(&paths(grant)).await?;
    let leads = |path: &doorward_core::AccessPath| {
        let first = path.grants.first().map(|first| &first.principal);
        let last = path.grants.last().map(|last| &last.resource);
        first == Some(&key.principal) && last == Some(&key.resource)
    };
    let has_some = answer.has_gap() || answer.paths().next().is_some();
    if !has_some || !answer.paths().all(leads) {
        return broken(format!(
            "{} does not lead from the one to the other, though the sync showed the grant.",
            Probe::read(self::paths(grant)).name()
        ));
    }
    Ok(())
}

fn keys<'g>(grants: impl Iterator<Item = &'g Grant>) -> BTreeSet<&'g GrantKey> {
    grants.map(|grant| &grant.key).collect()
}

fn grants(number: usize) -> String {
    format!("{number} {}", if number == 1 { "grant" } else { "grants" })
}

/// Objects that nobody knows, of each kind that is known.
fn nobodies(known: &Known) -> Vec<ObjectRef> {
    let altered = known.some_keys().into_iter().map(|key| altered(&key));
    altered.filter(|key| !known.objects.contains_key(key)).collect()
}

/// Looking for what is not there gives nothing.
pub(crate) fn missing_is_empty<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        let known = bench.known().await?;
        let mut queries = Vec::new();
        for key in nobodies(known) {
            let term = Term::Id(key.id.clone());
            queries.push(Query::Find { kind: key.kind.clone(), term });
            queries.push(Query::Objects { keys: vec![key] });
        }
        for grant in known.some_grants() {
            let principal = altered(&grant.key.principal);
            queries.push(Query::Grant { key: GrantKey { principal, ..grant.key.clone() } });
            let resource = altered(&grant.key.resource);
            queries.push(Query::Grant { key: GrantKey { resource, ..grant.key.clone() } });
        }
        for query in queries {
            let name = Probe::read(query.clone()).name();
            match bench.answer(&query).await {
                Ok(answer) if answer.is_empty() => {}
                Ok(_) => return broken(format!("{name}, which is not there, gives something.")),
                Err(end) => return failed(&format!("{name}, which is not there,"), &end),
            }
        }
        Ok(())
    }
    .boxed()
}

/// Asking about what is not there is `NotFound`.
pub(crate) fn missing_is_told<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        let known = bench.known().await?;
        let mut queries = Vec::new();
        for resource in known.resources() {
            queries.push(Query::Holders { resource: altered(resource), entitlement: None });
        }
        for principal in known.principals() {
            queries.push(Query::Holdings { principal: altered(principal) });
        }
        for grant in known.some_grants() {
            let mut nobody = grant.clone();
            nobody.key.principal = altered(&grant.key.principal);
            queries.push(paths(&nobody));
            let mut nothing = grant.clone();
            nothing.key.resource = altered(&grant.key.resource);
            queries.push(paths(&nothing));
        }
        for query in queries {
            let name = Probe::read(query.clone()).name();
            match bench.answer(&query).await {
                Err(CallEnd::Error(Error { kind: ErrorKind::NotFound, .. })) => {}
                Ok(_) => return broken(format!("{name}, which is not there, gives an answer.")),
                Err(end) => {
                    return broken(format!(
                        "{name}, which is not there, ended with {}",
                        told(&end)
                    ));
                }
            }
        }
        Ok(())
    }
    .boxed()
}

/// The pages of an answer come to an end.
pub(crate) fn progress<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        for Asked { name, answer } in bench.asked().await? {
            if let Ok(Whole { loops: Some(cursor), .. }) = answer {
                return broken(format!("{name} leads back to the page at {cursor}."));
            }
        }
        Ok(())
    }
    .boxed()
}

/// Every page of an answer can be read again, by a connector that was opened just now.
pub(crate) fn resumable<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        for Asked { answer, .. } in bench.asked().await? {
            let Ok(whole) = answer else { continue };
            for (probe, answer) in whole.pages.iter().rev() {
                let connector = bench.another()?;
                let again = bench.call_of(&connector, probe, How::READ).await.end;
                is_again(probe, &Told::Answer(answer.clone()), again)?;
            }
        }
        Ok(())
    }
    .boxed()
}

fn is_again(probe: &Probe, told: &Told, again: Result<Told, CallEnd>) -> Result<(), Stop> {
    match again {
        Ok(again) if again.says_the_same(told) => Ok(()),
        Ok(_) => broken(format!(
            "{} gave another page when it was read again, by a connector that was opened for it.",
            probe.name()
        )),
        Err(end) => failed(&format!("{}, read again,", probe.name()), &end),
    }
}
