//! `doorward new connector`: a connector to begin with.

use doorward_core::Result;
use serde_json::json;
use std::path::Path;

use crate::app::App;
use crate::cli::{Language, NewCommand};
use crate::exit::Exit;
use crate::output::text;
use crate::scaffold::{self, Scaffold};

pub(super) fn run(app: &App, command: &NewCommand) -> Result<Exit> {
    let NewCommand::Connector { name, language, checkout } = command;
    let language = *language;
    scaffold::check_name(name, language)?;
    let directory = app.console.file(Path::new(name));
    let crates = match language {
        Language::Rust => Some(scaffold::checkout(checkout.as_deref(), &directory)?),
        Language::Js | Language::Python => None,
    };
    let scaffold = Scaffold { name, language, crates };
    scaffold.write(&directory)?;
    let files = scaffold.files();
    if app.console.is_json() {
        let files: Vec<_> = files.iter().map(|(path, _)| path).collect();
        let fields = json!({"id": name, "directory": name, "files": files});
        app.console.json("NewConnector", &fields);
        return Ok(Exit::DONE);
    }
    let console = &app.console;
    let number = text::count(files.len(), "file", "files");
    console.line(format!("Wrote the connector {name} into the directory {name} ({number})."));
    console.line("");
    console.line("To see it work, start the service that it reaches, and leave it running:");
    let service = match language {
        Language::Rust => "cargo run --example simulated_target",
        Language::Js => "npm start",
        Language::Python => "python3 simulated_target.py",
    };
    console.line(format!("  cd {name}"));
    console.line(format!("  {service}"));
    console.line("");
    console.line("In another terminal:");
    console.line(format!("  cd {name}"));
    if language == Language::Rust {
        console.line("  rustup target add wasm32-unknown-unknown");
    }
    console.line("  doorward plugin build");
    console.line(format!(
        "  doorward conformance {name}.wasm --connection connection.json --to user:alice --on \
         team:Sandbox"
    ));
    console.line("");
    console.line("README.md says what to change first.");
    Ok(Exit::DONE)
}
