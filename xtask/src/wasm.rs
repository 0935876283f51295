//! Plugins: built into `target/plugins`, by whatever toolchain there is.
//!
//! `doorward plugin build` does the work, one plugin at a time, as a stranger would do it; this finds
//! the toolchain, and says what could not be had.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use crate::{Done, Result, cargo, report, run, succeeds};

const TARGET: &str = "wasm32-unknown-unknown";

/// What must compile for [`TARGET`]: the contract and the connectors.
const PACKAGES: [&str; 2] = ["doorward-core", "doorward-entra-id"];

/// Debian's toolchain for the web, which needs no rustup.
const DEBIAN: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];

/// A plugin: where its source is, and what its component is called.
struct Source {
    directory: &'static str,
    id: &'static str,
}

const RUST: [Source; 3] = [
    Source { directory: "plugins/entra-id", id: "entra-id" },
    Source { directory: "tests/guests/hostile", id: "hostile" },
    Source { directory: "tests/guests/former", id: "former" },
];

const SCRIPTS: [Source; 2] = [
    Source { directory: "plugins/scim-typescript", id: "scim-typescript" },
    Source { directory: "plugins/scim-python", id: "scim-python" },
];

/// What builds for [`TARGET`].
enum Toolchain {
    /// The compiler in use has the target's standard library.
    Installed,
    /// Debian's compiler builds it from its source.
    Debian,
}

/// Builds every plugin; each that cannot be built here is said to be skipped.
pub(crate) fn build_all() -> bool {
    let mut results = Vec::new();
    match toolchain() {
        Ok(toolchain) => {
            for source in &RUST {
                let name = format!("plugin {}", source.id);
                results.push(report(&name, build(source, Some(&toolchain))));
            }
        }
        Err(why) => results.push(report("plugins in Rust", Ok(Done::Skipped(why)))),
    }
    for source in &SCRIPTS {
        let name = format!("plugin {}", source.id);
        results.push(report(&name, build_by_script(source)));
    }
    !results.contains(&false)
}

/// Makes sure that what must run as a component compiles as one.
pub(crate) fn check() -> Result {
    let toolchain = match toolchain() {
        Ok(toolchain) => toolchain,
        Err(why) => return Ok(Done::Skipped(why)),
    };
    let mut check = toolchain.cargo();
    check.arg("check");
    for package in PACKAGES {
        check.args(["--package", package]);
    }
    toolchain.set(&mut check);
    run(check.args(["--target", TARGET]))
}

/// The tests that a plugin has in its own language.
pub(crate) fn script_tests(id: &str) -> Result {
    let Some(source) = SCRIPTS.iter().find(|source| source.id == id) else {
        return Err(format!("there is no plugin {id}"));
    };
    let (program, arguments) = script(source);
    if let Some(missing) = missing(program) {
        return Ok(Done::Skipped(missing));
    }
    run(Command::new(program).args(arguments).arg("test").current_dir(source.directory))
}

/// Whether there is a component of this id.
pub(crate) fn is_built(id: &str) -> bool {
    component(id).is_file()
}

/// The first toolchain that is there, or can be had.
///
/// # Errors
/// Why there is none, and what to do.
pub(crate) fn has_toolchain() -> std::result::Result<(), String> {
    toolchain().map(drop)
}

fn toolchain() -> std::result::Result<Toolchain, String> {
    if has_target() {
        return Ok(Toolchain::Installed);
    }
    // Refuses where it reaches no server, or is not there at all.
    println!("xtask: the target {TARGET} is missing: trying `rustup target add {TARGET}`");
    if succeeds(Command::new("rustup").args(["target", "add", TARGET])) && has_target() {
        return Ok(Toolchain::Installed);
    }
    if !Path::new("/etc/debian_version").exists() {
        return Err(format!(
            "the target {TARGET} could not be installed: run `rustup target add {TARGET}`"
        ));
    }
    let packages = DEBIAN.join(" ");
    if !has_debian() {
        println!("xtask: rustup could not: trying `apt-get install {packages}`");
        let mut install = Command::new("apt-get");
        install.args(["install", "-y", "--no-install-recommends"]).args(DEBIAN);
        if !succeeds(&mut install) {
            succeeds(Command::new("apt-get").arg("update"));
            succeeds(&mut install);
        }
    }
    if has_debian() {
        println!("xtask: building the standard library for {TARGET} with Debian's {packages}");
        return Ok(Toolchain::Debian);
    }
    Err(format!(
        "the target {TARGET} could not be installed: run `rustup target add {TARGET}`, or, as root, \
         `apt-get install {packages}`"
    ))
}

