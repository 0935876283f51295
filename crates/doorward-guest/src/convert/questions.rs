//! Questions and their answers.

use doorward_core as core;

use super::{IntoCore, IntoWit, Malformed, record};
use crate::bindings::doorward::connector::questions;

record!(questions::ReadRequest: query; optional_json cursor; reserved);
record!(questions::Answer: records, paths; optional_json next; attributes);

impl IntoCore for questions::Term {
    type Core = core::Term;
    fn into_core(self) -> Result<core::Term, Malformed> {
        Ok(match self {
            Self::Id(text) => core::Term::Id(text),
            Self::Name(text) => core::Term::Name(text),
            Self::Mail(text) => core::Term::Mail(text),
        })
    }
}

impl IntoWit for core::Term {
    type Wit = questions::Term;
    fn into_wit(self) -> questions::Term {
        match self {
            Self::Id(text) => questions::Term::Id(text),
            Self::Name(text) => questions::Term::Name(text),
            Self::Mail(text) => questions::Term::Mail(text),
        }
    }
}

impl IntoCore for questions::Query {
    type Core = core::Query;
    fn into_core(self) -> Result<core::Query, Malformed> {
        Ok(match self {
            Self::Find(find) => core::Query::Find { kind: find.kind, term: find.term.into_core()? },
            Self::Objects(keys) => core::Query::Objects { keys: keys.into_core()? },
            Self::Holders(holders) => core::Query::Holders {
                resource: holders.resource.into_core()?,
                entitlement: holders.entitlement,
            },
            Self::Holdings(principal) => {
                core::Query::Holdings { principal: principal.into_core()? }
            }
            Self::Grant(key) => core::Query::Grant { key: key.into_core()? },
            Self::Containers(resource) => {
                core::Query::Containers { resource: resource.into_core()? }
            }
            Self::Paths(paths) => core::Query::Paths {
                principal: paths.principal.into_core()?,
                resource: paths.resource.into_core()?,
                entitlement: paths.entitlement,
            },
        })
    }
}

impl IntoWit for core::Query {
    type Wit = questions::Query;
    fn into_wit(self) -> questions::Query {
        match self {
            Self::Find { kind, term } => questions::Query::Find(questions::FindQuery {
                kind,
                term: term.into_wit(),
                attributes: String::new(),
            }),
            Self::Objects { keys } => questions::Query::Objects(keys.into_wit()),
            Self::Holders { resource, entitlement } => {
                questions::Query::Holders(questions::HoldersQuery {
                    resource: resource.into_wit(),
                    entitlement,
                    attributes: String::new(),
                })
            }
            Self::Holdings { principal } => questions::Query::Holdings(principal.into_wit()),
            Self::Grant { key } => questions::Query::Grant(key.into_wit()),
            Self::Containers { resource } => questions::Query::Containers(resource.into_wit()),
            Self::Paths { principal, resource, entitlement } => {
                questions::Query::Paths(questions::PathsQuery {
                    principal: principal.into_wit(),
                    resource: resource.into_wit(),
                    entitlement,
                    attributes: String::new(),
                })
            }
        }
    }
}
