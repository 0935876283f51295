//! `doorward conformance`: tries a connector against the rules that each must keep.

use doorward_core::{Error, ErrorKind, Factory, Result};
use doorward_host::{
    ChangeReport, ChangeRequest, Host, Opened, Proposal, Selector, SelectorRole, Verb,
};
use doorward_testkit::{Change, Level, Report, RuleReport, Subject, Verdict};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::change::look_without_policy;
use crate::app::App;
use crate::ask;
use crate::cli::ConformanceOptions;
use crate::exit::Exit;
use crate::output::{Console, Table, text};
use crate::plugins;

pub(super) async fn run(app: &App, options: &ConformanceOptions) -> Result<Exit> {
    if options.to.is_some() {
        ask::can_be_confirmed(&app.console, options.yes)?;
    }
    let (app, factory) = connector(app, &options.connector)?;
    let app = &app;
    let host = app.forgetful_host()?;
    let id = &factory.descriptor().id;
    let proposal = app.propose(&host, id, &options.connection).await?;
    app.console.reach(proposal.reach());
    if !plugins::is_id(&options.connector) {
        // Nobody approved this component, and it said itself where the secrets shall go.
        let question = "Send the credentials of this connection to these addresses?";
        ask::confirm(&app.console, options.yes, question).await?;
    }
    let change = match (&options.to, &options.on) {
        (Some(to), Some(on)) => Some(named(app, &host, &proposal, to, on, options).await?),
        _ => None,
    };
    let environment = host.environment();
    let report = doorward_testkit::run(&Subject {
        factory,
        connection: proposal.connection().clone(),
        secrets: proposal.secrets(),
        transport: Arc::clone(&environment.transport),
        clock: Arc::clone(&environment.clock),
        random: Arc::clone(&environment.random),
        log: Arc::clone(&environment.log),
        change,
    })
    .await?;
    if app.console.is_json() {
        app.console.json("ConformanceReport", &json!(report));
    } else {
        show(&app.console, &report);
        if options.to.is_none() {
            app.console.note_line(
                "Nothing was changed. Add `--to WHO --on RESOURCE` to try the rules about changes, \
                 too.",
            );
        }
    }
    Ok(ending(&report))
}

/// The connector that is tried: one that is built in or installed, or the component in a file.
fn connector(app: &App, named: &str) -> Result<(App, &'static dyn Factory)> {
    if plugins::is_id(named) {
        return Ok((app.clone(), app.factory(named)?));
    }
    let path = Path::new(named);
    let bytes = plugins::component_of_file(&app.console.file(path))?;
    let looked = plugins::look(&app.plugin_runtime()?, &super::plugin::called(path), bytes)?;
    // For as long as the program runs, and that is for this command.
    let factory: &'static dyn Factory = Box::leak(Box::new(looked.factory));
    Ok((app.trying(factory), factory))
}

/// The access that is given and taken, once somebody confirmed it. What no policy can allow is
/// refused here, too: our own access, privileged resources, the last holder.
async fn named(
    app: &App,
    host: &Host,
    proposal: &Proposal,
    to: &str,
    on: &str,
    options: &ConformanceOptions,
) -> Result<Change> {
    let opened = host.open_proposal(proposal)?;
    look_without_policy(app, &opened)?;
    let plan = plan(&opened, Verb::Grant, to, on, options).await?;
    self::plan(&opened, Verb::Revoke, to, on, options).await?;
    if !options.yes {
        let (who, resource) = (text::object_name(&plan.principal), &plan.resource);
        app.console.note_line(format!("  who:    {who} [{}]", plan.principal.key()));
        app.console.note_line(format!("  right:  {}", plan.entitlement));
        app.console.note_line(format!("  on:     {} [{}]", resource.name, resource.key));
    }
    let now = match (&plan.prior, &plan.prior_unknown) {
        (Some(_), _) => "has it now",
        (None, None) => "does not have it now",
        (None, Some(_)) => "may have it now: this could not be seen",
    };
    let who = text::object_name(&plan.principal);
    app.console.note(format!(
        "{who} {now}. A run that is interrupted may leave it otherwise: look, and put it back."
    ));
    let question = "Give and take this access several times, and leave it as it is now?";
    ask::confirm(&app.console, options.yes, question).await?;
    Ok(Change {
        principal: plan.principal.key().clone(),
        resource: plan.resource,
        entitlement: plan.entitlement,
        scope: plan.scope.map(|scope| scope.key),
    })
}

