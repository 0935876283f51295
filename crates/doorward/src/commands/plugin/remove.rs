//! `doorward plugin remove`: takes an installed plugin away.

use doorward_core::{Error, ErrorKind, Registry, Result};
use doorward_host::Store;
use serde_json::json;

use super::words::entry;
use crate::app::App;
use crate::ask;
use crate::exit::Exit;

pub(super) async fn run(app: &App, id: &str, yes: bool) -> Result<Exit> {
    let store = app.store()?;
    let folder = app.plugins()?;
    let plugin = folder.lock()?.get(id)?.clone();
    unused(&store.integrations()?, id)?;
    let question = format!("Remove the plugin `{id}` {}?", plugin.version);
    ask::confirm(&app.console, yes, &question).await?;
    folder.remove(id)?;
    if app.console.is_json() {
        app.console.json("Plugin", &json!({"item": entry(&plugin)}));
    } else {
        app.console.line(format!("Removed the plugin `{id}` {}.", plugin.version));
    }
    Ok(Exit::DONE)
}

/// Refuses to leave integrations without their connector.
fn unused(integrations: &[doorward_host::Integration], id: &str) -> Result<()> {
    // They mean the built-in one, or nobody knows which: this mends it.
    if Registry::native()?.get(id).is_some() {
        return Ok(());
    }
    let using = integrations.iter().filter(|integration| integration.connector == id);
    let names: Vec<&str> = using.map(|integration| integration.name.as_str()).collect();
    if names.is_empty() {
        return Ok(());
    }
    let (use_it, them) = match names.as_slice() {
        [_] => ("an integration uses it", "it"),
        _ => ("integrations use it", "them"),
    };
    let message = format!(
        "The plugin `{id}` cannot be removed while {use_it}: {}. Nothing was changed.",
        names.join(", ")
    );
    Err(Error::new(ErrorKind::Conflict, "plugin-in-use", message).remedy(format!(
        "Remove {them} first (`doorward integration remove NAME`), or install another version of the \
         plugin over this one."
    )))
}
