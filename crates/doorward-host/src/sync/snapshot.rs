//! What the last finished sync saw, and the answers that it gives without asking the provider.

use doorward_core::{
    AccessPath, Account, Descriptor, Grant, GrantKey, Object, ObjectRef, Resource, Result, Skipped,
    Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::ledger::Ledger;
use crate::access::{AccessList, AccessRow, Explanation, Label};
use crate::resolve::choose;
use crate::selector::Selector;

/// Ways that are told.
const MOST_PATHS: usize = 200;
/// Steps that are taken to find them: a tangle of groups must not take for ever.
const MOST_STEPS: usize = 100_000;

/// A name of the last sync, as it may be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownName {
    /// Whose.
    pub key: ObjectRef,
    /// The name, or the one that it signs in with.
    pub text: String,
    /// The other of the two.
    pub other: Option<String>,
    /// Whether it signs in with this one.
    pub is_login: bool,
    /// Whether another object of this kind has it, too.
    pub is_shared: bool,
}

/// What one finished sync saw. Tables are sorted by key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// Our own id of the sync.
    pub id: String,
    /// When it began.
    pub started: Timestamp,
    /// When it was finished.
    pub finished: Timestamp,
    /// The accounts.
    pub accounts: Vec<Account>,
    /// The resources.
    pub resources: Vec<Resource>,
    /// Who holds what, directly.
    pub grants: Vec<Grant>,
    /// What was expected, received and left out.
    pub ledger: Ledger,
    /// Facts learned about the provider.
    #[serde(default)]
    pub facts: BTreeSet<String>,
    /// Where an incremental sync of each stream would begin.
    #[serde(default)]
    pub bookmarks: BTreeMap<String, Value>,
}

impl Snapshot {
    fn account(&self, key: &ObjectRef) -> Option<&Account> {
        let place = self.accounts.binary_search_by(|account| account.key.cmp(key)).ok()?;
        self.accounts.get(place)
    }

    fn resource(&self, key: &ObjectRef) -> Option<&Resource> {
        let place = self.resources.binary_search_by(|resource| resource.key.cmp(key)).ok()?;
        self.resources.get(place)
    }

    fn label(&self, key: &ObjectRef) -> Option<Label> {
        let account = || {
            let account = self.account(key)?;
            Some(Label { name: account.name.clone(), login: account.login.clone() })
        };
        match self.resource(key) {
            Some(resource) => Some(Label { name: resource.name.clone(), login: None }),
            None => account(),
        }
    }

    /// The one object that the selector names, by the rules of a live look.
    ///
    /// # Errors
    /// `NotFound`; `Ambiguous` with the candidates.
    pub fn find(&self, selector: &Selector) -> Result<Object> {
        let accounts = self.accounts.iter().cloned().map(Object::Account);
        let resources = self.resources.iter().cloned().map(Object::Resource);
        choose(selector, accounts.chain(resources), "the last sync")
    }

    /// A grant with the names of both ends.
    pub fn row(&self, grant: &Grant) -> AccessRow {
        AccessRow::named(grant.clone(), &|key| self.label(key))
    }

    /// Who holds entitlements on the resource directly.
    pub fn holders(&self, subject: Object) -> AccessList {
        let key = subject.key().clone();
        let held = self.grants.iter().filter(|grant| grant.key.resource == key);
        let rows = held.map(|grant| self.row(grant)).collect();
        // Who holds it by a grant that was read is told, also when nobody could read more of them.
        let gaps = self.ledger.skipped.iter();
        let skipped = gaps.filter(|gap| gap.object.as_ref().is_none_or(|object| *object == key));
        AccessList::new(subject, rows, skipped.cloned().collect())
    }

