//! The commands, one file each.

mod access;
mod backup;
mod bulk;
mod change;
mod check;
mod completion;
mod config;
mod conformance;
mod connector;
mod credential;
mod demo;
mod integration;
mod journal;
mod list;
mod new;
mod plan;
mod plugin;
mod policy;
mod rotate_key;
mod schema;
mod setup;
mod sim;
mod sync;
mod validate;

use doorward_core::{Error, ErrorKind, Result};
use doorward_host::Verb;

use crate::app::App;
use crate::cli::{
    AccessCommand, ChangeOptions, Command, ConfigCommand, ConnectorCommand, CredentialCommand,
    Ends, Format, IntegrationCommand, JournalCommand, PluginCommand, Target,
};
use crate::exit::Exit;
use crate::remedy;

/// Runs one command.
///
/// # Errors
/// Whatever went wrong; nothing of it has been printed.
pub(crate) async fn run(app: &App, command: Command) -> Result<Exit> {
    let target = target(&command);
    carry_out(app, command).await.map_err(|error| match target {
        Some(target) => remedy::completed(app, error, &target),
        None => error,
    })
}

/// What the command opens.
fn target(command: &Command) -> Option<Target> {
    match command {
        Command::Check { target, .. }
        | Command::Sync { target }
        | Command::Access(
            AccessCommand::List { target, .. } | AccessCommand::Explain { target, .. },
        ) => Some(target.clone()),
        Command::Grant { change, .. } | Command::Revoke { change, .. } => {
            Some(change.target.clone())
        }
        Command::Plan(options) => Some(options.target.clone()),
        Command::Apply(options) => {
            Some(Target { integration: options.integration.clone(), ..Target::default() })
        }
        Command::Conformance(options) => Some(Target {
            connector: Some(options.connector.clone()),
            connection: Some(options.connection.clone()),
            ..Target::default()
        }),
        Command::Integration(
            IntegrationCommand::Allow { integration, .. }
            | IntegrationCommand::Protect { integration, .. },
        ) => Some(Target { integration: integration.clone(), ..Target::default() }),
        _ => None,
    }
}

/// Whether the result is a list, which every format can print.
fn is_list(command: &Command) -> bool {
    matches!(
        command,
        Command::Connector(ConnectorCommand::List)
            | Command::Integration(IntegrationCommand::List)
            | Command::Plugin(PluginCommand::List)
            | Command::Access(AccessCommand::List { .. })
            | Command::List(_)
            | Command::Journal(JournalCommand::List { .. })
            | Command::Config(ConfigCommand::Show { .. })
            | Command::Apply(_)
            | Command::Grant { change: ChangeOptions { file: Some(_), .. }, .. }
            | Command::Revoke { change: ChangeOptions { file: Some(_), .. }, .. }
            | Command::Credential(CredentialCommand::Status { .. })
    )
}

/// Whether a command reaches a system. The simulated one is reached without a proxy.
fn reaches(command: &Command) -> bool {
    match command {
        Command::Access(
            AccessCommand::List { last_sync, .. } | AccessCommand::Explain { last_sync, .. },
        ) => !last_sync,
        Command::Check { .. }
        | Command::Credential(_)
        | Command::Conformance(_)
        | Command::Sync { .. }
        | Command::Grant { .. }
        | Command::Revoke { .. }
        | Command::Plan(_)
        | Command::Apply(_)
        | Command::Journal(JournalCommand::Close { .. })
        | Command::Integration(
            IntegrationCommand::Update { .. }
            | IntegrationCommand::Allow { .. }
            | IntegrationCommand::Protect { .. },
        ) => true,
        _ => false,
    }
}

/// Refuses a format that the command does not have, before it does anything.
fn check_format(app: &App, command: &Command) -> Result<()> {
    let format = app.console.format();
    let refuse = |message: String, remedy: &str| {
        Err(Error::new(ErrorKind::InvalidRequest, "format-not-possible", message).remedy(remedy))
    };
    // A sync tells how far it is, one event in a line.
    if format == Format::Jsonl && matches!(command, Command::Sync { .. }) {
        return Ok(());
    }
    if !is_list(command) && !matches!(format, Format::Table | Format::Json) {
        return refuse(
            format!("`-o {}` prints lists, and this command gives no list.", format.name()),
            "Use `-o table` or `-o json`.",
        );
    }
    if app.console.columns().is_some() && !is_list(command) {
        return refuse(
            "`--columns` chooses what is shown of a list, and this command gives no list."
                .to_owned(),
            "Leave `--columns` out.",
        );
    }
    if app.console.columns().is_some()
        && matches!(format, Format::Json | Format::Jsonl | Format::Name)
    {
        return refuse(
            format!("`-o {}` has no columns, so `--columns` cannot choose any.", format.name()),
            "Leave one of them out, or use `-o table`, `-o wide`, `-o csv` or `-o tsv`.",
        );
    }
    Ok(())
}

