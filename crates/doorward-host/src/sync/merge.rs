//! From pages, in merge order, to the tables of a snapshot.

use doorward_core::{Account, Grant, GrantKey, ObjectRef, Record, Resource, Skipped};
use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::ledger::Ledger;

/// The tables of a snapshot while they are put together.
#[derive(Default)]
pub(crate) struct Tables {
    pub(crate) accounts: BTreeMap<ObjectRef, Account>,
    pub(crate) resources: BTreeMap<ObjectRef, Resource>,
    /// By key and by what it is held through.
    pub(crate) grants: BTreeMap<(GrantKey, Option<ObjectRef>), Grant>,
    pub(crate) ledger: Ledger,
    /// The gaps in the ledger: of 50,000 groups that may not be read, each has one.
    told: HashSet<Skipped>,
    /// What went while the sync ran.
    gone: BTreeSet<ObjectRef>,
}

impl Tables {
    /// Empty tables, with the ledger of what was read.
    pub(crate) fn new(ledger: Ledger) -> Self {
        Self { ledger, ..Self::default() }
    }

    /// Adds one record. A later one of the same object or grant replaces an earlier one.
    pub(crate) fn add(&mut self, record: Record) {
        match record {
            Record::Account(account) => {
                self.gone.remove(&account.key);
                self.accounts.insert(account.key.clone(), account);
            }
            Record::Resource(resource) => {
                self.gone.remove(&resource.key);
                self.resources.insert(resource.key.clone(), resource);
            }
            Record::Grant(grant) => {
                self.grants.insert((grant.key.clone(), grant.via.clone()), grant);
            }
            Record::GoneObject(gone) => {
                self.accounts.remove(&gone.key);
                self.resources.remove(&gone.key);
                self.gone.insert(gone.key);
            }
            Record::GoneGrant(gone) => self.grants.retain(|(key, _), _| *key != gone.key),
            Record::Expected(expected) => {
                self.ledger.expected.insert(expected.what, expected.count);
            }
            Record::Skipped(skipped) => {
                // One reason for a thousand pages is said once.
                if self.told.insert(skipped.clone()) {
                    self.ledger.skipped.push(skipped);
                }
            }
        }
    }

    /// The objects that grants name and that no page delivered.
    pub(crate) fn unknown(&self) -> BTreeSet<ObjectRef> {
        let named = self.grants.keys().flat_map(|(key, _)| {
            [Some(&key.principal), Some(&key.resource), key.scope.as_ref()].into_iter().flatten()
        });
        named
            .filter(|key| !self.accounts.contains_key(key) && !self.resources.contains_key(key))
            .cloned()
            .collect()
    }

    /// Drops the grants of what went: another page may have told them before or after.
    pub(crate) fn bury(&mut self) {
        let gone = std::mem::take(&mut self.gone);
        self.grants.retain(|(key, _), _| {
            let scope = key.scope.as_ref();
            ![Some(&key.principal), Some(&key.resource), scope]
                .into_iter()
                .flatten()
                .any(|object| gone.contains(object))
        });
    }

    /// Counts what was received. Where it is far less than the provider's own count, which lags behind
    /// what changes, objects are missing though no page said so.
    pub(crate) fn count(&mut self) {
        let received = &mut self.ledger.received;
        for key in self.accounts.keys().chain(self.resources.keys()) {
            *received.entry(key.kind.clone()).or_default() += 1;
        }
        received.insert("grant".to_owned(), u64::try_from(self.grants.len()).unwrap_or(u64::MAX));
        let counts = self.ledger.expected.iter().map(|(what, expected)| {
            (what, *expected, self.ledger.received.get(what).copied().unwrap_or_default())
        });
        let short = counts.filter(|(_, expected, received)| is_short(*expected, *received));
        let gaps: Vec<Skipped> =
            short.map(|(what, expected, got)| fewer(what, expected, got)).collect();
        self.ledger.skipped.extend(gaps);
    }
}

/// As many may have gone, or not be counted yet, while a sync runs.
fn is_short(expected: u64, received: u64) -> bool {
    expected.saturating_sub(received) > (expected / 100).max(20)
}

fn fewer(what: &str, expected: u64, received: u64) -> Skipped {
    Skipped {
        object: None,
        code: "fewer-than-expected".to_owned(),
        message: format!(
            "Of the kind {what} the provider counted {expected} objects and delivered {received}."
        ),
        attributes: Default::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn gap(code: &str, group: Option<usize>) -> Record {
        let object = group.map(|group| json!({"kind": "group", "id": group.to_string()}));
        let gap = json!({"record": "skipped", "code": code, "message": "m", "object": object});
        serde_json::from_value(gap).unwrap()
    }

    #[test]
    fn far_fewer_than_the_provider_counts_is_a_gap() {
        let table = [(0, 0, false), (5, 0, false), (20, 0, false), (21, 0, true), (30, 29, false)];
        let large = [(20_000, 19_900, false), (20_000, 19_799, true), (20_000, 20_500, false)];
        for (expected, received, gap) in table.into_iter().chain(large) {
            let mut tables = Tables::default();
            let count = json!({"record": "expected", "what": "user", "count": expected});
            tables.add(serde_json::from_value(count).unwrap());
            for id in 0..received {
                let user = json!({"record": "account", "name": "U",
                    "key": {"kind": "user", "id": id.to_string()}});
                tables.add(serde_json::from_value(user).unwrap());
            }
            tables.count();
            assert_eq!(!tables.ledger.is_complete(), gap, "{expected} {received}");
        }
    }

    /// One reason for a thousand pages is said once. Quadratic, this takes minutes.
    #[test]
    fn each_gap_is_told_once_in_the_order_of_pages_however_many_there_are() {
        const GROUPS: usize = 50_000;
        let mut tables = Tables::default();
        for _ in 0..2 {
            tables.add(gap("whole", None));
            for group in 0..GROUPS {
                tables.add(gap("forbidden", Some(group)));
            }
        }
        let told = &tables.ledger.skipped;
        assert_eq!(told.len(), 1 + GROUPS);
        assert_eq!(told[0].code, "whole");
        let ids = told.iter().filter_map(|gap| gap.object.as_ref()).map(|key| key.id.as_str());
        assert!(ids.eq((0..GROUPS).map(|group| group.to_string())));
    }
}
