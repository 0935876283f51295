//! Where a setting came from.

use std::fmt;
use std::path::PathBuf;

/// A value, and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

impl<T> Setting<T> {
    /// Another value from the same place.
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Setting<U> {
        Setting { value: change(self.value), origin: self.origin }
    }
}

impl<T: Default> Default for Setting<T> {
    fn default() -> Self {
        Self { value: T::default(), origin: Origin::Default }
    }
}

/// Where a setting came from, strongest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The command line.
    Flag(&'static str),
    /// The environment.
    Variable(&'static str),
    /// The configuration file.
    File(PathBuf),
    /// What an earlier command stored.
    Stored(&'static str),
    /// Nobody said anything.
    Default,
}

impl Origin {
    /// For programs.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Flag(_) => "flag",
            Self::Variable(_) => "environment",
            Self::File(_) => "file",
            Self::Stored(_) => "stored",
            Self::Default => "default",
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(formatter, "{name}"),
            Self::Variable(name) => write!(formatter, "the variable {name}"),
            Self::File(path) => write!(formatter, "{}", path.display()),
            Self::Stored(command) => write!(formatter, "`{command}`"),
            Self::Default => formatter.write_str("default"),
        }
    }
}
