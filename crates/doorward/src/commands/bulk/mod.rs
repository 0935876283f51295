//! `doorward grant --file` and `doorward revoke --file`: many changes at once.

mod progress;
mod show;

use doorward_core::{GrantKind, Result, Timestamp};
use doorward_host::{
    BulkLine, BulkOptions, BulkReport, ChangeRequest, LineEnd, Opened, Selector, SelectorRole, Verb,
};
use std::path::Path;

use super::change::{by_ids, check_stored, look_without_policy, place_of};
use crate::app::App;
use crate::ask;
use crate::cli::{ChangeOptions, Ends, MAX_CHANGES, Meant, after, duration};
use crate::connection::is_standard_input;
use crate::exit::Exit;
use crate::lines::{self, Row, Words, bad};
use crate::output::text;
pub(super) use progress::Watch;
use show::counted;
pub(super) use show::{Shown, check_columns, ending, show};

pub(super) async fn run(
    app: &App,
    verb: Verb,
    file: &Path,
    ends: &Ends,
    options: &ChangeOptions,
) -> Result<Exit> {
    check_columns(app)?;
    let most_changes = options.max_changes.unwrap_or(MAX_CHANGES);
    let target = &options.target;
    if !options.dry_run {
        check_stored(target, "RESOURCE")?;
        ask::can_be_confirmed(&app.console, options.yes)?;
    }
    if is_standard_input(file) && target.connection.as_deref().is_some_and(is_standard_input) {
        return Err(bad(
            "standard-input-twice",
            "Changes and connection cannot both come from standard input.".to_owned(),
        )
        .remedy("Name a file for one of them."));
    }
    let rows = lines::load(&app.console, file, Some(verb)).await?;
    let opened = app.open(target).await?;
    if target.connection.is_some() {
        look_without_policy(app, &opened)?;
    }
    app.settle(&opened).await?;
    let lines = asked(&opened, &rows, Some(verb), &said(app, ends, &options.meant)?);
    let shown = Shown::of_rows(&opened, &rows);
    if options.dry_run {
        let watch = Watch::new(app);
        let report = opened.plan_bulk(lines, &|progress| watch.see(progress)).await;
        watch.finish();
        let report = report?;
        warn_of_many(app, &report, most_changes);
        return show(app, &shown, &report, true);
    }
    let lines =
        if options.yes { lines } else { confirmed(app, &opened, lines, most_changes).await? };
    let watch = Watch::new(app);
    let options = BulkOptions {
        most_changes,
        plan: None,
        stop: &app.stop,
        progress: &|progress| watch.see(progress),
    };
    let report = opened.change_bulk(lines, options).await;
    watch.finish();
    show(app, &shown, &report?, false)
}

/// What is said about all lines.
pub(super) struct Said {
    now: Timestamp,
    /// Until when access is given where a line does not say.
    until: Option<Timestamp>,
    permanent: bool,
    meant: Meant,
}

/// What the options say about all lines.
pub(super) fn said(app: &App, ends: &Ends, meant: &Meant) -> Result<Said> {
    let now = app.now();
    Ok(Said { now, until: ends.at(now)?, permanent: ends.permanent, meant: meant.clone() })
}

/// When access ends that is given for so long.
fn end(ttl: &str, now: Timestamp) -> Result<Timestamp> {
    let length = duration(ttl).map_err(|how| {
        bad("bad-ttl", format!("The ttl is `{ttl}`.")).remedy(format!("For a ttl, {how}."))
    })?;
    after(now, length)
}

/// What the rows ask for.
pub(super) fn asked(
    opened: &Opened,
    rows: &[Row],
    own: Option<Verb>,
    said: &Said,
) -> Vec<BulkLine> {
    let line = |row: &Row| BulkLine {
        number: row.number,
        asked: row.words.clone().and_then(|words| request(opened, &words, own, said)),
        operation: None,
    };
    rows.iter().map(line).collect()
}

fn request(
    opened: &Opened,
    words: &Words,
    own: Option<Verb>,
    said: &Said,
) -> Result<ChangeRequest> {
    let descriptor = opened.descriptor();
    let verb = words.verb(own)?;
    let principal = Selector::parse(words.principal()?, SelectorRole::Principal, descriptor)?;
    let mut resource = Selector::parse(words.resource()?, SelectorRole::Resource, descriptor)?;
    if let Some(scope) = &words.scope {
        if resource.scope.is_some() {
            return Err(bad(
                "scope-twice",
                "It names a scope behind the `@` of the resource, and another one.".to_owned(),
            )
            .remedy("Leave one of them out."));
        }
        let scope = Selector::parse(scope, SelectorRole::Resource, descriptor)?;
        resource.scope = Some(Box::new(scope));
    }
    let until = match (&words.ttl, verb) {
        (Some(ttl), Verb::Grant) => Some(end(ttl, said.now)?),
        (None, Verb::Grant) => said.until,
        (Some(_), Verb::Revoke) => {
            return Err(bad("ttl-of-revoke", "It takes access, and says for how long.".to_owned())
                .remedy("Leave the column `ttl` empty where access is taken."));
        }
        (None, Verb::Revoke) => None,
    };
    let meant = &said.meant;
    Ok(ChangeRequest {
        verb,
        principal,
        resource,
        right: words.right.clone(),
        reason: words.reason.clone().or_else(|| meant.reason.clone()),
        ticket: words.ticket.clone().or_else(|| meant.ticket.clone()),
        kind: GrantKind::Active,
        until,
        permanent: said.permanent,
        allow_tier0: meant.allow_tier0,
    })
}

/// Shows what would be changed and asks. What was shown is what is changed: from here on by id.
async fn confirmed(
    app: &App,
    opened: &Opened,
    lines: Vec<BulkLine>,
    most: usize,
) -> Result<Vec<BulkLine>> {
    let watch = Watch::new(app);
    let planned = opened.plan_bulk(lines.clone(), &|progress| watch.see(progress)).await;
    watch.finish();
    let planned = planned?;
    ask_for(app, opened, &planned, most).await?;
    let named = |(line, planned): (BulkLine, _)| {
        let asked = match planned {
            LineEnd::Ended(report) | LineEnd::NotTried(report) => {
                line.asked.map(|request| by_ids(&report, request))
            }
            LineEnd::Failed(error) => Err(*error),
        };
        BulkLine { asked, ..line }
    };
    let ends = planned.lines.into_iter().map(|line| line.end);
    Ok(lines.into_iter().zip(ends).map(named).collect())
}

/// Asks for a yes to what a plan shows, when it changes anything. More than is allowed needs no
/// question: it is refused.
pub(super) async fn ask_for(
    app: &App,
    opened: &Opened,
    planned: &BulkReport,
    most: usize,
) -> Result<()> {
    show::failed_lines(app, planned);
    show::notices(app, planned);
    app.console.note_line(counted(planned, true));
    app.console.note_line(format!("  in: {}", place_of(&opened.integration())));
    if planned.needed() == 0 || planned.needed() > most {
        return Ok(());
    }
    let changes = text::count(planned.needed(), "change", "changes");
    ask::confirm(&app.console, false, &format!("Make {changes}?")).await
}

/// Says what would stop these changes if they were meant.
pub(super) fn warn_of_many(app: &App, report: &BulkReport, most: usize) {
    let needed = report.needed();
    if needed > most {
        app.console.note(format!(
            "To make {needed} changes at once takes `--max-changes {needed}`; without it at most \
             {most} are made."
        ));
    }
}
