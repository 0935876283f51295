//! `doorward plugin verify`: whether what is installed is what was installed.

use doorward_core::{Descriptor, Error, ErrorKind, Result};
use serde_json::json;

use super::words::entry;
use crate::app::App;
use crate::exit::Exit;
use crate::output::text;
use crate::plugins::{Folder, Installed};

pub(super) fn run(app: &App, id: Option<&str>) -> Result<Exit> {
    let folder = app.plugins()?;
    let lock = folder.lock()?;
    let plugins = match id {
        Some(id) => std::slice::from_ref(lock.get(id)?),
        None => lock.plugins.as_slice(),
    };
    let wrong: Vec<Error> =
        plugins.iter().filter_map(|plugin| check(&folder, plugin).err()).collect();
    if let Some(error) = failed(plugins.len(), wrong) {
        return Err(error);
    }
    if app.console.is_json() {
        let items: Vec<_> = plugins.iter().map(entry).collect();
        app.console.json("PluginVerification", &json!({"items": items}));
        return Ok(Exit::DONE);
    }
    if plugins.is_empty() {
        app.console.line("No plugin is installed.");
    }
    for plugin in plugins {
        let signed = match &plugin.key {
            Some(key) => format!("signed by {key}"),
            None => "not signed".to_owned(),
        };
        app.console.line(format!(
            "{} {} is what was installed: {}, {signed}.",
            plugin.id, plugin.version, plugin.digest
        ));
    }
    Ok(Exit::DONE)
}

/// Whether everything about a plugin is as it was.
fn check(folder: &Folder, plugin: &Installed) -> Result<()> {
    let descriptor = folder.descriptor(plugin)?;
    let component = folder.component(plugin)?;
    if let Some(key) = &plugin.key {
        key.check(&component, &folder.signature(plugin)?)
            .map_err(|error| named(error, &plugin.id))?;
    }
    let says: Descriptor = folder.load(plugin)?.describe()?;
    if says == descriptor {
        return Ok(());
    }
    let message = format!(
        "The plugin `{}` no longer says what it said about itself when it was installed.",
        plugin.id
    );
    Err(Error::new(ErrorKind::DeniedByPolicy, "plugin-changed", message).remedy(format!(
        "Install it again from where you trust it; it came from {}.",
        plugin.source
    )))
}

fn named(error: Error, id: &str) -> Error {
    let message = format!("The plugin `{id}`: {}", error.message);
    Error { message, ..error }
}

/// One error for all that is wrong.
fn failed(number: usize, mut wrong: Vec<Error>) -> Option<Error> {
    if wrong.len() < 2 {
        return wrong.pop();
    }
    let message = format!(
        "{} of {} are not what was installed.",
        wrong.len(),
        text::count(number, "installed plugin", "installed plugins")
    );
    let error = Error::new(ErrorKind::DeniedByPolicy, "plugin-changed", message)
        .remedy("Install them again from where you trust them, or remove them.");
    Some(wrong.into_iter().fold(error, |error, wrong| error.cause(wrong)))
}
