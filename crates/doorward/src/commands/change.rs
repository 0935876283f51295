//! `doorward grant` and `doorward revoke`.

use doorward_core::{
    CAN_ACTIVATE_AGAIN, Error, GrantKind, Outcome, OutcomeKind, REQUEST_STATUS, Result, Timestamp,
};
use doorward_host::{
    ChangeReport, ChangeRequest, GUEST, Integration, Opened, People, Selector, SelectorRole, Verb,
};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::path::Path;

use super::access::path_text;
use super::bulk;
use crate::app::App;
use crate::ask;
use crate::cli::{ChangeOptions, Ends, Target};
use crate::exit::Exit;
use crate::output::text;

pub(super) async fn run(
    app: &App,
    verb: Verb,
    who: Option<&str>,
    ends: &Ends,
    options: &ChangeOptions,
) -> Result<Exit> {
    if let Some(file) = &options.file {
        return bulk::run(app, verb, file, ends, options).await;
    }
    // The parser saw to it that both are there.
    let (who, on) = (who.unwrap_or_default(), options.on.as_deref().unwrap_or_default());
    if !options.dry_run {
        check_stored(&options.target, on)?;
        ask::can_be_confirmed(&app.console, options.yes)?;
    }
    let opened = app.open(&options.target).await?;
    if options.target.connection.is_some() {
        look_without_policy(app, &opened)?;
    }
    let request = ChangeRequest {
        until: ends.at(app.now())?,
        permanent: ends.permanent,
        ..request(&opened, verb, who, on, options)?
    };
    app.settle(&opened).await?;
    let report = if options.dry_run {
        opened.plan(request).await?
    } else if options.yes {
        opened.change(request).await?
    } else {
        let request = confirmed(app, &opened, request).await?;
        opened.change(request).await?
    };
    if app.console.is_json() {
        app.console.json("Change", &document(&opened, &report)?);
    } else {
        show(app, &report);
    }
    Ok(ending(&report))
}

/// A connection that is not stored has no list of what may be changed. A dry run, which sends
/// nothing, can do without; what no list can allow stays refused.
pub(super) fn look_without_policy(app: &App, opened: &Opened) -> Result<()> {
    let descriptor = opened.descriptor();
    opened.change_policy(|policy| {
        policy.kinds.extend(descriptor.resource_kinds.iter().map(|kind| kind.kind.clone()));
        policy.principals.extend(descriptor.principal_kinds.iter().map(|kind| kind.kind.clone()));
        policy.principals.insert(GUEST.to_owned());
    })?;
    app.console.note(
        "No policy was applied: the connection is not stored, so that nothing says what may be \
         changed through it.",
    );
    Ok(())
}

/// Nothing is changed through a connection that is not stored.
///
/// # Errors
/// `DeniedByPolicy`, reason `not-stored`, with how it is stored.
pub(super) fn check_stored(target: &Target, on: &str) -> Result<()> {
    match (&target.connector, &target.connection) {
        (Some(connector), Some(path)) => Err(not_stored(connector, path, on)),
        _ => Ok(()),
    }
}

fn not_stored(connector: &str, path: &Path, on: &str) -> Error {
    let (file, on) = (path.display().to_string(), quoted(on));
    doorward_host::not_stored().remedy(format!(
        "Add `--dry-run` to see the request only. To change access, choose a NAME, run `doorward \
         integration add NAME --connector {connector} --connection {} && doorward integration \
         allow -i NAME {on}`, and try again with `-i NAME`.",
        quoted(&file)
    ))
}

/// The word as a shell takes it.
fn quoted(word: &str) -> Cow<'_, str> {
    let is_plain =
        |character: char| character.is_ascii_alphanumeric() || "-_./:=@+,".contains(character);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.into();
    }
    format!("'{}'", word.replace('\'', r"'\''")).into()
}

fn request(
    opened: &Opened,
    verb: Verb,
    who: &str,
    on: &str,
    options: &ChangeOptions,
) -> Result<ChangeRequest> {
    let meant = options.meant.clone();
    let descriptor = opened.descriptor();
    Ok(ChangeRequest {
        verb,
        principal: Selector::parse(who, SelectorRole::Principal, descriptor)?,
        resource: Selector::parse(on, SelectorRole::Resource, descriptor)?,
        right: options.right.clone(),
        reason: meant.reason,
        ticket: meant.ticket,
        kind: if options.eligible { GrantKind::Eligible } else { GrantKind::Active },
        until: None,
        permanent: false,
        allow_tier0: meant.allow_tier0,
    })
}

