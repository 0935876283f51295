//! What came of many changes: one line for each, in their order, and a sentence about all.

use doorward_core::{Error, OutcomeKind, Result};
use doorward_host::{BulkReport, ChangePlan, ChangeReport, LineEnd, LineReport, Opened, Verb};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

use super::super::access::path_text;
use super::super::change::until;
use crate::app::App;
use crate::cli::Format;
use crate::exit::Exit;
use crate::lines::{Row, Words};
use crate::output::{Column, List, text};

/// What people and programs see beside the outcomes.
pub(in crate::commands) struct Shown {
    integration: String,
    /// What each line says in its own words, by its number.
    words: BTreeMap<u64, Words>,
}

impl Shown {
    /// The lines of a file.
    pub(in crate::commands) fn of_rows(opened: &Opened, rows: &[Row]) -> Self {
        let words = rows.iter().filter_map(|row| Some((row.number, row.words.clone().ok()?)));
        Self { integration: opened.integration().name, words: words.collect() }
    }

    /// The lines of a plan.
    pub(in crate::commands) fn of_plan(opened: &Opened, plan: &ChangePlan) -> Self {
        let words = plan.changes.iter().map(|change| {
            let words = Words {
                op: Some(verb(change.action).to_owned()),
                principal: Some(change.principal.to_string()),
                resource: Some(change.resource.to_string()),
                right: Some(change.entitlement.clone()),
                scope: change.scope.as_ref().map(ToString::to_string),
                reason: change.reason.clone(),
                ticket: change.ticket.clone(),
                ttl: None,
            };
            (change.line, words)
        });
        Self { integration: opened.integration().name, words: words.collect() }
    }
}

/// One line as it is printed.
struct Item {
    line: LineReport,
    words: Words,
    is_plan: bool,
}

impl Item {
    fn report(&self) -> Option<&ChangeReport> {
        match &self.line.end {
            LineEnd::Ended(report) | LineEnd::NotTried(report) => Some(report),
            LineEnd::Failed(_) => None,
        }
    }

    fn error(&self) -> Option<&Error> {
        match &self.line.end {
            LineEnd::Failed(error) => Some(error),
            _ => None,
        }
    }

    /// What the provider shows, else what the line says.
    fn named(
        &self,
        told: fn(&ChangeReport) -> String,
        said: fn(&Words) -> &Option<String>,
    ) -> String {
        let said = || said(&self.words).clone().unwrap_or_default();
        self.report().map_or_else(said, told)
    }

    fn status(&self) -> &'static str {
        match &self.line.end {
            LineEnd::Failed(_) => "failed",
            LineEnd::NotTried(_) => "not-tried",
            LineEnd::Ended(_) if self.is_plan => "planned",
            LineEnd::Ended(report) if is_open(report) => "unknown",
            LineEnd::Ended(_) => "done",
        }
    }

    fn outcome(&self) -> String {
        match &self.line.end {
            LineEnd::Failed(error) => format!("error: {}", error.reason),
            LineEnd::NotTried(_) => "not tried".to_owned(),
            LineEnd::Ended(report) => match &report.outcome {
                Some(outcome) => text::outcome(outcome),
                None if !self.line.needed => "is so already".to_owned(),
                None if report.action == Verb::Grant => {
                    format!("would be granted{}", until(report.until))
                }
                None => "would be revoked".to_owned(),
            },
        }
    }

    fn json(&self) -> Value {
        json!({
            "line": self.line.number,
            "status": self.status(),
            "needed": self.line.needed,
            "sameAs": self.line.same_as,
            "asked": self.words,
            "change": self.report(),
            "error": self.error(),
        })
    }

    fn name(&self) -> String {
        let Some(report) = self.report() else { return format!("line {}", self.line.number) };
        let scope = report.scope.as_ref().map(|scope| format!("@{}", scope.key));
        format!(
            "{} {} {}{}",
            report.principal.key(),
            report.entitlement,
            report.resource.key,
            scope.unwrap_or_default()
        )
    }
}

fn verb(verb: Verb) -> &'static str {
    match verb {
        Verb::Grant => "grant",
        Verb::Revoke => "revoke",
    }
}

fn is_open(report: &ChangeReport) -> bool {
    report.outcome.as_ref().is_some_and(|outcome| !outcome.kind.is_final())
}

