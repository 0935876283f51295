//! An independent client of delta queries: it merges, drops and replays as facts §3.6 ask of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::client::{Client, Got};

/// Follows a round to its deltaLink; each page has one link and never both (facts §3.6).
pub(crate) async fn round(client: &Client, first: &str) -> (Vec<Got>, String) {
    let (mut pages, mut next) = (Vec::new(), first.to_owned());
    loop {
        let got = client.get(&next).await;
        assert_eq!(got.status, 200, "{next}: {}", got.text);
        let onward = got.json["@odata.nextLink"].as_str().map(str::to_owned);
        let end = got.json["@odata.deltaLink"].as_str().map(str::to_owned);
        pages.push(got);
        assert!(pages.len() < 5_000, "it never ends");
        match (onward, end) {
            (Some(link), None) => {
                assert!(link.contains("$skiptoken=") && !link.contains("$deltatoken="));
                assert_ne!(link, next, "a link must lead on");
                next = link;
            }
            (None, Some(link)) => {
                assert!(link.contains("$deltatoken=") && !link.contains("$skiptoken="));
                return (pages, link);
            }
            both => panic!("one link: {both:?}"),
        }
    }
}

/// All items of a round, in the order of the pages.
pub(crate) async fn items(client: &Client, first: &str) -> (Vec<Value>, String) {
    let (pages, link) = round(client, first).await;
    (pages.iter().flat_map(|page| page.values().clone()).collect(), link)
}

/// The item of an object, merged over its appearances.
pub(crate) fn of<'a>(items: &'a [Value], id: &str) -> Vec<&'a Value> {
    items.iter().filter(|item| item["id"] == id).collect()
}

/// The ids below a relation, held or removed, over all appearances of an object.
pub(crate) fn linked(items: &[Value], id: &str, relation: &str, removed: bool) -> Vec<String> {
    let lists = of(items, id).into_iter().filter_map(|item| item[relation].as_array());
    let mut ids: Vec<String> = lists
        .flatten()
        .filter(|link| link.get("@removed").is_some() == removed)
        .map(|link| link["id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids.dedup();
    ids
}

/// What a client knows after some rounds.
#[derive(Debug, Default)]
pub(crate) struct Merged {
    pub(crate) objects: BTreeMap<String, Map<String, Value>>,
    pub(crate) links: BTreeMap<(String, String), BTreeSet<String>>,
    pub(crate) link: String,
}

impl Merged {
    /// Takes the next page in; true when it ended a round. Nothing is made of the order of pages.
    pub(crate) async fn page(&mut self, client: &Client, first: &str) -> bool {
        let next = if self.link.is_empty() { first.to_owned() } else { self.link.clone() };
        let got = client.get(&next).await;
        assert_eq!(got.status, 200, "{next}: {}", got.text);
        for item in got.values() {
            self.take(item);
        }
        let end = got.json["@odata.deltaLink"].as_str();
        self.link = end.or(got.json["@odata.nextLink"].as_str()).unwrap().to_owned();
        end.is_some()
    }

    /// An object that was removed leaves with its links.
    fn take(&mut self, item: &Value) {
        let id = item["id"].as_str().unwrap().to_owned();
        if item.get("@removed").is_some() {
            self.objects.remove(&id);
            self.links.retain(|(holder, _), _| *holder != id);
            return;
        }
        let object = self.objects.entry(id.clone()).or_default();
        for (name, value) in item.as_object().unwrap() {
            let Some(relation) = name.strip_suffix("@delta") else {
                object.insert(name.clone(), value.clone());
                continue;
            };
            let held = self.links.entry((id.clone(), relation.to_owned())).or_default();
            for link in value.as_array().unwrap() {
                let target = link["id"].as_str().unwrap().to_owned();
                if link.get("@removed").is_some() {
                    held.remove(&target);
                } else {
                    held.insert(target);
                }
            }
        }
    }

    /// Who is linked to an object, of those that still exist for this client or another.
    pub(crate) fn linked(&self, id: &str, relation: &str, alive: &BTreeSet<String>) -> Vec<String> {
        let held = self.links.get(&(id.to_owned(), relation.to_owned()));
        held.into_iter().flatten().filter(|target| alive.contains(*target)).cloned().collect()
    }
}
