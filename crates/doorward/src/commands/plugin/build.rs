//! `doorward plugin build`: from source to a component that fits this host.

use doorward_core::{Error, ErrorKind, Result};
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::called;
use crate::app::App;
use crate::exit::Exit;
use crate::plugins;

pub(super) async fn run(app: &App, directory: &Path, file: Option<&Path>) -> Result<Exit> {
    let directory = app.console.file(directory);
    // Empty only in a story, where files lie beside each other.
    let directory = if directory.as_os_str().is_empty() { PathBuf::from(".") } else { directory };
    let component = plugins::build::build(&directory, app.console.is_json()).await?;
    let looked = plugins::look(&app.plugin_runtime()?, &called(&directory), component.clone())?;
    let descriptor = looked.descriptor();
    let file = file.map_or_else(|| format!("{}.wasm", descriptor.id).into(), Path::to_owned);
    write(&app.console.file(&file), &component)?;
    if app.console.is_json() {
        let fields = json!({
            "file": file,
            "id": descriptor.id,
            "version": descriptor.version,
            "digest": looked.digest.to_string(),
            "size": looked.size,
        });
        app.console.json("PluginBuild", &fields);
        return Ok(Exit::DONE);
    }
    let console = &app.console;
    console.line(format!(
        "Built {} {} into {} ({}).",
        descriptor.id,
        descriptor.version,
        file.display(),
        crate::output::text::size(looked.size)
    ));
    console.line(looked.digest.to_string());
    Ok(Exit::DONE)
}

/// Whole or not at all: a part of a component would be taken for one.
fn write(file: &Path, component: &[u8]) -> Result<()> {
    let directory = file.parent().filter(|path| !path.as_os_str().is_empty());
    let written =
        tempfile::NamedTempFile::new_in(directory.unwrap_or(Path::new("."))).and_then(|mut new| {
            new.write_all(component)?;
            new.persist(file).map_err(|error| error.error)
        });
    written.map(drop).map_err(|error| {
        let message = format!("The component could not be written to {}.", file.display());
        Error::new(ErrorKind::InvalidRequest, "plugin-not-written", message)
            .remedy("Check that the directory exists, its permissions and its free space.")
            .cause(error)
    })
}
