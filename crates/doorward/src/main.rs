//! Doorward's command line: see and change who has access to what.

mod app;
mod ask;
mod cli;
mod commands;
mod completion;
mod connection;
mod connectors;
mod dumps;
mod exit;
mod lines;
mod log;
mod output;
mod plugins;
mod remedy;
mod scaffold;
mod secrets;
mod settings;
mod signals;
mod simulation;

use clap::FromArgMatches;
use doorward_core::{Error, ErrorKind};
use doorward_host::JournalState;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;

use crate::app::App;
use crate::cli::{Cli, Command, Format};
use crate::exit::Exit;
use crate::output::{Console, Stream, journal, parser_text};
use crate::settings::Settings;

fn main() -> ExitCode {
    dumps::forbid();
    // Fails only when there is a provider already, and there is none so early.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    std::panic::set_hook(Box::new(say_that_it_broke));
    std::panic::catch_unwind(start).map_or(Exit::INTERNAL, written).into()
}

/// One sentence: no stack trace, and not the panic's own text, which may hold anything.
fn say_that_it_broke(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map(|at| format!(" at {}:{}", at.file(), at.line()));
    parser_text(
        Stream::Error,
        &format!("error: Doorward has a defect{}. Please report it.\n", place.unwrap_or_default()),
    );
}

/// A result that did not arrive is not done. A reader that went away, as `head` does, wants no more.
fn written(exit: Exit) -> Exit {
    let Some(error) = output::lost() else { return exit };
    let error = Error::new(
        ErrorKind::InvalidRequest,
        "result-not-written",
        "The result could not be written to standard output. What the command changed is changed.",
    )
    .remedy("Check the free space where the output goes. `doorward journal list` shows changes.")
    .cause(error);
    let failed = fail(&Console::new(Format::Table, true), &error);
    if exit == Exit::DONE { failed } else { exit }
}

fn start() -> Exit {
    if let Some(exit) = completion::answer() {
        return exit;
    }
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let parsed = cli::command()
        .try_get_matches_from(&arguments)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    match parsed {
        Ok(Cli { globals, command }) => {
            let settings = match Settings::of(&globals, &|name| std::env::var_os(name)) {
                Ok(settings) => settings,
                Err(error) => {
                    return fail(&Console::new(globals.format().unwrap_or_default(), true), &error);
                }
            };
            log_to_standard_error(&settings);
            let app = App::new(settings);
            run(&app, command).unwrap_or_else(|error| fail(&app.console, &error))
        }
        Err(error) if error.use_stderr() => refuse(&cleaned(error, &arguments), &arguments),
        Err(error) => refuse(&error, &arguments),
    }
}

fn fail(console: &Console, error: &Error) -> Exit {
    let exit = Exit::from(error.kind);
    console.error(error, exit);
    exit
}

/// The parser repeats what it does not understand, and that may deceive whoever reads it: it is
/// parsed again without what could.
fn cleaned(error: clap::Error, arguments: &[OsString]) -> clap::Error {
    let clean = |word: &OsString| output::text::clean(&word.to_string_lossy());
    let words: Vec<String> = arguments.iter().map(clean).collect();
    match cli::command().try_get_matches_from(words) {
        Err(error) => error,
        Ok(_) => error,
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
        let text = error.to_string();
        let lines: Vec<String> = text.lines().map(output::text::clean).collect();
        parser_text(Stream::Error, &format!("{}\n", lines.join("\n")));
    }
    Exit::USAGE
}

/// Whether JSON was asked for, on a command line that could not be understood as a whole.
fn wants_json(arguments: &[OsString]) -> bool {
    let words: Vec<&str> = arguments.iter().filter_map(|word| word.to_str()).collect();
    let is_json = |format: &str| matches!(format, "json" | "jsonl");
    let named = |word: &&str| word.starts_with("-o") || word.starts_with("--output");
    if !words.iter().any(named) {
        return std::env::var("DOORWARD_OUTPUT").is_ok_and(|format| is_json(&format));
    }
    words.windows(2).any(|pair| matches!(pair, ["-o" | "--output", format] if is_json(format)))
        || words.iter().any(|word| {
            let format = word.strip_prefix("--output=").or_else(|| word.strip_prefix("-o"));
            format.is_some_and(|format| is_json(format.trim_start_matches('=')))
        })
}

fn log_to_standard_error(settings: &Settings) {
    let log = tracing_subscriber::fmt()
        .with_env_filter(log::filter(&settings.log.value))
        .with_ansi(std::io::stderr().is_terminal())
        // It would say so where it cannot write.
        .log_internal_errors(false)
        .with_writer(std::io::stderr);
    // Fails only when a log is set already, and none is so early.
    let is_json = settings.output.value.is_json();
    let _ = if is_json { log.json().try_init() } else { log.try_init() };
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
    let tries_changes = commands::tries_changes(&command);
    let stopped = signals::stop();
    let running = commands::run(app, command);
    tokio::pin!(running);
    tokio::select! {
        biased;
        ended = &mut running => return ended,
        () = stopped => {}
    }
    // Who writes one change after the other says itself what was done and what was not.
    if app.stop.ask() {
        app.console.note(
            "Stopping. What was sent is waited for, ten seconds at most; once more Ctrl-C leaves it \
             to the next command.",
        );
        return running.await;
    }
    if tries_changes {
        app.console.note(
            "Stopped. The access that was named may not be as it was found: look at it, and set it \
             right.",
        );
    } else {
        say_that_it_stopped(app, may_change);
    }
    Ok(Exit::INTERRUPTED)
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
        check("doorward chek -ojsonl", true);
        check("doorward chek -o=json", true);
        check("doorward chek -o csv", false);
        check("doorward chek", false);
        check("doorward json -o table", false);
    }
}
