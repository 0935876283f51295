//! Names to objects, ordered, so that `eq`, `startswith` and `$orderby` need no scan.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::{Handle, Kind};

/// The properties that are indexed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Field {
    DisplayName,
    Mail,
    UserPrincipalName,
    MailNickname,
}

impl Field {
    pub(crate) fn of_property(property: &str) -> Option<Self> {
        match property {
            "displayName" => Some(Self::DisplayName),
            "mail" => Some(Self::Mail),
            "userPrincipalName" => Some(Self::UserPrincipalName),
            "mailNickname" => Some(Self::MailNickname),
            _ => None,
        }
    }
}

/// Comparison in the directory ignores case.
pub(crate) fn fold(text: &str) -> String {
    text.to_lowercase()
}

type Entry = (Box<str>, Handle);

/// One ordered set per kind and property.
#[derive(Default)]
pub(crate) struct Names {
    sets: BTreeMap<(Kind, Field), BTreeSet<Entry>>,
}

impl Names {
    pub(crate) fn add(&mut self, kind: Kind, field: Field, name: &str, handle: Handle) {
        self.sets.entry((kind, field)).or_default().insert((fold(name).into(), handle));
    }

    pub(crate) fn remove(&mut self, kind: Kind, field: Field, name: &str, handle: Handle) {
        if let Some(set) = self.sets.get_mut(&(kind, field)) {
            set.remove(&(fold(name).into(), handle));
        }
    }

    /// Loads many names of one kind at once; sorting once is much faster than inserting one by one.
    pub(crate) fn fill(
        &mut self,
        kind: Kind,
        entries: impl Iterator<Item = (Field, String, Handle)>,
    ) {
        let mut lists: BTreeMap<Field, Vec<Entry>> = BTreeMap::new();
        for (field, name, handle) in entries {
            lists.entry(field).or_default().push((fold(&name).into(), handle));
        }
        for (field, list) in lists {
            self.sets.insert((kind, field), list.into_iter().collect());
        }
    }

    /// Handles with exactly this name, ascending.
    pub(crate) fn equal(&self, kind: Kind, field: Field, name: &str) -> Vec<Handle> {
        let folded: Box<str> = fold(name).into();
        self.set(kind, field).map_or_else(Vec::new, |set| {
            set.range((folded.clone(), Handle::FIRST)..=(folded, Handle::LAST))
                .map(|entry| entry.1)
                .collect()
        })
    }

    /// Handles whose name starts so, ascending by handle.
    pub(crate) fn starting(&self, kind: Kind, field: Field, prefix: &str) -> Vec<Handle> {
        let folded: Box<str> = fold(prefix).into();
        let mut found: Vec<Handle> = self.set(kind, field).map_or_else(Vec::new, |set| {
            set.range((folded.clone(), Handle::FIRST)..)
                .take_while(|entry| entry.0.starts_with(&*folded))
                .map(|entry| entry.1)
                .collect()
        });
        found.sort_unstable();
        found
    }

    /// All entries behind `after` in name order, or before it when descending.
    pub(crate) fn ordered<'a>(
        &'a self,
        kind: Kind,
        field: Field,
        after: Option<(String, Handle)>,
        descending: bool,
    ) -> Box<dyn Iterator<Item = (&'a str, Handle)> + 'a> {
        let Some(set) = self.set(kind, field) else { return Box::new(std::iter::empty()) };
        let bound =
            after.map_or(Bound::Unbounded, |(name, handle)| Bound::Excluded((name.into(), handle)));
        let entry = |entry: &'a Entry| (&*entry.0, entry.1);
        if descending {
            Box::new(set.range((Bound::Unbounded, bound)).rev().map(entry))
        } else {
            Box::new(set.range((bound, Bound::Unbounded)).map(entry))
        }
    }

    fn set(&self, kind: Kind, field: Field) -> Option<&BTreeSet<Entry>> {
        self.sets.get(&(kind, field))
    }
}