/// Shows what would be changed and asks. What was shown is what is changed: from here on by id,
/// whatever is renamed meanwhile.
async fn confirmed(app: &App, opened: &Opened, request: ChangeRequest) -> Result<ChangeRequest> {
    let plan = opened.plan(request.clone()).await?;
    let (who, right, resource) = names(&plan);
    let integration = opened.integration();
    let place = place_of(&integration);
    let now = match (&plan.prior, &plan.prior_unknown) {
        (Some(prior), _) => format!("has it now{}", until(prior.ends)),
        (None, None) => "does not have it now".to_owned(),
        (None, Some(_)) => "whether they have it now cannot be seen".to_owned(),
    };
    app.console.note_line(format!("  who:    {who} [{}]", plan.principal.key()));
    app.console.note_line(format!("  right:  {right}; {now}"));
    if let Some(people) = &plan.brings {
        app.console.note_line(format!("          {}", brought(people)));
    }
    app.console.note_line(format!("  on:     {resource} [{}]", plan.resource.key));
    if let Some(scope) = &plan.scope {
        app.console.note_line(format!("  within: {} [{}]", scope.name, scope.key));
    }
    if let Some(until) = plan.until {
        app.console.note_line(format!("  until:  {}", text::moment(until)));
    }
    app.console.note_line(format!("  in:     {place}"));
    for notice in plan.resource.notices() {
        app.console.note_line(format!("  note:   {}", notice.message));
    }
    let question = match plan.action {
        Verb::Grant => "Give this access?",
        Verb::Revoke => "Take this access?",
    };
    ask::confirm(&app.console, false, question).await?;
    Ok(by_ids(&plan, request))
}

/// The same change, named by ids: what was shown is what is changed.
pub(super) fn by_ids(plan: &ChangeReport, request: ChangeRequest) -> ChangeRequest {
    ChangeRequest {
        principal: Selector::by_id(plan.principal.key()),
        resource: Selector {
            scope: plan.scope.as_ref().map(|scope| Box::new(Selector::by_id(&scope.key))),
            ..Selector::by_id(&plan.resource.key)
        },
        right: Some(plan.entitlement.clone()),
        ..request
    }
}

/// `contoso (Contoso)`: the integration, and where it leads.
pub(super) fn place_of(integration: &Integration) -> String {
    match &integration.identity {
        Some(identity) => format!("{} ({})", integration.name, identity.place),
        None => integration.name.clone(),
    }
}

/// ` until 2026-11-23 17:00 UTC`, or nothing.
pub(super) fn until(end: Option<Timestamp>) -> String {
    end.map(|end| format!(" until {}", text::moment(end))).unwrap_or_default()
}

/// How many people a group brings.
fn brought(people: &People) -> String {
    let more = if people.or_more { " or more" } else { "" };
    format!("a group that brings {}{more}", text::count(people.count, "person", "people"))
}

/// `Finance`, or `User Administrator within EMEA`.
fn place(report: &ChangeReport) -> String {
    match &report.scope {
        None => report.resource.name.clone(),
        Some(scope) => format!("{} within {}", report.resource.name, scope.name),
    }
}

fn names(report: &ChangeReport) -> (String, String, String) {
    let right = text::right(&report.entitlement, report.kind);
    (text::object_name(&report.principal), right, place(report))
}

fn document(opened: &Opened, report: &ChangeReport) -> Result<Value> {
    let mut fields = serde_json::to_value(report).map_err(|error| {
        doorward_core::Error::internal("The result could not be written as JSON.").cause(error)
    })?;
    if let Value::Object(fields) = &mut fields {
        fields.insert("integration".to_owned(), json!(opened.integration().name));
        fields.insert("dryRun".to_owned(), json!(report.outcome.is_none()));
    }
    Ok(fields)
}

fn ending(report: &ChangeReport) -> Exit {
    match &report.outcome {
        Some(outcome) if !outcome.kind.is_final() => Exit::OUTCOME_UNKNOWN,
        Some(_) if report.not_journaled.is_some() => Exit::PARTIAL,
        None if report.prior_unknown.is_some() => Exit::INCOMPLETE,
        _ => Exit::DONE,
    }
}

