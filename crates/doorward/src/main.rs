//! Doorward's command line: see and change who has access to what.

mod app;
mod ask;
mod cli;
mod commands;
mod connection;
mod connectors;
mod exit;
mod log;
mod output;
mod remedy;
mod secrets;
mod signals;
mod simulation;

use clap::FromArgMatches;
use doorward_core::{Error, ErrorKind};
use doorward_host::JournalState;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;

use crate::app::App;
use crate::cli::{Cli, Command, Format, Globals};
use crate::exit::Exit;
use crate::output::{Console, Stream, journal, parser_text};

fn main() -> ExitCode {
    // Fails only when there is a provider already, and there is none so early.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    std::panic::set_hook(Box::new(say_that_it_broke));
    std::panic::catch_unwind(start).unwrap_or(Exit::INTERNAL).into()
}

/// One sentence: no stack trace, and not the panic's own text, which may hold anything.
fn say_that_it_broke(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map(|at| format!(" at {}:{}", at.file(), at.line()));
    parser_text(
        Stream::Error,
        &format!("error: Doorward has a defect{}. Please report it.\n", place.unwrap_or_default()),
    );
}

fn start() -> Exit {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let parsed = cli::command()
        .try_get_matches_from(&arguments)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    match parsed {
        Ok(Cli { globals, command }) => {
            log_to_standard_error(&globals);
            let app = App::new(globals);
            let ended = run(&app, command);
            ended.unwrap_or_else(|error| {
                let exit = Exit::from(error.kind);
                app.console.error(&error, exit);
                exit
            })
        }
        Err(error) => refuse(&error, &arguments),
    }
}

/// Help and version are results; anything else was not understood.
fn refuse(error: &clap::Error, arguments: &[OsString]) -> Exit {
    if !error.use_stderr() {
        parser_text(Stream::Out, &error.to_string());
        return Exit::DONE;
    }
    if wants_json(arguments) {
        let text = error.to_string();
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let first = lines.next().unwrap_or("The command line was not understood.");
        let message = first.strip_prefix("error: ").unwrap_or(first);
        let error = Error::new(ErrorKind::InvalidRequest, "usage", message)
            .remedy("Look at `doorward --help`.");
        Console::new(Format::Json, true).error(&error, Exit::USAGE);
    } else {
        parser_text(Stream::Error, &error.to_string());
    }
    Exit::USAGE
}

/// Whether JSON was asked for, on a command line that could not be understood as a whole.
fn wants_json(arguments: &[OsString]) -> bool {
    let words: Vec<&str> = arguments.iter().filter_map(|word| word.to_str()).collect();
    words.iter().any(|word| matches!(*word, "-ojson" | "-o=json" | "--output=json"))
        || words.windows(2).any(|pair| matches!(pair, ["-o" | "--output", "json"]))
}

fn log_to_standard_error(globals: &Globals) {
    let wanted = std::env::var("DOORWARD_LOG").unwrap_or_default();
    let filter = log::filter(&wanted, globals.verbose);
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // Fails only when a log is set already, and none is so early.
    let _ = match globals.output {
        Format::Json => log.json().try_init(),
        Format::Table => log.try_init(),
    };
}

fn run(app: &App, command: Command) -> Result<Exit, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Error::internal("The program could not start.").cause(error))?;
    let ended = runtime.block_on(until_stopped(app, command));
    // A thread may still wait for an answer in the terminal.
    runtime.shutdown_background();
    ended
}

async fn until_stopped(app: &App, command: Command) -> Result<Exit, Error> {
    if matches!(command, Command::Sim(_)) {
        return commands::run(app, command).await;
    }
    let may_change = commands::changes(&command);
    tokio::select! {
        biased;
        ended = commands::run(app, command) => ended,
        () = signals::stop() => {
            say_that_it_stopped(app, may_change);
            Ok(Exit::INTERRUPTED)
        }
    }
}

fn say_that_it_stopped(app: &App, may_change: bool) {
    let text = match app.own_change().filter(|_| may_change) {
        None => "Stopped. No change was under way.".to_owned(),
        Some(entry) if entry.state != JournalState::Settled => {
            "Stopped. A change was under way; the next command settles it.".to_owned()
        }
        Some(entry) => format!(
            "Stopped. What came of the change is known: {}: {}.",
            journal::change(&entry),
            journal::outcome(&entry)
        ),
    };
    app.console.note(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_recognised_on_a_broken_command_line() {
        let check = |line: &str, expected: bool| {
            let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
            assert_eq!(wants_json(&words), expected, "{line}");
        };
        check("doorward chek -o json", true);
        check("doorward chek --output=json", true);
        check("doorward chek", false);
        check("doorward json -o table", false);
    }
}
