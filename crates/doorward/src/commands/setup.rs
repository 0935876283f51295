//! `doorward setup`: how to prepare a system for its connector.

use doorward_core::{Descriptor, Error, ErrorKind, Result, Script, SetupGuide, SetupStep, Use};
use doorward_host::Uses;
use serde_json::json;

use crate::app::App;
use crate::exit::Exit;
use crate::output::{Console, Table};

pub(super) fn run(app: &App, connector: &str, uses: &[String], tool: Option<&str>) -> Result<Exit> {
    let descriptor = app.factory(connector)?.descriptor();
    let uses = match uses {
        [] => Uses::first(descriptor),
        names => Uses::named(descriptor, names)?,
    };
    let mut guide = uses.guide();
    guide.steps.push(last_step(&descriptor.id, &uses));
    if let Some(tool) = tool {
        app.console.exact(&ended(&script(&guide, tool)?.text));
        return Ok(Exit::DONE);
    }
    if app.console.is_json() {
        let names: Vec<&str> = uses.chosen().iter().map(|one| one.name.as_str()).collect();
        let fields = json!({
            "connector": descriptor.id,
            "uses": names,
            "permissions": uses.permissions(),
            "setup": guide,
        });
        app.console.json("Setup", &fields);
        return Ok(Exit::DONE);
    }
    show(&app.console, descriptor, &uses, &guide);
    Ok(Exit::DONE)
}

fn show(console: &Console, descriptor: &Descriptor, uses: &Uses<'_>, guide: &SetupGuide) {
    console.line(format!("How to prepare {} for Doorward", descriptor.name));
    for one in uses.chosen() {
        console.line(format!("For {}: {}", one.name, one.purpose));
    }
    for warning in &guide.warnings {
        console.line(format!("WARNING: {warning}"));
    }
    for (number, step) in (1..).zip(&guide.steps) {
        console.line("");
        console.line(format!("{number}. {}", step.title));
        for line in &step.lines {
            console.line(format!("   {line}"));
        }
    }
    console.line("");
    console.line("Permissions, what each is for, and what does not work without it:");
    for line in super::connector::permission_lines(uses.permissions()) {
        console.line(line);
    }
    let chosen = format!("doorward setup {}{}", descriptor.id, uses.option());
    for script in &guide.scripts {
        console.line("");
        console.line(format!(
            "The same as a script for `{0}` (`{chosen} --script {0}` prints only this):",
            script.tool
        ));
        console.line("");
        for line in script.text.lines() {
            console.line(format!("    {line}").trim_end());
        }
    }
    show_other_uses(console, descriptor, uses);
}

fn show_other_uses(console: &Console, descriptor: &Descriptor, uses: &Uses<'_>) {
    let others: Vec<&Use> =
        descriptor.uses.iter().filter(|one| !uses.chosen().contains(one)).collect();
    if others.is_empty() {
        return;
    }
    console.line("");
    console.line("Other uses; `--use` takes several, with commas:");
    let mut table = Table::new(["Use", "For what"]);
    for one in others {
        table.row([&one.name, &one.purpose]);
    }
    console.table(&table);
}

/// What follows the connector's own steps: a connector does not know the command line.
fn last_step(connector: &str, uses: &Uses<'_>) -> SetupStep {
    let check = format!("doorward check -i NAME{}", uses.option());
    SetupStep {
        title: "Add the integration".to_owned(),
        lines: vec![
            format!("Look the file over: doorward validate {connector} FILE"),
            format!(
                "Store it under a name that you choose: doorward integration add NAME --connector \
                 {connector} --connection FILE"
            ),
            format!("See what is missing and what is too much: {check}"),
            "For a new secret, later: doorward integration update NAME --secret -".to_owned(),
        ],
    }
}

fn script<'guide>(guide: &'guide SetupGuide, tool: &str) -> Result<&'guide Script> {
    guide.scripts.iter().find(|script| script.tool == tool).ok_or_else(|| {
        let known: Vec<&str> = guide.scripts.iter().map(|script| script.tool.as_str()).collect();
        Error::new(
            ErrorKind::NotFound,
            "script-not-found",
            format!("There is no script for `{tool}`."),
        )
        .remedy(format!("There are scripts for: {}.", known.join(", ")))
    })
}

fn ended(text: &str) -> String {
    format!("{}\n", text.trim_end_matches('\n'))
}
