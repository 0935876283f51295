//! The settings: what the command line, the environment and the configuration file say, in this
//! order, and where each value came from.

mod file;
mod origin;
mod proxy;

use doorward_core::{Error, ErrorKind, Result};
use doorward_http::Proxies;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::cli::{Format, Globals};
use file::ConfigFile;
pub(crate) use origin::{Origin, Setting};

/// A look at the environment; a test gives its own. A variable that is empty is not set.
pub(crate) type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// What is set for one run.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The configuration file; none when there is none.
    pub(crate) config: Setting<Option<PathBuf>>,
    /// Where integrations and the journal are kept; none for the user's data directory.
    pub(crate) data_dir: Setting<Option<PathBuf>>,
    pub(crate) output: Setting<Format>,
    /// Where the result is written: of this run only.
    pub(crate) output_file: Option<PathBuf>,
    /// The columns of a list: of this run only.
    pub(crate) columns: Option<Vec<String>>,
    pub(crate) no_input: Setting<bool>,
    /// What is logged: a level, or `target=level,…`.
    pub(crate) log: Setting<String>,
    /// Whether `-v` or the file asks for more than is said otherwise.
    pub(crate) verbose: bool,
    /// Certificates to trust, too.
    pub(crate) ca_file: Setting<Option<PathBuf>>,
    /// Through which proxies requests go, or why what is set cannot be used: who sends no request
    /// does not care.
    pub(crate) proxy: Setting<Result<Proxies>>,
}

impl Settings {
    /// Puts together what is set for this run.
    ///
    /// # Errors
    /// `InvalidRequest` when the configuration file or a value cannot be used.
    pub(crate) fn of(globals: &Globals, environment: Environment<'_>) -> Result<Self> {
        let variable = |name: &'static str| {
            let value = environment(name).filter(|value| !value.is_empty())?;
            Some(Setting { value, origin: Origin::Variable(name) })
        };
        let path = |flag: &Option<PathBuf>, name, variable: Option<Setting<OsString>>| {
            let flag = flag.clone().map(|value| Setting { value, origin: Origin::Flag(name) });
            flag.or_else(|| variable.map(|variable| variable.map(PathBuf::from)))
        };
        let named = path(&globals.config, "--config", variable("DOORWARD_CONFIG"));
        let (config, file) = file::load(named)?;
        let in_file = |value: Option<PathBuf>| value.map(|value| file.setting(value));
        let data_dir = path(&globals.data_dir, "--data-dir", variable("DOORWARD_DATA_DIR"))
            .or_else(|| in_file(file.data_dir()));
        let ca_file = path(&globals.ca_file, "--ca-file", variable("DOORWARD_CA_FILE"))
            .or_else(|| in_file(file.ca_file()));
        Ok(Self {
            config,
            data_dir: optional(data_dir),
            output: output(globals, variable("DOORWARD_OUTPUT"), &file)?,
            output_file: globals.output_file(),
            columns: globals.columns.clone(),
            no_input: if globals.no_input {
                Setting { value: true, origin: Origin::Flag("--no-input") }
            } else {
                file.or_default(file.no_input)
            },
            verbose: globals.verbose > 0 || file.verbose.is_some_and(|verbose| verbose > 0),
            log: log(globals, variable("DOORWARD_LOG"), &file),
            ca_file: optional(ca_file),
            proxy: proxy::proxies(globals.proxy.as_deref(), &variable, &file)?,
        })
    }

    /// Those of a told story, which sees nothing of the user's own.
    pub(crate) fn story(data_dir: &Path) -> Self {
        let none = || Setting { value: None, origin: Origin::Default };
        Self {
            config: none(),
            data_dir: Setting { value: Some(data_dir.to_owned()), origin: Origin::Default },
            output: Setting::default(),
            output_file: None,
            columns: None,
            no_input: Setting { value: true, origin: Origin::Default },
            log: Setting::default(),
            verbose: false,
            ca_file: none(),
            proxy: Setting { value: Ok(Proxies::default()), origin: Origin::Default },
        }
    }
}

fn optional<T>(setting: Option<Setting<T>>) -> Setting<Option<T>> {
    match setting {
        Some(setting) => setting.map(Some),
        None => Setting { value: None, origin: Origin::Default },
    }
}

fn output(
    globals: &Globals,
    variable: Option<Setting<OsString>>,
    file: &ConfigFile,
) -> Result<Setting<Format>> {
    if let Some(value) = globals.format() {
        return Ok(Setting { value, origin: Origin::Flag("--output") });
    }
    let Some(variable) = variable else { return Ok(file.or_default(file.output)) };
    let text = variable.value.to_string_lossy();
    match clap::ValueEnum::from_str(&text, false) {
        Ok(value) => Ok(Setting { value, origin: variable.origin }),
        Err(_) => Err(Error::new(
            ErrorKind::InvalidRequest,
            "unknown-format",
            format!("The variable DOORWARD_OUTPUT names a format that is not known: {text}."),
        )
        .remedy("Set it to table, wide, json, jsonl, csv, tsv or name, or unset it.")),
    }
}

fn log(
    globals: &Globals,
    variable: Option<Setting<OsString>>,
    file: &ConfigFile,
) -> Setting<String> {
    let level = |verbose: u8| match verbose {
        0 => "warn".to_owned(),
        1 => "info".to_owned(),
        2 => "debug".to_owned(),
        _ => "trace".to_owned(),
    };
    if globals.verbose > 0 {
        return Setting { value: level(globals.verbose), origin: Origin::Flag("--verbose") };
    }
    match variable {
        Some(variable) => variable.map(|value| value.to_string_lossy().into_owned()),
        None => file.or_default(file.verbose).map(level),
    }
}

#[cfg(test)]
mod tests;
