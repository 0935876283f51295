//! Completion: a shell runs this program with a half-written command line, and gets what may come
//! next. It reads what is stored on this machine and never the network; whatever goes wrong, it
//! offers less.

use clap::{Arg, Command};
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::{CompleteEnv, Shells};
use doorward_core::{Error, Registry, Result};
use doorward_host::Store;

use crate::app::App;
use crate::cli::{Globals, Shell, command};
use crate::exit::Exit;
use crate::settings::Settings;

/// The variable by which a shell's script says that it wants completion, and which shell it is.
const VARIABLE: &str = "DOORWARD_COMPLETE";

/// Answers the shell, when it is a shell that asks.
pub(crate) fn answer() -> Option<Exit> {
    let asked = CompleteEnv::with_factory(|| with_names(command()))
        .var(VARIABLE)
        .bin("doorward")
        .try_complete(std::env::args_os(), None);
    match asked {
        Ok(false) => None,
        Ok(true) => Some(Exit::DONE),
        // Nobody reads a message in the middle of a command line.
        Err(_) => Some(Exit::USAGE),
    }
}

/// The script for a shell. It finds the program on the search path, also after an update.
///
/// # Errors
/// `Internal` when the shell is not one of those that the completing library knows.
pub(crate) fn script(shell: Shell) -> Result<String> {
    let name = match shell {
        Shell::Bash => "bash",
        Shell::Zsh => "zsh",
        Shell::Fish => "fish",
        Shell::Powershell => "powershell",
    };
    let failed = || Error::internal(format!("There is no completion for {name}."));
    let mut script = Vec::new();
    Shells::builtins()
        .completer(name)
        .ok_or_else(failed)?
        .write_registration(VARIABLE, "doorward", "doorward", "doorward", &mut script)
        .map_err(|_| failed())?;
    String::from_utf8(script).map_err(|_| failed())
}

/// Lets each argument offer names, by what it is called.
fn with_names(command: Command) -> Command {
    let is_add = command.get_name() == "add";
    command
        .mut_args(|argument| {
            let offer = |argument: Arg, names: fn() -> Vec<String>| {
                argument.add(ArgValueCandidates::new(move || candidates(names())))
            };
            match argument.get_id().as_str() {
                "connector" => offer(argument, connectors),
                "integration" => offer(argument, integrations),
                "name" if !is_add => offer(argument, integrations),
                "to" | "from" | "on" | "who" | "resource" => offer(argument, objects),
                _ => argument,
            }
        })
        .mut_subcommands(with_names)
}

fn candidates(names: Vec<String>) -> Vec<CompletionCandidate> {
    names.into_iter().map(CompletionCandidate::new).collect()
}

fn connectors() -> Vec<String> {
    let Ok(registry) = Registry::native() else { return Vec::new() };
    registry.iter().map(|factory| factory.descriptor().id.clone()).collect()
}

fn integrations() -> Vec<String> {
    let names = || {
        let found = store()?.integrations().ok()?;
        Some(found.into_iter().map(|integration| integration.name).collect())
    };
    names().unwrap_or_default()
}

/// The names of people and groups from the last sync, as commands take them. None yet: a snapshot is
/// one blob, and reading all of it at each key press would be too slow.
fn objects() -> Vec<String> {
    Vec::new()
}

/// The store where the environment and the configuration file say it is, if it is there: completion
/// makes no files. Options on the half-written line are not followed.
fn store() -> Option<std::sync::Arc<doorward_host::SqliteStore>> {
    let settings = Settings::of(&Globals::default(), &|name| std::env::var_os(name)).ok()?;
    let app = App::new(settings);
    let is_there = app.data_directory().ok()?.join("doorward.db").is_file();
    if is_there { app.store().ok() } else { None }
}
