//! What is told of the system: declared, counted, and the same each time.

use doorward_core::{Descriptor, Grant, GrantKey, ObjectRef, Query, Record, Resource};
use futures::FutureExt;
use futures::future::BoxFuture;
use std::collections::BTreeMap;

use crate::bench::Bench;
use crate::names::{is_kebab, is_sentence};
use crate::questions::Asked;
use crate::rule::{Seen, broken, left};

/// Only what the descriptor declares is delivered.
pub(crate) fn declared<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        let descriptor = bench.descriptor();
        for (_, record) in bench.walk().await.records() {
            if let Some(what) = undeclared(descriptor, record) {
                return broken(format!("A page holds {what}, which is not declared."));
            }
        }
        Ok(())
    }
    .boxed()
}

/// Of an answer to a question.
pub(crate) fn declared_in_answers<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        let descriptor = bench.descriptor();
        for Asked { answer, .. } in bench.asked().await? {
            let Ok(answer) = answer else { continue };
            for record in answer.records() {
                if let Some(what) = undeclared(descriptor, record) {
                    return broken(format!("An answer holds {what}, which is not declared."));
                }
            }
        }
        Ok(())
    }
    .boxed()
}

fn undeclared(descriptor: &Descriptor, record: &Record) -> Option<String> {
    match record {
        Record::Account(account) => undeclared_kind(descriptor, &account.key),
        Record::Resource(resource) => undeclared_kind(descriptor, &resource.key).or_else(|| {
            // A principal that is a resource elsewhere has no class here.
            let kind = descriptor.resource_kind(&resource.key.kind)?;
            (!kind.classes.contains(&resource.class))
                .then(|| format!("the class `{}`", resource.class))
        }),
        Record::Grant(Grant { key, .. }) => undeclared_grant(descriptor, key),
        Record::GoneObject(gone) => undeclared_kind(descriptor, &gone.key),
        Record::GoneGrant(gone) => undeclared_grant(descriptor, &gone.key),
        Record::Expected(_) | Record::Skipped(_) => None,
    }
}

fn undeclared_kind(descriptor: &Descriptor, key: &ObjectRef) -> Option<String> {
    (!descriptor.declares(&key.kind)).then(|| format!("the kind `{}`", key.kind))
}

fn undeclared_grant(descriptor: &Descriptor, key: &GrantKey) -> Option<String> {
    let Some(kind) = descriptor.resource_kind(&key.resource.kind) else {
        return Some(format!("a grant on the kind `{}`", key.resource.kind));
    };
    let Some(right) = kind.entitlements.iter().find(|right| right.id == key.entitlement) else {
        return Some(format!("the right `{}`", key.entitlement));
    };
    if !right.principals.contains(&key.principal.kind) {
        return Some(format!("`{}` for a `{}`", right.id, key.principal.kind));
    }
    let scope = key.scope.as_ref()?;
    (!right.scopes.contains(&scope.kind))
        .then(|| format!("`{}` within a `{}`", right.id, scope.kind))
}

/// What the provider counts is received, but for what is said to be missing.
pub(crate) fn counted<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        let walk = bench.whole_walk().await?;
        let mut expected: BTreeMap<&str, u64> = BTreeMap::new();
        let mut received: BTreeMap<&str, u64> = BTreeMap::new();
        let mut skips = false;
        for (_, record) in walk.records() {
            match record {
                Record::Account(account) => *received.entry(&account.key.kind).or_default() += 1,
                Record::Resource(resource) => *received.entry(&resource.key.kind).or_default() += 1,
                Record::Grant(_) => *received.entry("grant").or_default() += 1,
                Record::Skipped(gap) => skips |= gap.object.is_none(),
                Record::Expected(count) => {
                    if expected.insert(&count.what, count.count).is_some() {
                        return broken(format!("Of `{}` two counts are expected.", count.what));
                    }
                }
                Record::GoneObject(_) | Record::GoneGrant(_) => {}
            }
        }
        for (what, count) in expected {
            let got = received.get(what).copied().unwrap_or_default();
            if count.saturating_sub(got) > count / 100 && !skips {
                return broken(format!(
                    "Of `{what}` {count} were expected and {got} received, and nothing says what \
                     was left out."
                ));
            }
        }
        Ok(())
    }
    .boxed()
}

/// What cannot be changed is told with its reason and where to go instead.
pub(crate) fn refusals<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        let descriptor = bench.descriptor();
        for (_, record) in bench.walk().await.records() {
            let Record::Resource(resource) = record else { continue };
            let rights = descriptor.resource_kind(&resource.key.kind).map(|kind| &kind.entitlements);
            let known =
                |name: &String| rights.is_some_and(|rights| rights.iter().any(|one| one.id == *name));
            for rule in &resource.refusals {
                let refusal = &rule.refusal;
                let is_told = is_kebab(&refusal.code)
                    && is_sentence(&refusal.message)
                    && is_sentence(&refusal.remedy);
                if !is_told || rule.entitlements.is_empty() || !rule.entitlements.iter().all(known) {
                    return broken(format!(
                        "{} refuses with the code `{}`, the message `{}` and the remedy `{}`, for {}.",
                        resource.key,
                        refusal.code,
                        refusal.message,
                        refusal.remedy,
                        rule.entitlements.join(", ")
                    ));
                }
            }
        }
        Ok(())
    }
    .boxed()
}

/// Sync and a question tell the same of what can be changed, each time.
pub(crate) fn manageability<'b>(bench: &'b Bench<'_>) -> BoxFuture<'b, Seen> {
    async move {
        let mut synced: BTreeMap<&ObjectRef, &Resource> = BTreeMap::new();
        for (_, record) in bench.walk().await.records() {
            if let Record::Resource(resource) = record {
                synced.insert(&resource.key, resource);
            }
        }
        if synced.is_empty() {
            return left("The sync showed no resource.");
        }
        for (key, resource) in synced.into_iter().take(MOST_RESOURCES) {
            for _ in 0..2 {
                let query = Query::Objects { keys: vec![key.clone()] };
                let answer = bench.good_answer(&query).await?;
                let asked = answer.records().find_map(|record| match record {
                    Record::Resource(asked) if asked.key == *key => Some(asked),
                    _ => None,
                });
                if asked.is_some_and(|asked| manages(asked) != manages(resource)) {
                    return broken(format!(
                        "What can be changed on {key} is one thing in the sync and another in an \
                         answer."
                    ));
                }
            }
        }
        Ok(())
    }
    .boxed()
}

/// Resources that are asked for one by one.
const MOST_RESOURCES: usize = 20;

type Manages<'r> =
    (&'r str, bool, &'r [doorward_core::RefusalRule], &'r [doorward_core::KeptHolder]);

fn manages(resource: &Resource) -> Manages<'_> {
    (&resource.class, resource.privileged, &resource.refusals, &resource.keeps_last_holder)
}
