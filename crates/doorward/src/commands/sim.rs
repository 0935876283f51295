//! `doorward sim`: a simulated tenant for another terminal.

use doorward_core::{Error, ErrorKind, Result};
use doorward_host::{SystemClock, new_private_file};
use entra_sim::cast;
use serde_json::json;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::cli::SimOptions;
use crate::exit::Exit;
use crate::output::text;
use crate::signals;
use crate::simulation::{Options, Simulation};

pub(super) async fn run(app: &App, options: &SimOptions) -> Result<Exit> {
    let settings = Options {
        users: options.users,
        groups: options.groups,
        memberships: options.memberships,
        seed: options.seed,
        port: options.port,
        https: options.https,
        app_roles: options.app_roles.clone(),
        latency: Duration::from_millis(options.latency_ms),
    };
    let simulation = Simulation::start(&settings, Arc::new(SystemClock)).await?;
    write_files(options, &simulation)?;
    introduce(app, options, &simulation);
    let stopped = signals::stop();
    tokio::select! {
        biased;
        () = stopped => Ok(Exit::DONE),
        ended = simulation.serve() => ended.map(|()| Exit::DONE),
    }
}

fn write_files(options: &SimOptions, simulation: &Simulation) -> Result<()> {
    if let (Some(path), Some(pem)) = (&options.certificate_file, simulation.certificate()) {
        write_file(path, pem, "-----BEGIN CERTIFICATE-----")?;
    }
    if let Some(path) = &options.connection_file {
        let text = serde_json::to_string_pretty(&simulation.connection()).unwrap_or_default();
        write_file(path, &format!("{text}\n"), cast::CLIENT_ID)?;
    }
    Ok(())
}

/// Writes a file for its owner only. A file that is there is replaced only when it is one of ours,
/// which it is when it holds the mark.
fn write_file(path: &Path, content: &str, mark: &str) -> Result<()> {
    let failed = |error: std::io::Error| {
        Error::new(
            ErrorKind::InvalidRequest,
            "file-not-written",
            format!("{} could not be written.", path.display()),
        )
        .remedy("Name another file.")
        .cause(error)
    };
    match std::fs::read_to_string(path) {
        Ok(old) if old.contains(mark) => std::fs::remove_file(path).map_err(failed)?,
        Ok(_) => return Err(failed(std::io::ErrorKind::AlreadyExists.into())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let mut file = new_private_file(path).map_err(failed)?;
    file.write_all(content.as_bytes()).map_err(|error| {
        // Half of it would be in the way of the next one, which replaces only what is ours.
        let _ = std::fs::remove_file(path);
        failed(error)
    })
}

fn introduce(app: &App, options: &SimOptions, simulation: &Simulation) {
    let console = &app.console;
    if console.is_json() {
        let fields = json!({
            "baseUrl": simulation.base,
            "tenant": cast::TENANT_ID,
            "clientId": cast::CLIENT_ID,
            "connectionFile": options.connection_file,
            "certificateFile": options.certificate_file,
        });
        console.json("Simulation", &fields);
        return;
    }
    console.line(format!(
        "A simulated tenant, {}, answers at {}",
        cast::TENANT_NAME,
        simulation.base
    ));
    console.note_line(format!(
        "It has {} and {}, besides some that every tenant has, such as alice@contoso.com and the \
         group Finance.",
        text::count(options.users, "user", "users"),
        text::count(options.groups, "group", "groups")
    ));
    for line in instructions(options) {
        console.note_line(line);
    }
}

/// The path in full: the other terminal may be elsewhere.
fn full(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

fn instructions(options: &SimOptions) -> Vec<String> {
    let Some(connection) = &options.connection_file else {
        return vec![
            "Start it with `--connection-file sim.json` to get a connection for it. Ctrl-C ends it."
                .to_owned(),
        ];
    };
    let connection = full(connection);
    let mut lines = vec!["In another terminal:".to_owned()];
    if let Some(certificate) = &options.certificate_file {
        lines.push(format!("  export SSL_CERT_FILE={}", full(certificate)));
    }
    lines.extend([
        format!("  doorward integration add sim --connector entra-id --connection {connection}"),
        "  doorward check -i sim".to_owned(),
        "  doorward access list -i sim --on group:Finance".to_owned(),
        "Ctrl-C ends it.".to_owned(),
    ]);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_a_simulation_are_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("connection.json");
        write_file(&path, "one of ours", "ours").unwrap();
        write_file(&path, "ours again", "ours").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "ours again");
        std::fs::write(&path, "somebody's own").unwrap();
        let error = write_file(&path, "one of ours", "one of ours").unwrap_err();
        assert_eq!(error.reason, "file-not-written");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "somebody's own");
    }

    #[cfg(unix)]
    #[test]
    fn a_connection_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("connection.json");
        write_file(&path, "{}", "{}").unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