/// Whether the compiler in use has the standard library for [`TARGET`].
fn has_target() -> bool {
    Command::new("rustc")
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .is_ok_and(|output| Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir())
}

/// Debian's compiler for the web, with the source of the standard library beside it.
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_SOURCE: &str = "/usr/lib/rustlib/src/rust/library";

fn has_debian() -> bool {
    [DEBIAN_CARGO, DEBIAN_RUSTC].iter().all(|file| Path::new(file).is_file())
        && Path::new(DEBIAN_SOURCE).is_dir()
}

impl Toolchain {
    fn cargo(&self) -> Command {
        match self {
            Self::Installed => cargo(),
            Self::Debian => Command::new(DEBIAN_CARGO),
        }
    }

    /// Lets a command of cargo build with it.
    fn set(&self, command: &mut Command) {
        if matches!(self, Self::Installed) {
            return;
        }
        command
            .env("CARGO", DEBIAN_CARGO)
            .env("RUSTC", DEBIAN_RUSTC)
            .env_remove("RUSTUP_TOOLCHAIN")
            // Building the standard library is not stable yet, and this compiler is.
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort");
        // Debian's has no linker for this target; the toolchain that lacks the target has.
        if let Some(linker) = linker() {
            command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
    }
}

fn linker() -> Option<PathBuf> {
    let output = Command::new("rustc").args(["--print", "target-libdir"]).output().ok()?;
    let libraries = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let linker = libraries.parent()?.join("bin/rust-lld");
    linker.is_file().then_some(linker)
}

/// Builds one component, by the program itself.
fn build(source: &Source, toolchain: Option<&Toolchain>) -> Result {
    let output = component(source.id);
    if let Some(directory) = output.parent() {
        fs::create_dir_all(directory).map_err(|error| error.to_string())?;
    }
    let program = program()?;
    let mut build = Command::new(program);
    build.args(["plugin", "build", source.directory, "--file"]).arg(output);
    if let Some(toolchain) = toolchain {
        toolchain.set(&mut build);
    }
    run(&mut build)
}

/// Builds a component that takes a while, unless it is newer than all that it is made of.
fn build_by_script(source: &Source) -> Result {
    let (program, _) = script(source);
    if let Some(missing) = missing(program) {
        return Ok(Done::Skipped(missing));
    }
    let made = fs::metadata(component(source.id)).and_then(|data| data.modified());
    let inputs = [Path::new(source.directory), Path::new("schemas/wit")].map(newest);
    if let Ok(made) = made
        && inputs.into_iter().flatten().max().is_some_and(|changed| changed < made)
    {
        return Ok(Done::Passed);
    }
    build(source, None)
}

/// When the newest file of these was changed; what was made there does not count.
fn newest(directory: &Path) -> Option<SystemTime> {
    const MADE: [&str; 4] = ["node_modules", "generated", "__pycache__", "target"];
    let entries = fs::read_dir(directory).ok()?.flatten();
    let times = entries.filter_map(|entry| {
        let path = entry.path();
        if MADE.iter().any(|made| entry.file_name() == *made) {
            return None;
        }
        if path.is_dir() { newest(&path) } else { entry.metadata().ok()?.modified().ok() }
    });
    times.max()
}

/// What runs the scripts of a plugin.
fn script(source: &Source) -> (&'static str, &'static [&'static str]) {
    if Path::new(source.directory).join("package.json").is_file() {
        ("node", &["build.mjs"])
    } else {
        ("python3", &["build.py"])
    }
}

pub(crate) fn missing(program: &str) -> Option<String> {
    let is_there = succeeds(Command::new(program).arg("--version"));
    (!is_there).then(|| format!("`{program}` is not installed"))
}

/// The program, built with the tests: with other features its compiler of components would be
/// compiled once more, which takes minutes.
pub(crate) fn program() -> std::result::Result<PathBuf, String> {
    let mut build = cargo();
    build.args(["build", "--quiet", "--workspace", "--bins", "--tests"]);
    match run(&mut build)? {
        Done::Passed => Ok(target_directory()
            .join("debug")
            .join(format!("doorward{}", env::consts::EXE_SUFFIX))),
        Done::Skipped(why) => Err(why),
    }
}

fn component(id: &str) -> PathBuf {
    target_directory().join("plugins").join(format!("{id}.wasm"))
}

pub(crate) fn target_directory() -> PathBuf {
    let named = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| OsString::from("target"));
    std::path::absolute(&named).unwrap_or_else(|_| named.into())
}
