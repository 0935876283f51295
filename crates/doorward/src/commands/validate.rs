//! `doorward validate`: looks a connection over without using it.

use doorward_core::Result;
use doorward_core::validation::Validator;
use serde_json::json;
use std::path::Path;

use crate::app::App;
use crate::connection;
use crate::exit::Exit;
use crate::output::text;

pub(super) async fn run(app: &App, connector: &str, file: &Path) -> Result<Exit> {
    let factory = app.factory(connector)?;
    let validator = Validator::new(&factory.descriptor().connection_schema)?;
    let loaded = connection::load(&app.console, &validator, file, app.local_sources()).await?;
    // What the schema cannot say, the connector itself may.
    let warnings = loaded.connection.warnings().to_vec();
    let (connection, _secrets) = loaded.connection.split();
    let reach = factory.open(connection)?.reach();
    if app.console.is_json() {
        let fields = json!({
            "connector": connector,
            "file": connection::shown(file),
            "valid": true,
            "findings": warnings,
            "reach": reach,
        });
        app.console.json("Validation", &fields);
        return Ok(Exit::DONE);
    }
    app.console.warnings(&connection::shown(file), &warnings);
    let note = match warnings.len() {
        0 => String::new(),
        number => format!(" It has {}, shown above.", text::count(number, "warning", "warnings")),
    };
    app.console.line(format!(
        "The connection from {} can be used.{note} Nothing was sent; `doorward check` tries it.",
        connection::shown(file)
    ));
    Ok(Exit::DONE)
}
