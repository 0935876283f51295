//! Installing the clients into the target directory, exactly as their lists say.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where they are installed.
pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients")
}

/// The scripts of a language.
pub(super) fn scripts(language: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(language)
}

/// What was installed; where it could not be, the test is skipped, and in CI it fails.
pub(super) fn or_skip(installed: Result<PathBuf, String>) -> Option<PathBuf> {
    let why = match installed {
        Ok(path) => return Some(path),
        Err(why) => why,
    };
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "not to be skipped: {why}");
    eprintln!("SKIPPED: clients that could not be installed: {why}");
    None
}

fn run(command: &mut Command) -> Result<(), String> {
    let shown = format!("{command:?}");
    let output = command.output().map_err(|error| format!("{shown}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(format!("{shown}: {}\n{}{said}", output.status, String::from_utf8_lossy(&output.stdout)))
}

/// A Python with the packages of `requirements.txt`.
pub(super) fn python() -> Result<PathBuf, String> {
    let list = scripts("python").join("requirements.txt");
    let wanted = std::fs::read_to_string(&list).map_err(|error| error.to_string())?;
    let place = folder().join("python");
    let bin = if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" };
    let (program, installed) = (place.join(bin), place.join("installed.txt"));
    if std::fs::read_to_string(&installed).is_ok_and(|there| there == wanted) {
        return Ok(program);
    }
    let _ = std::fs::remove_dir_all(&place);
    std::fs::create_dir_all(folder()).map_err(|error| error.to_string())?;
    run(Command::new("python3").args(["-m", "venv"]).arg(&place))?;
    run(Command::new(&program)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"])
        .args(["--no-compile", "--only-binary", ":all:", "--requirement"])
        .arg(&list))?;
    std::fs::write(&installed, wanted).map_err(|error| error.to_string())?;
    Ok(program)
}

/// A folder with the scripts and the packages of `package-lock.json`. No package may run a script.
pub(super) fn node() -> Result<PathBuf, String> {
    let place = folder().join("node");
    let copied = || -> std::io::Result<()> {
        std::fs::create_dir_all(&place)?;
        for entry in std::fs::read_dir(scripts("node"))? {
            let entry = entry?;
            std::fs::copy(entry.path(), place.join(entry.file_name()))?;
        }
        Ok(())
    };
    copied().map_err(|error| error.to_string())?;
    run(Command::new("node").arg("--version"))?;
    let lock = |path: &str| std::fs::read_to_string(place.join(path)).unwrap_or_default();
    let (wanted, installed) = (lock("package-lock.json"), place.join("installed.json"));
    if lock("installed.json") == wanted {
        return Ok(place);
    }
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    run(Command::new(npm)
        .args(["ci", "--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error"])
        .current_dir(&place))?;
    std::fs::write(installed, wanted).map_err(|error| error.to_string())?;
    Ok(place)
}
