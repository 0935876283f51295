//! The suite finds what it is for: each planted defect, by the one rule that it breaks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod connector;
mod defect;
mod document;
mod service;

use doorward_core::{Clock, Level as Loudness, Log, ObjectRef, Random, Resource, Timestamp};
use doorward_testkit::{Change, RULES, Report, Subject, Verdict, run};
use secrecy::SecretString;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::time::Instant;

use connector::Keys;
use defect::{DEFECTS, Defect};
use service::House;

struct Virtual(Instant);

impl Clock for Virtual {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap() + self.0.elapsed()
    }
}

#[derive(Default)]
struct Counter(AtomicU64);

impl Random for Counter {
    fn next(&self) -> u64 {
        self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed)
    }
}

struct Silence;

impl Log for Silence {
    fn log(&self, _: Loudness, _: &str) {}
}

fn hall() -> Resource {
    serde_json::from_value(
        json!({"key": {"kind": "room", "id": "r2"}, "name": "Hall", "class": "room"}),
    )
    .unwrap()
}

fn change(person: &str) -> Change {
    Change {
        principal: ObjectRef::new("person", person),
        resource: hall(),
        entitlement: "key".to_owned(),
        scope: None,
    }
}

/// Tries a connector with this defect on this house.
async fn tried(defect: Option<Defect>, house: &Arc<House>, change: Option<Change>) -> Report {
    let factory = Keys::new(defect);
    let connection =
        json!({"origin": "https://house.example", "token": {"pointer": "/token"}, "floor": 1});
    let subject = Subject {
        factory: &factory,
        connection: serde_json::from_value(connection).unwrap(),
        secrets: [("/token", SecretString::from("right-token"))].into_iter().collect(),
        transport: Arc::clone(house) as _,
        clock: Arc::new(Virtual(Instant::now())),
        random: Arc::new(Counter::default()),
        log: Arc::new(Silence),
        change,
    };
    run(&subject).await.unwrap()
}

/// The broken rules with what was seen.
fn broken(report: &Report) -> Vec<(&str, &str)> {
    let seen = |verdict: &'_ Verdict| matches!(verdict, Verdict::Failed { .. });
    let failed = report.rules.iter().filter(|rule| seen(&rule.verdict));
    failed
        .map(|rule| match &rule.verdict {
            Verdict::Failed { seen, .. } => (rule.rule, seen.as_str()),
            _ => (rule.rule, ""),
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_connector_without_a_defect_keeps_every_rule() {
    for (person, held) in [("p2", false), ("p4", true)] {
        let house = Arc::new(House::new());
        if held {
            house.0.lock().unwrap().insert((person.to_owned(), "r2".to_owned()));
        }
        let before = house.0.lock().unwrap().clone();
        let report = tried(None, &house, Some(change(person))).await;
        for rule in &report.rules {
            assert_eq!(rule.verdict, Verdict::Passed, "{}", rule.rule);
        }
        assert!(report.conforms && report.not_restored.is_none());
        assert_eq!(*house.0.lock().unwrap(), before, "it is left as it was found");
    }
}

#[tokio::test(start_paused = true)]
async fn every_defect_is_found_by_the_rule_that_is_for_it() {
    let mut wrong = Vec::new();
    for (defect, rule) in DEFECTS {
        let house = Arc::new(House::new());
        let report = tried(Some(defect), &house, Some(change("p2"))).await;
        let found = broken(&report);
        if found.iter().map(|(rule, _)| *rule).collect::<Vec<_>>() != [rule] {
            wrong.push(format!("{defect:?} should break `{rule}`, and breaks {found:#?}"));
        }
        if house.holds("p2", "r2") {
            wrong.push(format!("{defect:?}: the access was not put back"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_was_seen_to_fail() {
    let seen: BTreeSet<&str> = DEFECTS.iter().map(|(_, rule)| *rule).collect();
    let rules: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(seen, rules);
    assert_eq!(rules.len(), RULES.len(), "an id is there twice");
}

#[tokio::test(start_paused = true)]
async fn without_a_pair_nothing_is_changed_and_the_rules_are_skipped() {
    let house = Arc::new(House::new());
    let before = house.0.lock().unwrap().clone();
    let report = tried(None, &house, None).await;
    assert_eq!(*house.0.lock().unwrap(), before);
    let skipped = report.rules.iter().filter(|rule| rule.verdict != Verdict::Passed);
    let skipped: Vec<&str> = skipped.map(|rule| rule.rule).collect();
    assert_eq!(
        skipped,
        [
            "plan-writes-nothing",
            "apply-one-write",
            "apply-outcomes",
            "apply-unknown-target",
            "apply-throttled",
            "grant-granted",
            "grant-already",
            "revoke-revoked",
            "revoke-already",
            "settle-looks",
        ]
    );
    assert!(report.conforms);
}
