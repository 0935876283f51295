//! The commands, one file each.

mod access;
mod change;
mod check;
mod connector;
mod demo;
mod integration;
mod journal;
mod schema;
mod setup;
mod sim;
mod validate;

use doorward_core::Result;
use doorward_host::Verb;

use crate::app::App;
use crate::cli::{
    AccessCommand, Command, ConnectorCommand, IntegrationCommand, JournalCommand, Target,
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
        Command::Check { target }
        | Command::Access(
            AccessCommand::List { target, .. } | AccessCommand::Explain { target, .. },
        ) => Some(target.clone()),
        Command::Grant { change, .. } | Command::Revoke { change, .. } => {
            Some(change.target.clone())
        }
        Command::Integration(IntegrationCommand::Allow { integration, .. }) => {
            Some(Target { integration: integration.clone(), ..Target::default() })
        }
        _ => None,
    }
}

async fn carry_out(app: &App, command: Command) -> Result<Exit> {
    match command {
        Command::Demo => Box::pin(demo::run(app)).await,
        Command::Connector(ConnectorCommand::List) => connector::list(app),
        Command::Connector(ConnectorCommand::Show { connector }) => {
            connector::show(app, &connector)
        }
        Command::Schema { connector } => schema::run(app, &connector),
        Command::Validate { connector, file } => validate::run(app, &connector, &file).await,
        Command::Setup { connector, script } => setup::run(app, &connector, script.as_deref()),
        Command::Integration(command) => integration::run(app, command).await,
        Command::Check { target } => check::run(app, &target).await,
        Command::Access(AccessCommand::List { on, who, target }) => {
            access::list(app, on.as_deref(), who.as_deref(), &target).await
        }
        Command::Access(AccessCommand::Explain { who, on, right, target }) => {
            access::explain(app, &who, &on, right.as_deref(), &target).await
        }
        Command::Grant { to, change } => change::run(app, Verb::Grant, &to, &change).await,
        Command::Revoke { from, change } => change::run(app, Verb::Revoke, &from, &change).await,
        Command::Journal(JournalCommand::List { integration, limit }) => {
            journal::list(app, integration.as_deref(), limit)
        }
        Command::Journal(JournalCommand::Show { id }) => journal::show(app, &id),
        Command::Journal(JournalCommand::Close { id, outcome, reason, yes }) => {
            journal::close(app, &id, outcome, &reason, yes).await
        }
        Command::Sim(options) => sim::run(app, &options).await,
    }
}

/// Whether a command may have sent a change when it is stopped.
pub(crate) fn changes(command: &Command) -> bool {
    match command {
        Command::Grant { change, .. } | Command::Revoke { change, .. } => !change.dry_run,
        _ => false,
    }
}
