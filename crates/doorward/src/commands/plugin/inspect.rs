//! `doorward plugin inspect`: what a plugin can do and reach, in words.

use doorward_core::Result;
use serde_json::json;
use std::path::Path;

use super::called;
use super::words::{Words, view};
use crate::app::App;
use crate::exit::Exit;
use crate::output::text;
use crate::plugins::{self, Installed, is_id};

pub(super) fn run(app: &App, plugin: &str) -> Result<Exit> {
    let installed = if is_id(plugin) { find(app, plugin)? } else { None };
    let looked = match &installed {
        Some(installed) => {
            let folder = app.plugins()?;
            let component = folder.component(installed)?;
            plugins::look(&folder.runtime()?, &installed.id, component)?
        }
        None => {
            let path = Path::new(plugin);
            plugins::look(
                &app.plugin_runtime()?,
                &called(path),
                plugins::component_of_file(&app.console.file(path))?,
            )?
        }
    };
    if app.console.is_json() {
        app.console.json("Plugin", &json!({"item": view(&looked, installed.as_ref())}));
        return Ok(Exit::DONE);
    }
    let words = Words { console: &app.console, is_result: true };
    words.describe(&looked);
    if let Some(installed) = &installed {
        words.line("");
        words.line(format!(
            "Installed as `{}` on {} from {}, {}.",
            installed.id,
            text::moment(installed.installed),
            installed.source,
            match &installed.key {
                Some(key) => format!("signed by {key}"),
                None => "not signed".to_owned(),
            }
        ));
    }
    Ok(Exit::DONE)
}

fn find(app: &App, id: &str) -> Result<Option<Installed>> {
    // A user without a home has installed nothing.
    let Ok(folder) = app.plugins() else { return Ok(None) };
    Ok(folder.lock()?.find(id).cloned())
}
