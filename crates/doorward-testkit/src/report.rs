//! What the suite found.

use doorward_core::Error;
use serde::Serialize;

use crate::rule::{Level, Rule};

/// What became of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "verdict")]
pub enum Verdict {
    /// It holds.
    Passed,
    /// It is broken.
    Failed {
        /// What was seen.
        seen: String,
        /// What the author does.
        remedy: String,
    },
    /// The connector does not offer what the rule is about.
    NotApplicable {
        /// What it does not offer.
        because: String,
    },
    /// It could not be checked.
    Skipped {
        /// Why not.
        because: String,
    },
}

/// A rule and what became of it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleReport {
    /// Its name.
    pub rule: &'static str,
    /// How much it binds.
    pub level: Level,
    /// What it says.
    pub text: &'static str,
    /// What became of it.
    #[serde(flatten)]
    pub verdict: Verdict,
}

impl RuleReport {
    pub(crate) fn new(rule: &Rule, verdict: Verdict) -> Self {
        Self { rule: rule.id, level: rule.level, text: rule.text, verdict }
    }

    /// Whether it is broken.
    pub fn failed(&self) -> bool {
        matches!(self.verdict, Verdict::Failed { .. })
    }
}

/// What the suite found.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The connector.
    pub connector: String,
    /// Its version.
    pub version: String,
    /// Whether no MUST is broken.
    pub conforms: bool,
    /// Each rule, in the order of `CONNECTOR_SPEC.md`.
    pub rules: Vec<RuleReport>,
    /// Why the access that was given and taken could not be put back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_restored: Option<Error>,
}

impl Report {
    /// The rules of this level that are broken.
    pub fn failed(&self, level: Level) -> impl Iterator<Item = &RuleReport> {
        self.rules.iter().filter(move |rule| rule.level == level && rule.failed())
    }
}