async fn carry_out(app: &App, command: Command) -> Result<Exit> {
    check_format(app, &command)?;
    if reaches(&command) {
        app.check_proxy()?;
    }
    match command {
        Command::Demo => Box::pin(demo::run(app)).await,
        Command::Connector(ConnectorCommand::List) => connector::list(app),
        Command::Connector(ConnectorCommand::Show { connector }) => {
            connector::show(app, &connector)
        }
        Command::Plugin(command) => Box::pin(plugin::run(app, command)).await,
        Command::Schema { connector } => schema::run(app, &connector),
        Command::Validate { connector, file } => validate::run(app, &connector, &file).await,
        Command::Setup { connector, uses, script } => {
            setup::run(app, &connector, &uses, script.as_deref())
        }
        Command::Integration(command) => integration::run(app, command).await,
        Command::Check { target, uses } => check::run(app, &target, &uses).await,
        Command::Credential(CredentialCommand::Status { integration, warn_days }) => {
            credential::status(app, integration.as_deref(), warn_days).await
        }
        Command::New(command) => new::run(app, &command),
        Command::Conformance(options) => Box::pin(conformance::run(app, &options)).await,
        Command::Sync { target } => sync::run(app, &target).await,
        Command::List(command) => list::run(app, &command).await,
        Command::Access(AccessCommand::List { on, who, last_sync, target }) => {
            access::list(app, on.as_deref(), who.as_deref(), last_sync, &target).await
        }
        Command::Access(AccessCommand::Explain { who, on, right, last_sync, target }) => {
            access::explain(app, &who, &on, right.as_deref(), last_sync, &target).await
        }
        Command::Grant { to, ends, change } => {
            Box::pin(change::run(app, Verb::Grant, to.as_deref(), &ends, &change)).await
        }
        Command::Revoke { from, change } => {
            let ends = Ends::default();
            Box::pin(change::run(app, Verb::Revoke, from.as_deref(), &ends, &change)).await
        }
        Command::Plan(options) => Box::pin(plan::run(app, &options)).await,
        Command::Apply(options) => Box::pin(plan::apply(app, &options)).await,
        Command::Journal(JournalCommand::List { integration, limit }) => {
            journal::list(app, integration.as_deref(), limit)
        }
        Command::Journal(JournalCommand::Show { id }) => journal::show(app, &id),
        Command::Journal(JournalCommand::Close { id, outcome, reason, yes }) => {
            journal::close(app, &id, outcome, &reason, yes).await
        }
        Command::Config(ConfigCommand::Show { origin }) => config::show(app, origin),
        Command::RotateKey { new_key_env } => rotate_key::run(app, new_key_env.as_deref()),
        Command::Backup { file } => backup::back_up(app, &file),
        Command::Restore { file, yes } => backup::restore(app, &file, yes).await,
        Command::Completion { shell } => completion::run(app, shell),
        Command::Sim(options) => sim::run(app, &options).await,
    }
}

/// Whether a command may have sent a change when it is stopped.
pub(crate) fn changes(command: &Command) -> bool {
    match command {
        Command::Grant { change, .. } | Command::Revoke { change, .. } => !change.dry_run,
        Command::Apply(options) => !options.dry_run,
        _ => false,
    }
}

/// Whether a command changes access that it puts back at its end, and that no journal knows.
pub(crate) fn tries_changes(command: &Command) -> bool {
    matches!(command, Command::Conformance(options) if options.to.is_some())
}

/// Another process uses the key, which a command wants for itself.
fn in_use() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "data-directory-in-use",
        "Another Doorward is using this data directory. Nothing was changed.",
    )
    .remedy("Wait until it has finished, and run the command again.")
}
