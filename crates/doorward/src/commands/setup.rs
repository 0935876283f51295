//! `doorward setup`: how to prepare a system for its connector.

use doorward_core::{Error, ErrorKind, Result, Script, SetupGuide, SetupStep};
use serde_json::json;

use crate::app::App;
use crate::exit::Exit;

pub(super) fn run(app: &App, connector: &str, tool: Option<&str>) -> Result<Exit> {
    let descriptor = app.factory(connector)?.descriptor();
    let mut guide = descriptor.setup.clone();
    guide.steps.push(last_step(&descriptor.id));
    if let Some(tool) = tool {
        app.console.exact(&ended(&script(&guide, tool)?.text));
        return Ok(Exit::DONE);
    }
    if app.console.is_json() {
        let fields = json!({
            "connector": descriptor.id,
            "setup": guide,
            "permissions": descriptor.permissions,
        });
        app.console.json("Setup", &fields);
        return Ok(Exit::DONE);
    }
    let console = &app.console;
    console.line(format!("How to prepare {} for Doorward", descriptor.name));
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
    super::connector::show_permissions(console, descriptor);
    for script in &guide.scripts {
        console.line("");
        console.line(format!(
            "The same as a script for `{0}` (`doorward setup {1} --script {0}` prints only this):",
            script.tool, descriptor.id
        ));
        console.line("");
        for line in script.text.lines() {
            console.line(format!("    {line}").trim_end());
        }
    }
    Ok(Exit::DONE)
}

/// What follows the connector's own steps: a connector does not know the command line.
fn last_step(connector: &str) -> SetupStep {
    SetupStep {
        title: "Add the integration".to_owned(),
        lines: vec![
            format!("Look the file over: doorward validate {connector} FILE"),
            format!(
                "Store it under a name that you choose: doorward integration add NAME --connector \
                 {connector} --connection FILE"
            ),
            "See what is missing and what is too much: doorward check -i NAME".to_owned(),
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
