//! Errors for people and for programs.

use doorward_core::validation::Finding;
use doorward_core::{Error, Severity};
use doorward_host::candidates;
use serde_json::json;

use super::{Console, Table, text};
use crate::exit::Exit;

impl Console {
    /// Says on standard error what went wrong, why, and what to do.
    pub(crate) fn error(&self, error: &Error, exit: Exit) {
        if self.is_json() {
            self.json_note("Error", &json!({"error": error, "exitCode": exit.code()}));
            return;
        }
        self.note_line(format!("error: {}", error.message));
        for cause in &error.causes {
            self.note_line(format!("  why: {cause}"));
        }
        self.findings(error);
        self.candidates(error);
        if let Some(remedy) = &error.remedy {
            self.note_line(format!("  do: {remedy}"));
        }
        if let Some(code) = code_line(error) {
            self.note_line(code);
        }
    }

    fn findings(&self, error: &Error) {
        let file = error.attributes.get("file").and_then(|file| file.as_str());
        for finding in findings(error) {
            self.finding(file, &finding);
        }
    }

    /// What should be changed about a connection that can be used.
    pub(crate) fn warnings(&self, file: &str, findings: &[Finding]) {
        if self.is_json() && !findings.is_empty() {
            self.json_note("Warnings", &json!({"file": file, "findings": findings}));
            return;
        }
        for finding in findings {
            self.finding(Some(file), finding);
        }
    }

    /// One finding of a validation: where, what, and what to do.
    /// In a text that the operator never saw, the place within the connection is all that helps.
    fn finding(&self, file: Option<&str>, finding: &Finding) {
        let Finding { line, column, message, .. } = finding;
        let place = match file {
            Some(file) => format!("{file}:{line}:{column}"),
            None => finding.pointer.clone(),
        };
        let warning = if finding.severity == Severity::Problem { "" } else { "warning: " };
        self.note_line(format!("  {place}: {warning}{message}"));
        if let Some(expected) = &finding.expected {
            self.note_line(format!("    expected: {expected}"));
        }
        if let Some(suggestion) = &finding.suggestion {
            self.note_line(format!("    do: {suggestion}"));
        }
    }

    fn candidates(&self, error: &Error) {
        let candidates = candidates(error);
        if candidates.is_empty() {
            return;
        }
        let mut table = Table::new(["Kind", "Name", "Id", "Mail", "Created"]);
        for candidate in &candidates {
            let created = candidate.created.map(text::moment).unwrap_or_default();
            let mail = candidate.mail.as_deref().or(candidate.login.as_deref()).unwrap_or_default();
            table.row([&candidate.kind, &candidate.name, &candidate.id, mail, &created]);
        }
        self.note_table(&table);
    }
}

/// The findings that an invalid connection carries.
fn findings(error: &Error) -> Vec<Finding> {
    error
        .attributes
        .get("findings")
        .and_then(|value| serde_json::from_value(value.clone()).ok())
        .unwrap_or_default()
}

fn code_line(error: &Error) -> Option<String> {
    let code = error.provider_code.as_ref().map(|code| format!("provider code {code}"));
    let request = error.request_id.as_ref().map(|id| format!("request {id}"));
    let journal = error.attributes.get("journal").and_then(|id| id.as_str());
    let journal = journal.map(|id| format!("journal {id}"));
    let parts: Vec<String> = [code, request, journal].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("  code: {}", parts.join(", ")))
}