async fn plan(
    opened: &Opened,
    verb: Verb,
    to: &str,
    on: &str,
    options: &ConformanceOptions,
) -> Result<ChangeReport> {
    let descriptor = opened.descriptor();
    let request = ChangeRequest {
        verb,
        principal: Selector::parse(to, SelectorRole::Principal, descriptor)?,
        resource: Selector::parse(on, SelectorRole::Resource, descriptor)?,
        right: options.right.clone(),
        reason: None,
        ticket: None,
        // It does not stay.
        kind: doorward_core::GrantKind::Active,
        until: None,
        permanent: true,
        allow_tier0: false,
    };
    opened.plan(request).await.map_err(|error| match error.kind {
        ErrorKind::DeniedByPolicy => error.remedy(
            "Name somebody and something that are there for tests, and give no power over the \
             system.",
        ),
        _ => error,
    })
}

fn ending(report: &Report) -> Exit {
    if report.not_restored.is_some() {
        return Exit::OUTCOME_UNKNOWN;
    }
    if report.conforms { Exit::DONE } else { Exit::from(ErrorKind::ContractViolation) }
}

fn show(console: &Console, report: &Report) {
    let mut table = Table::new(["Rule", "Level", "Result", "What was seen"]);
    for rule in &report.rules {
        let (result, seen) = result(rule);
        table.row([rule.rule, rule.level.name(), result, seen]);
    }
    console.table(&table);
    console.line("");
    for rule in &report.rules {
        if let Verdict::Failed { remedy, .. } = &rule.verdict {
            console.line(format!("{} {}: {}", rule.level.name(), rule.rule, rule.text));
            console.line(format!("  do: {remedy}"));
        }
    }
    for line in summary(report) {
        console.line(line);
    }
    if let Some(Error { message, remedy, .. }) = &report.not_restored {
        let remedy = remedy.as_deref().unwrap_or_default();
        console.note_line(format!("warning: {message} {remedy}"));
    }
}

fn result(rule: &RuleReport) -> (&'static str, &str) {
    match (&rule.verdict, rule.level) {
        (Verdict::Passed, _) => ("passed", "-"),
        (Verdict::Failed { seen, .. }, Level::Must) => ("FAILED", seen),
        (Verdict::Failed { seen, .. }, Level::Should) => ("failed", seen),
        (Verdict::NotApplicable { because }, _) => ("not applicable", because),
        (Verdict::Skipped { because }, _) => ("skipped", because),
    }
}

/// What it comes to, and what was left out and why.
fn summary(report: &Report) -> Vec<String> {
    let rules = |number| text::count(number, "rule", "rules");
    let number =
        |fits: fn(&Verdict) -> bool| report.rules.iter().filter(|rule| fits(&rule.verdict)).count();
    let passed = number(|verdict| matches!(verdict, Verdict::Passed));
    let mut lines = Vec::new();
    for (level, what) in [(Level::Must, "must"), (Level::Should, "should")] {
        let broken: Vec<&str> = report.failed(level).map(|rule| rule.rule).collect();
        if !broken.is_empty() {
            lines.push(format!(
                "{} broken that a connector {what} keep: {}.",
                text::count(broken.len(), "rule is", "rules are"),
                broken.join(", ")
            ));
        }
    }
    let mut skipped: BTreeMap<&str, usize> = BTreeMap::new();
    for rule in &report.rules {
        if let Verdict::Skipped { because } = &rule.verdict {
            *skipped.entry(because).or_default() += 1;
        }
    }
    for (because, number) in skipped {
        let were = text::count(number, "rule was", "rules were");
        lines.push(format!("{were} SKIPPED, and may be broken: {because}"));
    }
    let beside = match number(|verdict| matches!(verdict, Verdict::NotApplicable { .. })) {
        0 => String::new(),
        other => {
            format!(" {} not about this connector.", text::count(other, "rule is", "rules are"))
        }
    };
    let conforms = if report.conforms { "keeps" } else { "does not keep" };
    lines.push(format!(
        "{} {} {conforms} the rules: {} of {} passed.{beside}",
        report.connector,
        report.version,
        passed,
        rules(report.rules.len())
    ));
    lines
}
