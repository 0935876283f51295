//! What validation reports.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::MAX_FINDINGS;
use super::text::Text;
use crate::Severity;

/// Something about a connection that must, or should, be changed: where, what, and how.
///
/// Never carries a value of the connection, except what a hint captured in a field that is not
/// secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The JSON pointer of the place; empty for the whole connection.
    pub pointer: String,
    /// The line in the text, from 1.
    pub line: u32,
    /// The column in the text, in characters, from 1.
    pub column: u32,
    /// A stable code, e.g. `missing-property`. Kebab case.
    pub code: String,
    /// `problem` if the connection cannot be used like this.
    pub severity: Severity,
    /// What is wrong: one or two sentences.
    pub message: String,
    /// What was expected, in a few words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What to do now: a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
}

/// A finding whose line and column are not yet known.
#[derive(Clone)]
pub(super) struct Problem {
    /// The byte offset in the text.
    pub(super) at: usize,
    /// The place, when it is known better than by the offset.
    pub(super) pointer: Option<String>,
    pub(super) code: Cow<'static, str>,
    pub(super) severity: Severity,
    pub(super) message: Cow<'static, str>,
    pub(super) expected: Option<Cow<'static, str>>,
    pub(super) suggestion: Option<Cow<'static, str>>,
}

impl Problem {
    pub(super) fn new(
        at: usize,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            at,
            pointer: None,
            code: code.into(),
            severity: Severity::Problem,
            message: message.into(),
            expected: None,
            suggestion: None,
        }
    }

    pub(super) fn pointer(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }

    pub(super) fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    pub(super) fn expected(mut self, expected: Option<impl Into<Cow<'static, str>>>) -> Self {
        self.expected = expected.map(Into::into);
        self
    }

    pub(super) fn suggestion(self, suggestion: impl Into<Cow<'static, str>>) -> Self {
        self.suggest(Some(suggestion))
    }

    pub(super) fn suggest(mut self, suggestion: Option<impl Into<Cow<'static, str>>>) -> Self {
        self.suggestion = suggestion.map(Into::into);
        self
    }
}

/// Problems as they are found, in any order. Bounded: hostile text can hold half a million.
#[derive(Clone, Default)]
pub(super) struct Problems {
    found: Vec<Problem>,
    dropped: usize,
}

impl Problems {
    /// More than are reported, so that sorting and joining equal ones still leave enough.
    const KEPT: usize = 10 * MAX_FINDINGS;

    pub(super) fn push(&mut self, problem: Problem) {
        if self.found.len() < Self::KEPT {
            self.found.push(problem);
        } else {
            self.drop_one();
        }
    }

    /// Counts a problem that is not kept.
    pub(super) fn drop_one(&mut self) {
        self.dropped += 1;
    }

    pub(super) fn is_full(&self) -> bool {
        self.found.len() >= Self::KEPT
    }

    /// Says of each problem that has no place yet where it is.
    pub(super) fn locate(&mut self, pointer_at: impl Fn(usize) -> String) {
        for problem in &mut self.found {
            if problem.pointer.is_none() {
                problem.pointer = Some(pointer_at(problem.at));
            }
        }
    }

    /// The findings in the order of the text, each place and code once.
    pub(super) fn into_findings(mut self, text: &Text) -> Vec<Finding> {
        self.found.sort_by(|a, b| (a.at, &a.code, &a.pointer).cmp(&(b.at, &b.code, &b.pointer)));
        self.found.dedup_by(|a, b| a.at == b.at && a.code == b.code && a.pointer == b.pointer);
        let left_out = self.dropped + self.found.len().saturating_sub(MAX_FINDINGS);
        self.found.truncate(MAX_FINDINGS);
        let mut findings: Vec<Finding> = self
            .found
            .into_iter()
            .map(|problem| {
                let (line, column) = text.position(problem.at);
                Finding {
                    pointer: problem.pointer.unwrap_or_default(),
                    line,
                    column,
                    code: problem.code.into_owned(),
                    severity: problem.severity,
                    message: problem.message.into_owned(),
                    expected: problem.expected.map(Cow::into_owned),
                    suggestion: problem.suggestion.map(Cow::into_owned),
                }
            })
            .collect();
        if let (1.., Some(last)) = (left_out, findings.last()) {
            let more = Finding {
                pointer: String::new(),
                line: last.line,
                column: last.column,
                code: "more-findings".into(),
                severity: Severity::Problem,
                message: format!("{left_out} more findings were left out."),
                expected: None,
                suggestion: Some("Correct those above and validate again.".into()),
            };
            findings.push(more);
        }
        findings
    }
}
