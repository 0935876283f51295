//! What is known of the system, and what can be asked about it.

use doorward_core::{
    AccessPath, Answer, Capability, Grant, Object, ObjectRef, Query, ReadRequest, Record, Term,
};
use std::collections::{BTreeMap, BTreeSet};

use doorward_http::CallEnd;

use crate::bench::{Bench, failed};
use crate::probe::{Probe, Told};
use crate::rule::{Stop, left};

/// Pages of one answer that are read.
const MOST_PAGES: usize = 100;

/// What a sync showed, or what was named.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) objects: BTreeMap<ObjectRef, Object>,
    /// Those that are held directly.
    pub(crate) grants: Vec<Grant>,
}

/// An answer to its last page.
#[derive(Debug, Default)]
pub(crate) struct Whole {
    pub(crate) pages: Vec<(Probe, Answer)>,
    /// A page that leads to one that was read.
    pub(crate) loops: Option<String>,
}

/// A question that was asked.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) name: String,
    pub(crate) answer: Result<Whole, CallEnd>,
}

impl Whole {
    pub(crate) fn records(&self) -> impl Iterator<Item = &Record> {
        self.pages.iter().flat_map(|(_, page)| &page.records)
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = &AccessPath> {
        self.pages.iter().flat_map(|(_, page)| &page.paths)
    }

    pub(crate) fn has_gap(&self) -> bool {
        self.records().any(|record| matches!(record, Record::Skipped(_)))
    }

    /// Whether nothing is in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.records().next().is_none() && self.paths().next().is_none()
    }

    pub(crate) fn objects(&self) -> BTreeSet<&ObjectRef> {
        self.records().filter_map(key).collect()
    }

    /// The grants that are held directly.
    pub(crate) fn grants(&self) -> impl Iterator<Item = &Grant> {
        self.records().filter_map(|record| match record {
            Record::Grant(grant) if grant.via.is_none() => Some(grant),
            _ => None,
        })
    }
}

fn key(record: &Record) -> Option<&ObjectRef> {
    match record {
        Record::Account(account) => Some(&account.key),
        Record::Resource(resource) => Some(&resource.key),
        _ => None,
    }
}

impl Known {
    /// The first object of each kind, with a name.
    fn one_of_each(&self) -> impl Iterator<Item = &Object> {
        let mut kinds = BTreeSet::new();
        self.objects
            .values()
            .filter(|object| !object.name().is_empty())
            .filter(move |object| kinds.insert(object.key().kind.clone()))
    }

    /// What most grants are about, by this side of them.
    fn busiest<'k>(
        &'k self,
        side: fn(&'k Grant) -> &'k ObjectRef,
        most: usize,
    ) -> Vec<&'k ObjectRef> {
        let mut counts: BTreeMap<&ObjectRef, usize> = BTreeMap::new();
        for grant in &self.grants {
            *counts.entry(side(grant)).or_default() += 1;
        }
        let mut all: Vec<(&ObjectRef, usize)> = counts.into_iter().collect();
        all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        all.into_iter().map(|(key, _)| key).take(most).collect()
    }

    /// The resources that most hold something on.
    pub(crate) fn resources(&self) -> Vec<&ObjectRef> {
        self.busiest(|grant| &grant.key.resource, 3)
    }

    /// Those who hold most.
    pub(crate) fn principals(&self) -> Vec<&ObjectRef> {
        self.busiest(|grant| &grant.key.principal, 2)
    }

    /// One grant on each of the busiest resources.
    pub(crate) fn some_grants(&self) -> Vec<&Grant> {
        let on = |key: &&ObjectRef| self.grants.iter().find(|grant| grant.key.resource == **key);
        self.resources().iter().filter_map(on).collect()
    }

    /// A kind may be found by name when the descriptor says so, a resource always.
    pub(crate) fn finds(&self, bench: &Bench<'_>) -> Vec<(ObjectRef, Query)> {
        let mut finds = Vec::new();
        let descriptor = bench.descriptor();
        for object in self.one_of_each() {
            let key = object.key();
            let kind = key.kind.clone();
            let searchable = descriptor.resource_kind(&kind).is_some()
                || descriptor.principal_kinds.iter().any(|one| one.kind == kind && one.searchable);
            if searchable {
                let term = Term::Name(object.name().to_owned());
                finds.push((key.clone(), Query::Find { kind: kind.clone(), term }));
            }
            let term = Term::Id(key.id.clone());
            finds.push((key.clone(), Query::Find { kind, term }));
        }
        finds
    }

    /// Objects of several kinds.
    pub(crate) fn some_keys(&self) -> Vec<ObjectRef> {
        self.one_of_each().map(|object| object.key().clone()).take(8).collect()
    }

    /// Questions of every kind.
    pub(crate) fn questions(&self, bench: &Bench<'_>) -> Vec<Query> {
        let mut questions: Vec<Query> =
            self.finds(bench).into_iter().map(|(_, query)| query).collect();
        questions.push(Query::Objects { keys: self.some_keys() });
        let holders =
            |resource: &ObjectRef| Query::Holders { resource: resource.clone(), entitlement: None };
        questions.extend(self.resources().into_iter().map(holders));
        let holdings = |principal: &ObjectRef| Query::Holdings { principal: principal.clone() };
        questions.extend(self.principals().into_iter().map(holdings));
        for grant in self.some_grants() {
            questions.push(Query::Grant { key: grant.key.clone() });
            questions.push(paths(grant));
        }
        questions
    }
}

