//! Completion: a shell runs this program with a half-written command line, and gets what may come
//! next. It reads what is stored on this machine and never the network; whatever goes wrong, it
//! offers less.

mod line;
mod objects;
mod shells;

use clap::{Arg, Command};
use clap_complete::engine::{
    ArgValueCandidates, ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter,
    complete,
};
use doorward_host::{SqliteStore, Store};
use std::ffi::{OsStr, OsString};
use std::sync::Arc;

use crate::app::App;
use crate::cli::{Globals, Shell, command};
use crate::exit::Exit;
use crate::output::Stream;
use crate::settings::Settings;
use objects::Side;
pub(crate) use shells::script;

/// The variable by which a shell's script says that it wants completion, and which shell it is.
const VARIABLE: &str = "DOORWARD_COMPLETE";

/// Answers the shell, when it is a shell that asks.
pub(crate) fn answer() -> Option<Exit> {
    let name = std::env::var_os(VARIABLE).filter(|name| !name.is_empty())?;
    // Nobody reads a message in the middle of a command line.
    let Some(shell) = shells::named(&name) else { return Some(Exit::USAGE) };
    let asked = shells::asked(shell);
    let words: Arc<[OsString]> = asked.words.clone().into();
    let mut command = with_names(command(), shell, &words);
    let here = std::env::current_dir().ok();
    let found = complete(&mut command, asked.words.clone(), asked.place, here.as_deref());
    let found = found.unwrap_or_default();
    crate::output::parser_text(Stream::Out, &shells::told(shell, &asked, &found));
    Some(Exit::DONE)
}

/// Lets each argument offer names, by what it is called.
fn with_names(command: Command, shell: Shell, words: &Arc<[OsString]>) -> Command {
    let is = |name: &str| command.get_name() == name;
    let (is_add, is_inspect, is_push) = (is("add"), is("inspect"), is("push"));
    // It is about a connection that is not stored: nobody knows the names there.
    let is_stored = !is("conformance");
    command
        .mut_args(|argument| {
            let objects = |argument: Arg, side: Side| {
                let words = Arc::clone(words);
                argument.add(ArgValueCompleter::new(move |typed: &OsStr| {
                    objects::offered(shell, &words, typed, side).unwrap_or_default()
                }))
            };
            match argument.get_id().as_str() {
                "connector" => {
                    let words = Arc::clone(words);
                    argument.add(ArgValueCandidates::new(move || connectors(&words)))
                }
                "name" if is_add => argument,
                "integration" | "name" => {
                    let words = Arc::clone(words);
                    argument.add(ArgValueCandidates::new(move || integrations(&words)))
                }
                // `inspect` takes a file, too, and `push` an address.
                "plugin" => {
                    argument.add(ArgValueCompleter::new(offered_plugins(words, is_inspect)))
                }
                "source" => argument.add(ArgValueCompleter::new(PathCompleter::file())),
                "to" if is_push => argument,
                "to" | "from" | "who" if is_stored => objects(argument, Side::Principals),
                "on" | "resource" if is_stored => objects(argument, Side::Resources),
                "object" => objects(argument, Side::Both),
                _ => argument,
            }
        })
        .mut_subcommands(|command| with_names(command, shell, words))
}

fn connectors(words: &[OsString]) -> Vec<CompletionCandidate> {
    let Some(registry) = app(words).and_then(|app| app.registry().ok()) else { return Vec::new() };
    registry.iter().map(|factory| factory.descriptor().id.clone().into()).collect()
}

/// The installed plugins; with files, where one may be named instead.
fn offered_plugins(
    words: &Arc<[OsString]>,
    with_files: bool,
) -> impl Fn(&OsStr) -> Vec<CompletionCandidate> + Send + Sync + 'static {
    let words = Arc::clone(words);
    move |typed: &OsStr| {
        let lock = app(&words).and_then(|app| app.plugins().ok()?.lock().ok());
        let ids = lock.into_iter().flat_map(|lock| lock.plugins).map(|plugin| plugin.id);
        let begins = |id: &String| typed.to_str().is_some_and(|typed| id.starts_with(typed));
        let mut offered: Vec<CompletionCandidate> =
            ids.filter(begins).map(CompletionCandidate::from).collect();
        if with_files {
            offered.extend(PathCompleter::file().complete(typed));
        }
        offered
    }
}

fn integrations(words: &[OsString]) -> Vec<CompletionCandidate> {
    let found = store(words).and_then(|store| store.integrations().ok()).unwrap_or_default();
    found.into_iter().map(|integration| integration.name.into()).collect()
}

/// The store, if it is there.
fn store(words: &[OsString]) -> Option<SqliteStore> {
    SqliteStore::glance(&app(words)?.data_directory().ok()?).ok()
}

/// What a command would have, as the half-written line, the environment and the configuration file
/// say it.
fn app(words: &[OsString]) -> Option<App> {
    let globals = Globals {
        data_dir: option(words, "--data-dir", None).map(Into::into),
        config: option(words, "--config", None).map(Into::into),
        ..Globals::default()
    };
    Some(App::new(Settings::of(&globals, &|name| std::env::var_os(name)).ok()?))
}

/// What an option is set to on a half-written line.
fn option(words: &[OsString], long: &str, short: Option<&str>) -> Option<OsString> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == long || short.is_some_and(|short| word == short) {
            return words.next().filter(|value| !value.is_empty()).cloned();
        }
        let text = word.to_str().unwrap_or_default();
        let rest = text.strip_prefix(long).and_then(|rest| rest.strip_prefix('='));
        let joined = || {
            let rest = text.strip_prefix(short?)?;
            Some(rest.strip_prefix('=').unwrap_or(rest))
        };
        if let Some(value) = rest.or_else(joined).filter(|value| !value.is_empty()) {
            return Some(value.into());
        }
    }
    None
}
