//! `doorward plugin`: connectors that are WebAssembly components.

mod build;
mod differences;
mod inspect;
mod install;
mod list;
mod push;
mod remove;
mod verify;
mod words;

use doorward_core::{Error, ErrorKind, Result};
use std::path::Path;

use crate::app::App;
use crate::cli::{Login, PluginCommand};
use crate::exit::Exit;
use crate::plugins::Artifact;

pub(super) async fn run(app: &App, command: PluginCommand) -> Result<Exit> {
    match command {
        PluginCommand::Build { directory, file } => {
            build::run(app, &directory, file.as_deref()).await
        }
        PluginCommand::Inspect { plugin } => inspect::run(app, &plugin),
        PluginCommand::Install(options) => install::run(app, &options).await,
        PluginCommand::List => list::run(app),
        PluginCommand::Verify { plugin } => verify::run(app, plugin.as_deref()),
        PluginCommand::Remove { plugin, yes } => remove::run(app, &plugin, yes).await,
        PluginCommand::Push { file, to, login } => push::run(app, &file, &to, &login).await,
    }
}

/// What a component is called that has not said its own name: the last part of its path.
pub(super) fn called(path: &Path) -> String {
    path.file_name().map_or_else(|| "plugin".into(), |name| name.to_string_lossy().into_owned())
}

/// Something in a registry, as whom the operator says.
fn signed_in(app: &App, artifact: Artifact, login: &Login) -> Result<Artifact> {
    let (Some(user), Some(variable)) = (&login.username, &login.password_env) else {
        return Ok(artifact);
    };
    let password = app.variable(variable).ok_or_else(|| {
        let message = format!("The variable {variable} is not set.");
        Error::new(ErrorKind::InvalidRequest, "no-registry-password", message)
            .remedy("Set it to the password or token for the registry.")
    })?;
    // Into a header they could not go, and the library would not survive it.
    if [user, &password].iter().any(|text| text.chars().any(char::is_control)) {
        let message = format!("--username, or the variable {variable}, holds more than one line.");
        return Err(Error::new(ErrorKind::InvalidRequest, "registry-password", message)
            .remedy("Set it to the password or token alone, without a line break at its end."));
    }
    Ok(artifact.signed_in(user.clone(), password))
}
