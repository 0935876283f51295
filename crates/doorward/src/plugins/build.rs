//! From a directory with source to a component: by cargo for Rust, by the directory's own script for
//! other languages.

use doorward_core::{Error, ErrorKind, Result};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use tokio::process::Command;
use wit_component::ComponentEncoder;

const TARGET: &str = "wasm32-unknown-unknown";

/// What runs the scripts of a directory.
const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };
const PYTHON: &str = if cfg!(windows) { "python" } else { "python3" };

/// Where a build script shall write the component.
const OUTPUT: &str = "DOORWARD_PLUGIN_OUTPUT";

/// How components are compiled, whatever the workspace says: small, fast, and the same everywhere.
const PROFILE: [&str; 6] = [
    "profile.plugin.inherits=\"release\"",
    "profile.plugin.opt-level=3",
    "profile.plugin.lto=\"fat\"",
    "profile.plugin.codegen-units=1",
    "profile.plugin.panic=\"abort\"",
    "profile.plugin.strip=true",
];

/// Builds the connector of this directory. `quiet` keeps what the tools say for the error.
///
/// # Errors
/// `InvalidRequest` when there is nothing to build, a tool is missing, or the build fails.
pub(crate) async fn build(directory: &Path, quiet: bool) -> Result<Vec<u8>> {
    let holds = |name: &str| directory.join(name).is_file();
    if holds("Cargo.toml") {
        return Cargo { directory, quiet }.build().await;
    }
    let script = if holds("package.json") {
        (NPM, ["run", "build"].as_slice())
    } else if holds("build.py") {
        (PYTHON, ["build.py"].as_slice())
    } else {
        let message = format!("There is no connector to build in {}.", directory.display());
        return Err(Error::new(ErrorKind::InvalidRequest, "no-plugin-source", message).remedy(
            "Name a directory with a Cargo.toml, with a package.json that has the script `build`, \
             or with a build.py.",
        ));
    };
    by_script(directory, script, quiet).await
}

async fn by_script(
    directory: &Path,
    (program, arguments): (&str, &[&str]),
    quiet: bool,
) -> Result<Vec<u8>> {
    let place = tempfile::tempdir().map_err(crate::app::no_temporary_files)?;
    let output = place.path().join("plugin.wasm");
    let mut command = Command::new(program);
    command.args(arguments).current_dir(directory).env(OUTPUT, &output);
    // What it says is no result of ours.
    command.stdout(if quiet { Stdio::piped() } else { std::io::stderr().into() });
    run(&mut command, directory, quiet).await?;
    std::fs::read(&output).map_err(|error| {
        failed(directory, "its script wrote no component")
            .remedy(format!("The script must write it to the path in the variable {OUTPUT}."))
            .cause(error)
    })
}

/// The build of a crate.
struct Cargo<'a> {
    directory: &'a Path,
    quiet: bool,
}

