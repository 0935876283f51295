//! `doorward schema`: the JSON Schema of a connection.

use doorward_core::validation::Validator;
use doorward_core::{Error, Result};

use crate::app::App;
use crate::exit::Exit;

pub(super) fn run(app: &App, connector: &str) -> Result<Exit> {
    let validator = Validator::new(&app.factory(connector)?.descriptor().connection_schema)?;
    let text = serde_json::to_string_pretty(&validator.printed_schema())
        .map_err(|error| Error::internal("The schema could not be written.").cause(error))?;
    app.console.exact(&format!("{text}\n"));
    Ok(Exit::DONE)
}