    /// What the principal holds, directly and through others.
    pub fn holdings(&self, subject: Object, descriptor: &Descriptor) -> AccessList {
        let web = Web::new(self, descriptor);
        let key = subject.key().clone();
        let own = self.grants.iter().filter(|grant| grant.key.principal == key);
        let mut rows: Vec<AccessRow> = own.map(|grant| self.row(grant)).collect();
        let direct: BTreeSet<GrantKey> = rows.iter().map(|row| row.grant.key.clone()).collect();
        for group in web.belongs_to(&key) {
            for grant in web.held_by(&group) {
                let key = GrantKey { principal: key.clone(), ..grant.key.clone() };
                if web.passes_on(&grant.key) && !direct.contains(&key) {
                    let inherited = Grant { key, via: Some(group.clone()), ..(*grant).clone() };
                    rows.push(self.row(&inherited));
                }
            }
        }
        AccessList::new(subject, rows, self.gaps_on_the_way(descriptor))
    }

    /// Every way by which the principal has the entitlement on the resource.
    pub fn explain(
        &self,
        principal: Object,
        resource: Object,
        entitlement: &str,
        descriptor: &Descriptor,
    ) -> Explanation {
        let web = Web::new(self, descriptor);
        let (mut paths, is_cut) = web.paths(principal.key(), resource.key(), entitlement);
        for path in &mut paths {
            let ends = path.grants.iter().map(|grant| match &grant.scope {
                None => self.name(&grant.resource),
                Some(scope) => {
                    format!("{} within {}", self.name(&grant.resource), self.name(scope))
                }
            });
            path.names = std::iter::once(self.name(principal.key())).chain(ends).collect();
        }
        paths.sort_by(AccessPath::order);
        let mut skipped = self.gaps_on_the_way(descriptor);
        if is_cut {
            skipped.push(Skipped {
                object: Some(resource.key().clone()),
                code: "path-limit".to_owned(),
                message: "There are more ways than are told.".to_owned(),
                attributes: Default::default(),
            });
        }
        Explanation { principal, resource, entitlement: entitlement.to_owned(), paths, skipped }
    }

    fn name(&self, key: &ObjectRef) -> String {
        self.label(key).map_or_else(|| key.id.clone(), |label| label.name)
    }

    /// What was left out of the whole, unresolved objects among it.
    pub fn gaps(&self) -> Vec<Skipped> {
        let unresolved = self.ledger.unresolved.iter().map(unresolved);
        self.ledger.skipped.iter().cloned().chain(unresolved).collect()
    }

    /// What was left out of what somebody may hold: a membership may be hidden in any group, and an
    /// unresolved group may lead on. A person that is gone leads nowhere.
    fn gaps_on_the_way(&self, descriptor: &Descriptor) -> Vec<Skipped> {
        let leads_on = |key: &&ObjectRef| {
            let kind = descriptor.resource_kind(&key.kind);
            kind.is_some_and(|kind| !kind.entitlements.is_empty())
        };
        let unresolved = self.ledger.unresolved.iter().filter(leads_on).map(unresolved);
        self.ledger.skipped.iter().cloned().chain(unresolved).collect()
    }
}

/// An object that a grant names and that could not be read.
fn unresolved(key: &ObjectRef) -> Skipped {
    Skipped {
        object: Some(key.clone()),
        code: "unresolved".to_owned(),
        message: format!("{key} holds or gives access, and cannot be read."),
        attributes: Default::default(),
    }
}

/// Who has what access, for walking from a principal to what it has. What somebody may only activate,
/// or has at another time, leads nowhere.
struct Web<'a> {
    held: BTreeMap<&'a ObjectRef, Vec<&'a Grant>>,
    descriptor: &'a Descriptor,
}

impl<'a> Web<'a> {
    fn new(snapshot: &'a Snapshot, descriptor: &'a Descriptor) -> Self {
        let mut held: BTreeMap<&ObjectRef, Vec<&Grant>> = BTreeMap::new();
        let gives_access = |grant: &&Grant| grant.gives_access(snapshot.finished);
        for grant in snapshot.grants.iter().filter(gives_access) {
            held.entry(&grant.key.principal).or_default().push(grant);
        }
        Self { held, descriptor }
    }