const COLUMNS: &[Column<Item>] = &[
    Column::new("line", "Line", |item| item.line.number.to_string()),
    Column::new("op", "Op", |item| {
        item.named(|report| verb(report.action).to_owned(), |words| &words.op)
    }),
    Column::new("who", "Who", |item| {
        item.named(|report| text::object_name(&report.principal), |words| &words.principal)
    }),
    Column::new("right", "Right", |item| {
        item.named(|report| report.entitlement.clone(), |words| &words.right)
    }),
    Column::new("on", "On", |item| {
        item.named(|report| report.resource.name.clone(), |words| &words.resource)
    }),
    Column::new("scope", "Within", |item| {
        let scope = |report: &ChangeReport| {
            report.scope.as_ref().map(|scope| scope.name.clone()).unwrap_or_default()
        };
        item.named(scope, |words| &words.scope)
    }),
    Column::new("outcome", "Outcome", Item::outcome),
    Column::wide("message", "Why", |item| {
        item.error().map(|error| error.message.clone()).unwrap_or_default()
    }),
    Column::wide("remedy", "Do", |item| {
        item.error().and_then(|error| error.remedy.clone()).unwrap_or_default()
    }),
    Column::wide("remaining", "Remaining", |item| {
        let remaining = item.report().map(|report| report.remaining.as_slice());
        let ways: Vec<String> = remaining.unwrap_or_default().iter().map(path_text).collect();
        ways.join("; ")
    }),
    Column::wide("principal", "Principal", |item| {
        item.report().map(|report| report.principal.key().to_string()).unwrap_or_default()
    }),
    Column::wide("resource", "Resource", |item| {
        item.report().map(|report| report.resource.key.to_string()).unwrap_or_default()
    }),
    Column::wide("journal", "Entry", |item| {
        item.report().and_then(|report| report.journal.clone()).unwrap_or_default()
    }),
];

/// Whether there are the columns that were asked for: before anything is done.
///
/// # Errors
/// `InvalidRequest`, reason `unknown-column`.
pub(in crate::commands) fn check_columns(app: &App) -> Result<()> {
    app.console.check_columns(COLUMNS)
}

/// Prints all lines, and says how the command ends.
///
/// # Errors
/// As [`check_columns`].
pub(in crate::commands) fn show(
    app: &App,
    shown: &Shown,
    report: &BulkReport,
    is_plan: bool,
) -> Result<Exit> {
    let console = &app.console;
    let items: Vec<Item> = report
        .lines
        .iter()
        .map(|line| Item {
            line: line.clone(),
            words: shown.words.get(&line.number).cloned().unwrap_or_default(),
            is_plan,
        })
        .collect();
    let requests: Vec<Value> = report
        .requests
        .iter()
        .map(|(lines, request)| json!({"lines": lines, "request": request}))
        .collect();
    let beside = Map::from_iter([
        ("integration".to_owned(), json!(shown.integration)),
        ("dryRun".to_owned(), json!(is_plan)),
        ("summary".to_owned(), summary(report, is_plan)),
        ("requests".to_owned(), json!(requests)),
        ("stopped".to_owned(), json!(report.stopped)),
    ]);
    console.list(&List {
        kind: "ChangeList",
        columns: COLUMNS,
        items: &items,
        name: Item::name,
        json: Item::json,
        beside,
        empty: "There was nothing to do.",
        skipped: None,
    })?;
    if console.format().is_for_people() {
        if is_plan {
            self::requests(app, report);
        }
        failed_lines(app, report);
        if is_plan {
            notices(app, report);
        }
        notes(app, report);
    }
    if let Some(error) = &report.stopped
        && console.format() != Format::Json
    {
        let remedy = error.remedy.as_deref().unwrap_or_default();
        console
            .note(format!("The lines that were left were not tried: {} {remedy}", error.message));
    }
    match console.format() {
        Format::Table | Format::Wide => console.line(counted(report, is_plan)),
        Format::Json => {}
        _ => console.note(counted(report, is_plan)),
    }
    Ok(ending(app, report, is_plan))
}

/// The requests that would be sent.
fn requests(app: &App, report: &BulkReport) {
    for (lines, request) in &report.requests {
        let method = request.method.name();
        app.console.line(format!("  {method} {}  ({})", request.url, ranges(lines)));
    }
}

/// `line 2`, `lines 2–21, 30`.
fn ranges(numbers: &[u64]) -> String {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for &number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    let told = ranges.iter().map(|(first, last)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first}–{last}"),
    });
    let word = if numbers.len() == 1 { "line" } else { "lines" };
    format!("{word} {}", told.collect::<Vec<_>>().join(", "))
}

/// What to know before these changes, each once.
pub(super) fn notices(app: &App, report: &BulkReport) {
    let mut told = BTreeSet::new();
    for line in report.lines.iter().filter(|line| line.needed) {
        let LineEnd::Ended(report) = &line.end else { continue };
        for notice in report.resource.notices() {
            if told.insert((report.resource.key.clone(), notice.code)) {
                app.console.note_line(notice.message);
            }
        }
    }
}

/// Says of each line that failed why, and what to do.
pub(super) fn failed_lines(app: &App, report: &BulkReport) {
    for line in &report.lines {
        let LineEnd::Failed(error) = &line.end else { continue };
        app.console.note_line(format!("line {}: {}", line.number, error.message));
        if let Some(remedy) = &error.remedy {
            app.console.note_line(format!("  do: {remedy}"));
        }
    }
}

