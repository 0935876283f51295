//! `doorward demo`: the whole story on a simulated tenant, by the same commands that are typed.

use clap::Parser;
use doorward_core::{Clock, Error, ErrorKind, Result, Timestamp};
use doorward_host::SystemClock;
use entra_sim::cast;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

use crate::app::{App, no_temporary_files};
use crate::cli::Cli;
use crate::exit::Exit;
use crate::simulation::{Options, Simulation};

/// One step: what is about to be shown, the command, and how it ends.
struct Step {
    about: &'static str,
    command: &'static str,
    expected: Exit,
}

const fn step(about: &'static str, command: &'static str, expected: Exit) -> Step {
    Step { about, command, expected }
}

const STORY: [Step; 17] = [
    step(
        "Somebody pasted the secret's ID instead of its value, and misspelt a name.",
        "doorward validate entra-id broken.json",
        Exit::CONNECTION,
    ),
    step(
        "The right one. What it will reach is shown and pinned; the secret is stored encrypted.",
        "doorward integration add contoso --connector entra-id --connection contoso.json --yes",
        Exit::DONE,
    ),
    step("Who are we there, and what may we do?", "doorward check -i contoso", Exit::DONE),
    step("Who is in Finance?", "doorward access list --on group:Finance", Exit::DONE),
    step(
        "Warehouse comes from the on-premises Active Directory. It cannot be changed here.",
        "doorward grant --to alice@contoso.com --on group:Warehouse --yes",
        Exit::NOT_MANAGEABLE,
    ),
    step(
        "Finance could be changed, but nobody has allowed Doorward to.",
        "doorward grant --to alice@contoso.com --on group:Finance --yes",
        Exit::POLICY,
    ),
    step("So allow it.", "doorward integration allow group:Finance", Exit::DONE),
    step(
        "First only look: the exact request, not sent.",
        "doorward grant --to alice@contoso.com --on group:Finance --dry-run",
        Exit::DONE,
    ),
    step(
        "Now do it.",
        "doorward grant --to alice@contoso.com --on group:Finance --ticket OPS-12 --yes",
        Exit::DONE,
    ),
    step(
        "Twice does no harm.",
        "doorward grant --to alice@contoso.com --on group:Finance --ticket OPS-12 --yes",
        Exit::DONE,
    ),
    step("Alice is in Finance.", "doorward access list --on group:Finance", Exit::DONE),
    step(
        "Frank is in Finance through Finance Leads. Make him a member of his own, too …",
        "doorward grant --to frank@contoso.com --on group:Finance --yes",
        Exit::DONE,
    ),
    step(
        "… and take that back: he still has the access, and we are told by which way.",
        "doorward revoke --from frank@contoso.com --on group:Finance --yes",
        Exit::DONE,
    ),
    step(
        "Why does Bob have access to Engineering?",
        "doorward access explain --for bob@contoso.com --on group:Engineering",
        Exit::DONE,
    ),
    step(
        "Take Alice's access back.",
        "doorward revoke --from alice@contoso.com --on group:Finance --ticket OPS-12 --yes",
        Exit::DONE,
    ),
    step("Alice is gone from Finance.", "doorward access list --on group:Finance", Exit::DONE),
    step("Every change was written down, before and after.", "doorward journal list", Exit::DONE),
];

pub(super) async fn run(outer: &App) -> Result<Exit> {
    if outer.console.is_json() {
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            "demo-is-for-people",
            "The demo is a story for people and has no JSON.",
        )
        .remedy(
            "Run `doorward demo`, or start `doorward sim` and use the commands with `-o json`.",
        ));
    }
    let directory = tempfile::tempdir().map_err(no_temporary_files)?;
    let clock: Arc<dyn Clock> = Arc::new(StoryClock::new());
    let options = Options { users: 200, groups: 40, seed: 1, ..Options::default() };
    let simulation = Simulation::start(&options, Arc::clone(&clock)).await?;
    let app = App::story(directory.path(), clock);
    app.console.line(format!(
        "A simulated Microsoft Entra tenant, {}, answers at {} inside of this program.",
        cast::TENANT_NAME,
        simulation.base
    ));
    app.console.line("Nothing else is touched: all files of this demo are deleted at its end.");
    prepare(&app, directory.path(), &simulation)?;
    let exit = tokio::select! {
        biased;
        told = tell(&app) => told,
        served = simulation.serve() => served.map(|()| Exit::INTERNAL),
    }?;
    if exit == Exit::DONE {
        say_what_is_next(outer);
    }
    Ok(exit)
}