    fn held_by(&self, key: &ObjectRef) -> &[&'a Grant] {
        self.held.get(key).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether those who belong to a group that holds this hold it, too.
    fn passes_on(&self, key: &GrantKey) -> bool {
        let kind = self.descriptor.resource_kind(&key.resource.kind);
        let rights = kind.map(|kind| kind.entitlements.as_slice()).unwrap_or_default();
        rights.iter().any(|right| right.id == key.entitlement && right.transitive)
    }

    /// Whether this makes its holder belong to the resource: a kind's first entitlement does.
    fn belongs(&self, key: &GrantKey) -> bool {
        let kind = self.descriptor.resource_kind(&key.resource.kind);
        kind.and_then(|kind| kind.entitlements.first())
            .is_some_and(|right| right.id == key.entitlement && right.transitive)
    }

    /// Everything that it belongs to, directly or not; cycles end.
    fn belongs_to(&self, key: &ObjectRef) -> BTreeSet<ObjectRef> {
        let mut found = BTreeSet::new();
        let mut open = vec![key.clone()];
        while let Some(next) = open.pop() {
            for grant in self.held_by(&next) {
                let to = &grant.key.resource;
                if self.belongs(&grant.key) && to != key && found.insert(to.clone()) {
                    open.push(to.clone());
                }
            }
        }
        found
    }

    /// Every way without a repeated object, and whether some were left out. Breadth first, so that
    /// the shortest are told.
    fn paths(
        &self,
        principal: &ObjectRef,
        resource: &ObjectRef,
        entitlement: &str,
    ) -> (Vec<AccessPath>, bool) {
        let mut found: Vec<AccessPath> = Vec::new();
        let mut open: VecDeque<Vec<GrantKey>> = VecDeque::from([Vec::new()]);
        let mut steps = 0;
        while let Some(way) = open.pop_front() {
            let at = way.last().map_or(principal, |grant| &grant.resource).clone();
            for grant in self.held_by(&at) {
                steps += 1;
                if steps > MOST_STEPS || found.len() >= MOST_PATHS {
                    return (found, true);
                }
                let key = &grant.key;
                let ends = key.resource == *resource && key.entitlement == entitlement;
                if ends && (way.is_empty() || self.passes_on(key)) {
                    let grants = way.iter().chain([key]).cloned().collect();
                    found.push(AccessPath {
                        grants,
                        names: Vec::new(),
                        attributes: Default::default(),
                    });
                    continue;
                }
                let is_new = key.resource != *principal
                    && key.resource != *resource
                    && way.iter().all(|step| step.resource != key.resource);
                if is_new && self.belongs(key) {
                    open.push_back(way.iter().chain([key]).cloned().collect());
                }
            }
        }
        (found, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn descriptor() -> Descriptor {
        let right = |id: &str, transitive: bool| json!({"id": id, "summary": "s", "principals": ["user", "group"], "transitive": transitive});
        serde_json::from_value(json!({
            "id": "x", "version": "1", "name": "X", "summary": "s", "needs": [],
            "connectionSchema": {}, "principalKinds": [{"kind": "user", "name": "user"}],
            "resourceKinds": [
                {"kind": "group", "name": "group", "classes": [],
                    "entitlements": [right("member", true), right("owner", false)]},
                {"kind": "role", "name": "role", "classes": [],
                    "entitlements": [right("assigned", true)]}],
            "capabilities": [], "permissions": [], "uses": [],
            "setup": {"warnings": [], "steps": [], "scripts": []},
            "pacing": {"maxInFlight": 0}, "maxBatch": 1,
        }))
        .unwrap()
    }

    fn key(text: &str) -> ObjectRef {
        let kind = match text.chars().next() {
            Some('u') => "user",
            Some('R') => "role",
            _ => "group",
        };
        ObjectRef::new(kind, text)
    }

    /// Grants as `who right what`.
    fn snapshot(grants: &[&str]) -> Snapshot {
        let grants = grants.iter().map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            Grant::new(GrantKey::new(key(words[0]), key(words[2]), words[1]))
        });
        Snapshot {
            id: "s".to_owned(),
            started: Timestamp::UNIX_EPOCH,
            finished: Timestamp::UNIX_EPOCH,
            accounts: Vec::new(),
            resources: Vec::new(),
            grants: grants.collect(),
            ledger: Ledger::default(),
            facts: BTreeSet::new(),
            bookmarks: BTreeMap::new(),
        }
    }

    fn subject(text: &str) -> Object {
        let object = json!({"object": "account", "key": key(text), "name": text});
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn ways_lead_through_groups_and_owners_never_nest() {
        let seen = snapshot(&[
            "u member A",
            "A member B",
            "B member C",
            "u member C",
            "C assigned R",
            "A owner D",
            "C member A",
        ]);
        let ways = |to: &str, right: &str| -> Vec<String> {
            let told = seen.explain(subject("u"), subject(to), right, &descriptor());
            told.paths.iter().map(|path| path.names.join(">")).collect()
        };
        assert_eq!(ways("C", "member"), ["u>C", "u>A>B>C"]);
        assert_eq!(ways("A", "member"), ["u>A", "u>C>A"]);
        assert_eq!(ways("R", "assigned"), ["u>C>R", "u>A>B>C>R"]);
        assert_eq!(ways("D", "owner"), Vec::<String>::new());
    }

    #[test]
    fn a_way_that_ends_within_something_says_so() {
        let mut seen = snapshot(&["u assigned R"]);
        seen.grants[0].key.scope = Some(ObjectRef::new("au", "EMEA"));
        let told = seen.explain(subject("u"), subject("R"), "assigned", &descriptor());
        assert_eq!(told.paths[0].names, ["u", "R within EMEA"]);
    }

    #[test]
    fn holdings_are_direct_and_inherited_each_once() {
        let seen =
            snapshot(&["u member A", "A member B", "B member A", "B assigned R", "A owner D"]);
        let list = seen.holdings(subject("u"), &descriptor());
        let mut rows: Vec<String> = list
            .rows
            .iter()
            .map(|row| {
                let via = row.grant.via.as_ref().map(|via| via.id.as_str()).unwrap_or("-");
                format!("{} {} {via}", row.grant.key.entitlement, row.grant.key.resource.id)
            })
            .collect();
        rows.sort();
        assert_eq!(rows, ["assigned R B", "member A -", "member B A"]);
    }

    /// A group that could not be read may lead on; a person that is gone leads nowhere.
    #[test]
    fn what_is_unresolved_leaves_a_gap_in_the_answers_that_it_matters_to() {
        let mut seen = snapshot(&["u member A", "u member G9", "u9 member A"]);
        seen.ledger.unresolved = vec![key("G9"), key("u9")];
        let told = |gaps: &[Skipped]| -> Vec<String> {
            let id = |gap: &Skipped| gap.object.as_ref().map(|key| key.id.clone());
            gaps.iter().map(|gap| format!("{} {:?}", gap.code, id(gap))).collect()
        };
        let group = "unresolved Some(\"G9\")";
        let holdings = seen.holdings(subject("u"), &descriptor());
        assert_eq!(told(&holdings.skipped), [group]);
        let explained = seen.explain(subject("u"), subject("A"), "member", &descriptor());
        assert_eq!(told(&explained.skipped), [group]);
        assert_eq!(told(&seen.holders(subject("A")).skipped), Vec::<String>::new());
        assert_eq!(told(&seen.gaps()), [group, "unresolved Some(\"u9\")"]);
    }

    #[test]
    fn a_tangle_of_groups_is_cut_and_said_so() {
        let mut grants = vec!["u member G0a".to_owned(), "u member G0b".to_owned()];
        for layer in 0..12 {
            for from in ["a", "b"] {
                for to in ["a", "b"] {
                    grants.push(format!("G{layer}{from} member G{}{to}", layer + 1));
                }
            }
        }
        let lines: Vec<&str> = grants.iter().map(String::as_str).collect();
        let told = snapshot(&lines).explain(subject("u"), subject("G12a"), "member", &descriptor());
        assert_eq!(told.paths.len(), MOST_PATHS);
        assert_eq!(told.skipped[0].code, "path-limit");
    }
}
