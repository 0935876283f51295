//! `doorward rotate-key`: a new key for stored secrets.

use doorward_core::{Error, ErrorKind, Result};
use doorward_host::{SqliteStore, Vault, reseal, rotate_key_file};
use serde_json::json;
use zeroize::Zeroizing;

use crate::app::App;
use crate::exit::Exit;
use crate::output::text;

pub(super) fn run(app: &App, new_key_env: Option<&str>) -> Result<Exit> {
    let store = app.store()?;
    let _alone = store.change_key()?.ok_or_else(super::in_use)?;
    let old = app.variable("DOORWARD_KEY").map(Zeroizing::new);
    let (number, place) = match (old, new_key_env) {
        (Some(old), Some(name)) => (in_environment(app, &store, &old, name)?, json!({"env": name})),
        (None, None) => {
            let file = app.key_file()?;
            (rotate_key_file(&store, &file)?, json!({"file": file}))
        }
        (Some(_), None) => {
            return Err(refused("The key is in DOORWARD_KEY, where Doorward cannot replace it.")
                .remedy(
                    "Make a new one with `openssl rand -base64 32`, put it into another variable, \
                     and name that with `--new-key-env NAME`.",
                ));
        }
        (None, Some(_)) => {
            return Err(refused("The key is in a file, and `--new-key-env` is for DOORWARD_KEY.")
                .remedy("Leave `--new-key-env` out: a new key is made."));
        }
    };
    if app.console.is_json() {
        app.console.json("KeyRotation", &json!({"secrets": number, "key": place}));
        return Ok(Exit::DONE);
    }
    let secrets = text::count(number, "stored secret is", "stored secrets are");
    app.console.line(format!("{secrets} sealed with the new key now."));
    match new_key_env {
        Some(name) => app.console.note_line(format!(
            "Next: set DOORWARD_KEY to the value of {name}, wherever it is set. The old key opens \
             nothing any more."
        )),
        None => app.console.note_line("The old key is gone."),
    }
    app.console.note_line(
        "Backups made until now hold secrets that only the old key opens: make a new one with \
         `doorward backup FILE`.",
    );
    Ok(Exit::DONE)
}

fn in_environment(app: &App, store: &SqliteStore, old: &str, name: &str) -> Result<usize> {
    let Some(new) = app.variable(name).map(Zeroizing::new) else {
        return Err(refused(&format!(
            "The variable {name}, which `--new-key-env` names, is not set."
        ))
        .remedy(format!("Set {name} to the new key: 32 bytes in base64.")));
    };
    if new.trim() == old.trim() {
        return Err(refused(&format!("The key in {name} is the one in DOORWARD_KEY already."))
            .remedy("Make a new one with `openssl rand -base64 32`."));
    }
    reseal(store, &Vault::from_text(old)?, &Vault::from_text(&new)?)
}

fn refused(message: &str) -> Error {
    Error::new(ErrorKind::InvalidRequest, "key-not-changed", message)
}