impl Cargo<'_> {
    async fn build(&self) -> Result<Vec<u8>> {
        let manifest = std::path::absolute(self.directory.join("Cargo.toml"))
            .map_err(|error| failed(self.directory, "its path cannot be used").cause(error))?;
        let flags = json!(self.remapped(&manifest).await?);
        let mut command = self.cargo();
        command
            .args(["rustc", "--lib", "--crate-type", "cdylib", "--target", TARGET])
            .args(["--profile", "plugin", "--message-format", "json-render-diagnostics"])
            .arg("--manifest-path")
            .arg(&manifest)
            .args(PROFILE.iter().flat_map(|setting| ["--config", setting]))
            // Beside those of the crate's own configuration, which these variables would hide.
            .arg("--config")
            .arg(format!("target.{TARGET}.rustflags={flags}"))
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .stdout(Stdio::piped());
        let output = run(&mut command, self.directory, self.quiet).await?;
        let module = module(&output.stdout, &manifest).ok_or_else(|| {
            failed(self.directory, "cargo made no WebAssembly module of it")
                .remedy("The package must have a library: `src/lib.rs`.")
        })?;
        let module = std::fs::read(&module).map_err(|error| {
            failed(self.directory, "the module that cargo made cannot be read").cause(error)
        })?;
        component(&module).map_err(|error| {
            failed(self.directory, "its module is no connector")
                .remedy("Export the connector with `doorward_guest::export!(TYPE);`.")
                .cause(error)
        })
    }

    /// What leaves the paths of this machine out of the component, so that the same source gives the
    /// same bytes wherever it lies. The last one that fits counts.
    async fn remapped(&self, manifest: &Path) -> Result<Vec<String>> {
        let mut command = self.cargo();
        command
            .args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"])
            .arg(manifest)
            .stdout(Stdio::piped());
        let metadata = run(&mut command, self.directory, self.quiet).await?;
        let metadata: Value = serde_json::from_slice(&metadata.stdout).map_err(|error| {
            failed(self.directory, "cargo said nothing that can be read").cause(error)
        })?;
        let named = |name: &str| metadata.get(name).and_then(Value::as_str).map(PathBuf::from);
        let home = std::env::home_dir();
        let registry = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        let pairs = [
            ("/home", home.clone()),
            ("/cargo", registry.or(home.map(|home| home.join(".cargo")))),
            ("/workspace", named("workspace_root")),
            ("/target", named("target_directory")),
        ];
        let flag = |(to, from): (&str, Option<PathBuf>)| {
            Some(format!("--remap-path-prefix={}={to}", from?.display()))
        };
        let mut flags: Vec<String> = pairs.into_iter().filter_map(flag).collect();
        flags.extend(self.remapped_sources().await);
        Ok(flags)
    }

    /// Where the standard library's source is installed, it is named by its path, elsewhere by its
    /// commit: always by its commit.
    async fn remapped_sources(&self) -> Option<String> {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let ask = async |arguments: &[&str]| {
            let mut command = Command::new(&rustc);
            command.args(arguments).current_dir(self.directory).stdout(Stdio::piped());
            let output = run(&mut command, self.directory, true).await.ok()?;
            String::from_utf8(output.stdout).ok()
        };
        let root = ask(&["--print", "sysroot"]).await?;
        let version = ask(&["-vV"]).await?;
        let commit = version.lines().find_map(|line| line.strip_prefix("commit-hash: "))?;
        let sources = Path::new(root.trim()).join("lib/rustlib/src/rust");
        Some(format!("--remap-path-prefix={}=/rustc/{commit}", sources.display()))
    }

    fn cargo(&self) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        let mut command = Command::new(cargo);
        // Where the crate's own toolchain and configuration are found.
        command.current_dir(self.directory);
        command
    }
}

/// The module among what cargo says that it made.
fn module(messages: &[u8], manifest: &Path) -> Option<PathBuf> {
    let manifest = manifest.canonicalize().ok();
    let messages = String::from_utf8_lossy(messages);
    let made = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let ours = made.filter(|made| {
        let of = made.get("manifest_path").and_then(Value::as_str).map(Path::new);
        of.and_then(|of| of.canonicalize().ok()) == manifest
    });
    let files = ours.filter_map(|made| made.get("filenames")?.as_array().cloned()).flatten();
    let mut files = files.filter_map(|file| file.as_str().map(PathBuf::from));
    files.rfind(|file| file.extension().is_some_and(|end| end == "wasm"))
}

/// The component that a module becomes, by what `wit-bindgen` wrote into it.
fn component(module: &[u8]) -> Result<Vec<u8>, String> {
    ComponentEncoder::default()
        .module(module)
        .and_then(|encoder| encoder.validate(true).encode())
        .map_err(|error| error.root_cause().to_string())
}

async fn run(command: &mut Command, directory: &Path, quiet: bool) -> Result<Output> {
    let program = command.as_std().get_program().to_string_lossy().into_owned();
    // What builds is somebody's code, too.
    command.env_remove("DOORWARD_KEY");
    command.stdin(Stdio::null()).kill_on_drop(true);
    command.stderr(if quiet { Stdio::piped() } else { Stdio::inherit() });
    let running = command.spawn().map_err(|error| {
        failed(directory, &format!("`{program}` cannot be run"))
            .remedy("Install it, or put it into the PATH. cargo may also be named by CARGO.")
            .cause(error)
    })?;
    let output = running.wait_with_output().await.map_err(|error| {
        failed(directory, &format!("`{program}` was lost while it ran")).cause(error)
    })?;
    if output.status.success() {
        return Ok(output);
    }
    let mend = "Mend what it says, and run the command again.";
    let is_script = [NPM, PYTHON].contains(&program.as_str());
    let error = failed(directory, &format!("`{program}` failed ({})", output.status));
    let error = error.remedy(match is_script {
        true => mend.to_owned(),
        false => format!("{mend} If the target is missing: `rustup target add {TARGET}`."),
    });
    Err(match last_lines(&output.stderr) {
        said if said.is_empty() => error,
        said => error.cause(said),
    })
}

/// The end of what a tool said, where the reason stands.
fn last_lines(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    lines.get(lines.len().saturating_sub(20)..).unwrap_or_default().join("\n")
}

fn failed(directory: &Path, why: &str) -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        "plugin-not-built",
        format!("The connector in {} could not be built: {why}.", directory.display()),
    )
}