/// What else is worth saying of single lines.
fn notes(app: &App, report: &BulkReport) {
    for line in report.lines.iter().filter(|line| line.same_as.is_none()) {
        let LineEnd::Ended(report) = &line.end else { continue };
        let number = line.number;
        let who = report.principal.name();
        for path in &report.remaining {
            let way = path_text(path);
            app.console.note_line(format!("line {number}: {who} still has the access: {way}"));
        }
        if let Some(error) = &report.remaining_unknown {
            app.console.note_line(format!(
                "line {number}: whether the access remains by another way could not be read: {error}"
            ));
        }
        if let Some(error) = &report.not_journaled {
            app.console.note_line(format!(
                "line {number}: what came of the change could not be written into the journal: \
                 {error} The next command looks it up."
            ));
        }
        if let Some(gap) = report.prior_unknown.as_ref().filter(|_| report.outcome.is_none()) {
            app.console.note_line(format!("line {number}: {}", gap.message));
        }
    }
}

/// How many lines came to what.
#[derive(Default)]
struct Counts {
    granted: usize,
    revoked: usize,
    already: usize,
    unknown: usize,
    failed: usize,
    not_tried: usize,
    same: usize,
}

impl Counts {
    fn of(report: &BulkReport) -> Self {
        let mut counts = Self::default();
        for line in &report.lines {
            let place = match &line.end {
                LineEnd::Failed(_) => &mut counts.failed,
                LineEnd::NotTried(_) => &mut counts.not_tried,
                LineEnd::Ended(_) if line.same_as.is_some() => &mut counts.same,
                LineEnd::Ended(report) => match report.outcome.as_ref().map(|one| one.kind) {
                    Some(OutcomeKind::Granted) => &mut counts.granted,
                    Some(OutcomeKind::Revoked) => &mut counts.revoked,
                    Some(kind) if kind.is_final() => &mut counts.already,
                    Some(_) => &mut counts.unknown,
                    None if !line.needed => &mut counts.already,
                    None if report.action == Verb::Grant => &mut counts.granted,
                    None => &mut counts.revoked,
                },
            };
            *place += 1;
        }
        counts
    }

    /// The lines that have an outcome.
    fn done(&self) -> usize {
        self.granted + self.revoked + self.already + self.same
    }
}

fn summary(report: &BulkReport, is_plan: bool) -> Value {
    let counts = Counts::of(report);
    json!({
        "lines": report.lines.len(),
        "done": if is_plan { 0 } else { counts.done() },
        "granted": counts.granted,
        "revoked": counts.revoked,
        "already": counts.already,
        "same": counts.same,
        "unknown": counts.unknown,
        "failed": counts.failed,
        "notTried": counts.not_tried,
        "needed": report.needed(),
    })
}

/// `497 of 500 lines: 480 granted, 17 already; 3 errors.`
pub(super) fn counted(report: &BulkReport, is_plan: bool) -> String {
    let counts = Counts::of(report);
    let words = if is_plan {
        ["would be granted", "would be revoked", "already so", "not known yet"]
    } else {
        ["granted", "revoked", "already", "not known yet"]
    };
    let numbers = [counts.granted, counts.revoked, counts.already, counts.unknown];
    let mut good: Vec<String> = numbers
        .iter()
        .zip(words)
        .filter(|(number, _)| **number > 0)
        .map(|(number, word)| format!("{number} {word}"))
        .collect();
    if counts.same > 0 {
        good.push(format!("{} the same as another line", counts.same));
    }
    let mut parts = Vec::new();
    if !good.is_empty() {
        parts.push(good.join(", "));
    }
    if counts.failed > 0 {
        parts.push(text::count(counts.failed, "error", "errors"));
    }
    if counts.not_tried > 0 {
        parts.push(format!("{} not tried", counts.not_tried));
    }
    let lines = text::count(report.lines.len(), "line", "lines");
    let end = if is_plan { " Nothing was sent." } else { "" };
    format!("{} of {lines}: {}.{end}", counts.done(), parts.join("; "))
}

/// Nothing done for one reason is that reason; else what is not known counts most.
pub(in crate::commands) fn ending(app: &App, report: &BulkReport, is_plan: bool) -> Exit {
    let counts = Counts::of(report);
    if !is_plan && app.stop.is_asked() {
        return Exit::INTERRUPTED;
    }
    if counts.unknown > 0 {
        return Exit::OUTCOME_UNKNOWN;
    }
    let ended = report.lines.iter().filter_map(|line| match &line.end {
        LineEnd::Ended(report) => Some(report),
        _ => None,
    });
    let not_journaled = ended.clone().any(|report| report.not_journaled.is_some());
    if counts.failed + counts.not_tried == 0 && !not_journaled {
        let has_gap = is_plan && ended.clone().any(|report| report.prior_unknown.is_some());
        return if has_gap { Exit::INCOMPLETE } else { Exit::DONE };
    }
    if counts.done() > 0 {
        return Exit::PARTIAL;
    }
    let first = report.lines.iter().find_map(|line| match &line.end {
        LineEnd::Failed(error) => Some(error.kind),
        _ => None,
    });
    first.map_or(Exit::PARTIAL, Exit::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_a_row_are_told_as_a_range() {
        let table: [(&[u64], &str); 4] = [
            (&[2], "line 2"),
            (&[2, 3], "lines 2, 3"),
            (&[2, 3, 4, 9], "lines 2–4, 9"),
            (&[5, 4], "lines 5, 4"),
        ];
        for (numbers, expected) in table {
            assert_eq!(ranges(numbers), expected);
        }
    }
}
