//! Questions about single objects and grants.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{AccessPath, Attributes, GrantKey, ObjectRef, Record};

/// By what an object is looked up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "by", content = "text")]
pub enum Term {
    /// The provider's id.
    Id(String),
    /// The name for people, or the name to sign in with.
    Name(String),
    /// The mail address.
    Mail(String),
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "query")]
pub enum Query {
    /// The objects of this kind that fit the term. The answer is a list of candidates: every
    /// object that fits, and possibly others; the host compares exactly. Deleted objects never.
    Find {
        /// A kind that the descriptor declares.
        kind: String,
        /// What to look for.
        term: Term,
    },
    /// These objects; those that do not exist are missing in the answer.
    Objects {
        /// Which.
        keys: Vec<ObjectRef>,
    },
    /// Who holds entitlements on the resource directly: grants and, as far as the provider tells
    /// them in the same answer, the principals.
    Holders {
        /// On what.
        resource: ObjectRef,
        /// Which right; absent means each.
        #[serde(default)]
        entitlement: Option<String>,
    },
    /// What the principal holds: grants, directly (`via` absent) or through others (`via`), and the
    /// resources.
    Holdings {
        /// Who.
        principal: ObjectRef,
    },
    /// This grant, when it exists: an answer with one grant or none.
    Grant {
        /// Which.
        key: GrantKey,
    },
    /// The containers that the resource is directly in: objects of the kinds that the descriptor
    /// says contain its kind. An answer without one says that it is in none; containers that may
    /// not be seen are an error, or [`Skipped`](crate::Skipped).
    Containers {
        /// Of what.
        resource: ObjectRef,
    },
    /// Every way by which the principal has the entitlement on the resource.
    Paths {
        /// Who.
        principal: ObjectRef,
        /// On what.
        resource: ObjectRef,
        /// Which right.
        entitlement: String,
    },
}

/// Asks a question, or for the next page of its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadRequest {
    /// The question.
    pub query: Query,
    /// The `next` of the page before; absent for the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Value>,
}

/// One page of an answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// Objects, grants, and [`Skipped`](crate::Skipped) for what could not be read.
    pub records: Vec<Record>,
    /// For [`Query::Paths`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<AccessPath>,
    /// Where the next page is; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Value>,
    /// More, in the connector's words.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
}
