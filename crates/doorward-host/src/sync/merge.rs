//! From pages, in merge order, to the tables of a snapshot.

use doorward_core::{Account, Grant, GrantKey, ObjectRef, Record, Resource};
use std::collections::{BTreeMap, BTreeSet};

use super::ledger::Ledger;

/// The tables of a snapshot while they are put together.
#[derive(Default)]
pub(crate) struct Tables {
    pub(crate) accounts: BTreeMap<ObjectRef, Account>,
    pub(crate) resources: BTreeMap<ObjectRef, Resource>,
    /// By key and by what it is held through.
    pub(crate) grants: BTreeMap<(GrantKey, Option<ObjectRef>), Grant>,
    pub(crate) ledger: Ledger,
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
                if !self.ledger.skipped.contains(&skipped) {
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

    /// Counts what was received.
    pub(crate) fn count(&mut self) {
        let received = &mut self.ledger.received;
        for key in self.accounts.keys().chain(self.resources.keys()) {
            *received.entry(key.kind.clone()).or_default() += 1;
        }
        received.insert("grant".to_owned(), u64::try_from(self.grants.len()).unwrap_or(u64::MAX));
    }
}