/// Writes the two connections that the story needs, and shows them.
fn prepare(app: &App, directory: &Path, simulation: &Simulation) -> Result<()> {
    let broken = json!({
        "clientId": cast::CLIENT_ID,
        "secret": cast::SECRET_ID,
        "tenant": cast::DOMAIN,
    });
    let connection = simulation.connection();
    let mut masked = connection.clone();
    if let Some(secret) = masked.get_mut("secret") {
        *secret = json!("(a secret of 40 characters, not shown here)");
    }
    write(&directory.join("broken.json"), &broken)?;
    write(&directory.join("contoso.json"), &connection)?;
    show_file(app, "broken.json", &broken);
    show_file(app, "contoso.json", &masked);
    Ok(())
}

fn write(path: &Path, value: &Value) -> Result<()> {
    std::fs::write(path, pretty(value)).map_err(no_temporary_files)
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn show_file(app: &App, name: &str, value: &Value) {
    app.console.line("");
    app.console.line(format!("$ cat {name}"));
    for line in pretty(value).lines() {
        app.console.line(line);
    }
}

/// Runs each step as if it had been typed.
async fn tell(app: &App) -> Result<Exit> {
    for step in &STORY {
        app.console.line("");
        app.console.line(format!("# {}", step.about));
        app.console.line(format!("$ {}", step.command));
        let exit = type_in(app, step).await?;
        if exit != Exit::DONE {
            app.console.line(format!("(exit code {})", exit.code()));
        }
        if exit != step.expected {
            app.console.line(format!(
                "This step should have ended with {}, so the demo stops here. Please report it.",
                step.expected.code()
            ));
            return Ok(Exit::INTERNAL);
        }
    }
    Ok(Exit::DONE)
}

/// How the step ends. What this machine lacks for it is the demo's own error.
async fn type_in(app: &App, step: &Step) -> Result<Exit> {
    let command = Cli::try_parse_from(step.command.split_whitespace())
        .map_err(|error| Error::internal("A command of the demo is not understood.").cause(error))?
        .command;
    Ok(match Box::pin(super::run(app, command)).await {
        Ok(exit) => exit,
        Err(error) if error.kind == ErrorKind::InvalidRequest => return Err(error),
        Err(error) => {
            let exit = Exit::from(error.kind);
            app.console.error(&error, exit);
            exit
        }
    })
}

fn say_what_is_next(app: &App) {
    let lines = [
        "",
        "What to try next:",
        "  doorward sim --connection-file sim.json    the same tenant, for your own commands",
        "  doorward setup entra-id                    prepare your own tenant",
        "  doorward --help                            everything else",
    ];
    for line in lines {
        app.console.line(line);
    }
}

/// A time that begins when the simulated tenant was made, so that the story is the same each day.
struct StoryClock {
    began: Timestamp,
    epoch: Timestamp,
}

impl StoryClock {
    fn new() -> Self {
        Self { began: SystemClock.now(), epoch: cast::EPOCH.parse().unwrap_or_default() }
    }
}

impl Clock for StoryClock {
    fn now(&self) -> Timestamp {
        let elapsed = SystemClock.now().duration_since(self.began);
        self.epoch.saturating_add(elapsed).unwrap_or(self.epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_a_command_that_can_be_typed() {
        for step in &STORY {
            let parsed = Cli::try_parse_from(step.command.split_whitespace());
            assert!(parsed.is_ok(), "{}: {}", step.command, parsed.unwrap_err());
            assert!(step.about.ends_with(['.', '?', '…', ':']), "{}", step.about);
        }
    }
}
