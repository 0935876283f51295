//! The configuration file: those settings that every command understands, in TOML.

use doorward_core::{Error, ErrorKind, Result};
use etcetera::BaseStrategy;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Origin, Setting};
use crate::cli::Format;

/// The keys, as in the options of the same names.
const KEYS: [&str; 6] = ["ca-file", "data-dir", "no-input", "output", "proxy", "verbose"];

/// What the file says.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct ConfigFile {
    data_dir: Option<PathBuf>,
    ca_file: Option<PathBuf>,
    pub(super) output: Option<Format>,
    pub(super) no_input: Option<bool>,
    pub(super) verbose: Option<u8>,
    pub(super) proxy: Option<String>,
    #[serde(flatten)]
    unknown: BTreeMap<String, toml::Value>,
    #[serde(skip)]
    path: PathBuf,
}

impl ConfigFile {
    /// A value of this file.
    pub(super) fn setting<T>(&self, value: T) -> Setting<T> {
        Setting { value, origin: Origin::File(self.path.clone()) }
    }

    /// The value of this file, or else the default.
    pub(super) fn or_default<T: Default>(&self, value: Option<T>) -> Setting<T> {
        value.map(|value| self.setting(value)).unwrap_or_default()
    }

    pub(super) fn data_dir(&self) -> Option<PathBuf> {
        self.beside(self.data_dir.as_deref())
    }

    pub(super) fn ca_file(&self) -> Option<PathBuf> {
        self.beside(self.ca_file.as_deref())
    }

    /// A path in the file counts from the file's own directory, wherever a command runs.
    fn beside(&self, path: Option<&Path>) -> Option<PathBuf> {
        Some(self.path.parent()?.join(path?))
    }
}

/// Reads the file that is named, or the one in the user's configuration directory if it is there.
pub(super) fn load(
    named: Option<Setting<PathBuf>>,
) -> Result<(Setting<Option<PathBuf>>, ConfigFile)> {
    let place = named.or_else(|| {
        let directory = etcetera::choose_base_strategy().ok()?.config_dir();
        let value = directory.join("doorward").join("config.toml");
        Some(Setting { value, origin: Origin::Default })
    });
    let Some(place) = place else { return Ok(Default::default()) };
    let path = std::path::absolute(&place.value).unwrap_or_else(|_| place.value.clone());
    match std::fs::read(&path) {
        Ok(bytes) => {
            let text = text(bytes, &path)?;
            let file = ConfigFile { path: path.clone(), ..parse(&text, &path)? };
            Ok((Setting { value: Some(path), origin: place.origin }, file))
        }
        Err(error)
            if error.kind() == std::io::ErrorKind::NotFound && place.origin == Origin::Default =>
        {
            Ok(Default::default())
        }
        Err(error) => Err(unusable(&path, "it cannot be read")
            .remedy("Check its path and its permissions, or what --config and DOORWARD_CONFIG say.")
            .cause(error)),
    }
}

/// UTF-16 without its mark is valid UTF-8, full of zeros.
fn text(bytes: Vec<u8>, path: &Path) -> Result<String> {
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0')).ok_or_else(|| {
        unusable(path, "it is not text in UTF-8")
            .remedy("Save it as UTF-8; in PowerShell: Out-File -Encoding utf8.")
    })
}

fn parse(text: &str, path: &Path) -> Result<ConfigFile> {
    let file: ConfigFile = toml::from_str(text).map_err(|error| {
        // Only what is wrong and where: the text itself may hold the password of a proxy.
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.map(|before| before.matches('\n').count() + 1);
        let place = line.map(|line| format!("line {line}: ")).unwrap_or_default();
        unusable(path, &format!("{place}{}", first_line(error.message())))
            .remedy(format!("Mend it. It may hold these keys: {}.", KEYS.join(", ")))
    })?;
    match file.unknown.keys().next() {
        None => Ok(file),
        Some(key) => Err(unknown(key, path)),
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn unknown(key: &str, path: &Path) -> Error {
    let plain = key.to_lowercase().replace('_', "-");
    let nearest = KEYS
        .into_iter()
        .map(|known| (strsim::jaro_winkler(known, &plain), known))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|one, other| one.0.total_cmp(&other.0));
    let error = Error::new(
        ErrorKind::InvalidRequest,
        "unknown-setting",
        format!("The configuration file {} has an unknown key: `{key}`.", path.display()),
    );
    match nearest {
        Some((_, known)) => error.remedy(format!("Did you mean `{known}`?")),
        None => error.remedy(format!("There are: {}.", KEYS.join(", "))),
    }
}

fn unusable(path: &Path, why: &str) -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        "configuration-file",
        format!("The configuration file {} cannot be used: {why}.", path.display()),
    )
}
