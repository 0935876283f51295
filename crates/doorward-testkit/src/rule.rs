//! What a rule is.

use doorward_core::{Capability, Descriptor};
use futures::future::BoxFuture;
use serde::Serialize;

use crate::bench::Bench;
use crate::subject::Subject;

/// How much a rule binds, in the words of RFC 2119.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// Who breaks it is no connector of Doorward.
    Must,
    /// There may be a reason to do otherwise.
    Should,
}

impl Level {
    /// The word, as in RFC 2119.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
        }
    }
}

/// A rule of `CONNECTOR_SPEC.md`.
pub struct Rule {
    /// Its stable name.
    pub id: &'static str,
    /// How much it binds.
    pub level: Level,
    /// What it says.
    pub text: &'static str,
    /// What the author of a connector does who broke it.
    pub remedy: &'static str,
    pub(crate) needs: Needs,
    pub(crate) case: Case,
}

/// What a connector must offer for a rule to be about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    Nothing,
    /// A capability.
    Can(Capability),
    /// Two of them.
    Both(Capability, Capability),
    /// To give and take access, and a pair that the operator named.
    Change,
}

impl Needs {
    /// The capability that is needed and not declared.
    pub(crate) fn missing(self, descriptor: &Descriptor) -> Option<Capability> {
        let needed = match self {
            Self::Nothing => Vec::new(),
            Self::Can(one) => vec![one],
            Self::Both(one, other) => vec![one, other],
            Self::Change => vec![Capability::Grant, Capability::Revoke, Capability::Read],
        };
        needed.into_iter().find(|capability| !descriptor.can(*capability))
    }
}

/// How a rule is checked.
pub(crate) enum Case {
    /// By what the factory says, before a connection is opened.
    Factory(fn(&Subject<'_>) -> Seen),
    /// By calls.
    Calls(for<'b> fn(&'b Bench<'_>) -> BoxFuture<'b, Seen>),
}

/// Whether a rule holds.
pub(crate) type Seen = Result<(), Stop>;

/// Why a rule was not found to hold.
#[derive(Clone, Debug)]
pub(crate) enum Stop {
    /// It is broken: what was seen.
    Broken(String),
    /// It could not be checked, and why.
    Left(String),
}

/// What was seen breaks the rule.
pub(crate) fn broken<T>(seen: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Broken(seen.into()))
}

/// The rule cannot be checked.
pub(crate) fn left<T>(why: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Left(why.into()))
}
