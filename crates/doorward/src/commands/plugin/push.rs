//! `doorward plugin push`: a component into a registry.

use doorward_core::{Error, ErrorKind, Result};
use serde_json::json;
use std::path::Path;

use super::{called, signed_in};
use crate::app::App;
use crate::cli::Login;
use crate::exit::Exit;
use crate::plugins::{self, Artifact, Pushed, beside_file};

pub(super) async fn run(app: &App, file: &Path, to: &str, login: &Login) -> Result<Exit> {
    let reference = to.strip_prefix("oci://").ok_or_else(|| {
        let message = format!("`{to}` is no place in a registry.");
        Error::new(ErrorKind::InvalidRequest, "plugin-source", message)
            .remedy("Write `oci://REGISTRY/REPOSITORY:TAG`.")
    })?;
    let artifact = signed_in(app, Artifact::parse(reference)?, login)?;
    let component = plugins::component_of_file(&app.console.file(file))?;
    let signature = beside_file(&app.console.file(file))?;
    // Nobody should find there what no host takes.
    let looked = plugins::look(&app.plugin_runtime()?, &called(file), component.clone())?;
    let descriptor = looked.descriptor();
    let is_signed = signature.is_some();
    let pushed = Pushed {
        id: &descriptor.id,
        version: &descriptor.version,
        component,
        signature,
        now: app.now(),
    };
    let place = plugins::push(app, &artifact, pushed).await?;
    let digest = looked.digest.to_string();
    if app.console.is_json() {
        let fields = json!({
            "id": descriptor.id,
            "version": descriptor.version,
            "digest": digest,
            "signed": is_signed,
            "source": place,
        });
        app.console.json("PluginPush", &fields);
        return Ok(Exit::DONE);
    }
    app.console.line(format!("Pushed {} {} to {place}.", descriptor.id, descriptor.version));
    if !is_signed {
        app.console.note_line(format!(
            "It is not signed: who installs it must say `--allow-unsigned`. Sign it with `minisign \
             -Sm {}`, and push again.",
            file.display()
        ));
    }
    Ok(Exit::DONE)
}
