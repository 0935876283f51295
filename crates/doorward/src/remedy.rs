//! The command line's part of a connector's remedy. A connector says what to do at its provider and
//! which field of the connection that changes; it knows neither commands nor integrations.

use doorward_core::{Error, Result};
use doorward_host::Integration;
use serde_json::Value;

use crate::app::App;
use crate::cli::Target;
use crate::{connection, secrets};

/// The error, its remedy ending with how the changed field gets into this connection.
pub(crate) fn completed(app: &App, error: Error, target: &Target) -> Error {
    let (Some(pointer), Some(remedy)) =
        (error.attributes.get("pointer").and_then(Value::as_str), &error.remedy)
    else {
        return error;
    };
    // An integration that was removed meanwhile needs no command.
    let Ok(how) = how(app, target, pointer) else { return error };
    let remedy = format!("{remedy} {how}");
    error.remedy(remedy)
}

fn how(app: &App, target: &Target, pointer: &str) -> Result<String> {
    if let Some(path) = &target.connection {
        let file = connection::shown(path);
        return Ok(format!("Then put the new value in {file}, or where that refers to."));
    }
    let integration = app.select(&app.host()?, target)?;
    Ok(of_integration(&integration, pointer))
}

/// How what stands at this pointer of the connection is replaced; a pointer stands for all below it.
pub(crate) fn of_integration(integration: &Integration, pointer: &str) -> String {
    let name = &integration.name;
    let below = format!("{pointer}/");
    let secrets = integration.secret_pointers();
    let meant: Vec<&String> = secrets
        .iter()
        .filter(|secret| *secret == pointer || (!pointer.is_empty() && secret.starts_with(&below)))
        .collect();
    if let [only] = meant.as_slice()
        && let Some(source) = integration.sources.get(*only)
    {
        return format!(
            "Then put the new value where `{name}` reads it from: {}.",
            secrets::place(source)
        );
    }
    match meant.as_slice() {
        // A key in PEM has many lines, which nobody can paste at a prompt that takes one.
        [only] if only.ends_with("/pem") => {
            format!(
                "Then run `doorward integration update {name} --secret file:PATH --field {only}`."
            )
        }
        [_] if secrets.len() == 1 => {
            format!("Then run `doorward integration update {name} --secret -`.")
        }
        [only] => {
            format!("Then run `doorward integration update {name} --secret - --field {only}`.")
        }
        _ => format!(
            "Then run `doorward integration update {name} --connection FILE` with the mended \
             connection."
        ),
    }
}