fn show(app: &App, report: &ChangeReport) {
    let Some(outcome) = &report.outcome else { return show_plan(app, report) };
    let console = &app.console;
    console.line(format!("{}: {}", text::outcome(outcome), sentence(report, outcome.kind)));
    if outcome.until.is_some() {
        console.line("The provider ends it then.");
    }
    beside(app, report, outcome);
    if report.by_looking {
        let why = if report.is_doubted() {
            "The provider's answer contradicted what was known"
        } else {
            "The answer was lost"
        };
        console.line(format!("{why}; this was found out by looking."));
    }
    for path in &report.remaining {
        let who = report.principal.name();
        console.line(format!("{who} still has the access: {}", path_text(path)));
    }
    if let Some(error) = &report.remaining_unknown {
        console.note_line(format!(
            "warning: whether the access remains by another way could not be read: {error}"
        ));
    }
    if let Some(error) = &report.not_journaled {
        console.note_line(format!(
            "warning: what came of the change could not be written into the journal: {error} The \
             next command looks it up."
        ));
    }
    if let Some(journal) = &report.journal {
        console.note_line(format!("Journal: {journal}"));
    }
}

/// What else the provider says of the outcome.
fn beside(app: &App, report: &ChangeReport, outcome: &Outcome) {
    let told = |name: &str| outcome.attributes.get(name);
    if told(CAN_ACTIVATE_AGAIN).is_some_and(|told| *told == json!(true)) {
        let who = report.principal.name();
        app.console.line(format!("{who} is eligible for it and can activate it again."));
    }
    if let Some(status) = told(REQUEST_STATUS).and_then(Value::as_str) {
        app.console.line(format!("The provider says of the request: {status}."));
    }
}

fn sentence(report: &ChangeReport, kind: OutcomeKind) -> String {
    let (who, right, resource) = names(report);
    match kind {
        OutcomeKind::Granted => format!("{who} is now {right} of {resource}."),
        OutcomeKind::AlreadyGranted => {
            format!("{who} was {right} of {resource} before; nothing was changed.")
        }
        OutcomeKind::Revoked => format!("{who} is no longer {right} of {resource}."),
        OutcomeKind::AlreadyRevoked => {
            format!("{who} was not {right} of {resource} before; nothing was changed.")
        }
        OutcomeKind::Pending => format!(
            "the change of {who} as {right} of {resource} was accepted and has not finished. The \
             next command looks again."
        ),
        OutcomeKind::Unknown => format!(
            "whether {who} was changed as {right} of {resource} is not known yet. The next command \
             looks again."
        ),
        OutcomeKind::Done | OutcomeKind::AlreadyDone | OutcomeKind::NotApplied => {
            format!("{who}, {right} of {resource}.")
        }
    }
}

fn show_plan(app: &App, report: &ChangeReport) {
    let console = &app.console;
    let (who, right, resource) = names(report);
    if let Some(gap) = &report.prior_unknown {
        console.note_line(format!("warning: {}", gap.message));
    }
    let has = report.prior.is_some();
    let before = if has { "is" } else { "is not" };
    let after = match (report.action, has) {
        (Verb::Grant, true) | (Verb::Revoke, false) => "nothing would change".to_owned(),
        (Verb::Grant, false) => format!("would become {right}{}", until(report.until)),
        (Verb::Revoke, true) => format!("would no longer be {right}"),
    };
    console.line(match &report.prior_unknown {
        None => format!("Dry run: {who} {before} {right} of {resource} now; {after}."),
        Some(_) => format!("Dry run: whether {who} is {right} of {resource} now cannot be seen."),
    });
    if let Some(people) = &report.brings {
        console.line(format!("{who} is {}.", brought(people)));
    }
    for notice in report.resource.notices() {
        console.note(notice.message);
    }
    match &report.request {
        None => console.line("No request would be sent."),
        Some(request) => {
            console.line(format!("  {} {}", request.method.name(), request.url));
            if let Some(body) = &request.body {
                console.line(format!("  {body}"));
            }
        }
    }
    console.line("Nothing was sent.");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_to_copy_survives_the_shell() {
        let table = [
            ("group:Finance", "group:Finance"),
            ("group:All Staff", "'group:All Staff'"),
            ("it's", r"'it'\''s'"),
            ("$(x)", "'$(x)'"),
            ("", "''"),
        ];
        for (word, expected) in table {
            assert_eq!(quoted(word), expected);
        }
    }
}