/// Every way that leads to what the grant gives.
pub(crate) fn paths(grant: &Grant) -> Query {
    Query::Paths {
        principal: grant.key.principal.clone(),
        resource: grant.key.resource.clone(),
        entitlement: grant.key.entitlement.clone(),
    }
}

impl Bench<'_> {
    /// What is known of the system.
    ///
    /// # Errors
    /// Left out when nothing is.
    pub(crate) async fn known(&self) -> Result<&Known, Stop> {
        let known = self.known.get_or_init(|| self.learn()).await;
        if known.objects.is_empty() {
            return left("Nothing in the system is known that could be asked for.");
        }
        Ok(known)
    }

    async fn learn(&self) -> Known {
        let mut known = Known::default();
        if self.descriptor().can(Capability::Sync) {
            for (_, record) in self.walk().await.records() {
                known.learn(record);
            }
        } else if let Some(change) = &self.subject.change {
            let resource = change.resource.clone();
            known.objects.insert(resource.key.clone(), Object::Resource(resource));
            let keys = vec![change.principal.clone()];
            let probe = Probe::read(Query::Objects { keys });
            if let Ok(told) = self.read(&probe).await {
                told.records().iter().for_each(|record| known.learn(record));
            }
        }
        known
    }

    /// The answers to questions of every kind.
    ///
    /// # Errors
    /// Left out when there is nothing to ask for.
    pub(crate) async fn asked(&self) -> Result<&[Asked], Stop> {
        let known = self.known().await?;
        let asked = self.asked.get_or_init(|| async {
            let mut asked = Vec::new();
            for query in known.questions(self) {
                let answer = self.answer(&query).await;
                asked.push(Asked { name: Probe::read(query).name(), answer });
            }
            asked
        });
        Ok(asked.await)
    }

    /// An answer to its last page.
    ///
    /// # Errors
    /// How a page of it ended otherwise.
    pub(crate) async fn answer(&self, query: &Query) -> Result<Whole, CallEnd> {
        let mut whole = Whole::default();
        let mut seen = BTreeSet::new();
        let mut cursor = None;
        for _ in 0..MOST_PAGES {
            let probe = Probe::Read(ReadRequest { query: query.clone(), cursor: cursor.clone() });
            let Told::Answer(answer) = self.read(&probe).await? else { break };
            let next = answer.next.clone();
            whole.pages.push((probe, answer));
            match next {
                None => break,
                Some(next) if seen.insert(next.to_string()) => cursor = Some(next),
                Some(next) => {
                    whole.loops = Some(next.to_string());
                    break;
                }
            }
        }
        Ok(whole)
    }

    /// An answer that a rule other than `read-answers` is about.
    ///
    /// # Errors
    /// Left out when there is none.
    pub(crate) async fn good_answer(&self, query: &Query) -> Result<Whole, Stop> {
        match self.answer(query).await {
            Ok(whole) if whole.loops.is_none() => Ok(whole),
            Ok(_) => left(format!("{} has no end.", Probe::read(query.clone()).name())),
            Err(end) => match failed::<()>(&Probe::read(query.clone()).name(), &end) {
                Err(Stop::Broken(why) | Stop::Left(why)) => left(why),
                Ok(()) => left("There was no answer."),
            },
        }
    }
}

impl Known {
    fn learn(&mut self, record: &Record) {
        match record {
            Record::Account(account) => {
                self.objects.insert(account.key.clone(), Object::Account(account.clone()));
            }
            Record::Resource(resource) => {
                self.objects.insert(resource.key.clone(), Object::Resource(resource.clone()));
            }
            Record::Grant(grant) if grant.via.is_none() => self.grants.push(grant.clone()),
            _ => {}
        }
    }
}
